"""``simrisk baseline``: tables in, service lines and impacts out, everything wrong with a table in one report."""

import csv
import json
import tomllib

import pytest

from simengine.cli.baseline import METHODS
from simengine.cli.baseline.lines import key_of
from tests.unit.cli.care import simrisk

pytestmark = pytest.mark.unit

TABLES = {
    "schedule.csv": """\
service,value,role,driver,activity
Diabetes nursing,"£300,000",,6,1000
Podiatry,200000,,4,
Admin,50000,overhead,,
Total,550000,total,,
""",
    "costs.csv": "service;direct_cost\nDiabetes care;200000\nDementia care;350000\nSpeech therapy;100000\n",
    "counts.csv": "activity,service,count,share_pct\nDietetics,diabetes,500,60\nDietetics,heart,500,40\n",
    "visits.csv": "service,activity,weight,unit_cost\nHome visit,100,1,120\nClinic,50,0.8,60\n",
    "peers.csv": "service,peer,unit_cost,activity\nHome visit,North,100,10\nHome visit,South,130,30\nClinic,North,50,10\n",
    "spend.csv": "service,spend,activity,disease\nCommunity,1000,50,diabetes\n",
    "lists.csv": "list,in_scope,population,patients,disease\nNorth,yes,6000,100,diabetes\nSouth,no,14000,300,diabetes\n",
    "months.csv": "service,year,month,spend\nBeds,2015,Q1,60\nBeds,2015,Q2,40\nBeds,2016,Q1,90\n",
    "last.csv": "service,spend,inflation_pct,efficiency_fraction,population_and_need_pct,one_off\nBeds,1000,2.5,0.02,1.2,-5\n",
    "groups.csv": "group,cost,benchmark,activity\nLungs,500,40,10\nHeart,300,10,\nEyes,90,10,\n",
    "elements.csv": "element,unit,activity,unit_cost\nvisit,best_practice,1,100\nvisit,system,3,100\nvisit,East,3,100\n",
    "providers.csv": "unit,procedures,service\nEast,10,eyes_east\n",
    "profile.csv": "year,progress_pct\n2023/24,0\n2024/25,50\n2025/26,100\n",
    "amounts.csv": "unit,year,plan,forecast\nOptometrist,2025/26,50,\nEast,2025/26,,2500\n",
    "plan.csv": "opportunity,year,unit,plan,forecast,is_total,benchmark\nEyes,1,A,10,11,,25\nEyes,1,B,20,20,,\nEyes,1,all,31,,yes,\n",
    "segments.csv": "segment,programme,spend,people\nwell,lungs,100,80\nfrail,lungs,300,20\n",
    "patients.csv": "cost\n10\n80\n10\n",
}
CALLS = {
    "block-contract": ["schedule.csv", "--by", "driver"],
    "provider-cost": ["costs.csv", "--cost", "direct", "--contract-value", "500,000"],
    "map-activity": ["counts.csv"],
    "weighted-activity": ["weights.csv", "--contract-value", "3000"],
    "reference-cost": ["national.csv", "--contract-value", "3000"],
    "average-cost": ["average.csv", "--contract-value", "3000"],
    "carve-out": ["spend.csv", "lists.csv", "--by", "prevalence"],
    "partial-year": ["months.csv", "--year", "2016"],
    "roll-forward": ["last.csv"],
    "variation": ["groups.csv", "--population", "10000", "--scheme", "less"],
    "pathway": ["elements.csv", "providers.csv", "--fixed-cost", "0.2", "--profile", "profile.csv", "--scheme", "eyes"],
    "planning": ["plan.csv", "--population", "1000"],
    "segments": ["segments.csv"],
    "concentration": ["patients.csv", "--population", "5"],
}


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """A folder with a table for every method."""
    columns = {"weights.csv": "service,activity,weight", "national.csv": "service,activity,unit_cost", "average.csv": "service,activity"}
    rows = list(csv.DictReader(TABLES["visits.csv"].splitlines()))
    made = {name: "\n".join([head, *(",".join(row[c] for c in head.split(",")) for row in rows)]) for name, head in columns.items()}
    for name, text in {**TABLES, **made}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def baseline(method, *more):
    return simrisk("baseline", method, *CALLS[method], *more)


def test_every_method_has_a_call_here():
    assert set(CALLS) == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_help_lists_columns_and_an_example(method):
    done = simrisk("baseline", method, "--help")
    assert done.exit_code == 0
    assert "  Columns of " in done.stdout
    assert f"    simrisk baseline {method} " in done.stdout


@pytest.mark.parametrize("method", METHODS)
def test_prints_its_table_and_the_working(tables, method):
    done = baseline(method)
    assert done.exit_code == 0, done.stderr
    assert "\n\nworking\n  " in done.stdout
    assert not [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]


