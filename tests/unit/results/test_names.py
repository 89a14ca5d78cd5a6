"""Where a run is stored, when its name changes, and what it may replace (INTERFACE.md, "Commands")."""

import re

import pytest
import xarray as xr

from tests.unit.cli.care import STUDY, simrisk, study_file

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path, monkeypatch):
    study_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def name_of(*arguments, study="care.toml"):
    """The file name that a run gets by default: (study, hash, seed)."""
    done = simrisk("run", study, "--force", *arguments)
    assert done.exit_code == 0, done.stderr
    found = re.fullmatch(r"stored in results.(\w+)-([0-9a-f]{8})-s(\d+)\.nc", done.stderr.splitlines()[-1])
    return found.groups()


def draws(path):
    with xr.open_dataset(path, engine="h5netcdf") as found:
        return found.sizes["draw"]


def test_the_hash_is_that_of_the_numbers(folder):
    name, base, seed = name_of()
    assert (name, seed) == ("care", "3")
    assert name_of("--draws", 16)[1] == base
    assert name_of("--threads", 1)[1] == base
    assert name_of("--store", "all")[1] == base
    assert name_of("--seed", 9) == ("care", base, "9")
    assert name_of("--set", 'parties.trust.label="Another"')[1] == base
    changed = {
        name_of(*arguments)[1]
        for arguments in (
            ["--set", "services.beds.price=4001"],
            ["--set", "drivers.pay.sd=0.011"],
            ["--set", "arrangements.deal.msr=0.011"],
            ["--set", "horizon.years=2", "--set", "services.beds.growth=0.03"],
            ["--sampler", "lhs"],
            ["--scenario", "slow"],
            ["--scenario", "all"],
        )
    }
    assert len(changed | {base}) == 8


def test_comments_and_texts_do_not_change_the_hash(folder):
    study_file(folder, "# a comment\n" + STUDY.replace("Three providers", "Other words"), "other.toml")
    assert name_of(study="other.toml")[1] == name_of()[1]


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
