"""The summary from counts against the summary of the same draws: values, errors, flags, scenarios, failed draws, and odd rows."""

from types import SimpleNamespace

import numpy as np
import pytest

from simengine import api
from simengine.engine.series import SeriesLayout
from simengine.engine.series_counts import count_blocks, new_task
from simengine.engine.simulate import Settings, simulate
from simengine.engine.sketch import empty_sketch, merge
from simengine.engine.tile import BLOCK
from simengine.schema import POSITION_VARIABLES
from simengine.statistics.series import QUANTILES, STATISTICS, series_statistics
from simengine.statistics.streamed import counted_statistics, counted_summary
from simengine.statistics.summary import summarise
from simengine.study.load import load_study
from tests.unit.cli.care import SOMETIMES_EMPTY, STUDY, study_file

pytestmark = pytest.mark.unit

BOUND = 0.002


def both(folder, text, draws, sampler):
    """The frame of a run, its summary from draws, and the one from counts, made of chunks of one and two blocks merged out of order."""
    study = load_study(study_file(folder, text))
    ready = api.prepare(study, study.scenario_names)
    settings = Settings(draws, 5, sampler, 2)
    frame = api.complete(ready, settings, "positions").frame
    rows = [simulate(ready, scenario, settings, (), lambda done: None).store for scenario in range(len(ready.scenarios))]
    failed = frame["failed"].to_numpy() == 1
    series = SeriesLayout(ready.layout, tuple(POSITION_VARIABLES), len(ready.scenarios), ready.plan)
    starts = [0, *range(BLOCK, draws, 2 * BLOCK)]
    parts = {}
    for first, stop in zip(starts, [*starts[1:], draws], strict=True):
        chunk = empty_sketch(series.count, sampler)
        parts[first] = count_blocks(series, chunk, rows, failed[first:stop], first, new_task(series, stop - first), first)
    sketch = empty_sketch(series.count, sampler)
    for first in reversed(starts):
        sketch = merge(sketch, parts[first][0])
    sums = np.zeros_like(parts[0][1][0])
    for first in starts:
        for block in parts[first][1]:
            sums += block
    return frame, summarise(frame), counted_summary(series, sketch, sums, sampler, frame)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streamed")
    return {sampler: both(folder, STUDY, 20_000, sampler) for sampler in ("sobol", "lhs")}


def of(array, name):
    return array[STATISTICS.index(name)]


def known(array):
    return np.nan_to_num(array, nan=0.0)


def planned(frame, name):
    """Plan by period (period, entity…, 1); of differences 0."""
    label = f"plan_{name}"
    if label not in frame:
        return np.zeros(1)
    plan = frame[label].to_numpy()
    return np.concatenate([plan, plan.sum(axis=0, keepdims=True)])[..., np.newaxis]


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_names_dimensions_attributes_and_order_are_those_of_the_summary(runs, sampler):
    _, exact, found = runs[sampler]
    names = [name for name in exact.data_vars if name.removesuffix("_se").removesuffix("_difference") in POSITION_VARIABLES]
    assert list(found) == names
    assert "net_position_difference_se" in names
    for name in names:
        assert (found[name].dims, found[name].shape) == (exact[name].dims, exact[name].shape)
        assert found[name].attrs == exact[name].attrs


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_values_are_within_their_bounds(runs, sampler):
    frame, exact, found = runs[sampler]
    for name in (name for name in found if not name.endswith("_se")):
        one, other = found[name].to_numpy(), exact[name].to_numpy()
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other), err_msg=name)
        size = np.nanmax(np.abs(other)) + 1e-300
        np.testing.assert_allclose(of(one, "mean"), of(other, "mean"), rtol=1e-12, atol=1e-13 * size, err_msg=name)
        np.testing.assert_allclose(of(one, "sd"), of(other, "sd"), rtol=1e-8, atol=1e-12 * size, err_msg=name)
        for chance in ("p_below_zero", "p_above_zero"):
            np.testing.assert_array_equal(of(one, chance), of(other, chance), err_msg=name)
        plan = planned(frame, name)
        for quantile in (*QUANTILES, "value_at_risk", "expected_shortfall"):
            sign = -1.0 if quantile in ("value_at_risk", "expected_shortfall") else 1.0
            apart = np.abs(sign * of(other, quantile) - plan)
            np.testing.assert_array_less(
                np.abs(known(of(one, quantile) - of(other, quantile))) - 1e-9 * size, BOUND * np.abs(known(apart)) + 1e-300
            )


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_errors_are_near_those_of_the_draws_and_none_is_missing(runs, sampler):
    _, exact, found = runs[sampler]
    for name in (name for name in found if name.endswith("_se")):
        one, other = found[name].to_numpy(), exact[name].to_numpy()
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other), err_msg=name)
        size = np.nanmax(np.abs(other)) + 1e-300
        np.testing.assert_allclose(of(one, "mean"), of(other, "mean"), rtol=1e-6, atol=1e-9 * size, err_msg=name)
        np.testing.assert_allclose(of(one, "sd"), of(other, "sd"), rtol=1e-5, atol=1e-9 * size, err_msg=name)
        if sampler == "sobol":  # the same sixteen groups
            for chance in ("p_below_zero", "p_above_zero"):
                np.testing.assert_allclose(of(one, chance), of(other, chance), rtol=1e-9, err_msg=name)


