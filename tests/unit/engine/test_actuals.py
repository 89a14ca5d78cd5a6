"""A contract under way: years that were observed and years that are simulated, by hand (docs/model-notes.md, 45 to 49)."""

import copy
from typing import Any

import numpy as np
import pytest

import simengine
from simengine.errors import SimulationError
from tests.unit.engine.test_special_lines import merge

pytestmark = pytest.mark.unit

YEARS = 5
#: 1,000 units at 100, growing by a tenth; a scheme that takes off 0, 10 and then 20 per cent. The first two years were observed.
STUDY: dict[str, Any] = {
    "horizon": {"base": 2020, "years": YEARS},
    "money": {"unit": "GBP"},
    "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}, "home": {"role": "provider"}},
    "services": {
        "care": {
            "provider": "acute",
            "activity": 1000,
            "price": 100,
            "growth": 0.1,
            "plan_includes_schemes": 0.0,
            "actual": {"activity": [1050.0, 1000.0]},
        }
    },
    "schemes": {"team": {"ramp": [0.0, 0.5, 1.0, 1.0, 1.0], "effects": {"care": {"impact": 0.2}}}},
    "arrangements": {
        "deal": {
            "services": ["care"],
            "baseline": "plan",
            "plan_includes_schemes": 0.0,
            "msr": 0.01,
            "msr_kind": "excess",
            "gain_share": {"acute": 0.5},
            "loss_share": {"acute": 0.5},
        }
    },
}
PLANNED = 1000 * 1.1 ** np.arange(1, YEARS + 1)


def study(change: dict[str, Any] | None = None) -> dict[str, Any]:
    made = copy.deepcopy(STUDY)
    merge(made, change or {})
    return made


def run(change: dict[str, Any] | None = None, *, draws: int = 64, sampler: str = "sobol") -> Any:
    """A run, of which the positions of all parties must add up to funding less cost in every draw."""
    found = simengine.run(simengine.Study.from_dict(study(change)), draws=draws, store="all", sampler=sampler).isel(scenario=0)
    costs = found["provider_cost"].sum("service") + (found["scheme_cost"] + found["investment"]).sum("scheme")
    assert np.allclose(found["party_position"].sum("party"), found["funding"].sum("party") - costs, rtol=1e-12, atol=1e-6)
    assert np.allclose(found["settlement"].sum("party"), 0.0, atol=1e-6)
    assert np.allclose(found["scheme_saving"].sum("scheme"), found["gross_saving"].sum("service"), rtol=1e-11, atol=1e-6)
    return found


def care(found: Any, variable: str) -> np.ndarray:
    return np.asarray(found[variable].sel(service="care"))


def test_two_years_observed_and_three_forecast_by_hand() -> None:
    found = run()
    # without the schemes: 1,050 as the scheme did nothing, 1,000 / 0.9; then 0.918274 of what was expected
    before = np.array([1050.0, 1111.111111, 1222.222222, 1344.444444, 1478.888889])
    after = np.array([1050.0, 1000.0, 977.777778, 1075.555556, 1183.111111])
    np.testing.assert_allclose(care(found, "activity_do_nothing")[0], before, rtol=1e-9)
    np.testing.assert_allclose(care(found, "activity")[0], after, rtol=1e-9)
    np.testing.assert_allclose(care(found, "gross_saving")[0], (before - after) * 100, rtol=1e-7, atol=1e-6)
    # the plan has seen none of it
    np.testing.assert_allclose(found["plan_activity_do_nothing"].sel(service="care"), PLANNED, rtol=1e-12)
    baseline = PLANNED * 100
    np.testing.assert_allclose(found["baseline"].isel(draw=0, arrangement=0), baseline, rtol=1e-12)
    gain = baseline - after * 100
    np.testing.assert_allclose(found["gain"].isel(draw=0, arrangement=0), gain, rtol=1e-7)
    # activity payment leaves the whole of the gain with the payer: the provider is paid its half of what is beyond 1 %
    np.testing.assert_allclose(
        found["settlement"].isel(draw=0, arrangement=0).sel(party="acute"), 0.5 * (gain - 0.01 * baseline), rtol=1e-7
    )


