"""Exact statistics of counted series by looking at their draws again, against NumPy and the statistics of the draws."""

from types import SimpleNamespace

import numpy as np
import pytest

from simengine import api
from simengine.engine.refine import PARTS, Gathered, Picked, Picker, Refined, together
from simengine.engine.series import SeriesLayout
from simengine.engine.series_counts import FAILED, count_blocks, new_task
from simengine.engine.sketch import empty_sketch
from simengine.engine.sketch_draws import add_rows
from simengine.engine.tile import BLOCK
from simengine.errors import SimulationError
from simengine.schema import POSITION_VARIABLES
from simengine.statistics import second_pass
from simengine.statistics.ordered_draws import numbers, places, smallest_with
from simengine.statistics.second_pass import SecondPass
from simengine.statistics.series import QUANTILES, STATISTICS, series_statistics
from simengine.statistics.streamed import counted_statistics
from simengine.study.load import load_study
from tests.unit.cli.care import study_file

pytestmark = pytest.mark.unit

#: Two whole blocks and a part of one.
DRAWS = 2 * BLOCK + 1000
SHORTFALL = STATISTICS.index("expected_shortfall")
EXACT = [STATISTICS.index(name) for name in (*QUANTILES, "value_at_risk")] + [SHORTFALL]
#: Draws from a standard normal g about a plan p.
SHAPES = (
    lambda g, p: g + p,
    lambda g, p: np.where(g > 0.3, 0.0, g + p),
    lambda g, p: np.where(np.abs(g) < 0.3, p, p + g),
    lambda g, p: np.clip(g, -1.0, 1.5),
    lambda g, p: np.round(2.0 * g) + 7.3,
    lambda g, p: np.where(g > 0.2, 3.7, g),  # many draws on a value that nobody knows of
    lambda g, p: p + 1e8 + 1e-3 * g,  # all in one bucket
    lambda g, p: p - 1.0 - 1e-9 * np.abs(g),
    lambda g, p: 1e-310 * g,
    lambda g, p: -np.exp(3.0 * g),
    lambda g, p: np.full(len(g), 4.0),
    lambda g, p: (g > 1.0) * 1.0,
    lambda g, p: np.where(g > 3.0, np.inf, g),
)


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    study = load_study(study_file(tmp_path_factory.mktemp("second")))
    ready = api.prepare(study, study.scenario_names[:1])
    return ready.layout, SeriesLayout(ready.layout, tuple(POSITION_VARIABLES), 2, ready.plan)


def stores(layout, series, draws):
    """Odd draws in the place of the outputs of two scenarios, some failed, and all series of them (series, draw)."""
    random = np.random.default_rng(20)
    rows = [np.zeros((layout.starts[3], draws)) for _ in range(2)]
    shape = 0
    for path in series.paths:
        for year, row in enumerate(path.rows):
            plan = series.plan[path.first + year]
            rows[path.scenario][row] = SHAPES[shape % len(SHAPES)](random.standard_normal(draws), plan)
            shape += 1
    failed = random.random((draws, 2)) < (0.005 if draws > 100 else 0.0)
    filled = np.empty((series.count, draws))
    series.fill(filled, rows, failed)
    return rows, failed, filled


