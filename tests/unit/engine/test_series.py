"""The series of a run that is not stored: against the draws, in parts, with failed draws, and their sums and counts."""

import numpy as np
import pytest

from simengine import api
from simengine.engine.moments import LANES, MOMENT_COLUMNS, REPLICATES, add_moments
from simengine.engine.series import COMPARED, DIFFERENCE, FLAG, SeriesLayout
from simengine.engine.series_counts import BATCH_Q, BATCH_QD, BATCH_QQ, FAILED, SQUARE_REPLICATE, SUM_COLUMNS, count_blocks, new_task
from simengine.engine.simulate import Settings, simulate
from simengine.engine.sketch import DRAWS, NARROW_DRAWS, empty_sketch
from simengine.engine.sketch_draws import add_rows
from simengine.engine.sketch_stored import sketch_arrays
from simengine.engine.tile import BLOCK, TILE
from simengine.schema import POSITION_VARIABLES
from simengine.statistics import summary
from simengine.study.load import load_study
from tests.unit.cli.care import STUDY, study_file

pytestmark = pytest.mark.unit

DRAWS_IN_ALL = 2 * BLOCK + 700


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A study with three scenarios: its series, the stores of its scenarios, and a few draws marked as failed."""
    study = load_study(study_file(tmp_path_factory.mktemp("series"), STUDY))
    ready = api.prepare(study, study.scenario_names)
    settings = Settings(DRAWS_IN_ALL, 5, "sobol", 2, False, False)
    rows = [simulate(ready, scenario, settings, (), lambda done: None).store for scenario in range(len(ready.scenarios))]
    failed = np.zeros((DRAWS_IN_ALL, 3), dtype=bool)
    failed[[3, 500, 5000], [0, 1, 1]] = True
    failed[BLOCK + 256 : BLOCK + 512, 2] = True
    return SeriesLayout(ready.layout, tuple(POSITION_VARIABLES), 3, ready.plan), rows, failed


def filled(series, rows, failed):
    into = np.full((series.count, failed.shape[0]), -1.0)
    series.fill(into, rows, failed)
    return into


def test_every_path_has_its_years_and_its_term(case):
    series, rows, failed = case
    into = filled(series, rows, failed)
    assert {path.kind for path in series.paths} == {0, FLAG, DIFFERENCE}
    assert sum(path.count for path in series.paths) == series.count == len(series.plan)
    for path in series.paths:
        values, bad = rows[path.scenario][path.rows], failed[:, path.scenario]
        if path.kind == DIFFERENCE:
            values, bad = values - rows[0][path.rows], bad | failed[:, 0]
        term = np.zeros(DRAWS_IN_ALL)
        for year in values:
            term += year
        extra = [(values > 0.0).any(axis=0), (values < 0.0).any(axis=0)] if path.kind == FLAG else [term]
        np.testing.assert_array_equal(into[path.first : path.first + path.count], np.where(bad, np.nan, [*values, *extra]))


def test_plans_are_those_of_the_years_and_their_sum(case):
    series, _, _ = case
    for path in series.paths:
        plan = series.plan[path.first : path.first + path.count]
        if path.kind == DIFFERENCE:
            assert not plan.any()
        elif path.name == "net_position":
            assert plan[-1] == plan[0] + plan[1]


def test_what_is_compared_is_what_the_summary_compares():
    assert COMPARED == summary.COMPARED


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_counts_are_those_of_the_filled_series_in_any_parts(case, sampler):
    series, rows, failed = case
    whole = sketch_arrays(add_rows(empty_sketch(series.count, sampler), filled(series, rows, failed), series.plan, 0))
    for size in (BLOCK, 2 * BLOCK, DRAWS_IN_ALL):
        sketch, task, sums = empty_sketch(series.count, sampler, 1), new_task(series, size), []
        for first in range(0, DRAWS_IN_ALL, size):
            sketch, some = count_blocks(series, sketch, rows, failed[first : first + size], first, task, first)
            sums.append(some)
        found = sketch_arrays(sketch)
        assert {name: part.tobytes() for name, part in found.items()} == {name: part.tobytes() for name, part in whole.items()}
        if size == BLOCK:
            by_block = np.concatenate(sums)
        assert np.concatenate(sums).tobytes() == by_block.tobytes()


def test_sums_are_those_of_the_detail_rows_and_of_their_squares(case):
    series, rows, failed = case
    into = filled(series, rows, failed)
    _, sums = count_blocks(series, empty_sketch(series.count, "lhs"), rows, failed, 0, new_task(series, DRAWS_IN_ALL))
    assert sums.shape == (3, series.count, SUM_COLUMNS)
    for block in range(3):
        for at in range(series.count):
            values = into[at, block * BLOCK : (block + 1) * BLOCK]
            partial = np.zeros(MOMENT_COLUMNS)
            for first in range(0, len(values), TILE):
                tile = np.ascontiguousarray(values[first : first + TILE])
                add_moments(partial, tile, series.plan[at], np.empty(LANES), np.empty(LANES), len(tile))
            assert sums[block, at, :MOMENT_COLUMNS].tobytes() == partial.tobytes()
            assert sums[block, at, FAILED] == np.isnan(values).sum()
    d = np.nan_to_num(into - series.plan[:, None])
    batches = d[:, : DRAWS_IN_ALL // 256 * 256].reshape(series.count, -1, 256)
    q, total = (batches**2).sum(axis=2), sums.sum(axis=0)
    for column, exact in ((BATCH_Q, q.sum(axis=1)), (BATCH_QQ, (q**2).sum(axis=1)), (BATCH_QD, (q * batches.sum(axis=2)).sum(axis=1))):
        np.testing.assert_allclose(total[:, column], exact, rtol=1e-9, atol=1e-9 * np.abs(exact).max())
    groups = np.arange(DRAWS_IN_ALL) % REPLICATES
    squares = np.stack([(d[:, groups == k] ** 2).sum(axis=1) for k in range(REPLICATES)], axis=1)
    np.testing.assert_allclose(total[:, SQUARE_REPLICATE:], squares, rtol=1e-9, atol=1e-300)


def test_counting_goes_on_in_a_sketch_of_very_many_draws(case):
    series, rows, failed = case
    sketch = empty_sketch(series.count, "lhs")
    sketch.used[DRAWS] = NARROW_DRAWS
    sketch, sums = count_blocks(series, sketch, rows, failed, 0, new_task(series, DRAWS_IN_ALL))
    plain, same_sums = count_blocks(series, empty_sketch(series.count, "lhs"), rows, failed, 0, new_task(series, DRAWS_IN_ALL))
    assert sketch.counts.dtype == np.int64
    assert sketch.used[DRAWS] == NARROW_DRAWS + DRAWS_IN_ALL
    assert sums.tobytes() == same_sums.tobytes()
    one, other = sketch_arrays(sketch), sketch_arrays(plain)
    assert all(np.array_equal(one[name], other[name]) for name in one if name != "draws")


def test_a_study_without_contract_has_no_series_of_it(case):
    series, rows, failed = case
    only = SeriesLayout(series.layout, ("net_saving", "driver_value", "spend"), 1, {"net_saving": np.zeros(2)})
    assert (only.names, only.compared, only.count) == (("net_saving",), (), 3)
    none = SeriesLayout(series.layout, (), 1, {})
    sketch, sums = count_blocks(none, empty_sketch(0, "lhs"), rows[:1], failed[:, :1], 0, new_task(none, DRAWS_IN_ALL))
    assert sums.shape == (3, 0, SUM_COLUMNS)
    assert sketch.used.tolist() == [0, DRAWS_IN_ALL]
