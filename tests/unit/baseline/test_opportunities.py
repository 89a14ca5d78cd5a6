"""variation.py, pathway.py, progress.py, planning.py, allocation.py, concentration.py."""

from fractions import Fraction

import pytest

from simengine.baseline.allocation import SpendCell, allocate
from simengine.baseline.concentration import CostGroup, concentration
from simengine.baseline.pathway import BEST, SYSTEM, Adjustments, Unit, Use, impact_table, opportunities
from simengine.baseline.planning import PlanCell, end_positions, template
from simengine.baseline.progress import profile, thresholds
from simengine.baseline.variation import GroupCost, compare
from simengine.baseline.variation import impact_table as variation_impact
from simengine.baseline.working import Line
from simengine.errors import BaselineError

pytestmark = pytest.mark.unit

GROUPS = [GroupCost(Line("a"), 500, 40), GroupCost(Line("b"), 300, 10), GroupCost(Line("c"), 90, 10)]


def test_opportunities_are_ranked_by_money():
    found, _ = compare(GROUPS, 10_000)
    assert [(one.per_1000, one.variation, one.opportunity, one.rank) for one in found] == [
        (50, 10, 100, 2),
        (30, 20, 200, 1),
        (9, -1, 0, 0),
    ]
    table = variation_impact(found, "scheme", "the peers")
    assert [(effect.line, effect.share) for effect in table.effects] == [("b", Fraction(2, 3)), ("a", Fraction(1, 5))]
    assert [effect.line for effect in variation_impact(found, "scheme", "the peers", 1).effects] == ["b"]


def test_taking_the_whole_impact_leaves_the_benchmark():
    for one in compare(GROUPS, 10_000)[0][:2]:
        assert one.per_1000 * (1 - one.impact) == one.benchmark


def test_variation_faults():
    with pytest.raises(BaselineError, match="population: must be above 0"):
        compare(GROUPS, 0)
    with pytest.raises(BaselineError, match="a: group: stands more than once"):
        compare([GROUPS[0], GROUPS[0]], 10)


USES = [
    *(Use("visit", unit, count, 100) for unit, count in ((BEST, 1), (SYSTEM, 3), ("east", 4), ("west", 1))),
    *(Use("operation", unit, 1, 1000) for unit in (BEST, SYSTEM, "east", "west")),
]
CUTS = Adjustments(0.2, 0.1, 0.05)


def test_pathway_on_the_excess_of_the_system_or_ones_own():
    units = [Unit("east", 10), Unit("west", 10)]
    found, _, _ = opportunities(USES, units, CUTS)
    assert [one.potential for one in found] == [2000, 2000]
    assert [one.net for one in found] == [1300, 1300]
    assert [one.base for one in found] == [14_000, 11_000]
    own, _, _ = opportunities(USES, units, CUTS, "own")
    assert [one.potential for one in own] == [3000, 0]


def test_activity_multiplied_in_twice_is_seen():
    _, _, warnings = opportunities(USES, [Unit("east", 10, 10 * (16 * 100 + 1000))], CUTS)
    assert "activity is multiplied in twice; once gives 14,000" in warnings[0]


def test_pathway_faults():
    with pytest.raises(BaselineError, match="more than one unit cost"):
        opportunities([*USES, Use("visit", "north", 1, 90)], [Unit("east", 10)], CUTS)
    with pytest.raises(BaselineError, match="scan: element: has no row for best_practice"):
        opportunities([*USES, Use("scan", "east", 1, 90)], [Unit("east", 10)], CUTS)
    with pytest.raises(BaselineError, match="north: unit: has no pathway"):
        opportunities(USES, [Unit("north", 10)], CUTS)
    with pytest.raises(BaselineError, match="more than the potential"):
        opportunities(USES, [Unit("east", 10)], Adjustments(0.6, 0.5))
    with pytest.raises(BaselineError, match="work out each provider on its own excess"):
        opportunities([use for use in USES if use.unit != SYSTEM], [Unit("east", 10)], CUTS)


def test_profile_threshold_and_impact():
    found, _, _ = opportunities(USES, [Unit("east", 10), Unit("west", 10)], CUTS)
    added, forecast = {("optometrist", "2"): 50}, {("east", "2"): 13_000, ("west", "2"): 9_960}
    rows, _ = profile(found, ["1", "2"], [0, 1], added, forecast)
    by_place = {(row.unit, row.year): row for row in rows}
    assert by_place["system", "2"].plan == 14_000 + 11_000 - 2600 + 50
    assert by_place["east", "2"].variance == 14_000 - 1300 - 13_000
    limits, warnings = thresholds(found, rows, Fraction(8, 10))
    assert [(one.needed, one.reached, one.met(Fraction(8, 10))) for one in limits] == [
        (1040, Fraction(1000, 1300), False),
        (1040, Fraction(1040, 1300), True),
    ]
    assert warnings == ("east: forecast to reach 77 % of its net opportunity by 2, below the 80 % agreed",)
    table = impact_table(found, "eyes", "a source", {"east": "eyes_east"}, [0, 0.5, 1])
    assert table.ramp == (Fraction(1, 2), 1)
    assert [(effect.line, effect.share) for effect in table.effects] == [("eyes_east", Fraction(13, 140)), ("west", Fraction(13, 110))]