def passes(series, sketch, sums, rows, failed, chunk):
    """Take passes until all is known; exact statistics, and how many passes it took."""
    known, count = SecondPass(series, sketch, sums), 0
    while (refinement := known.next()) is not None:
        picked, count = Picked(refinement), count + 1
        for first in range(0, len(failed), chunk * BLOCK):
            stop = min(first + chunk * BLOCK, len(failed))
            picker = Picker(series, refinement)
            for start in range(first, stop, BLOCK):  # a worker looks at some blocks at a time
                here = slice(start, min(start + BLOCK, stop))
                picker.add([store[:, here].copy() for store in rows], failed[here])
            picked.add(picker.refined(first // BLOCK, -(-stop // BLOCK)))
        known.take(picked)
    return known.statistics(), count


def counted(series, rows, failed):
    sketch, sums = empty_sketch(series.count, "sobol"), 0.0
    sketch, parts = count_blocks(series, sketch, rows, failed, 0, new_task(series, len(failed)))
    for block in parts:
        sums = sums + block
    return sketch, sums


@pytest.mark.parametrize("room", [second_pass.MOST_AT_ONCE, 20_000, 1])
def test_quantiles_are_those_of_numpy_and_shortfalls_those_of_the_draws(layout, monkeypatch, room):
    monkeypatch.setattr(second_pass, "MOST_AT_ONCE", room)
    rows, failed, filled = stores(*layout, DRAWS)
    series = layout[1]
    sketch, sums = counted(series, rows, failed)
    got, count = passes(series, sketch, sums, rows, failed, 1)
    values, errors = counted_statistics(series, sketch, sums, "sobol", got)
    _, of_counts = counted_statistics(series, sketch, sums, "sobol")
    np.testing.assert_array_equal(errors, of_counts)
    assert count == 1 if room > 10**6 else 1 < count <= 3
    seen = 0
    for k, draws in enumerate(filled):
        kept = draws[~np.isnan(draws)]
        if not np.isfinite(kept).all():
            assert np.isnan(values[:, k]).all()
            continue
        for name, level in QUANTILES.items():
            assert values[STATISTICS.index(name), k] == np.quantile(kept, level), (k, name)
        assert values[STATISTICS.index("value_at_risk"), k] == -np.quantile(kept, 0.05)
        expected = series_statistics(draws, "sobol", ~np.isnan(draws))[0][SHORTFALL]
        np.testing.assert_allclose(values[SHORTFALL, k], expected, rtol=1e-12, atol=1e-12 * kept.std())
        seen += kept.min() < kept.max()
    assert seen > 100
    assert np.isnan(np.delete(got, EXACT, axis=0)).all()


@pytest.mark.parametrize("room", [second_pass.MOST_AT_ONCE, 20_000])
def test_how_blocks_are_cut_into_chunks_is_not_seen(layout, monkeypatch, room):
    monkeypatch.setattr(second_pass, "MOST_AT_ONCE", room)
    rows, failed, _ = stores(*layout, DRAWS)
    sketch, sums = counted(layout[1], rows, failed)
    found = [passes(layout[1], sketch, sums, rows, failed, chunk)[0] for chunk in (1, 2, 3)]
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


@pytest.mark.parametrize("draws", [1, 2, 3, 20, 21, 41])
def test_few_draws(layout, draws):
    rows, failed, filled = stores(*layout, draws)
    sketch, sums = counted(layout[1], rows, failed)
    got, _ = passes(layout[1], sketch, sums, rows, failed, 1)
    varied = np.isfinite(filled).all(axis=1) & (filled.min(axis=1) < filled.max(axis=1))
    np.testing.assert_array_equal(np.isnan(got[EXACT]).any(axis=0), ~varied)
    for name, level in QUANTILES.items():
        np.testing.assert_array_equal(got[STATISTICS.index(name), varied], np.quantile(filled[varied], level, axis=1))


def test_other_draws_than_those_counted_are_refused(layout):
    rows, failed, _ = stores(*layout, DRAWS)
    sketch, sums = counted(layout[1], rows, failed)
    rows[1] += 1e-3
    with pytest.raises(SimulationError, match="draws that were drawn again are not those that were counted"):
        passes(layout[1], sketch, sums, rows, failed, 1)


def test_smooth_outputs_take_one_pass_however_many_draws(monkeypatch):
    """Ranges too large to be gathered are looked into about the place where the draw should be."""
    monkeypatch.setattr(second_pass, "MOST_AT_ONCE", 3000)
    draws = np.random.default_rng(3).standard_normal((4, 300_000)) * 5.0 + 1.0
    plan = np.array([-20.0, 0.0, 1.0, 40.0])
    sketch = add_rows(empty_sketch(4, "sobol"), draws, plan, 0)
    sums = np.zeros((4, FAILED + 20))
    sums[:, 0] = draws.shape[1]
    known = SecondPass(SimpleNamespace(count=4, plan=plan), sketch, sums)
    refinement = known.next()
    picked, row = Picked(refinement), np.repeat(np.arange(4), np.diff(refinement.ranges.first))
    assert len(row) >= 20  # the draws on either side of a quantile may be in two buckets
    picked.add(seen_by_numpy(refinement, draws, row))
    assert picked.counts.sum() > 3000
    assert picked.gathered().times.sum() < 3000
    known.take(picked)
    assert known.next() is None
    for name, level in QUANTILES.items():
        np.testing.assert_array_equal(known.statistics()[STATISTICS.index(name)], np.quantile(draws, level, axis=1))


def seen_by_numpy(refinement, draws, row):
    """What a pass picks out of rows of draws, worked out in another way."""
    found, codes = [], []
    for slot, (k, low, high, scale) in enumerate(zip(row, *refinement.ranges[1:4], strict=True)):
        x = draws[k][(draws[k] >= low) & (draws[k] < high)]
        part = np.minimum((x - low) * scale, PARTS - 1).astype(np.int64)
        held = x[(part >= refinement.window[slot, 0]) & (part < refinement.window[slot, 1])]
        found.append(Gathered(np.full(held.size, slot), held, np.ones(held.size, dtype=np.int64)))
        codes.append(slot * PARTS + part)
    code, count = np.unique(np.concatenate(codes), return_counts=True)
    with np.errstate(invalid="ignore"):
        shortfall = np.fmin(draws - refinement.ranges.edge[:, np.newaxis], 0.0).sum(axis=1)
    return Refined(0, 1, code, count, together(found), shortfall[np.newaxis])


def test_places_are_in_the_order_of_numbers():
    x = np.array([-np.inf, -1e300, -1.0, -5e-324, 0.0, 5e-324, 1.0, 1.0 + 2**-52, np.inf])
    assert (np.diff(places(x)) > 0).all()
    np.testing.assert_array_equal(numbers(places(x)), x)
    assert places(np.array([-0.0]))[0] == 0
    low, high = np.full(4, -np.inf), np.full(4, np.inf)
    wanted = np.array([-1e-320, 0.1, 1e308, np.inf])
    np.testing.assert_array_equal(smallest_with(lambda x: x >= wanted, low, high), wanted)


def test_gathered_values_are_put_together_in_any_order():
    ints = [np.array(part, dtype=np.int64) for part in ([1, 0, 1], [1, 1], [2, 1, 5], [3, 1])]
    parts = [Gathered(ints[0], np.array([2.0, 7.0, 1.0]), ints[2]), Gathered(ints[1], np.array([1.0, 3.0]), ints[3])]
    for some in (parts, parts[::-1]):
        slot, value, times = together(some)
        np.testing.assert_array_equal(slot, [0, 1, 1, 1])
        np.testing.assert_array_equal(value, [7.0, 1.0, 2.0, 3.0])
        np.testing.assert_array_equal(times, [1, 8, 2, 1])
