"""Counts of distances from the plan: against numpy, in any order, in parts, with every kind of number that a row may hold."""

import time

import numpy as np
import pytest

from simengine.engine.sketch import (
    ABOVE_ZERO,
    AT_PLAN,
    BELOW_ZERO,
    BUCKETS,
    DRAWS,
    GROUPS,
    KEYS,
    LEFT_OUT,
    NARROW_DRAWS,
    PAGES,
    empty_sketch,
    merge,
    parts_of,
    touched_bytes,
)
from simengine.engine.sketch_draws import add_rows
from simengine.engine.sketch_stored import sketch_arrays, sketch_from_arrays

pytestmark = pytest.mark.unit

SAMPLERS = ["sobol", "lhs", "random"]
ODD = [0.0, -0.0, 5e-324, -1e-310, 2.0**-1022, 1e-300, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e300, -1.7e308, 1.7e308, 2.0, 2.0 + 2.0**-51]


def group_of(draw, sampler):
    return draw % 16 if sampler == "sobol" else draw // 256 % 16


def sketch_of(values, plan, sampler, first_draw=0):
    return add_rows(empty_sketch(len(values), sampler), np.ascontiguousarray(values), np.asarray(plan, dtype=float), first_draw)


def same(one, other):
    left, right = sketch_arrays(one), sketch_arrays(other)
    assert left.keys() == right.keys()
    return all(left[name].dtype == right[name].dtype and left[name].tobytes() == right[name].tobytes() for name in left)


def counted(sketch, row):
    """The draws of a row by sign, exponent and leading bits: (key, bucket) -> count; and by three bits and group: (count, offsets)."""
    fine, coarse = {}, {}
    for key in np.flatnonzero(sketch.page_of[row]):
        page = sketch.page_of[row, key]
        assert sketch.owner[page] == row * KEYS + key
        fine |= {(int(key), int(m)): int(sketch.counts[page, m]) for m in np.flatnonzero(sketch.counts[page])}
        groups, offsets = parts_of(sketch.groups[page : page + 1])[0].reshape(2, GROUPS, 8)
        coarse |= {(int(key), int(c), int(g)): (int(groups[g, c]), int(offsets[g, c])) for g, c in zip(*np.nonzero(groups), strict=True)}
    return fine, coarse


def expected(values, plan, sampler, first_draw=0):
    """The same from frexp, one draw at a time."""
    fine, coarse = {}, {}
    for n, x in enumerate(values):
        with np.errstate(over="ignore", invalid="ignore"):
            d = x - plan
        if not np.isfinite(d) or abs(d) < 2.0**-1022:
            continue
        fraction, exponent = np.frexp(abs(d))
        key = int(exponent) + 1022 + (2048 if d < 0 else 0)
        bucket = int((fraction * 2.0 - 1.0) * BUCKETS)
        fine[key, bucket] = fine.get((key, bucket), 0) + 1
        place = key, bucket // 64, int(group_of(first_draw + n, sampler))
        count, offsets = coarse.get(place, (0, 0))
        coarse[place] = count + 1, offsets + bucket % 64
    return fine, coarse


@pytest.mark.plain
@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("plan", [0.0, 2.0, -1e-310, 1.7e308, np.nan, np.inf])
def test_every_kind_of_number_is_counted_where_it_belongs(sampler, plan):
    values = np.array(ODD * 4)
    sketch = sketch_of([values], [plan], sampler, 224)
    assert counted(sketch, 0) == expected(values, plan, sampler, 224)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = values - plan
    good = np.isfinite(distance)
    for tally, held in (
        (AT_PLAN, good & (np.abs(distance) < 2.0**-1022)),
        (BELOW_ZERO, good & (values < 0)),
        (ABOVE_ZERO, good & (values > 0)),
        (LEFT_OUT, ~good),
    ):
        by_group = np.bincount(group_of(224 + np.flatnonzero(held), sampler), minlength=16)
        assert sketch.tallies[0, tally].tolist() == by_group.tolist()
    kept = values[good]
    ends = [kept.min(), kept.max()] if kept.size else [np.inf, -np.inf]
    assert sketch.extreme[0].tolist() == ends
    assert sketch.ties[0].tolist() == [int((kept == end).sum()) for end in ends]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_long_rows_are_counted_as_one_by_one(sampler):
    rng = np.random.default_rng(3)
    values = np.array([rng.normal(5.0, 2.0, 10_000), np.clip(rng.normal(0.0, 1.0, 10_000), -0.5, 0.25), rng.standard_cauchy(10_000)])
    values[2, ::97] = np.nan
    plan = np.array([5.0, 0.0, 1.0])
    sketch = sketch_of(values, plan, sampler, 4096)
    for row in range(3):
        assert counted(sketch, row) == expected(values[row], plan[row], sampler, 4096)
        kept = values[row][np.isfinite(values[row])]
        assert sketch.tallies[row, BELOW_ZERO].sum() == (kept < 0).sum()
        assert sketch.extreme[row].tolist() == [kept.min(), kept.max()]
        assert sketch.ties[row].tolist() == [(kept == kept.min()).sum(), (kept == kept.max()).sum()]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_order_and_parts_change_nothing(sampler):
    rng = np.random.default_rng(5)
    values = rng.standard_t(2, (4, 6000)) * 10.0 ** np.arange(4)[:, np.newaxis]
    values[1] = np.maximum(values[1], -3.0)
    values[2, ::7] = 0.0
    values[2, 3::7] = -0.0
    values[3, 5] = np.inf
    plan = np.array([0.0, -3.0, 1.0, 100.0])
    whole = sketch_of(values, plan, sampler)
    cuts = [0, 1, 255, 256, 700, 4096, 5999, 6000]
    parts = list(zip(cuts[:-1], cuts[1:], strict=True))
    for _ in range(3):
        rng.shuffle(parts)
        one_after_another = empty_sketch(4, sampler)
        merged = empty_sketch(4, sampler)
        for first, last in parts:
            piece = np.ascontiguousarray(values[:, first:last])
            one_after_another = add_rows(one_after_another, piece, plan, first)
            merged = merge(merged, sketch_of(piece, plan, sampler, first))
        assert same(one_after_another, whole)
        assert same(merged, whole)


