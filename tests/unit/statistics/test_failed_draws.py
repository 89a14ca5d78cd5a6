"""Draws that are not finite: counted, named, left out; more than one in a hundred ends the run."""

import numpy as np
import pytest

import simengine
from simengine.errors import SimulationError
from tests.unit.cli.care import SOMETIMES_EMPTY, study_file

pytestmark = pytest.mark.unit


def run(folder, *overrides, **options):
    return simengine.run(simengine.load_study(study_file(folder, SOMETIMES_EMPTY), overrides=list(overrides)), **options)


@pytest.mark.parametrize("sampler", ["sobol", "lhs", "random"])
def test_failed_draws_are_counted_and_left_out(tmp_path, sampler):
    result = run(tmp_path, sampler=sampler)
    failed = result["failed"].to_numpy()[:, 0] == 1
    assert 5 <= failed.sum() <= 40
    assert int(result.attrs["failed"]) == failed.sum()
    np.testing.assert_array_equal(failed, ~np.isfinite(result["net_position"].to_numpy()[:, :, 0]).all(axis=1))
    summary = simengine.summarise(result)
    kept = result["net_position"].to_numpy()[~failed, :, 0]
    found = summary["net_position"].sel(scenario="base")
    np.testing.assert_allclose(found.sel(statistic="mean"), [*kept.mean(axis=0), kept.sum(axis=1).mean()], rtol=1e-9)
    np.testing.assert_allclose(found.sel(statistic="q05"), np.quantile([*kept.T, kept.sum(axis=1)], 0.05, axis=1), rtol=1e-12)
    errors = summary["net_position_se"].sel(scenario="base", statistic="mean").to_numpy()
    spread = np.array([*kept.std(axis=0), kept.sum(axis=1).std()])
    assert (errors > 0.0).all()
    assert (errors < 2.0 * spread / 64.0).all()


def test_sobol_keeps_its_small_errors_where_a_draw_failed(tmp_path):
    at = {"scenario": "base", "period": "2025"}
    summary = simengine.summarise(run(tmp_path))
    independent = float(summary["net_position"].sel(statistic="sd", **at)) / 64.0
    assert 0.0 < float(summary["net_position_se"].sel(statistic="mean", **at)) < 0.1 * independent


def test_more_than_one_in_a_hundred_is_too_many(tmp_path):
    with pytest.raises(SimulationError, match=r"81 of 4,096 draws are not finite \(more than 1%\): look for a division"):
        run(tmp_path, "drivers.list.weights=[0.02, 0.98]")
