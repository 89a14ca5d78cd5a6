"""One table per rule, inputs in and settlements out, for a baseline of 100 and the halves of gains and losses unless stated."""

from dataclasses import replace

import pytest

from simengine.settling.actual import Line
from simengine.settling.terms import Band
from tests.unit.settling.deals import actual, number, paid, settled, terms

pytestmark = pytest.mark.unit

THREE = {"gain_share": {"community": 0.5, "acute": 0.3}, "loss_share": {"community": 0.5, "acute": 0.3}, "msr": 0.02, "excess_gain": True}
SIZES = ((1000, 1999, 0.06, 0.04), (2000, None, 0.03, 0.03))


def provider(stated, outturn, **known):
    """What the provider of a baseline of 100 is paid."""
    return paid(terms(**stated), actual(100, outturn, **known))[0]["provider"]


@pytest.mark.parametrize(
    ("outturn", "held", "quality", "expected"),
    [
        # MODEL.md section 6: acute is the provider and is paid by activity (90), a block (100) or a fifth of the difference (98)
        (90, 90, 1, {"commissioner": -6.4, "community": 4.0, "acute": 2.4}),
        (90, 100, 1, {"commissioner": 1.6, "community": 4.0, "acute": -5.6}),
        (90, 98, 1, {"commissioner": 0.0, "community": 4.0, "acute": -4.0}),
        (90, 90, 0.5, {"commissioner": -4.4, "community": 2.0, "acute": 2.4}),
    ],
)
def test_worked_settlements_of_the_model(outturn, held, quality, expected):
    deal = terms(**THREE, quality={"gain": 1})
    scores = {"community": quality, "acute": 1}
    assert paid(deal, actual(100, outturn, paid={"acute": held}, scores=scores)) == [expected]


def test_collar_of_a_provider_and_a_budget_whose_holder_is_reimbursed():
    two = {
        "gain_share": {"provider": 0.7},
        "loss_share": {"provider": 0.7},
        "msr": 0.02,
        "excess_gain": True,
        "cap": {"provider": {"amount": 5}},
    }
    assert paid(terms(**two), actual(100, 80, paid={"provider": 100})) == [{"provider": -13.0, "commissioner": 13.0}]
    one_sided = {"gain_share": {"holder": 0.5}, "loss_share": {"holder": 0}, "mlr": 0.02, "excess_loss": True, "one_sided": True}
    year = actual(100, 110, paid={"holder": 100}, outturns={"holder": 110})
    assert paid(terms(**one_sided), year) == [{"holder": 8.0, "commissioner": -8.0}]


@pytest.mark.parametrize(
    ("kind", "outturn", "expected"),
    [
        ("first pound", 98.01, 0.0),
        ("first pound", 98, 1.0),
        ("first pound", 90, 5.0),
        ("first pound", 102, -1.0),
        ("first pound", 101.99, 0.0),
        ("excess", 98, 0.0),
        ("excess", 90, 4.0),
        ("excess", 110, -4.0),
    ],
)
def test_thresholds_are_inclusive(kind, outturn, expected):
    assert provider({"msr": 0.02, "excess_gain": kind == "excess", "excess_loss": kind == "excess"}, outturn) == expected


@pytest.mark.parametrize(
    ("people", "outturn", "expected"), [(1000, 94, 3.0), (1000, 94.01, 0.0), (1999, 96, 2.0), (1999, 96.01, 0.0), (5000, 97, 1.5)]
)
def test_rates_by_size(people, outturn, expected):
    sizes = tuple(tuple(None if item is None else number(item) for item in row) for row in SIZES)
    assert provider({"msr": None, "msr_table": sizes}, outturn, population=people) == expected


@pytest.mark.parametrize(("outturn", "expected"), [(96, 1.0), (97, 0.75), (90, 5.0), (103, 0.0)])
def test_part_of_a_gain_below_the_rate(outturn, expected):
    assert provider({"msr": 0.05, "below_part": 0.5}, outturn) == expected


