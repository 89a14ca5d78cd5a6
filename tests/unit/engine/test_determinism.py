"""A number depends on the study, the seed and the draw's index only (INTERFACE.md, Determinism)."""

import copy
from typing import Any

import numpy as np
import pytest

from simengine.engine import simulate as simulate_module
from simengine.engine.plan import Prepared, prepare
from simengine.engine.simulate import Simulated
from simengine.study.load import Study
from tests.unit.engine.running import DESIGNS, run_study, simulate_one

pytestmark = pytest.mark.unit

UNEVEN = 40_001  # ten blocks, the last of them short and not a whole tile


def study() -> dict[str, Any]:
    """Two lines, every path, both volatilities, correlation, a deal: small, but with everything that has an order."""
    return {
        "horizon": {"base": 2014, "years": 2},
        "money": {"unit": "GBP k"},
        "population": {"size": 100_000.0, "growth": {"dist": "uniform", "min": 0.0, "max": 0.02}},
        "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}},
        "services": {
            "beds": {
                "provider": "acute",
                "activity": 1000.0,
                "price": 2000.0,
                "growth": {"population": True, "need": {"dist": "normal", "mean": 0.01, "sd": 0.01, "path": "independent"}},
                "volatility": {"cv_floor": 0.01, "cv_ref": 0.02},
                "variable_share": 0.7,
                "plan_includes_schemes": 0.0,
                "fixed_share": 0.5,
                "release_years": 1,
            },
            "visits": {
                "provider": "acute",
                "spend": 500.0,
                "growth": {"dist": "triangular", "min": 0.0, "mode": 0.01, "max": 0.04},
                "volatility": {"cv_floor": 0.02, "family": "lognormal"},
            },
        },
        "schemes": {
            "team": {
                "delivery": {"dist": "pert", "min": 0.5, "mode": 0.8, "max": 1.0},
                "effects": {"beds": {"impact": {"dist": "uniform", "min": 0.05, "max": 0.15}}},
            }
        },
        "arrangements": {
            "deal": {
                "services": ["beds"],
                "baseline": "plan",
                "plan_includes_schemes": 0.0,
                "msr": 0.02,
                "msr_kind": "excess",
                "gain_share": {"acute": 0.5},
            }
        },
        "correlation": [{"drivers": ["schemes.team.delivery", "schemes.team.effects.beds.impact"], "rank": 0.5}],
    }


def prepared(tree: dict[str, Any] | None = None) -> Prepared:
    return prepare(Study.from_dict(study() if tree is None else tree))


def same_bits(one: Simulated, other: Simulated) -> bool:
    pairs = ((one.store, other.store), (one.detail, other.detail), (one.moments, other.moments))
    return one.clipped == other.clipped and all(a.tobytes() == b.tobytes() for a, b in pairs)


