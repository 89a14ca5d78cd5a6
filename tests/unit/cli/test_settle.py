"""``simrisk settle``: what it prints, writes and refuses, and its exit codes."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from simengine.study.programme_sets import programmes
from simengine.study.xlsx_table import read_sheet
from tests.unit.cli.care import simrisk

pytestmark = pytest.mark.unit

ACTUALS = """\
contract,year,baseline,outturn,msr,quality
A1,2017,1000,970,0.025,0.9
A1,2018,1000,700,0.02,1
A2,2018,1000,1040,0.02,0.9
"""
STUDY = """\
[horizon]
base = 2017
years = 1
[money]
unit = "GBP m"
[parties.icb]
role = "commissioner"
[parties.trust]
role = "provider"
[services.care]
provider = "trust"
spend = 1
[arrangements.A1]
services = ["care"]
baseline = "plan"
gain_share = { trust = 0.5 }
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The current folder with actuals.csv in it."""
    (tmp_path / "actuals.csv").write_text(ACTUALS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_printed_rows_and_transfers(place):
    done = simrisk("settle", "actuals.csv", "--programme", "mssp.track_1")
    assert done.exit_code == 0
    rows, paid = done.stdout.split("\n\n")
    first = ["A1", "2017", "1,000.00", "970.00", "30.00", "3", "%", "2.5", "%", "45", "%", "13.23", "0.27", "13.23", "13.23", "-13.23"]
    assert rows.splitlines()[1].split() == first
    assert [line.split() for line in paid.splitlines()[1:]] == [
        ["A1", "2017", "commissioner", "provider", "13.23"],
        ["A1", "2018", "commissioner", "provider", "100.00"],
    ]
    assert done.stderr == "3 rows settled\n"


def test_csv_has_the_columns_of_the_interface_and_the_transfers_beside_it(place):
    assert simrisk("settle", "actuals.csv", "--programme", "mssp.track_1", "--out", "settled.csv", "-q").exit_code == 0
    rows = read(place / "settled.csv")
    wanted = ["contract", "year", "gain", "gain_rate", "msr_applied", "msr_met", "share", "before_limits", "limit_applied", "deduction"]
    wanted += ["settlement", "settlement_provider", "settlement_commissioner"]
    assert set(wanted) <= set(rows[0])
    assert [row["settlement"] for row in rows] == ["13.23", "100.00", "0.00"]
    assert [row["limit_applied"] for row in rows] == ["", "cap", ""]
    assert [row["msr_met"] for row in rows] == ["1", "1", "-1"]
    assert rows[0]["gain_rate"] == "0.03"
    assert [row["amount"] for row in read(place / "settled.transfers.csv")] == ["13.23", "100.00"]


def test_workbook_has_every_step_and_can_be_settled_again(place):
    pytest.importorskip("xlsxwriter")
    done = simrisk("settle", "actuals.csv", "--programme", "mssp.track_1", "--out", "settled.xlsx")
    assert (done.exit_code, done.stdout) == (0, "")
    content = (place / "settled.xlsx").read_bytes()
    steps = read_sheet(content, "steps")
    assert steps[0][1] == ("contract", "year", "step", "words", "result")
    assert sum(row[1][:2] == ("A1", "2017") for row in steps) >= 8
    assert read_sheet(content, "transfers")[1][1] == ("A1", "2017", "commissioner", "provider", "13.23")


def test_actuals_in_a_workbook(place):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    with xlsxwriter.Workbook(place / "actuals.xlsx") as book:
        page = book.add_worksheet()
        for at, row in enumerate([["contract", "year", "baseline", "outturn", "msr"], ["A1", 2018, 1000, 970.5, 0.025]]):
            page.write_row(at, 0, row)
    result = json.loads(simrisk("settle", "actuals.xlsx", "--programme", "wpb", "--json").stdout)["result"]
    assert [row["settlement"] for row in result["rows"]] == [2.25]


def test_json_is_one_object_with_rows_and_errors(place):
    (place / "actuals.csv").write_text(ACTUALS + "A3,2018,x,1,0.02,1\n", encoding="utf-8")
    done = simrisk("settle", "actuals.csv", "--programme", "mssp.track_1", "--json", "--explain", "A2")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["command"], found["schema"]) == ("settle", "1")
    assert [row["settlement"] for row in found["result"]["rows"]] == [13.23, 100.0, 0.0]
    assert found["result"]["errors"] == [
        {"file": "actuals.csv", "line": 5, "path": "baseline", "value": "x", "rule": "must be a number", "nearest": None}
    ]
    assert {step["contract"] for step in found["result"]["steps"]} == {"A2"}
    assert found["result"]["steps"][0] == {
        "contract": "A2",
        "year": "2018",
        "step": "baseline",
        "words": "the baseline",
        "result": "1,000.00",
    }


def test_a_row_that_cannot_be_settled_is_told_and_the_others_settle(place):
    (place / "actuals.csv").write_text(ACTUALS.replace("1000,700", "1000,7oo"), encoding="utf-8")
    done = simrisk("settle", "actuals.csv", "--programme", "mssp.track_1")
    assert done.exit_code == 1
    assert 'error: actuals.csv:3: outturn: must be a number (found "7oo").' in done.stderr
    assert done.stderr.endswith("2 rows settled, 1 not\n")
    assert len(done.stdout.split("\n\n")[0].splitlines()) == 3


def test_every_step_of_a_contract(place):
    done = simrisk("settle", "actuals.csv", "--programme", "mssp.track_1", "--explain", "A1")
    assert done.exit_code == 0
    first, second = done.stdout.strip().split("\n\n")
    assert first.splitlines()[0] == "A1, 2017, under mssp.track_1"
    words = [line.split()[0] for line in first.splitlines()[1:]]
    assert words[:7] == ["baseline", "outturn", "gain", "threshold", "shares", "quality", "deduction"]
    assert "minimum savings rate 2.5 %, 25.00: met, all of it is shared" in first
    assert "provider: at most 100.00" in second
    unknown = simrisk("settle", "actuals.csv", "--programme", "mssp.track_1", "--explain", "A11")
    assert unknown.exit_code == 2
    assert 'Did you mean "A1"?' in unknown.stderr


def test_terms_of_a_study(place):
    (place / "study.toml").write_text(STUDY.replace("A1", "a1"), encoding="utf-8")
    (place / "actuals.csv").write_text("contract,year,baseline,outturn\na1,2018,100,90\n", encoding="utf-8")
    found = json.loads(simrisk("settle", "actuals.csv", "--terms", "study.toml", "--json").stdout)
    assert found["study"]["path"] == "study.toml"
    assert found["result"]["rows"][0]["settlement_trust"] == 5.0
    more = simrisk("settle", "actuals.csv", "--terms", "study.toml", "--set", "arrangements.a1.gain_share.trust=0.2", "--json")
    assert json.loads(more.stdout)["result"]["rows"][0]["settlement_trust"] == 2.0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nofile.csv", "--programme", "wpb"], "error: nofile.csv: there is no such file."),
        (["actuals.csv"], "no terms are given"),
        (["actuals.csv", "--programme", "mssp.trak_1"], 'Did you mean "mssp.track_1"?'),
        (["actuals.csv", "--programme", "wpb", "--terms", "study.toml"], "give either --terms or --programme, not both"),
        (["actuals.csv", "--terms", "nofile.toml"], "error: nofile.toml: there is no such file."),
        (["actuals.csv", "--programme", "wpb", "--out", "settled.txt"], "must end in .csv or .xlsx"),
        (["--list", "--programme", "wbp"], 'Did you mean "wpb"?'),
        ([], "Missing argument 'ACTUALS'"),
    ],
)
def test_wrong_command_line_or_file_is_exit_code_two(place, arguments, text):
    done = simrisk("settle", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_list_names_every_programme_with_a_source_for_each_parameter():
    text = simrisk("settle", "--list").stdout
    assert [line.partition(":")[0] for line in text.splitlines() if line and not line.startswith(" ")] == list(programmes())
    assert all(line.endswith("]") or "note:" in line for line in text.splitlines() if line.startswith("  "))
    listed = json.loads(simrisk("settle", "--list", "--programme", "mssp.track_2", "--json").stdout)["result"]["programmes"]
    assert [item["name"] for item in listed] == ["mssp.track_2"]
    collars = [(item["when"], item["value"]) for item in listed[0]["parameters"] if item["term"] == "collar.of_baseline"]
    assert collars == [
        ("year to 1 of the agreement", "0.05"),
        ("year 2 of the agreement", "0.075"),
        ("year 3 on of the agreement", "0.10"),
    ]
    assert all(item["citation"] and item["status"] for item in listed[0]["parameters"])


def test_settling_loads_no_package_for_simulations(place, project):
    command = "import sys; from simengine.cli.main import cli; "
    command += f"cli(['settle', {str(place / 'actuals.csv')!r}, '--programme', 'wpb', '-q'], standalone_mode=False); "
    command += "print(*sorted({'pandas', 'xarray', 'h5py', 'simengine.engine'} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, cwd=project)
    assert done.stderr.strip() == ""
    assert "settlement" in done.stdout


def test_the_actuals_are_not_written_over(place: Path) -> None:
    before = (place / "actuals.csv").read_bytes()
    done = simrisk("settle", "actuals.csv", "--programme", "mssp.track_1", "--out", "./actuals.csv")
    assert done.exit_code == 2
    assert "file of actuals" in done.stderr
    assert (place / "actuals.csv").read_bytes() == before
