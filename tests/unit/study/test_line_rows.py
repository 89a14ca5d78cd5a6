"""Rows of CSV and XLSX files that become service lines."""

import zipfile
from pathlib import Path

import pytest

from simengine.errors import StudyError
from simengine.study.csv_table import CsvTable, read_table
from simengine.study.load import Study, load_study
from simengine.study.numbers import Uncertain

pytestmark = pytest.mark.unit

HEAD = """
[horizon]
base = "2024/25"
years = 2
[money]
unit = "GBP k"
[parties.board]
role = "commissioner"
[parties.trust]
role = "provider"
[inflation]
pay = 0.02
[drivers]
need = 0.015
[tables.lines]
into = "services"
file = "lines.csv"
key = "Code"
label = "Line"
columns = { spend = "Budget", growth.demographic = "Need %", provider = "Who", release_years = "Release", "fixed_share" = "Fixed" }
scale = "pct"
group = "Group"
set = { provider = "trust", cost_weights.pay = 1, volatility.cv_floor = 0.01 }
[tables.lines.groups.Acute]
efficiency_required = 0.02
growth.other = { dist = "uniform", min = 0.0, max = 0.02 }
[tables.lines.groups."Mental Health"]
growth.demographic = 0.001
cost_weights.pay = 0.8
cost_weights.other = 0.2
"""
ROWS = """Code,Line,Budget,Need %,Who,Release,Fixed,Group
100-A,"Beds, adult",120.5,1.5,,2,30,acute
200,Wards,80,,,,,Mental health
300 B,Teams,40,need,board,,,ACUTE
"""


def write(folder: Path, text: str = HEAD, rows: str = ROWS) -> Path:
    (folder / "lines.csv").write_text(rows, encoding="utf-8")
    file = folder / "study.toml"
    file.write_text(text.replace("pay = 0.02", "pay = 0.02\nother = 0.01"), encoding="utf-8")
    return file


def problems(folder: Path, text: str = HEAD, rows: str = ROWS) -> list[str]:
    with pytest.raises(StudyError) as caught:
        load_study(write(folder, text, rows))
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_rows_become_lines(tmp_path: Path) -> None:
    study = load_study(write(tmp_path))
    beds, wards, teams = study.spec.services.values()
    assert list(study.spec.services) == ["x_100_a", "x_200", "x_300_b"]
    assert (beds.label, beds.spend, beds.provider, beds.release_years, beds.fixed_share) == ("Beds, adult", 120.5, "trust", 2, 0.3)
    assert isinstance(beds.growth, dict)
    assert list(beds.growth) == ["other", "demographic"]
    assert beds.growth["demographic"] == 0.015
    assert isinstance(beds.growth["other"], Uncertain)
    assert (wards.growth, wards.cost_weights, wards.efficiency_required) == ({"demographic": 0.001}, {"pay": 0.8, "other": 0.2}, 0.0)
    assert isinstance(teams.growth, dict)
    assert (teams.growth["demographic"], teams.provider) == ("need", "board")
    assert study.warnings == ()
    assert study.place("services.x_200.spend") == (str(tmp_path / "lines.csv"), 3)


def test_a_distribution_of_a_group_is_a_driver_in_every_row(tmp_path: Path) -> None:
    study = load_study(write(tmp_path))
    lines = [name for name in study.drivers if name.endswith("growth.other")]
    assert lines == ["services.x_100_a.growth.other", "services.x_300_b.growth.other"]
    assert Study.from_dict(study.tree).digest == study.digest


