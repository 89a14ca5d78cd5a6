"""simrisk fit: tables that a study takes as they stand, one clear message for what is wrong, JSON, and nothing on the side."""

import json
import subprocess
import sys
import tomllib
import zipfile

import numpy as np
import pytest

from simengine.cli.fit_toml import inline, rounded_parameters, supported
from simengine.distributions import build
from tests.unit.cli.care import simrisk
from tests.unit.fitting.samples import TRUTH, sample

pytestmark = pytest.mark.unit

FEW = ("--resamples", 19)
JUDGED = "expert,p10,p50,p90,weight\nAnn,10,20,40,2\nBob,5,15,30,1\nCy,50,60,80,1\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(place, values, name="d.csv", header="x"):
    (place / name).write_text(header + "\n" + "".join(f"{value!r}\n" for value in map(float, values)), encoding="utf-8")


@pytest.mark.parametrize("family", TRUTH)
def test_the_printed_table_builds_the_fitted_distribution(place, family):
    x = sample(family, 500)
    write(place, x)
    done = simrisk("fit", "d.csv", "--column", "x", "--family", family, *FEW, "-q")
    assert (done.exit_code, done.stderr) == (0, "")
    line = done.stdout.splitlines()[-1]
    written = tomllib.loads(f"it = {line}")["it"]
    assert written.pop("dist") == family
    built = build(family, written)
    fitted = json.loads(simrisk("fit", "d.csv", "--family", family, *FEW, "--json").stdout)["result"]["families"][0]
    whole = build(family, fitted["parameters"])
    # rounding moves the distribution by less than a fifth of a standard error of its mean or so
    assert built.mean() == pytest.approx(whole.mean(), abs=0.25 * x.std() / np.sqrt(x.size))
    if family == "uniform":
        assert written["min"] <= x.min() < x.max() <= written["max"]


def test_the_table_of_a_driver(place):
    write(place, sample("gamma", 500), 'odd "name".csv')
    done = simrisk("fit", 'odd "name".csv', "--driver", "stay", "--family", "gamma", *FEW, "-q")
    driver = tomllib.loads(done.stdout)["drivers"]["stay"]
    assert set(driver) == {"dist", "shape", "scale", "source", "date"}
    assert driver["source"].startswith('odd "name".csv, column x: 500 values, maximum likelihood (simrisk ')


def test_families_are_ranked_by_aic_and_said_in_words(place):
    write(place, sample("gamma", 3000))
    done = simrisk("fit", "d.csv", "--column", "x")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("d.csv, x: 3000 values, mean 3.83, sd 2.48, ")
    assert lines[3].startswith("gamma ")
    assert " best " in lines[3]
    assert any("far less likely, rejected by the data" in line for line in lines)
    assert any(line.startswith("not applicable: beta: ") for line in lines)
    assert lines[-1].startswith('{ dist = "gamma", shape = 2.')
    assert lines[-2].startswith("# d.csv, x: n = 3000, AIC = ")


def test_json(place):
    write(place, sample("poisson", 200))
    done = simrisk("fit", "d.csv", *FEW, "--json")
    found = json.loads(done.stdout)
    assert (found["schema"], found["command"], found["seed"]) == ("1", "fit", 1)
    assert found["warnings"] == ["whole numbers: fitted as counts (--as continuous for the other families)"]
    result = found["result"]
    assert {"file", "column", "n", "skipped", "kind", "families", "not_applicable", "toml"} == set(result)
    assert result["families"][0]["dist"] == "poisson"
    assert set(result["families"][0]) == {
        *("dist", "parameters", "standard_errors", "log_likelihood", "aic", "aicc", "bic", "weight"),
        *("statistic_name", "statistic", "p_value", "verdict"),
    }
    assert done.stderr == ""


def test_same_seed_same_output(place):
    write(place, sample("weibull", 200))
    assert simrisk("fit", "d.csv", *FEW).stdout == simrisk("fit", "d.csv", *FEW).stdout


def test_ends_and_truncation(place):
    x = sample("normal", 2000)
    write(place, x[(x > 4.0) & (x < 8.0)])
    done = simrisk("fit", "d.csv", "--family", "normal", "--min", 4, "--max", 8, "--truncate", *FEW, "-q")
    written = tomllib.loads("it = " + done.stdout.splitlines()[-1])["it"]
    assert (written["lower"], written["upper"]) == (4.0, 8.0)
    assert written["mean"] == pytest.approx(5.0, abs=0.6)
    done = simrisk("fit", "d.csv", "--family", "beta", "--min", 4, "--max", 8, *FEW, "-q")
    written = tomllib.loads("it = " + done.stdout.splitlines()[-1])["it"]
    assert (written["min"], written["max"]) == (4.0, 8.0)


