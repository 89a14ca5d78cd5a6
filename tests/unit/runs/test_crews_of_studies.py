"""A real study: the same chunks, to the bit, from threads, processes and a cluster."""

from dataclasses import fields, replace

import numpy as np
import pytest

from simengine.engine.plan import prepare
from simengine.engine.runner import Settings
from simengine.engine.sketch_stored import sketch_arrays
from simengine.runs.crews import crew
from simengine.runs.job import Laid, Wanted
from simengine.study.load import load_study

pytestmark = pytest.mark.unit
DRAWS = 3 * 4096 + 500
#: Two ways to cut the run into chunks.
ONE_BY_ONE, TWO_BY_TWO = [(0, 1), (1, 2), (2, 3), (3, 4)], [(0, 2), (2, 3), (3, 4)]


def laid_out(configs, sampler):
    """A study with some draws kept and the rest counted."""
    study = load_study(configs / "minimal.toml")
    wanted = Wanted.of(("net_position", "activity"), ("party_position", "payout"))
    return Laid.of(prepare(study, study.scenario_names), Settings(DRAWS, 7, sampler, 2), wanted)


def content(chunks):
    """Every array of the chunks, byte for byte, counts in the order of what is counted."""
    found = []
    for chunk in chunks:
        for field in fields(chunk):
            value = getattr(chunk, field.name)
            values = tuple(sketch_arrays(value).values()) if field.name == "sketch" else value if isinstance(value, tuple) else (value,)
            found += [(field.name, one.dtype.str, one.shape, one.tobytes()) for one in map(np.asarray, values)]
    return found


@pytest.fixture
def expected(configs, request):
    laid = laid_out(configs, request.param)
    worker = laid.worker()
    return laid.job(), *(content(worker.run(*task) for task in tasks) for tasks in (ONE_BY_ONE, TWO_BY_TWO))


def check(expected, **asked):
    job, one_by_one, two_by_two = expected
    with crew(job, **asked) as made:
        assert content(made.chunks(ONE_BY_ONE)) == one_by_one
        assert content(made.chunks(TWO_BY_TWO)) == two_by_two


@pytest.mark.parametrize("expected", ["sobol", "lhs", "random"], indirect=True)
def test_threads(expected):
    check(expected, threads=1)
    check(expected, threads=2)


@pytest.mark.parametrize("expected", ["sobol"], indirect=True)
def test_processes(expected):
    check(expected, threads=1, workers=2)


@pytest.mark.parametrize("expected", ["sobol", "lhs", "random"], indirect=True)
def test_cluster(expected, cluster):
    check(expected, threads=1, scheduler=cluster.address)


@pytest.mark.parametrize("expected", ["sobol"], indirect=True)
def test_the_job_says_what_the_numbers_rest_on(expected, configs):
    """Another seed gives other chunks: the comparisons above could fail."""
    job, one_by_one, _ = expected
    with crew(replace(job, settings=replace(job.settings, seed=8)), threads=1) as made:
        assert content(made.chunks(ONE_BY_ONE)) != one_by_one
