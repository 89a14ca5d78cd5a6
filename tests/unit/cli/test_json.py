"""What programs read: the envelope, plan rows, statistics rows, drivers (INTERFACE.md, "JSON")."""

import json
import math

import pytest

import simengine
from simengine.version import VERSION
from tests.unit.cli.care import simrisk

pytestmark = pytest.mark.unit

ENVELOPE = {"schema", "command", "version", "study", "seed", "sampler", "draws", "failed", "result", "warnings"}


@pytest.fixture(scope="module")
def stored_rows(stored):
    done = simrisk("summary", stored, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_run_prints_one_object(folder):
    done = simrisk("run", "care.toml", "--out", "x.nc", "--json")
    found = json.loads(done.stdout)
    assert set(found) == ENVELOPE
    assert (found["schema"], found["command"], found["version"], found["seed"]) == ("1", "run", VERSION, 3)
    assert (found["sampler"], found["draws"], found["failed"], found["warnings"]) == ("sobol", 256, 0, [])
    assert found["study"] == {"path": "care.toml", "hash": simengine.load_study("care.toml").digest}
    assert set(found["result"]) == {"plan", "statistics", "counted", "file"}
    assert found["result"]["file"] == "x.nc"
    assert simrisk("summary", "x.nc", "--json").stdout.count("\n") == 1


def test_quiet_leaves_standard_error_empty(folder):
    done = simrisk("run", "care.toml", "--out", "x.nc", "-q")
    assert done.stderr == ""
    assert "stored in" not in done.stdout


def test_statistics_rows(stored_rows):
    rows = stored_rows["result"]["statistics"]
    assert set(stored_rows) == ENVELOPE
    keys = {"output", "scenario", "year", "statistic", "level", "value", "standard_error", "unit"}
    assert all(keys <= set(row) <= keys | {"party", "arrangement", "service", "scheme"} for row in rows)
    assert {row["year"] for row in rows} == {"2025", "2026", "term"}
    assert {row["scenario"] for row in rows} == {"base", "high_pay", "slow"}
    assert {(row["statistic"], row["level"]) for row in rows if row["output"] == "net_position"} == {
        ("mean", None),
        ("sd", None),
        *(("quantile", level) for level in (0.05, 0.25, 0.5, 0.75, 0.95)),
        ("p_below_zero", None),
        ("p_above_zero", None),
        ("value_at_risk", 0.05),
        ("expected_shortfall", 0.05),
    }
    assert all(math.isfinite(row["value"]) for row in rows)


def test_units_of_money_chances_and_flags(stored_rows):
    units = {(row["output"], row["statistic"]): row["unit"] for row in stored_rows["result"]["statistics"]}
    assert units["net_position", "mean"] == "GBP"
    assert units["net_position", "p_below_zero"] == "1"
    assert units["msr_met", "p_above_zero"] == "1"


def test_plan_rows(stored_rows):
    rows = [row for row in stored_rows["result"]["plan"] if row["output"] == "spend_do_nothing"]
    assert [(row["year"], row["service"], row["unit"]) for row in rows[2:4]] == [("2025", "hospice", "GBP"), ("2026", "beds", "GBP")]
    assert rows[2]["value"] == 4e6


def test_errors_that_are_not_known_are_null(folder):
    rows = json.loads(simrisk("run", "care.toml", "--draws", 10, "--json").stdout)["result"]["statistics"]
    errors = [row["standard_error"] for row in rows if (row["output"], row["statistic"]) == ("net_position", "mean")]
    assert errors == [None, None, None]


def test_check_lists_the_drivers(folder):
    found = json.loads(simrisk("check", "care.toml", "--json").stdout)
    pay = found["result"]["drivers"][0]
    assert (pay["name"], pay["dist"], pay["path"]) == ("drivers.pay", "normal", "constant")
    assert {"name", "mean", "p10", "p50", "p90", "unit"} <= set(pay)
    assert pay["p90"] == pytest.approx(0.03 + 0.01 * 1.2815515655446004)
    assert simrisk("check", "care.toml").stdout.startswith("care.toml: no problems (3 service lines, 1 schemes, 4 parties")


def test_schema_is_json():
    assert json.loads(simrisk("schema").stdout)["$schema"].startswith("https://json-schema.org/")
