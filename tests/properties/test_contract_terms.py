"""What must hold of gain and loss sharing whatever its terms are: monotone limits, one-sided years, lines that can be split."""

import copy
from typing import Any

import numpy as np
import pytest

from tests.properties.identities import LARGEST, of_draws, of_plan
from tests.properties.sharing import changed, of, run_shared, shared, side_of, with_arrangement
from tests.twin.coverage import residual_party
from tests.twin.random_contracts import without_losses_in_one_sided_years
from tests.twin.reading import Reader
from tests.unit.engine.running import Run, run_study

pytestmark = pytest.mark.property

STUDIES = with_arrangement(range(120))
QUICK = 6


def seeds(quick: int = QUICK) -> list[Any]:
    """All seeds, the later ones only when asked for."""
    return [pytest.param(seed, marks=[] if place < quick else [pytest.mark.slow]) for place, seed in enumerate(STUDIES)]


def first(tree: dict[str, Any]) -> str:
    """The first arrangement with somebody beside the residual party."""
    return next(name for name in tree["arrangements"] if side_of(tree, name))


@pytest.mark.parametrize("seed", seeds(12))
def test_one_pound_goes_around_with_all_terms(seed: int, request: pytest.FixtureRequest) -> None:
    run = run_shared(shared(seed), seed)
    found = of_plan(run) | {f"{name}, drawn": value for name, value in of_draws(run).items()}
    request.node.user_properties.append(("largest residual", max(found.values())))
    assert {name: value for name, value in found.items() if not value <= LARGEST} == {}


def largest(run: Run, arrangement: str, parties: list[str]) -> tuple[str, float]:
    """The party with the largest payout, and its size in the study's money."""
    sizes = {party: float(np.abs(of(run, "payout", arrangement, party)).max()) for party in parties}
    party = max(sizes, key=lambda one: sizes[one])
    return party, sizes[party] / run.prepared.study.spec.money.scale


@pytest.mark.parametrize("key", ["cap", "collar", "term_cap", "term_collar"])
@pytest.mark.parametrize("seed", seeds(3))
def test_more_cap_never_pays_less_and_more_collar_never_costs_less(seed: int, key: str) -> None:
    """On the same draws. What is left for later years depends on what was paid before: so it is about payouts up to a year."""
    tree = shared(seed)
    name = first(tree)
    # a loss that a collar holds back is carried to later gains, and a contract may put limits before a deduction
    plain = changed(tree, name, carry_forward=None, order=None, cap=None, collar=None, term_cap=None, term_collar=None, include_ips=None)
    party, size = largest(run_shared(plain, seed), name, side_of(tree, name))
    limits = [{party: {"amount": part * size}} for part in (0.1, 0.4, 0.8)] if size > 0 else []
    term = {"term_cap": {party: {"amount": 1.1 * size}}} if key == "cap" else {}
    runs = [run_shared(changed(plain, name, **term, **{key: limit}), seed) for limit in limits]
    paid = [np.cumsum(of(run, "payout", name, party), axis=0) for run in runs]
    sign = 1.0 if key.endswith("cap") else -1.0
    for less, more in zip(paid, paid[1:], strict=False):
        assert np.all(sign * (more - less) >= -1e-12 * size * runs[0].prepared.study.spec.money.scale)
    if key == "collar":
        # a collar of a year alone: a larger one is met less often
        hits = [of(run, "collar_hit", name, party).sum() for run in runs]
        assert hits == sorted(hits, reverse=True)


@pytest.mark.parametrize("seed", seeds())
def test_a_higher_limit_on_the_pool_never_shares_less(seed: int) -> None:
    tree = shared(seed)
    name = first(tree)
    if tree["arrangements"][name].get("line_by_line"):
        pytest.skip("lines by themselves have no limit on the pool")
    pools = []
    for part in (0.002, 0.01, 0.05):
        limit = {"of_baseline": part}
        pools.append(of(run_shared(changed(tree, name, carry_forward=None, pool_cap=limit, pool_collar=limit), seed), "pool", name))
    for less, more in zip(pools, pools[1:], strict=False):
        assert np.all(np.abs(less) <= np.abs(more))
        assert np.all(less * more >= 0)


@pytest.mark.parametrize("seed", seeds())
def test_in_a_one_sided_year_the_residual_party_bears_every_loss(seed: int) -> None:
    tree = shared(seed)
    name = first(tree)
    years = tree["horizon"]["years"]
    sides = [("one", "two")[(year + seed) % 2] for year in range(years)]
    other = changed(tree, name, sides=sides, term_cap=None, term_collar=None)
    without_losses_in_one_sided_years(other["arrangements"][name], residual_party(Reader(other, {}, is_plan=True), name), years)
    run = run_shared(other, seed)
    one = np.array([side == "one" for side in sides])
    for party in side_of(tree, name):
        payout = of(run, "payout", name, party)[one]
        assert np.all(payout >= 0.0)
        if not tree["arrangements"][name].get("line_by_line"):
            assert np.all(payout[of(run, "pool", name)[one] <= 0] == 0.0)
    fund = tree["arrangements"][name].get("fund")
    if fund:
        assert np.all(of(run, "payout", name, fund["party"]) >= 0.0)


