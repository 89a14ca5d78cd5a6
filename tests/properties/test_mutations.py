"""The identities can fail: one sign changed in a copy of the package breaks the one that is meant to see it.

Some signs move money that no identity misses (a programme that adds to spend, a band paid the wrong way): the twin sees those.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import simengine
from tests.properties.identities import LARGEST
from tests.twin.seeds import quick

pytestmark = pytest.mark.property

PROJECT = Path(__file__).resolve().parents[2]
#: Random studies with outsiders, arrangements, costs, and more than one line between them.
STUDIES = ("0", "8", "12")
#: Special ones: budgets held by outsiders, resets, updates, shifts both ways, bands, QIPP, conversion, independent segments between them.
SPECIAL_STUDIES = ("special-22", "special-42", "special-59")
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
        "add_row(row_view(system, LEAKAGE), amount, n)",
        "subtract_row(row_view(system, LEAKAGE), amount, n)",
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
    ("engine/line_values.py", "work[SAVING * STRIDE + i] = s0 - s1", "work[SAVING * STRIDE + i] = s1 - s0", "saving of a line"),
    (
        "engine/lines.py",
        "history[AVOID * STRIDE + i] = a0 - a1",
        "history[AVOID * STRIDE + i] = a1 - a0",
        "cost released is cost without schemes less cost with them",
    ),
]


SPECIAL_MUTATIONS = [
    (
        "engine/positions.py",
        "add_scaled_row(row_view(rows, receiver * PARTY_ROWS + row), amount, scale, n)",
        "add_scaled_row(row_view(rows, receiver * PARTY_ROWS + row), amount, -scale, n)",
        "all parties share funding less cost",
    ),
    (
        "engine/positions.py",
        "add_scaled_row(leakage, amount, scale, n)",
        "add_scaled_row(leakage, amount, -1.0 * scale, n)",
        "parties in the system sum to the net position",
    ),
    (
        "engine/shifts.py",
        "saving[i] -= shifted[i] * price[i]",
        "saving[i] += shifted[i] * price[i]",
        "savings of schemes are the savings of lines",
    ),
    (
        "engine/special_lines.py",
        "else a0 * (1.0 - reduction) + work[ADDED * STRIDE + i]",
        "else a0 * (1.0 - reduction) - work[ADDED * STRIDE + i]",
        "savings of schemes are the savings of lines",
    ),
    (
        "engine/special_lines.py",
        "work[S0 * STRIDE + i] - work[S1 * STRIDE + i]",
        "work[S0 * STRIDE + i] + work[S1 * STRIDE + i]",
        "saving of a line",
    ),
    (
        "engine/special_lines.py",
        "history[AVOID * STRIDE + i] = a0 - a1",
        "history[AVOID * STRIDE + i] = a1 - a0",
        "cost released is cost without schemes less cost with them",
    ),
    (
        "engine/special_lines.py",
        "v * variable[i], a0 * paid_at)",
        "v * variable[i], a1 * paid_at)",
        "doing nothing is the study without schemes",
    ),
    (
        "engine/build_budgets.py",
        "book.total([book.constant(tuple(1.0 - weights)), *earned])",
        "book.total([book.constant(tuple(1.0 + weights)), *earned])",
        "a budget is paid but for what is withheld and not earned",
    ),
    (
        "engine/build_baselines.py",
        "wpb.scaled(list(-term_values(terms.stretch, book.years)))",
        "wpb.scaled(list(1.0 - term_values(terms.stretch, book.years)))",
        "what is held sums to the pool",
    ),
    (
        "projection/scheme.py",
        "ratio = log_mean_factor(remaining, log_remaining) / ",
        "ratio = log_mean_factor(remaining, log_remaining) * ",
        "savings of schemes are the savings of lines",
    ),
]
TWIN_MUTATIONS = [
    # file, what stands there, what is put in its place, the variable that differs from the twin's
    ("engine/build_budgets.py", "constant(tuple(-self.sizes[segment]))", "constant(tuple(self.sizes[segment]))", "budget_value"),
    (
        "engine/build_budgets.py",
        "flows.append(Flow(budget.commissioner, other,",
        "flows.append(Flow(other, budget.commissioner,",
        "party_position",
    ),
    ("engine/build_budgets.py", "money.scaled([-1.0] * self.years)])", "money.scaled([1.0] * self.years)])", "affordability_gap"),
    ("engine/build_lines.py", "less.scaled((-1.0,) * book.years)", "less.scaled((1.0,) * book.years)", "spend_do_nothing"),
    ("projection/budget.py", "return (base - non_recurrent)", "return (base + non_recurrent)", "budget_value"),
    ("projection/budget.py", "abs(observed / current - 1.0) < threshold", "abs(observed / current - 1.0) > threshold", "budget_value"),
    ("projection/payment.py", "else plan_payment * (1.0 - paid)", "else plan_payment * (1.0 + paid)", "payment"),
    ("engine/actual_costs.py", "cost[i] = scale * share[i] * value", "cost[i] = -scale * share[i] * value", "scheme_cost"),
    ("engine/special_lines.py", "after = before * (1.0 - work[", "after = before * (1.0 + work[", "provider_cost"),
]


def printed(module: str, package: Path, *words: str) -> dict[str, Any]:
    """What a module of the tests prints, run on the package in a folder with the compiler off."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(package), str(PROJECT)])}
    command = [sys.executable, "-P", "-m", module, *words]
    done = subprocess.run(command, env=environment, cwd=package, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def residuals(package: Path, studies: tuple[str, ...]) -> dict[str, float]:
    """The largest residual of each identity; what is not a number is the largest of all."""
    found: dict[str, float] = {}
    for study in printed("tests.properties.identities", package, *studies).values():
        for name, value in study.items():
            found[name] = max(value if value == value else float("inf"), found.get(name, 0.0))
    return found


def change(package: Path, file: str, old: str, new: str) -> None:
    """Put one thing in the place of another in a file of the copy."""
    source = package / "simengine" / file
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} no longer holds what is changed here: {old}"
    source.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a copy of the package, to be changed; with what is compiled of it, so that only what is changed is read anew."""
    shutil.copytree(Path(simengine.__file__).parent, tmp_path / "simengine")
    return tmp_path


def test_the_copy_as_it_is_holds_every_identity(package: Path) -> None:
    found = residuals(package, STUDIES + SPECIAL_STUDIES)
    assert {identity for *_, identity in MUTATIONS + SPECIAL_MUTATIONS} <= set(found)
    assert max(found.values()) <= LARGEST
    assert max(printed("tests.properties.against_twin", package, *SPECIAL_STUDIES).values()) <= LARGEST


def words_of(mutation: tuple[str, str, str, str]) -> str:
    return f"{mutation[0]}: {mutation[2]}"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=words_of)
def test_a_changed_sign_is_seen(mutation: tuple[str, str, str, str], package: Path) -> None:
    *changed, identity = mutation
    change(package, *changed)
    assert residuals(package, STUDIES)[identity] > 1e-6


@pytest.mark.parametrize("mutation", quick(SPECIAL_MUTATIONS[::-1], 7), ids=words_of)
def test_a_changed_sign_of_special_studies_is_seen(mutation: tuple[str, str, str, str], package: Path) -> None:
    *changed, identity = mutation
    change(package, *changed)
    assert residuals(package, SPECIAL_STUDIES)[identity] > 1e-6


@pytest.mark.parametrize("mutation", quick(TWIN_MUTATIONS, 3), ids=words_of)
def test_a_change_that_no_identity_misses_is_seen_by_the_twin(mutation: tuple[str, str, str, str], package: Path) -> None:
    *changed, variable = mutation
    change(package, *changed)
    assert printed("tests.properties.against_twin", package, *SPECIAL_STUDIES)[variable] > 1e-6