@pytest.mark.parametrize("sampler", DESIGNS)
def test_threads_and_task_sizes_are_invisible(sampler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made, wanted = prepared(), None
    for blocks in (1, 3, 7):
        monkeypatch.setattr(simulate_module, "TASK_BLOCKS", blocks)
        for threads in (1, 2):
            found = simulate_one(made, 0, UNEVEN, 5, sampler, threads)
            wanted = found if wanted is None else wanted
            assert same_bits(found, wanted), f"{blocks} blocks a task, {threads} threads"
    assert wanted is not None
    assert wanted.moments[:, 0].tolist() == [UNEVEN] * wanted.moments.shape[0]


@pytest.mark.parametrize("sampler", DESIGNS)
@pytest.mark.parametrize(("few", "many"), [(16_384, 65_536), (1000, 5000), (1, 600)])
def test_the_first_draws_of_a_longer_run_are_those_of_a_shorter(sampler: str, few: int, many: int) -> None:
    made = prepared()
    short, long = (simulate_one(made, 0, draws, 5, sampler) for draws in (few, many))
    assert short.store.tobytes() == np.ascontiguousarray(long.store[:, :few]).tobytes()
    assert short.detail.tobytes() == np.ascontiguousarray(long.detail[:, :few]).tobytes()
    assert not np.array_equal(short.moments, long.moments)


def test_moments_are_those_of_the_draws() -> None:
    """So that equal moments mean something: count, mean and variance about the plan."""
    made = prepared()
    run = simulate_one(made, 0, 10_000, 5, "sobol")
    rows = run.detail_row
    shifted = run.detail[rows] - made.plan_detail[:, None]
    size = np.abs(run.detail[rows]).max(axis=1)
    np.testing.assert_allclose(run.moments[:, 1], shifted.sum(axis=1), atol=1e-9 * size.max())
    np.testing.assert_allclose(run.moments[:, 2], (shifted**2).sum(axis=1), rtol=1e-10, atol=1e-9)


def draws_of(tree: dict[str, Any], sampler: str, seed: int = 5) -> dict[str, Any]:
    return run_study(tree, draws=3000, seed=seed, sampler=sampler).drivers()


def with_driver(where: str) -> dict[str, Any]:
    """The study with one driver more: funding of a party of its own, whose table is the first, in the middle, or the last of the file."""
    tree = study()
    extra = {"fund": {"role": "funder", "funding": {"dist": "uniform", "min": 1.0, "max": 2.0}}}
    parties = {**extra, **tree.pop("parties")}
    if where == "first":
        return {"parties": parties, **tree}
    if where == "last":
        return {**tree, "parties": parties}
    middle: dict[str, Any] = {}
    for key, value in tree.items():
        middle |= {"parties": parties} if key == "schemes" else {}
        middle[key] = value
    return middle


@pytest.mark.parametrize("sampler", DESIGNS)
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_another_driver_leaves_the_others_their_draws(sampler: str, where: str) -> None:
    """Anywhere with `random` and `lhs`; with `sobol`, where a driver owns a column by its place in the file, at its end."""
    before, after = draws_of(study(), sampler), draws_of(with_driver(where), sampler)
    assert set(after) - set(before) == {"parties.fund.funding"}
    kept = [name for name in before if np.array_equal(before[name], after[name])]
    if sampler != "sobol" or where == "last":
        assert kept == list(before)
    else:
        assert len(kept) < len(before)


@pytest.mark.parametrize("sampler", ["random", "lhs"])
def test_drivers_in_another_order_keep_their_draws(sampler: str) -> None:
    tree = study()
    turned = tree | {"services": dict(reversed(tree["services"].items()))}
    before, after = draws_of(tree, sampler), draws_of(turned, sampler)
    assert list(before) != list(after)
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("sampler", DESIGNS)
def test_zero_is_a_seed_like_any_other(sampler: str) -> None:
    found = [draws_of(study(), sampler, seed) for seed in (0, 0, 1, 2**64 - 1)]
    for name, zero in found[0].items():
        assert np.array_equal(zero, found[1][name])
        assert not np.array_equal(zero, found[2][name])
        assert not np.array_equal(zero, found[3][name])
        assert zero.std() > 0


@pytest.mark.parametrize("sampler", ["random", "lhs"])
def test_a_renamed_driver_keeps_its_draws_by_its_stream(sampler: str) -> None:
    tree = study()
    tree["drivers"] = {"reach": tree["schemes"]["team"].pop("delivery") | {"stream": "schemes.team.delivery"}}
    tree["schemes"]["team"]["delivery"] = "reach"
    tree["correlation"][0]["drivers"][0] = "reach"
    before, after = draws_of(study(), sampler), draws_of(tree, sampler)
    assert np.array_equal(before["schemes.team.delivery"], after["drivers.reach"])
    assert np.array_equal(before["schemes.team.effects.beds.impact"], after["schemes.team.effects.beds.impact"])


@pytest.mark.parametrize("sampler", DESIGNS)
def test_scenarios_are_on_the_same_uniforms(sampler: str) -> None:
    tree = study()
    del tree["correlation"]
    impact = {"dist": "uniform", "min": 0.10, "max": 0.30}
    tree["scenarios"] = {"bold": {"schemes": {"team": {"effects": {"beds": {"impact": impact}}}}}}
    run = run_study(tree, draws=3000, sampler=sampler)
    base, bold = run.drivers(0), run.drivers(1)
    moved = "schemes.team.effects.beds.impact"
    assert list(base) == list(bold)
    assert all(np.array_equal(base[name], bold[name]) == (name != moved) for name in base)
    np.testing.assert_allclose((base[moved] - 0.05) / 0.10, (bold[moved] - 0.10) / 0.20, atol=1e-14)
    assert np.array_equal(run.draws("activity_do_nothing", 0), run.draws("activity_do_nothing", 1))


def test_a_run_does_not_depend_on_the_scenarios_asked_for() -> None:
    tree = study()
    tree["scenarios"] = {"bold": {"schemes": {"team": {"delivery": 1.0}}}}
    tree["correlation"] = []
    alone, along = run_study(tree, draws=3000, scenarios=False), run_study(copy.deepcopy(tree), draws=3000)
    assert same_bits(alone.simulated[0], along.simulated[0])
    assert "schemes.team.delivery" in along.drivers(0)
    assert "schemes.team.delivery" not in along.drivers(1)
