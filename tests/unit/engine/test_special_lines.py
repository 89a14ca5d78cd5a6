"""Lines that schemes reprice, refill or make cheaper, and marginal bands: small cases by hand (docs/model-notes.md, 21 to 26)."""

import copy
import math
from typing import Any

import numpy as np
import pytest

import simengine

pytestmark = pytest.mark.unit

YEARS = 3
STUDY: dict[str, Any] = {
    "horizon": {"base": 2020, "years": YEARS},
    "money": {"unit": "GBP"},
    "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}, "home": {"role": "provider"}},
    "services": {
        "visits": {"provider": "home", "activity": 5000, "price": 20, "variable_share": 1},
        "stays": {"provider": "acute", "activity": 1000, "price": 100, "variable_share": 1},
    },
    "schemes": {"care": {"ramp": [0.5, 1.0, 1.0], "effects": {"stays": {"impact": 0.1}}}},
}
RAMP = np.array([0.5, 1.0, 1.0])


def study(change: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(STUDY)
    merge(made, change)
    return made


def merge(into: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def run(change: dict[str, Any]) -> Any:
    """One draw of a study without drivers; draws and plan must agree."""
    made = simengine.Study.from_dict(study(change))
    found = simengine.run(made, draws=16, store="all").isel(draw=0, scenario=0)
    for name in ("activity", "spend", "gross_saving", "payment", "provider_cost", "scheme_saving", "party_position", "net_position"):
        np.testing.assert_allclose(found[name], found[f"plan_{name}"], rtol=1e-12, atol=1e-9)
    total = float(found["party_position"].sum() - found["net_position"].sum())
    assert abs(total) < 1e-6
    return found


def of(found: Any, variable: str, service: str) -> np.ndarray:
    return np.asarray(found[variable].sel(service=service))


def test_a_shift_adds_to_its_target_at_the_target_s_price() -> None:
    found = run({"schemes": {"care": {"effects": {"stays": {"shift": {"visits": 4}}}}}})
    moved = 1000 * 0.1 * RAMP
    np.testing.assert_allclose(of(found, "activity", "stays"), 1000 - moved)
    np.testing.assert_allclose(of(found, "activity", "visits"), 5000 + 4 * moved)
    np.testing.assert_allclose(of(found, "gross_saving", "visits"), -4 * moved * 20)
    np.testing.assert_allclose(found["scheme_saving"].sel(scheme="care"), moved * 100 - 4 * moved * 20)
    np.testing.assert_allclose(of(found, "payment", "visits"), (5000 + 4 * moved) * 20)


def test_two_effects_on_a_segment_move_their_parts_by_the_log_mean_rule() -> None:
    more = {"schemes": {"other": {"effects": {"stays": {"impact": 0.5, "shift": {"visits": 2}}}}, "care": {"ramp": 1}}}
    found = run(more)
    parts = np.array([-math.log(0.9), -math.log(0.5)])
    moved = 1000 * (1 - 0.9 * 0.5) * parts[1] / parts.sum()
    np.testing.assert_allclose(of(found, "activity", "visits"), 5000 + 2 * moved)
    saved = 1000 * 100 * 0.55 * parts / parts.sum()
    np.testing.assert_allclose(found["scheme_saving"].sel(scheme="other"), saved[1] - 2 * moved * 20)
    np.testing.assert_allclose(found["scheme_saving"].sel(scheme="care"), saved[0])


def test_what_is_shifted_in_is_not_shifted_again() -> None:
    chain = {"schemes": {"care": {"effects": {"stays": {"shift": {"visits": 4}}, "visits": {"impact": 0.2, "shift": {"stays": 0.1}}}}}}
    found = run(chain)
    first, second = 1000 * 0.1 * RAMP, 5000 * 0.2 * RAMP
    np.testing.assert_allclose(of(found, "activity", "visits"), 5000 - second + 4 * first)
    np.testing.assert_allclose(of(found, "activity", "stays"), 1000 - first + 0.1 * second)


def test_an_effect_on_price_saves_at_price_and_moves_no_activity() -> None:
    found = run({"schemes": {"care": {"effects": {"stays": {"acts_on": "price"}}}}})
    left = 1 - 0.1 * RAMP
    np.testing.assert_allclose(of(found, "activity", "stays"), 1000.0)
    np.testing.assert_allclose(of(found, "spend", "stays"), 1000 * 100 * left)
    np.testing.assert_allclose(of(found, "payment", "stays"), 1000 * 100 * left)
    np.testing.assert_allclose(of(found, "provider_cost", "stays"), 1000 * 100.0)
    np.testing.assert_allclose(found["scheme_saving"].sel(scheme="care"), 1000 * 100 * 0.1 * RAMP)


def test_activity_and_price_compound_on_spend() -> None:
    both = {"schemes": {"cheap": {"effects": {"stays": {"impact": 0.2, "acts_on": "price"}}}, "care": {"ramp": 1}}}
    found = run(both)
    np.testing.assert_allclose(of(found, "activity", "stays"), 900.0)
    np.testing.assert_allclose(of(found, "spend", "stays"), 1000 * 100 * 0.9 * 0.8)
    np.testing.assert_allclose(found["scheme_saving"].sum("scheme"), 1000 * 100 * (1 - 0.9 * 0.8))
    share = -math.log(0.9) / -math.log(0.72)
    np.testing.assert_allclose(found["scheme_saving"].sel(scheme="care"), 1000 * 100 * 0.28 * share)


def test_an_effect_on_unit_cost_is_the_provider_s_and_no_saving() -> None:
    found = run({"schemes": {"care": {"effects": {"stays": {"acts_on": "unit_cost"}}}}})
    np.testing.assert_allclose(of(found, "gross_saving", "stays"), 0.0)
    np.testing.assert_allclose(of(found, "payment", "stays"), 1000 * 100.0)
    np.testing.assert_allclose(of(found, "provider_cost", "stays"), 1000 * 100 * (1 - 0.1 * RAMP))
    np.testing.assert_allclose(of(found, "cost_released", "stays"), 1000 * 100 * 0.1 * RAMP)
    np.testing.assert_allclose(found["net_benefit"], 1000 * 100 * 0.1 * RAMP)


def test_fixed_cost_of_a_target_is_released_and_taken_on_over_years() -> None:
    fixed = {
        "services": {"visits": {"fixed_share": 0.5, "release_years": 2}},
        "schemes": {"care": {"effects": {"stays": {"shift": {"visits": 4}}}}},
    }
    found = run(fixed)
    added = 4 * 100 * RAMP
    gaps = -added
    released = np.array([0.0, gaps[0] / 2, (gaps[0] + gaps[1]) / 2])
    np.testing.assert_allclose(of(found, "provider_cost", "visits"), 20 * (0.5 * (5000 + added) + 0.5 * (5000 - released)))


def test_marginal_bands_pay_a_share_of_what_is_above_plan() -> None:
    """The 70 % rule: growth above the planned payment is paid at 70 %."""
    bands = {
        "services": {
            "stays": {
                "payment_baseline": 100_000,
                "growth": 0.1,
                "marginal_bands": {
                    "above": {"side": "above", "from": 0.0, "share": 0.7},
                    "far": {"side": "above", "from": 0.15, "share": 0.2},
                },
            }
        },
        "schemes": {"care": {"enabled": False}},
    }
    found = run(bands)
    value = 100_000 * 1.1 ** np.arange(1, 4)
    above = value / 100_000 - 1
    paid = 100_000 * (1 + 0.7 * np.minimum(above, 0.15) + 0.2 * np.maximum(above - 0.15, 0))
    np.testing.assert_allclose(of(found, "payment", "stays"), paid)


def test_qipp_lowers_spend_by_just_the_amount_achieved() -> None:
    qipp = {
        "qipp": {"q": {"service": "stays", "amount": 5000, "achieved": 0.8}},
        "services": {"stays": {"growth": 0.05}},
        "schemes": {"care": {"enabled": False}},
    }
    found = run(qipp)
    np.testing.assert_allclose(of(found, "spend_do_nothing", "stays"), 100_000 * 1.05 ** np.arange(1, 4) - 4000)


def test_conversion_of_the_current_year() -> None:
    converted = {
        "services": {
            "stays": {"conversion": {"inflation": 0.02, "efficiency": 0.01, "growth": 0.03}},
            "drugs": {
                "provider": "acute",
                "spend": 1000,
                "conversion": {"inflation": 0.05, "growth": 0.01, "service_investment": 50, "one_off": -20},
            },
        },
        "schemes": {"care": {"enabled": False}},
    }
    found = run(converted)
    np.testing.assert_allclose(of(found, "spend_do_nothing", "stays"), 1000 * 1.03 * 100 * 1.02 * 0.99)
    np.testing.assert_allclose(of(found, "spend_do_nothing", "drugs"), 1000 * 1.05 * 1.01 + 30)


def test_reinvestment_of_actual_savings_follows_the_draw() -> None:
    actual = {
        "schemes": {
            "care": {
                "delivery": {"dist": "uniform", "min": 0.2, "max": 1.0, "plan": 1.0},
                "costs": {"team": {"approach": "reinvestment", "share": 0.6, "of": "actual", "ramp": 0.5}},
            }
        }
    }
    made = simengine.Study.from_dict(study(actual))
    found = simengine.run(made, draws=64, store="all").isel(scenario=0)
    np.testing.assert_allclose(found["scheme_cost"], 0.6 * 0.5 * found["scheme_saving"], rtol=1e-12)
    np.testing.assert_allclose(found["plan_scheme_cost"], 0.6 * 0.5 * found["plan_scheme_saving"], rtol=1e-12)
    saved = float(found["gross_saving"].isel(draw=3).sum() - found["scheme_cost"].isel(draw=3).sum())
    assert float(found["net_saving"].isel(draw=3).sum()) == pytest.approx(saved)


def test_a_scheme_that_adds_activity_reinvests_nothing() -> None:
    costs = {"costs": {"team": {"approach": "reinvestment", "share": 0.6, "of": "actual"}}, "effects": {"stays": {"impact": -0.1}}}
    found = run({"schemes": {"care": costs}})
    np.testing.assert_allclose(found["scheme_cost"], 0.0)


def test_population_by_segment() -> None:
    people = {
        "population": {"growth": 0.01, "segments": {"old": {"size": 200, "growth": 0.03}, "young": {"size": 800}}},
        "services": {"stays": {"growth": {"population": "old"}}, "visits": {"growth": {"population": True}}},
        "schemes": {"care": {"enabled": False}},
    }
    found = run(people)
    years = np.arange(1, 4)
    np.testing.assert_allclose(of(found, "activity", "stays"), 1000 * 1.03**years)
    np.testing.assert_allclose(of(found, "activity", "visits"), 5000 * (200 * 1.03**years + 800 * 1.01**years) / 1000)
