"""Who pays, what is covered and what a population segment grows by, where the study leaves it out."""

from typing import Any

import pytest

from simengine.study.defaults import arrangement_parties, covered_lines, payer_of, payers_of, residual_of, segment_growth, unearned_to
from simengine.study.growth import SegmentGrowth
from simengine.study.load import Study
from simengine.study.walk import numbers

pytestmark = pytest.mark.unit


@pytest.fixture
def place(minimal: dict[str, Any]) -> dict[str, Any]:
    minimal["parties"]["holder"] = {"role": "provider"}
    minimal["services"]["beds"] = {"provider": "acute", "spend": 12}
    scope = {"emergency": {"from": 2}, "beds": {"to": 2}}
    minimal["budgets"] = {"whole": {"commissioner": "ccg", "holder": "holder", "services": scope, "value": "plan"}}
    minimal["arrangements"] = {"deal": {"baseline": "budget", "budget": "whole", "gain_share": {"holder": 0.5, "acute": 0.2}}}
    return minimal


def test_the_holder_pays_in_the_years_in_scope(place: dict[str, Any]) -> None:
    spec = Study.from_dict(place).spec
    assert payer_of(spec, "emergency") == "ccg"
    assert payers_of(spec, "emergency") == ("ccg", "holder", "holder")
    assert payers_of(spec, "beds") == ("holder", "holder", "ccg")
    assert unearned_to(spec.budgets["whole"]) == "ccg"


def test_a_budget_as_baseline_covers_its_lines_year_by_year(place: dict[str, Any]) -> None:
    spec = Study.from_dict(place).spec
    deal = spec.arrangements["deal"]
    assert covered_lines(spec, deal) == {"emergency": (False, True, True), "beds": (True, True, False)}
    assert (residual_of(spec, deal), arrangement_parties(spec, deal)) == ("ccg", ("ccg", "acute", "holder"))
    place["budgets"]["whole"]["services"] = ["emergency", "beds"]
    place["arrangements"]["deal"]["services"] = ["beds"]
    spec = Study.from_dict(place).spec
    assert covered_lines(spec, spec.arrangements["deal"]) == {"beds": (True, True, True)}


def test_a_line_may_be_in_two_contracts_in_different_years(place: dict[str, Any]) -> None:
    other = {"commissioner": "ccg", "holder": "acute", "services": {"emergency": {"to": 1}, "beds": {"from": 3}}, "value": "plan"}
    place["budgets"]["before"] = other
    assert payers_of(Study.from_dict(place).spec, "emergency") == ("acute", "holder", "holder")


def test_population_segments(minimal: dict[str, Any]) -> None:
    minimal["population"] = {"growth": 0.01, "segments": {"old": {"size": 100, "growth": 0.03}, "young": {"size": 900}}}
    minimal["services"]["emergency"]["growth"] = {"population": "old", "need": 0.01}
    study = Study.from_dict(minimal)
    growth = study.spec.services["emergency"].growth
    assert isinstance(growth, dict)
    assert growth["population"] == SegmentGrowth("old")
    assert (segment_growth(study.spec, "old"), segment_growth(study.spec, "young")) == (0.03, 0.01)
    assert "services.emergency.growth.population" not in {number.path for number in numbers(study.spec)}
    assert Study.from_dict(study.tree).digest == study.digest


def test_average_spend_is_no_driver(minimal: dict[str, Any]) -> None:
    minimal["population"] = {"size": 1_000}
    update = {"all": {"value": "average_spend"}}
    budget = {"commissioner": "ccg", "holder": "acute", "services": ["emergency"], "value": "plan", "population_update": update}
    minimal["budgets"] = {"whole": budget}
    assert all(number.value != "average_spend" for number in numbers(Study.from_dict(minimal).spec))


def test_records_and_texts_are_not_part_of_the_identity(minimal: dict[str, Any]) -> None:
    before = Study.from_dict(minimal).digest
    minimal["risks"] = {"staff": {"likelihood": 3, "impact": 4}}
    minimal["checks"] = {"total": 60}
    minimal["services"]["emergency"]["need"] = "frailty"
    assert Study.from_dict(minimal).digest == before
