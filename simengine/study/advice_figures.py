"""Advice on single figures: weights that are no whole, cells out of pattern, a base year that its own history does not bear out."""

import math
import statistics
from collections.abc import Sequence

from simengine.study.checker import Checker
from simengine.study.numbers import Uncertain
from simengine.study.plan_lines import PlanLines
from simengine.study.services import Service
from simengine.study.walk import numbers

_WHOLE = 1e-9
_NEARLY = 0.98
"""Shares of segments that sum to this or more, and not to one, were probably meant to be the whole."""
_TIMES = 3.0
_LEAST_SPREAD = 0.001
"""Rates are printed to a tenth of a per cent."""
_LEAST_LOG_SPREAD = 0.002
_RATES = 4
_SPENDS = 5
_DEVIATIONS = 2.0


def advise_on_figures(checker: Checker, plan: PlanLines) -> None:
    """Warn of weights, cells and base years."""
    spec = checker.spec
    for name, weights in spec.cost_weights.items():
        _check_weights(checker, f"cost_weights.{name}", sum(weights.values()), bool(weights))
    for name, service in spec.services.items():
        own = service.cost_weights
        if isinstance(own, dict):
            _check_weights(checker, f"services.{name}.cost_weights", sum(own.values()), bool(own))
        _check_segments(checker, plan, name, service)
        _check_history(checker, plan, name, service)
        if isinstance(service.spend_by_year, tuple):
            _check_spends(checker, f"services.{name}.spend_by_year", service.spend_by_year)
    for number in numbers(spec):
        if number.unit == "rate" and isinstance(number.value, tuple):
            _check_rates(checker, number.path, number.value)
    for name, declared in spec.drivers.items():
        if isinstance(declared, tuple) and all(abs(value) < 1.0 for value in declared):
            _check_rates(checker, f"drivers.{name}", declared)


def _check_weights(checker: Checker, path: str, total: float, given: bool) -> None:
    if given and total < 1.0 - _WHOLE:
        checker.warn(path, f"the weights sum to {total:.6g}, not to 1: the rest of the cost has no inflation")


def _check_segments(checker: Checker, plan: PlanLines, name: str, service: Service) -> None:
    shares = [plan.share(name, segment) for segment in service.segments]
    if len(shares) < 2 or any(share is None for share in shares):
        return
    total = sum(share[0] for share in shares if share is not None)
    if _NEARLY <= total < 1.0 - _WHOLE:
        checker.warn(f"services.{name}.segments", f"the shares sum to {total:.6g}, not to 1: are they meant to be the whole line?")


def _check_rates(checker: Checker, path: str, values: Sequence[float]) -> None:
    """A rate that lies further from the others than three times what the others span."""
    if len(values) < _RATES:
        return
    for year, value in enumerate(values, start=1):
        rest = [*values[: year - 1], *values[year:]]
        away = max(min(rest) - value, value - max(rest))
        if away > _TIMES * max(max(rest) - min(rest), _LEAST_SPREAD):
            between = f"{min(rest):.4g}" if max(rest) == min(rest) else f"{min(rest):.4g} to {max(rest):.4g}"
            checker.warn(path, f"year {year} is out of pattern: {value:.4g}, where the other years have {between}")


def _check_spends(checker: Checker, path: str, values: Sequence[float]) -> None:
    """A spend that lies off the even growth of the other years, by more than three times their spread about it."""
    if len(values) < _SPENDS or min(values) <= 0.0:
        return
    logs = [math.log(value) for value in values]
    for at, value in enumerate(values):
        years = [year for year in range(len(values)) if year != at]
        slope, start = statistics.linear_regression(years, [logs[year] for year in years])
        left = [logs[year] - start - slope * year for year in years]
        off = logs[at] - start - slope * at
        if abs(off) > _TIMES * max(max(left) - min(left), _LEAST_LOG_SPREAD):
            expected = math.exp(start + slope * at)
            checker.warn(path, f"year {at + 1} is out of pattern: {value:.6g}, where the growth of the other years gives {expected:.4g}")
            return


def _check_history(checker: Checker, plan: PlanLines, name: str, service: Service) -> None:
    """The figure of the line as stated, against the figures of earlier years."""
    figure = service.spend if service.spend is not None else service.activity
    values = None if figure is None or service.history is None else plan.values(figure)
    if values is None or service.history is None or isinstance(figure, Uncertain):
        return
    mean, spread = statistics.fmean(service.history), statistics.stdev(service.history)
    if abs(values[0] - mean) > _DEVIATIONS * spread:
        times = f"{abs(values[0] - mean) / spread:.2g} standard deviations" if spread else "away"
        side = "above" if values[0] > mean else "below"
        words = f"{times} {side} its history" if spread else f"{side} its history, which is even"
        checker.warn(f"services.{name}.history", f"the figure {values[0]:.6g} is {words} (mean {mean:.6g}): is it a year like others?")