@pytest.mark.parametrize(("outturn", "flag", "expected"), [(90, 1, 0.0), (90, 0, 5.0), (110, 1, -5.0)])
def test_guardrail(outturn, flag, expected):
    assert provider({"guardrail": True}, outturn, guardrail=flag) == expected


@pytest.mark.parametrize(("outturn", "expected"), [(90, 2.5), (97, 1.5), (110, -2.0), (103, -1.5)])
def test_pool_limits(outturn, expected):
    assert provider({"pool_cap": {"of_baseline": 0.05, "amount": 6}, "pool_collar": {"amount": 4}}, outturn) == expected


@pytest.mark.parametrize(("outturn", "fund", "expected"), [(90, 2.0, 4.0), (110, 0.0, -5.0)])
def test_fund(outturn, fund, expected):
    got = paid(terms(fund=("reserve", number(0.2))), actual(100, outturn))[0]
    assert got == {"provider": expected, "reserve": fund, "commissioner": -expected - fund}


def test_losses_carried_set_off_later_gains_and_expire():
    deal = {"loss_share": {"provider": 0}, "one_sided": True, "carry_years": 1}
    years = [actual(100, 106), actual(100, 96), actual(100, 90)]
    # a loss of 6 nobody was charged with takes all of the gain of 4; what is left of it has expired in the third year
    assert [year["provider"] for year in paid(terms(**deal), *years)] == [0.0, 0.0, 5.0]
    assert [year["provider"] for year in paid(terms(**{**deal, "carry_years": 2}), *years)] == [0.0, 0.0, 4.0]


def test_loss_beyond_a_collar_is_carried():
    deal = terms(collar={"provider": {"amount": 2}}, carry_years=1)
    # a loss of 10 costs 5, of which 2 are charged: 6 of the 10 are carried
    assert [year["provider"] for year in paid(deal, actual(100, 110), actual(100, 90))] == [-2.0, 2.0]


@pytest.mark.parametrize(
    ("quality", "outturn", "score", "expected"),
    [
        ({"gain": 1}, 90, 0.8, 4.0),
        ({"gain": 2, "gate": 0.8}, 90, 0.8, 5.0),
        ({"gain": 2, "gate": 0.8}, 90, 0.79, 0.0),
        ({"loss": 1, "soften": 0.5}, 110, 0.8, -3.0),
        ({"loss": 2, "share_max": 0.75, "floor": 0.4, "ceiling": 0.75}, 110, 0.8, -4.0),
        ({"loss": 2, "share_max": 0.75, "floor": 0.4, "ceiling": 0.75}, 110, 0.5, -6.25),
        ({"loss": 2, "share_max": 0.75, "floor": 0.4, "ceiling": 0.75}, 110, 0.1, -7.5),
    ],
)
def test_quality(quality, outturn, score, expected):
    assert provider({"quality": quality}, outturn, quality=score) == expected


@pytest.mark.parametrize(
    ("standard", "met", "alternative", "on_gains", "on_losses"),
    [(0, 0, 0, 4.0, -3.0), (1, 1, 0, 4.0, -3.0), (1, 0, 1, 0.0, -5.0), (2, 1, 0, 5.0, -3.0), (2, 0, 1, 4.0, -3.0), (2, 0, 0, 0.0, -5.0)],
)
def test_quality_standards(standard, met, alternative, on_gains, on_losses):
    deal = {"quality": {"gain": 1, "loss": 1, "soften": 0.5, "standard": standard}}
    known = {"quality": 0.8, "quality_met": met, "alternative_quality_met": alternative}
    assert provider(deal, 90, **known) == on_gains
    assert provider(deal, 110, **known) == on_losses


@pytest.mark.parametrize(
    ("order", "expected"),
    [((), 3.0), (("pool_limits", "carry_forward", "fund", "quality", "limits", "deduction", "loss_adjustment", "term_limits"), 2.7)],
)
def test_deduction_before_or_after_the_cap(order, expected):
    deal = {"deduction": 0.1, "cap": {"provider": {"amount": 3}}, "order": order}
    assert provider(deal, 90) == expected
    assert provider({**deal, "cap": {}}, 110) == -5.0


