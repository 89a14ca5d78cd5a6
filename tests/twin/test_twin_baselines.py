"""Hand-worked cases of what an arrangement is measured against: events, part years, lines by themselves, and what a baseline follows."""

from __future__ import annotations

import math

import pytest

from .contract import Settlement
from .reading import merged
from .worked_deals import deal, settlements, study

SHARES = {"gain_share": {"community": 0.5, "acute": 0.3}}


def test_an_adjustment_is_taken_off_the_outturn_and_off_what_payment_is_held_for() -> None:
    found = deal({**SHARES, "adjustment": {"care": 4.0}}, -0.1, variable_share=0.5)
    # 110,000 less 4,000; half of the excess of 6,000 over the plan of 100,000 is paid
    assert (found.outturn, found.gain) == (pytest.approx(106000.0), pytest.approx(-6000.0))
    assert found.windfall == pytest.approx({"ccg": -3000.0, "community": 0.0, "acute": -3000.0})
    assert found.settlement == pytest.approx({"ccg": -1200.0 + 3000.0, "community": -3000.0, "acute": -1800.0 + 3000.0})


def test_half_a_year_is_settled_in_half() -> None:
    terms = {**SHARES, "adjustment": {"care": 2.0}, "cap": {"acute": {"of_baseline": 0.01}}}
    whole, half = (deal({**terms, "proration": part}, 0.1, variable_share=0.4) for part in (1.0, 0.5))
    assert (half.baseline, half.outturn) == (pytest.approx(50000.0), pytest.approx(44000.0))
    for key in ("payout", "windfall", "settlement"):
        assert getattr(half, key) == pytest.approx({party: 0.5 * amount for party, amount in getattr(whole, key).items()})
    assert half.payout["acute"] == pytest.approx(500.0)


def two_lines(terms: dict, saved: float, more: float) -> Settlement:
    """Care of 100,000, of which a share is saved, and a block of 50,000 at home, which costs more than planned."""
    tree = study(1, {"line_by_line": True, **SHARES, **terms, "services": ["care", "home"]})
    tree["services"]["home"] = {"provider": "community", "spend": 50.0, "growth": {"need": {"dist": "uniform", "min": -1.0, "max": 1.0}}}
    tree["services"]["home"]["variable_share"] = 0.0
    names = ["schemes.team.delivery", "services.home.growth.need"]
    return settlements(tree, dict.fromkeys(names, [0.0]), dict(zip(names, [[saved], [more]], strict=True)))[0]


def test_line_by_line_a_loss_below_its_rate_takes_nothing_from_a_gain() -> None:
    found = two_lines({"msr": 0.05, "msr_kind": "first_pound"}, 0.1, 0.04)
    # care gains 10,000; home loses 2,000, which is 4 %: below the rate, and stays with its provider
    assert (found.gain, found.pool, found.msr_met) == (pytest.approx(8000.0), pytest.approx(10000.0), 1)
    assert found.settlement == pytest.approx({"ccg": 2000.0 - 10000.0, "community": 5000.0, "acute": 3000.0})
    netted = two_lines({"msr": 0.05, "msr_kind": "first_pound", "line_by_line": False}, 0.1, 0.04)
    assert (netted.pool, netted.payout["community"]) == (pytest.approx(8000.0), pytest.approx(4000.0))


def test_line_by_line_sums_gains_and_losses_and_what_is_held() -> None:
    found = two_lines({"loss_share": {"community": 0.2, "acute": 0.0}, "msr": 0.02, "msr_kind": "excess"}, 0.1, 0.12)
    # 8,000 of 10,000 are shared, and 5,000 of a loss of 6,000
    assert found.pool == pytest.approx(3000.0)
    assert found.payout == pytest.approx({"ccg": 3000.0 - 3000.0 - 2400.0, "community": 4000.0 - 1000.0, "acute": 2400.0})
    # the payer holds the gain of care, the provider of the block its loss
    assert found.windfall == pytest.approx({"ccg": 8000.0, "community": -5000.0, "acute": 0.0})
    one = two_lines({"sides": "one"}, 0.1, 0.12)
    assert one.payout == pytest.approx({"ccg": 4000.0 - 8000.0, "community": 5000.0, "acute": 3000.0})


