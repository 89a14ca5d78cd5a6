"""Memory of a run of which only the summary is stored does not grow with its draws."""

import os
import sys

import pytest

from benchmarks.subjects import ALL

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX systems tell how much memory a process used")]

FEW, MANY, MOST_GROWTH = 100_000, 10_000_000, 64 * 2**20


def peak(study, draws, place, project):
    """Largest resident set of ``simrisk run`` in a process of its own, in bytes."""
    place.mkdir()
    command = [sys.executable, "-m", "simengine", "run", str(study), "--draws", str(draws), "--store", "summary", "--quiet"]
    command += ["--out", str(place / "x.nc"), "--threads", "2"]
    with (place / "said").open("wb") as said:
        streams = [(os.POSIX_SPAWN_DUP2, said.fileno(), 1), (os.POSIX_SPAWN_DUP2, said.fileno(), 2)]
        process = os.posix_spawn(sys.executable, command, {**os.environ, "PYTHONPATH": str(project)}, file_actions=streams)
        _, status, used = os.wait4(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0, (place / "said").read_text(errors="replace")
    # Linux counts in kibibytes, macOS in bytes
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def grows_little(study, place, project):
    # the first run may compile
    peak(study, 4096, place / "compiled", project)
    few, many = peak(study, FEW, place / "few", project), peak(study, MANY, place / "many", project)
    sys.stdout.write(f"{FEW:,} draws: {few / 2**20:,.0f} MiB; {MANY:,}: {many / 2**20:,.0f} MiB\n")
    assert many - few < MOST_GROWTH, f"{few / 2**20:,.0f} MiB and {many / 2**20:,.0f} MiB"


def test_memory_stays_flat_from_a_hundred_thousand_to_ten_million_draws(tmp_path, configs, project):
    grows_little(configs / "bettercaretown.toml", tmp_path, project)


def test_memory_stays_flat_where_a_chunk_has_tens_of_mebibytes_of_counts(tmp_path, project):
    grows_little(ALL["medium"].write(tmp_path), tmp_path, project)
