"""``simrisk benefits`` and ``simrisk waterfall``: what they print, write and refuse."""

import csv
import io
import json
import sys

import pytest

from simengine.study.xlsx_table import read_sheet
from tests.twin import to_toml
from tests.unit.cli.care import simrisk, study_file
from tests.unit.statistics.rich import rich

pytestmark = pytest.mark.unit

COLUMNS = [
    "Row",
    "Organisation to benefit",
    "Scheme",
    "Service line",
    "Acts on",
    "Year",
    "Change in activity",
    "Measured in",
    "Unit price (GBP)",
    "Saving, plan (GBP k)",
    "How the saving is calculated",
    "How it is monitored",
]


@pytest.fixture
def town(folder):
    """The current folder with rich.toml in it."""
    study_file(folder, to_toml(rich()), "rich.toml")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run that kept what a run keeps, and one that kept everything."""
    place = tmp_path_factory.mktemp("runs")
    study = study_file(place, to_toml(rich()), "rich.toml")
    for store in ("positions", "all"):
        done = simrisk("run", study, "--store", store, "--out", place / f"{store}.nc", "-q")
        assert done.exit_code == 0, done.stderr
    return place


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_benefits_plan_as_csv_has_the_columns_of_the_template(town):
    done = simrisk("benefits", "rich.toml", "--out", "b.csv")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "b.csv written" in done.stderr
    rows = rows_of((town / "b.csv").read_text(encoding="utf-8"))
    assert list(rows[0]) == COLUMNS
    assert {row["Year"] for row in rows} == {"2021/22", "2022/23", "2023/24", "2024/25", "term"}
    beds = [row for row in rows if row["Service line"] == "Hospital beds" and row["Scheme"] == "Home first"]
    assert {row["Organisation to benefit"] for row in beds} == {"Care board and trust"}
    assert (beds[0]["How the saving is calculated"], beds[0]["How it is monitored"]) == ("audit of 200 stays", "monthly bed days")
    for row in rows:
        if row["Acts on"] in ("activity", "shift_in"):
            product = -float(row["Change in activity"]) * float(row["Unit price (GBP)"]) / 1000
            assert product == pytest.approx(float(row["Saving, plan (GBP k)"]), rel=1e-9)
    shifted = [row for row in rows if row["Row"] == "shift"]
    assert {row["Service line"] for row in shifted} == {"nursing", "clinics"}
    assert all(float(row["Saving, plan (GBP k)"]) < 0 < float(row["Change in activity"]) for row in shifted)
    cost = next(row for row in rows if row["Acts on"] == "unit_cost")
    assert (cost["Change in activity"], float(cost["Saving, plan (GBP k)"])) == ("", 0.0)
    assert "saves nothing at price" in cost["How the saving is calculated"]


def test_years_add_up_to_the_term(town):
    simrisk("benefits", "rich.toml", "--out", "b.csv", "-q")
    rows = rows_of((town / "b.csv").read_text(encoding="utf-8"))
    for key in {(row["Scheme"], row["Service line"], row["Acts on"], row["Row"]) for row in rows}:
        mine = [row for row in rows if (row["Scheme"], row["Service line"], row["Acts on"], row["Row"]) == key]
        by_year = [float(row["Saving, plan (GBP k)"]) for row in mine if row["Year"] != "term"]
        total = [float(row["Saving, plan (GBP k)"]) for row in mine if row["Year"] == "term"]
        assert sum(by_year) == pytest.approx(sum(total), rel=1e-12, abs=1e-9)


def test_who_saves_where_the_study_does_not_say(town):
    done = json.loads(simrisk("benefits", "rich.toml", "--json").stdout)
    who = {row["line"]: row["organisation"] for row in done["result"]["benefits_plan"] if row["scheme"] != "home_first"}
    # beds are blended, nursing is paid by activity
    assert who == {"beds": "Care board and trust", "nursing": "Care board"}
    block = json.loads(simrisk("benefits", "rich.toml", "--set", "services.nursing.variable_share=0", "--json").stdout)
    assert {row["organisation"] for row in block["result"]["benefits_plan"] if row["scheme"] == "visits"} == {"community"}


def test_printed_benefits_plan(town):
    done = simrisk("benefits", "rich.toml")
    assert done.exit_code == 0
    assert "Benefits plan, 2024/25" in done.stdout
    assert "Home first: audit of 200 stays" in done.stdout
    assert "Home first: monthly bed days" in done.stdout
    assert "impact 0.3 of activity of the segment a (0.4 of the line) in 2024/25; compounded with 1 more" in done.stdout
    assert "not stated of buying, visits" in done.stderr
    assert "Benefits plan, 2022/23" in simrisk("benefits", "rich.toml", "--year", "2022/23").stdout
    assert simrisk("benefits", "rich.toml", "-q").stderr == ""


def test_risk_log_has_the_gravest_first(town):
    done = simrisk("benefits", "rich.toml", "--risks", "--out", "risks.csv")
    rows = rows_of((town / "risks.csv").read_text(encoding="utf-8"))
    assert done.exit_code == 0
    assert [(row["Risk"], row["Score"]) for row in rows] == [("winter", "20"), ("Too few staff", "16"), ("flood", "5")]
    assert [row["Scheme"] for row in rows] == ["whole programme", "Home first", "whole programme"]
    assert (rows[1]["Mitigation"], rows[1]["Owner"], rows[0]["Drivers in which it shows"]) == ("Train", "Lead", "drivers.need")
    assert "Too few staff" in simrisk("benefits", "rich.toml", "--risks").stdout


def test_value_for_money_and_cost_per_outcome(town):
    done = simrisk("benefits", "rich.toml", "--value", "--outcomes")
    assert "Value for money, term" in done.stdout
    assert "benefit-cost ratio" in done.stdout
    assert "Cost per outcome, term" in done.stdout
    found = json.loads(simrisk("benefits", "rich.toml", "--json").stdout)["result"]
    term = {row["scheme"]: row for row in found["value_for_money"] if row["year"] == "term"}
    home = term["home_first"]
    assert home["net_saving_plan"] == pytest.approx(home["saving_plan"] - home["running_cost_plan"] - home["investment_plan"])
    assert (home["running_cost_plan"], home["investment_plan"]) == (1_200_000, 500_000)
    assert home["benefit_cost_ratio_plan"] == pytest.approx(home["saving_plan"] / 1_700_000)
    assert (term["buying"]["benefit_cost_ratio_plan"], term["buying"]["payback_plan"]) == (None, "nothing spent")
    people = [row for row in found["cost_per_outcome"] if row["outcome"] == "people"]
    assert [row["number"] for row in people] == [500, 1_000, 1_000, 1_000, 3_500]
    assert found["currency"] == "GBP"


def test_a_run_adds_means_and_the_spread_that_it_kept(runs):
    for store, known in (("positions", False), ("all", True)):
        done = simrisk("benefits", runs / f"{store}.nc", "--json")
        found = json.loads(done.stdout)
        assert (found["seed"], found["draws"]) == (5, 256)
        whole = {row["scheme"]: row for row in found["result"]["benefits_plan"] if row["year"] == "2024/25" and row["row"] == "scheme"}
        assert set(whole) == {"home_first", "buying", "visits"}
        assert whole["home_first"]["saving_mean"] != whole["home_first"]["saving_plan"]
        assert (whole["visits"]["saving_p5"] is not None) is known
        effects = [row for row in found["result"]["benefits_plan"] if row["year"] == "2024/25" and row["row"] != "scheme"]
        total = sum(row["saving_plan"] for row in effects if row["scheme"] == "home_first")
        assert total == pytest.approx(whole["home_first"]["saving_plan"], rel=1e-12)
        assert all("saving_mean" not in row for row in effects)
        value = next(row for row in found["result"]["value_for_money"] if (row["scheme"], row["year"]) == ("home_first", "term"))
        assert (value["chance_net_saving"] is not None) is known
        assert ("--store all" in simrisk("benefits", runs / f"{store}.nc").stderr) is not known
        assert ("chance of a net saving" in simrisk("benefits", runs / f"{store}.nc", "--value").stdout) is known


def test_a_scheme_of_one_effect_has_one_row(stored):
    found = json.loads(simrisk("benefits", stored, "--scenario", "slow", "--json").stdout)
    rows = [row for row in found["result"]["benefits_plan"] if row["year"] == "term"]
    assert [row["row"] for row in rows] == ["effect"]
    assert 0 < rows[0]["saving_mean"] < rows[0]["saving_plan"]


def test_workbook_has_all_four_tables(town):
    pytest.importorskip("xlsxwriter")
    assert simrisk("benefits", "rich.toml", "--out", "b.xlsx").exit_code == 0
    content = (town / "b.xlsx").read_bytes()
    for sheet, first in (("Benefits plan", "Row"), ("Value for money", "Scheme"), ("Cost per outcome", "Scheme"), ("Risk log", "Risk")):
        found = read_sheet(content, sheet)
        assert not isinstance(found, str), found
        assert found[0][1][0] == first
    plan = read_sheet(content, "Benefits plan")
    simrisk("benefits", "rich.toml", "--out", "b.csv", "-q")
    lines = list(csv.reader(io.StringIO((town / "b.csv").read_text(encoding="utf-8"))))
    assert len(plan) == len(lines)
    place = COLUMNS.index("Saving, plan (GBP k)")
    assert [float(row[place]) for _, row in plan[1:]] == pytest.approx([float(row[place]) for row in lines[1:]], rel=1e-14)
    assert simrisk("benefits", "rich.toml", "--risks", "--out", "r.xlsx").exit_code == 0
    assert isinstance(read_sheet((town / "r.xlsx").read_bytes(), "Benefits plan"), str)


def test_a_label_is_no_formula(folder):
    pytest.importorskip("xlsxwriter")
    tree = rich()
    tree["risks"]["flood"]["label"] = "=1+1"
    study_file(folder, to_toml(tree), "formula.toml")
    assert simrisk("benefits", "formula.toml", "--out", "b.xlsx", "-q").exit_code == 0
    found = read_sheet((folder / "b.xlsx").read_bytes(), "Risk log")
    assert "=1+1" in [row[0] for _, row in found]


def test_without_the_package_that_writes_workbooks(town, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    done = simrisk("benefits", "rich.toml", "--out", "b.xlsx")
    assert done.exit_code == 2
    assert "pip install 'simrisk[xlsx]'" in done.stderr
    assert not (town / "b.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("benefits", "rich.toml", "--out", "b.txt"), "must end in .csv or .xlsx"),
        (("benefits", "rich.toml", "--value", "--risks", "--out", "b.csv"), "takes one of"),
        (("benefits", "rich.toml", "--year", "2030/31"), "is no year of this study: 2021/22, 2022/23, 2023/24, 2024/25, term"),
        (("waterfall", "rich.toml", "--year", "term"), "is no year of this study"),
        (("benefits", "rich.toml", "--scenario", "bold"), "--scenario belongs to a stored run"),
        (("benefits", "nowhere.toml"), "there is no such file"),
        (("benefits", "nowhere.nc"), "there is no such file"),
        (("waterfall", "rich.toml", "--set", "horizon.years=0"), "horizon.years"),
    ],
)
def test_misuse(town, arguments, words):
    done = simrisk(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


def test_misuse_of_a_run(runs):
    assert "--set belongs to a study" in simrisk("benefits", runs / "all.nc", "--set", "horizon.years=2").stderr
    assert "has no scenario bold: it has base" in simrisk("waterfall", runs / "all.nc", "--scenario", "bold").stderr


def test_nothing_to_tell(folder):
    tree = rich()
    del tree["schemes"], tree["risks"]
    study_file(folder, to_toml(tree), "bare.toml")
    done = simrisk("benefits", "bare.toml", "--value", "--outcomes", "--risks")
    assert done.exit_code == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("no ")] == [
        "no value for money: the study has no schemes",
        "no cost per outcome: no scheme that is on states outcomes ([schemes.NAME.outcomes.NAME])",
        "no risk log: the study states no risks ([risks.NAME])",
    ]
    assert "no benefits plan" in simrisk("benefits", "bare.toml").stdout
    assert simrisk("benefits", "bare.toml", "--out", "b.csv").exit_code == 0


def test_printed_waterfall(town):
    done = simrisk("waterfall", "rich.toml")
    assert done.exit_code == 0
    labels = [line[:44].strip() for line in done.stdout.splitlines()]
    order = ["Spend of 2020/21", "growth: need", "inflation: drugs", "tariff change", "Pressure: spend before required efficiency"]
    order += ["required efficiency", "QIPP: Stock control", "Do nothing", "Home first", "visits", "With schemes"]
    places = [labels.index(label) for label in order]
    assert places == sorted(places)


def test_waterfall_rows_add_up(runs, town):
    found = json.loads(simrisk("waterfall", "rich.toml", "--lines", "--json").stdout)["result"]
    total = [row for row in found["plan"] if row["service"] is None and row["year"] == "2024/25"]
    value = {row["step"]: row["value"] for row in total}
    steps = [row["value"] for row in total if row["row"] == "step"]
    assert value["base"] + sum(steps) == pytest.approx(value["outturn"], rel=1e-12)
    for step in ("base", "growth.need", "outturn"):
        by_line = [row["value"] for row in found["plan"] if (row["step"], row["year"]) == (step, "2024/25") and row["service"]]
        assert sum(by_line) == pytest.approx(value[step], rel=1e-12)
    assert found["statistics"] == []
    drawn = json.loads(simrisk("waterfall", runs / "all.nc", "--json").stdout)["result"]["statistics"]
    assert {"pressure", "efficiency_required_and_qipp", "do_nothing", "schemes", "schemes.visits", "outturn"} <= {
        row["step"] for row in drawn
    }
    assert {row["level"] for row in drawn} == {None, 0.05, 0.5, 0.95}


def test_waterfall_files(runs, town):
    assert simrisk("waterfall", "rich.toml", "--out", "w.csv").exit_code == 0
    rows = rows_of((town / "w.csv").read_text(encoding="utf-8"))
    assert list(rows[0]) == ["Row", "Step", "Name", *(f"{year} (GBP k)" for year in ("2021/22", "2022/23", "2023/24", "2024/25"))]
    assert float(rows[0]["2021/22 (GBP k)"]) == pytest.approx(float(rows[0]["2024/25 (GBP k)"]))
    assert simrisk("waterfall", runs / "all.nc", "--lines", "--out", "d.csv").exit_code == 0
    drawn = rows_of((town / "d.csv").read_text(encoding="utf-8"))
    level = next(row for row in drawn if row["Step"] == "outturn" and not row["Service line"])
    assert float(level["2024/25, P5 (GBP k)"]) < float(level["2024/25, mean (GBP k)"]) < float(level["2024/25, P95 (GBP k)"])
    assert sum(row["Step"] == "outturn" for row in drawn) == 6


def test_waterfall_of_a_run_prints_plan_and_draws(runs):
    done = simrisk("waterfall", runs / "positions.nc", "--year", "2022/23", "-q")
    assert "2022/23: plan and draws" in done.stdout
    assert "required efficiency and QIPP" in done.stdout
    assert "all schemes" in done.stdout
