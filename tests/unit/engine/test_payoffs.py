"""payoff.py, held_at_rates.py: settlement at stated gain rates, by hand and by identities."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.engine.held_at_rates import held_at
from simengine.engine.payoff import payoffs, planned_baselines
from simengine.engine.plan import prepare
from simengine.study.load import Study, load_study

pytestmark = [pytest.mark.unit, pytest.mark.plain]

CONFIGS = sorted((Path(__file__).parents[3] / "configs").glob("*.toml"))
RATES = np.array([-0.3, -0.1, -0.02, -0.001, 0.0, 0.001, 0.02, 0.1, 0.3])


def worked(variable_share: float, **terms: Any) -> dict[str, Any]:
    """MODEL.md section 6, Worked: B = 100, excess 2 %, shares .2 / .5 / .3, the acute provider is paid at ``variable_share``."""
    return {
        "horizon": {"base": 2024, "years": 1},
        "money": {"unit": "GBP"},
        "parties": {"board": {"role": "commissioner"}, "community": {"role": "provider"}, "acute": {"role": "provider"}},
        "services": {"care": {"provider": "acute", "spend": 100, "variable_share": variable_share}},
        "arrangements": {
            "deal": {
                "services": ["care"],
                "baseline": "plan",
                "msr": 0.02,
                "msr_kind": "excess",
                "gain_share": {"community": 0.5, "acute": 0.3},
            }
            | terms
        },
    }


@pytest.mark.parametrize(
    ("variable_share", "wanted"),
    [(1.0, (-6.4, 4.0, 2.4)), (0.0, (1.6, 4.0, -5.6)), (0.2, (0.0, 4.0, -4.0))],
)
def test_worked_settlements(variable_share: float, wanted: tuple[float, ...]) -> None:
    found = payoffs(prepare(Study.from_dict(worked(variable_share))), [0.1])
    np.testing.assert_allclose(found.settlement[0, 0, :, 0], wanted, atol=1e-12)
    np.testing.assert_allclose(found.payout[0, 0, :, 0], (1.6, 4.0, 2.4), atol=1e-12)


def test_limits_are_marked() -> None:
    made = worked(1.0, cap={"acute": {"amount": 2}}, collar={"acute": {"of_baseline": 0.01}})
    found = payoffs(prepare(Study.from_dict(made)), [-0.1, -0.03, 0.03, 0.1])
    assert found.cap_hit[0, 0, 2].tolist() == [0, 0, 0, 1]
    assert found.collar_hit[0, 0, 2].tolist() == [1, 0, 0, 0]
    np.testing.assert_allclose(found.payout[0, 0, 2], [-1, -0.3, 0.3, 2], atol=1e-12)


@pytest.mark.parametrize("path", CONFIGS, ids=[path.stem for path in CONFIGS])
def test_of_shipped_studies_add_up(path: Path) -> None:
    """What the parties hold is the gain, and what they settle is nothing, at every rate."""
    ready = prepare(load_study(path))
    if not ready.layout.arrangements:
        pytest.skip("no arrangements in this study")
    baselines = planned_baselines(ready)
    held, found = held_at(ready, baselines, RATES), payoffs(ready, list(RATES))
    for a in range(len(ready.layout.arrangements)):
        own = [m for m, (arrangement, _) in enumerate(ready.layout.members) if arrangement == a]
        size = np.abs(baselines[a]).max()
        np.testing.assert_allclose(held[own].sum(axis=0), baselines[a][:, None] * RATES, atol=1e-11 * size)
        np.testing.assert_allclose(found.settlement[a].sum(axis=1), 0.0, atol=1e-11 * size)
