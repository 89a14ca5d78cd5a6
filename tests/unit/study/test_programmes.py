"""Programmes in a study: expanded to ordinary keys, year by year, under what the study states itself."""

import copy
from typing import Any

import pytest

from simengine.errors import StudyError
from simengine.study.load import Study, load_study
from simengine.study.programme_sets import programmes

pytestmark = pytest.mark.unit

TREE: dict[str, Any] = {
    "horizon": {"base": 2021, "years": 3},
    "money": {"unit": "USD m"},
    "population": {"size": 9000},
    "parties": {"medicare": {"role": "commissioner"}, "aco": {"role": "provider"}, "trust": {"role": "provider"}},
    "services": {"care": {"spend": 100, "provider": "aco"}},
    "arrangements": {"deal": {"services": ["care"], "baseline": "plan", "agreement_start": 2022, "revenue_category": "low"}},
}

FILE = """\
[horizon]
base = 2021
years = 1
[money]
unit = "USD"
[parties.payer]
role = "commissioner"
[parties.aco]
role = "provider"
[services.care]
spend = 1
provider = "aco"
[arrangements.deal]
services = ["care"]
baseline = "plan"
programme = "NAME"
"""


def study(name: str, tree: dict[str, Any] = TREE, **terms: Any) -> Study:
    made = copy.deepcopy(tree)
    made["arrangements"]["deal"] |= {"programme": name, **terms}
    if name in ("mssp.basic_e", "mssp.basic_d") and terms.get("msr", 0.02) is not None:
        made["arrangements"]["deal"]["msr"] = 0.02
    made["arrangements"]["deal"] = {key: value for key, value in made["arrangements"]["deal"].items() if value is not None}
    if name.startswith("mssp") and "quality" not in terms:
        made["arrangements"]["deal"]["quality"] = {"score": 0.9}
    return Study.from_dict(made)


def deal(name: str, **terms: Any) -> dict[str, Any]:
    found: dict[str, Any] = study(name, **terms).tree["arrangements"]["deal"]
    return found


