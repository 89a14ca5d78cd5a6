"""One content hash, whoever works on a study and however: a table of ways and designs (docs/clusters.md).

``pytest -m slow -s tests/slow/test_one_hash.py`` prints it.
"""

import os
import sys
from dataclasses import replace

import pytest

from simengine import api
from simengine.runs.execute import How
from simengine.runs.stored_run import Request, Watch, run_to_file
from simengine.study.load import load_study
from tests.unit.runs.dask_cluster import Cluster
from tests.unit.runs.ways import content, run_and_hash, stopped_after

pytest.importorskip("distributed", reason="the extra scale is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals of another kind")]

#: Thirty whole blocks and a part of one.
DRAWS = 30 * 4096 + 700
DESIGNS = ("random", "lhs", "sobol")


@pytest.fixture(scope="module")
def study(configs):
    return load_study(configs / "bettercaretown.toml")


@pytest.fixture(scope="module")
def cluster(project, tmp_path_factory):
    made = Cluster(project, tmp_path_factory.mktemp("cluster"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def asked(study, tmp_path):
    """A request for a run in a file of its own."""

    def of(sampler, store, name, *, resume=False, **how):
        settings = replace(api.settings_of(study, 1), draws=DRAWS, sampler=sampler, seed=11)
        ready, identity = api.prepare(study), api.run_identity(study, ())
        return Request(ready, settings, store, tmp_path / f"{name}.nc".replace(" ", "_"), identity, How(**{"threads": 1, **how}), resume)

    return of


def with_a_worker_killed(request, cluster):
    """Run on a cluster of which one of two workers is killed when a third of the draws is done."""
    killed = []

    def progress(done, total):
        if done >= total / 3 and not killed:
            assert done < total
            victim = next(one for one in reversed(cluster.processes) if one is not cluster.scheduler and one.poll() is None)
            victim.kill()
            victim.wait()
            killed.append(done)

    run_to_file(request, Watch(progress))
    assert killed, "nobody was killed"
    return content(request.path)


@pytest.mark.parametrize("store", ["positions", "summary"])
def test_one_content_hash(asked, cluster, monkeypatch, capsys, store):
    cluster.have(2)
    found = {sampler: hashes(asked, cluster, monkeypatch, sampler, store) for sampler in DESIGNS}
    lines = [f"\n{store}, {DRAWS:,} draws of bettercaretown, seed 11: content hashes"]
    lines += [f"  {'':<36}" + "".join(f"{sampler:>14}" for sampler in DESIGNS)]
    lines += [f"  {way:<36}" + "".join(f"{found[sampler][way][:12]:>14}" for sampler in DESIGNS) for way in found["sobol"]]
    with capsys.disabled():
        sys.stdout.write("\n".join([*lines, ""]))
    for sampler in DESIGNS:
        assert len(set(found[sampler].values())) == 1, sampler
    assert len({found[sampler]["1 thread"] for sampler in DESIGNS}) == len(DESIGNS)


def hashes(asked, cluster, monkeypatch, sampler, store):
    """Content hashes of every way to run one design."""
    made = {}
    ways = {
        "1 thread": {},
        "2 threads": {"threads": 2},
        "2 processes": {"workers": 2},
        "Dask, 2 workers": {"scheduler": cluster.address},
        "1 block a chunk": {"blocks": 1},
        "3 blocks a chunk": {"blocks": 3},
        "16 blocks a chunk, 2 threads": {"blocks": 16, "threads": 2},
    }
    for way, how in ways.items():
        made[way] = run_and_hash(asked(sampler, store, f"{sampler} {way}", **how))
    killed = asked(sampler, store, f"{sampler} killed", scheduler=cluster.address, blocks=1)
    made["Dask, 1 of 2 workers killed"] = with_a_worker_killed(killed, cluster)
    cluster.have(2)
    with monkeypatch.context() as patched:
        patched.setenv("SIMRISK_SHARD_SECONDS", "0")
        stopped_after(asked(sampler, store, f"{sampler} stopped", blocks=2), DRAWS // 2)
        resumed = asked(sampler, store, f"{sampler} stopped", resume=True, threads=2)
        made["interrupted and resumed"] = run_and_hash(resumed)
        stopped_after(asked(sampler, store, f"{sampler} moved", blocks=2, scheduler=cluster.address), DRAWS // 2)
        moved = asked(sampler, store, f"{sampler} moved", resume=True, workers=2)
        made["interrupted on Dask, by 2 processes"] = run_and_hash(moved)
    return made
