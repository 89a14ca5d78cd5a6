"""The plan of a study, by the engine: the model with every driver at its plan value. It depends on no draws, so there are few."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import simengine
from simengine.study.load import Study

HERE = Path(__file__).parent
CONFIGS = Path(__file__).parents[3] / "configs"
DRAWS = 64


@cache
def plan_of(path, *overrides):
    """The run of a study file; its variables ``plan_…`` are the plan."""
    return simengine.run(simengine.load_study(path, overrides=list(overrides)), draws=DRAWS)


def plan_of_tree(tree: Mapping):
    """The run of a study given as a tree."""
    return simengine.run(Study.from_dict(tree), draws=DRAWS)


def by_year(result, variable, service):
    """The planned values of a line, years 1 to T."""
    return [float(value) for value in result[f"plan_{variable}"].sel(service=service)]


def growth(result, service, base):
    """The yearly growth of a line's planned do-nothing spend, in per cent, from its base-year spend."""
    levels = [base, *by_year(result, "spend_do_nothing", service)]
    return [100 * (now / before - 1) for before, now in zip(levels[:-1], levels[1:], strict=True)]
