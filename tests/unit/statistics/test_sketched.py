"""Statistics from a sketch against those of the draws: the stated bound on many laws, atoms, signs, and every odd row."""

import numpy as np
import pytest

from simengine.engine.sketch import empty_sketch, merge
from simengine.engine.sketch_draws import add_rows
from simengine.statistics.series import QUANTILES, STATISTICS, TAIL, series_statistics
from simengine.statistics.sketched import row_statistics, sketched_statistics
from simengine.statistics.standard_error import standard_error

pytestmark = pytest.mark.unit

BOUND = 0.002
DRAWS = 20_000
_RNG = np.random.default_rng(11)
_NORMAL = _RNG.standard_normal(DRAWS)
_EVEN = _RNG.random(DRAWS)
#: Draws and plan of rows of many kinds.
LAWS = {
    "normal about the plan": (100.0 + 15.0 * _NORMAL, 100.0),
    "normal off the plan": (100.0 + 15.0 * _NORMAL, 60.0),
    "far from the plan": (1e6 + _NORMAL, 0.0),
    "plan of nothing": (_NORMAL, 0.0),
    "around zero, plan off it": (_NORMAL, 3.7),
    "uniform": (_EVEN, 0.5),
    "lognormal": (np.exp(2.0 * _NORMAL), 1.0),
    "heavy tails": (np.tan(np.pi * (_EVEN - 0.5)), 0.0),
    "huge range": (np.exp(100.0 * _NORMAL), 1.0),
    "tiny": (1e-300 * _NORMAL, 0.0),
    "cap and collar": (np.clip(_NORMAL, -1.0, 0.5), 0.2),
    "collar that is seldom met": (np.maximum(_NORMAL, -2.5), 0.2),
    "half of nothing": (np.where(_EVEN < 0.5, 0.0, _NORMAL + 1.0), 0.7),
    "mostly at the plan": (np.where(_EVEN < 0.9, 0.7, _NORMAL), 0.7),
    "atom elsewhere": (np.where(_EVEN < 0.4, 0.333, _NORMAL), 0.7),
    "whole numbers": (np.floor(4.0 * _NORMAL), 1.0),
    "flag": (np.sign(np.round(_NORMAL)), 0.0),
    "two values": (np.where(_EVEN < 0.3, -7.0, 11.0), 2.0),
    "bucket edges": (np.exp2(np.floor(8.0 * _EVEN)), 0.0),
}


def of(name):
    return STATISTICS.index(name)


def sketched(values, plan, sampler="sobol"):
    values = np.ascontiguousarray(np.atleast_2d(values))
    sketch = add_rows(empty_sketch(len(values), sampler), values, np.full(len(values), plan), 0)
    return row_statistics(sketch, 0, plan)


def shortfall(values):
    """Mean loss of the worst 5 % of draws, as the summary defines it."""
    low = np.quantile(values, TAIL)
    return -(low + np.minimum(values - low, 0.0).mean() / TAIL)


def reach(values, plan, level):
    """Distance from the plan of the farther of the two draws that a quantile lies between."""
    ordered = np.sort(values)
    place = level * (len(values) - 1)
    return np.abs(ordered[[int(place), min(int(place) + 1, len(values) - 1)]] - plan).max()


@pytest.mark.parametrize("law", LAWS)
def test_quantiles_are_within_the_bound_of_the_distance_from_the_plan(law):
    values, plan = LAWS[law]
    found, _ = sketched(values, plan)
    for name, level in QUANTILES.items():
        assert abs(found[of(name)] - np.quantile(values, level)) <= BOUND * reach(values, plan, level) + 1e-15 * abs(plan)
    assert found[of("value_at_risk")] == -found[of("q05")]


@pytest.mark.parametrize("law", LAWS)
def test_expected_shortfall_is_within_the_bound_of_the_distances_in_the_tail(law):
    values, plan = LAWS[law]
    found, _ = sketched(values, plan)
    ordered = np.sort(values)
    tail = np.abs(ordered[: int(TAIL * len(values)) + 2] - plan).mean()
    edge = reach(values, plan, TAIL)
    size = np.abs(ordered[0])
    assert abs(found[of("expected_shortfall")] - shortfall(values)) <= BOUND * (tail + 0.01 * edge) + 1e-13 * size


@pytest.mark.parametrize("sampler", ["sobol", "random"])
@pytest.mark.parametrize("law", LAWS)
def test_chances_are_exact(law, sampler):
    values, plan = LAWS[law]
    found, errors = sketched(values, plan, sampler)
    for name, seen in (("p_below_zero", values < 0.0), ("p_above_zero", values > 0.0)):
        assert found[of(name)] == seen.mean()
        if sampler == "sobol":  # the same sixteen groups; other samplers are summarised by more of them
            exact = max(standard_error(seen, sampler), 0.0 if 0 < seen.sum() < DRAWS else 1.0 / DRAWS)
            assert errors[of(name)] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("law", ["normal about the plan", "normal off the plan", "lognormal", "heavy tails", "around zero, plan off it"])
def test_even_buckets_come_far_closer_than_the_bound(law):
    values, plan = LAWS[law]
    found, _ = sketched(values, plan)
    for name, level in QUANTILES.items():
        assert abs(found[of(name)] - np.quantile(values, level)) <= 0.001 * reach(values, plan, level)


