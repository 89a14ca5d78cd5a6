"""The budgets of thousands of lines are what they say, and the whole command and the loop are timed on them."""

import os

import numpy as np
import pytest

from benchmarks.options import arguments_of, scale_settings
from benchmarks.scale import OWN, ScaleSettings, measure_scale, scale_table
from benchmarks.subjects.huge import GROUPS, YEARS, write_huge
from benchmarks.timed_command import STAGES
from simengine.engine.alike import find_alike
from simengine.engine.plan import driver_rows, prepare
from simengine.study.load import load_study

pytestmark = pytest.mark.unit

LINES = 150


@pytest.mark.parametrize(("own", "growth", "noise"), [("groups", GROUPS, 0), ("growth", LINES, 0), ("noise", LINES, LINES)])
def test_lines_have_the_drivers_that_were_asked_for(tmp_path, own, growth, noise):
    study = load_study(write_huge(tmp_path, LINES, OWN[own]))
    assert len(study.spec.services) == LINES
    assert study.spec.years == YEARS
    assert not study.warnings
    names = driver_rows(prepare(study).drafts[0])
    assert sum("growth" in name and "population" not in name for name in names) == growth
    assert sum(name.startswith("services.") and name.endswith(".volatility") for name in names) == noise


def test_lines_of_a_group_are_worked_out_together(tmp_path):
    counts = {}
    for own in OWN:
        made = prepare(load_study(write_huge(tmp_path / own, LINES, OWN[own])))
        model = made.model(0, 1, "sobol", True, np.full(made.layout.detail_count, -1))
        acted = int((model.effects.first_segment[1:] > model.effects.first_segment[:-1]).sum())
        counts[own] = int((find_alike(model).narrowed(model.detail, model.detail.keep).row[0] >= 0).sum()), acted
    # one line for each group, and each that a scheme acts on
    assert counts["groups"][0] <= GROUPS + counts["groups"][1] < LINES
    assert counts["growth"][0] == counts["noise"][0] == LINES


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the use of a process is told by POSIX systems")
def test_the_command_and_its_stages_are_timed():
    settings = ScaleSettings(lines=(8, 24), own=("groups",), draws=600, loop_draws=300, rounds=1, threads=1)
    (outcome,) = measure_scale(settings)
    assert set(outcome.commands) == {8, 24}
    for runs in outcome.commands.values():
        (run,) = runs
        assert set(run.stages) == set(STAGES)
        assert all(stage["wall"] > 0.0 for stage in run.stages.values())
        assert 0.0 < sum(stage["cpu"] for stage in run.stages.values()) < run.cpu
        assert sum(stage["wall"] for stage in run.stages.values()) < run.wall
        assert run.peak > 50.0
    text = scale_table([outcome], settings)
    assert "24 lines against 8" in text
    assert all(stage in text for stage in STAGES)


def test_options_say_what_is_run():
    found = scale_settings(arguments_of(["--huge", "--lines", "3000,30", "--own", "noise", "--threads", "2", "--draws", "5000"]))
    assert (found.lines, found.own, found.draws, found.threads) == ((30, 3_000), ("noise",), 5_000, 2)
    with pytest.raises(SystemExit):
        arguments_of(["--huge", "--own", "nothing"])
