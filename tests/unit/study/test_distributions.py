"""Distributions as a study writes them: nested, truncated, by year, and with draws that their field does not allow."""

import datetime
from typing import Any

import pytest

from simengine.study.load import Study
from simengine.study.numbers import Component, Uncertain
from simengine.study.plan import built_per_year, written_per_year, yearly_parameters

pytestmark = pytest.mark.unit


def growth(minimal: dict[str, Any], **table: Any) -> Study:
    minimal["services"]["emergency"]["growth"] = table
    return Study.from_dict(minimal)


def test_nested_distributions_are_kept_as_they_are_written(minimal: dict[str, Any]) -> None:
    inner = {"dist": "pool", "experts": [{"dist": "normal", "mean": 0.02, "sd": 0.01, "lower": 0}, 0.03], "weights": [0.5, 0.5]}
    study = growth(minimal, dist="event", probability=[0.1, 0.2, 0.3], impact=inner)
    found = study.spec.services["emergency"].growth
    normal = Component("normal", {"mean": 0.02, "sd": 0.01, "lower": 0.0})
    assert isinstance(found, Uncertain)
    assert found.parameters == {
        "probability": (0.1, 0.2, 0.3),
        "impact": Component("pool", {"experts": (normal, 0.03), "weights": (0.5, 0.5)}),
    }
    assert yearly_parameters(found) == {"probability": (0.1, 0.2, 0.3)}
    assert [one[1]["probability"] for one in written_per_year(found, 3)] == [0.1, 0.2, 0.3]
    assert written_per_year(found, 3)[0][1]["impact"]["experts"][0] == {"dist": "normal", "mean": 0.02, "sd": 0.01, "lower": 0.0}


def test_a_truncation_may_change_by_year() -> None:
    uncertain = Uncertain("uniform", {"min": 0.0, "max": 1.0, "lower": (0.0, 0.5)})
    assert [one.support() for one in built_per_year(uncertain, 2)] == [(0.0, 1.0), (0.5, 1.0)]


@pytest.mark.parametrize("date", [datetime.date(2024, 3, 31), "2024-03-31"])
def test_a_date_is_a_date_or_iso_text(minimal: dict[str, Any], date: object) -> None:
    found = growth(minimal, dist="uniform", min=0, max=0.1, date=date).spec.services["emergency"].growth
    assert isinstance(found, Uncertain)
    assert found.date == "2024-03-31"


def warnings(study: Study) -> list[tuple[str, str]]:
    return [(warning.path, warning.rule) for warning in study.warnings]


def test_draws_outside_what_a_field_allows_are_warned_of(minimal: dict[str, Any]) -> None:
    line = minimal["services"]["emergency"]
    line["fixed_share"] = {"dist": "normal", "mean": 0.9, "sd": 0.1}
    rule = "about 16 % of its draws fall above 1, which a share cannot be: cut it with upper = 1, or check its spread"
    assert warnings(Study.from_dict(minimal)) == [("services.emergency.fixed_share", rule)]
    # 3.5 standard deviations below 1: 0.02 % of the draws
    line["fixed_share"] = {"dist": "normal", "mean": 0.65, "sd": 0.1}
    assert Study.from_dict(minimal).warnings == ()


def test_a_declared_driver_is_warned_of_where_it_is_declared(minimal: dict[str, Any]) -> None:
    minimal["drivers"] = {"part": {"dist": "normal", "mean": 0.5, "sd": 0.3}}
    minimal["services"]["emergency"] |= {"fixed_share": "part", "variable_share": "part", "plan_includes_schemes": 1}
    (warning,) = Study.from_dict(minimal).warnings
    assert warning.path == "drivers.part"
    assert "cut it with lower = 0 and upper = 1" in warning.rule


def test_a_scenario_is_warned_of_too(minimal: dict[str, Any]) -> None:
    minimal["scenarios"] = {"bold": {"services": {"emergency": {"fixed_share": {"dist": "normal", "mean": 0.9, "sd": 0.1}}}}}
    assert [path for path, _ in warnings(Study.from_dict(minimal))] == ["scenarios.bold.services.emergency.fixed_share"]


def test_values_at_the_bound_are_allowed(minimal: dict[str, Any]) -> None:
    minimal["services"]["emergency"]["fixed_share"] = {"dist": "bernoulli", "p": 0.5}
    assert Study.from_dict(minimal).warnings == ()
