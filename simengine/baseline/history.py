"""A base year against its own history: more than two standard deviations off is worth a question (WPB 2.2, 2.7; MODEL.md section 2).

"Checking the baseline against several years of historical data will give assurance that it is not an outlier." The test is
(x - mean)² > 4 · variance, the variance with n - 1, which needs no square root and so no rounding.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from simengine.baseline.exact import Number, exact, shown, total
from simengine.baseline.working import ServiceLine, Working

#: Fewest years that say anything about spread.
FEWEST_YEARS = 3


def mean_and_variance(values: Sequence[Number]) -> tuple[Fraction, Fraction]:
    """Mean and variance (with n - 1) of at least two values, in their unit and its square."""
    numbers = [exact(value) for value in values]
    mean = total(numbers) / len(numbers)
    return mean, total((number - mean) ** 2 for number in numbers) / (len(numbers) - 1)


def is_outlier(base: Number, history: Sequence[Number]) -> bool | None:
    """Whether ``base`` lies more than two standard deviations from the mean of its history; None for fewer than three years."""
    if len(history) < FEWEST_YEARS:
        return None
    mean, variance = mean_and_variance(history)
    return (exact(base) - mean) ** 2 > 4 * variance


def check_history(services: Sequence[ServiceLine], history: Mapping[str, Sequence[Number]], working: Working) -> None:
    """Warn about every line whose spend is off its own history ({name or label of the line: spend of earlier years, currency})."""
    for service in services:
        title = service.line.title
        years = history.get(title, history.get(service.line.name))
        if years is None:
            continue
        off = is_outlier(service.spend, years)
        if off is None:
            known = f"{len(years)} earlier year{'s' if len(years) > 1 else ''}"
            working.warn(f"{title}: {known} cannot tell whether the base year is an outlier (three are needed)")
            continue
        mean, variance = mean_and_variance(years)
        given = {"mean_of_history": mean, "variance_of_history": variance}
        distance = service.spend - mean
        working.step(
            title, "distance from history", "base year - mean of earlier years", distance, "money", base_year=service.spend, **given
        )
        if off:
            deviation = f"{float(variance) ** 0.5:,.0f}"
            working.warn(
                f"{title}: the base year, {shown(service.spend, 0)}, is more than two standard deviations ({deviation} each) from the mean "
                f"of {len(years)} earlier years, {shown(mean, 0)}: look for one-off effects before it becomes a baseline (WPB 2.7)"
            )
