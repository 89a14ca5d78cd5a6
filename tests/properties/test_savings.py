"""Savings of schemes add up exactly, whatever the signs of their effects, what these act on and what they move (MODEL.md section 3)."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.engine.plan import Prepared, prepare
from simengine.statistics.planned_effects import planned_effects
from simengine.statistics.waterfall import planned_waterfall
from simengine.study.load import Study
from tests.twin import twin
from tests.unit.engine.running import run_study

pytestmark = pytest.mark.property

LARGEST = 1e-12
SCHEMES = ("first", "second", "third")
#: Pairs of these cancel: within a segment ½ and -1, between segments of shares ½ and 0.4 of independent ones 0.2 and -5/18.
CANCELLING = (0.5, -1.0, 0.2, -0.25, -5 / 18, 0.0, 1.0)
SHARES = {"disjoint": (0.5, 0.4, 0.1), "additive": (0.5, 0.4, 0.9), "independent": (0.5, 0.4, 1.0)}

EFFECT = st.fixed_dictionaries(
    {
        "scheme": st.sampled_from(SCHEMES),
        "segment": st.sampled_from(("a", "b", "c")),
        "acts_on": st.sampled_from(("activity", "activity", "activity", "price", "unit_cost")),
        "impact": st.sampled_from(CANCELLING) | st.floats(-3.0, 1.0),
        "to_home": st.none() | st.sampled_from((0.0, 0.5, 20.0)),
    }
)


@st.composite
def studies(draw: st.DrawFn) -> dict[str, Any]:
    """Two lines, one with three segments that any number of effects of any sign act on; each effect may move activity to the other."""
    overlap = draw(st.sampled_from(tuple(SHARES)))
    schemes: dict[str, Any] = {name: {"effects": {}} for name in SCHEMES}
    for k, one in enumerate(draw(st.lists(EFFECT, min_size=1, max_size=6))):
        effect = {"service": "beds", **{key: one[key] for key in ("segment", "acts_on", "impact")}}
        if one["acts_on"] == "activity" and one["to_home"] is not None:
            effect["shift"] = {"home": one["to_home"]}
        schemes[one["scheme"]]["effects"][f"effect_{k}"] = effect
    back = draw(st.none() | st.floats(-0.5, 0.5))
    if back is not None:
        schemes["second"]["effects"]["back"] = {"service": "home", "impact": back, "shift": {"beds": 0.1}}
    beds = {"activity": 1000.0, "price": 40.0, "overlap": overlap, "segments": dict(zip("abc", map(share, SHARES[overlap]), strict=True))}
    home = {"spend": 9000.0, "growth": 0.02}
    return {
        "horizon": {"base": 2024, "years": 1},
        "money": {"unit": "GBP"},
        "parties": {"board": {"role": "commissioner"}, "trust": {"role": "provider"}},
        "services": {name: {"provider": "trust", "plan_includes_schemes": 0.5, **line} for name, line in (("beds", beds), ("home", home))},
        "schemes": schemes,
    }


def share(value: float) -> dict[str, float]:
    return {"share": value}


def laid_out(tree: dict[str, Any]) -> Prepared:
    return prepare(Study.from_dict(tree))


def terms(ready: Prepared) -> float:
    """Σ|terms|: spend of the lines with and without schemes, and each effect's saving."""
    spend = np.abs(ready.plan["spend"]).sum() + np.abs(ready.plan["spend_do_nothing"]).sum()
    return float(spend + sum(np.abs(effect.saving).sum() for effect in planned_effects(ready)))


exact = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@exact
@given(studies())
def test_schemes_effects_and_steps_add_up_to_the_lines(tree: dict[str, Any]) -> None:
    ready = laid_out(tree)
    plan, size = ready.plan, terms(ready)
    by_line = {name: np.zeros(1) for name in ready.layout.services}
    by_scheme = {name: np.zeros(1) for name in ready.layout.schemes}
    for effect in planned_effects(ready):
        by_line[effect.line] += effect.saving
        by_scheme[effect.scheme] += effect.saving
    assert abs(plan["scheme_saving"].sum() - plan["gross_saving"].sum()) <= LARGEST * size
    assert np.abs(np.array(list(by_line.values())).T - plan["gross_saving"]).max() <= LARGEST * size
    assert np.abs(np.array(list(by_scheme.values())).T - plan["scheme_saving"]).max() <= LARGEST * size
    assert np.abs(planned_waterfall(ready).level("outturn") - plan["spend"]).max() <= LARGEST * size


