"""A Dask cluster of two workers, started once."""

import os

import pytest

from tests.unit.runs.dask_cluster import Cluster


@pytest.fixture(scope="session")
def _cluster(project, tmp_path_factory):
    pytest.importorskip("distributed", reason="the extra scale is not installed")
    if os.name != "posix":
        pytest.skip("signals of another kind")
    made = Cluster(project, tmp_path_factory.mktemp("cluster"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def cluster(_cluster):
    """A cluster with two workers, whatever became of those of the test before."""
    _cluster.have(2)
    return _cluster
