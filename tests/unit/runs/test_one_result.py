"""One result for all ways of running: threads, chunk sizes, shards, stopped and resumed, extended, in memory or not."""

import itertools

import numpy as np
import pytest
import xarray as xr

from simengine.errors import ResultError
from simengine.results.provenance import check
from simengine.results.store import read_result
from simengine.runs.crews import Crew
from tests.unit.runs.ways import content, in_streams, request, run_and_hash, stopped_after, study_in

pytestmark = pytest.mark.unit

#: Five whole blocks and a part of one.
DRAWS = 5 * 4096 + 1000
STORES = ("summary", "positions", ["net_position", "driver_value", "activity"])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def once(study, tmp_path_factory):
    """The content hash of a run in one go, by design and store."""
    folder, found = tmp_path_factory.mktemp("once"), {}

    def hash_of(sampler, store):
        key = (sampler, str(store))
        if key not in found:
            found[key] = run_and_hash(request(study, folder / f"{len(found)}.nc", draws=DRAWS, sampler=sampler, store=store))
        return found[key]

    return hash_of


# each store and each design once; all pairs of them in the slow tests, with processes and clusters (tests/slow/test_one_hash.py)
@pytest.mark.parametrize(("sampler", "store"), list(zip(["random", "lhs", "sobol"], STORES, strict=True)), ids=str)
def test_threads_and_chunks_are_not_seen(study, once, tmp_path, sampler, store):
    for k, how in enumerate([{"blocks": 1}, {"blocks": 3, "threads": 2}, {"blocks": 16}]):
        path = tmp_path / f"{k}.nc"
        assert run_and_hash(request(study, path, draws=DRAWS, sampler=sampler, store=store, **how)) == once(sampler, store)
        assert check(path) == []
    assert not list(tmp_path.glob("*.parts"))


@pytest.mark.parametrize("store", STORES, ids=str)
def test_chunks_that_change_their_size_on_the_way_are_not_seen(study, once, tmp_path, monkeypatch, store):
    expected, sizes, asked = once("sobol", store), itertools.cycle((1, 3)), []

    def chunk_blocks(self, planned, most):
        asked.append((planned, most))
        return next(sizes)

    monkeypatch.setattr(Crew, "chunk_blocks", chunk_blocks)
    assert run_and_hash(request(study, tmp_path / "run.nc", draws=DRAWS, store=store)) == expected
    assert len(asked) == 3
    assert all(1 <= planned <= most <= 256 for planned, most in asked)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("sampler", ["random", "sobol"])
@pytest.mark.parametrize("store", STORES, ids=str)
def test_stopped_and_resumed(study, once, tmp_path, monkeypatch, store, sampler, streams):
    monkeypatch.setenv("SIMRISK_SHARD_SECONDS", "0")
    if streams:
        in_streams(monkeypatch)
    path = tmp_path / "run.nc"
    stopped_after(request(study, path, draws=DRAWS, sampler=sampler, store=store, blocks=1), 2 * 4096)
    assert not path.exists()
    again = request(study, path, draws=DRAWS, sampler=sampler, store=store, resume=True)
    with pytest.raises(ResultError, match="--resume"):
        run_and_hash(request(study, path, draws=DRAWS, sampler=sampler, store=store))
    got = run_and_hash(again)
    if not streams:
        assert got == once(sampler, store)
    else:
        plain = tmp_path / "plain.nc"
        assert got == run_and_hash(request(study, plain, draws=DRAWS, sampler=sampler, store=store))
    assert not again.parts.exists()
    assert check(path) == []


@pytest.mark.parametrize("store", ["summary", *(pytest.param(one, marks=pytest.mark.slow) for one in STORES[1:])], ids=str)
def test_more_draws_go_on_from_a_result(study, once, tmp_path, monkeypatch, store):
    path = tmp_path / "run.nc"
    run_and_hash(request(study, path, draws=3 * 4096 + 17, store=store))
    seen = []
    from simengine.engine import chunk as chunk_module

    run = chunk_module.Worker.run
    monkeypatch.setattr(chunk_module.Worker, "run", lambda self, first, stop: (seen.append(first), run(self, first, stop))[1])
    assert run_and_hash(request(study, path, draws=DRAWS, store=store)) == once("sobol", store)
    # blocks of the first draws may be drawn again to say what correlation was reached
    assert min(first for first in seen if first >= 3) == 3
    assert len([first for first in seen if first >= 3]) >= 2


def test_a_damaged_shard_is_drawn_again(study, once, tmp_path, monkeypatch):
    monkeypatch.setenv("SIMRISK_SHARD_SECONDS", "0")
    path = tmp_path / "run.nc"
    asked = request(study, path, draws=DRAWS, store="positions", blocks=2)
    stopped_after(asked, 4 * 4096)
    first = min(asked.parts.glob("shard-*"))
    damaged = bytearray(first.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    first.write_bytes(damaged)
    assert run_and_hash(request(study, path, draws=DRAWS, store="positions", resume=True)) == once("sobol", "positions")


def test_streamed_draws_are_those_in_memory(study, tmp_path, monkeypatch):
    one, other = tmp_path / "one.nc", tmp_path / "other.nc"
    run_and_hash(request(study, one, draws=DRAWS, store="all"))
    in_streams(monkeypatch)
    run_and_hash(request(study, other, draws=DRAWS, store="all"))
    with xr.open_dataset(one, engine="h5netcdf") as left, xr.open_dataset(other, engine="h5netcdf") as right:
        xr.testing.assert_equal(left, right)
        assert set(left.data_vars) == set(right.data_vars)
    (_, exact), (_, counted) = read_result(one), read_result(other)
    assert set(exact.data_vars) == set(counted.data_vars)
    difference = np.abs(exact["net_position"] - counted["net_position"]).sel(statistic="q50")
    spread = exact["net_position"].sel(statistic="sd")
    assert float((difference / spread).max()) < 0.02


def test_a_run_of_another_study_is_refused(study, tmp_path, monkeypatch):
    monkeypatch.setenv("SIMRISK_SHARD_SECONDS", "0")
    path = tmp_path / "run.nc"
    stopped_after(request(study, path, draws=DRAWS, blocks=2), 2 * 4096)
    with pytest.raises(ResultError, match="sampler was sobol and is lhs"):
        run_and_hash(request(study, path, draws=DRAWS, sampler="lhs", resume=True))
    assert content  # the shards are still there
    assert list((tmp_path / "run.parts").glob("shard-*"))
