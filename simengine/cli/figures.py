"""Figures as a finance director reads them: in the study's unit of money, to the digits that the standard error supports."""

import math

#: Decimals of a figure that is known exactly (a plan, a constant).
_EXACT_DECIMALS = 2
#: A thousandth of the unit: beyond it a figure in GBP m or GBP k says nothing that a decision needs.
_MOST_DECIMALS = 3
#: Decimals of 0, of which any number of figures is worth reading.
_MOST_PLACES = 15
#: Most figures of a value worth reading.
_FIGURES = 4
#: What was never seen in n draws has a chance below 3/n, at 95 %.
_NEVER_SEEN = 3.0


def decimals_for(error: float, value: float = 0.0) -> int:
    """Decimals to print: to the first digit of the standard error, but no more than four figures of the value."""
    if not math.isfinite(error) or error <= 0.0:
        return _EXACT_DECIMALS
    return min(_supported(error), _MOST_DECIMALS, _readable(value))


def _supported(error: float) -> int:
    """Decimals to the first digit of an error as it is printed: 0.096 is 0.1."""
    places = max(-math.floor(math.log10(error)), 0)
    return places - 1 if places > 0 and round(error, places) >= 10.0 ** (1 - places) else places


def _readable(value: float) -> int:
    """Decimals of a value to the most figures that are worth reading."""
    return max(_FIGURES - 1 - math.floor(math.log10(abs(value))), 0) if value else _MOST_PLACES


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
    return f"{stated} ±{shown}" if _is_seen(shown) else stated


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
    # a chance near 1 is read by what is missing to it
    places = min(_supported(100.0 * error), _readable(100.0 * min(value, 1.0 - value)))
    shown = f"{100.0 * error:.{places}f}"
    return f"{100.0 * value:.{places}f}" + (f" ±{shown}%" if _is_seen(shown) else "%")


def span(low: float, high: float, low_error: float, high_error: float) -> str:
    """``-1.5 to 12.0``: the ends of a range, to the digits that the errors of both support."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "-"
    places = decimals_for(max((error for error in (low_error, high_error) if math.isfinite(error)), default=0.0), max(abs(low), abs(high)))
    return f"{_not_minus_zero(low, places):,.{places}f} to {_not_minus_zero(high, places):,.{places}f}"


def _is_seen(error: str) -> bool:
    """Whether an error as it is printed is more than noughts."""
    return any(digit in "123456789" for digit in error)


def _not_minus_zero(value: float, places: int) -> float:
    return 0.0 if round(value, places) == 0 else value