def test_nothing_is_left_to_chance_in_a_year_observed() -> None:
    noisy = {
        "growth": {"dist": "normal", "mean": 0.1, "sd": 0.05, "path": "independent"},
        "volatility": {"cv_floor": 0.1},
        "efficiency_required": {"dist": "uniform", "min": 0.0, "max": 0.04},
    }
    change = {"services": {"care": noisy}, "volatility": {"common": {"dist": "uniform", "min": 0.8, "max": 1.2, "path": "independent"}}}
    change["schemes"] = {"team": {"delivery": {"dist": "uniform", "min": 0.3, "max": 0.9}}}
    found = run(change, draws=256)
    for variable in ("activity",):
        assert np.ptp(care(found, variable)[:, :2]) == 50.0
    for variable in ("outturn", "gain", "pool"):
        assert (np.ptp(found[variable].isel(arrangement=0).values, axis=0)[:2] == 0.0).all()
        assert (np.ptp(found[variable].isel(arrangement=0).values, axis=0)[2:] > 100.0).all()
    assert (np.ptp(found["payout"].isel(arrangement=0).values, axis=0)[:2] == 0.0).all()
    # how much of it the scheme did is not known
    assert np.ptp(care(found, "activity_do_nothing")[:, 1]) > 10.0


def test_later_years_go_on_from_the_level_observed() -> None:
    growth = {"dist": "normal", "mean": 0.1, "sd": 0.05, "path": "independent"}
    common = {"dist": "uniform", "min": 0.8, "max": 1.2, "path": "independent"}
    delivery = {"dist": "uniform", "min": 0.3, "max": 0.9}
    change = {
        "services": {"care": {"growth": growth, "volatility": {"cv_floor": 0.1}}},
        "volatility": {"common": common},
        "schemes": {"team": {"delivery": delivery}},
    }
    found = run(change)
    drawn = {str(name): found["driver_path"].sel(path_driver=name).values for name in found["path_driver"].values}
    delivered = found["driver_value"].sel(driver="schemes.team.delivery").values
    rates, shock, noise = drawn["services.care.growth"], drawn["volatility.common"], drawn["services.care.volatility"]
    assert (noise[:, :2] == 1.0).all()
    assert np.ptp(noise[:, 2:]) > 0.3
    reduction = 0.2 * np.array([0.0, 0.5, 1.0, 1.0, 1.0]) * delivered[:, None]
    last = 1000.0 / (1 - reduction[:, 1])
    grown = last[:, None] * np.cumprod(1 + rates[:, 2:], axis=1)
    np.testing.assert_allclose(care(found, "activity_do_nothing")[:, 2:], grown * shock[:, 2:] * noise[:, 2:], rtol=1e-12)
    np.testing.assert_allclose(care(found, "activity_do_nothing")[:, 1], last, rtol=1e-14)


def test_an_observed_price_and_unit_cost_carry_on_in_proportion() -> None:
    rising = {"cost_weights": {"pay": 1.0}, "actual": {"price": [90.0, 99.0], "unit_cost": [80.0]}}
    found = run({"services": {"care": rising}, "inflation": {"pay": [0.0, 0.0, 0.1, 0.0, 0.5]}})
    price = np.array([90.0, 99.0, 99.0 * 1.1, 99.0 * 1.1, 99.0 * 1.65])
    np.testing.assert_allclose(care(found, "spend")[0] / care(found, "activity")[0], price, rtol=1e-12)
    cost = 80.0 * np.array([1.0, 1.0, 1.1, 1.1, 1.65])
    np.testing.assert_allclose(care(found, "provider_cost")[0] / care(found, "activity")[0], cost, rtol=1e-12)
    # required efficiency is 0: what is before it is paid in full
    np.testing.assert_allclose(care(found, "spend_pressure")[0], care(found, "spend_do_nothing")[0], rtol=1e-12)
    # and the plan is the plan to the last bit
    plain = run(
        {
            "services": {"care": {"cost_weights": {"pay": 1.0}, "actual": {"activity": [1.0]}}},
            "inflation": {"pay": [0.0, 0.0, 0.1, 0.0, 0.5]},
        }
    )
    for variable in ("spend_pressure", "payment", "provider_cost", "activity"):
        np.testing.assert_array_equal(found[f"plan_{variable}"], plain[f"plan_{variable}"])
    np.testing.assert_allclose(
        found["plan_payment"].sel(service="care"), found["plan_activity"].sel(service="care") * [100, 100, 110, 110, 165]
    )


def test_the_observed_spend_of_a_spend_line_is_spend_whatever_the_price() -> None:
    line = {
        "provider": "acute",
        "spend": 100000,
        "cost_weights": {"pay": 1.0},
        "plan_includes_schemes": 0.0,
        "actual": {"activity": [108000.0, 104000.0]},
    }
    change = {"inflation": {"pay": {"dist": "uniform", "min": 0.0, "max": 0.1, "path": "independent"}}}
    tree = study(change)
    tree["services"] = {"care": line}
    tree["schemes"]["team"]["effects"]["cheaper"] = {"service": "care", "acts_on": "price", "impact": 0.1}
    found = simengine.run(simengine.Study.from_dict(tree), draws=64, store="all").isel(scenario=0)
    np.testing.assert_allclose(care(found, "spend")[:, :2], [[108000.0, 104000.0]] * 64, rtol=1e-14)
    assert np.ptp(care(found, "activity")[:, 0]) > 1000.0


