"""SIGKILL at any moment: a finished shard is never lost, an unfinished one never found, and the next run goes on by itself."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.unit, pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are started in another way")]


def killed(project, *arguments):
    """What ``shard_kills.py`` counted."""
    script = project / "tests" / "unit" / "results" / "shard_kills.py"
    environment = {**os.environ, "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize(("kills", "rows"), [(40, 4), pytest.param(200, 16, marks=pytest.mark.slow)])
def test_kills_at_random_moments_lose_no_finished_shard(project, tmp_path, kills, rows):
    found = killed(project, "random", kills, rows, 7, tmp_path / "x.parts")
    assert found["faults"] == []
    assert found["kills"] >= kills
    # the kills did strike where it matters: while files were written, and after some were finished
    assert found["parts"] > 0
    assert found["finished"] > 0


def test_a_kill_before_and_after_every_call_to_the_system_loses_nothing(project, tmp_path):
    found = killed(project, "steps", tmp_path / "x.parts")
    assert found["faults"] == []
    assert found["steps"] > 150
