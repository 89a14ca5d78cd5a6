"""What kind of quantity a number is, and so which values it may take and how a mistake is explained."""

import math
import re
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal[
    "rate",
    "charge_rate",
    "share",
    "positive_share",
    "impact",
    "money",
    "limit",
    "amount",
    "currency",
    "count",
    "positive",
    "ratio",
    "years",
    "factor",
    "any",
]
"""rate: fraction a year, above -1 and at most 1; charge_rate: from 0. share: fraction from 0 to 1; positive_share: above 0. impact: a share
that may be negative. money: in ``money.unit``; limit, amount: money, at least 0. currency: prices and salaries, at least 0. count, ratio,
factor, years: at least 0. positive: above 0. any: no rule."""

FRACTIONS: tuple[Unit, ...] = ("rate", "charge_rate", "share", "positive_share", "impact")
"""Units of which a column may hold per cents."""

_PERCENT = re.compile(r"\s*([-+]?\d+(?:\.\d*)?|[-+]?\.\d+)\s*%\s*")
_NOT_NEGATIVE = {
    "limit": "an amount that limits something is at least 0",
    "amount": "an amount of money is at least 0 here",
    "currency": "a price or cost in the currency is at least 0",
    "count": "a count is at least 0",
    "ratio": "must be at least 0",
    "years": "a number of years is at least 0",
    "factor": "a factor is at least 0",
}


def percent(text: str) -> float | None:
    """The fraction that a text such as ``5%`` stands for; None when the text is not a percentage."""
    found = _PERCENT.fullmatch(text)
    return None if found is None else float(found[1]) / 100


def plain(value: float) -> str:
    """A number as a person would write it, without the noise of binary fractions."""
    return f"{value:.12g}"


def range_fault(unit: Unit, value: float) -> str | None:
    """The rule that ``value`` breaks as a quantity of this unit, in plain words; None when it is allowed."""
    if not math.isfinite(value):
        return "must be a finite number"
    if unit == "charge_rate" and value < 0:
        return "a charge rate is at least 0"
    if unit == "positive_share" and value == 0:
        return "must be above 0"
    if unit in ("rate", "charge_rate", "impact"):
        return _fraction_fault("share" if unit == "impact" else "rate", value, lowest=-math.inf if unit == "impact" else -1.0)
    if unit in ("share", "positive_share") and not 0 <= value <= 1:
        return "a share is a fraction from 0 to 1" + (f": write {plain(value / 100)}" if 2 <= value <= 100 else "")
    if unit == "positive" and value <= 0:
        return "must be above 0"
    if unit in _NOT_NEGATIVE and value < 0:
        return _NOT_NEGATIVE[unit]
    return None


def bounds(unit: Unit) -> tuple[float, float]:
    """The smallest and the largest value of a quantity of this unit (whether the ends belong to it is ``range_fault``'s to say)."""
    if unit == "rate":
        return -1.0, 1.0
    if unit == "impact":
        return -math.inf, 1.0
    if unit in ("charge_rate", "share", "positive_share"):
        return 0.0, 1.0
    return (0.0, math.inf) if unit == "positive" or unit in _NOT_NEGATIVE else (-math.inf, math.inf)


def percent_fault(unit: Unit, value: float) -> str:
    """The rule for a number that was written as a percentage, ``value`` being the fraction meant."""
    kind = "rate" if unit in ("rate", "charge_rate") else "share" if unit in ("share", "positive_share", "impact") else None
    return (f"a {kind} is a fraction" if kind else "a number has no % sign") + f": write {plain(value)}"


def constant_fault(value: object, unit: Unit) -> str | None:
    """Why ``value`` is no constant number (its range aside); None when it is one."""
    fraction = percent(value) if isinstance(value, str) else None
    if fraction is not None:
        return percent_fault(unit, fraction)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    return None if finite else "must be a finite number"


def _fraction_fault(kind: str, value: float, lowest: float) -> str | None:
    if lowest < value <= 1:
        return None
    if 1 < abs(value) <= 100:
        return f"a {kind} is a fraction: write {plain(value / 100)}"
    return f"a {kind} is a fraction" + (", above -1 and at most 1" if kind == "rate" else ", at most 1")
