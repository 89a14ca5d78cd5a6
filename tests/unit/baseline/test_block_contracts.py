"""Block contracts: block_contract.py, provider_cost.py, cost_weights.py, reference_cost.py, average_cost.py, activity_map.py, totals.py."""

from fractions import Fraction

import pytest

from simengine.baseline.activity_map import Apportionment, map_activity
from simengine.baseline.average_cost import by_average_cost
from simengine.baseline.block_contract import ScheduleRow, split_overheads
from simengine.baseline.cost_weights import WeightedRow, by_weighted_activity
from simengine.baseline.provider_cost import CostRow, by_provider_cost
from simengine.baseline.reference_cost import PeerCost, ReferenceRow, benchmark_unit_costs, by_benchmark, by_reference_cost
from simengine.baseline.totals import check_total
from simengine.baseline.working import Line
from simengine.errors import BaselineError

pytestmark = pytest.mark.unit


def spends(made):
    return {service.line.name: service.spend for service in made.services}


def schedule(**more):
    rows = [
        ScheduleRow(Line("diabetes"), 300, driver=6),
        ScheduleRow(Line("podiatry"), 200, driver=9),
        ScheduleRow(Line("admin"), 50, True),
    ]
    return [*rows, *(ScheduleRow(Line(name), value) for name, value in more.items())]


@pytest.mark.parametrize(
    ("by", "diabetes", "podiatry"),
    [("driver", 300 + 50 * Fraction(6, 15), 200 + 50 * Fraction(9, 15)), ("schedule", 330, 220), ("equal", 325, 225)],
)
def test_overheads_by_driver_value_or_equally(by, diabetes, podiatry):
    """Figure 3 is a picture: the three splits by hand."""
    made = split_overheads(schedule(), by)
    assert spends(made) == {"diabetes": diabetes, "podiatry": podiatry}
    assert made.spend == 550


def test_working_says_what_went_in():
    step = split_overheads(schedule(), "driver").working[-1]
    assert (step.line, step.label, step.formula) == ("podiatry", "commissioner spend", "schedule value + share × overhead")
    assert dict(step.inputs) == {"schedule value": 200, "share": Fraction(3, 5), "overhead": 50}
    assert (step.result, step.unit) == (230, "money")


def test_a_driver_is_needed_on_every_service():
    with pytest.raises(BaselineError, match="nursing: driver: is needed on every care service") as error:
        split_overheads(schedule(nursing=10, diabetes=-5), "driver")
    assert [fault[:2] for fault in error.value.faults] == [
        ("diabetes", "service"),
        ("diabetes", "value"),
        ("nursing", "driver"),
        ("diabetes", "driver"),
    ]


def test_only_overheads():
    with pytest.raises(BaselineError, match="no care service"):
        split_overheads([ScheduleRow(Line("admin"), 50, True)], "equal")


def test_schedule_is_held_against_provider_cost():
    rows = [ScheduleRow(Line("a"), 60, provider_cost=20), ScheduleRow(Line("b"), 40, provider_cost=80)]
    assert split_overheads(rows, "equal").warnings[0].startswith("a: 60 % of the schedule but 20 % of provider cost")
    rows = [ScheduleRow(Line("a"), 60, provider_cost=130), ScheduleRow(Line("b"), 40, provider_cost=70)]
    assert split_overheads(rows, "equal").warnings == ()


def test_work_that_is_no_patient_care_is_taken_out_of_absorbed_cost():
    made = by_provider_cost([CostRow(Line("a"), 300, 100), CostRow(Line("b"), 200)], 1000, "absorbed")
    assert spends(made) == {"a": 500, "b": 500}
    with pytest.raises(BaselineError, match="is more than the absorbed cost"):
        by_provider_cost([CostRow(Line("a"), 10, 11)], 1000, "absorbed")