def test_the_sign_of_a_zero_at_the_end_of_the_range_does_not_depend_on_the_order():
    ends = [sketch_of([np.array(row)], [1.0], "lhs").extreme.tobytes() for row in ([0.0, -0.0, 1.0], [-0.0, 0.0, 1.0], [1.0, -0.0, -0.0])]
    assert len(set(ends)) == 1


def test_pages_are_taken_as_met_and_room_grows():
    values = np.ldexp(1.0, np.arange(-1022, 1024))[np.newaxis] * np.array([[1.0], [-1.0]])
    sketch = sketch_of(values, [0.0, 0.0], "sobol")
    assert sketch.used[PAGES] == 2 * 2046
    assert sketch.counts.shape[0] > 2 * 2046
    assert sketch.counts.sum() == parts_of(sketch.groups)[:, 0].sum() == 2 * 2046
    assert same(sketch, merge(empty_sketch(2, "sobol"), sketch))


def test_counts_become_wider_before_they_can_overflow():
    values, plan = np.array([[1.0 + 63 / 512, 2.0, 3.0]]), np.array([0.0])
    sketch = sketch_of(values, plan, "sobol")
    page, cell = sketch.page_of[0, 1023], sketch.groups[sketch.page_of[0, 1023]].argmax()
    assert sketch.counts.dtype == np.int32
    # as many draws as a narrow sketch may have, all in one place
    sketch.counts[page, 63] = sketch.used[DRAWS] = NARROW_DRAWS
    sketch.groups[page, cell] *= NARROW_DRAWS
    assert parts_of(sketch.groups)[page, :, cell].tolist() == [NARROW_DRAWS, 63 * NARROW_DRAWS]
    whole = merge(sketch._replace(used=sketch.used.copy()), sketch)
    assert whole.counts.dtype == whole.groups.dtype == np.int64
    for _ in range(4):
        whole = merge(whole, whole._replace(used=whole.used.copy()))
    assert whole.counts[page, 63] == 32 * NARROW_DRAWS > 2**32
    assert whole.groups[page, :, cell].tolist() == [32 * NARROW_DRAWS, 32 * 63 * NARROW_DRAWS]
    after = add_rows(whole, values, plan, 3)
    assert after.counts[page, 63] == 32 * NARROW_DRAWS + 1
    assert after.used[DRAWS] == 32 * NARROW_DRAWS + 3
    again = sketch_from_arrays(sketch_arrays(after), "sobol")
    assert again.counts.dtype == np.int64
    assert same(again, after)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sketch_comes_back_from_its_arrays_and_goes_on(sampler):
    rng = np.random.default_rng(8)
    values, plan = rng.standard_t(2, (3, 5000)), np.array([0.0, 0.5, -2.0])
    values[1, 7], values[2] = np.nan, -2.0
    whole = sketch_of(values, plan, sampler)
    arrays = sketch_arrays(sketch_of(values[:, :3000], plan, sampler))
    assert max(part.itemsize for name, part in arrays.items() if name != "extreme") <= 4
    again = sketch_from_arrays(arrays, sampler)
    assert same(add_rows(again, np.ascontiguousarray(values[:, 3000:]), plan, 3000), whole)
    nothing = sketch_from_arrays(sketch_arrays(empty_sketch(3, sampler)), sampler)
    assert same(merge(nothing, whole), whole)


def test_no_rows_or_no_draws():
    assert add_rows(empty_sketch(0, "sobol"), np.empty((0, 5)), np.empty(0), 0).used[PAGES] == 0
    assert add_rows(empty_sketch(2, "sobol"), np.empty((2, 0)), np.zeros(2), 0).used.tolist() == [0, 0]


def test_memory_of_a_row_stays_flat():
    rng = np.random.default_rng(7)
    sketch, plan = empty_sketch(4, "sobol"), np.full(4, 100.0)
    for first in range(0, 2**18, 2**16):
        sketch = add_rows(sketch, rng.normal(100.0, 15.0, (4, 2**16)), plan, first)
    # a sixteenfold number of draws meets four more exponents near the plan on each side: eight pages of 3 KiB
    assert touched_bytes(sketch) / 4 < 150_000
    before = touched_bytes(sketch)
    for first in range(0, 2**20, 2**16):
        sketch = add_rows(sketch, rng.normal(100.0, 15.0, (4, 2**16)), plan, first)
    assert touched_bytes(sketch) < 1.25 * before


@pytest.mark.slow
def test_counting_costs_less_than_sorting():
    values, plan = np.random.default_rng(9).normal(100.0, 15.0, (8, 2**16)), np.full(8, 100.0)
    sketch = sketch_of(values, plan, "sobol")
    times = []
    for _ in range(5):
        begun = time.process_time()
        sketch = add_rows(sketch, values, plan, 0)
        counted_at = time.process_time()
        np.sort(values, axis=1)
        times.append((counted_at - begun, time.process_time() - counted_at))
    counting, sorting = np.min(times, axis=0)
    assert counting < sorting
