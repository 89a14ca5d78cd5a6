"""Small studies with one arrangement, whose outturn is stated year by year: what the terms make of it is worked out by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.unit.engine.running import Run, run_study

BASELINE = 1000.0


def deal(outturns: Sequence[float], *, people: Any = None, **terms: Any) -> dict[str, Any]:
    """A line planned at 1,000 a year (explicit baseline) that comes to the stated outturns; the provider has half of gain and loss.

    The commissioner pays for what is done, so it holds the whole gain: what it owes the provider is the provider's payout.
    """
    years = len(outturns)
    made: dict[str, Any] = {
        "horizon": {"base": 2024, "years": years},
        "money": {"unit": "GBP"},
        "parties": {"board": {"role": "commissioner"}, "trust": {"role": "provider"}, "fund": {"role": "fund"}},
        "services": {"care": {"provider": "trust", "spend_by_year": list(outturns)}},
        "arrangements": {
            "deal": {
                "services": ["care"],
                "baseline": "explicit",
                "baseline_value": BASELINE,
                "gain_share": {"trust": 0.5},
            }
            | terms
        },
    }
    return made | ({} if people is None else {"population": people})


def found(run: Run, variable: str, party: str | None = None, *, planned: bool = False, draw: int = 0) -> list[float]:
    """A variable of the arrangement by year, in one draw or in the plan."""
    values = run.plan(variable)[..., 0] if planned else run.draws(variable)[..., draw]
    values = values[:, 0]
    if party is not None:
        values = values[:, run.names(variable)[1].index(party)]
    return [float(value) for value in values]


def check_sums(run: Run) -> None:
    """Settlements sum to zero, payouts to the pool, and (with φ = X/G) windfalls to the pool, in the plan and in every draw."""
    for values in (run.plan, run.draws):
        pool, scale = values("pool"), np.abs(values("baseline")).max()
        np.testing.assert_allclose(values("settlement").sum(axis=2), 0.0, atol=1e-11 * scale)
        np.testing.assert_allclose(values("payout").sum(axis=2), pool, atol=1e-11 * scale)
        np.testing.assert_allclose(values("windfall").sum(axis=2), pool, atol=1e-11 * scale)


def payouts(outturns: Sequence[float], *, party: str = "trust", people: Any = None, **terms: Any) -> list[float]:
    """What a party ends with by year; the same in the plan and in a draw, as nothing is drawn."""
    run = run_study(deal(outturns, people=people, **terms), draws=1)
    check_sums(run)
    drawn = found(run, "payout", party)
    np.testing.assert_allclose(found(run, "payout", party, planned=True), drawn, rtol=1e-12)
    return drawn
