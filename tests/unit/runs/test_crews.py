"""Threads and processes as crews: the same chunks in the same order, errors as themselves, lost processes replaced, nothing left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import BaselineError, Problem, ResultError, SimulationError, StudyError
from simengine.runs.crews import blocks_and_draws, crew, look_ahead
from simengine.runs.process_crew import ATTEMPTS
from tests.unit.runs.toy_job import NOT_FINITE, NOT_READ, ToyJob, await_that, tasks, values

pytestmark = pytest.mark.unit

KINDS = {"threads": {"threads": 2}, "processes": {"threads": 1, "workers": 2}}
posix = pytest.mark.skipif(os.name != "posix", reason="signals of another kind")


def is_running(pid):
    """Whether a process is there and is not merely waiting to be counted."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture(scope="module")
def expected():
    worker = ToyJob().open()
    return values(worker.run(*task) for task in tasks(7))


@pytest.fixture(scope="module")
def processes():
    """Two processes for the tests that leave them as they are."""
    with crew(ToyJob(), **KINDS["processes"]) as made:
        yield made


@pytest.mark.parametrize("asked", [{"threads": 1}, {"threads": 3}, {"threads": 2, "chunk_bytes": 2**40}])
def test_threads_give_the_chunks_in_order(asked, expected):
    with crew(ToyJob(), **asked) as made:
        assert values(made.chunks(tasks(7))) == expected


def test_processes_give_the_same_chunks_in_the_same_order(processes, expected):
    assert values(processes.chunks(tasks(7))) == expected


def test_a_crew_works_on_more_than_one_list_of_tasks(processes, expected):
    assert values([*processes.chunks(tasks(7)[:3]), *processes.chunks(iter(tasks(7)[3:]))]) == expected


def test_processes_are_others_and_more_than_one(processes):
    seen = {chunk.process for chunk in processes.chunks(tasks(40))}
    assert os.getpid() not in seen
    assert len(seen) == 2


def test_large_chunks_arrive_whole():
    with crew(ToyJob(rows=300_000), **KINDS["processes"]) as made:
        for chunk in made.chunks(tasks(3)):
            np.testing.assert_array_equal(chunk.values, np.sqrt(np.arange(chunk.first * 300_000, chunk.stop * 300_000)))


def test_what_a_worker_prints_goes_to_standard_error_and_spoils_nothing(capfd):
    with crew(ToyJob(at=2, fault="printing"), **KINDS["processes"]) as made:
        assert [chunk.first for chunk in made.chunks(tasks(3))] == [0, 2, 4, 6]
    out, err = capfd.readouterr()
    assert (out, err) == ("", "printed by a worker\n")


def test_crews_say_what_they_are():
    described = []
    for asked in ({"threads": 1}, {"threads": 4}, {"threads": 2, "workers": 1}, {"threads": 2, "workers": 2}):
        with crew(ToyJob(), **asked) as made:
            described.append(made.described)
    assert described == ["1 thread", "4 threads", "1 process", "2 processes"]


def test_only_one_kind_of_crew_can_be_asked_for():
    with pytest.raises(StudyError, match="give one of workers, scheduler and client at a time, not workers and scheduler") as raised:
        crew(ToyJob(), threads=1, workers=2, scheduler="127.0.0.1:1")
    assert [problem.path for problem in raised.value.problems] == ["scheduler"]
    with pytest.raises(StudyError, match=r"workers: must be 0 or more \(found -1\)"):
        crew(ToyJob(), threads=1, workers=-1)


