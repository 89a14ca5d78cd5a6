"""carve_out.py, partial_year.py, roll_forward.py, history.py."""

from fractions import Fraction

import pytest

from simengine.baseline.carve_out import Part, WholeSpend, carve_out, register_size, segment_use
from simengine.baseline.history import is_outlier
from simengine.baseline.partial_year import PartialYear, gross_up, seasonal_profile
from simengine.baseline.roll_forward import ALLOWED, REFUSED, PreviousYear, roll_forward
from simengine.baseline.working import Line
from simengine.errors import BaselineError

pytestmark = pytest.mark.unit

LISTS = [Part("north", True, 6000), Part("east", True, 2000), Part("south", False, 12000)]


def test_out_of_scope_lists_are_removed():
    """Encompass: weighted practice list sizes out of scope over the total (WPB 2.4.5)."""
    made = carve_out([WholeSpend(Line("cmht", activity=500), 1000)], LISTS, "population")
    assert (made.services[0].spend, made.services[0].activity, made.services[0].price) == (400, 200, 2)
    removed = next(step for step in made.working if step.label == "removed: out of scope")
    assert removed.result == 600
    assert "least accurate" in made.warnings[0]


def test_one_line_for_each_list():
    made = carve_out([WholeSpend(Line("cmht", "Community"), 1000)], LISTS, "population", each=True)
    assert [(one.line.name, one.line.title, one.spend) for one in made.services] == [
        ("cmht_north", "Community, north", 300),
        ("cmht_east", "Community, east", 100),
    ]


def test_by_prevalence_weighs_the_diseases():
    lists = [
        Part("north", True, register_size(10_000, Fraction(1, 10)), "depression"),
        Part("south", False, register_size(30_000, Fraction(1, 20)), "depression"),
        Part("north", True, 100, "psychosis"),
        Part("south", False, 300, "psychosis"),
    ]
    diseases = {"depression": Fraction(6, 10), "psychosis": Fraction(4, 10)}
    made = carve_out([WholeSpend(Line("cmht"), 1000, diseases)], lists, "prevalence")
    assert made.spend == 1000 * (Fraction(6, 10) * Fraction(1000, 2500) + Fraction(4, 10) * Fraction(100, 400))


def test_by_activity_and_by_segment_take_the_rows_of_their_service():
    parts = [Part("north", True, 30, "a"), Part("south", False, 10, "a"), Part("north", True, 1, "b"), Part("south", False, 1, "b")]
    made = carve_out([WholeSpend(Line("a"), 100), WholeSpend(Line("b"), 100)], parts, "activity")
    assert [one.spend for one in made.services] == [75, 50]
    segments = [Part("frail", True, segment_use(1000, 2)), Part("well", False, segment_use(9000, Fraction(1, 3)))]
    assert carve_out([WholeSpend(Line("a"), 100)], segments, "segment").spend == 40


def test_carve_out_faults():
    with pytest.raises(BaselineError, match="nothing is in scope"):
        carve_out([WholeSpend(Line("a"), 1)], [Part("south", False, 1)], "population")
    with pytest.raises(BaselineError, match="in scope on one row and out of scope on another"):
        carve_out([WholeSpend(Line("a"), 1)], [Part("n", True, 1, "a"), Part("n", False, 1, "b")], "activity")
    with pytest.raises(BaselineError, match="has any activity"):
        carve_out([WholeSpend(Line("a"), 1)], [Part("n", True, 1, "b")], "activity")
    with pytest.raises(BaselineError, match="sum to 1, not 0.5000"):
        carve_out([WholeSpend(Line("a"), 1, {"x": Fraction(1, 2)})], [Part("n", True, 1, "x")], "prevalence")
    with pytest.raises(BaselineError, match="what drives use of the service"):
        carve_out([WholeSpend(Line("a"), 1)], [Part("n", True, 1)], "prevalence")
    with pytest.raises(BaselineError, match="n stands more than once"):
        carve_out([WholeSpend(Line("a"), 1)], [Part("n", True, 1), Part("n", True, 1)], "population")
    with pytest.raises(BaselineError, match="a_n_1: list: stands more than once"):
        carve_out([WholeSpend(Line("a"), 1)], [Part("n 1", True, 1), Part("n-1", True, 1)], "population", each=True)


HISTORY = [{"q1": 100, "q2": 50, "q3": 50}, {"q1": 120, "q2": 60, "q3": 120}, {"q1": 90, "q2": 60, "q3": 50}]


def test_profile_is_the_mean_of_the_shares():
    assert seasonal_profile(HISTORY[:2]) == {"q1": Fraction(9, 20), "q2": Fraction(9, 40), "q3": Fraction(13, 40)}


