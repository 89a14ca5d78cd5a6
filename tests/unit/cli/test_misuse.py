"""What a person can get wrong: one clear message, the right exit code, no traceback, nothing half-written."""

import json
import os

import pytest

from tests.unit.cli.care import SOMETIMES_EMPTY, simrisk, study_file

pytestmark = pytest.mark.unit

WRONG = [
    (["nofile.toml"], "error: nofile.toml: there is no such file."),
    (["."], "error: .: is a folder, not a study file."),
    (["care.toml", "--set", "services.bedz.price=3"], 'services.bedz is not in the study. Did you mean "services.beds.price"?'),
    (["care.toml", "--set", "services.beds.price"], "--set takes path=value"),
    (["care.toml", "--set", "=3"], "--set takes path=value"),
    (["care.toml", "--scenario", "hi_pay"], "scenarios.hi_pay: is not a scenario of this study, which has base, high_pay, slow."),
    (["care.toml", "--draws", "0"], "error: --draws: simulation.draws: must be at least 1 (found 0)."),
    (["care.toml", "--draws", "-5"], "error: --draws: simulation.draws: must be at least 1 (found -5)."),
    (["care.toml", "--draws", "2000000000000"], "must be at most 1099511627776 (found 2000000000000)"),
    (["care.toml", "--draws", "many"], "Invalid value for '--draws': 'many' is not a valid integer."),
    (["care.toml", "--seed", "-1"], "error: --seed: simulation.seed: must be at least 0 (found -1)."),
    (["care.toml", "--seed", str(2**64)], f"must be at most {2**64 - 1} (found {2**64})."),
    (["care.toml", "--set", "simulation.draws=5.5"], "simulation.draws: must be a whole number (found 5.5)."),
    (["care.toml", "--store", "nonsense"], 'error: --store: simulation.store.0: is not a variable of the result (found "nonsense").'),
    (["care.toml", "--store", "net_position,zz"], 'simulation.store.1: is not a variable of the result (found "zz").'),
    (["care.toml", "--store", ""], 'is not a variable of the result (found "").'),
    (["care.toml", "--out", "."], "Invalid value for '--out': File '.' is a directory."),
    (["care.toml", "--out", "new/"], "Invalid value for '--out': 'new/' names a folder: a file is needed."),
    (["care.toml", "--threads", "0"], "Invalid value for '--threads': 0 is not in the range x>=1."),
    (["care.toml", "--sampler", "halton"], "'halton' is not one of 'sobol', 'lhs', 'random'."),
    (["care.toml", "--fast"], "--fast"),
    ([], "Missing argument 'STUDY'."),
]


def one_message(done, code, text):
    assert done.exit_code == code
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert "fault in simrisk" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("arguments", "text"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_command_line_is_explained_and_writes_nothing(folder, arguments, text):
    one_message(simrisk("run", *arguments), 2, text)
    assert sorted(os.listdir(folder)) == ["care.toml"]


def test_several_problems_are_counted(folder):
    done = simrisk("run", "care.toml", "--store", "one,two")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1] == "2 problems"


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_the_smallest_and_largest_seed_are_seeds(folder, seed):
    done = simrisk("run", "care.toml", "--seed", seed, "--draws", 16, "--out", "seed.nc")
    assert done.exit_code == 0
    assert f"seed {seed})" in done.stdout


@pytest.mark.parametrize(
    ("out", "text"),
    [
        ("care.toml", "error: care.toml is not a result of simrisk and is left alone: give another --out."),
        ("care.toml/x.nc", "error: cannot write to care.toml: file exists."),
        ("a" * 300, "file name too long."),
        ("a" * 245, "file name too long."),
    ],
    ids=["a study", "below a file", "300 letters", "245 letters"],
)
def test_a_place_that_cannot_be_written(folder, out, text):
    before = (folder / "care.toml").read_bytes()
    one_message(simrisk("run", "care.toml", "--out", out), 1, text)
    assert os.listdir(folder) == ["care.toml"]
    assert (folder / "care.toml").read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only to the administrator")
def test_a_read_only_folder(folder):
    (folder / "locked").mkdir(mode=0o555)
    one_message(simrisk("run", "care.toml", "--out", "locked/x.nc"), 1, "error: cannot write to locked: permission denied.")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder that refuses even the administrator")
def test_a_folder_that_refuses_everyone(folder):
    one_message(simrisk("run", "care.toml", "--out", "/proc/x.nc"), 1, "error: cannot write to /proc: no such file or directory.")


