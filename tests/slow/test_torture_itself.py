"""The torture finds what it is there to find: a toy that does one thing wrong after a kill is found out, one that does not is not."""

import sys
from pathlib import Path

import pytest

from tests.slow.torture import PHASES, Subject, sha256, torture

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")]

TOY = Path(__file__).with_name("toy_run.py")


def tortured(tmp_path, fault, kills=10, least=None):
    subject = Subject((sys.executable, str(TOY), "x.nc"), "x.nc", sha256, {"TOY_FAULT": fault})
    return torture(subject, lambda place: None, tmp_path, kills, least or {})


def test_a_run_that_does_everything_right_passes(tmp_path):
    record = tortured(tmp_path, "", 24, {"shards": 8, "merge": 5})
    assert record.problems() == []
    assert record.life.shards == 10
    phases = record.phases()
    assert set(phases) <= set(PHASES)
    assert phases["shards"] >= 8
    assert phases["merge"] >= 5
    assert sum(phases.values()) == len(record.kills) >= 24 - record.too_late


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("forgets", "was lost: gone"),
        ("redoes", "was lost: computed again"),
        ("alters", "was lost: written to"),
        ("strays", "left lying about"),
        ("drifts", "the result is"),
    ],
)
def test_a_fault_is_found(tmp_path, fault, found):
    record = tortured(tmp_path, fault, 6)
    assert any(found in problem for problem in record.problems()), record.text()
    assert found.removeprefix("was ").split(":")[0] in record.text()
