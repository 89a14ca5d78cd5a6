"""The identities of MODEL.md section 5 ("one pound to go around") as residuals relative to gross spend, for the plan and every draw.

``python -m tests.properties.identities STUDY…`` prints them as JSON for random studies named by seed: ``8``, or ``special-8``.
"""

import copy
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from simengine.jit import Floats
from tests.twin import random_study
from tests.twin.random_special import special_study
from tests.unit.engine.running import ALL_VARIABLES, Run, run_study

LARGEST = 1e-12
DO_NOTHING = "do_nothing"
Values = Callable[[str], Floats]


def of_plan(run: Run) -> dict[str, float]:
    """The largest residual of each identity in the plan."""
    return _residuals(run, run.plan)


def of_draws(run: Run, scenario: int = 0) -> dict[str, float]:
    """The largest residual of each identity over the draws of a scenario."""
    return _residuals(run, lambda name: run.draws(name, scenario))


def worst(run: Run) -> dict[str, float]:
    """The largest residual of each identity over plan, base study and scenarios."""
    found = [of_plan(run), *(of_draws(run, k) for k in range(len(run.scenarios)))]
    largest = {name: float(np.max([one[name] for one in found])) for name in found[0]}
    return largest | (of_do_nothing(run) if DO_NOTHING in run.scenarios else {})


def with_do_nothing(tree: dict[str, Any]) -> dict[str, Any]:
    """The study with a scenario in which every scheme is switched off: the draws without schemes, against the plan with them."""
    other = copy.deepcopy(tree)
    off = {"schemes": {name: {"enabled": False} for name in tree.get("schemes", {})}}
    other["scenarios"] = {**tree.get("scenarios", {}), DO_NOTHING: off}
    return other


def of_do_nothing(run: Run) -> dict[str, float]:
    """What the base study says of doing nothing against the scenario that does nothing."""
    other = run.scenarios.index(DO_NOTHING)
    spend = np.abs(run.draws("spend_do_nothing")).sum(axis=1)[:, None, :]
    pairs = {
        "doing nothing is the study without schemes": ("party_position_do_nothing", "party_position_before"),
        "so is its activity": ("activity_do_nothing", "activity"),
        "so is its spend": ("spend_do_nothing", "spend"),
    }
    found = {name: float(np.max(np.abs(run.draws(left) - run.draws(right, other)) / spend)) for name, (left, right) in pairs.items()}
    released = run.draws("provider_cost", other) - run.draws("provider_cost")
    found["cost released is cost without schemes less cost with them"] = float(
        np.max(np.abs(run.draws("cost_released") - released) / spend)
    )
    return found


def inside(run: Run) -> Floats:
    """1 for each party in the system, 0 for an outsider."""
    return np.array([1.0 if party.in_system else 0.0 for party in run.prepared.study.spec.parties.values()])


def _not_withheld(run: Run, budget: str) -> Floats:
    """The share of a budget, by year, that no improvement payment withholds."""
    found = np.ones(run.prepared.layout.years)
    for payment in run.prepared.study.spec.budgets[budget].improvement_payments.values():
        found -= np.array(payment.weight)
    return found


def _residuals(run: Run, values: Values) -> dict[str, float]:
    spend = np.abs(values("spend_do_nothing")).sum(axis=1)

    def residual(left: Floats, right: Floats) -> float:
        if left.size == 0:
            return 0.0
        return float(np.max(np.abs(left - right) / spend.reshape(spend.shape[0], *[1] * (left.ndim - 2), spend.shape[1])))

    position, before, settled = values("party_position"), values("party_position_before"), values("settlement")
    here = inside(run)[None, :, None]
    to_party = settled.sum(axis=1)
    costs = values("scheme_cost").sum(axis=1) + values("investment").sum(axis=1)
    everyone = values("funding").sum(axis=1) - values("provider_cost").sum(axis=1) - costs
    pool = values("pool")
    found = {
        "parties in the system sum to the net position": residual((position * here).sum(axis=1), values("net_position")),
        "so they do before settlement": residual((before * here).sum(axis=1) + (to_party * here).sum(axis=1), values("net_position")),
        "a position is the one before and the settlements": residual(position, before + to_party),
        "all parties share funding less cost": residual(position.sum(axis=1), everyone),
        "settlement moves money and makes none": residual(position.sum(axis=1), before.sum(axis=1)),
        "settlements sum to zero": residual(settled.sum(axis=2), np.zeros_like(pool)),
        "payouts sum to the pool": residual(values("payout").sum(axis=2), pool),
        "what is held sums to the pool": residual(values("windfall").sum(axis=2), pool),
        "a gain is baseline less outturn": residual(values("gain"), values("baseline") - values("outturn")),
        "net saving": residual(values("net_saving"), values("gross_saving").sum(axis=1) - costs),
        "savings of schemes are the savings of lines": residual(values("scheme_saving").sum(axis=1), values("gross_saving").sum(axis=1)),
        "saving of a line": residual(values("gross_saving"), values("spend_do_nothing") - values("spend")),
        "net benefit": residual(values("net_benefit"), values("net_position") - (values("party_position_do_nothing") * here).sum(axis=1)),
        "total saving": residual(values("gross_saving_total"), values("gross_saving").sum(axis=1)),
        "total released": residual(values("cost_released_total"), values("cost_released").sum(axis=1)),
    }
    if run.prepared.study.spec.budgets:
        left = np.array([_not_withheld(run, name) for name in run.prepared.study.spec.budgets]).T[:, :, None]
        found["a budget is paid but for what is withheld and not earned"] = residual(
            values("budget_paid"), values("budget_value") * left + values("ips_earned")
        )
    if inside(run).all():
        found["no leakage without outsiders"] = residual(values("leakage"), np.zeros_like(spend))
        found["net benefit is cost released less costs"] = residual(values("net_benefit"), values("cost_released").sum(axis=1) - costs)
    if not all(np.isfinite(values(name)).all() for name in ALL_VARIABLES):
        found["everything is finite"] = np.nan
    return found


def named(name: str) -> tuple[dict[str, Any], int]:
    """The random study that a name stands for, and its seed."""
    kind, _, seed = name.rpartition("-")
    return (special_study if kind else random_study)(int(seed)), int(seed)


def main(names: list[str]) -> None:
    """The largest residual of each identity in each study, as JSON."""
    found = {}
    for name in names:
        tree, seed = named(name)
        found[name] = worst(run_study(with_do_nothing(tree), draws=4, seed=seed))
    json.dump(found, sys.stdout)


def draws_of(tree: dict[str, Any]) -> int:
    """Fewer draws of a study of many lines: every variable of every line is kept."""
    return 4096 if len(tree["services"]) * tree["horizon"]["years"] < 500 else 256


if __name__ == "__main__":
    main(sys.argv[1:])
