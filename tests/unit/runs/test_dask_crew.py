"""A Dask cluster as a crew, on two workers of this machine: the same chunks, workers lost and found, other versions refused."""

import os
import re
import shutil
import socket
import threading
import time

import pytest

from simengine.errors import SimulationError, StudyError
from simengine.runs import dask_crew
from simengine.runs.crews import crew
from simengine.runs.versions import differences
from simengine.version import VERSION
from tests.unit.runs.dask_cluster import Cluster
from tests.unit.runs.toy_job import NOT_FINITE, ToyJob, await_that, tasks, values

distributed = pytest.importorskip("distributed", reason="the extra scale is not installed")
pytestmark = [pytest.mark.unit, pytest.mark.skipif(os.name != "posix", reason="signals of another kind")]


@pytest.fixture(scope="module")
def expected():
    worker = ToyJob().open()
    return values(worker.run(*task) for task in tasks(20))


def test_a_cluster_gives_the_same_chunks_in_the_same_order(cluster, expected):
    with crew(ToyJob(seconds=0.01), threads=1, scheduler=cluster.address) as made:
        assert made.described == f"Dask cluster {cluster.address}: 2 workers, 2 threads"
        found = list(made.chunks(tasks(20)))
        assert values(found) == expected
        assert len({chunk.process for chunk in found}) == 2
        # a second list of tasks, on the same open job
        assert values(made.chunks(tasks(20)[5:])) == expected[5:]


def test_tasks_are_made_worth_handing_out(cluster):
    with crew(ToyJob(seconds=0.02), threads=1, scheduler=cluster.address) as made:
        # nothing is known yet
        assert made.chunk_blocks(2, 256) == 2
        assert len(list(made.chunks([(k, k + 2) for k in range(0, 20, 2)]))) == 10
        # a hundredth of a second or a little more for a block, of which half a second is made
        assert 10 <= made.chunk_blocks(2, 256) <= 50
        assert made.chunk_blocks(2, 8) == 8
        assert made.chunk_blocks(60, 256) == 60


def test_a_client_of_the_callers_is_used_and_left_open(cluster, expected):
    with distributed.Client(cluster.address, set_as_default=False) as client:
        with crew(ToyJob(), threads=1, client=client) as made:
            assert values(made.chunks(tasks(20))) == expected
        assert client.submit(abs, -3).result(timeout=10) == 3


def test_errors_of_ours_arrive_as_themselves_after_the_chunks_before_them(cluster):
    seen = []
    with crew(ToyJob(at=4, fault="simulation_error"), threads=1, scheduler=cluster.address) as made:
        with pytest.raises(SimulationError, match=f"^{NOT_FINITE}$"):
            seen.extend(chunk.first for chunk in made.chunks(tasks(20)))
        assert seen == [0, 2]
        assert [chunk.first for chunk in made.chunks([(6, 8)])] == [6]


def test_other_errors_are_explained(cluster):
    with crew(ToyJob(at=2, fault="fault_of_ours"), threads=1, scheduler=cluster.address) as made, pytest.raises(SimulationError) as raised:
        list(made.chunks(tasks(3)))
    what = "blocks 2 to 3 (draws 8,192 to 16,383)"
    assert str(raised.value) == f"{what} could not be worked on by the cluster {cluster.address}: ZeroDivisionError: float division by zero"
    assert "in fault_of_ours" in str(raised.value.__cause__)


def test_a_worker_lost_in_the_middle_of_a_block_costs_no_chunk(cluster, tmp_path, expected):
    with crew(ToyJob(at=8, fault="once", folder=str(tmp_path), seconds=0.01), threads=1, scheduler=cluster.address) as made:
        assert values(made.chunks(tasks(20))) == expected
        assert (tmp_path / "once").exists()
        assert made.described.endswith(": 1 worker, 1 thread")
        # one that joins gets the job and its share
        cluster.worker()
        made._client.wait_for_workers(2, timeout=60)
        assert len({chunk.process for chunk in made.chunks(tasks(60))}) == 2


def test_a_caller_that_leaves_takes_the_tasks_back(cluster, tmp_path):
    with crew(ToyJob(seconds=0.2), threads=1, scheduler=cluster.address) as made:
        found = made.chunks(tasks(500))
        assert next(found).first == 0
        start = time.monotonic()
        found.close()
        assert time.monotonic() - start < 5
        assert [chunk.first for chunk in made.chunks([(6, 8)])] == [6]


