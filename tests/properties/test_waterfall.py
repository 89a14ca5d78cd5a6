"""Waterfalls of random studies add up: in the plan step by step and line by line, in the draws level by level, as the command gives them.

Special studies have effects of both signs on activity, price and unit cost, shifts between lines, QIPP and conversion (MODEL.md section 7).
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine import api
from simengine.engine.plan import Prepared, prepare
from simengine.statistics.summary import summarise
from simengine.statistics.waterfall import Waterfall, drawn_waterfall, planned_waterfall
from simengine.study.load import Study
from tests.properties.random_trees import without_scenarios
from tests.twin import to_toml
from tests.twin.random_special import special_study
from tests.twin.seeds import quick
from tests.unit.cli.care import simrisk, study_file

pytestmark = pytest.mark.property

#: Relative to Σ|terms| of the year.
LARGEST = 1e-12
LEVELS = {"pressure": "spend_pressure", "do_nothing": "spend_do_nothing", "outturn": "spend"}


def laid_out(seed: int) -> Prepared:
    return prepare(Study.from_dict(without_scenarios(special_study(seed))))


def terms(found: Waterfall) -> Any:
    """Σ|terms| by year."""
    return (np.abs(found.base) + sum(np.abs(step.change) for step in found.steps)).sum(axis=1)


def residuals(ready: Prepared, found: Waterfall) -> dict[str, float]:
    """What levels, lines and schemes of a waterfall are off the engine's plan, relative to Σ|terms| of the year."""
    plan, size = ready.plan, terms(found)
    worst = {}
    with_qipp = [name in {item.service for item in ready.study.spec.qipp.values()} for name in found.lines]
    for level, variable in LEVELS.items():
        difference = np.abs(found.level(level) - plan[variable])
        # the pressure is at the activity that QIPP has lowered (note 22), the step of QIPP comes after it
        worst[level] = np.where(with_qipp, 0.0, difference) if level == "pressure" else difference
    steps = {step.name: step.change for step in found.steps}
    lines = np.sum([-change for name, change in steps.items() if name.startswith("schemes.")] or [np.zeros_like(plan["spend"])], axis=0)
    worst["savings of schemes by line"] = np.abs(lines - plan["gross_saving"])
    for i, name in enumerate(ready.layout.schemes):
        saving = plan["scheme_saving"][:, i, None]
        worst[name] = np.abs(steps.get(f"schemes.{name}", np.zeros_like(saving)).sum(axis=1, keepdims=True) + saving)
    return {name: float((difference / size[:, None]).max()) for name, difference in worst.items()}


@pytest.mark.parametrize("seed", quick(range(300), 40))
def test_planned_steps_add_up_line_by_line(seed: int, request: pytest.FixtureRequest) -> None:
    ready = laid_out(seed)
    found = residuals(ready, planned_waterfall(ready))
    request.node.user_properties.append(("largest residual", max(found.values())))
    assert {name: value for name, value in found.items() if not value <= LARGEST} == {}


def test_a_step_that_is_a_little_off_is_seen() -> None:
    """A negative control."""
    ready = laid_out(4)
    found = planned_waterfall(ready)
    steps = [replace(step, change=step.change * (1 + 1e-8)) if step.stage == "scheme" else step for step in found.steps]
    worst = residuals(ready, replace(found, steps=tuple(steps)))
    assert worst["outturn"] > LARGEST
    assert worst["savings of schemes by line"] > LARGEST
    assert worst["do_nothing"] <= LARGEST


@pytest.mark.parametrize("seed", quick(range(100), 12))
def test_drawn_levels_and_schemes_add_up(seed: int) -> None:
    ready = laid_out(seed)
    done = api.complete(ready, api.Settings(64, seed, "random", 1), "all")
    found = drawn_waterfall(done.dataset, summarise(done.dataset, done.detail))
    mean = {name: one.of("mean") for name, one in found.items()}
    size = sum(np.abs(mean[name]) for name in LEVELS) + 1.0
    assert (np.abs(mean["pressure"] + mean["efficiency"] - mean["do_nothing"]) <= LARGEST * size).all()
    schemes = [mean[f"schemes.{name}"] for name in ready.layout.schemes if f"schemes.{name}" in mean]
    assert len(schemes) == len(ready.layout.schemes)
    assert (np.abs(mean["do_nothing"] + mean["schemes"] - mean["outturn"]) <= LARGEST * size).all()
    assert (np.abs(sum(schemes) - mean["schemes"]) <= LARGEST * (size + sum(np.abs(one) for one in schemes))).all()


@pytest.mark.parametrize("seed", quick(range(60), 8))
def test_the_command_prints_rows_that_add_up(seed: int, tmp_path: Path) -> None:
    study = study_file(tmp_path, to_toml(without_scenarios(special_study(seed))), "random.toml")
    done = simrisk("waterfall", study, "--lines", "--json")
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)["result"]["plan"]
    for service in {row["service"] for row in rows}:
        for year in {row["year"] for row in rows}:
            mine = [row for row in rows if row["service"] == service and row["year"] == year]
            so_far, size = 0.0, sum(abs(row["value"]) for row in mine)
            for row in mine:
                if row["row"] == "level":
                    assert abs(row["value"] - so_far) <= LARGEST * size, row
                else:
                    so_far += row["value"]
            assert [row["step"] for row in mine if row["row"] == "level"] == list(LEVELS)


def test_there_are_schemes_that_save_and_schemes_that_cost() -> None:
    """So that steps of both signs are added, on lines and in whole studies."""
    found = [planned_waterfall(laid_out(seed)) for seed in range(24)]
    steps = [step.change for one in found for step in one.steps if step.stage == "scheme"]
    assert sum((change > 0).any() and (change < 0).any() for change in steps) >= 5
    assert sum((change.sum(axis=1) > 0).any() for change in steps) >= 3