@pytest.mark.parametrize(
    ("limits", "outturn", "expected"),
    [
        ({"cap": {"provider": {"of_baseline": 0.03, "amount": 4}}}, 90, 3.0),
        ({"cap": {"provider": {"of_income": 0.1}}}, 90, 2.0),
        ({"collar": {"provider": {"of_income": 0.1, "of_baseline": 0.01}}}, 110, -1.0),
        ({"collar": {"provider": {"amount": 7}}}, 110, -5.0),
    ],
)
def test_limits_the_smallest_counts(limits, outturn, expected):
    assert provider(limits, outturn, revenue=20) == expected


@pytest.mark.parametrize(("unearned", "expected"), [(0, -3.0), (1, -2.0), (5, 0.0)])
def test_unearned_improvement_payments_use_up_the_collar(unearned, expected):
    deal = {"collar": {"provider": {"amount": 3}}, "include_ips": ("provider",)}
    assert provider(deal, 110, unearned={"provider": unearned}) == expected


@pytest.mark.parametrize(("outturn", "relief", "expected"), [(110, 2, -3.0), (110, 7, 0.0), (90, 2, 5.0)])
def test_adjustment_of_a_loss(outturn, relief, expected):
    assert provider({}, outturn, adjustment=relief) == expected


def test_limits_over_the_term():
    deal = terms(term_cap={"provider": 6}, term_collar={"provider": 4})
    years = [actual(100, 92), actual(100, 94), actual(100, 90), actual(100, 140)]
    assert [year["provider"] for year in paid(deal, *years)] == [4.0, 2.0, 0.0, -10.0]


def test_bands_are_marginal():
    bands = tuple(Band(number(edge), {"provider": number(share)}) for edge, share in ((0.05, 0.2), (0.08, 0.1)))
    found = {outturn: paid(terms(gain_bands=bands, loss_bands=bands), actual(100, outturn))[0]["provider"] for outturn in (96, 93, 90, 110)}
    assert found == {96: 2.0, 93: 2.9, 90: 3.3, 110: -3.3}


def test_line_by_line_and_netted():
    deal, year = terms(msr=0.05), actual(100, 95)
    lines = tuple(Line(name, number(base), number(used)) for name, base, used in (("care", 60, 50), ("home", 40, 45)))
    year = replace(year, lines=lines)
    assert paid(deal, year)[0]["provider"] == 2.5
    # the gain of 10 on 60 and the loss of 5 on 40 both meet their rates: half of each
    assert paid(replace(deal, line_by_line=True), year)[0]["provider"] == 2.5
    assert paid(replace(deal, line_by_line=True, loss_share={"provider": number(0)}), year)[0]["provider"] == 5.0


def test_stretch_and_part_of_a_year():
    deal = {"stretch": 0.1, "proration": 0.5, "cap": {"provider": {"of_baseline": 0.05}}}
    assert provider(deal, 80) == 2.25  # (90 - 80) / 2 = 5, half of it 2.5, at most 5 % of 45
    assert provider({**deal, "cap": {}}, 80, proration=1) == 5.0


def test_half_a_penny_is_rounded_up_and_the_residual_takes_the_rest():
    deal = terms(gain_share={"acute": 0.5, "community": 0.5})
    assert paid(deal, actual(100, 99.99)) == [{"acute": 0.01, "community": 0.01, "commissioner": -0.02}]


def test_steps_tell_the_whole_way():
    deal = terms(msr=0.02, quality={"gain": 1}, deduction=0.02, cap={"provider": {"amount": 3}})
    steps = settled(deal, actual(100, 90, quality=0.9))[0].steps
    assert [step.name for step in steps] == [
        *("baseline", "outturn", "gain", "threshold", "shares", "quality", "deduction", "limits", "residual", "held already", "settlement")
    ]
    assert [step.result for step in steps][:7] == ["100.00", "90.00", "10.00", "10.00", "provider 5.00", "provider 4.50", "provider 4.41"]
