"""``simrisk sensitivity`` on a small study and on a stored run of it: JSON, text, files, exit codes, bad input."""

import csv
import json

import pytest
from click.testing import CliRunner

from simengine.cli.main import cli

pytestmark = pytest.mark.unit

DRAWN = ("sobol", "shapley", "morris", "risk")
FROM_DRAWS = ("tornado", "given-data", "events", "information")


def invoke(*arguments, code=0):
    found = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert found.exit_code == code, found.output + found.stderr
    return found


@pytest.fixture(scope="module")
def study(configs):
    return configs / "minimal.toml"


@pytest.fixture(scope="module")
def stored(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "x.nc"
    invoke("run", study, "--draws", 8192, "--out", path, "--quiet")
    return path


@pytest.mark.parametrize("method", [*DRAWN, *FROM_DRAWS])
def test_json(study, stored, method):
    # methods that need draws only take those of the run, the others the study in it
    found = json.loads(invoke("sensitivity", stored, "--method", method, "--points", 1024, "--json", "--quiet").output)
    assert found["command"] == "sensitivity"
    assert found["schema"] == "1"
    assert found["draws"] == 8192
    rows = found["result"]["indices"]
    assert rows
    assert {row["method"] for row in rows} == {method}
    for row in rows:
        assert ("driver" in row) != ("group" in row) or method in ("events", "information", "risk"), row
        assert {"output", "scenario", "year", "order"} <= set(row) or row["order"] == "carried"


def test_a_study_and_a_run_of_it_give_the_same(study, stored):
    arguments = ("--method", "sobol", "--points", 512, "--json", "--quiet")
    from_study = json.loads(invoke("sensitivity", study, *arguments).output)
    from_run = json.loads(invoke("sensitivity", stored, *arguments).output)
    assert from_study["result"] == from_run["result"]


def test_threads_change_no_digit(study):
    one, two = (
        invoke("sensitivity", study, "--method", "sobol,shapley", "--points", 5120, "--json", "--quiet", "--threads", threads).output
        for threads in (1, 2)
    )
    assert one == two


def test_filters(study):
    arguments = ("--method", "sobol", "--points", 256, "--output", "party_position", "--year", "2026/27", "--json", "--quiet")
    found = json.loads(invoke("sensitivity", study, *arguments).output)["result"]["indices"]
    assert {row["year"] for row in found} == {"2026/27"}
    assert {row["output"] for row in found} == {"party_position"}
    parties = {row["party"] for row in found}
    one = sorted(parties)[0]
    found = json.loads(invoke("sensitivity", study, *arguments, "--party", one).output)["result"]["indices"]
    assert {row["party"] for row in found} == {one}


def test_text_of_the_default(study):
    found = invoke("sensitivity", study, "--points", 1024, "--draws", 4096, "--quiet").output
    assert "net_position.term: mean, " in found
    assert "share of the variance" in found
    assert "Alone, the drivers bring" in found
    assert all(len(line) <= 100 for line in found.splitlines())


def test_everything_unknown_at_once(study):
    found = invoke(
        "sensitivity", study, "--method", "sobool,tornado", "--output", "net_positon", "--party", "acut", "--year", "1999", code=2
    )
    for text in (
        "--method: must be one of sobol",
        '"sobool"',
        'Did you mean "sobol"',
        "--output: ",
        'Did you mean "net_position"',
        "--party: ",
        "--year: ",
    ):
        assert text in found.stderr
    assert "Traceback" not in found.output


def test_a_stored_run_is_what_it_is(stored):
    found = invoke("sensitivity", stored, "--seed", 3, "--draws", 100, code=2)
    assert "--seed, --draws belongs to a study" in found.stderr


def test_a_run_without_draws_says_so(study, tmp_path):
    path = tmp_path / "s.nc"
    invoke("run", study, "--draws", 4096, "--store", "summary", "--out", path, "--quiet")
    found = invoke("sensitivity", path, "--method", "given-data", code=1)
    assert "run the study with --store positions" in found.stderr
    assert invoke("sensitivity", path, "--method", "sobol", "--points", 64).exit_code == 0


def test_files(study, tmp_path):
    arguments = ("--method", "sobol", "--points", 64, "--quiet")
    invoke("sensitivity", study, *arguments, "--out", tmp_path / "x.csv")
    rows = list(csv.DictReader((tmp_path / "x.csv").read_text().splitlines()))
    assert rows[0]["method"] == "sobol"
    assert float(rows[0]["low"]) <= float(rows[0]["value"]) <= float(rows[0]["high"])
    invoke("sensitivity", study, *arguments, "--out", tmp_path / "x.json")
    assert len(json.loads((tmp_path / "x.json").read_text())["indices"]) == len(rows)
    assert "must end in .csv or .json" in invoke("sensitivity", study, *arguments, "--out", tmp_path / "x.txt", code=2).stderr


def test_settings_of_the_study(study, tmp_path):
    text = study.read_text()
    path = tmp_path / "own.toml"
    path.write_text(text + '\n[sensitivity]\nmethods = ["sobol"]\noutputs = ["net_saving"]\npoints = 64\ngroup_by = "category"\n')
    found = json.loads(invoke("sensitivity", path, "--json", "--quiet").output)["result"]["indices"]
    assert {row["output"] for row in found} == {"net_saving"}
    assert all("group" in row for row in found)
    path.write_text(text + '\n[sensitivity]\nmethods = ["sobl"]\noutputs = ["net_savin"]\ngroups = { a = ["nothing"] }\n')
    told = invoke("check", path, code=2).stderr
    for text in (
        "sensitivity.methods.0: must be one of",
        'Did you mean "sobol"',
        "sensitivity.outputs.0",
        "sensitivity.groups.a.0: is not a driver",
    ):
        assert text in told


def test_settings_change_no_run(study, tmp_path):
    path = tmp_path / study.name
    path.write_text(study.read_text() + "\n[sensitivity]\npoints = 64\n")
    first, second = (json.loads(invoke("check", one, "--json").output)["study"]["hash"] for one in (study, path))
    assert first == second
