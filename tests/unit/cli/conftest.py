"""Every command test starts in a folder of its own with a small study in it."""

import pytest

from tests.unit.cli.care import simrisk, study_file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, which holds care.toml."""
    study_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A stored run of the base and both scenarios."""
    place = tmp_path_factory.mktemp("stored")
    done = simrisk("run", study_file(place), "--scenario", "all", "--out", place / "all.nc")
    assert done.exit_code == 0, done.stderr
    return place / "all.nc"