def test_line_by_line_fund_quality_and_limits_are_about_the_sums() -> None:
    terms = {
        "loss_share": {"community": 0.5, "acute": 0.3},
        "fund": {"party": "pot", "share": 0.1},
        "quality": {"score": 0.5},
        "cap": {"acute": {"of_baseline": 0.003}},
    }
    found = two_lines(terms, 0.1, 0.12)
    # 4,000 in all: 400 to the fund, 1,800 and 1,080 before quality, 900 and 540 after; the cap is 0.3 % of 150,000
    assert found.payout == pytest.approx({"ccg": 4000.0 - 400.0 - 900.0 - 450.0, "community": 900.0, "acute": 450.0, "pot": 400.0})
    assert found.cap_hit["acute"] == 1


def test_line_by_line_bands_are_of_each_line() -> None:
    bands = {"high": {"from": 0.05, "share": {"acute": 0.8}}}
    found = two_lines({"gain_share": {"acute": 0.2, "community": 0.0}, "loss_share": {"acute": 0.1}, "gain_bands": bands}, 0.1, 0.12)
    assert found.payout["acute"] == pytest.approx(1000.0 + 4000.0 - 600.0)
    assert found.payout["ccg"] == pytest.approx(4000.0 - 5000.0 + 600.0)


def following(terms: dict, drawn: dict[str, list[float]], scenario: str | None = None) -> list[Settlement]:
    """Two years; need grows by 10 % in the plan, the list not at all, and a scheme saves a tenth in the draw and nothing in the plan."""
    tree = study(2, {**SHARES, **terms}, growth={"population": True, "need": "trend"})
    tree["drivers"] = {"trend": {"dist": "uniform", "min": 0.0, "max": 0.2, "path": "independent"}}
    tree["population"] = {"size": 1000.0, "growth": {"dist": "uniform", "min": -0.1, "max": 0.1, "path": "independent"}}
    tree["scenarios"] = {"steady": {"drivers": {"trend": 0.15}}}
    planned = {"drivers.trend": [0.1, 0.1], "population.growth": [0.0, 0.0], "schemes.team.delivery": [0.0, 0.0]}
    return settlements(tree, planned, merged(planned, {"schemes.team.delivery": [0.1, 0.1], **drawn}), scenario)


DRAWN = {"drivers.trend": [0.2, 0.0], "population.growth": [0.05, 0.0]}


def test_a_baseline_follows_drivers_as_drawn() -> None:
    fixed = following({}, DRAWN)
    assert [one.baseline for one in fixed] == pytest.approx([110000.0, 121000.0])
    need = following({"baseline_follows": ["trend"]}, DRAWN)
    assert [one.baseline for one in need] == pytest.approx([120000.0, 120000.0])
    both = following({"baseline_follows": ["drivers.trend"], "population_adjusted": True}, DRAWN)
    assert [one.baseline for one in both] == pytest.approx([126000.0, 126000.0])
    # all that moves is followed: what is left of the gain is the scheme
    assert [one.gain for one in both] == pytest.approx([12600.0, 12600.0])
    assert [one.windfall["ccg"] for one in both] == pytest.approx([12600.0, 12600.0])


def test_a_line_by_itself_with_nothing_left_to_share_against_fails() -> None:
    tree = study(1, {**SHARES, "line_by_line": True, "baseline_follows": ["qipp.less.amount"]})
    tree["qipp"] = {"less": {"service": "care", "amount": {"dist": "uniform", "min": 0.0, "max": 200.0}}}
    name, team = "qipp.less.amount", "schemes.team.delivery"
    found = [settlements(tree, {name: [10.0], team: [0.0]}, {name: [amount], team: [0.0]})[0] for amount in (99.0, 100.0)]
    assert found[0].baseline == pytest.approx(1000.0)
    assert math.isnan(found[1].pool)
    assert math.isnan(found[1].settlement["acute"])


def test_need_counts_up_to_its_cap_only() -> None:
    found = following({"baseline_follows": [{"driver": "trend", "cap": 0.04}]}, DRAWN)
    assert [one.baseline for one in found] == pytest.approx([114000.0, 114000.0])


def test_a_scenario_that_makes_a_driver_a_constant_is_followed() -> None:
    found = following({"baseline_follows": ["trend"], "stretch": 0.1}, {}, "steady")
    assert [one.baseline for one in found] == pytest.approx([0.9 * 115000.0, 0.9 * 132250.0])