def test_errors_of_quantiles_and_tails_are_near_on_the_whole(runs):
    _, exact, found = runs["sobol"]
    for statistic in (*QUANTILES, "value_at_risk", "expected_shortfall"):
        pairs = [(of(found[name].to_numpy(), statistic), of(exact[name].to_numpy(), statistic)) for name in found if name.endswith("_se")]
        one, other = (np.concatenate([pair[k].ravel() for pair in pairs]) for k in range(2))
        seen = other > 0.0
        assert seen.sum() > 100
        assert 0.9 < np.median(one[seen] / other[seen]) < 1.1, statistic


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_failed_draws_are_left_out(tmp_path, sampler):
    frame, exact, found = both(tmp_path, SOMETIMES_EMPTY, 9008, sampler)
    assert frame["failed"].to_numpy().sum() > 5
    for name in (name for name in found if not name.endswith("_se")):
        one, other = found[name].to_numpy(), exact[name].to_numpy()
        size = np.nanmax(np.abs(other)) + 1e-300
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other), err_msg=name)
        np.testing.assert_allclose(known(of(one, "mean")), known(of(other, "mean")), rtol=1e-12, atol=1e-13 * size)
        np.testing.assert_array_equal(of(one, "p_below_zero"), of(other, "p_below_zero"))
        errors, exact_errors = of(found[f"{name}_se"].to_numpy(), "mean"), of(exact[f"{name}_se"].to_numpy(), "mean")
        np.testing.assert_allclose(errors, exact_errors, rtol=1e-6 if sampler == "sobol" else 0.05, atol=1e-9 * size, err_msg=name)


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
@pytest.mark.parametrize("draws", [1, 2, 15, 16, 304, 511, 512])
def test_what_few_draws_do_not_say_is_not_known(tmp_path, draws, sampler):
    _, exact, found = both(tmp_path, STUDY, draws, sampler)
    for name in found:
        one, other = found[name].to_numpy(), exact[name].to_numpy()
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other), err_msg=name)
        for chance in ("p_below_zero", "p_above_zero"):
            # from draws, errors of sobol leave out the last of them where they are no whole number of sets of sixteen
            if sampler == "lhs" or draws % 16 == 0 or not name.endswith("_se"):
                np.testing.assert_allclose(of(one, chance), of(other, chance), rtol=1e-9, err_msg=name)


class Rows:
    """A layout of one variable of one year without entities, whose store is the row given."""

    years = 1

    @staticmethod
    def rows(_):
        return np.array([0])


#: Rows and what their distances are taken from.
ODD = {
    "constant": (np.full(600, 2.5), 3.0),
    "constant at the plan": (np.full(600, 3.0), 3.0),
    "nothing": (np.zeros(600), 3.0),
    "huge": (1e300 * np.linspace(-1.0, 2.0, 600), 3.0),
    "tiny": (1e-300 * np.linspace(-1.0, 1.0, 600), 0.0),
    "not finite though no draw failed": (np.where(np.arange(600) == 7, np.inf, 1.0 + np.arange(600)), 3.0),
    "not a number though no draw failed": (np.where(np.arange(600) == 7, np.nan, 1.0 + np.arange(600)), 3.0),
    "far from the plan": (1e4 + np.sin(np.arange(600.0)), 3.0),
}


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
@pytest.mark.parametrize("name", ODD)
def test_odd_rows_are_as_from_their_draws(name, sampler):
    values, plan = ODD[name]
    series = SeriesLayout(Rows, ("net_saving",), 1, {"net_saving": np.array([plan])})
    failed = np.zeros((600, 1), dtype=bool)
    sketch, sums = count_blocks(series, empty_sketch(2, sampler), [values[np.newaxis]], failed, 0, new_task(series, 600))
    found, errors = counted_statistics(series, sketch, sums.sum(axis=0), sampler)
    with np.errstate(over="ignore", invalid="ignore"):
        exact, exact_errors = series_statistics(values, sampler)
    if name == "huge":  # squares overflow about the plan as they do about a draw
        assert not np.isfinite([found[1, 0], errors[1, 0]]).any()
        found[1], exact[1], errors[:2], exact_errors[:2] = 0.0, 0.0, 0.0, 0.0
    np.testing.assert_array_equal(np.isnan(found[:, 0]), np.isnan(exact))
    np.testing.assert_array_equal(np.isnan(errors[:, 0]), np.isnan(exact_errors))
    np.testing.assert_allclose(found[:, 0], exact, rtol=0.005, atol=2e-303)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])


def test_all_draws_failed():
    series = SeriesLayout(Rows, ("net_saving",), 1, {"net_saving": np.array([3.0])})
    failed = np.ones((600, 1), dtype=bool)
    sketch, sums = count_blocks(series, empty_sketch(2, "lhs"), [np.ones((1, 600))], failed, 0, new_task(series, 600))
    like = {"plan_net_saving": SimpleNamespace(attrs={"units": "GBP"})}
    found = counted_summary(series, sketch, sums.sum(axis=0), "lhs", like)
    assert all(np.isnan(one.to_numpy()).all() for one in found.values())
    assert found["net_saving"].attrs["units"] == "GBP"
