"""The worked settlements of MODEL.md section 6 as whole studies: the plan of a one-year study, and one draw of it."""

from typing import Any

import pytest

from tests.unit.contract.worked import WORKED, Worked
from tests.unit.engine.running import Run, run_study

pytestmark = [pytest.mark.unit, pytest.mark.plain]

#: Activity and impact by outturn, chosen so that the floats multiply to the printed outturn: 100 · 1.1 would not be 110.
MADE_OF = {"90": (10.0, 0.1), "93": (100.0, 0.07), "80": (10.0, 0.2), "110": (10.0, -0.1)}


def study(case: Worked) -> dict[str, Any]:
    """A line worth 100 whose scheme leaves the outturn of the case; neither payment nor baseline counts on it."""
    activity, impact = MADE_OF[case.outturn]
    deal: dict[str, Any] = {
        "services": ["care"],
        "baseline": "plan",
        "plan_includes_schemes": 0.0,
        "msr": float(case.rate),
        "msr_kind": "excess" if case.excess else "first_pound",
        "sides": "one" if case.one_sided else "two",
        "gain_share": {party: float(share) for party, share in case.shares.items()},
        "cap": {party: {"amount": float(amount)} for party, amount in case.cap.items()},
    }
    if case.quality:
        deal["quality"] = {"score": 1.0, **{party: float(score) for party, score in case.quality.items()}}
    return {
        "horizon": {"base": 2014, "years": 1},
        "money": {"unit": "GBP"},
        "parties": {party: {"role": "commissioner" if party == "commissioner" else "provider"} for party in case.wanted},
        "services": {
            "care": {
                "provider": case.provider,
                "activity": activity,
                "price": 100.0 / activity,
                "variable_share": float(case.variable_share),
                "payment_baseline": float(case.planned_payment),
            }
        },
        "schemes": {"team": {"effects": {"care": {"impact": impact}}}},
        "arrangements": {"deal": deal},
    }


def settlements(run: Run, *, plan: bool) -> dict[str, float]:
    values = (run.plan("settlement") if plan else run.draws("settlement"))[0, 0, :, 0]
    return dict(zip(run.names("settlement")[1], map(float, values), strict=True))


@pytest.mark.parametrize("plan", [True, False])
@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
def test_as_a_whole_study(case: Worked, plan: bool) -> None:
    """Exactly, although .3 and 1.6 are not binary fractions: each amount is the float nearest to the printed one."""
    run = run_study(study(case), draws=1)
    found = settlements(run, plan=plan)
    assert found == {party: float(amount) for party, amount in case.wanted.items()}


def test_a_block_at_95_that_counts_on_schemes() -> None:
    """The same settlement where the plan pays for κ = 5/7 of an effect of 7 %: 95 only to rounding."""
    case = next(case for case in WORKED if case.name == "block at 95 with schemes")
    tree = study(case)
    del tree["services"]["care"]["payment_baseline"]
    tree["services"]["care"]["plan_includes_schemes"] = 5 / 7
    found = settlements(run_study(tree, draws=1), plan=True)
    assert found == pytest.approx({"commissioner": -1.5, "acute": 1.5}, rel=1e-12)


def test_a_draw_away_from_the_plan_settles_on_the_plan_s_baseline() -> None:
    """The plan has an effect of 5 %, the baseline and the block at 95 count on all of it or none, the draw has 7 %: O = 93."""
    case = next(case for case in WORKED if case.name == "block at 95 with schemes")
    tree = study(case)
    del tree["services"]["care"]["payment_baseline"]
    tree["services"]["care"]["plan_includes_schemes"] = 1.0
    tree["schemes"]["team"]["effects"]["care"]["impact"] = {"dist": "normal", "mean": 0.07, "sd": 0.0, "plan": 0.05}
    run = run_study(tree, draws=1)
    assert settlements(run, plan=False) == pytest.approx({"commissioner": -1.5, "acute": 1.5}, rel=1e-12)
    # in the plan O = 95, G = 5, and the payer of the block holds all of it
    assert settlements(run, plan=True) == pytest.approx({"commissioner": -2.5, "acute": 2.5}, rel=1e-12)


def test_a_lasting_drop_is_released_over_two_years() -> None:
    """MODEL.md section 5: a drop D from year 1 with L = 2 releases 0, D/2, D of the fixed cost."""
    case = WORKED[0]
    tree = study(case)
    del tree["arrangements"]
    tree["horizon"]["years"] = 3
    tree["services"]["care"] |= {"fixed_share": 1.0, "release_years": 2, "price": 8.0}
    tree["schemes"]["team"]["effects"]["care"]["impact"] = 0.5
    run = run_study(tree, draws=1)
    for values in (run.plan, run.draws):
        assert values("cost_released")[:, 0, 0].tolist() == [0.0, 20.0, 40.0]
        assert values("provider_cost")[:, 0, 0].tolist() == [80.0, 60.0, 40.0]