@pytest.mark.parametrize(
    ("law", "names"), [("cap and collar", ("q05", "q95")), ("half of nothing", ("q25", "q50")), ("mostly at the plan", ("q50",))]
)
def test_a_quantile_on_a_known_atom_is_exact_and_certain(law, names):
    values, plan = LAWS[law]
    found, errors = sketched(values, plan)
    for name in names:
        assert found[of(name)] == np.quantile(values, QUANTILES[name])
        assert errors[of(name)] == 0.0


def test_a_cap_that_most_draws_meet_gives_an_exact_shortfall():
    values = np.where(np.arange(DRAWS) % 5 == 0, -3.21, 1.0)
    found, _ = sketched(values, 0.4)
    assert found[of("expected_shortfall")] == 3.21


@pytest.mark.parametrize("law", ["normal about the plan", "normal off the plan", "lognormal", "atom elsewhere", "around zero, plan off it"])
def test_errors_are_near_those_of_the_draws(law):
    values, plan = LAWS[law]
    found, errors = sketched(values, plan)
    _, exact = series_statistics(values, "sobol")
    for name in (*QUANTILES, "value_at_risk", "expected_shortfall"):
        if exact[of(name)] > 0.0:
            assert errors[of(name)] == pytest.approx(exact[of(name)], rel=0.5, abs=2e-3 * reach(values, plan, QUANTILES.get(name, TAIL)))


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_one_wide_bucket_has_the_error_of_independent_draws(sampler):
    # all draws in one coarse bucket: of where in it they lie the groups say no more than their means
    values, plan = 2.0**20 * 31 / 32 + 6000.0 * _NORMAL, 0.0
    _, errors = sketched(values, plan, sampler)
    slope = np.exp(-0.5 * 1.6449**2) / np.sqrt(2.0 * np.pi) / 6000.0
    assert errors[of("q05")] == pytest.approx(np.sqrt(0.05 * 0.95 / DRAWS) / slope, rel=0.15)
    assert errors[of("q50")] == pytest.approx(np.sqrt(0.25 / DRAWS) * 6000.0 * np.sqrt(2.0 * np.pi), rel=0.15)
    variance = np.var(np.minimum(values - np.quantile(values, TAIL), 0.0))
    assert errors[of("expected_shortfall")] == pytest.approx(np.sqrt(variance / DRAWS) / TAIL, rel=0.4)  # fifteen degrees of freedom


def test_mean_and_spread_are_left_to_the_moments():
    found, errors = sketched(_NORMAL, 0.0)
    assert np.isnan([found[:2], errors[:2]]).all()


@pytest.mark.parametrize("plan", [3.0, 5.0, 0.0, 1e-310])
@pytest.mark.parametrize("value", [3.0, 0.0, -2.5])
def test_a_row_that_does_not_vary_is_exact_and_certain(value, plan):
    found, errors = sketched(np.full(300, value), plan)
    exact, exact_errors = series_statistics(np.full(300, value), "sobol")
    assert found[2:].tolist() == exact[2:].tolist()
    assert errors[2:].tolist() == exact_errors[2:].tolist()


def test_a_single_draw_says_nothing_of_its_error():
    found, errors = sketched([4.0], 3.0)
    assert found[of("q50")] == 4.0
    assert np.isnan(errors).all()


@pytest.mark.parametrize(("values", "plan"), [([np.nan] * 5, 1.0), ([1.0, 2.0], np.nan), ([1.0, 2.0], np.inf), ([], 0.0)])
def test_a_row_without_a_usable_draw_is_not_known(values, plan):
    found, errors = sketched(np.array([values], dtype=float), plan)
    assert np.isnan([found, errors]).all()


def test_draws_that_are_not_finite_are_left_out():
    values = _NORMAL.copy()
    values[::50], values[7], values[8] = np.nan, np.inf, -np.inf
    found, errors = sketched(values, 0.0)
    good = np.isfinite(values)
    exact, exact_errors = series_statistics(values, "sobol", good)
    assert found[of("p_below_zero")] == exact[of("p_below_zero")]
    assert errors[of("p_below_zero")] == pytest.approx(exact_errors[of("p_below_zero")], rel=0.02)
    assert abs(found[of("q05")] - exact[of("q05")]) <= BOUND * abs(exact[of("q05")])


def test_rows_side_by_side_and_merged_parts_give_the_same():
    values = np.array([law[0] for law in LAWS.values()])
    plan = np.array([law[1] for law in LAWS.values()])
    whole = add_rows(empty_sketch(len(plan), "lhs"), values, plan, 0)
    found, errors = sketched_statistics(whole, plan)
    assert found.shape == errors.shape == (len(STATISTICS), len(plan))
    parts = empty_sketch(len(plan), "lhs")
    for first, last in ((8192, DRAWS), (0, 8192)):
        parts = merge(parts, add_rows(empty_sketch(len(plan), "lhs"), np.ascontiguousarray(values[:, first:last]), plan, first))
    again, errors_again = sketched_statistics(parts, plan)
    assert found.tobytes() == again.tobytes()
    assert errors.tobytes() == errors_again.tobytes()
    single, _ = sketched(values[3], plan[3], "lhs")
    assert found[:, 3].tobytes() == single.tobytes()


def test_no_rows():
    found, errors = sketched_statistics(empty_sketch(0, "sobol"), np.empty(0))
    assert found.shape == errors.shape == (len(STATISTICS), 0)
