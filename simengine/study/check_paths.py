"""Rules about the paths of drivers over the years: the numbers that belong to them."""

import math
from typing import Any

from simengine.study.checker import Checker
from simengine.study.numbers import Uncertain, Yearly
from simengine.study.plan import start_score


def check_path(checker: Checker, path: str, uncertain: Uncertain, built: list[Any]) -> bool:
    """Check the numbers of a path; ``built`` is the distribution, or one per year. Whether they are sound."""
    sound = check_rho(checker, f"{path}.rho", uncertain.rho)
    if uncertain.speed is not None:
        sound = _check_each(checker, f"{path}.speed", uncertain.speed, "is a share of the way back, from 0 to 1", 0.0, 1.0) and sound
    if uncertain.path == "ar1" and uncertain.start is not None:
        sound = _check_start(checker, f"{path}.start", uncertain.start, built[0]) and sound
    return sound


def check_rho(checker: Checker, path: str, rho: Yearly | None) -> bool:
    """Whether the correlation of a year with the year before is strictly between -1 and 1."""
    if rho is None:
        return True
    low, high = math.nextafter(-1.0, 0.0), math.nextafter(1.0, 0.0)
    return _check_each(checker, path, rho, "must be above -1 and below 1", low, high)


def _check_each(checker: Checker, path: str, value: Yearly, rule: str, low: float, high: float) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    for year, item in enumerate(values, start=1):
        if not low <= item <= high:
            checker.say(path, (f"in year {year}: " if isinstance(value, tuple) else "") + rule, item)
            return False
    return True


def _check_start(checker: Checker, path: str, start: float, built: Any) -> bool:
    """An AR(1) path starts from the place of the value in the distribution of year 1."""
    from simengine.distributions.listing import value_count

    if value_count(built):
        rule = "does not go with values that have a probability of their own: a value has no single place among them"
        checker.say(path, rule, start)
        return False
    if math.isinf(start_score(built, start)):
        low, high = built.support()
        checker.say(path, f"must lie inside the distribution of year 1, between {low:g} and {high:g}", start)
        return False
    return True