@exact
@given(studies())
def test_the_draws_are_the_plan_and_both_are_the_twin_s(tree: dict[str, Any]) -> None:
    run = run_study(tree, draws=1)
    size, wanted = terms(run.prepared), twin(tree, {}, [])["plan"]
    for name in ("scheme_saving", "activity", "spend", "payment", "provider_cost"):
        found = run.plan(name)[0, :, 0]
        assert np.abs(run.draws(name)[0, :, 0] - found).max() <= LARGEST * size, name
        assert np.abs(found - np.array(list(wanted[name][0].values()))).max() <= LARGEST * size, name


@exact
@given(studies(), st.randoms(use_true_random=False))
def test_savings_do_not_depend_on_the_order(tree: dict[str, Any], order: Any) -> None:
    one, other = laid_out(tree), laid_out(shuffled(tree, order))
    size = terms(one)
    for table, name in (("schemes", "scheme_saving"), ("services", "gross_saving")):
        places = [list(getattr(other.layout, table)).index(key) for key in getattr(one.layout, table)]
        assert np.abs(one.plan[name] - other.plan[name][:, places]).max() <= LARGEST * size, name


def shuffled(tree: dict[str, Any], order: Any) -> dict[str, Any]:
    """The study with its lines, segments, schemes and effects in another order."""

    def turned(table: dict[str, Any]) -> dict[str, Any]:
        return dict(order.sample(list(table.items()), len(table)))

    services = {
        name: line | ({"segments": turned(line["segments"])} if "segments" in line else {}) for name, line in tree["services"].items()
    }
    schemes = {name: {"effects": turned(scheme["effects"])} for name, scheme in tree["schemes"].items()}
    return tree | {"services": turned(services), "schemes": turned(schemes)}


@pytest.mark.parametrize(
    ("overlap", "impacts"),
    [("disjoint", {"a": 0.4, "b": -0.5}), ("independent", {"a": 0.2, "b": -0.25}), ("independent", {"a": 0.2, "b": -5 / 18})],
)
def test_segments_that_cancel_leave_each_scheme_what_it_did(overlap: str, impacts: dict[str, float]) -> None:
    """ρ of 0.2 and -0.2; of independent segments 0.1 and -0.1, and ρ of 0.1 and -1/9, which leave 0.9 · 10/9 = all of the line."""
    effects = {name: {"service": "beds", "segment": name, "impact": impact} for name, impact in impacts.items()}
    effects["a"]["shift"] = {"home": 2.0}
    tree = {
        "horizon": {"base": 2024, "years": 1},
        "money": {"unit": "GBP"},
        "parties": {"board": {"role": "commissioner"}, "trust": {"role": "provider"}},
        "services": {
            "beds": {
                "provider": "trust",
                "activity": 1000.0,
                "price": 40.0,
                "plan_includes_schemes": 0.0,
                "overlap": overlap,
                "segments": {"a": share(0.5), "b": share(0.4)},
            },
            "home": {"provider": "trust", "spend": 9000.0, "plan_includes_schemes": 0.0},
        },
        "schemes": {name: {"effects": {name: effect}} for name, effect in effects.items()},
    }
    plan = laid_out(tree).plan
    rho = np.array([0.5 * impacts["a"], 0.4 * impacts["b"]])
    line = rho.sum() if overlap == "disjoint" else 1.0 - np.prod(1.0 - rho)
    logs = -np.log1p(-rho)
    mean = 1.0 if abs(logs.sum()) < 1e-15 else -np.expm1(-logs.sum()) / logs.sum()
    parts = rho if overlap == "disjoint" else mean * logs
    np.testing.assert_allclose(parts.sum(), line, atol=1e-15)
    np.testing.assert_allclose(plan["activity"][0], [1000.0 * (1.0 - line), 9000.0 + 2.0 * 1000.0 * parts[0]], rtol=1e-13)
    np.testing.assert_allclose(plan["scheme_saving"][0], 40_000.0 * parts - [2000.0 * parts[0], 0.0], rtol=1e-12)
