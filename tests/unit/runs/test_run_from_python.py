"""``se.run`` in memory and into a file, by any crew: the numbers of the command, and what a dataset carries to be summarised."""

import json
import pickle

import numpy as np
import pytest
import xarray as xr

import simengine as se
from simengine import api
from simengine.errors import ResultError, SimulationError, StudyError
from simengine.runs import in_memory
from simengine.runs.carried import carried_by
from tests.unit.cli.care import simrisk, study_file
from tests.unit.runs.ways import content

pytestmark = pytest.mark.unit

#: Three whole blocks and a part of one.
DRAWS = 3 * 4096 + 500
ALL = {"draws": DRAWS, "seed": 7, "scenarios": ("all",)}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return study_file(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def study(file):
    return se.load_study(file)


@pytest.fixture(scope="module")
def commanded(file, tmp_path_factory):
    """What the command stores, by store."""
    folder, found = tmp_path_factory.mktemp("commanded"), {}
    for store in ("positions", "summary", "net_position,activity"):
        out = folder / f"{len(found)}.nc"
        asked = ("--draws", DRAWS, "--seed", 7, "--scenario", "all", "--store", store, "--out", out)
        done = simrisk("run", file, *asked)
        assert done.exit_code == 0, done.stderr
        found[store] = out
    return found


def names(store):
    return store if store in ("positions", "summary") else store.split(",")


def summary_of(path):
    with xr.open_dataset(path, engine="h5netcdf", group="summary") as group:
        return group.load()


@pytest.mark.parametrize("store", ["positions", "summary", "net_position,activity"])
def test_a_file_from_python_is_that_of_the_command(study, commanded, tmp_path, store):
    path = tmp_path / "run.nc"
    with se.run(study, **ALL, store=names(store), out=path) as found:
        assert content(path) == content(commanded[store])
        assert found.encoding["source"] == str(path)
        stored = summary_of(path)
        xr.testing.assert_equal(se.summarise(found), stored)
        assert se.summarise(found).attrs.get("counted") == stored.attrs.get("counted")
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_read_of_a_file_is_read_when_it_is_used(study, tmp_path):
    with se.run(study, draws=64, out=str(tmp_path / "run.nc")) as found:
        assert not found["net_position"].variable._in_memory
        assert float(found["net_position"].mean()) == pytest.approx(float(se.run(study, draws=64)["net_position"].mean()))


def test_a_store_of_zarr(study, commanded, tmp_path):
    pytest.importorskip("zarr", reason="the extra scale is not installed")
    with se.run(study, **ALL, out=tmp_path / "run.zarr") as found:
        assert content(tmp_path / "run.zarr") == content(commanded["positions"])
        assert found.sizes["draw"] == DRAWS


@pytest.mark.parametrize("store", ["summary", "net_position,activity"])
def test_in_memory_is_kept_what_is_asked_for_and_the_rest_counted(study, commanded, monkeypatch, store):
    if store == "summary":
        monkeypatch.setattr(in_memory, "_check_memory", None)
    found = se.run(study, **ALL, store=names(store), threads=2)
    kept = {"net_position", "activity"} if store != "summary" else set()
    assert {name for name in found.data_vars if not name.startswith("plan_")} - {"failed"} == kept
    assert ("draw" in found.sizes) is (store != "summary")
    summary, stored = se.summarise(found), summary_of(commanded[store])
    xr.testing.assert_equal(summary, stored)
    assert summary.attrs["counted"] == stored.attrs["counted"]


def test_with_positions_nothing_is_counted(study, commanded):
    found = se.run(study, **ALL)
    assert "payout" in found
    summary = se.summarise(found)
    assert "counted" not in summary.attrs
    xr.testing.assert_equal(summary["net_position"], summary_of(commanded["positions"])["net_position"])
    # line and scheme variables are part of it, as in a file
    xr.testing.assert_equal(summary["cost_released"], summary_of(commanded["positions"])["cost_released"])


def test_draws_that_do_not_fit_say_what_would(study):
    with pytest.raises(SimulationError, match=r'with out="run\.nc" they stream to a file, with store="summary" none is kept'):
        se.run(study, draws=10**12)


def test_a_part_of_a_run_is_summarised_from_what_it_holds(study):
    found = se.run(study, **ALL)
    part = found.isel(draw=slice(4096))
    assert carried_by(found) is not None
    assert carried_by(part) is None
    summary = se.summarise(part)
    assert "cost_released" not in summary
    assert float(summary["net_position"].sel(statistic="mean", period="term", scenario="base")) == pytest.approx(
        float(part["net_position"].sel(scenario="base").sum("year").mean())
    )
    nothing = se.run(study, draws=64, store="summary")
    assert "net_position" in se.summarise(nothing)
    with pytest.raises(SimulationError, match=r'nothing to summarise: .* xarray.open_dataset\(path, group="summary"\)'):
        se.summarise(nothing.isel(year=[0]))


def test_what_a_dataset_carries_travels_with_it_and_into_no_file(study, tmp_path):
    found = se.run(study, draws=64, store="summary")
    again = pickle.loads(pickle.dumps(found))
    xr.testing.assert_equal(se.summarise(again), se.summarise(found))
    found.to_netcdf(tmp_path / "own.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "own.nc", engine="h5netcdf") as written:
        xr.testing.assert_equal(written, found)


def test_a_run_into_a_file_is_gone_on_with(study, tmp_path, monkeypatch):
    monkeypatch.setenv("SIMRISK_SHARD_SECONDS", "0")
    path = tmp_path / "run.nc"
    reference = tmp_path / "once.nc"
    se.run(study, draws=10 * 4096, store="summary", out=reference).close()
    from simengine.runs import session

    take = session.Session._take

    def stopping(self, chunk):
        if chunk.first >= 4:
            raise KeyboardInterrupt
        take(self, chunk)

    monkeypatch.setattr(session, "_COUNTED_BLOCKS", 2)
    with monkeypatch.context() as patched:
        patched.setattr(session.Session, "_take", stopping)
        with pytest.raises(KeyboardInterrupt, match="4 blocks of draws are kept in .*run.parts"):
            se.run(study, draws=10 * 4096, store="summary", out=path)
    with pytest.raises(ResultError, match="--resume"):
        se.run(study, draws=10 * 4096, store="summary", out=path)
    se.run(study, draws=10 * 4096, store="summary", out=path, resume=True).close()
    assert content(path) == content(reference)
    when = path.stat().st_mtime_ns
    with se.run(study, draws=10 * 4096, store="summary", out=path, resume=True) as found:
        assert found.attrs["draws"] == 10 * 4096
    assert path.stat().st_mtime_ns == when


def test_what_may_not_be_replaced(study, tmp_path):
    path = tmp_path / "run.nc"
    se.run(study, draws=128, out=path).close()
    with pytest.raises(ResultError, match=r"more draws \(128\): --force"):
        se.run(study, draws=64, out=path)
    se.run(study, draws=64, out=path, force=True).close()
    with pytest.raises(ResultError, match="another study, seed or scenarios"):
        se.run(study, draws=64, seed=8, out=path)
    with pytest.raises(ResultError, match="is a folder"):
        se.run(study, draws=64, out=tmp_path)


@pytest.mark.parametrize("how", [{"threads": 1}, {"threads": 2}, {"workers": 2}], ids=str)
@pytest.mark.parametrize("store", ["positions", "summary"])
def test_who_works_is_not_seen(study, commanded, how, store):
    found = se.run(study, **ALL, store=store, **how)
    if store == "positions":
        with xr.open_dataset(commanded[store], engine="h5netcdf") as file:
            for name in file.data_vars:
                np.testing.assert_array_equal(found[name], file[name], err_msg=name)
    xr.testing.assert_equal(se.summarise(found)["net_saving"], summary_of(commanded[store])["net_saving"])


def test_a_client_of_the_callers(study, commanded, cluster, tmp_path):
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        with se.run(study, **ALL, client=client, out=tmp_path / "run.nc"):
            assert content(tmp_path / "run.nc") == content(commanded["positions"])
        summary = se.summarise(se.run(study, **ALL, store="summary", client=client))
        xr.testing.assert_equal(summary, summary_of(commanded["summary"]))
        exact = se.summarise(se.run(study, **ALL, store="summary", exact=True, client=client))
        assert client.submit(abs, -3).result(timeout=10) == 3
    assert exact.attrs["exact"] == 1
    drawn = summary_of(commanded["positions"])["net_position"].sel(statistic="q05")
    np.testing.assert_array_equal(exact["net_position"].sel(statistic="q05"), drawn)
    by_address = se.run(study, **ALL, store="summary", scheduler=cluster.address)
    xr.testing.assert_equal(se.summarise(by_address), summary)


@pytest.mark.parametrize("out", [None, "run.nc"])
def test_a_precision(study, tmp_path, out):
    given = {"store": "summary", "seed": 7, "out": out and tmp_path / out}
    with se.run(study, draws=2**17, precision="net_position=2", **given) as found:
        assert found.attrs["draws"] == 2**14
    with pytest.warns(RuntimeWarning, match=r"precision of .* not reached at 16,384 draws: the 95 % interval is ±.* would reach it"):
        se.run(study, draws=2**14, precision=["net_position=0.0001"], force=out is not None, **given).close()


def test_a_precision_of_a_line_whose_draws_are_kept(study, file, tmp_path):
    target = "activity[beds].q05.2025=50%"
    assert se.run(study, draws=2**17, store=["activity"], precision=target).attrs["draws"] == 2**14
    with pytest.raises(StudyError, match="unless its draws are stored"):
        se.run(study, draws=2**17, precision=target)
    command = ("run", file, "--draws", 2**17, "--precision", target, "--out", tmp_path / "run.nc")
    assert simrisk(*command, "--store", "activity").exit_code == 0
    assert simrisk(*command).exit_code == 2


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"store": "position"}, 'store: is neither positions, all or summary nor a variable of the result (found "position")'),
        ({"store": ["net_positon"]}, 'Did you mean "net_position"?'),
        ({"workers": 0}, "workers: must be 1 or more (found 0)"),
        ({"threads": 0}, "threads: must be 1 or more (found 0)"),
        ({"workers": 2, "scheduler": "127.0.0.1:1"}, "scheduler: give one of workers, scheduler and client at a time"),
        ({"client": object()}, "client: must be a distributed.Client"),
        ({"resume": True}, "resume: goes with out, the file of the run"),
        ({"force": True}, "force: goes with out, the file of the run"),
        ({"precision": "net_positon=1%"}, "precision: net_positon=1%: "),
    ],
)
def test_an_option_that_is_wrong(study, given, rule):
    with pytest.raises(StudyError) as caught:
        se.run(study, draws=64, **given)
    assert rule in str(caught.value)


def test_a_frame_is_summarised_as_before(study):
    done = api.complete(api.prepare(study), api.settings_of(study, 1), "positions")
    assert json.loads(str(done.frame.attrs["scenarios"])) == ["base"]
    one, other = api.summarise(done.frame, done.detail, 1), done.summary(1)
    xr.testing.assert_identical(one.to_xarray(), other.to_xarray())