@pytest.mark.parametrize("method", METHODS)
def test_json_and_files(tables, method):
    done = baseline(method, "--json", "--working", "w.csv", "--out", "o.csv")
    found = json.loads(done.stdout)
    assert (found["command"], found["result"]["files"]) == (f"baseline {method}", ["o.csv", "w.csv"])
    with open("w.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == [step["step"] for step in found["result"]["working"]]
    assert (tables / "o.csv").read_text(encoding="utf-8").count("\n") > 1
    assert baseline(method, "-q", "--working", "w.csv").stderr == ""


def test_service_lines_as_toml(tables):
    assert baseline("block-contract", "--provider", "trust", "--out", "new/s.toml", "-q").exit_code == 0
    made = tomllib.loads((tables / "new" / "s.toml").read_text(encoding="utf-8"))["services"]
    assert made["diabetes_nursing"] == {
        "label": "Diabetes nursing",
        "provider": "trust",
        "activity": 1000,
        "price": 330,
        "source": "block contract, overheads by driver split (WPB 2.4.2, figure 3)",
    }
    assert made["podiatry"]["spend"] == 220_000


def test_spend_is_in_the_unit_of_the_study(tables):
    baseline("block-contract", "--unit", "GBP k", "--out", "s.toml", "--out", "s.csv")
    assert tomllib.loads((tables / "s.toml").read_text(encoding="utf-8"))["services"]["podiatry"]["spend"] == 220
    with open("s.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["spend"], row["money_unit"]) for row in rows] == [
        ("diabetes_nursing", "330", "GBP k"),
        ("podiatry", "220", "GBP k"),
    ]


def test_lines_and_impacts_are_read_by_a_study(tables):
    import simengine

    baseline("block-contract", "--provider", "trust", "--out", "s.toml")
    simrisk("baseline", "variation", "impacts.csv", "--population", "10000", "--scheme", "less", "--out", "less.toml")
    (tables / "impacts.csv").write_text("group,cost,benchmark\nPodiatry,500,40\nDiabetes nursing,300,10\n", encoding="utf-8")
    simrisk("baseline", "variation", "impacts.csv", "--population", "10000", "--scheme", "less", "--out", "less.toml")
    head = '[horizon]\nbase = "2017/18"\nyears = 2\n[money]\nunit = "GBP"\n[parties.ccg]\nrole = "commissioner"\n'
    text = head + '[parties.trust]\nrole = "provider"\n' + (tables / "s.toml").read_text(encoding="utf-8")
    (tables / "study.toml").write_text(text + (tables / "less.toml").read_text(encoding="utf-8"), encoding="utf-8")
    spec = simengine.load_study("study.toml").spec
    assert list(spec.services) == ["diabetes_nursing", "podiatry"]
    assert list(spec.schemes["less"].effects) == ["diabetes_nursing", "podiatry"]


def test_a_provider_that_is_missing_is_said(tables):
    done = baseline("block-contract", "--out", "s.toml")
    assert "warning: some lines have no provider, which a study needs: --provider PARTY" in done.stderr
    assert '# provider = "..."' in (tables / "s.toml").read_text(encoding="utf-8")


def test_benchmark_table(tables):
    more = ["--contract-value", "3000", "--benchmark", "peers.csv", "--mean", "volume", "--json"]
    found = json.loads(simrisk("baseline", "reference-cost", "average.csv", *more).stdout)
    assert found["result"]["working"][0]["result"] == 122.5
    assert found["result"]["spend"] == 3000
    assert "belong together" in simrisk("baseline", "reference-cost", "average.csv", "--contract-value", "1", "--mean", "plain").stderr


def test_pathway_with_everything(tables):
    done = baseline("pathway", "--amounts", "amounts.csv", "--threshold", "0.8", "--json", "--out", "eyes.toml")
    found = json.loads(done.stdout)
    assert found["result"]["thresholds"] == [{"unit": "East", "saving_needed": 1280, "reached": 0.3125, "met": False}]
    assert found["result"]["impact"]["ramp"] == [0.5, 1]
    assert found["warnings"] == ["East: forecast to reach 31 % of its net opportunity by 2025/26, below the 80 % agreed"]
    scheme = tomllib.loads((tables / "eyes.toml").read_text(encoding="utf-8"))["schemes"]["eyes"]
    assert scheme["effects"]["eyes_east"]["impact"] == pytest.approx(1600 / 3000)


def test_everything_wrong_with_a_table_at_once(tables):
    text = "service,spend,inflaton_pct,efficiency,reference_cost_gap\nBeds,1O0,2.5,2,5\n,5,,,\n"
    (tables / "bad.csv").write_text(text, encoding="utf-8")
    done = simrisk("baseline", "roll-forward", "bad.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        'error: bad.csv: inflaton_pct: is no column of this table. Did you mean "inflation_pct"?',
        "error: bad.csv: efficiency: must state its unit: efficiency_pct or efficiency_fraction.",
        "error: bad.csv: reference_cost_gap: is refused: a baseline is not adjusted to reduce the gap between national prices and "
        "reference costs (WPB 2.7).",
        'error: bad.csv:2: spend: must be a number (found "1O0").',
        "error: bad.csv:3: service: is needed.",
        "5 problems",
    ]


def test_faults_of_the_method_name_the_line(tables):
    text = "service,spend,efficient_cost,inflation_pct,tariff_change_pct\nBeds,100,5,2,1\nOther,-5,,,200\n"
    (tables / "bad.csv").write_text(text, encoding="utf-8")
    problems = json.loads(simrisk("baseline", "roll-forward", "bad.csv", "--json").stdout)["error"]
    assert problems["kind"] == "input"
    assert [(one["line"], one["path"], one["value"]) for one in problems["problems"]] == [
        (2, "tariff_change", "1"),
        (2, "efficient_cost", "5"),
        (3, "spend", "-5"),
        (3, "tariff_change", "200"),
    ]


WRONG = [
    ("nofile.csv", None, "nofile.csv: there is no such file"),
    ("bad.csv", "", "bad.csv: is empty"),
    ("bad.csv", "service,activity\n", "bad.csv: has a header but no rows"),
    ("bad.csv", "service\nBeds\n", "bad.csv: activity: column is missing"),
    ("bad.csv", "service,activity,activity\nBeds,1,2\n", "bad.csv: activity: stands more than once"),
    ("bad.csv", "service,activity\nBeds,1,807\n", "bad.csv:2: has more cells than the header: quote numbers with thousands commas"),
    ("bad.csv", "service,activity\nBeds\n", "bad.csv:2: activity: is needed"),
    ("bad.csv", "service,activity\nBeds,-1\n", 'bad.csv:2: activity: must not be negative (found "-1")'),
    ("bad.csv", "service,activity\nBeds,1\nbeds!,2\n", 'bad.csv:3: service: gives the key "beds" as "Beds" does: add a column `key`'),
    ("bad.csv", "service,activity,key\nBeds,1,Big Beds\n", "bad.csv:2: key: a key is lower-case letters"),
    ("bad.csv", "service,activity\nBeds,1\nBeds,2\n", "bad.csv:2: service: stands more than once"),
    ("bad.csv", "service,activity\nBeds,0\n", "bad.csv: activity: sums to nothing"),
    ("bad.csv", 'service,activity\n"Beds,0\n', "bad.csv: is not a CSV table"),
]


@pytest.mark.parametrize(("name", "text", "said"), WRONG)
def test_wrong_tables(tables, name, text, said):
    if text is not None:
        (tables / name).write_text(text, encoding="utf-8")
    done = simrisk("baseline", "average-cost", name, "--contract-value", "100", "--out", "o.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"error: {said}" in done.stderr
    assert not (tables / "o.csv").exists()


def test_other_wrong_cells(tables):
    (tables / "bad.csv").write_text("service,spend,inflation_fraction\nBeds,1,5%\n", encoding="utf-8")
    assert (
        "must be a plain number; its unit is in the column's name (inflation_fraction)"
        in simrisk("baseline", "roll-forward", "bad.csv").stderr
    )
    (tables / "bad.csv").write_text("list,in_scope,population\nNorth,perhaps,5\n", encoding="utf-8")
    assert "bad.csv:2: in_scope: must be yes or no" in simrisk("baseline", "carve-out", "spend.csv", "bad.csv", "--by", "population").stderr
    (tables / "bad.csv").write_bytes(b"service,activity\nBeds\xff,1\n")
    assert "is not a text file in UTF-8" in simrisk("baseline", "average-cost", "bad.csv", "--contract-value", "1").stderr


def test_wrong_options(tables):
    assert "'many' is not a number" in simrisk("baseline", "average-cost", "average.csv", "--contract-value", "many").stderr
    assert "must end in .toml or .csv" in baseline("roll-forward", "--out", "x.xlsx").stderr
    assert "must end in .csv" in baseline("segments", "--out", "x.toml").stderr
    assert "is no unit of money" in baseline("roll-forward", "--unit", "pounds").stderr
    assert "cannot be a key" in simrisk("baseline", "variation", "groups.csv", "--population", "1", "--scheme", "A b").stderr
    assert "need the name of a scheme" in simrisk("baseline", "variation", "groups.csv", "--population", "1", "--out", "x.toml").stderr
    assert "need --profile" in simrisk("baseline", "pathway", "elements.csv", "providers.csv", "--threshold", "0.8").stderr
    assert "No such command 'variatoin'" in simrisk("baseline", "variatoin").stderr
    assert "error: --population: must be above 0." in simrisk("baseline", "variation", "groups.csv", "--population", "0").stderr


def test_a_folder_in_the_way_is_explained(tables):
    (tables / "file").write_text("", encoding="utf-8")
    done = baseline("roll-forward", "--out", "file/x.csv")
    assert done.exit_code == 1
    assert "cannot write file" in done.stderr


def test_keys_of_names():
    assert key_of("Child & adolescent clinic visit") == "child_and_adolescent_clinic_visit"
    assert key_of("Soins à domicile") == "soins_a_domicile"
    assert key_of("111 calls") == "line_111_calls"
    assert key_of("!!!") == ""
    assert len(key_of("x" * 100)) == 64
