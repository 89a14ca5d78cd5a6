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
from tests.properties.cutting import members
from tests.properties.identities import LARGEST, draws_of, inside
from tests.properties.random_trees import tree_of, without_scenarios
from tests.twin.paths import SUMS, path_of
from tests.twin.reading import is_distribution
from tests.twin.seeds import quick
from tests.unit.engine.running import DESIGNS, Run, run_study

pytestmark = pytest.mark.property

SHIPPED = sorted(path.name for path in (Path(__file__).resolve().parents[2] / "configs").glob("*.toml"))


def other_share(share: Any) -> Any:
    """Another variable share; one that is drawn stays a driver of its own, so that all others keep their draws."""
    if isinstance(share, str) or isinstance(share, dict) and path_of(share) in SUMS:
        return share
    if isinstance(share, dict):
        return {"dist": "uniform", "min": 0.05, "max": 0.45, **{key: share[key] for key in ("path", "rho", "stream") if key in share}}
    return 0.35


def residual(tree: dict[str, Any], arrangement: str) -> str | None:
    """The party that takes what the others do not."""
    spec = Study.from_dict(tree).spec
    return residual_of(spec, spec.arrangements[arrangement])


def halved(shares: dict[str, Any]) -> dict[str, Any]:
    return {party: [0.5 * one for one in share] if isinstance(share, list) else 0.5 * share for party, share in shares.items()}


def with_other_terms(tree: dict[str, Any]) -> dict[str, Any]:
    """The study with other thresholds, shares, caps, baseline, payment plan, variable shares, bands, payment price and budgets."""
    other = copy.deepcopy(tree)
    for budget in other.get("budgets", {}).values():
        other_budget(budget)
    for line in other["services"].values():
        bands = line.pop("marginal_bands", None)
        if bands is None:
            line["marginal_bands"] = {
                "more": {"side": "above", "from": 0.0, "share": 0.7},
                "far": {"side": "both", "from": 0.05, "share": 0.2},
            }
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


def other_budget(budget: dict[str, Any]) -> None:
    """Another value and other withheld shares of a budget; what is not earned goes to its holder. Its drivers stay."""
    budget["unidentified_savings"] = 0.0
    if "plan_includes_schemes" in budget:
        budget["plan_includes_schemes"] = 0.4
    for measure in budget.get("improvement_payments", {}).values():
        measure["weight"] = 0.07
        budget["unearned_to"] = budget["holder"]
    if not any(is_distribution(update["value"]) for update in budget.get("population_update", {}).values()):
        budget.pop("population_update", None)
    budget.pop("resets", None)


def without_budgets(tree: dict[str, Any]) -> dict[str, Any]:
    """The study without its budgets and whatever rests on them."""
    other = {key: value for key, value in copy.deepcopy(tree).items() if key != "budgets"}
    kept = {name: terms for name, terms in other.pop("arrangements", {}).items() if terms["baseline"] != "budget"}
    gone = set(tree.get("arrangements", {})) - set(kept)
    lost = tuple([f"budgets.{name}." for name in tree["budgets"]] + [f"arrangements.{name}." for name in gone])
    groups = [group for group in other.pop("correlation", []) if not any(name.startswith(lost) for name in members(group))]
    return other | ({"arrangements": kept} if kept else {}) | ({"correlation": groups} if groups else {})


def largest_change(run: Run, other: Run) -> tuple[float, float]:
    """The largest change of the sum over all parties, and of any one party, relative to gross spend."""
    spend = np.abs(run.draws("spend_do_nothing")).sum(axis=1)
    change = other.draws("party_position") - run.draws("party_position")
    return float(np.max(np.abs(change.sum(axis=1)) / spend)), float(np.max(np.abs(change) / spend[:, None]))


def both(tree: dict[str, Any], draws: int, seed: int, sampler: str) -> tuple[Run, Run]:
    plain = without_scenarios(tree)
    return pair_of(plain, with_other_terms(plain), draws, seed, sampler)


def pair_of(tree: dict[str, Any], changed: dict[str, Any], draws: int, seed: int, sampler: str) -> tuple[Run, Run]:
    """Both studies on the same draws."""
    run, other = (run_study(one, draws=draws, seed=seed, sampler=sampler) for one in (tree, changed))
    mine, theirs = run.drivers(), other.drivers()
    assert all(np.array_equal(mine[name], theirs[name]) for name in theirs if not name.endswith("variable_share"))
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


@pytest.mark.parametrize("seed", quick(range(200), 30))
def test_random_study(seed: int, request: pytest.FixtureRequest) -> None:
    tree = tree_of(seed)
    if not is_paid(tree):
        pytest.skip("no line is paid for")
    check(*both(tree, 64, seed, DESIGNS[seed % 3]), request)


@pytest.mark.parametrize("seed", quick([seed for seed in range(1, 80, 2) if "budgets" in tree_of(seed)], 12))
def test_a_budget_moves_money_and_makes_none(seed: int, request: pytest.FixtureRequest) -> None:
    """What all parties have together is what they have without the budgets (WPB 6.4)."""
    tree = without_scenarios(tree_of(seed))
    # funding left out goes by who pays, and so by the budgets
    tree["parties"] = {name: {"funding": 1000.0} | party for name, party in tree["parties"].items()}
    check(*pair_of(tree, without_budgets(tree), 32, seed, ("random", "lhs")[seed // 2 % 2]), request)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_study(name: str, configs: Path, request: pytest.FixtureRequest) -> None:
    tree = load_study(configs / name).tree
    check(*both(tree, draws_of(tree), 1, "sobol"), request)


@pytest.mark.parametrize("seed", quick([seed for seed in range(60) if "arrangements" in tree_of(seed)], 14))
def test_a_higher_cap_never_pays_less_and_limits_hold(seed: int) -> None:
    tree = without_scenarios(tree_of(seed))
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
