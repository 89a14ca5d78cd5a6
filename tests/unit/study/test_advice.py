"""Warnings that a good analyst would give: each on a study that earns it, and none on one that does not."""

from typing import Any

import pytest

from simengine.study.load import Study

pytestmark = pytest.mark.unit

BASE: dict[str, Any] = {
    "horizon": {"base": "2015/16", "years": 5},
    "money": {"unit": "GBP m"},
    "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}, "community": {"role": "provider"}},
}
BEDS = {"provider": "acute", "activity": 1_000, "price": 5_000}
DEAL = {"services": ["beds"], "baseline": "plan", "plan_includes_schemes": 1, "gain_share": {"acute": 0.5}}
BUDGET = {"commissioner": "ccg", "holder": "community", "services": ["beds"], "value": "plan", "plan_includes_schemes": 1}


def spend(value: float, provider: str = "acute", **more: Any) -> dict[str, Any]:
    return {"provider": provider, "spend": value, **more}


def warnings(**tables: Any) -> dict[str, str]:
    study = Study.from_dict({**BASE, "services": {"beds": BEDS}, **tables})
    return {warning.path: warning.rule for warning in study.warnings}


def line(**keys: Any) -> dict[str, str]:
    return warnings(services={"beds": {**BEDS, **keys}})


def scheme(*effects: dict[str, Any], services: dict[str, Any] | None = None, **tables: Any) -> dict[str, str]:
    schemes = {f"scheme_{at}": {"effects": {"one": {"service": "beds", **effect}}} for at, effect in enumerate(effects, start=1)}
    return warnings(services=services or {"beds": BEDS}, schemes=schemes, **tables)


# ---- totals


def acute(**lines: float) -> dict[str, Any]:
    return {name: spend(value) for name, value in lines.items()}


def test_a_subtotal_among_the_lines() -> None:
    lines = acute(non_elective=110, elective=132, outpatients=105, emergency=22.5, total_acute=369.5)
    found = warnings(services={**lines, "gp": spend(100, "community")})
    assert found == {
        "services.total_acute": "its base-year spend is the sum of 4 others (non_elective, elective, outpatients, emergency): "
        "is it their subtotal, so that they are counted twice?"
    }
    assert list(warnings(services={"all": spend(369.5), **acute(non_elective=110, elective=132, outpatients=105, emergency=22.5)})) == [
        "services.all"
    ]


def test_a_sum_by_chance_is_no_subtotal() -> None:
    assert warnings(services=acute(one=10, two=20, three=30)) == {}
    assert warnings(services=acute(one=10.1, two=20.2, three=30.4)) == {}


def test_a_printed_total_counts_a_part_twice() -> None:
    lines = {**acute(non_elective=110, elective=132), "community_care": spend(90, "community"), "gp": spend(55, "community")}
    found = warnings(services=lines, checks={"total_spend": 629})
    assert found == {
        "checks.total_spend": "the lines sum to 387, which is 242 less than the printed 629: "
        "as much as all lines of the provider acute, counted twice or left out"
    }
    assert warnings(services=lines, checks={"total_spend": 477})["checks.total_spend"].endswith(
        "as much as community_care, counted twice or left out"
    )
    assert warnings(services=lines, checks={"total_spend": 387, "acute": {"services": ["elective", "non_elective"], "spend": 242}}) == {}


@pytest.mark.parametrize(
    ("printed", "rule"),
    [
        (7.7, None),
        (8, None),
        (7.8, "the lines sum to 7.7, which is 0.1 less than the printed 7.8 (rounding of the lines alone could explain it)"),
        (7, "the lines sum to 7.7, which is 0.7 more than the printed 7 (rounding of the lines alone could explain it)"),
        (11.1, "the lines sum to 7.7, which is 3.4 less than the printed 11.1"),
    ],
)
def test_printed_totals_within_the_rounding_of_their_digits(printed: float, rule: str | None) -> None:
    found = warnings(services=acute(one=2.6, two=2.9, three=2.2), checks={"ics": printed})
    assert found.get("checks.ics") == rule


# ---- figures


