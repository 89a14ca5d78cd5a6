"""Means and spreads of line and scheme variables that are not stored, against numpy on stored draws."""

import numpy as np
import pytest

from simengine import api
from simengine.schema import DETAIL_VARIABLES
from simengine.statistics.series import STATISTICS
from simengine.statistics.standard_error import standard_error
from simengine.statistics.summary import moments_to_statistics, summarise
from simengine.study.load import load_study
from tests.unit.cli.care import STUDY, study_file

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    study = load_study(study_file(tmp_path_factory.mktemp("moments"), STUDY))
    return api.prepare(study, study.scenario_names)


@pytest.mark.parametrize(("sampler", "draws"), [("sobol", 4096), ("sobol", 1000), ("lhs", 4096), ("random", 5000), ("sobol", 10_000)])
def test_moments_are_those_of_numpy_on_stored_draws(ready, sampler, draws):
    done = api.complete(ready, api.Settings(draws, 5, sampler, 2), "all")
    assert set(done.detail.values) == set(DETAIL_VARIABLES)
    for name, found in done.detail.values.items():
        values = np.moveaxis(done.dataset[name].to_numpy(), 0, -1)
        size = np.abs(values).max() + 1.0
        np.testing.assert_allclose(found["mean"], values.mean(axis=-1), rtol=1e-9)
        np.testing.assert_allclose(found["sd"], values.std(axis=-1, ddof=1), rtol=1e-9, atol=1e-9 * size)
        errors = np.apply_along_axis(standard_error, -1, values, sampler)
        whole = draws % 16 == 0
        np.testing.assert_allclose(done.detail.errors[name]["mean"], errors, rtol=1e-6 if whole else 0.2, atol=1e-9 * size)


def test_the_summary_takes_moments_where_there_are_no_draws(ready):
    done = api.complete(ready, api.Settings(512, 5, "lhs", 2), "positions")
    full = api.complete(ready, api.Settings(512, 5, "lhs", 2), "all")
    small, large = summarise(done.dataset, done.detail), summarise(full.dataset, full.detail)
    for name in DETAIL_VARIABLES:
        np.testing.assert_allclose(small[name].sel(statistic="mean"), large[name].sel(statistic="mean"), rtol=1e-9)
        years = {"statistic": "sd", "period": ["2025", "2026"]}
        np.testing.assert_allclose(small[name].sel(years), large[name].sel(years), rtol=1e-7, atol=1e-3)
        assert np.isnan(small[name].sel(statistic="q05")).all()
        assert np.isnan(small[f"{name}_se"].sel(statistic="mean", period="term")).all()


def test_a_draw_that_failed_does_not_spoil_the_error_of_batches():
    # one row with all of 1,024 draws, one with a failed draw; both 10 a draw above the plan, the first batch one more
    columns = np.zeros((2, 22))
    for row, missing in ((0, 0), (1, 1)):
        batches = np.array([256 * 11.0, 2560.0, 2560.0, 2560.0 - 10.0 * missing])
        columns[row, :5] = 1024 - missing, batches.sum(), 0.0, (batches**2).sum(), batches.sum()
    _, errors = moments_to_statistics(columns, np.zeros(2), "lhs")
    assert errors["mean"] == pytest.approx(np.array([0.25, 0.25]), rel=0.05)


def test_threads_do_not_change_a_bit(ready):
    one, two = (api.complete(ready, api.Settings(20_000, 5, "sobol", threads), "positions") for threads in (1, 3))
    assert summarise(one.dataset, one.detail, 1).identical(summarise(two.dataset, two.detail, 4))


def test_paired_differences_are_those_of_the_draws(ready):
    done = api.complete(ready, api.Settings(4096, 5, "sobol", 2), "positions")
    summary = summarise(done.dataset, done.detail)
    assert np.isnan(summary["net_position_difference"].sel(scenario="base")).all()
    for name in ("net_position", "net_saving", "party_position"):
        difference = done.dataset[name].sel(scenario="slow") - done.dataset[name].sel(scenario="base")
        found = summary[f"{name}_difference"].sel(scenario="slow", period="term")
        np.testing.assert_allclose(found.sel(statistic="mean"), difference.sum("year").mean("draw"), rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(found.sel(statistic="sd"), difference.sum("year").std("draw", ddof=1), rtol=1e-9, atol=1e-6)
    paired = float(summary["net_position_difference_se"].sel(statistic="mean", scenario="slow", period="term"))
    alone = float(summary["net_position_se"].sel(statistic="mean", scenario="slow", period="term"))
    assert 0.0 < paired < alone
    assert tuple(summary["statistic"].to_numpy()) == STATISTICS