def test_problems_stand_where_their_value_does(tmp_path: Path) -> None:
    assert problems(tmp_path, rows=ROWS.replace("120.5", "many").replace(",30,", ",130,")) == [
        'lines.csv:2: services.x_100_a.spend: is not a declared driver of this study (found "many").',
        "lines.csv:2: services.x_100_a.fixed_share: a share is a fraction from 0 to 1 (found 1.3).",
    ]
    assert problems(tmp_path, HEAD.replace("efficiency_required = 0.02", "efficiency_required = 2")) == [
        "study.toml:26: tables.lines.groups.Acute.efficiency_required: a rate is a fraction: write 0.02 (found 2)."
    ]
    (problem,) = problems(tmp_path, HEAD.replace('provider = "trust", cost_weights', "cost_weights").replace(' provider = "Who",', ""))
    assert problem == "study.toml:21: tables.lines.columns.provider: is required."
    (problem,) = problems(tmp_path, HEAD.replace("spend = ", "spent = ") + "spend = 3\n")
    assert problem == 'study.toml:21: tables.lines.columns.spent: unknown key. Did you mean "spend"?'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'scale = "pct"\n',
            "",
            'tables.lines.scale: is required: the column is used as a rate (growth.demographic); write scale = "fraction"',
        ),
        ('group = "Group"\n', "", "tables.lines.group: is required with groups"),
        ('group = "Group"', 'group = "Class"', 'tables.lines.group: is not a column of lines.csv (found "Class")'),
        ("groups.Acute]", "groups.Community]", 'lines.csv:2: tables.lines.group: is not one of the groups (found "acute")'),
        ('groups."Mental Health"]', "groups.acute]", "tables.lines.groups.acute: is spelt like the group Acute"),
        ('into = "services"', 'into = "schemes"', 'not yet: rows become drivers or service lines, into = "drivers" or "services"'),
        ('file = "lines.csv"', 'file = "lines.csv"\nsheet = "one"', "has no sheets: sheet is for an XLSX file"),
        ('release_years = "Release"', "release_years = 3", "tables.lines.columns.release_years: must be the name of a column (found 3)"),
    ],
)
def test_what_a_table_of_lines_needs(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in HEAD
    assert problem in problems(tmp_path, HEAD.replace(old, new))[0]


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CELLS = """<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="inlineStr"><is><t>Note</t></is></c></row>
<row r="3"><c r="A3" t="str"><v>beds</v></c><c r="B3"><f>60*2</f><v>120.5</v></c></row>
<row><c r="A4" t="s"><v>2</v></c><c r="B4" t="b"><v>1</v></c><c r="D4" t="e"><v>#N/A</v></c></row>"""


def workbook(file: Path, cells: str = CELLS) -> Path:
    with zipfile.ZipFile(file, "w") as book:
        names = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(("Front", "Data"), start=1))
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{SHEET}" xmlns:r="{RELATIONS}"><sheets>{names}</sheets></workbook>')
        targets = '<Relationship Id="r1" Target="worksheets/one.xml"/><Relationship Id="r2" Target="/xl/worksheets/two.xml"/>'
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{targets}</Relationships>")
        texts = "<si><t> Code </t></si><si><r><t>Bud</t></r><r><t>get</t></r></si><si><t>wards</t></si>"
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SHEET}">{texts}</sst>')
        book.writestr("xl/worksheets/one.xml", f'<worksheet xmlns="{SHEET}"><sheetData/></worksheet>')
        book.writestr("xl/worksheets/two.xml", f'<worksheet xmlns="{SHEET}"><sheetData>{cells}</sheetData></worksheet>')
    return file


def test_a_sheet_of_a_workbook(tmp_path: Path) -> None:
    table = read_table(workbook(tmp_path / "book.xlsx"), "book.xlsx", "Data")
    assert isinstance(table, CsvTable)
    assert table.header == ("Code", "Budget", "", "Note")
    assert table.rows == ((3, ("beds", "120.5")), (4, ("wards", "true", "", "#N/A")))


def test_workbooks_that_cannot_be_read(tmp_path: Path) -> None:
    book = workbook(tmp_path / "book.xlsx")
    assert read_table(book, "book.xlsx", "Sheet3") == ("has no sheet Sheet3: its sheets are Front, Data", None)
    assert read_table(book, "book.xlsx") == ("is empty: a table has a header line", None)
    book.write_bytes(b"Code,Budget")
    assert read_table(book, "book.xlsx") == ("is not an XLSX file that can be read", None)
    assert read_table(tmp_path / "none.xlsx", "none.xlsx") == ("there is no such file", None)


def test_lines_of_a_workbook(tmp_path: Path) -> None:
    workbook(tmp_path / "book.xlsx")
    study = HEAD.partition("[tables.lines]")[0].replace("need = 0.015", "").replace("pay = 0.02", "")
    study += '[tables.lines]\ninto = "services"\nfile = "book.xlsx"\nsheet = "Data"\nkey = "Code"\nrows = ["beds"]\n'
    file = tmp_path / "study.toml"
    file.write_text(study + 'columns.spend = "Budget"\nset.provider = "trust"\n', encoding="utf-8")
    assert load_study(file).spec.services["beds"].spend == 120.5


