"""A mean and two quantiles between known ends, as a distribution: a bounded metalog where there is one, else the nearest beta."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from simengine.distributions import Distribution
from simengine.distributions.build import build
from simengine.errors import ParameterError

#: Shapes among which the nearest beta is looked for.
_SHAPES: Final = (0.2, 1e4)


@dataclass(frozen=True)
class ThreePoint:
    """The distribution as the study file names it, and what it gives less what was asked (the mean by integration)."""

    family: str
    parameters: Mapping[str, float]
    mean_error: float
    p10_error: float
    p90_error: float

    def distribution(self) -> Distribution:
        """The distribution itself."""
        return build(self.family, self.parameters)

    @property
    def largest_error(self) -> float:
        """Largest of the three errors, without its sign."""
        return max(abs(self.mean_error), abs(self.p10_error), abs(self.p90_error))


def three_point(*, mean: float, p10: float, p90: float, minimum: float, maximum: float) -> ThreePoint:
    """Fit a mean, a 10 % and a 90 % quantile between two ends.

    A metalog with both ends (Keelin 2016, Decision Analysis 13, 243-277) meets the three numbers exactly: one of three terms, or
    where that is no distribution, of four. Where there is neither, the beta between the ends with the least sum of squares of
    the three errors is taken, and the errors say how near it comes.

    Raises
    ------
    ParameterError
        When the numbers cannot belong to any distribution: out of order, or outside the ends.
    """
    stated = {"p10": p10, "p90": p90, "mean": mean, "min": minimum, "max": maximum}
    if not minimum < p10 < p90 < maximum:
        raise ParameterError([("p10", f"must rise: min {minimum:g}, p10 {p10:g}, p90 {p90:g}, max {maximum:g}")])
    low, high = mean_range(p10, p90, minimum, maximum)
    if not low < mean < high:
        rule = f"with these quantiles and ends a mean lies between {low:.6g} and {high:.6g} (found {mean:g})"
        raise ParameterError([("mean", rule)])
    asked = (mean, p10, p90)
    for extra in ({}, {"terms": 4}):
        parameters = {**stated, **extra}
        try:
            built = build("percentiles", parameters)
        except ParameterError:
            continue
        return _with_errors("percentiles", parameters, built, asked)
    parameters = _nearest_beta(mean, p10, p90, minimum, maximum)
    return _with_errors("beta", parameters, build("beta", parameters), asked)


def mean_range(p10: float, p90: float, minimum: float, maximum: float) -> tuple[float, float]:
    """Smallest and largest mean of any distribution with these quantiles between these ends."""
    return 0.1 * minimum + 0.8 * p10 + 0.1 * p90, 0.1 * p10 + 0.8 * p90 + 0.1 * maximum


def _with_errors(family: str, parameters: Mapping[str, float], built: Distribution, asked: tuple[float, float, float]) -> ThreePoint:
    low, high = (float(value) for value in built.quantile(np.array([0.1, 0.9])))
    return ThreePoint(family, parameters, _integrated_mean(built) - asked[0], low - asked[1], high - asked[2])


def _integrated_mean(built: Distribution) -> float:
    """The mean by integrating the quantile function over the log odds: a check that does not lean on the family's own mean."""
    odds = np.linspace(-40.0, 40.0, 4001)
    u = 1.0 / (1.0 + np.exp(-odds))
    step = odds[1] - odds[0]
    return float(step * np.sum(built.quantile(np.clip(u, 1e-300, 1.0 - 2.0**-53)) * u / (1.0 + np.exp(odds))))


def _nearest_beta(mean: float, p10: float, p90: float, minimum: float, maximum: float) -> dict[str, float]:
    """Shapes of the beta with the least sum of squared errors, all three in parts of the range."""
    from scipy.optimize import least_squares
    from scipy.special import betaincinv

    width = maximum - minimum
    asked = (np.array([mean, p10, p90]) - minimum) / width

    def errors(logs: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        a, b = np.exp(logs)
        return np.array([a / (a + b), betaincinv(a, b, 0.1), betaincinv(a, b, 0.9)]) - asked

    # the central 80 % of a normal is 2.56 sd wide
    spread = (asked[2] - asked[1]) / 2.56
    total = max(asked[0] * (1.0 - asked[0]) / spread**2 - 1.0, 0.2)
    start = np.clip(np.log([asked[0] * total, (1.0 - asked[0]) * total]), *(np.log(_SHAPES) * 0.99))
    found = least_squares(errors, start, bounds=tuple(np.log(_SHAPES)), xtol=1e-12, ftol=1e-12)
    a, b = np.exp(found.x)
    return {"alpha": float(a), "beta": float(b), "min": minimum, "max": maximum}