def test_experts_are_pooled(place):
    (place / "j.csv").write_text(JUDGED, encoding="utf-8")
    done = simrisk("fit", "j.csv", "--experts", "--unit", "pct", "--min", 0, "--max", 1, "--driver", "uptake")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[1].split()[:6] == ["Ann", "0.500", lines[1].split()[2], "0.1", "0.2", "0.4"]
    assert any("of the pool's variance is disagreement between the experts' means; ask them why" in line for line in lines)
    assert "apart: P90 of Ann is below P10 of Cy" in lines
    table = tomllib.loads(done.stdout[done.stdout.index("[drivers.") :])["drivers"]["uptake"]
    assert table["weights"] == [0.5, 0.25, 0.25]
    assert table["experts"][0] == {"dist": "percentiles", "p10": 0.1, "p50": 0.2, "p90": 0.4, "min": 0.0, "max": 1.0}
    built = build("pool", {"experts": table["experts"], "weights": table["weights"]})
    found = json.loads(simrisk("fit", "j.csv", "--experts", "--unit", "pct", "--min", 0, "--max", 1, "--json").stdout)["result"]
    assert built.mean() == pytest.approx(found["pool"]["mean"], rel=1e-9)
    assert found["apart"] == [["Ann", "Cy"], ["Bob", "Cy"]]


def test_each_row_becomes_a_driver(place):
    text = "scheme,label,mean,percentile10,percentile90\nfalls-adult,Falls,14.1,1.29,43.1\n28 days,Back,16.4,4.05,36.6\n"
    (place / "schemes.csv").write_text(text, encoding="utf-8")
    asked = ("fit", "schemes.csv", "--experts", "--expert-column", "scheme", "--unit", "pct", "--min", 0, "--max", 1, "--each")
    done = simrisk(*asked, "-q")
    drivers = tomllib.loads(done.stdout)["drivers"]
    assert list(drivers) == ["falls_adult", "x_28_days"]
    assert drivers["falls_adult"]["mean"] == 0.141
    assert simrisk(*asked).stderr == "note: columns that are not used: label\n"


WRONG = [
    (["no.csv", "--column", "x"], "error: no.csv: there is no such file."),
    (["."], "error: .: is a folder, not a file of data."),
    (["book.xlsx"], "error: book.xlsx: is not an XLSX file that can be read."),
    (["no.xlsx"], "error: no.xlsx: there is no such file."),
    (["old.xls"], "error: old.xls: XLS files cannot be read: save the sheet as XLSX or CSV."),
    (["d.csv", "--sheet", "Data"], "error: d.csv: has no sheets: --sheet is for an XLSX file."),
    (["latin.csv"], "error: latin.csv: is not text in UTF-8: save it as CSV UTF-8."),
    (["d.csv", "--column", "y"], "error: d.csv: y: is not a column of the file, which has x."),
    (["bad.csv"], "error: bad.csv:3: x: is empty; --skip-blank leaves such lines out."),
    (["few.csv"], "error: 3 values are too few to fit a distribution to: at least 5 are needed."),
    (["same.csv"], "error: all 9 values are 2: there is nothing to fit; write the number itself."),
    (["d.csv", "--family", "gama"], "error: family: is not a family that can be fitted; these are normal, lognormal"),
    (["d.csv", "--family", "beta"], "error: d.csv: beta: does not apply: "),
    (["d.csv", "--min", "3", "--max", "1"], "error: the smallest possible value 3 must be below the largest, 1."),
    (["d.csv", "--truncate"], "error: a truncation needs an end"),
    (["d.csv", "--driver", "Bad name"], "--driver 'Bad name': a name is lower-case letters"),
    (["d.csv", "--each"], "--each belongs to --experts"),
    (["d.csv", "--experts", "--column", "x"], "--column is of fitting data, not of --experts"),
    (["d.csv", "--experts"], "error: d.csv: expert: is not a column of the file, which has x."),
    (["d.csv", "--resamples", "1"], "1 is not in the range"),
    (["d.csv", "--as", "text"], "'text' is not one of 'counts', 'continuous'."),
    ([], "Missing argument 'DATA'."),
]


