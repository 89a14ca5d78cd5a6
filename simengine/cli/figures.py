"""Figures as a finance director reads them: in the study's unit of money, to the digits that the standard error supports."""

import math

#: Decimals of a figure that is known exactly (a plan, a constant).
_EXACT_DECIMALS = 2
#: A thousandth of the unit: beyond it a figure in GBP m or GBP k says nothing that a decision needs.
_MOST_DECIMALS = 3
#: Most figures of a value worth reading.
_FIGURES = 4
#: What was never seen in n draws has a chance below 3/n, at 95 %.
_NEVER_SEEN = 3.0


def decimals_for(error: float, value: float = 0.0) -> int:
    """Decimals to print: to the first digit of the standard error, but no more than four figures of the value."""
    if not math.isfinite(error) or error <= 0.0:
        return _EXACT_DECIMALS
    supported = min(max(-math.floor(math.log10(error)), 0), _MOST_DECIMALS)
    if value == 0.0:
        return supported
    return min(supported, max(_FIGURES - 1 - math.floor(math.log10(abs(value))), 0))


def money(value: float, error: float | None = None) -> str:
    """``12.3 ±0.4``: a figure and its standard error to the same place; an error too small to show there is left out."""
    if not math.isfinite(value):
        return "-"
    if error is None or not math.isfinite(error):
        return f"{value:,.{_EXACT_DECIMALS}f}"
    places = decimals_for(error, value)
    coarse = 10 ** max(math.floor(math.log10(error)), 0) if error > 0.0 else 1
    rounded = round(value / coarse) * coarse if coarse > 1 else value
    shown = f"{round(error / coarse) * coarse if coarse > 1 else error:,.{places}f}"
    stated = f"{_not_minus_zero(rounded, places):,.{places}f}"
    return stated if not any(digit in "123456789" for digit in shown) else f"{stated} ±{shown}"


def probability(value: float, error: float) -> str:
    """``12.3 ±0.1%``; one that was never seen in n draws is below 3/n (at 95 %), not nought."""
    if not math.isfinite(value):
        return "-"
    if error > 0.0 and value in (0.0, 1.0):
        bound = 100 * _NEVER_SEEN * error
        stated = f"{bound:.{max(-math.floor(math.log10(bound)), 0)}f}"
        if bound >= 100.0:
            return "-"
        return f"<{stated}%" if value == 0.0 else f">{100 - float(stated):g}%"
    if error == 0.0 or not math.isfinite(error):
        return f"{100 * value:.0f}%"
    places = decimals_for(100 * error)
    return f"{100 * value:.{places}f} ±{100 * error:.{places}f}%"


def _not_minus_zero(value: float, places: int) -> float:
    return 0.0 if round(value, places) == 0 else value
