"""Rules that one bad file each cannot show: what is allowed, and no noise after a first fault."""

import math
from typing import Any

import pytest

from simengine.errors import StudyError
from simengine.study.defaults import arrangement_parties, residual_of
from simengine.study.load import Study
from simengine.study.numbers import Uncertain
from simengine.study.plan import plan_values
from simengine.study.reserved import PATTERNS
from simengine.study.units import range_fault

pytestmark = pytest.mark.unit


def paths(tree: dict[str, Any]) -> list[str]:
    try:
        Study.from_dict(tree)
    except StudyError as error:
        return [problem.path for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("unit", "good", "bad"),
    [
        ("rate", [-0.99, 0.0, 1.0], [-1.0, 1.01, 5.0]),
        ("share", [0.0, 1.0], [-0.01, 1.01]),
        ("positive_share", [0.01, 1.0], [0.0, 1.1]),
        ("impact", [-4.0, 1.0], [1.01]),
        ("money", [-5.0, 5e9], [math.inf, math.nan]),
        ("currency", [0.0], [-1.0]),
        ("positive", [0.1], [0.0]),
        ("charge_rate", [0.0, 0.035], [-0.01, 3.5]),
    ],
)
def test_ranges(unit: Any, good: list[float], bad: list[float]) -> None:
    assert [range_fault(unit, value) for value in good] == [None] * len(good)
    assert all(range_fault(unit, value) for value in bad)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_reserved_key_is_told_apart_from_a_slip(minimal: dict[str, Any], pattern: str) -> None:
    minimal["schemes"] = {"care": {"effects": {"emergency": {"impact": 0.1}}}}
    minimal["arrangements"] = {
        "deal": {"services": ["emergency"], "baseline": "plan", "plan_includes_schemes": 1, "gain_share": {"acute": 0.5}}
    }
    minimal["correlation"] = [{"drivers": [], "rank": 0.5}]
    minimal["scenarios"] = {"bold": {}}
    node: Any = minimal
    *above, last = pattern.split(".")
    for part in above:
        node = node[0] if isinstance(node, list) else node.setdefault(next(iter(node)) if part == "*" else part, {})
    node[last] = True
    with pytest.raises(StudyError) as caught:
        Study.from_dict(minimal)
    assert [problem.rule[:8] for problem in caught.value.problems if problem.path.endswith(last)] == ["not yet:"]


def test_an_unreadable_role_does_not_make_payers_unclear(minimal: dict[str, Any]) -> None:
    minimal["parties"]["ccg"]["role"] = "comissioner"
    assert paths(minimal) == ["parties.ccg.role"]


def test_a_wrong_horizon_does_not_make_lists_wrong(minimal: dict[str, Any]) -> None:
    minimal["horizon"]["years"] = "three"
    minimal["services"]["emergency"]["growth"] = [0.01, 0.02]
    assert paths(minimal) == ["horizon.years"]


def test_a_refused_line_is_still_there_for_those_who_name_it(minimal: dict[str, Any]) -> None:
    minimal["services"]["emergency"] = 3
    minimal["schemes"] = {"care": {"effects": {"emergency": {"impact": 2}}}}
    minimal["arrangements"] = {"deal": {"services": ["emergency"], "baseline": "plan", "gain_share": {"acute": 0.5}}}
    found = paths(minimal)
    assert found[0] == "services.emergency"
    assert "schemes.care.effects.emergency.impact" in found
    assert not any(path.startswith("arrangements.deal.services") for path in found)


def test_population_counts_as_growth_and_other_words_of_the_language_do_not(minimal: dict[str, Any]) -> None:
    minimal["services"]["emergency"]["growth"] = {"population": True, "need": 0.01}
    minimal["population"] = {"size": 1000}
    assert paths(minimal) == []
    minimal["services"]["emergency"]["growth"] = {"need": True}
    assert paths(minimal) == ["services.emergency.growth.need"]


def test_payment_that_follows_activity_in_full_needs_no_share_of_schemes(minimal: dict[str, Any]) -> None:
    minimal["schemes"] = {"care": {"effects": {"emergency": {"impact": 0.1}}}}
    for share in (1, [1, 1, 1]):
        minimal["services"]["emergency"]["variable_share"] = share
        assert paths(minimal) == []
    minimal["services"]["emergency"]["variable_share"] = [1, 1, 0.9]
    assert paths(minimal) == ["services.emergency.plan_includes_schemes"]
    minimal["services"]["emergency"]["payment_baseline"] = 60
    assert paths(minimal) == []


def test_residual_and_parties_by_default(minimal: dict[str, Any]) -> None:
    minimal["parties"]["council"] = {"role": "commissioner"}
    minimal["services"]["emergency"]["payer"] = "ccg"
    minimal["arrangements"] = {"deal": {"services": ["emergency"], "baseline": "plan", "gain_share": {"acute": 0.5}}}
    spec = Study.from_dict(minimal).spec
    deal = spec.arrangements["deal"]
    assert (residual_of(spec, deal), arrangement_parties(spec, deal)) == ("ccg", ("ccg", "acute"))


def test_shares_that_sum_to_one_in_decimals_do(minimal: dict[str, Any]) -> None:
    shares = {"acute": 0.1, "a": 0.2, "b": 0.3, "ccg": 0.4}
    minimal["parties"] |= {"a": {"role": "provider"}, "b": {"role": "provider"}}
    minimal["arrangements"] = {"deal": {"services": ["emergency"], "baseline": "plan", "gain_share": shares}}
    assert paths(minimal) == []


def test_plan_values() -> None:
    drivers = {"x": Uncertain("uniform", {"min": (0.0, 1.0), "max": 2.0})}
    assert plan_values("x", 2, drivers) == (1.0, 1.5)
    assert plan_values(Uncertain("uniform", {"min": 0.0, "max": 2.0}, plan=0.3), 2, {}) == (0.3, 0.3)
    assert plan_values((1.0, 2.0), 2, {}) == (1.0, 2.0)
    assert plan_values(3.0, 2, {}) == (3.0, 3.0)
    assert plan_values("unknown", 2, {}) is None
    assert plan_values(Uncertain("uniform", {"min": 3.0, "max": 2.0}), 2, {}) is None
