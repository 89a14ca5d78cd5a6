"""The identities can fail: one sign changed in a copy of the package breaks the one that is meant to see it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import simengine
from tests.properties.identities import LARGEST

pytestmark = pytest.mark.property

PROJECT = Path(__file__).resolve().parents[2]
#: Random studies with outsiders, arrangements, costs, and more than one line between them.
STUDIES = ("0", "8", "12")
MUTATIONS = [
    # file, what stands there, what is put in its place, the identity that breaks
    (
        "engine/positions.py",
        "provider[BEFORE * STRIDE + i] += sums[SUM_PAY * STRIDE + i] - cost",
        "provider[BEFORE * STRIDE + i] -= sums[SUM_PAY * STRIDE + i] + cost",
        "parties in the system sum to the net position",
    ),
    (
        "engine/positions.py",
        "provider[BEFORE * STRIDE + i] += sums[SUM_PAY * STRIDE + i] - cost",
        "provider[BEFORE * STRIDE + i] += sums[SUM_PAY * STRIDE + i] + cost",
        "all parties share funding less cost",
    ),
    (
        "engine/positions.py",
        "add_row(row_view(system, t * SYSTEM_ROWS + LEAKAGE), amount, n)",
        "subtract_row(row_view(system, t * SYSTEM_ROWS + LEAKAGE), amount, n)",
        "parties in the system sum to the net position",
    ),
    ("engine/positions.py", "-parties.cost_scale[c, t]", "parties.cost_scale[c, t]", "net saving"),
    ("contract/settlement.py", "return payout - phi * held", "return payout + phi * held", "settlements sum to zero"),
    ("contract/settlement.py", "return payment - outturn", "return outturn - payment", "what is held sums to the pool"),
    (
        "engine/arrangements.py",
        "subtract_row(left, row_view(out, PAYOUT), n)",
        "add_row(left, row_view(out, PAYOUT), n)",
        "payouts sum to the pool",
    ),
    ("engine/lines.py", "work[SAVING * STRIDE + i] = s0 - s1", "work[SAVING * STRIDE + i] = s1 - s0", "saving of a line"),
    (
        "engine/lines.py",
        "history[AVOID * STRIDE + i] = a0 - a1",
        "history[AVOID * STRIDE + i] = a1 - a0",
        "cost released is cost without schemes less cost with them",
    ),
]


def residuals(package: Path) -> dict[str, float]:
    """The largest residual of each identity, worked out by the package in a folder with the compiler off."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(package), str(PROJECT)])}
    command = [sys.executable, "-P", "-m", "tests.properties.identities", *STUDIES]
    done = subprocess.run(command, env=environment, cwd=package, capture_output=True, text=True, check=True)
    found: dict[str, float] = {}
    for study in json.loads(done.stdout).values():
        found |= {name: max(value, found.get(name, 0.0)) for name, value in study.items()}
    return found


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a copy of the package, to be changed."""
    shutil.copytree(Path(simengine.__file__).parent, tmp_path / "simengine", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_copy_as_it_is_holds_every_identity(package: Path) -> None:
    found = residuals(package)
    assert {identity for *_, identity in MUTATIONS} <= set(found)
    assert max(found.values()) <= LARGEST


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation[0]}: {mutation[2]}")
def test_a_changed_sign_is_seen(mutation: tuple[str, str, str, str], package: Path) -> None:
    file, old, new, identity = mutation
    source = package / "simengine" / file
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} no longer holds what is changed here: {old}"
    source.write_text(text.replace(old, new), encoding="utf-8")
    assert residuals(package)[identity] > 1e-6