def test_partial_year_by_hand():
    made = gross_up([PartialYear(Line("beds"), {"q1": 110, "q2": 25}, HISTORY[:2], {"q1": 11}, HISTORY[:2])])
    assert made.services[0].spend == 135 / (Fraction(9, 20) + Fraction(9, 40))
    assert made.services[0].activity == 11 / Fraction(9, 20)
    assert [text for text in made.warnings if "45 % of the year" in text]


def test_full_year_is_itself_and_an_odd_one_is_flagged():
    whole = gross_up([PartialYear(Line("beds"), {"q1": 1000, "q2": 500, "q3": 500}, HISTORY)])
    assert whole.spend == 2000
    assert "more than two standard deviations" in whole.warnings[-1]


def test_partial_year_faults():
    with pytest.raises(BaselineError, match="no earlier year"):
        gross_up([PartialYear(Line("beds"), {"q1": 1}, [])])
    with pytest.raises(BaselineError, match="q9 is in no earlier year"):
        gross_up([PartialYear(Line("beds"), {"q9": 1}, HISTORY)])
    with pytest.raises(BaselineError, match="give full years only"):
        gross_up([PartialYear(Line("beds"), {"q1": 1}, [HISTORY[0], {"q1": 5}])])
    with pytest.raises(BaselineError, match="nothing to gross up by"):
        gross_up([PartialYear(Line("beds"), {"q1": 1}, [{"q1": 0, "q2": 5}])])
    with pytest.raises(BaselineError, match="no month of the current year"):
        gross_up([PartialYear(Line("beds"), {}, HISTORY)])


def test_roll_forward_formula():
    row = PreviousYear(Line("beds", activity=40), 1000, 0.025, 0.02, 0.012, None, {"service_investment": 20, "one_off": -5})
    made = roll_forward([row]).services[0]
    assert made.spend == 1000 * Fraction("1.025") * Fraction("0.98") * Fraction("1.012") + 15
    assert made.activity == 40 * Fraction("1.012")
    tariff = roll_forward([PreviousYear(Line("beds"), 1000, tariff_change=Fraction("0.001"), population_and_need=Fraction("0.01"))])
    assert tariff.spend == 1000 * Fraction("1.001") * Fraction("1.01")


@pytest.mark.parametrize("name", REFUSED)
def test_refused_whatever_the_amount(name):
    with pytest.raises(BaselineError, match=r"is refused: a baseline is not adjusted .* \(WPB 2\.7\)"):
        roll_forward([PreviousYear(Line("beds"), 1000, adjustments={name: -5})])


def test_towards_an_efficient_provider_down_only():
    assert roll_forward([PreviousYear(Line("beds"), 1000, adjustments={"efficient_cost": -5})]).spend == 995
    with pytest.raises(BaselineError, match="match the costs of an inefficient provider"):
        roll_forward([PreviousYear(Line("beds"), 1000, adjustments={"efficient_cost": 5})])


def test_roll_forward_faults():
    with pytest.raises(BaselineError, match="one_of: is no adjustment"):
        roll_forward([PreviousYear(Line("beds"), 1000, adjustments={"one_of": 5})])
    with pytest.raises(BaselineError, match="give one or the other"):
        roll_forward([PreviousYear(Line("beds"), 1000, inflation=0.02, tariff_change=0.01)])
    with pytest.raises(BaselineError, match="is a rate"):
        roll_forward([PreviousYear(Line("beds"), 1000, inflation=2)])
    with pytest.raises(BaselineError, match="below nothing"):
        roll_forward([PreviousYear(Line("beds"), 1000, adjustments={"one_off": -2000})])


def test_cross_subsidy_sums_to_nothing_or_is_flagged():
    rows = [
        PreviousYear(Line("a"), 100, adjustments={"cross_subsidy": -10}),
        PreviousYear(Line("b"), 100, adjustments={"cross_subsidy": 10}),
    ]
    assert roll_forward(rows).warnings == ()
    assert "sum to -10, not to nothing" in roll_forward(rows[:1]).warnings[0]
    assert set(ALLOWED) & set(REFUSED) == set()


def test_two_standard_deviations():
    """Mean 10, standard deviation 1 (9, 10, 11): 12 is at two, and not beyond."""
    assert is_outlier(12, [9, 10, 11]) is False
    assert is_outlier(Fraction("12.01"), [9, 10, 11]) is True
    assert is_outlier(8, [9, 10, 11]) is False
    assert is_outlier(12, [10, 11]) is None
    made = roll_forward([PreviousYear(Line("beds"), 20)], {"beds": [9, 10, 11]})
    assert "look for one-off effects" in made.warnings[0]
    assert "1 earlier year cannot tell" in roll_forward([PreviousYear(Line("beds"), 20)], {"beds": [9]}).warnings[0]