PEERS = [PeerCost("home visit", "north", 100, 300), PeerCost("home visit", "south", 130, 100), PeerCost("clinic", "north", 50, 10)]


def test_benchmark_plain_and_by_volume():
    """Figure 9 is a picture: the two means by hand."""
    assert benchmark_unit_costs(PEERS, "plain")[0] == {"home visit": 115, "clinic": 50}
    assert benchmark_unit_costs(PEERS, "volume")[0] == {"home visit": Fraction(100 * 300 + 130 * 100, 400), "clinic": 50}


def test_benchmark_is_scaled_to_the_contract():
    lines = [Line("home_visit", "home visit", activity=10), Line("clinic", activity=20)]
    made = by_benchmark(lines, PEERS, 4300, "plain")
    assert [service.price for service in made.services] == [115 * 2, 50 * 2]
    assert made.working[0].label == "benchmark unit cost"


def test_benchmark_faults():
    with pytest.raises(BaselineError, match="of east is needed for a volume-weighted mean"):
        benchmark_unit_costs([PeerCost("a", "east", 5)], "volume")
    with pytest.raises(BaselineError, match="of the benchmark sums to nothing"):
        benchmark_unit_costs([PeerCost("a", "east", 5, 0)], "volume")
    with pytest.raises(BaselineError, match="no benchmark provider reports it"):
        by_benchmark([Line("other", activity=1)], PEERS, 100, "plain")


def test_reference_row_has_a_unit_cost_or_a_cost():
    with pytest.raises(BaselineError, match="one of the two"):
        by_reference_cost([ReferenceRow(Line("a", activity=1), 5, 5)], 100)
    with pytest.raises(BaselineError, match="activity: is needed"):
        by_reference_cost([ReferenceRow(Line("a"), 5)], 100)
    with pytest.raises(BaselineError, match="sums to nothing"):
        by_reference_cost([ReferenceRow(Line("a", activity=0), 5)], 100)


def test_weights_that_are_nothing():
    with pytest.raises(BaselineError, match="weighted activity sums to nothing"):
        by_weighted_activity([WeightedRow(Line("a", activity=5), 0)], 100)
    with pytest.raises(BaselineError, match="activity: sums to nothing"):
        by_average_cost([Line("a", activity=0)], 100)
    with pytest.raises(BaselineError, match="direct_cost: sums to nothing"):
        by_provider_cost([CostRow(Line("a"), 0)], 100, "direct")
    with pytest.raises(BaselineError, match="contract_value: must not be negative"):
        by_average_cost([Line("a", activity=1)], -1)


def test_activity_is_apportioned():
    """The handbook's words: 60 % of dietetic advice is for diabetic care and 40 % is not (WPB 2.4.3)."""
    rows = [
        Apportionment("dietetic advice", "diabetes", 500, Fraction(60, 100)),
        Apportionment("dietetic advice", "cardiovascular", 500, Fraction(40, 100)),
        Apportionment("insulin", "diabetes", 70),
    ]
    counts, steps = map_activity(rows)
    assert counts == {"diabetes": 370, "cardiovascular": 200}
    assert steps[0].label == "from dietetic advice"
    with pytest.raises(BaselineError, match="sum to 1, not 0.6000"):
        map_activity(rows[:1])
    with pytest.raises(BaselineError, match="the same on each of its rows"):
        map_activity([rows[0], Apportionment("dietetic advice", "x", 400, Fraction(40, 100))])


def test_totals():
    assert check_total([10, 20], 30).finding == "sum"
    assert check_total([10, 20, 5], 37).finding == "sum", "three rounded parts and a rounded total may be two off"
    twice = check_total([10, 20, 50], 110, [("beds", 30)])
    assert (twice.finding, twice.subtotal, twice.rest) == ("subtotal counted twice", "beds", 0)
    assert check_total([10, 20, 50], 95, [("beds", 30)]).words("TOTAL") == "TOTAL is given as 95 but its parts sum to 80"
