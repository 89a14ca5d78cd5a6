"""The same bits with the compiler on and off: digests of small studies, kept from compiled runs and compared in both modes.

After a change that is meant to move numbers: ``pytest tests/unit/engine/test_digests.py --update-golden`` with the compiler on.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.engine.plan import prepare
from simengine.jit import JIT_OFF, Floats
from simengine.study.load import Study
from tests.twin.random_studies import plain_study
from tests.unit.engine.running import ALL_VARIABLES, DESIGNS, simulate_one

pytestmark = [pytest.mark.unit, pytest.mark.plain]

KEPT = Path(__file__).parent / "digests.json"
#: Random studies with volatility, correlation, scenarios, bands, quality and clipped reductions between them.
SEEDS = (0, 7, 8, 34, 35, 37)
DRAWS = 64


def digest(*arrays: Floats) -> str:
    found = hashlib.sha256()
    for array in arrays:
        found.update(repr(array.shape).encode())
        found.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return found.hexdigest()


def without_tables(value: Any) -> Any:
    """A study without the families whose tables rest on the last bits of scipy, which are another version's or machine's own."""
    if isinstance(value, list):
        return [without_tables(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_tables(item) for key, item in value.items()}
    if kept.get("dist") == "pert":
        kept = {key: item for key, item in kept.items() if key != "shape"} | {"dist": "triangular"}
    if "cv_floor" in kept:
        kept["family"] = "lognormal"
    return kept


def digests(seed: int) -> dict[str, str]:
    """Digests of what goes in (the tree) and of what comes out: the plan, then store, line and scheme draws, moments of each scenario."""
    tree = without_tables(plain_study(seed))
    study = Study.from_dict(tree)
    prepared = prepare(study, study.scenario_names)
    found = {
        "tree": hashlib.sha256(json.dumps(tree).encode()).hexdigest(),
        "plan": digest(*(prepared.plan[name] for name in ALL_VARIABLES)),
    }
    for k, scenario in enumerate(prepared.scenarios):
        run = simulate_one(prepared, k, DRAWS, seed, DESIGNS[seed % 3])
        found |= {
            f"{scenario} store": digest(run.store),
            f"{scenario} detail": digest(run.detail),
            f"{scenario} moments": digest(run.moments),
        }
    return found


def test_update(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--update-golden"):
        pytest.skip("only with --update-golden")
    assert not JIT_OFF, "the digests that are kept are those of compiled runs"
    KEPT.write_text(json.dumps({str(seed): digests(seed) for seed in SEEDS}, indent=2) + "\n", encoding="utf-8")


@pytest.mark.parametrize("seed", SEEDS)
def test_bits_are_those_that_were_kept(seed: int) -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))[str(seed)]
    found = digests(seed)
    assert found["tree"] == kept["tree"], "the random study itself is another one: run with --update-golden"
    assert found == kept


def test_a_digest_sees_one_bit() -> None:
    values = np.array([1.0, 2.0, 0.0])
    assert digest(values) != digest(np.array([1.0, np.nextafter(2.0, 3.0), 0.0]))
    assert digest(values) != digest(np.array([1.0, 2.0, -0.0]))
