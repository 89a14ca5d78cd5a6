"""Tables and columns of CSV files become part of the study."""

from pathlib import Path
from typing import Any

import pytest

from simengine.errors import StudyError
from simengine.study.csv_table import number_in, read_csv
from simengine.study.load import Study, load_study
from simengine.study.numbers import Uncertain
from simengine.study.tables import study_name

pytestmark = pytest.mark.unit

HEAD = """
[horizon]
base = 2024
years = 2
[money]
unit = "GBP m"
[parties.board]
role = "commissioner"
"""
LINE = """
[services.beds]
provider = "board"
spend = 10
variable_share = "day_cases"
fixed_share = { dist = "uniform", min = 0.1, max = 0.2 }
"""
TABLE = """
[tables.opinions]
into = "drivers"
file = "opinions.csv"
key = "Scheme"
label = "What"
columns = { min = "P10", max = "P90", source = "From" }
scale = "pct"
set = { dist = "uniform", risk = "delivery" }
"""
ROWS = 'What, Scheme ,P10,P90,,From\n"Day cases, all",Day-Cases,10,25.5,,expert 1\n\nReadmissions,2nd visits,5,20,,\n'


def write(folder: Path, text: str, rows: str = ROWS) -> Path:
    (folder / "opinions.csv").write_bytes(b"\xef\xbb\xbf" + rows.encode())
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_become_drivers(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, HEAD + LINE + TABLE))
    day_cases, visits = study.spec.drivers.values()
    assert list(study.spec.drivers) == ["day_cases", "x_2nd_visits"]
    assert isinstance(day_cases, Uncertain)
    assert isinstance(visits, Uncertain)
    assert day_cases.parameters == {"min": 0.1, "max": 0.255}
    assert (day_cases.label, day_cases.risk, day_cases.source, visits.source) == ("Day cases, all", "delivery", "expert 1", None)
    assert study.place("drivers.x_2nd_visits") == (str(tmp_path / "opinions.csv"), 4)
    assert [str(warning) for warning in study.warnings] == [
        f"{study.file}:16: tables.opinions: 1 of its 2 rows are never used: rows = [...] takes those that are."
    ]


def test_the_resolved_study_is_one_of_its_own(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, HEAD + LINE + TABLE))
    assert "tables" not in study.tree
    copied = Study.from_dict(study.tree)
    assert copied.digest == study.digest
    assert copied.drivers == study.drivers == ("services.beds.fixed_share", "drivers.day_cases", "drivers.x_2nd_visits")


def test_rows_stand_after_the_drivers_of_the_study(tmp_path: Path) -> None:
    drivers = '[drivers.own]\ndist = "uniform"\nmin = 0.1\nmax = 0.2\n'
    study = load_study(write(tmp_path, HEAD + drivers + LINE + TABLE))
    names = ("drivers.own", "drivers.day_cases", "drivers.x_2nd_visits", "services.beds.fixed_share")
    assert study.drivers == names
    assert Study.from_dict(study.tree).digest == study.digest


def test_the_identity_counts_contents_and_not_names(tmp_path: Path) -> None:
    first = load_study(write(tmp_path, HEAD + LINE + TABLE)).digest
    (tmp_path / "other.csv").write_text(ROWS, encoding="utf-8")
    assert load_study(write(tmp_path, HEAD + LINE + TABLE.replace("opinions.csv", "other.csv"))).digest == first
    assert load_study(write(tmp_path, HEAD + LINE + TABLE, ROWS.replace("25.5", "25"))).digest != first


def test_chosen_rows_in_any_spelling(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, HEAD + LINE + TABLE.replace("scale", 'rows = ["Day-Cases"]\nscale')))
    assert list(study.spec.drivers) == ["day_cases"]
    assert study.warnings == ()


def test_overrides_reach_tables_and_their_rows(tmp_path: Path) -> None:
    file = write(tmp_path, HEAD + LINE + TABLE)
    changed = load_study(file, ["drivers.day_cases.min=0.2", "tables.opinions.rows=['Day-Cases']"])
    day_cases = changed.spec.drivers["day_cases"]
    assert isinstance(day_cases, Uncertain)
    assert day_cases.parameters["min"] == 0.2
    with pytest.raises(StudyError, match=r"--set: drivers.day_casez.min: unknown path"):
        load_study(file, ["drivers.day_casez.min=0.2"])


