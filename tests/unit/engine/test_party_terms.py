"""Terms about each party's amount as whole studies, by hand: quality standards, deduction, limits, relief, order, exposure."""

import pytest

from tests.unit.engine.deals import check_sums, deal, found, payouts
from tests.unit.engine.running import run_study
from tests.unit.engine.test_budgets import close as all_close
from tests.unit.engine.test_budgets import draws, plan, uniform

pytestmark = [pytest.mark.unit, pytest.mark.plain]

DEFAULT = ["pool_limits", "carry_forward", "fund", "quality", "deduction", "limits", "loss_adjustment", "term_limits"]


def close(values: list[float], wanted: list[float]) -> None:
    assert values == pytest.approx(wanted, rel=1e-12, abs=1e-9)


def swapped(one: str, other: str) -> list[str]:
    """The default order with two steps in each other's place."""
    places = {one: other, other: one}
    return [places.get(step, step) for step in DEFAULT]


@pytest.mark.parametrize(
    ("standard", "met", "alternative", "gain"),
    [
        ("none", 1, 0, 40),
        ("required", 1, 0, 40),
        ("required", 0, 0, 0),
        ("full", 1, 0, 50),
        ("full", 0, 1, 40),
        ("full", 0, 0, 0),
    ],
)
def test_a_quality_standard(standard: str, met: int, alternative: int, gain: float) -> None:
    """Half of 100 at a score of .8."""
    quality = {"score": 0.8, "standard": standard}
    quality |= {} if standard == "none" else {"met": met}
    quality |= {"alternative_met": alternative} if standard == "full" else {}
    close(payouts([900], quality=quality), [gain])


def test_standards_by_year_and_losses_at_a_rate() -> None:
    """1 - .75 · .8 is .4 where the standard is met (whatever it is), and the ceiling .75 where it is failed: of losses of 100."""
    quality = {"score": 0.8, "loss": "loss_rate", "loss_share_max": 0.75, "loss_floor": 0.4, "loss_ceiling": 0.75}
    standards = {"standard": ["none", "required", "full", "full"], "met": [0, 0, 1, 0], "alternative_met": [0, 0, 0, 1]}
    close(payouts([1100] * 4, quality=quality | standards), [-40, -75, -40, -40])
    close(payouts([900] * 4, quality=quality | standards), [40, 0, 50, 40])


def test_quality_terms_by_year() -> None:
    close(payouts([900, 900], quality={"score": 0.7, "gain": "gate", "gate": [0.6, 0.8]}), [50, 0])
    close(payouts([1100, 1100], quality={"score": 0.5, "loss": "soften", "soften": [0.4, 1]}), [-40, -25])
    rate = {"loss": "loss_rate", "loss_share_max": [0.5, 1], "loss_floor": [0.8, 0], "loss_ceiling": 1.0}
    close(payouts([1100, 1100], quality={"score": 0.5} | rate), [-80, -50])


def test_a_deduction_is_off_gains_only_and_before_limits() -> None:
    close(payouts([900, 1100], deduction=0.02), [49, -50])
    close(payouts([900, 900], deduction=[0.02, 0]), [49, 50])
    limited = {"deduction": 0.5, "cap": {"trust": {"amount": 30}}}
    close(payouts([900], **limited), [25])
    close(payouts([900], order=swapped("deduction", "limits"), **limited), [15])


def test_relief_of_a_loss() -> None:
    """Never more than the loss, and shared as losses are: 3 to 1; equally where the losses have no shares of their own."""
    close(payouts([1100, 1100, 900], loss_adjustment=[20, 70, 20]), [-30, 0, 50])
    # after the collar
    close(payouts([1100], loss_adjustment=20, collar={"trust": {"amount": 30}}), [-10])
    order = swapped("limits", "loss_adjustment")
    close(payouts([1100], loss_adjustment=15, collar={"trust": {"amount": 30}}, order=order), [-30])
    two = {"gain_share": {"trust": 0.6, "fund": 0.2}}
    run = run_study(deal([1100], loss_adjustment=40, **two), draws=1)
    close([found(run, "payout", party)[0] for party in ("trust", "fund", "board")], [-60 + 30, -20 + 10, -20 - 40])
    check_sums(run)