def test_what_is_shifted_in_is_no_part_of_what_was_there() -> None:
    change = {
        "services": {
            "visits": {"provider": "home", "activity": 5000, "price": 20, "actual": {"activity": [5100.0, 5300.0, 5200.0]}},
        },
        "schemes": {"team": {"effects": {"care": {"shift": {"visits": 2.0}}}}},
    }
    found = run(change)
    before = care(found, "activity_do_nothing")[0]
    moved = before * 0.2 * np.array([0.0, 0.5, 1.0, 1.0, 1.0])
    visits = found["activity_do_nothing"].sel(service="visits").isel(draw=0).values
    np.testing.assert_allclose(visits[:3], np.array([5100.0, 5300.0, 5200.0]) - 2 * moved[:3], rtol=1e-12)
    np.testing.assert_allclose(visits[3:], visits[2], rtol=1e-12)
    assert found["activity"].sel(service="visits").isel(draw=0).values[:3].tolist() == [5100.0, 5300.0, 5200.0]


def test_actuals_that_equal_the_plan_leave_the_plan() -> None:
    planned = run({"services": {"care": {"actual": {"activity": [1.0]}}}})["plan_activity"].sel(service="care").values
    found = run({"services": {"care": {"actual": {"activity": planned[:3].tolist()}}}})
    for variable in ("activity", "activity_do_nothing", "payment", "provider_cost", "gross_saving"):
        np.testing.assert_allclose(care(found, variable)[0], found[f"plan_{variable}"].sel(service="care"), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(found["settlement"].isel(draw=0), found["plan_settlement"], rtol=1e-9, atol=1e-6)


def test_capacity_is_released_from_what_was_observed() -> None:
    found = run({"services": {"care": {"fixed_share": 1.0, "release_years": 2}}})
    gap = PLANNED - care(found, "activity")[0]
    released = np.array([0.0, gap[0] / 2, (gap[0] + gap[1]) / 2, (gap[1] + gap[2]) / 2, (gap[2] + gap[3]) / 2])
    np.testing.assert_allclose(care(found, "provider_cost")[0], 100 * (PLANNED - released), rtol=1e-12)


@pytest.mark.parametrize("family", ["gamma", "poisson"])
def test_the_noise_of_a_count_is_about_the_level_observed(family: str) -> None:
    volatility = {"family": family} if family == "poisson" else {"family": family, "cv_floor": 0.05}
    found = run({"services": {"care": {"volatility": volatility, "actual": {"activity": [10.0]}}}}, draws=4096)
    last = care(found, "activity_do_nothing")[:, 1]
    if family == "poisson":
        np.testing.assert_allclose(last, np.round(last), atol=1e-9)
        assert np.std(last) == pytest.approx(np.sqrt(11.0), rel=0.03)
    assert np.mean(last) == pytest.approx(11.0, rel=0.02)


def test_a_draw_that_contradicts_what_was_observed_fails() -> None:
    whole = {"schemes": {"team": {"effects": {"care": {"impact": {"dist": "discrete", "values": [0.2, 1.0], "weights": [0.5, 0.5]}}}}}}
    with pytest.raises(SimulationError, match="32 of 64|50"):
        run({**whole, "schemes": {"team": {"ramp": 1.0, **whole["schemes"]["team"]}}})
    # nothing seen where nothing could be left says nothing: the line goes on as expected
    found = run(
        {"schemes": {"team": {"ramp": 1.0, "effects": {"care": {"impact": 1.0}}}}, "services": {"care": {"actual": {"activity": [0.0]}}}}
    )
    np.testing.assert_allclose(care(found, "activity_do_nothing")[0], PLANNED, rtol=1e-9)


def test_a_study_without_actuals_has_no_part_of_it() -> None:
    made = study()
    del made["services"]["care"]["actual"]
    from simengine.engine.plan import prepare

    ready = prepare(simengine.Study.from_dict(made))
    assert not any(op.in_draws_only for op in ready.drafts[0].book.ops)
    keep = np.arange(ready.layout.detail_count)
    model = ready.model(0, 1, "sobol", wanted=True, keep=keep)
    assert model.observed.line.size == 0
    assert not model.lines.special.line.any()