def test_problems_of_a_row_name_the_file_and_its_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        load_study(write(tmp_path, HEAD + LINE + TABLE, ROWS.replace("25.5", "125")))
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{tmp_path / 'study.toml'}:13: services.beds.variable_share: the driver day_cases does not fit here")
    with pytest.raises(StudyError) as caught:
        load_study(write(tmp_path, HEAD + LINE + TABLE, ROWS.replace("25.5", "5")))
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.path) == (str(tmp_path / "opinions.csv"), 2, "drivers.day_cases.min")


def test_a_column_becomes_the_values_of_an_empirical_distribution(tmp_path: Path) -> None:
    line = LINE.replace('"day_cases"', '{ dist = "empirical", file = "opinions.csv", column = "P90", scale = "pct", method = "resampled" }')
    study = load_study(write(tmp_path, HEAD + line))
    found = study.spec.services["beds"].variable_share
    assert isinstance(found, Uncertain)
    assert found.parameters == {"values": (0.255, 0.2), "method": "resampled"}
    assert study.tree["services"]["beds"]["variable_share"] == {"dist": "empirical", "values": [0.255, 0.2], "method": "resampled"}


def test_a_study_built_in_code_reads_files_only_from_a_folder_that_it_is_given(tmp_path: Path, minimal: dict[str, Any]) -> None:
    write(tmp_path, HEAD)
    share = {"dist": "empirical", "file": "opinions.csv", "column": "P10", "scale": "pct"}
    minimal["services"]["emergency"]["fixed_share"] = share
    with pytest.raises(StudyError, match="a study built in code has no folder: give folder= to read files"):
        Study.from_dict(minimal)
    found = Study.from_dict(minimal, folder=tmp_path).spec.services["emergency"].fixed_share
    assert isinstance(found, Uncertain)
    assert found.parameters["values"] == (0.1, 0.05)
    assert minimal["services"]["emergency"]["fixed_share"] is share


def test_a_file_in_a_scenario_and_inside_another_distribution(tmp_path: Path) -> None:
    line = LINE.replace('"day_cases"', "0.5")
    part = '{ dist = "empirical", file = "opinions.csv", column = "P90", scale = "fraction" }'
    scenario = f'[scenarios.bold.services.beds]\nspend = {{ dist = "mixture", components = [3, {part}], weights = [0.5, 0.5] }}\n'
    study = load_study(write(tmp_path, HEAD + line + scenario))
    found = study.scenario("bold").services["beds"].spend
    assert isinstance(found, Uncertain)
    assert found.parameters["components"][1].parameters["values"] == (25.5, 20.0)  # type: ignore[index, union-attr]


@pytest.mark.parametrize(
    ("text", "name"),
    [("Day-Cases", "day_cases"), (" x ", "x"), ("2nd", "x_2nd"), ("_a", "x__a"), ("dist", "x_dist"), ("Café 1", "caf__1")],
)
def test_names(text: str, name: str) -> None:
    assert study_name(text) == name


@pytest.mark.parametrize(("text", "found"), [("1.5", 1.5), ("-2e3", -2000.0), ("", "nothing"), ("1_0", '"1_0"'), ("inf", '"inf"')])
def test_numbers_in_cells(text: str, found: object) -> None:
    assert number_in(text) == found


@pytest.mark.parametrize(
    ("content", "rule", "line"),
    [
        (b"", "is empty: a table has a header line", None),
        (b"\n\n", "is empty: a table has a header line", None),
        (b'a,b\n1,"2\n', "is not a CSV file: unexpected end of data", 2),
        (b"a,b\n1,2,3\n", "has 3 values in a row under a header of 2: put text with commas in double quotes", 2),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, content: bytes, rule: str, line: int | None) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    assert read_csv(file, "table.csv") == (rule, line)
    assert read_csv(tmp_path, "folder") == ("is a folder, not a file", None)


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b'a,b\r\n"one\r\ntwo",1\r\n\r\n3,2\r\n')
    table = read_csv(file, "table.csv")
    assert not isinstance(table, tuple)
    assert [line for line, _ in table.rows] == [2, 5]
