"""Advice on totals: subtotals among the lines, and printed totals that the lines do not sum to."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from simengine.study.checker import Checker
from simengine.study.defaults import payer_of
from simengine.study.plan_lines import PlanLines
from simengine.study.totals import PrintedTotal

_SAME = 1e-12
"""Relative difference of two sums of the same figures."""
_DIGITS = 3
"""A sum of two lines by chance is likely where figures have fewer digits."""


def advise_on_totals(checker: Checker, plan: PlanLines) -> None:
    """Warn of lines that are sums of others, and of totals that the lines do not sum to."""
    spec = checker.spec
    scale = spec.money.scale
    spend = {name: line.base / scale for name in spec.services for line in [plan.of(name)] if line is not None}
    _warn_of_subtotals(checker, spend)
    for name, total in spec.checks.items():
        _check_total(checker, name, total, spend)


def _warn_of_subtotals(checker: Checker, spend: Mapping[str, float]) -> None:
    """A line that is the sum of lines next to it with the same payer and provider, or of all others of the provider."""
    groups: dict[tuple[str | None, str], list[str]] = {}
    for name in spend:
        groups.setdefault((payer_of(checker.spec, name), checker.spec.services[name].provider), []).append(name)
    for names in groups.values():
        for at, name in enumerate(names):
            value = spend[name]
            if value <= 0.0:
                continue
            run = _run(value, names[at - 1 :: -1] if at else [], spend) or _run(value, names[at + 1 :], spend)
            others = [other for other in names if other != name]
            if not run and len(others) > 1 and _close(math.fsum(spend[other] for other in others), value):
                run = others
            if run and (len(run) > 2 or _digits(value) >= _DIGITS):
                run = [other for other in names if other in run]
                listed = ", ".join(run) if len(run) <= 4 else f"{run[0]} to {run[-1]}"
                rule = (
                    f"its base-year spend is the sum of {len(run)} others ({listed}): is it their subtotal, so that they are counted twice?"
                )
                checker.warn(f"services.{name}", rule)


def _run(value: float, names: Sequence[str], spend: Mapping[str, float]) -> list[str]:
    """The lines, from the first on, that sum to a value; none where they do not, or where it takes one line only."""
    total, found = 0.0, []
    for name in names:
        total += spend[name]
        found.append(name)
        if spend[name] <= 0.0 or total > value * (1.0 + _SAME):
            return []
        if _close(total, value):
            return found if len(found) > 1 else []
    return []


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_SAME)


def _digits(value: float) -> int:
    """The significant digits of a figure as a person would write it."""
    return len(Decimal(f"{value:.12g}").normalize().as_tuple().digits)


def _check_total(checker: Checker, name: str, total: PrintedTotal, spend: Mapping[str, float]) -> None:
    path = f"checks.{name}"
    names = list(checker.spec.services) if total.services is None else list(total.services)
    if any(line not in spend for line in names):
        return
    found = math.fsum(spend[line] for line in names)
    printed = Decimal(repr(total.spend))
    exponent = printed.normalize().as_tuple().exponent if printed == printed.to_integral_value() else printed.as_tuple().exponent
    # A whole number is printed to its last digit, zeros included.
    half = 0.5 * 10.0 ** min(int(exponent), 0)
    difference = float(printed) - found
    if abs(difference) <= half * (1.0 + 1e-9):
        return
    rule = (
        f"the lines sum to {found:.12g}, which is {abs(difference):.6g} {'less' if difference > 0 else 'more'} than the printed {printed}"
    )
    rounding = abs(difference) <= half * (len(names) + 1)
    checker.warn(path, rule + (_hint(checker, abs(difference), half, names, spend) or (_ROUNDED if rounding else "")))


_ROUNDED = " (rounding of the lines alone could explain it)"


def _hint(checker: Checker, difference: float, half: float, names: Sequence[str], spend: Mapping[str, float]) -> str:
    """The line, or the provider or payer whose lines together, are as much as the difference."""
    for name in names:
        if abs(spend[name] - difference) <= half:
            return f": as much as {name}, counted twice or left out"
    for part in ("provider", "payer"):
        sums: dict[str, list[float]] = {}
        for name in names:
            party = checker.spec.services[name].provider if part == "provider" else payer_of(checker.spec, name)
            sums.setdefault(str(party), []).append(spend[name])
        for party, values in sums.items():
            if abs(math.fsum(values) - difference) <= half:
                return f": as much as all lines of the {part} {party}, counted twice or left out"
    return ""
