"""What is refused, or has to be thought of, when a study that reads well is laid out."""

import copy
from typing import Any

import numpy as np
import pytest

from simengine.engine.plan import prepare
from simengine.engine.simulate import Settings, simulate
from simengine.errors import StudyError
from simengine.study.load import Study

pytestmark = pytest.mark.unit

TREE: dict[str, Any] = {
    "horizon": {"base": 2024, "years": 3},
    "money": {"unit": "GBP k"},
    "parties": {"payer": {"role": "commissioner"}, "trust": {"role": "provider"}, "other": {"role": "provider"}},
    "services": {"beds": {"provider": "trust", "activity": 1000, "price": 500}},
    "schemes": {
        "home": {
            "effects": {"beds": {"impact": 0.1}},
            "costs": {"team": {"approach": "reinvestment", "share": 0.6}},
        }
    },
    "arrangements": {
        "deal": {"services": ["beds"], "baseline": "plan", "plan_includes_schemes": 0.0, "gain_share": {"payer": 0.5, "trust": 0.5}}
    },
}


def changed(**scenario: Any) -> Study:
    tree = copy.deepcopy(TREE)
    tree["scenarios"] = {"changed": scenario}
    return Study.from_dict(tree)


@pytest.mark.parametrize(
    "terms", [{"gain_share": {"payer": 0.5, "trust": 0.4, "other": 0.1}}, {"residual": "other"}], ids=["a new member", "another residual"]
)
def test_a_scenario_may_not_change_who_is_a_party_of_an_arrangement(terms: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match=r"scenarios\.changed\.arrangements: a scenario may not change who is a party of an arrangement"):
        prepare(changed(arrangements={"deal": terms}), ("changed",))


def test_a_scheme_that_a_scenario_switches_on_costs_what_it_would_have_cost() -> None:
    tree = copy.deepcopy(TREE)
    always = prepare(Study.from_dict(tree)).plan["scheme_cost"]
    tree["schemes"]["home"]["enabled"] = False
    tree["scenarios"] = {"on": {"schemes": {"home": {"enabled": True}}}}
    ready = prepare(Study.from_dict(tree), ("on",))
    assert (ready.plan["scheme_cost"] == 0.0).all()
    done = simulate(ready, 1, Settings(16, 1, "sobol", 1), ("scheme_cost",), lambda draws: None)
    cost = done.detail[done.detail_row[ready.layout.detail_rows("scheme_cost")]][..., 0]
    assert (always > 0.0).all()
    np.testing.assert_allclose(cost, always, rtol=1e-15)


def test_a_plan_that_is_no_number_is_refused_with_its_place() -> None:
    tree = copy.deepcopy(TREE)
    tree["services"]["beds"]["segments"] = {"none": {"share": 0.0}}
    tree["schemes"]["home"]["effects"]["beds"] = {"impact": 5, "impact_is": "units", "segment": "none"}
    with pytest.raises(StudyError, match=r"services\.beds: its planned activity is not a finite number"):
        prepare(Study.from_dict(tree))


def test_a_baseline_of_nothing_is_refused() -> None:
    tree = copy.deepcopy(TREE)
    tree["arrangements"]["deal"] = {
        "services": ["beds"],
        "baseline": "explicit",
        "baseline_value": [500, 0, 500],
        "gain_share": {"trust": 0.5},
    }
    with pytest.raises(StudyError, match=r"arrangements\.deal: the baseline of 2026 must be above 0"):
        prepare(Study.from_dict(tree))


def test_volatility_falls_with_the_population_of_a_scenario() -> None:
    tree = copy.deepcopy(TREE)
    tree["population"] = {"size": 10_000}
    tree["services"]["beds"]["volatility"] = {"cv_ref": 0.05}
    tree["scenarios"] = {"fourfold": {"population": {"size": 40_000}}}
    ready = prepare(Study.from_dict(tree), ("fourfold",))
    spreads = []
    for scenario in (0, 1):
        done = simulate(ready, scenario, Settings(4096, 1, "sobol", 1), ("activity_do_nothing",), lambda draws: None)
        spreads.append(done.detail[done.detail_row[ready.layout.detail_rows("activity_do_nothing")]][0, 0].std())
    assert spreads[0] / 1000 == pytest.approx(0.05, rel=0.02)
    assert spreads[1] / spreads[0] == pytest.approx(0.5, rel=0.02)


def test_draws_of_several_segments_that_cannot_all_be_reduced_are_counted() -> None:
    tree = copy.deepcopy(TREE)
    tree["services"]["beds"]["segments"] = {name: {"share": {"dist": "uniform", "min": 0.3, "max": 0.7}} for name in ("young", "old")}
    tree["schemes"]["home"]["effects"] = {name: {"impact": 0.999, "service": "beds", "segment": name} for name in ("young", "old")}
    done = simulate(prepare(Study.from_dict(tree)), 0, Settings(4096, 1, "sobol", 1), (), lambda draws: None)
    assert 0.45 < done.clipped / 4096 < 0.55
