"""Drivers with observed values: known in these years in every draw, and from then on their own law (docs/model-notes.md, note 47)."""

import copy
from typing import Any

import numpy as np
import pytest

import simengine
from tests.unit.engine.test_actuals import STUDY

pytestmark = pytest.mark.unit

SEEN = [0.03, -0.02]
NORMAL = {"dist": "normal", "mean": 0.02, "sd": 0.03}


def values(driver: dict[str, Any], **more: Any) -> tuple[np.ndarray, np.ndarray, Any]:
    """The values (draw, year) of a growth driver without and with observed values, on the same draws, and the second run."""
    found, plans = [], []
    for actual in ({}, {"actual": SEEN}):
        tree = copy.deepcopy(STUDY)
        del tree["services"]["care"]["actual"]
        tree["services"]["care"]["growth"] = "trend"
        tree["drivers"] = {"trend": {**driver, **actual}}
        tree |= more
        run = simengine.run(simengine.Study.from_dict(tree), draws=256, store="all")
        yearly = (
            "trend" in [str(name).removeprefix("drivers.") for name in run["path_driver"].values] if "path_driver" in run.dims else False
        )
        name = "drivers.trend"
        drawn = run["driver_path"].sel(path_driver=name) if yearly else run["driver_value"].sel(driver=name)
        drawn = drawn.isel(scenario=0).values
        found.append(np.broadcast_to(drawn[:, None], (256, 5)) if drawn.ndim == 1 else drawn)
        plans.append(run["plan_activity_do_nothing"].values)
    # the plan is what it was
    np.testing.assert_array_equal(plans[0], plans[1])
    return found[0], found[1], run


@pytest.mark.parametrize("path", ["constant", "independent", "random_walk", "mean_reversion", "ar1"])
def test_observed_years_are_known_and_the_path_goes_on(path: str) -> None:
    keys: dict[str, Any] = {"mean_reversion": {"level": 0.02, "speed": 0.4}, "ar1": {"rho": 0.7}}.get(path, {})
    if path == "ar1":
        # a normal law keeps scores and values in step
        keys = {**keys, "start": 0.0}
    free, seen, run = values({**NORMAL, "path": path, **keys})
    assert (seen[:, :2] == SEEN).all()
    kept = {"constant": 0.0, "independent": 0.0, "random_walk": 1.0, "mean_reversion": 0.6, "ar1": 0.7}[path]
    later = kept ** np.arange(1, 4)
    np.testing.assert_allclose(seen[:, 2:], free[:, 2:] + (SEEN[1] - free[:, 1:2]) * later, rtol=0, atol=1e-12)
    grown = 1000 * np.cumprod(1 + seen, axis=1)
    np.testing.assert_allclose(run["activity_do_nothing"].isel(scenario=0, service=0), grown, rtol=1e-12)


def test_a_value_beyond_the_ends_of_the_law_goes_on_from_its_outer_part() -> None:
    free, seen, _ = values({"dist": "uniform", "min": 0.0, "max": 0.01, "path": "ar1", "rho": 0.9})
    assert (seen[:, :2] == SEEN).all()
    # -0.02 is below the least: the year after rests on a score of -3
    assert seen[:, 2].min() >= 0.0
    assert np.mean(seen[:, 2] < 0.001) > 0.9
    assert np.mean(free[:, 2] < 0.001) == pytest.approx(0.1, abs=0.03)


def test_correlated_drivers_stay_correlated_in_the_years_that_are_drawn() -> None:
    other = {"dist": "normal", "mean": 0.0, "sd": 0.01, "path": "independent"}
    driver = {**NORMAL, "path": "independent"}
    tree = copy.deepcopy(STUDY)
    tree["services"]["care"] |= {"growth": {"need": "trend", "use": "other"}, "actual": {"activity": [1000.0]}}
    tree["drivers"] = {"trend": {**driver, "actual": SEEN}, "other": other}
    tree["correlation"] = [{"drivers": ["trend", "other"], "rank": 0.9}]
    run = simengine.run(simengine.Study.from_dict(tree), draws=1024)
    drawn = run["driver_path"].isel(scenario=0)
    one, two = (drawn.sel(path_driver=f"drivers.{name}").values[:, 2] for name in ("trend", "other"))
    assert np.corrcoef(one, two)[0, 1] > 0.85


def test_a_baseline_that_follows_what_was_observed_is_known() -> None:
    tree = copy.deepcopy(STUDY)
    tree["services"]["care"]["growth"] = {**NORMAL, "path": "independent", "actual": SEEN}
    tree["arrangements"]["deal"]["baseline_follows"] = ["services.care.growth"]
    run = simengine.run(simengine.Study.from_dict(tree), draws=64).isel(scenario=0, arrangement=0)
    known = 100 * 1000 * np.cumprod([1.03, 0.98])
    np.testing.assert_array_equal(np.ptp(run["baseline"].values[:, :2], axis=0), 0.0)
    np.testing.assert_allclose(run["baseline"].values[0, :2], known, rtol=1e-12)
    assert np.ptp(run["baseline"].values[:, 2]) > 1000.0
    np.testing.assert_array_equal(np.ptp(run["settlement"].values[:, :2], axis=0), 0.0)