def test_profile_faults():
    found, _, _ = opportunities(USES, [Unit("east", 10)], CUTS)
    with pytest.raises(BaselineError, match="has 1 values for 2 years"):
        profile(found, ["1", "2"], [0])
    with pytest.raises(BaselineError, match="falls from one year to the next"):
        profile(found, ["1", "2"], [0.5, 0.4])
    with pytest.raises(BaselineError, match="3 is not among the years"):
        profile(found, ["1"], [0], None, {("east", "3"): 5})
    with pytest.raises(BaselineError, match="is not among the providers"):
        profile(found, ["1"], [0], None, {("est", "1"): 5})
    with pytest.raises(BaselineError, match="from 0 to 1"):
        thresholds(found, [], 80)


def test_template_sums_providers():
    cells = [PlanCell("eyes", "1", "a", 10, 11), PlanCell("eyes", "1", "b", 20), PlanCell("eyes", "1", "all", 31, None, True)]
    rows, _, warnings = template(cells)
    assert [(row.unit, row.plan, row.forecast, row.variance) for row in rows] == [
        ("", 30, None, None),
        ("a", 10, 11, -1),
        ("b", 20, None, None),
    ]
    assert "given as 31, its providers sum to 30" in warnings[0]
    (end,), _ = end_positions(rows, 1000, {"eyes": 25})
    assert (end.per_1000, end.variation, end.fraction) == (30, 5, Fraction(1, 5))
    with pytest.raises(BaselineError, match="has a total in 1 but no provider"):
        template(cells[2:])
    with pytest.raises(BaselineError, match="stands twice for eyes in 1"):
        template([cells[0], cells[0]])


CELLS = [
    SpendCell("well", "lungs", 100, 80, 10, 1),
    SpendCell("frail", "lungs", 300, 20, 30, 16),
    SpendCell("well", "mind", 300, 80, None, 4),
    SpendCell("frail", "mind", 100, 20, None, 4),
]


def test_spend_against_need():
    rows = {(one.segment, one.programme): one for one in allocate(CELLS)[0]}
    assert (rows["well", ""].spend, rows["well", ""].a_head, rows["well", ""].index) == (400, 5, Fraction(1, 2) / Fraction(8, 10))
    assert (rows["frail", "lungs"].index, rows["frail", "lungs"].gap) == (1, 0)
    assert (rows["frail", "mind"].index, rows["frail", "mind"].gap) == (Fraction(1, 4) / Fraction(1, 5), 20)
    assert rows["", "mind"].share_of_need is None
    assert (rows["", "lungs"].against_peers, rows["frail", "lungs"].against_peers) == (400 - 80 - 320, -20)


def test_gaps_sum_to_nothing():
    rows = allocate(CELLS)[0]
    assert sum(one.gap for one in rows if one.segment and not one.programme) == 0
    assert sum(one.gap for one in rows if one.segment and one.programme) == 0


def test_allocation_faults():
    with pytest.raises(BaselineError, match="the same on each of its rows"):
        allocate([SpendCell("a", "x", 1, 10), SpendCell("a", "y", 1, 11)])
    with pytest.raises(BaselineError, match="stands twice"):
        allocate([CELLS[0], CELLS[0]])


def test_concentration_by_hand():
    """Five people at 0, 0, 10, 10 and 80: the dearest fifth takes 80 %."""
    found = concentration([CostGroup("a", 10), CostGroup("b", 80), CostGroup("c", 10)], population=5)
    assert found.share_of_spend(0.2) == Fraction(8, 10)
    assert found.share_of_people(0.8) == Fraction(1, 5)
    assert found.share_of_people(1) == Fraction(3, 5)
    assert found.share_of_spend(0.1) == Fraction(4, 10)


def test_a_group_is_its_members():
    one = concentration([CostGroup("a", 30, 3), CostGroup("b", 5)])
    other = concentration([CostGroup("1", 10), CostGroup("2", 10), CostGroup("3", 10), CostGroup("b", 5)])
    assert one.gini == other.gini
    assert one.share_of_spend(0.5) == other.share_of_spend(0.5)


def test_concentration_faults():
    with pytest.raises(BaselineError, match="net off credits first"):
        concentration([CostGroup("a", -1)])
    with pytest.raises(BaselineError, match="nobody who has it"):
        concentration([CostGroup("a", 1, 0)])
    with pytest.raises(BaselineError, match="smaller than the people in the table"):
        concentration([CostGroup("a", 1, 5)], 4)
    with pytest.raises(BaselineError, match="cost: sums to nothing"):
        concentration([CostGroup("a", 0, 5)])
    with pytest.raises(BaselineError, match="is from 0 to 1"):
        concentration([CostGroup("a", 1)]).share_of_spend(20)
