"""Where a run is stored, when its name changes, and what it may replace (INTERFACE.md, "Commands")."""

import os

import pytest
import xarray as xr

import simengine
from simengine import api
from tests.unit.cli.care import STUDY, simrisk, study_file

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path, monkeypatch):
    study_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hash_of(*overrides, sampler="sobol", scenarios=(), study="care.toml"):
    """The hash in the file name of a run."""
    loaded = simengine.load_study(study, [f'simulation.sampler="{sampler}"', *overrides])
    return api.run_identity(loaded, api.scenario_names(loaded, scenarios))[:8]


def draws(path):
    with xr.open_dataset(path, engine="h5netcdf") as found:
        return found.sizes["draw"]


@pytest.mark.parametrize(("options", "seed"), [([], 3), (["--seed", 9, "--draws", 16, "--threads", 1, "--store", "summary"], 9)])
def test_the_default_name_has_the_study_the_hash_and_the_seed(folder, options, seed):
    done = simrisk("run", "care.toml", *options)
    path = os.path.join("results", f"care-{hash_of()}-s{seed}.nc")
    assert done.stderr.splitlines()[-1] == f"stored in {path}"
    assert os.listdir("results") == [os.path.basename(path)]


def test_texts_draws_seed_and_storage_do_not_change_the_hash(folder):
    study_file(folder, "# a comment\n" + STUDY.replace("Three providers", "Other words"), "other.toml")
    assert hash_of(study="other.toml") == hash_of()
    for change in ("simulation.draws=16", "simulation.seed=9", 'simulation.store="all"', 'parties.trust.label="Another"', "title='x'"):
        assert hash_of(change) == hash_of()


def test_every_number_and_choice_changes_the_hash(folder):
    changes = [
        "services.beds.price=4001",
        "services.hospice.spend_by_year=[4, 4.6]",
        "drivers.pay.sd=0.011",
        "arrangements.deal.msr=0.011",
        "arrangements.deal.msr_kind='excess'",
        "schemes.ward.enabled=false",
        "scenarios.high_pay.drivers.pay=0.06",
    ]
    found = {hash_of(), *map(hash_of, changes), hash_of(sampler="lhs"), hash_of(scenarios=["slow"]), hash_of(scenarios=["all"])}
    assert len(found) == len(changes) + 4


def test_the_same_run_replaces_its_file(folder):
    assert simrisk("run", "care.toml", "--out", "x.nc").exit_code == 0
    assert simrisk("run", "care.toml", "--out", "x.nc", "--draws", 512).exit_code == 0
    assert draws("x.nc") == 512


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ([], ["--draws", 100], "x.nc is a run of this study with more draws (256): --force replaces it."),
        (["--store", "all"], [], "x.nc is a run of this study with more variables: --force replaces it."),
        (["--store", "all"], ["--draws", 16], "with more draws (256) and more variables: --force replaces it."),
        ([], ["--store", "summary"], "with more variables: --force replaces it."),
    ],
)
def test_a_larger_run_is_kept_unless_forced(folder, first, second, text):
    assert simrisk("run", "care.toml", "--out", "x.nc", *first).exit_code == 0
    before = (folder / "x.nc").read_bytes()
    done = simrisk("run", "care.toml", "--out", "x.nc", *second)
    assert done.exit_code == 1
    assert text in done.stderr
    assert (folder / "x.nc").read_bytes() == before
    assert simrisk("run", "care.toml", "--out", "x.nc", *second, "--force").exit_code == 0


@pytest.mark.parametrize("change", [["--set", "services.beds.price=4001"], ["--seed", 4], ["--scenario", "slow"], ["--sampler", "lhs"]])
def test_another_run_is_left_alone_even_when_forced(folder, change):
    assert simrisk("run", "care.toml", "--out", "x.nc").exit_code == 0
    before = (folder / "x.nc").read_bytes()
    done = simrisk("run", "care.toml", "--out", "x.nc", "--force", *change)
    assert done.exit_code == 1
    assert "x.nc is the result of another study, seed or scenarios and is left alone: give another --out." in done.stderr
    assert (folder / "x.nc").read_bytes() == before
