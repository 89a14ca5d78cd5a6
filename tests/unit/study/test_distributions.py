"""Distributions as a study writes them: nested, truncated, by year, and with draws that their field does not allow."""

import datetime
from typing import Any

import pytest

from simengine.distributions import tables
from simengine.errors import StudyError
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


def problems(minimal: dict[str, Any], **funding: Any) -> list[tuple[str, str]]:
    minimal["parties"]["more"] = {"role": "funder", "funding": funding}
    with pytest.raises(StudyError) as caught:
        Study.from_dict(minimal)
    return [(problem.path, problem.rule) for problem in caught.value.problems]


def test_what_cannot_be_tabulated_is_a_problem_of_the_study(minimal: dict[str, Any]) -> None:
    """The incomplete beta function of 10^9 and 10^9 has too few right digits for a table of 1e-10."""
    found = problems(minimal, dist="negative_binomial", mean=1e9, size=1e9, lower=9.999e8, upper=1e9)
    assert [path for path, _ in found] == ["parties.more.funding"]
    assert "changes too abruptly to be tabulated: give its parts larger spreads" in found[0][1]


def test_too_many_counts_beside_a_belief_are_a_problem_of_the_study(minimal: dict[str, Any]) -> None:
    experts = [{"dist": "normal", "mean": 9e5, "sd": 1e5}, {"dist": "negative_binomial", "mean": 1e6, "size": 50}]
    ((path, rule),) = problems(minimal, dist="pool", experts=experts)
    assert path == "parties.more.funding.experts.1"
    assert "possible values beside values that are no counts; at most 32768 can be drawn one by one: give the count as gamma" in rule


def test_the_table_of_the_check_is_that_of_the_run(minimal: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain family is not tabulated by a check, a cut one is, and once."""
    made: list[str] = []
    build = tables.build
    monkeypatch.setattr(tables.Tables.encode, "__defaults__", (lambda dist, given: made.append(dist) or build(dist, given),))
    growth(minimal, dist="lognormal", mean=0.0123, sd=0.001)
    assert made == []
    cut = {"dist": "lognormal", "mean": 0.0123, "sd": 0.001, "upper": 0.0151}
    growth(minimal, **cut)
    growth(minimal, **cut)
    assert made == ["lognormal"]