def test_more_draws_than_the_disk_holds(folder):
    done = simrisk("run", "care.toml", "--draws", 10**12, "--store", "positions")
    one_message(done, 1, "the result needs")
    assert "TiB" in done.stderr or "GiB" in done.stderr
    assert not list(folder.rglob("*.nc"))


@pytest.mark.parametrize("draws", [1, 10])
def test_too_few_draws_for_a_sampling_error_are_said_to_be_so(folder, draws):
    done = simrisk("run", "care.toml", "--draws", draws, "--out", "few.nc")
    assert done.exit_code == 0
    assert "Too few draws to know the sampling error (sobol takes 16)" in done.stdout
    assert " ±0" not in done.stdout


def test_more_than_one_failed_draw_in_a_hundred_ends_the_run(folder):
    study_file(folder, SOMETIMES_EMPTY, "empty.toml")
    done = simrisk("run", "empty.toml", "--set", "drivers.list.weights=[0.02, 0.98]", "--out", "empty.nc")
    one_message(done, 1, "of 4,096 draws are not finite (more than 1%): look for a division by a number that can be 0")
    assert not (folder / "empty.nc").exists()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"nonsense", "not a result file of simrisk, or a damaged one."),
        (b"", "not a result file of simrisk, or a damaged one."),
        ("half", "not a result file of simrisk, or a damaged one."),
        ("folder", "is a folder, not a result file."),
        (None, "there is no such file."),
    ],
)
def test_a_file_that_is_no_result(folder, stored, content, text):
    path = folder / "x.nc"
    if content == "folder":
        path.mkdir()
    elif content == "half":
        path.write_bytes(stored.read_bytes()[: stored.stat().st_size // 2])
    elif content is not None:
        path.write_bytes(content)
    one_message(simrisk("summary", "x.nc"), 2, text)


def test_a_result_of_another_layout(folder):
    import xarray as xr

    xr.Dataset(attrs={"simrisk_schema_version": "0"}).to_netcdf("old.nc", engine="h5netcdf")
    one_message(simrisk("summary", "old.nc"), 2, "old.nc: written by a version of simrisk with layout 0, this one reads layout 1")


def test_a_netcdf_file_of_another_program(folder):
    import xarray as xr

    xr.Dataset({"t": ("x", [1.0])}).to_netcdf("other.nc", engine="h5netcdf")
    one_message(simrisk("summary", "other.nc"), 2, "other.nc: not a result file of simrisk.")
    one_message(simrisk("run", "care.toml", "--out", "other.nc"), 1, "is left alone: give another --out")


def test_a_scenario_that_the_result_does_not_have(stored):
    one_message(simrisk("summary", stored, "--scenario", "bold"), 2, "has no scenario bold: it has base, high_pay, slow.")


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["run", "nofile.toml"], 2, "study"),
        (["run", "care.toml", "--draws", "many"], 2, "usage"),
        (["run", "care.toml", "--out", "care.toml"], 1, "failed"),
        (["summary", "nofile.nc"], 2, "input"),
        (["check", "care.toml", "--set", "nothing"], 2, "study"),
    ],
)
def test_errors_are_one_json_object_where_asked_for(folder, arguments, code, kind):
    done = simrisk(*arguments, "--json")
    assert done.exit_code == code
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == kind
    assert [list(problem) for problem in error["problems"]] == [["file", "line", "path", "value", "rule", "nearest"]]
    assert done.stderr == ""


def test_init_leaves_what_is_there(folder):
    assert simrisk("init", "mine").exit_code == 0
    again = simrisk("init", "mine")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == f"error: {os.path.join('mine', 'study.toml')} is there already and is left alone.\n"
    assert simrisk("check", "mine/study.toml").exit_code == 0


def test_debug_shows_the_traceback(folder):
    assert "Traceback" in simrisk("run", "nofile.toml", "--debug").stderr


def test_an_interrupt_has_its_own_exit_code(folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("simengine.runs.stored_run.run_to_file", interrupted)
    one_message(simrisk("run", "care.toml", "--out", "x.nc"), 130, "error: interrupted: what was finished is kept")
    assert not (folder / "x.nc").exists()


def test_a_fault_of_ours_is_owned_up_to(folder, monkeypatch):
    def broken(*_):
        message = "impossible"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("simengine.runs.stored_run.run_to_file", broken)
    done = simrisk("run", "care.toml", "--out", "x.nc")
    assert done.exit_code == 1
    assert "a fault in simrisk (ZeroDivisionError: impossible); please report it, with the output of --debug" in done.stderr
    assert "Traceback" not in done.stderr