@pytest.mark.parametrize(("size", "chunk_bytes", "ahead"), [(1, 0, 2), (8, 0, 16), (8, 2**20, 16), (8, 2**26 // 3, 11), (8, 2**40, 9)])
def test_look_ahead_is_two_for_each_or_as_many_as_memory_holds(size, chunk_bytes, ahead):
    assert look_ahead(size, chunk_bytes) == ahead


def test_blocks_in_words():
    assert blocks_and_draws((8, 12)) == "blocks 8 to 11 (draws 32,768 to 49,151)"
    assert blocks_and_draws((0, 1)) == "block 0 (draws 0 to 4,095)"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("fault", "error", "text"),
    [
        ("simulation_error", SimulationError, NOT_FINITE),
        ("result_error", ResultError, NOT_READ),
        ("baseline_error", BaselineError, "line: cost: must not be negative"),
    ],
)
def test_errors_of_ours_arrive_as_themselves_after_the_chunks_before_them(kind, fault, error, text):
    seen = []
    with crew(ToyJob(at=4, fault=fault), **KINDS[kind]) as made:
        with pytest.raises(error) as raised:
            seen.extend(chunk.first for chunk in made.chunks(tasks(20)))
        assert str(raised.value) == text
        assert seen == [0, 2]
        # the crew goes on with other tasks
        assert [chunk.first for chunk in made.chunks([(6, 8), (8, 9)])] == [6, 8]


def test_a_study_error_arrives_with_all_its_problems():
    with crew(ToyJob(at=0, fault="study_error"), **KINDS["processes"]) as made, pytest.raises(StudyError) as raised:
        list(made.chunks(tasks(3)))
    first, second = raised.value.problems
    assert first == Problem("services.a.growth", "must be a rate", 5, "0.05", 12, "a.toml")
    assert second.rule == "no lock"
    assert "thread.lock" in str(second.as_dict()["value"])


@pytest.mark.parametrize(
    ("fault", "text"), [("fault_of_ours", "ZeroDivisionError: float division by zero"), ("no_memory", "not enough memory")]
)
def test_other_errors_of_a_process_are_explained_and_keep_where_they_came_from(fault, text):
    with crew(ToyJob(at=2, fault=fault), **KINDS["processes"]) as made, pytest.raises(SimulationError) as raised:
        list(made.chunks(tasks(3)))
    assert str(raised.value) == f"blocks 2 to 3 (draws 8,192 to 16,383) could not be worked on in a worker process: {text}"
    assert f"in {fault}" in str(raised.value.__cause__)


def test_a_job_that_cannot_be_opened_says_why():
    with crew(ToyJob(opening="result_error"), **KINDS["processes"]) as made, pytest.raises(ResultError, match=r"x\.nc cannot be read"):
        list(made.chunks(tasks(3)))


@posix
def test_a_process_that_dies_once_is_replaced_and_no_chunk_is_lost(tmp_path, expected):
    told = []
    with crew(ToyJob(at=4, fault="once", folder=str(tmp_path)), notice=told.append, **KINDS["processes"]) as made:
        assert values(made.chunks(tasks(7))) == expected
    assert (tmp_path / "once").exists()
    assert told == ["a worker process ended (SIGKILL, as when memory runs out): working on blocks 4 to 5 (draws 16,384 to 24,575) again"]


@posix
def test_a_chunk_that_always_kills_ends_the_run_after_a_few_processes():
    told, seen = [], []
    with crew(ToyJob(at=4, fault="always"), notice=told.append, **KINDS["processes"]) as made:
        with pytest.raises(SimulationError) as raised:
            seen.extend(chunk.first for chunk in made.chunks(tasks(20)))
        assert seen == [0, 2]
        assert [chunk.first for chunk in made.chunks([(6, 8)])] == [6]
    assert str(raised.value) == (
        f"blocks 4 to 5 (draws 16,384 to 24,575) ended {ATTEMPTS} worker processes, the last with SIGKILL, as when memory runs out; "
        "where memory is short, fewer --workers or --threads need less of it"
    )
    again = "a worker process ended (SIGKILL, as when memory runs out): working on blocks 4 to 5 (draws 16,384 to 24,575) again"
    assert told == [again] * (ATTEMPTS - 1)


@posix
def test_a_process_that_dies_while_it_has_nothing_to_do_is_replaced(expected):
    with crew(ToyJob(), threads=1, workers=1) as made:
        (chunk,) = made.chunks([(0, 2)])
        os.kill(chunk.process, signal.SIGKILL)
        assert await_that(lambda: not is_running(chunk.process))
        assert values(made.chunks(tasks(7))) == expected


@posix
def test_processes_are_gone_when_the_crew_has_ended():
    with crew(ToyJob(), **KINDS["processes"]) as made:
        seen = {chunk.process for chunk in made.chunks(tasks(10))}
        assert all(is_running(pid) for pid in seen)
    assert not any(is_running(pid) for pid in seen)


@posix
def test_a_caller_that_leaves_does_not_wait_for_what_is_under_way(tmp_path):
    job = ToyJob(at=4, fault="wait", folder=str(tmp_path))
    with crew(job, **KINDS["processes"]) as made:
        found = made.chunks(tasks(20))
        seen = {chunk.process for chunk in islice(found, 2)}
        assert await_that((tmp_path / "waiting").exists)
        start = time.monotonic()
        found.close()
        assert time.monotonic() - start < 5
        assert not any(is_running(pid) for pid in seen)
        assert [chunk.first for chunk in made.chunks([(6, 8)])] == [6]


PROGRAM = """
    import signal, sys, time
    from pathlib import Path

    # who starts this may be deaf to interrupts, as what a shell puts in the background is
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from simengine.runs.crews import crew
    from tests.unit.runs.toy_job import ToyJob, tasks

    # no guard around the main part: the processes must not run it again
    print("begun", flush=True)
    try:
        with crew(ToyJob(at=4, fault="wait", folder=sys.argv[1]), threads=1, workers=2) as made:
            for chunk in made.chunks(tasks(20)):
                print(chunk.process, flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@posix
@pytest.mark.parametrize(("blow", "last"), [(signal.SIGKILL, []), (signal.SIGINT, ["interrupted"])])
def test_no_process_outlives_its_coordinator(tmp_path, project, blow, last):
    """Killed, or interrupted as a terminal does it (its whole group of processes), in the middle of a chunk that takes for ever."""
    path = os.pathsep.join([str(project), *filter(None, [os.environ.get("PYTHONPATH")])])
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path)],
        cwd=project,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    with program:
        assert await_that((tmp_path / "waiting").exists)
        workers = [int(pid) for pid in Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text(encoding="ascii").split()]
        for task in Path(f"/proc/{program.pid}/task").iterdir():
            workers += [int(pid) for pid in (task / "children").read_text(encoding="ascii").split()]
        assert len(set(workers)) == 2
        os.killpg(program.pid, blow)
        out, err = program.communicate(timeout=30)
    assert await_that(lambda: not any(is_running(pid) for pid in workers))
    # what it printed besides are the processes of the two chunks before
    assert [line for line in out.splitlines() if not line.isdigit()] == ["begun", *last]
    assert err == ""
