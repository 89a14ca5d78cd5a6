"""Whatever the draws and the plan: the bound of the sketch holds, chances are exact, and parts merge to the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.engine.sketch import empty_sketch, merge
from simengine.engine.sketch_draws import add_rows
from simengine.engine.sketch_stored import sketch_arrays
from simengine.statistics.series import QUANTILES, STATISTICS, TAIL
from simengine.statistics.sketched import row_statistics

pytestmark = pytest.mark.property

BOUND = 0.002
#: Any size, and values on which many draws lie.
ANY = st.one_of(
    st.floats(-1e300, 1e300), st.floats(-10.0, 10.0), st.integers(-3, 3).map(float), st.sampled_from([0.1, 100.0, 100.25, 1e-309, -0.0])
)


@st.composite
def rows(draw):
    """Draws of a row and its plan; often many equal ones, often near the plan."""
    plan = draw(ANY)
    near = st.floats(-1.0, 1.0).map(lambda share: plan * (1.0 + share * 1e-3))
    few = draw(st.lists(st.one_of(ANY, near, st.just(plan)), min_size=1, max_size=60))
    return np.array(few * draw(st.integers(1, 4))), plan


def add(values, plan, sampler, first=0):
    return add_rows(empty_sketch(1, sampler), np.ascontiguousarray(values)[np.newaxis], np.array([plan]), first)


def rounding(values, plan):
    """What float64 itself adds to a value put together from plan and distance; distances below 2^-1022 count as none."""
    return 4.0 * 2.0**-52 * (np.abs(values).max() + abs(plan)) + 2.0**-1021


@settings(max_examples=300, deadline=None)
@given(row=rows(), sampler=st.sampled_from(["sobol", "lhs"]))
def test_quantiles_keep_the_bound_and_chances_are_exact(row, sampler):
    values, plan = row
    found, _ = row_statistics(add(values, plan, sampler), 0, plan)
    ordered = np.sort(values)
    for name, level in QUANTILES.items():
        place = level * (len(values) - 1)
        k, share = int(place), place - int(place)
        pair = ordered[[k, min(k + 1, len(values) - 1)]]
        exact = (1.0 - share) * pair[0] + share * pair[1]
        assert abs(found[STATISTICS.index(name)] - exact) <= BOUND * np.abs(pair - plan).max() + rounding(values, plan)
    assert found[STATISTICS.index("p_below_zero")] == (values < 0.0).sum() / len(values)
    assert found[STATISTICS.index("p_above_zero")] == (values > 0.0).sum() / len(values)
    quantiles = [found[STATISTICS.index(name)] for name in QUANTILES]
    assert quantiles == sorted(quantiles)


@settings(max_examples=300, deadline=None)
@given(row=rows())
def test_expected_shortfall_keeps_the_bound(row):
    values, plan = np.repeat(row[0], 20), row[1]
    found, _ = row_statistics(add(values, plan, "sobol"), 0, plan)
    ordered = np.sort(values)
    place = TAIL * (len(values) - 1)
    k = int(place)
    pair = ordered[[k, k + 1]]
    low = (1.0 - (place - k)) * pair[0] + (place - k) * pair[1]
    exact = -(low + (np.minimum(values - low, 0.0) / len(values)).sum() / TAIL)
    # the draws of the tail count with their mean distance; the edge with the part of a draw that the tail is off a whole number
    tail = (np.abs(ordered[: k + 2] - plan) / (TAIL * len(values))).sum()
    edge = np.abs(pair - plan).max() * 3.0 / (TAIL * len(values))
    allowed = BOUND * (tail + edge) + 100.0 * rounding(values, plan)
    assert abs(found[STATISTICS.index("expected_shortfall")] - exact) <= allowed


@settings(max_examples=200, deadline=None)
@given(row=rows(), cut=st.floats(0.0, 1.0), sampler=st.sampled_from(["sobol", "lhs"]), swap=st.booleans())
def test_parts_merge_to_the_whole(row, cut, sampler, swap):
    values, plan = row
    at = int(cut * len(values))
    one, other = add(values[:at], plan, sampler), add(values[at:], plan, sampler, at)
    merged = merge(other, one) if swap else merge(one, other)
    whole, found = sketch_arrays(add(values, plan, sampler)), sketch_arrays(merged)
    assert {name: part.tobytes() for name, part in found.items()} == {name: part.tobytes() for name, part in whole.items()}