def test_drivers_of_a_workbook(tmp_path: Path) -> None:
    """A column as an empirical distribution, and rows as declared drivers, from a sheet chosen by name."""
    workbook(tmp_path / "book.xlsx", CELLS.replace('t="b"><v>1</v>', "><v>7.25</v>"))
    study = HEAD.partition("[tables.lines]")[0].replace("need = 0.015", "").replace("pay = 0.02", "")
    study += '[drivers.cost]\ndist = "empirical"\nfile = "book.xlsx"\nsheet = "Data"\ncolumn = "Budget"\n'
    study += '[tables.costs]\ninto = "drivers"\nfile = "book.xlsx"\nsheet = "Data"\nkey = "Code"\nset = { dist = "normal", sd = 1.0 }\n'
    study += 'columns = { mean = "Budget" }\n[parties.other]\nrole = "funder"\nfunding = "cost"\n'
    study += '[parties.third]\nrole = "funder"\nfunding = "beds"\n[parties.fourth]\nrole = "funder"\nfunding = "wards"\n'
    study += '[services.beds]\nprovider = "trust"\nspend = 10\n'
    file = tmp_path / "study.toml"
    file.write_text(study, encoding="utf-8")
    drivers = load_study(file).spec.drivers
    assert drivers["cost"].parameters["values"] == (120.5, 7.25)
    assert (drivers["beds"].parameters["mean"], drivers["wards"].parameters["mean"]) == (120.5, 7.25)
    file.write_text(study.replace('sheet = "Data"\ncolumn', 'sheet = "Date"\ncolumn'), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(file)
    (problem,) = caught.value.problems
    assert (problem.path, problem.rule) == ("drivers.cost.file", "has no sheet Date: its sheets are Front, Data")


GROUPED = """
[budgets.board]
commissioner = "board"
holder = "trust"
value = "plan"
services = {services}
[[correlation]]
drivers = ["services.x_100_a.growth.other", "services.x_300_b.growth.other"]
rank = 0.1
"""


def grouped(services: str) -> str:
    return (
        (HEAD + GROUPED.replace("{services}", services))
        .replace('holder = "trust"', 'holder = "alliance"')
        .replace("[parties.trust]", '[parties.alliance]\nrole = "provider"\n[parties.trust]')
    )


def test_a_group_stands_for_its_lines(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, grouped('["lines.mental health", "lines.Acute"]')))
    assert study.spec.budgets["board"].lines == ("x_200", "x_100_a", "x_300_b")
    assert study.tree["budgets"]["board"]["services"] == ["x_200", "x_100_a", "x_300_b"]


def test_a_line_by_its_own_name_counts_over_its_group(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, grouped('{ "lines.acute" = { from = 2 }, x_300_b = {}, x_200 = { to = 1 } }')))
    assert study.spec.budgets["board"].in_scope(2) == {"x_100_a": (False, True), "x_300_b": (True, True), "x_200": (True, False)}


def test_what_is_wrong_with_a_line_of_a_group_is_said_where_the_group_stands(tmp_path: Path) -> None:
    told = problems(tmp_path, grouped('[\n"x_200",\n"lines.acute",\n"x_100_a"]'))
    line = grouped('[\n"x_200"').split("\n").index('"x_200"') + 4
    assert len(told) == 1
    assert f"study.toml:{line}: budgets.board.services.2: is twice in this budget" in told[0]


@pytest.mark.parametrize(
    ("services", "rule"),
    [
        ('["lines.acut"]', 'services.0: is not a group with lines of the table lines (found "lines.acut"). Did you mean "lines.Acute"?'),
        ('{ "line.acute" = {} }', "names no table of lines that has groups: a group is written TABLE.GROUP"),
    ],
)
def test_a_group_that_is_not_there(tmp_path: Path, services: str, rule: str) -> None:
    told = problems(tmp_path, grouped(services))
    assert len(told) == 1, told
    assert rule in told[0]