def refused(name: str, tree: dict[str, Any] = TREE, **terms: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(StudyError) as found:
        study(name, tree, **terms)
    return [(problem.path, problem.nearest) for problem in found.value.problems]


def test_terms_of_a_programme_stand_in_the_study() -> None:
    found = deal("mssp.basic_e")
    assert found["gain_share"] == {"aco": 0.5}
    assert found["loss_share"] == {"aco": 0.3}
    assert found["cap"] == {"aco": {"of_baseline": 0.1}}
    assert found["collar"] == {"aco": {"of_income": 0.08, "of_baseline": 0.04}}
    assert found["quality"] == {"gain": "multiplier", "standard": "full", "score": 0.9}
    assert (found["msr"], found["msr_kind"], found["sides"], found["deduction"]) == (0.02, "first_pound", "two", 0.02)
    # half of the rate only from performance year 2024 on, for agreements from then on: this one is of 2022
    assert "below_msr" not in found


def test_rules_that_change_are_lists_by_year() -> None:
    found = deal("mssp.track_2", performance_year=2018, agreement_start=2017)
    assert found["deduction"] == [0.02, 0.0, 0.0]
    assert found["collar"]["aco"]["of_baseline"] == [0.075, 0.1, 0.1]
    assert deal("mssp.enhanced", performance_year=2020, agreement_start=2020)["quality"]["standard"] == ["required", "full", "full"]
    assert deal("aco_reach.global", performance_year=2024)["stretch"] == [0.03, 0.035, 0.035]
    bands = deal("medicare_part_d", performance_year=2007, agreement_start=2007)["loss_bands"]
    assert bands["band_2"] == {"from": [0.025, 0.05, 0.05], "share": {"aco": [0.25, 0.5, 0.5]}}


def test_half_rate_for_new_agreements_of_low_revenue() -> None:
    found = deal("mssp.basic_e", performance_year=2024, agreement_start=2024)
    assert found["below_msr"] == {"part": 0.5, "from": 5000}
    assert "below_msr" not in deal("mssp.basic_e", performance_year=2024, agreement_start=2024, revenue_category="high")


def test_own_terms_stand_above() -> None:
    found = deal("mssp.basic_e", cap={"aco": {"of_baseline": 0.05}}, deduction=0.0, quality={"score": 0.8, "gain": "gate", "gate": 0.7})
    assert found["cap"] == {"aco": {"of_baseline": 0.05}}
    assert found["deduction"] == 0.0
    assert found["quality"] == {"score": 0.8, "gain": "gate", "gate": 0.7, "standard": "full"}


def test_terms_are_part_of_the_study_and_its_hash() -> None:
    plain = {key: value for key, value in deal("mssp.basic_e").items() if key not in ("label",)}
    assert study("mssp.basic_e").digest != study("mssp.basic_d").digest
    written = copy.deepcopy(TREE)
    written["arrangements"]["deal"] = plain
    assert Study.from_dict(written).digest == study("mssp.basic_e").digest


def test_several_on_the_provider_side_need_a_split() -> None:
    tree = copy.deepcopy(TREE)
    tree["services"]["beds"] = {"spend": 50, "provider": "trust"}
    tree["arrangements"]["deal"]["services"] = ["care", "beds"]
    assert ("arrangements.deal.split", None) in refused("mssp.basic_e", tree)
    found = study("mssp.basic_e", tree, split={"aco": 0.75, "trust": 0.25}).tree["arrangements"]["deal"]
    assert found["gain_share"] == {"aco": 0.375, "trust": 0.125}
    assert found["cap"]["trust"]["of_baseline"] == pytest.approx(0.025)
    assert ("arrangements.deal.split", None) in refused("mssp.basic_e", tree, split={"aco": 0.75, "trust": 0.75})


def test_elected_rates_that_are_not_stated_are_told() -> None:
    tree = copy.deepcopy(TREE)
    made = study("mssp.basic_e", tree, msr=None)
    assert made.tree["arrangements"]["deal"]["msr_table"] == "mssp"
    assert any(warning.path == "arrangements.deal.msr" for warning in made.warnings)
    del tree["population"]
    assert study("mssp.basic_e", tree, msr=None).tree["arrangements"]["deal"]["msr"] == 0.02
    assert "arrangements.deal.pool_cap" in {
        warning.path for warning in study("ngaco.a", performance_year=2018, agreement_start=2018).warnings
    }


def test_low_volume_contract_is_a_block() -> None:
    tree = copy.deepcopy(TREE)
    tree["services"]["care"]["spend"] = 0.4
    assert study("nhs.api_2023", tree).tree["arrangements"]["deal"]["gain_share"] == {"aco": 1.0}
    assert deal("nhs.api_2023")["gain_share"] == {"aco": 0.0}
    tree["services"]["care"]["spend"] = 1.2
    found = study("nhs.api_2023", tree, performance_year=2023, agreement_start=2023).tree["arrangements"]["deal"]
    assert found["gain_share"] == {"aco": [0.0, 0.0, 1.0]}


def test_performance_year_is_that_of_the_first_label_unless_stated() -> None:
    assert deal("mssp.basic_e")["quality"]["standard"] == "full"
    tree = copy.deepcopy(TREE)
    tree["horizon"] = {"base": "now", "years": 3, "labels": ["one", "two", "three"]}
    assert ("arrangements.deal.performance_year", None) in refused("mssp.basic_e", tree)


@pytest.mark.parametrize("name", list(programmes()))
def test_every_programme_makes_a_study(name: str) -> None:
    year = programmes()[name].first or 2022
    made = study(name, performance_year=year, agreement_start=year)
    assert made.spec.arrangements["deal"].programme == name


@pytest.mark.parametrize(
    ("name", "terms", "path", "near"),
    [
        ("mssp.basic_f", {}, "programme", "mssp.basic_e"),
        ("aca_risk_corridor", {"performance_year": 2015}, "performance_year", None),
        ("aco_reach.global", {"performance_year": 2019}, "performance_year", None),
        ("mssp.basic_e", {"agreement_start": 2023}, "agreement_start", None),
    ],
)
def test_refused(name: str, terms: dict[str, Any], path: str, near: str | None) -> None:
    assert refused(name, **terms) == [(f"arrangements.deal.{path}", near)]


def test_scenario_changes_terms_and_not_the_programme() -> None:
    tree = copy.deepcopy(TREE)
    tree["scenarios"] = {"bold": {"arrangements": {"deal": {"deduction": 0.0}}}}
    assert study("mssp.basic_e", tree).scenario("bold").arrangements["deal"].deduction == 0.0
    tree["scenarios"]["bold"]["arrangements"]["deal"]["programme"] = "mssp.basic_d"
    assert refused("mssp.basic_e", tree) == [("scenarios.bold.arrangements.deal.programme", None)]


def test_unknown_programme_is_told_with_its_line(tmp_path: Any) -> None:
    (tmp_path / "study.toml").write_text(FILE.replace("NAME", "mssp.enhancd"), encoding="utf-8")
    with pytest.raises(StudyError) as found:
        load_study(tmp_path / "study.toml")
    assert [(problem.line, problem.nearest) for problem in found.value.problems] == [(16, "mssp.enhanced")]


def test_programme_on_the_command_line(tmp_path: Any) -> None:
    (tmp_path / "study.toml").write_text(FILE.replace("NAME", "nhs.api_2022"), encoding="utf-8")
    made = load_study(tmp_path / "study.toml", ['arrangements.deal.programme="nhs.blended_2019"'])
    assert made.spec.arrangements["deal"].gain_share == {"aco": 0.8}
