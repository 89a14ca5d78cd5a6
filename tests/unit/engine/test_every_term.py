"""Every term at once, drawn: settlements sum to zero, what parties hold is the gain, and nothing is made or lost between parties."""

from typing import Any

import numpy as np
import pytest

from tests.unit.engine.deals import check_sums
from tests.unit.engine.running import Run, run_study
from tests.unit.engine.test_budgets import uniform

pytestmark = [pytest.mark.unit, pytest.mark.plain]

DRAWS = 512
ORDER = ["fund", "carry_forward", "pool_limits", "loss_adjustment", "term_limits", "limits", "quality", "deduction"]


def every_term(**terms: Any) -> dict[str, Any]:
    """Three lines, one in a budget with improvement payments; a baseline that follows the list, and all that may be agreed on it."""
    deal: dict[str, Any] = {
        "services": ["beds", "visits", "home"],
        "baseline": "plan",
        "residual": "board",
        "stretch": 0.01,
        "msr_table": [{"from": 500, "to": 1999, "low": 0.03, "high": 0.01}, {"from": 2000, "low": 0.01, "high": 0.01}],
        "msr_kind": "excess",
        "mlr": 0.01,
        "mlr_kind": "first_pound",
        "sides": ["two", "one", "two", "two"],
        "gain_share": {"trust": 0.4, "host": 0.3, "board": 0.3},
        "gain_bands": {"high": {"from": [0.03, 0.04, 0.03, 0.03], "share": {"trust": 0.3, "host": 0.2, "board": 0.5}}},
        "below_msr": {"part": 0.5, "from": 900},
        "guardrail": {"dist": "bernoulli", "p": 0.2},
        "pool_cap": {"of_baseline": 0.08, "amount": 15},
        "pool_collar": {"of_baseline": 0.08},
        "carry_forward": {"years": 2},
        "fund": {"party": "pot", "share": [0.1, 0, 0.1, 0.2]},
        "deduction": 0.02,
        "cap": {"trust": {"of_baseline": 0.02}, "host": {"of_income": 0.02}},
        "collar": {"trust": {"amount": 2}, "host": {"of_baseline": 0.02}},
        "include_ips": True,
        "term_cap": {"trust": {"amount": 5}},
        "term_collar": {"host": {"of_baseline": 0.01}},
        "quality": {
            "score": uniform(0.3, 1.0),
            "loss": "loss_rate",
            "loss_share_max": 0.75,
            "loss_floor": 0.3,
            "loss_ceiling": [0.7, 0.7, 0.8, 0.8],
            "standard": ["none", "required", "full", "full"],
            "met": {"dist": "bernoulli", "p": 0.7},
            "alternative_met": {"dist": "bernoulli", "p": 0.5},
        },
        "adjustment": {"beds": uniform(0.0, 4.0)},
        "loss_adjustment": uniform(0.0, 2.0),
        "proration": [1, 1, 0.5, 1],
        "population_adjusted": True,
        "baseline_follows": [{"driver": "need", "cap": 0.01}],
    }
    return {
        "horizon": {"base": 2024, "years": 4},
        "money": {"unit": "GBP"},
        "population": {"size": uniform(600, 2500), "growth": uniform(-0.02, 0.03)},
        "drivers": {"need": uniform(-0.02, 0.04, path="independent")},
        "parties": {
            "board": {"role": "commissioner"},
            "host": {"role": "provider"},
            "trust": {"role": "provider", "in_system": False},
            "pot": {"role": "fund"},
        },
        "services": {
            "beds": {
                "provider": "trust",
                "activity": 10,
                "price": 10,
                "growth": {"population": True, "need": "need"},
                "variable_share": 0.3,
            },
            "visits": {"provider": "trust", "spend": 60, "growth": uniform(-0.08, 0.08), "volatility": {"cv_floor": 0.03}},
            "home": {"provider": "host", "spend": 50, "growth": uniform(-0.05, 0.05)},
        },
        "budgets": {
            "whole": {
                "commissioner": "board",
                "holder": "host",
                "services": {"home": {}, "beds": {"from": 2}},
                "value": "plan",
                "population_update": {"all": {"value": 0.05}},
                "improvement_payments": {"care": {"weight": 0.02, "score": uniform(0.2, 1.0)}},
            }
        },
        "arrangements": {"deal": {key: value for key, value in (deal | terms).items() if value is not None}},
    }


def check_money(run: Run) -> None:
    """All parties together have what they have without the arrangement; the leakage to outsiders is what the system lacks."""
    position, before = run.draws("party_position"), run.draws("party_position_before")
    np.testing.assert_allclose(position.sum(axis=1), before.sum(axis=1), rtol=1e-12, atol=1e-9)
    inside = [party != "trust" for party in run.names("party_position")[0]]
    np.testing.assert_allclose(run.draws("net_position"), position[:, inside].sum(axis=1), rtol=1e-12, atol=1e-9)


BY_LINE: dict[str, Any] = {
    "line_by_line": True,
    "pool_cap": None,
    "pool_collar": None,
    "carry_forward": None,
    "below_msr": None,
    "guardrail": None,
    "quality": {"score": uniform(0.3, 1.0), "loss": "soften", "soften": 0.5},
}


@pytest.mark.parametrize("terms", [{}, {"order": ORDER}, BY_LINE], ids=["netted", "in another order", "line by line"])
def test_every_term_at_once(terms: dict[str, Any]) -> None:
    run = run_study(every_term(**terms), draws=DRAWS)
    assert np.isfinite(run.draws("settlement")).all()
    check_sums(run)
    check_money(run)
    # the terms do bite: gains and losses, limits, fund, nothing shared
    pool, hits = run.draws("pool"), run.draws("cap_hit").any() and run.draws("collar_hit").any()
    assert (pool > 0).any()
    assert (pool < 0).any()
    assert (pool == 0).any()
    assert hits
    fund = run.draws("payout")[:, 0, run.names("payout")[1].index("pot")]
    assert (fund[1] == 0).all()
    assert (fund[0] > 0).any()


def test_what_parties_hold_is_the_gain_where_all_of_it_is_shared() -> None:
    """From the first pound without limits φ is 1: windfalls are what the parties hold, and their sum is the gain."""
    off = dict.fromkeys(("msr_table", "mlr", "mlr_kind", "below_msr", "guardrail", "pool_cap", "pool_collar", "carry_forward"))
    for by_line in (False, True):
        more = {"line_by_line": by_line} | ({"quality": BY_LINE["quality"]} if by_line else {})
        run = run_study(every_term(**off, msr_kind="first_pound", **more), draws=DRAWS)
        gain = run.draws("gain")
        np.testing.assert_allclose(run.draws("windfall").sum(axis=2), gain, atol=1e-10)
        np.testing.assert_allclose(gain, run.draws("baseline") - run.draws("outturn"), atol=1e-10)