def test_relief_is_equal_where_losses_are_shared_in_bands_only() -> None:
    bands = {"loss_bands": {"high": {"from": 0.05, "share": {"trust": 0.6, "fund": 0.4}}}, "loss_share": {"trust": 0, "fund": 0}}
    run = run_study(deal([1100], loss_adjustment=30, gain_share={"trust": 0.5, "fund": 0.1}, **bands), draws=1)
    close([found(run, "payout", party)[0] for party in ("trust", "fund", "board")], [-15, -5, -80])


def test_relief_as_drawn_is_of_the_year_and_draw() -> None:
    run = run_study(deal([1100], loss_adjustment=uniform(0, 100)), draws=64)
    relief = run.drivers()["arrangements.deal.loss_adjustment"][0]
    all_close(draws(run, "payout", "deal", "trust")[0], [min(-50 + one, 0) for one in relief])
    check_sums(run)


def test_limits_over_the_term() -> None:
    """At most 60 over the term, and at least -20: the years before count, also their losses."""
    limits = {"term_cap": {"trust": {"amount": 60}}, "term_collar": {"trust": {"amount": 20}}}
    run = run_study(deal([900, 900, 1100, 900, 900, 1300], **limits), draws=1)
    close(found(run, "payout", "trust"), [50, 10, -50, 50, 0, -80])
    assert found(run, "cap_hit", "trust") == [0, 1, 0, 0, 1, 0]
    assert found(run, "collar_hit", "trust") == [0, 0, 0, 0, 0, 1]
    check_sums(run)
    # a share of the planned baselines of all years: 1 % of 2,000
    close(payouts([900, 900], term_cap={"trust": {"of_baseline": 0.01}}), [20, 0])
    # of planned income (as paid for: 900 + 900); the smaller counts
    close(payouts([900, 900], term_cap={"trust": {"of_income": 0.05, "amount": 100}}), [50, 40])


def test_limits_of_the_year_and_of_the_term() -> None:
    limits = {"cap": {"trust": {"amount": 30}}, "term_cap": {"trust": {"amount": 50}}}
    run = run_study(deal([900, 900, 900], **limits), draws=1)
    close(found(run, "payout", "trust"), [30, 20, 0])
    assert found(run, "cap_hit", "trust") == [1, 1, 1]


def test_unearned_improvement_payments_count_towards_the_collar() -> None:
    """A budget of 100 of which 10 % are withheld, a score of .4 leaves 6 unearned: a collar of 8 leaves 2, one of 5 nothing."""
    made = {
        "horizon": {"base": 2014, "years": 1},
        "money": {"unit": "GBP"},
        "parties": {"board": {"role": "commissioner"}, "host": {"role": "provider"}},
        "services": {"care": {"provider": "host", "spend": 150}},
        "budgets": {
            "whole": {
                "commissioner": "board",
                "holder": "host",
                "services": ["care"],
                "value": "explicit",
                "amount": 100,
                "improvement_payments": {"quality": {"weight": 0.1, "score": uniform(0.3, 0.5)}},
            }
        },
        "arrangements": {
            "deal": {
                "baseline": "budget",
                "budget": "whole",
                "gain_share": {"host": 0.5},
                "include_ips": True,
                "collar": {"host": {"of_baseline": 0.08}},
            }
        },
    }
    run = run_study(made, draws=64)
    close(plan(run, "payout", "deal", "host"), [-2])
    score = run.drivers()["budgets.whole.improvement_payments.quality.score"][0]
    all_close(draws(run, "payout", "deal", "host")[0], -(8 - 10 * (1 - score)))
    assert (draws(run, "collar_hit", "deal", "host") == 1).all()
    made["arrangements"]["deal"]["collar"] = {"host": {"amount": 5}}
    close(plan(run_study(made, draws=1), "payout", "deal", "host"), [0])
