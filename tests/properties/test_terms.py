"""Payment and contract terms move money between the parties and make none: the sum over all of them is the same on every draw.

Also what limits must do: a higher cap never pays less, and a payout stays within cap and collar.
"""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.study.defaults import residual_of
from simengine.study.load import Study, load_study
from tests.properties.identities import LARGEST, inside
from tests.twin import random_study
from tests.unit.engine.running import DESIGNS, Run, run_study

pytestmark = pytest.mark.property

SEEDS = range(200)
SHIPPED = sorted(path.name for path in (Path(__file__).resolve().parents[2] / "configs").glob("*.toml"))


def other_share(share: Any) -> Any:
    """Another variable share; one that is drawn stays a driver of its own, so that all others keep their draws."""
    if isinstance(share, str):
        return share
    if isinstance(share, dict):
        return {"dist": "uniform", "min": 0.05, "max": 0.45, "path": share.get("path", "constant")}
    return 0.35


def residual(tree: dict[str, Any], arrangement: str) -> str | None:
    """The party that takes what the others do not."""
    spec = Study.from_dict(tree).spec
    return residual_of(spec, spec.arrangements[arrangement])


def halved(shares: dict[str, Any]) -> dict[str, Any]:
    return {party: [0.5 * one for one in share] if isinstance(share, list) else 0.5 * share for party, share in shares.items()}


def with_other_terms(tree: dict[str, Any]) -> dict[str, Any]:
    """The study with other thresholds, shares, caps, baseline, payment plan, variable shares and payment price."""
    other = copy.deepcopy(tree)
    for line in other["services"].values():
        line["variable_share"] = other_share(line.get("variable_share", 1.0))
        line["payment_price"] = "tariff" if line.get("payment_price") == "plan" else "plan"
        line["plan_includes_schemes"] = 0.6
        line.pop("payment_baseline", None)
    for name, terms in other.get("arrangements", {}).items():
        others = {party: share for party, share in terms["gain_share"].items() if party != residual(tree, name)}
        for key in ("loss_share", "gain_bands", "loss_bands", "cap", "collar", "mlr", "mlr_kind"):
            terms.pop(key, None)
        terms |= {
            "gain_share": halved(others),
            "msr": 0.013,
            "msr_kind": "excess" if terms.get("msr_kind") == "first_pound" else "first_pound",
            "stretch": 0.05,
            "sides": "one",
            "cap": {party: {"of_baseline": 0.004} for party in list(others)[:1]},
        }
    return other


def largest_change(run: Run, other: Run) -> tuple[float, float]:
    """The largest change of the sum over all parties, and of any one party, relative to gross spend."""
    spend = np.abs(run.draws("spend_do_nothing")).sum(axis=1)
    change = other.draws("party_position") - run.draws("party_position")
    return float(np.max(np.abs(change.sum(axis=1)) / spend)), float(np.max(np.abs(change) / spend[:, None]))


def both(tree: dict[str, Any], draws: int, seed: int, sampler: str) -> tuple[Run, Run]:
    plain = {key: value for key, value in tree.items() if key != "scenarios"}
    run, other = (run_study(one, draws=draws, seed=seed, sampler=sampler) for one in (plain, with_other_terms(plain)))
    mine, theirs = run.drivers(), other.drivers()
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine if not name.endswith("variable_share"))
    return run, other


def check(run: Run, other: Run, request: pytest.FixtureRequest) -> None:
    total, one = largest_change(run, other)
    request.node.user_properties.append(("largest residual", total))
    assert total <= LARGEST
    assert one > 1e-6, "the terms that were changed move nothing: the test would pass whatever they do"
    # what the parties in the system lose or gain together is what leaks out
    here, spend = inside(run)[None, :, None], np.abs(run.draws("spend_do_nothing")).sum(axis=1)
    change = ((other.draws("party_position") - run.draws("party_position")) * here).sum(axis=1)
    assert np.max(np.abs(change + other.draws("leakage") - run.draws("leakage")) / spend) <= LARGEST


def is_paid(tree: dict[str, Any]) -> bool:
    """Whether any line is paid by another party than its provider: without one, terms have nothing to move."""
    commissioners = [name for name, party in tree["parties"].items() if party["role"] == "commissioner"]
    return any((line.get("payer") or commissioners[0]) != line["provider"] for line in tree["services"].values())


@pytest.mark.parametrize("seed", SEEDS)
def test_random_study(seed: int, request: pytest.FixtureRequest) -> None:
    tree = random_study(seed)
    if not is_paid(tree):
        pytest.skip("no line is paid for")
    check(*both(tree, 64, seed, DESIGNS[seed % 3]), request)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_study(name: str, configs: Path, request: pytest.FixtureRequest) -> None:
    check(*both(load_study(configs / name).tree, 4096, 1, "sobol"), request)


@pytest.mark.parametrize("seed", [seed for seed in range(60) if "arrangements" in random_study(seed)])
def test_a_higher_cap_never_pays_less_and_limits_hold(seed: int) -> None:
    tree = {key: value for key, value in random_study(seed).items() if key != "scenarios"}
    name, terms = next(iter(tree["arrangements"].items()))
    run = run_study(tree, draws=16, seed=seed)
    members = dict(zip(run.names("payout")[1], range(len(tree["parties"])), strict=True))
    payouts, a = run.draws("payout"), run.names("payout")[0].index(name)
    others = [one for one in terms["gain_share"] if one != residual(tree, name)]
    if not others:
        pytest.skip("the residual party is alone")
    party = max(others, key=lambda one: float(np.abs(payouts[:, a, members[one]]).max()))
    size = float(np.abs(payouts[:, a, members[party]]).max()) / run.prepared.study.spec.money.scale
    found = []
    for part in (0.2, 0.6):
        other = copy.deepcopy(tree)
        other["arrangements"][name]["cap"] = {party: {"amount": part * size}}
        other["arrangements"][name]["collar"] = {party: {"amount": part * size}}
        found.append(run_study(other, draws=16, seed=seed).draws("payout")[:, a, members[party]])
        assert np.abs(found[-1]).max() <= part * size * run.prepared.study.spec.money.scale
    gains = payouts[:, a, members[party]] > 0
    assert np.all(found[0][gains] <= found[1][gains])
    assert np.all(found[0][~gains] >= found[1][~gains])