def test_weights_that_do_not_sum_to_one() -> None:
    rule = "the weights sum to 0.9, not to 1: the rest of the cost has no inflation"
    inflation = {"pay": 0.02, "other": 0.01}
    lines = {"beds": {**BEDS, "cost_weights": {"pay": 0.7, "other": 0.2}}, "gp": spend(10, cost_weights="ward")}
    found = warnings(services=lines, inflation=inflation, cost_weights={"ward": {"pay": 0.5, "other": 0.4}})
    assert found == {"services.beds.cost_weights": rule, "cost_weights.ward": rule}


def test_segments_that_are_nearly_the_whole() -> None:
    found = line(segments={"old": {"share": 0.33}, "middle": {"share": 0.33}, "young": {"share": 0.33}})
    assert found == {"services.beds.segments": "the shares sum to 0.99, not to 1: are they meant to be the whole line?"}
    assert line(segments={"old": {"share": 0.3}, "young": {"share": 0.3}}) == {}


def test_improvement_weights_that_are_shares_of_one_another() -> None:
    elements = {"waits": {"weight": 0.5, "score": 0.9}, "falls": {"weight": 0.5, "score": 0.9}}
    found = warnings(budgets={"home": {**BUDGET, "improvement_payments": elements}})
    rule = "the weights sum to 1, and they are shares of the whole budget, not of one another: about 0.025 is usual"
    assert found == {"budgets.home.improvement_payments": rule}


@pytest.mark.parametrize(
    ("rates", "year"),
    [
        ([0.02, 0.02, 0.2, 0.02, 0.02], 3),
        ([0.02, 0.025, 0.03, 0.022, -0.03], 5),
        ([0.019, 0.019, 0.019, 0.019, 0.018], None),
        ([0.033, 0.020, 0.016, 0.016, 0.029], None),
        ([0.056, 0.053, 0.053, 0.054, 0.064], None),
    ],
)
def test_a_rate_out_of_pattern(rates: list[float], year: int | None) -> None:
    found = line(growth=rates)
    assert list(found) == ([] if year is None else ["services.beds.growth"])
    assert all(f"year {year} is out of pattern" in rule for rule in found.values())


def test_a_spend_out_of_pattern() -> None:
    even = [round(110 * 1.05**year) for year in range(1, 6)]
    assert warnings(services={"beds": {"provider": "acute", "spend_by_year": even}}) == {}
    found = warnings(services={"beds": {"provider": "acute", "spend_by_year": [118, *even[1:]]}})
    assert found == {"services.beds.spend_by_year": "year 1 is out of pattern: 118, where the growth of the other years gives 115.2"}


def test_a_base_year_off_its_history() -> None:
    found = line(history=[900, 910, 890, 905])
    assert list(found) == ["services.beds.history"]
    assert "standard deviations above its history (mean 901.25): is it a year like others?" in found["services.beds.history"]
    assert line(history=[980, 1_010, 990]) == {}
    assert "which is even" in line(history=[900, 900, 900])["services.beds.history"]


# ---- growth

POPULATION = {"size": 1_000, "growth": [0.01, 0.01, 0.01, 0.01, 0.012]}


@pytest.mark.parametrize(
    ("factor", "value", "reason"),
    [
        ("demand", "mental_health_activity", "is activity growth that holds growth of the population already"),
        ("list_growth", 0.003, "is a factor of the list by its name"),
        ("demand", {"dist": "uniform", "min": 0.0, "max": 0.01, "risk": "population"}, 'is a driver with risk = "population"'),
        ("demand", [0.01, 0.01, 0.01, 0.01, 0.012], "has the growth of the list as its plan"),
        ("demographic", 0.01, None),
    ],
)
def test_population_counted_twice(factor: str, value: Any, reason: str | None) -> None:
    lines = {"beds": {**BEDS, "growth": {"population": True, factor: value}}}
    found = warnings(services=lines, population=POPULATION, assumptions="wpb_2016")
    end = ", and population is a factor of its own: is the list counted twice?"
    assert found == ({} if reason is None else {f"services.beds.growth.{factor}": reason + end})
    assert warnings(services={"beds": {**BEDS, "growth": {factor: value}}}, population=POPULATION, assumptions="wpb_2016") == {}


