"""``--exact``: the summary of a run that kept no draws is that of its draws, whoever draws them again, stopped or not."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from simengine.results.store import read_result
from simengine.runs import exact
from simengine.runs.destination import is_finished
from simengine.runs.precision import parse_targets, places_of
from simengine.runs.stored_run import Watch, run_to_file
from simengine.schema import POSITION_VARIABLES
from simengine.statistics import second_pass
from tests.unit.runs.ways import content, in_streams, request, run_and_hash, stopped_after, study_in

pytestmark = pytest.mark.unit

#: Five whole blocks and a part of one.
DRAWS = 5 * 4096 + 1000


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def asked(study, path, **how):
    return replace(request(study, path, **{"draws": DRAWS} | how), exact=True)


@pytest.fixture(scope="module")
def once(study, tmp_path_factory):
    """An exact run in one go, and the same with its draws in memory."""
    folder = tmp_path_factory.mktemp("once")
    run_and_hash(asked(study, folder / "exact.nc"))
    run_and_hash(request(study, folder / "drawn.nc", draws=DRAWS, store="all"))
    return folder / "exact.nc", folder / "drawn.nc"


def test_the_summary_is_that_of_the_draws(once):
    (_, found), (_, drawn) = (read_result(path) for path in once)
    assert found.attrs["exact"] == 1
    assert "counted" not in found.attrs
    assert "exact" not in drawn.attrs
    assert set(found.data_vars) == set(drawn.data_vars)
    for name in (name for name in found.data_vars if name.removesuffix("_difference") in POSITION_VARIABLES):
        for statistic in ("q05", "q25", "q50", "q75", "q95", "p_below_zero", "p_above_zero", "value_at_risk"):
            np.testing.assert_array_equal(found[name].sel(statistic=statistic), drawn[name].sel(statistic=statistic), err_msg=name)
        one, other = (summary[name].sel(statistic="expected_shortfall").to_numpy() for summary in (found, drawn))
        spread = float(np.nanmax(drawn[name].sel(statistic="sd").to_numpy(), initial=0.0))
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * spread, err_msg=name)


@pytest.mark.parametrize(
    ("sampler", "room"),
    [
        ("sobol", second_pass.MOST_AT_ONCE),
        pytest.param("lhs", 5000, marks=pytest.mark.slow),
        pytest.param("random", 5000, marks=pytest.mark.slow),
    ],
)
def test_how_it_is_run_is_not_seen(study, tmp_path, monkeypatch, sampler, room):
    monkeypatch.setattr(second_pass, "MOST_AT_ONCE", room)
    told, ways = [], ({}, {"blocks": 1}, {"blocks": 3, "threads": 2}, {"blocks": 2, "workers": 2})
    found = set()
    for k, how in enumerate(ways):
        found.add(run_and_hash(asked(study, tmp_path / f"{k}.nc", sampler=sampler, **how), Watch(say=told.append)))
    assert len(found) == 1
    assert len(told) == len(ways) * (1 if room > 5000 else 3)


def test_a_cluster_draws_again(study, once, cluster, tmp_path):
    assert run_and_hash(asked(study, tmp_path / "run.nc", scheduler=cluster.address)) == content(once[0])


def test_a_store_of_zarr(study, once, tmp_path):
    pytest.importorskip("zarr", reason="the extra scale is not installed")
    assert run_and_hash(asked(study, tmp_path / "run.zarr")) == content(once[0])


def test_exact_after_a_precision_was_reached(study, tmp_path):
    targets = parse_targets(["net_position.q05=3"], places_of(study, study.scenario_names))
    wanted = replace(asked(study, tmp_path / "run.nc", draws=2**16), targets=targets)
    told = []
    done = run_to_file(wanted, Watch(say=told.append))
    assert done.outcome is not None
    assert done.outcome.ok
    reached = done.outcome.last.draws
    assert reached < 2**16
    assert told == [f"drawing {reached:,} draws again for exact quantiles"]
    # the same as an exact run of so many draws
    assert content(wanted.path) == run_and_hash(asked(study, tmp_path / "plain.nc", draws=reached))


def test_stopped_while_drawing_again_and_resumed(study, once, tmp_path, monkeypatch):
    monkeypatch.setenv("SIMRISK_SHARD_SECONDS", "0")
    path, told = tmp_path / "run.nc", []

    def progress(done, total):
        if told and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="5 blocks of draws are kept in .*--resume"):
        run_to_file(asked(study, path, blocks=2), Watch(progress, say=told.append))
    assert "drawing 21,480 draws again for exact quantiles" in told
    assert not path.exists()
    again = asked(study, path, resume=True)
    assert run_and_hash(again) == content(once[0])
    assert not again.parts.exists()


def test_a_run_that_was_stopped_before_is_gone_on_with(study, once, tmp_path, monkeypatch):
    monkeypatch.setenv("SIMRISK_SHARD_SECONDS", "0")
    path = tmp_path / "run.nc"
    stopped_after(asked(study, path, blocks=1), 2 * 4096)
    assert run_and_hash(asked(study, path, resume=True)) == content(once[0])


def test_draws_that_are_in_memory_are_not_drawn_again(study, once, tmp_path, monkeypatch):
    monkeypatch.setattr(exact, "crew_of", None)
    assert run_and_hash(asked(study, tmp_path / "run.nc", store="all")) == content(once[1])


def test_more_draws_than_memory_holds(study, once, tmp_path, monkeypatch):
    in_streams(monkeypatch)
    path = tmp_path / "run.nc"
    run_to_file(asked(study, path, store=["net_position"]), Watch())
    (data, found), (_, drawn) = read_result(path), read_result(once[1])
    assert data.sizes["draw"] == DRAWS
    np.testing.assert_array_equal(found["net_position"].sel(statistic="q05"), drawn["net_position"].sel(statistic="q05"))


def test_a_counted_result_is_not_a_finished_exact_one(study, once, tmp_path):
    plain = request(study, tmp_path / "run.nc", draws=DRAWS)
    run_and_hash(plain)
    for path, wanted, finished in ((plain.path, True, False), (plain.path, False, True), (once[0], True, True), (once[1], True, True)):
        assert is_finished(path, plain.identity, 7, DRAWS, (), exact=wanted) is finished
    (_, summary) = read_result(plain.path)
    assert "net_position" in json.loads(summary.attrs["counted"])


def test_a_job_is_small_and_can_be_sent(study, tmp_path, monkeypatch):
    sent = []
    made = exact.crew_of

    def crew_of(job, how, **others):
        sent.append(pickle.dumps(exact.Refining(laid[0].job(), job.refinement)))
        return made(job, how, **others)

    laid = []
    again = exact._laid_again
    monkeypatch.setattr(exact, "_laid_again", lambda given: laid.append(again(given)) or laid[0])
    monkeypatch.setattr(exact, "crew_of", crew_of)
    run_and_hash(asked(study, tmp_path / "run.nc"))
    job = pickle.loads(sent[0])
    assert len(sent[0]) < 2**20
    assert job.open().run(1, 2).first == 1