def one_line(terms: dict[str, Any], parts: dict[str, float]) -> dict[str, Any]:
    """A line, or the same line in parts that move together: declared drivers for growth, price and delivery."""
    line = {"provider": "acute", "price": 80.0, "growth": "trend", "tariff_change": "tariff", "variable_share": 0.4, "fixed_share": 0.5}
    line |= {"plan_includes_schemes": 0.5, "marginal_bands": {"high": {"side": "both", "from": 0.02, "share": 0.9}}}
    arrangement = {"services": list(parts), "adjustment": {name: 30.0 * part for name, part in parts.items()}, **terms}
    return {
        "horizon": {"base": 2014, "years": 4},
        "money": {"unit": "GBP k"},
        "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}, "home": {"role": "provider"}, "pot": {"role": "fund"}},
        "population": {"size": 9000.0, "growth": {"dist": "uniform", "min": -0.05, "max": 0.1, "path": "independent"}},
        "drivers": {
            "trend": {"dist": "normal", "mean": 0.02, "sd": 0.04, "path": "independent"},
            "tariff": {"dist": "uniform", "min": -0.02, "max": 0.04},
            "share": {"dist": "uniform", "min": 0.0, "max": 0.15, "path": "independent"},
        },
        "services": {name: {**line, "activity": 40000.0 * part} for name, part in parts.items()},
        "schemes": {"team": {"effects": {name: {"impact": "share"} for name in parts}}},
        "arrangements": {"deal": arrangement},
    }


SHARES: dict[str, Any] = {"baseline": "plan", "plan_includes_schemes": 0.7, "gain_share": {"acute": 0.3, "home": 0.4}}
RICH: dict[str, Any] = {
    **SHARES,
    "stretch": 0.01,
    "msr_table": "mssp",
    "mlr": 0.01,
    "msr_kind": "excess",
    "below_msr": {"part": 0.5},
    "sides": ["one", "two", "two", "one"],
    "loss_share": {"acute": 0.5, "home": 0.1},
    "gain_bands": {"high": {"from": [0.03, 0.04, 0.05, 0.06], "share": {"acute": 0.6, "home": 0.2}}},
    "pool_cap": {"of_baseline": 0.08, "amount": 250.0},
    "pool_collar": {"of_baseline": 0.07},
    "carry_forward": {"years": 2},
    "fund": {"party": "pot", "share": 0.1},
    "deduction": 0.02,
    "cap": {"acute": {"of_income": 0.02}},
    "collar": {"home": {"of_baseline": 0.005}},
    "loss_adjustment": {"dist": "event", "probability": 0.4, "impact": 20.0, "path": "independent"},
    "term_cap": {"home": {"of_baseline": 0.01}},
    "quality": {"score": {"dist": "uniform", "min": 0.5, "max": 1.0}, "standard": "full", "met": {"dist": "bernoulli", "p": 0.5}},
    "proration": [1.0, 0.5, 1.0, 1.0],
    "baseline_follows": [{"driver": "trend", "cap": 0.01}],
}
BY_LINE = {key: value for key, value in RICH.items() if key not in ("below_msr", "pool_cap", "pool_collar", "carry_forward")}
#: A fund takes from the top band of the net gain, and of lines by themselves the same part of each: so the one or the other.
BANDED = {key: value for key, value in BY_LINE.items() if key != "fund"}
FUNDED = {key: value for key, value in BY_LINE.items() if key != "gain_bands"}
CASES = {"plain": SHARES, "rich": RICH, "explicit": {**SHARES, "baseline": "explicit", "baseline_value": 3300.0, "sides": "one"}}
del CASES["explicit"]["plan_includes_schemes"]
SHARED = ("baseline", "outturn", "gain", "pool", "msr_met", "payout", "windfall", "settlement", "cap_hit", "collar_hit", "party_position")


def worst_difference(run: Run, other: Run) -> dict[str, float]:
    """The variables of arrangements and parties that differ, relative to gross spend of the year."""
    spend = np.abs(run.draws("spend_do_nothing")).sum(axis=1)
    found = {}
    for name in SHARED:
        difference = np.abs(run.draws(name) - other.draws(name))
        found[name] = float(np.max(difference / spend.reshape(spend.shape[0], *[1] * (difference.ndim - 2), spend.shape[1])))
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_line_in_parts_is_settled_as_one(case: str) -> None:
    run, parts = (run_study(one_line(CASES[case], cut), draws=256) for cut in ({"whole": 1.0}, {"part_a": 0.37, "part_b": 0.63}))
    assert np.abs(run.draws("settlement")).max() > 0
    assert {name: value for name, value in worst_difference(run, parts).items() if not value <= LARGEST} == {}


@pytest.mark.parametrize("terms", [BANDED, FUNDED], ids=["banded", "funded"])
def test_parts_that_move_together_are_settled_by_themselves_as_one(terms: dict[str, Any]) -> None:
    netted, by_line = (
        run_study(one_line({**terms, "line_by_line": value}, {"part_a": 0.37, "part_b": 0.63}), draws=256) for value in (False, True)
    )
    assert {name: value for name, value in worst_difference(netted, by_line).items() if not value <= LARGEST} == {}


def test_lines_that_do_not_move_together_are_not() -> None:
    """A negative control: another growth in one part is seen."""
    trees = []
    for value in (False, True):
        tree = copy.deepcopy(one_line({**BY_LINE, "line_by_line": value}, {"part_a": 0.37, "part_b": 0.63}))
        tree["services"]["part_b"]["growth"] = 0.0
        trees.append(tree)
    netted, by_line = (run_study(tree, draws=256) for tree in trees)
    assert worst_difference(netted, by_line)["pool"] > 1e-4