def test_inflation_counted_twice() -> None:
    lines = {"beds": {**BEDS, "growth": "continuing_care_cost", "cost_weights": "hospital_and_community"}}
    assert warnings(services=lines, assumptions="wpb_2016") == {
        "services.beds.growth": "is growth of total cost, so it holds price changes already, and the line has cost_weights as well"
    }
    own = {"continuing_care_cost": [0.03] * 5}
    assert warnings(services=lines, assumptions="wpb_2016", drivers=own) == {}


def test_segments_leave_the_growth_of_the_list_without_use() -> None:
    population = {"growth": 0.01, "segments": {"old": {"size": 100, "growth": 0.02}, "young": {"size": 900, "growth": 0.0}}}
    assert list(warnings(population=population)) == ["population.growth"]


# ---- schemes


def test_activity_multiplied_in_twice() -> None:
    segments = {"beds": {**BEDS, "segments": {"frail": {"share": 0.1}}}}
    found = scheme({"segment": "frail", "impact": 400, "impact_is": "units"}, services=segments)
    rule = "is more than the planned activity that it acts on, 100: is the activity multiplied in already?"
    assert found["schemes.scheme_1.effects.one.impact"] == rule
    assert scheme({"segment": "frail", "impact": 40, "impact_is": "units"}, services=segments) == {}
    money = scheme({"impact": 30, "impact_is": "money"})
    assert money == {
        "schemes.scheme_1.effects.one.impact": "is more than the planned spend that it acts on, 5: is the activity multiplied in already?"
    }
    squared = line(price=120_000, unit_cost=120)
    assert squared == {"services.beds.price": "is activity times unit cost: spend would be activity multiplied in twice"}


def test_effects_that_add_to_more_than_the_line() -> None:
    found = scheme({"impact": 0.6}, {"impact": 0.5})
    assert found == {
        "services.beds": "the effects of schemes (scheme_1, scheme_2) add up to 110% of the line by the last year: "
        "together they cannot save that much"
    }
    assert scheme({"impact": 0.5}, {"impact": 0.4}) == {}
    assert scheme({"impact": 0.6}, {"impact": 0.5, "acts_on": "unit_cost"}) == {}


def test_effects_that_add_to_more_than_a_segment() -> None:
    segments = {"beds": {**BEDS, "segments": {"frail": {"share": 0.1}}}}
    found = scheme({"segment": "frail", "impact": 0.7}, {"segment": "frail", "impact": 0.6}, services=segments)
    rule = "the effects on it (scheme_1, scheme_2) add up to 130% of it by the last year: they compound, so less is saved"
    assert found == {"services.beds.segments.frail": rule}


def test_a_ramp_that_never_gets_there_adds_less() -> None:
    slow = {"impact": 0.6, "ramp": {"years": 10, "shape": "stepped"}}
    assert scheme(slow, slow) == {}


def test_cost_shifting() -> None:
    lines = {"beds": BEDS, "home": spend(3, "community")}
    effect = {"impact": 0.1, "shift": {"home": 100}}
    path = "schemes.scheme_1.effects.one.shift.home"
    end = "home is not: the saving counts there and the cost of the moved activity does not"
    assert scheme(effect, services=lines, arrangements={"deal": DEAL}) == {path: f"beds is in the arrangement deal and {end}"}
    assert scheme(effect, services=lines, budgets={"whole": BUDGET}) == {path: f"beds is in the budget whole and {end}"}
    shares = {**DEAL, "services": ["beds", "home"], "gain_share": {"acute": 0.5, "community": 0.2}}
    assert scheme(effect, services=lines, arrangements={"deal": shares}) == {}


def test_a_covered_line_mostly_outside_the_segment() -> None:
    segments = {"beds": {**BEDS, "segments": {"frail": {"share": 0.1}}}}
    found = scheme({"segment": "frail", "impact": 0.3}, services=segments, arrangements={"deal": DEAL})
    rule = "only 10% of beds is in the segments that schemes act on: most of what is shared on it is chance and growth"
    assert found == {"arrangements.deal.services.0": rule}
    assert scheme({"impact": 0.3}, services=segments, arrangements={"deal": DEAL}) == {}