@pytest.fixture
def other_package(project, tmp_path):
    """A folder with another version of the package, to start a worker in."""
    shutil.copytree(project / "simengine", tmp_path / "simengine", ignore=shutil.ignore_patterns("__pycache__"))
    version = tmp_path / "simengine" / "version.py"
    version.write_text(version.read_text(encoding="utf-8").replace(VERSION, "9.9.9"), encoding="utf-8")
    return tmp_path


def test_a_worker_of_another_version_is_refused_with_both_versions(cluster, other_package):
    refused = rf"the worker tcp://127\.0\.0\.1:\d+ has simrisk 9\.9\.9 and not {re.escape(VERSION)}: numbers of different versions"
    with crew(ToyJob(), threads=1, scheduler=cluster.address) as made:
        other = cluster.worker(folder=other_package)
        made._client.wait_for_workers(3, timeout=60)
        # it has joined while a crew is at work
        with pytest.raises(SimulationError, match=refused):
            list(made.chunks(tasks(60)))
        # and is there when one begins
        with pytest.raises(SimulationError, match=refused):
            crew(ToyJob(), threads=1, scheduler=cluster.address)
        other.kill()
        assert await_that(lambda: len(made._workers()) == 2)


def test_a_worker_that_knows_no_crews_is_refused(cluster, other_package):
    shutil.rmtree(other_package / "simengine" / "runs")
    other = cluster.worker(folder=other_package)
    with distributed.Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=60)
        with pytest.raises(
            SimulationError, match=rf" where {re.escape(VERSION)} is needed, and cannot be used .*No module named 'simengine\.runs'"
        ):
            crew(ToyJob(), threads=1, client=client)
        other.kill()
        assert await_that(lambda: len(client.nthreads()) == 2)


def test_differences_in_words():
    ours = {"simrisk": "0.2.0", "numpy": "2.4.6", "simrisk's sources": "abc"}
    assert differences(ours, ours) == ""
    assert differences({**ours, "numpy": "2.1.0"}, ours) == "has numpy 2.1.0 and not 2.4.6"
    assert differences({"numpy": "2.1.0"}, ours) == "has simrisk missing and not 0.2.0 and has numpy 2.1.0 and not 2.4.6"
    assert differences({**ours, "simrisk's sources": "def"}, ours) == "has simrisk's sources def and not abc"


def test_nobody_answers(monkeypatch):
    monkeypatch.setattr(dask_crew, "PATIENCE", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(
            SimulationError, match=f"no scheduler answers at {address} .*: check that it runs and that this machine reaches it"
        ):
            crew(ToyJob(), threads=1, scheduler=address)
        assert time.monotonic() - start < 10


def test_what_is_no_address_and_what_is_no_client():
    with pytest.raises(StudyError, match="scheduler: must be the address of a scheduler, HOST:PORT"):
        crew(ToyJob(), threads=1, scheduler="nonsense")
    with pytest.raises(StudyError, match=r"client: must be a distributed\.Client"):
        crew(ToyJob(), threads=1, client=object())


def test_a_cluster_in_trouble(project, tmp_path, monkeypatch):
    """No worker at first; then a chunk that ends whoever has it; then no scheduler. One cluster for all three: each start takes seconds."""
    monkeypatch.setattr(dask_crew, "_SILENCE", 0.1)
    own = Cluster(project, tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    told, seen = [], []
    try:
        with crew(ToyJob(at=2, fault="always", seconds=0.05), threads=1, scheduler=own.address, notice=told.append) as made:
            assert told == [f"no worker has joined the cluster {own.address} yet: waiting for one"]
            taken = threading.Thread(target=lambda: seen.extend(made.chunks([(0, 2)])))
            taken.start()
            assert await_that(lambda: len(told) == 2)
            assert told[1] == f"the cluster {own.address} has no worker: waiting for one"
            own.worker(), own.worker()
            taken.join(60)
            assert [chunk.first for chunk in seen] == [0]
            with pytest.raises(
                SimulationError, match=r"^blocks 2 to 3 \(draws 8,192 to 16,383\) were given up by the cluster .*: one worker after another"
            ):
                list(made.chunks([(2, 4)]))
            found = made.chunks(tasks(1000)[2:])
            seen += [next(found), next(found)]
            own.scheduler.kill()
            start = time.monotonic()
            with pytest.raises(SimulationError, match=f"^the connection to the scheduler of the cluster {own.address} was lost$"):
                seen.extend(found)
            assert time.monotonic() - start < 5
            with pytest.raises(SimulationError, match="was lost"):
                list(made.chunks(tasks(3)))
        assert time.monotonic() - start < 15
    finally:
        own.close()
    # what was finished was handed on
    assert [chunk.first for chunk in seen] == [0, *range(4, 2 * len(seen) + 2, 2)]