@pytest.mark.parametrize(("arguments", "text"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_what_is_wrong_is_explained(place, arguments, text):
    write(place, sample("normal", 50))
    write(place, [1.0, 2.0, 3.0], "few.csv")
    write(place, [2.0] * 9, "same.csv")
    (place / "bad.csv").write_text("x\n1\n\n2\n", encoding="utf-8")
    (place / "latin.csv").write_bytes("x\n1\n£2\n".encode("latin-1"))
    (place / "book.xlsx").write_bytes(b"PK")
    done = simrisk("fit", *arguments)
    assert done.exit_code == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert "fault in simrisk" not in done.stderr
    assert done.stdout == ""


def test_problems_as_json(place):
    (place / "bad.csv").write_text("x\n1\nhigh\n2\n\n4\n", encoding="utf-8")
    done = simrisk("fit", "bad.csv", "--json")
    assert done.exit_code == 2
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == "input"
    assert [(problem["line"], problem["path"], problem["value"]) for problem in error["problems"]] == [(3, "x", "high"), (5, "x", None)]


def test_no_warning_of_a_library_reaches_the_user(place, project):
    """In a process of its own, where warnings are printed, with data that overflow what they can."""
    write(place, [1e-300, 2e-300, 3e300, 1e299, 5.0, 7.0, 1e-5])
    done = subprocess.run(
        [sys.executable, "-W", "always", "-m", "simengine", "fit", str(place / "d.csv"), "--resamples", "19"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, 2)
    assert "Warning" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("value", "error", "written"),
    [
        (2.34567, 0.0123, 2.346),
        (123456.0, 2345.0, 123500.0),
        (0.4, 30.0, 0.4),
        (-1.23456, 0.5, -1.23),
        (0.0, 0.1, 0.0),
        (3.14159265358979, None, 3.14159),
    ],
)
def test_digits_that_the_data_support(value, error, written):
    assert supported(value, error) == written


def test_estimated_ends_are_moved_outwards():
    found = rounded_parameters({"min": 1.23456, "mode": 1.23457, "max": 9.87654}, {"min": 0.01, "mode": 0.2, "max": 0.01})
    assert found["min"] <= 1.23456
    assert found["max"] >= 9.87654
    assert found["min"] <= found["mode"] <= found["max"]


def test_inline_tables_are_toml():
    value = {"dist": "pool", "experts": [{"dist": "normal", "mean": 1e-9, "sd": 2.0}, 3], "label": 'a "b"\n\\'}
    assert tomllib.loads(f"it = {inline(value)}")["it"] == value


def workbook(file, sheets):
    """A workbook of texts and numbers, written by hand: sheet by name, rows by number."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def cell(value):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>' if isinstance(value, str) else f"<c><v>{value!r}</v></c>"

    with zipfile.ZipFile(file, "w") as book:
        names = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(sheets, start=1))
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{names}</sheets></workbook>')
        targets = "".join(f'<Relationship Id="r{at}" Target="worksheets/s{at}.xml"/>' for at, _ in enumerate(sheets, start=1))
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{targets}</Relationships>")
        for at, rows in enumerate(sheets.values(), start=1):
            cells = "".join(f'<row r="{line}">{"".join(map(cell, row))}</row>' for line, row in rows.items())
            book.writestr(f"xl/worksheets/s{at}.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>')


def test_a_workbook_gives_what_its_sheet_as_csv_gives(place):
    x = sample("gamma", 200)
    write(place, x)
    front = {1: ("nothing here",), 2: ("text",)}
    data = {1: ("ward", "x"), **{line: ("a", float(value)) for line, value in enumerate(x, start=2)}}
    workbook(place / "d.xlsx", {"Front": front, "Data": data})
    wanted = json.loads(simrisk("fit", "d.csv", *FEW, "--json").stdout)["result"]
    done = simrisk("fit", "d.xlsx", "--sheet", "Data", "--column", "x", *FEW, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)["result"]
    assert found["families"] == wanted["families"]
    assert simrisk("fit", "d.xlsx", "--sheet", "Dat").stderr == "error: d.xlsx: has no sheet Dat: its sheets are Front, Data.\n"
    assert 'error: d.xlsx:2: nothing here: must be a number, not text (found "text").' in simrisk("fit", "d.xlsx").stderr


def test_cells_of_a_workbook_that_hold_no_number_are_named_by_their_row(place):
    workbook(place / "d.xlsx", {"Data": {3: ("x", "y"), 5: (1.5, 2.0), 6: ("high", 1.0), 9: ("", 3.0)}})
    lines = simrisk("fit", "d.xlsx", "--column", "x").stderr.splitlines()
    assert lines[2:] == ["2 problems"]
    assert "d.xlsx:6: x: must be a number, not text" in lines[0]
    assert "d.xlsx:9: x: is empty" in lines[1]


def test_experts_of_a_workbook(place):
    rows = [line.split(",") for line in JUDGED.splitlines()]
    cells = {at: tuple(float(cell) if cell.isdigit() else cell for cell in row) for at, row in enumerate(rows, start=1)}
    workbook(place / "j.xlsx", {"Round 2": cells})
    (place / "j.csv").write_text(JUDGED, encoding="utf-8")
    asked = ("--experts", "--unit", "pct", "--min", 0, "--max", 1, "--json")
    found, wanted = (json.loads(simrisk("fit", name, *asked).stdout)["result"] for name in ("j.xlsx", "j.csv"))
    assert found["pool"] == wanted["pool"]