def test_one_score_for_quality_and_improvement_payments() -> None:
    quality = {"drivers": {"waits": {"dist": "uniform", "min": 0.5, "max": 1.0}}}
    budget = {**BUDGET, "improvement_payments": {"waits": {"weight": 0.02, "score": "waits"}}}
    shares = {"baseline": "budget", "budget": "home", "gain_share": {"acute": 0.2, "community": 0.4}, "quality": {"score": "waits"}}
    found = warnings(**quality, budgets={"home": budget}, arrangements={"deal": shares})
    rule = "is the score of budgets.home.improvement_payments.waits as well: the same quality is paid for twice"
    assert found == {"arrangements.deal.quality.score": rule}


def test_reinvestment_of_actual_savings_hides_delivery_risk() -> None:
    schemes = {
        "care": {"effects": {"beds": {"impact": 0.1}}, "costs": {"team": {"approach": "reinvestment", "share": 0.5, "of": "actual"}}}
    }
    assert list(warnings(schemes=schemes)) == ["schemes.care.costs.team.of"]


def test_an_efficiency_programme_of_more_than_its_line() -> None:
    found = warnings(qipp={"estate": {"service": "beds", "amount": [1, 1, 6, 1, 1], "achieved": 0.9}})
    assert found == {"qipp.estate.amount": "is more than the planned spend of beds in year 3"}


# ---- budgets


def test_a_population_update_at_average_spend() -> None:
    budget = {**BUDGET, "population_update": {"all": {"value": "average_spend"}}}
    assert list(warnings(budgets={"home": budget}, population={"size": 1_000})) == ["budgets.home.population_update.all.value"]


@pytest.mark.parametrize("declared", [False, True])
def test_population_in_update_and_reset(declared: bool) -> None:
    growth = {"dist": "uniform", "min": 0.0, "max": 0.02}
    name = "births" if declared else "population.growth"
    budget = {**BUDGET, "population_update": {"all": {"value": 300}}, "resets": {"years": [3], "drivers": [name]}}
    lines = {"beds": {**BEDS, "growth": {"population": True}}}
    changes = {"drivers": {"births": growth}} if declared else {}
    found = warnings(
        budgets={"home": budget}, population={"size": 1_000, "growth": name if declared else growth}, services=lines, **changes
    )
    assert found["budgets.home.resets.drivers.0"] == "moves the population update already: its effect would be in the budget twice"


@pytest.mark.parametrize(("driver", "warned"), [("pay", True), ("services.beds.growth", False)])
def test_a_reset_by_prices_under_a_deal_at_planned_prices(driver: str, warned: bool) -> None:
    """Outturn is at planned prices (MODEL.md section 6), so inflation in the budget would look like a saving."""
    budget = {**BUDGET, "resets": {"years": [3], "drivers": [driver]}}
    lines = {"beds": {**BEDS, "growth": {"dist": "uniform", "min": 0.0, "max": 0.02}, "cost_weights": {"pay": 1.0}}}
    deal = {"baseline": "budget", "budget": "home", "gain_share": {"acute": 0.2, "community": 0.3}}
    pay = {"inflation": {"pay": "pay"}, "drivers": {"pay": {"dist": "uniform", "min": 0.01, "max": 0.04}}}
    rule = "moves prices, and the arrangement deal measures its outturn at planned ones: what prices add to the budget is a gain"
    expected = {"budgets.home.resets.drivers.0": rule} if warned else {}
    assert warnings(budgets={"home": budget}, services=lines, arrangements={"deal": deal}, **pay) == expected
    assert warnings(budgets={"home": budget}, services=lines, **pay) == {}


def test_faults_come_alone(minimal: dict[str, Any]) -> None:
    from simengine.errors import StudyError

    minimal["services"]["emergency"]["growth"] = [0.02, 0.02, 0.02]
    minimal["checks"] = {"all": 3}
    minimal["services"]["emergency"]["provider"] = "nobody"
    with pytest.raises(StudyError) as caught:
        Study.from_dict(minimal)
    assert [problem.path for problem in caught.value.problems] == ["services.emergency.provider"]
