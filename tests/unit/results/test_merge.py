"""A result from shards and from an earlier result is the one that is written from memory, bit for bit, and memory stays flat."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from simengine.errors import ResultError
from simengine.results import provenance
from simengine.results.merge import Earlier, merged, with_values
from simengine.results.netcdf import attributes_and_variables
from simengine.results.pieces import Streamed, counted, even
from simengine.results.shards import ShardFolder, shard_name
from simengine.results.store import write_result
from simengine.results.stored import opened, read_group
from tests.unit.results.results_by_hand import groups
from tests.unit.results.results_by_hand import run as whole_run

pytestmark = pytest.mark.unit

DRAWS, BLOCK = 300, 32
NAMES = ("worth", "failed")
CUTS = ((0, 3), (3, 4), (4, 9), (9, 10))
ENDS = ["nc", pytest.param("zarr", marks=pytest.mark.skipif(not __import__("importlib.util").util.find_spec("zarr"), reason="no zarr"))]


@pytest.fixture
def identity(run):
    def made(**changes):
        return run(draws=DRAWS, block=BLOCK, **changes)

    return made


def part(first, stop, draws=DRAWS):
    """The stored variables of some blocks, as a shard holds them."""
    frame = whole_run(draws)
    return {name: frame[name].to_numpy()[first * BLOCK : stop * BLOCK] for name in NAMES}


def filled(folder, identity, cuts=CUTS):
    opened_folder = ShardFolder.open(folder, identity, resume=True)
    for first, stop in cuts:
        opened_folder.add(first, stop, {**part(first, stop), "state_sums": np.ones(3)})
    return opened_folder


@pytest.mark.parametrize("end", ENDS)
def test_shards_make_the_result_that_memory_makes(tmp_path, identity, end):
    write_result(tmp_path / f"whole.{end}", whole_run(), groups(), digested=True)
    with filled(tmp_path / "x.parts", identity()) as folder:
        values = merged(folder, NAMES)
        write_result(tmp_path / f"x.{end}", with_values(whole_run(8), values, DRAWS), groups(), digested=True)
    assert provenance.check(tmp_path / f"x.{end}") == []
    with opened(tmp_path / f"x.{end}") as found, opened(tmp_path / f"whole.{end}") as expected:
        for name in (*NAMES, "draw"):
            np.testing.assert_array_equal(found[""][name].values.read(), expected[""][name].values.read(), strict=True)
            assert found[""][name].dims == expected[""][name].dims
        # the frame of eight draws says eight draws in its attributes: all else is the same
        stated = [json.loads(one[""].attrs["digests"]) for one in (found, expected)]
        assert {name for name in stated[0] if stated[0][name] != stated[1][name]} == {"attributes"}


@pytest.mark.parametrize("before", ENDS)
def test_a_run_goes_on_from_an_earlier_result(tmp_path, identity, before):
    earlier = tmp_path / f"earlier.{before}"
    write_result(earlier, whole_run(150), groups(), digested=True)
    with filled(tmp_path / "x.parts", identity(), [(4, 7), (7, 10)]) as folder:
        values = merged(folder, NAMES, Earlier(earlier, 128))
        # into the place of the result that it goes on from
        write_result(earlier, with_values(whole_run(8, draws=DRAWS), values, DRAWS), groups(), digested=True)
    write_result(tmp_path / f"whole.{before}", whole_run(), groups(), digested=True)
    with opened(earlier) as found, opened(tmp_path / f"whole.{before}") as expected:
        assert found[""].attrs["content_hash"] == expected[""].attrs["content_hash"]


def test_blocks_that_are_missing_are_not_merged(tmp_path, identity):
    with filled(tmp_path / "x.parts", identity(), CUTS[:2]) as folder, pytest.raises(ValueError, match=r"blocks \[\(4, 10\)\] are missing"):
        merged(folder, NAMES)
    with filled(tmp_path / "y.parts", identity(), [(1, 10)]) as folder, pytest.raises(ValueError, match="8 draws are no whole block"):
        merged(folder, NAMES, Earlier(tmp_path / "x.nc", 40))


def test_shards_that_do_not_fit_together_are_refused_and_nothing_is_written(tmp_path, identity):
    right = part(3, 10)["worth"]
    for name, wrong in {"shape": right[:, :1], "kind": right.astype(np.float32), "length": np.zeros((5, 2, 3, 1))}.items():
        with ShardFolder.open(tmp_path / f"{name}.parts", identity(), resume=True) as folder:
            folder.add(0, 3, {"worth": part(0, 3)["worth"]})
            folder.add(3, 10, {"worth": wrong})
            frame = with_values(whole_run(8), merged(folder, ["worth"]), DRAWS).chosen(["worth"])
            with pytest.raises(ResultError, match="the finished blocks do not fit together: worth has "):
                write_result(tmp_path / "x.nc", frame, {})
    assert sorted(os.listdir(tmp_path)) == ["kind.parts", "length.parts", "shape.parts"]


def test_a_shard_damaged_since_it_was_checked_stops_the_merge(tmp_path, identity):
    with filled(tmp_path / "x.parts", identity()) as folder:
        values = merged(folder, ["worth"])
        path = tmp_path / "x.parts" / shard_name(4, 9)
        data = bytearray(path.read_bytes())
        data[data.index(part(4, 9)["worth"].tobytes()) + 100] ^= 1
        path.write_bytes(data)
        with pytest.raises(ResultError, match="was damaged since it was checked: run again with --resume"):
            write_result(tmp_path / "x.nc", with_values(whole_run(8), values, DRAWS).chosen(["worth"]), {})
    assert os.listdir(tmp_path) == ["x.parts"]


def test_streamed_values_are_not_held_in_memory(tmp_path, identity):
    with filled(tmp_path / "x.parts", identity()) as folder:
        frame = with_values(whole_run(8), merged(folder, NAMES), DRAWS)
        assert frame.sizes["draw"] == DRAWS
        with pytest.raises(ResultError, match="worth is written in pieces and is not held in memory: open the stored result"):
            frame["worth"].to_numpy()
        np.testing.assert_array_equal(frame["worth"].values.read(), whole_run()["worth"].to_numpy())


def test_a_group_is_read_back(tmp_path):
    write_result(tmp_path / "x.nc", whole_run(), groups(), digested=True)
    found = read_group(tmp_path / "x.nc", "blocks")
    assert found.attrs == {"stop": 2}
    for name, one in groups()["blocks"].data_vars.items():
        assert found[name].dims == one.dims
        assert found[name].to_numpy().tolist() == one.to_numpy().tolist()
    assert read_group(tmp_path / "x.nc", "none") is None


def test_dimensions_of_a_group_are_its_own_unless_they_are_those_of_the_root(tmp_path):
    own = {"a": groups()["blocks"], "b": groups()["blocks"], "c": whole_run(9).chosen(["worth"])}
    write_result(tmp_path / "x.nc", whole_run(), own, digested=True)
    assert provenance.check(tmp_path / "x.nc") == []
    for name, one in own.items():
        with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf", group=name) as found:
            assert {key: variable.dims for key, variable in found.data_vars.items()} == {key: v.dims for key, v in one.data_vars.items()}
            assert dict(found.sizes) == one.sizes


def test_even_pieces():
    values = np.arange(46).reshape(23, 2)
    for sizes in ((23,), (1,) * 23, (5, 10, 1, 7), (2, 21)):
        bounds = np.cumsum((0, *sizes))
        given = [(a, values[a:b]) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
        found = [(start, piece.copy()) for start, piece in even(given, 5)]
        assert [start for start, _ in found] == [0, 5, 10, 15, 20]
        np.testing.assert_array_equal(np.concatenate([piece for _, piece in found]), values)


def test_counted_labels(monkeypatch):
    monkeypatch.setattr("simengine.results.pieces.PIECE", 80)
    found = counted(25, "draw")
    assert len(list(found.pieces())) == 3
    np.testing.assert_array_equal(found.read(), np.arange(25), strict=True)
    assert provenance.digest(found) == provenance.digest(np.arange(25))


def test_pieces_that_end_early_are_an_error():
    with pytest.raises(ResultError, match="x has 3 for 4"):
        Streamed((4,), float, [lambda: [np.zeros(3)]], "x").read()


FLAT = """
import resource, sys
from pathlib import Path
import numpy as np
from simengine.results.frame import Frame, Series
from simengine.results.manifest import Identity
from simengine.results.merge import merged, with_values
from simengine.results.shards import ShardFolder
from simengine.results.store import write_result
blocks, end = int(sys.argv[1]), sys.argv[2]
run = Identity("1f" * 32, "2e" * 32, ("base",), 1, "sobol", blocks * 4096, ("worth",), 4096, "0.2.0", "1", "s")
frame = Frame({"worth": Series(("draw", "column", "scenario"), np.zeros((1, 64, 1)))}, {"draw": Series(("draw",), np.arange(1))})
with ShardFolder.open(Path("x.parts"), run, resume=True) as folder:
    store = np.random.default_rng(1).random((8 * 4096, 64, 1))
    for block in range(0, blocks, 8):
        folder.add(block, block + 8, {"worth": store})
    del store
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    write_result(Path("x." + end), with_values(frame, merged(folder, ["worth"]), run.draws), {}, digested=True)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="the system does not tell the most memory in use")
@pytest.mark.parametrize("end", ENDS)
def test_memory_does_not_grow_with_the_draws(tmp_path, project, end):
    most = []
    for blocks in (16, 160):
        folder = tmp_path / str(blocks)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", FLAT, str(blocks), end],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(project)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        most.append(int(done.stdout.split()[-1]) / 1024)
    # 335 MB of draws beside 34 MB
    assert most[1] - most[0] < 24, most


def test_the_attributes_of_a_merged_file_are_read_at_once(tmp_path, identity):
    with filled(tmp_path / "x.parts", identity()) as folder:
        write_result(tmp_path / "x.nc", with_values(whole_run(8), merged(folder, NAMES), DRAWS), groups(), digested=True)
    about, names = attributes_and_variables(tmp_path / "x.nc")
    assert names == ["worth", "failed", "plan_worth"]
    assert about["seed"] == "7"
