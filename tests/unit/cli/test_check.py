"""``simrisk check``: figures of every kind of driver, correlations, and the assumption register."""

import json
import math

import pytest

from tests.unit.cli.care import STUDY, simrisk

pytestmark = pytest.mark.unit

MORE = """
[drivers.experts]
dist = "pool"
experts = [{ dist = "uniform", min = 0.0, max = 0.02 }, { dist = "normal", mean = 0.05, sd = 0.01 }, 0.03]

[drivers.walk]
dist = "normal"
mean = 0.001
sd = 0.002
path = "random_walk"
start = 0.02

[drivers.reverting]
dist = "normal"
mean = 0.0
sd = 0.002
path = "mean_reversion"
level = 0.04
speed = 0.5
start = 0.02

[drivers.late]
dist = "uniform"
min = 0.0
max = 0.04
path = "ar1"
rho = 0.9
start = 0.03
risk = "cost"
source = "survey"
owner = "finance"
date = 2019-04-01

[[correlation]]
name = "drift"
pairs = [["walk", "reverting", 0.9], ["reverting", "late", 0.9], ["walk", "late", -0.5]]
copula = "student_t"
df = 4
repair = true
"""


@pytest.fixture
def more(folder):
    """The current folder, with a study of every kind of driver."""
    factors = "".join(f'growth.{name} = "{name}"\n' for name in ("pay", "experts", "walk", "reverting", "late"))
    changed = STUDY.replace('growth = "pay"\n', factors)
    head, deal, rest = changed.partition("[arrangements.deal]")
    (folder / "more.toml").write_text(head + MORE + deal + rest, encoding="utf-8")
    return folder


def figures(row):
    return [row[key] for key in ("mean", "p10", "p50", "p90")]


def test_figures_are_those_of_the_first_year_of_the_path(more):
    rows = {row["name"]: row for row in json.loads(simrisk("check", "more.toml", "--json").stdout)["result"]["drivers"]}
    z = 1.2815515655446004
    assert figures(rows["drivers.walk"]) == pytest.approx([0.021, 0.021 - 0.002 * z, 0.021, 0.021 + 0.002 * z])
    assert figures(rows["drivers.reverting"]) == pytest.approx([0.03, 0.03 - 0.002 * z, 0.03, 0.03 + 0.002 * z])
    late = rows["drivers.late"]
    assert late["mean"] < 0.03
    assert 0.02 < late["p10"] - 0.0 < late["p50"] < late["p90"] < 0.04
    noise = rows["services.beds.volatility"]
    assert (noise["dist"], noise["mean"], noise["path"]) == ("gamma", 1.0, "independent")
    assert math.sqrt(1 + 0.02 * 0.02) > noise["p50"] > 0.999


def test_a_pool_shows_its_experts(more):
    rows = {row["name"]: row for row in json.loads(simrisk("check", "more.toml", "--json").stdout)["result"]["drivers"]}
    pool = rows["drivers.experts"]
    assert pool["mean"] == pytest.approx(0.03)
    assert [row["dist"] for row in pool["experts"]] == ["uniform", "normal", "number"]
    assert figures(pool["experts"][0]) == pytest.approx([0.01, 0.002, 0.01, 0.018])
    shown = simrisk("check", "more.toml").stdout
    assert "\n  expert 1 " in shown
    assert "random_walk" in shown


def test_correlations_are_listed_as_asked_and_as_used(more):
    done = simrisk("check", "more.toml")
    assert "drift: rank correlation of 3 drivers, Student t copula with 4 degrees of freedom" in done.stdout
    assert "  drivers.walk and drivers.late: -0.5 asked, " in done.stdout
    assert "warning: more.toml:" in done.stderr
    assert "these values contradict each other and are replaced by the nearest" in done.stderr
    (row,) = json.loads(simrisk("check", "more.toml", "--json").stdout)["result"]["correlations"]
    assert row["drivers"] == ["drivers.walk", "drivers.reverting", "drivers.late"]
    assert row["asked"][0] == [1.0, 0.9, -0.5]
    assert row["used"][0][2] > -0.5


def test_strict_lists_what_is_not_on_record(more):
    done = simrisk("check", "more.toml", "--strict")
    assert done.exit_code == 2
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("  more.toml:")]
    assert any(line.endswith("drivers.pay: lacks risk, source, owner and date") for line in lines)
    assert any(line.endswith("drivers.late: its date 2019-04-01 is older than 2y") for line in lines)
    assert any(line.endswith("services.beds.volatility: lacks source, owner and date") for line in lines)
    kept = simrisk("check", "more.toml", "--strict", "--max-age", "900y")
    assert "drivers.late" not in kept.stdout.partition("assumption register")[2]


def test_the_register_is_in_the_json(more):
    done = simrisk("check", "more.toml", "--strict", "--json")
    assert done.exit_code == 2
    entries = {entry["path"]: entry for entry in json.loads(done.stdout)["result"]["register"]}
    late = entries["drivers.late"]
    assert (late["file"], late["owner"], late["date"]) == ("more.toml", "finance", "2019-04-01")
    assert late["problems"] == ["its date 2019-04-01 is older than 2y"]
    assert simrisk("check", "more.toml", "--json").exit_code == 0


@pytest.mark.parametrize("options", [["--max-age", "2y"], ["--strict", "--max-age", "soon"]])
def test_ages_are_checked(folder, options):
    assert simrisk("check", "care.toml", *options).exit_code == 2


def test_too_few_draws_for_the_columns_of_the_design_are_noted(folder):
    """256 draws and 30 drivers: the note names the draws that are enough; with fewer drivers, or random draws, there is none."""
    parties = "".join(f'[parties.p{k}]\nrole = "funder"\nfunding = {{ dist = "uniform", min = 0, max = {k + 1} }}\n' for k in range(28))
    head, deal, rest = STUDY.partition("[arrangements.deal]")
    (folder / "many.toml").write_text(head + parties + deal + rest, encoding="utf-8")
    done = simrisk("check", "many.toml")
    assert "note: 256 draws are few for " in done.stderr
    assert " may be correlated by up to about 0.5 by chance; from 4,096 draws on by less than 0.1" in done.stderr
    for same in (simrisk("check", "many.toml", "--set", "simulation.draws=4096"), simrisk("check", "care.toml")):
        assert same.exit_code == 0
        assert "are few for" not in same.stderr
    assert "are few for" not in simrisk("check", "many.toml", "--set", 'simulation.sampler="random"').stderr
