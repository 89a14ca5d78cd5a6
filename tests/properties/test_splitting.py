"""How finely services are told apart is arbitrary: a line cut in two gives every party, budget and scheme what it had, to rounding.

The lines of an arrangement are netted, and noise is off or shared: two lines with noise of their own are less noisy than one.
"""

from typing import Any

import numpy as np
import pytest

from simengine.jit import Floats
from tests.properties.cutting import Cut
from tests.properties.identities import LARGEST
from tests.properties.random_trees import tree_of
from tests.properties.relative import FLAGS, largest, scale
from tests.twin.seeds import quick
from tests.unit.engine.running import ALL_VARIABLES, Run, run_study

pytestmark = pytest.mark.property


def cut_of(seed: int) -> Cut:
    """A random study and one of its lines, cut at an uneven place."""
    tree = tree_of(seed)
    lines = list(tree["services"])
    return Cut(tree, lines[seed // 2 % len(lines)], (0.3, 0.85, 0.5, 0.011)[seed // 2 % 4])


def joined(run: Run, name: str, cut: Cut) -> Floats:
    """A variable with the two lines added up in the place of the first."""
    values, axes = run.draws(name), run.names(name)
    for axis, names in enumerate(axes, start=1):
        if cut.names[0] in names:
            first, other = (np.take(values, [names.index(half)], axis=axis) for half in cut.names)
            place = names.index(cut.names[0])
            values = np.concatenate(
                [np.take(values, range(place), axis=axis), first + other, np.take(values, range(place + 2, len(names)), axis=axis)],
                axis=axis,
            )
    return values


def worst_difference(run: Run, other: Run, cut: Cut) -> dict[str, float]:
    found = {}
    for name in ALL_VARIABLES:
        if name not in FLAGS:
            found[name] = largest(joined(other, name, cut) - run.draws(name), scale(run, name))
    return found


@pytest.mark.parametrize("seed", quick(range(200), 36))
def test_a_line_cut_in_two_changes_nothing(seed: int, request: pytest.FixtureRequest) -> None:
    cut = cut_of(seed)
    run, other = (run_study(tree, draws=32, seed=seed, sampler=("random", "lhs")[seed // 2 % 2]) for tree in (cut.tree, cut.halves()))
    assert len(other.names("spend")[0]) == len(run.names("spend")[0]) + 1
    worst = worst_difference(run, other, cut)
    request.node.user_properties.append(("largest residual", max(worst.values())))
    assert {name: value for name, value in worst.items() if not value <= LARGEST} == {}


@pytest.mark.parametrize("change", ["size", "share", "noise"])
def test_the_comparison_sees_lines_that_are_not_the_same(change: str) -> None:
    """Negative controls: a size that is not divided, terms that differ between the two, and noise of their own."""
    cut = Cut(STUDY, "beds", 0.3)
    halves: dict[str, Any] = cut.halves()
    run = run_study(cut.tree, draws=32)
    assert max(worst_difference(run, run_study(halves, draws=32), cut).values()) <= LARGEST
    one = halves["services"]["beds_one"]
    if change == "size":
        one["activity"] *= 1 + 1e-10
    elif change == "share":
        one["fixed_share"] = 0.2 + 1e-8
    else:
        for name in cut.names:
            halves["services"][name]["volatility"] = {"cv_floor": 0.01}
    worst = worst_difference(run, run_study(halves, draws=32), cut)
    assert worst["provider_cost"] > LARGEST
    assert worst["net_position"] > LARGEST


STUDY: dict[str, Any] = {
    "horizon": {"base": 2024, "years": 2},
    "money": {"unit": "GBP"},
    "parties": {"board": {"role": "commissioner"}, "trust": {"role": "provider"}},
    "services": {
        "beds": {
            "provider": "trust",
            "activity": 1000.0,
            "price": 10.0,
            "fixed_share": 0.2,
            "release_years": 2,
            "plan_includes_schemes": 0.5,
        },
        "home": {"provider": "trust", "spend": 900.0, "growth": {"dist": "uniform", "min": 0.0, "max": 0.1}},
    },
    "schemes": {"team": {"effects": {"beds": {"impact": {"dist": "uniform", "min": 0.0, "max": 0.3}, "shift": {"home": 2.0}}}}},
}
