"""What was observed as a study reads it: tables, scenarios, what is still open, and what only warns."""

from pathlib import Path
from typing import Any

import pytest

from simengine.errors import StudyError
from simengine.study.load import Study, load_study
from simengine.study.numbers import Uncertain
from simengine.study.under_way import observed, settled, words

pytestmark = pytest.mark.unit

STUDY = """
[horizon]
base = "2014/15"
years = 4
[money]
unit = "GBP m"
[parties.ccg]
role = "commissioner"
[parties.acute]
role = "provider"
[inflation]
pay = { dist = "uniform", min = 0, max = 0.05, path = "independent" }
[drivers.need]
dist = "uniform"
min = 0
max = 0.05
actual = [0.02, 0.03]
[services.emergency]
provider = "acute"
activity = 40_000
price = 1_500
growth = "need"
[services.community]
provider = "acute"
spend = 30
cost_weights.pay = 0.7
[arrangements.deal]
services = ["emergency", "community"]
baseline = "plan"
gain_share.acute = 0.5
msr_kind = "first_pound"
[arrangements.deal.quality]
score = { dist = "uniform", min = 0.5, max = 1, path = "independent", actual = [0.8] }
[scenarios.dear.drivers.need]
dist = "uniform"
min = 0.03
max = 0.08
[scenarios.fixed.drivers]
need = 0.01
"""
ROWS = """service,year,activity,price,unit_cost
Community,2015/16,31,1.02,
emergency,2016/17,40500,,
emergency,2015/16,41000,1510,1490
community,2016/17,32,,
"""


def study(tmp_path: Path, rows: str = ROWS, text: str = STUDY) -> Study:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    (tmp_path / "seen.csv").write_text(rows, encoding="utf-8")
    return load_study(tmp_path / "study.toml", actuals=tmp_path / "seen.csv")


def test_rows_become_what_the_lines_were_observed_at(tmp_path: Path) -> None:
    read = study(tmp_path)
    line = read.spec.services["emergency"].actual
    assert line is not None
    assert (line.activity, line.price, line.unit_cost) == ((41000.0, 40500.0), (1510.0,), (1490.0,))
    table = '[tables.seen]\ninto = "actuals"\nfile = "seen.csv"\n'
    (tmp_path / "other.toml").write_text(STUDY + table, encoding="utf-8")
    assert load_study(tmp_path / "other.toml").digest == read.digest
    assert load_study(tmp_path / "study.toml").digest != read.digest
    changed = study(tmp_path, ROWS.replace("40500", "40501"))
    assert changed.digest != read.digest


def test_a_table_of_actuals_may_have_other_names_for_its_columns(tmp_path: Path) -> None:
    rows = "Line,Period,Units\nEmergency,2015/16,41000\nEmergency,2016/17,40500\n"
    table = '[tables.seen]\ninto = "actuals"\nfile = "seen.csv"\nkey = "Line"\nyear = "Period"\ncolumns = { activity = "Units" }\n'
    (tmp_path / "seen.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "study.toml").write_text(STUDY + table, encoding="utf-8")
    line = load_study(tmp_path / "study.toml").spec.services["emergency"].actual
    assert line is not None
    assert line.activity == (41000.0, 40500.0)


def test_what_is_wrong_with_the_option_s_file_is_said_of_the_option(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    with pytest.raises(StudyError, match=r"^--actuals: tables.actuals.file: there is no such file"):
        load_study(tmp_path / "study.toml", actuals=tmp_path / "none.csv")
    with pytest.raises(StudyError, match=r"seen.csv:2: .*what was observed is at least 0"):
        study(tmp_path, "service,year,activity\nemergency,2015/16,-1\n")


def test_a_scenario_keeps_what_was_observed(tmp_path: Path) -> None:
    read = study(tmp_path)
    dear, fixed = (read.scenarios[name].drivers["need"] for name in ("dear", "fixed"))
    assert isinstance(dear, Uncertain)
    assert (dear.parameters["min"], dear.actual) == (0.03, (0.02, 0.03))
    assert fixed == (0.02, 0.03, 0.01, 0.01)
    assert read.scenarios["dear"].services == read.spec.services


def test_what_is_open_of_a_year_that_was_observed(tmp_path: Path) -> None:
    read = study(tmp_path)
    assert observed(read.spec) == {
        "services": {"emergency": ["2015/16", "2016/17"], "community": ["2015/16", "2016/17"]},
        "drivers": {"drivers.need": ["2015/16", "2016/17"], "arrangements.deal.quality.score": ["2015/16"]},
    }
    assert settled(read.spec) == {"deal": {"2015/16": [], "2016/17": ["arrangements.deal.quality.score", "the price of community"]}}
    assert words(read.spec)[-1] == (
        "contract deal in 2016/17: all that it settles on was observed but arrangements.deal.quality.score and the price of community"
    )


def test_a_baseline_that_follows_is_open_until_its_driver_is_observed(tmp_path: Path) -> None:
    text = STUDY.replace("actual = [0.02, 0.03]", "actual = [0.02]").replace(", actual = [0.8] }", ", actual = [0.8, 0.7] }")
    text = text.replace('msr_kind = "first_pound"', 'msr_kind = "first_pound"\nbaseline_follows = ["need"]')
    rows = ROWS.replace("2016/17,32,,", "2016/17,32,1.03,")
    assert settled(study(tmp_path, rows, text).spec) == {"deal": {"2015/16": [], "2016/17": ["drivers.need"]}}


def test_a_study_without_actuals_says_nothing(tmp_path: Path) -> None:
    text = STUDY.replace("actual = [0.02, 0.03]", "").replace(", actual = [0.8] }", " }")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    spec = load_study(tmp_path / "study.toml").spec
    assert (observed(spec), settled(spec), words(spec)) == ({}, {}, [])


@pytest.mark.parametrize(("value", "warned"), [("0.035", False), ("0.07", True)])
def test_a_value_that_the_law_holds_impossible_only_warns(tmp_path: Path, value: str, warned: bool) -> None:
    read: Any = study(tmp_path, text=STUDY.replace("actual = [0.02, 0.03]", f"actual = [{value}]"))
    found = [str(warning) for warning in read.warnings if "impossible" in str(warning)]
    assert len(found) == int(warned)
    assert all("drivers.need.actual: 0.07 was observed in year 1" in warning for warning in found)
