"""The torture of ``simrisk run``, in brief: SIMRISK_TORTURE_KILLS says how many kills [24]; ``python -m tests.slow.torture`` has 200."""

import os
import sys

import pytest

from tests.slow.torture import STORED, busy_study, simrisk, torture

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")]

KILLS = int(os.environ.get("SIMRISK_TORTURE_KILLS", "24"))


@pytest.mark.parametrize("store", [STORED[1], "summary"])
def test_no_kill_loses_a_shard_or_changes_a_result(tmp_path, store):
    subject, prepare = simrisk(busy_study(), 262_144, "--store", store)
    least = {"shards": KILLS // 2, "merge": KILLS // 10}
    record = torture(subject, prepare, tmp_path, KILLS, least if store != "summary" else {"shards": KILLS // 2})
    sys.stdout.write(record.text() + "\n")
    assert record.problems() == []
    assert all(record.phases()[phase] >= wanted for phase, wanted in least.items() if store != "summary" or phase == "shards")
