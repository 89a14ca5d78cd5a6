"""Scenarios: what merges, what is replaced, and what they may not touch."""

from typing import Any

import pytest

from simengine.errors import StudyError
from simengine.study.load import Study
from simengine.study.numbers import Uncertain
from simengine.study.ramps import RampTable
from simengine.study.scenarios import deep_merge

pytestmark = pytest.mark.unit


@pytest.fixture
def tree(minimal: dict[str, Any]) -> dict[str, Any]:
    impact = {"dist": "pert", "min": 0.1, "mode": 0.2, "max": 0.3}
    minimal["schemes"] = {"care": {"ramp": {"years": 3, "delay": 1}, "effects": {"emergency": {"impact": impact}}}}
    return minimal


def refused(tree: dict[str, Any]) -> list[str]:
    with pytest.raises(StudyError) as caught:
        Study.from_dict(tree)
    return [str(problem) for problem in caught.value.problems]


def test_tables_merge_and_distributions_are_replaced_whole(tree: dict[str, Any]) -> None:
    bold = {"dist": "uniform", "min": 0.2, "max": 0.4}
    tree["scenarios"] = {"bold": {"label": "Bold", "schemes": {"care": {"ramp": {"years": 1}, "effects": {"emergency": {"impact": bold}}}}}}
    study = Study.from_dict(tree)
    scheme = study.scenario("bold").schemes["care"]
    assert scheme.ramp == RampTable.model_validate({"years": 1, "delay": 1})
    assert scheme.effects["emergency"].impact == Uncertain("uniform", {"min": 0.2, "max": 0.4})
    assert (study.scenario_names, study.scenario_label("bold")) == (("bold",), "Bold")
    assert study.scenario("base") is study.spec
    assert isinstance(study.spec.schemes["care"].ramp, RampTable)
    assert study.spec.schemes["care"].ramp.years == 3.0


def test_deep_merge_replaces_lists_and_numbers() -> None:
    assert deep_merge({"a": [1, 2], "b": {"c": 1, "d": 2}}, {"a": [3], "b": {"c": 4}}) == {"a": [3], "b": {"c": 4, "d": 2}}
    assert deep_merge({"dist": "uniform", "min": 0}, {"max": 1}) == {"max": 1}


def test_an_unknown_scenario_is_explained(tree: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="is not a scenario of this study, which has base"):
        Study.from_dict(tree).scenario("bold")


def test_a_problem_of_the_study_is_not_repeated_for_each_scenario(tree: dict[str, Any]) -> None:
    tree["services"]["emergency"]["growth"] = 5
    tree["scenarios"] = {"bold": {"schemes": {"care": {"delivery": 0.9}}}, "timid": {"schemes": {"care": {"delivery": 1.9}}}}
    assert refused(tree) == [
        "services.emergency.growth: a rate is a fraction: write 0.05 (found 5).",
        "scenarios.timid.schemes.care.delivery: a share is a fraction from 0 to 1 (found 1.9).",
    ]


def test_a_driver_of_a_scenario_alone_is_used_ordered_and_may_be_correlated(tree: dict[str, Any]) -> None:
    tree["drivers"] = {"need": {"dist": "uniform", "min": 0.0, "max": 0.02}}
    tree["correlation"] = [{"drivers": ["need", "services.emergency.efficiency_required"], "rank": 0.3}]
    change = {"growth": "need", "efficiency_required": {"dist": "uniform", "min": 0.0, "max": 0.02}}
    tree["scenarios"] = {"hard": {"services": {"emergency": change}}}
    study = Study.from_dict(tree)
    assert study.warnings == ()
    assert study.drivers[-1] == "services.emergency.efficiency_required"


@pytest.mark.parametrize("key", ["horizon", "money", "simulation", "correlation", "scenarios"])
def test_what_a_scenario_may_not_change(tree: dict[str, Any], key: str) -> None:
    tree["scenarios"] = {"bold": {key: {}}}
    (problem,) = refused(tree)
    assert problem.startswith(f"scenarios.bold.{key}: a scenario ") or key == "scenarios"
    assert "scenarios.bold." + key in problem


@pytest.mark.parametrize("kind", ["services", "schemes", "parties", "arrangements"])
def test_a_scenario_adds_nothing(tree: dict[str, Any], kind: str) -> None:
    tree["scenarios"] = {"bold": {kind: {"another": {}}}}
    (problem,) = refused(tree)
    assert f"scenarios.bold.{kind}.another: a scenario may not add" in problem
