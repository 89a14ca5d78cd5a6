"""Percentiles: the metalog through three or more given quantiles, between bounds or not, with a given mean or not.

With as many terms as conditions it has the quantiles (and the mean) exactly; with fewer ``terms`` it is the least-squares fit in
the metalog's own score. With a mean, one term more than conditions leaves a choice: the metalog farthest from falling is taken.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from simengine.distributions.base import Continuous, Encoded, Fault, Parameter, Row, is_number, range_faults
from simengine.distributions.metalog import MOST_TERMS, Metalog
from simengine.distributions.metalog_fit import score_of, through, with_mean
from simengine.errors import ParameterError

_NAME = re.compile(r"p(\d{1,2})(?:_(\d{1,3}))?")
# Between two bounds, or below the median of one, dM/dL is the power by which the distance to the bound goes with u.
_STEEPEST, _STEEPEST_OPEN = 8.0, 3.0
_TOO_FEW = "at least three conditions are needed: quantiles such as p10, p50, p90, of which a mean replaces one"


@dataclass(frozen=True, init=False)
class Percentiles(Continuous):
    """The metalog through the quantiles ``p1`` ... ``p99`` (``p2_5`` is that at 2.5 %), within ``min`` and ``max``."""

    name: ClassVar[str] = "percentiles"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "mean, in place of one quantile", required=False, is_value=True),
        Parameter("min", "bound that every value is above", required=False, is_value=True),
        Parameter("max", "bound that every value is below", required=False, is_value=True),
        Parameter("terms", "number of terms of the metalog; as many as conditions unless given", low=2.0, high=MOST_TERMS, required=False),
    )
    #: Parameters that are named by a pattern, each with what they take.
    patterns: ClassVar[tuple[tuple[re.Pattern[str], Parameter], ...]] = (
        (_NAME, Parameter("p50", "value not exceeded with this probability in percent", required=False, is_value=True)),
    )

    #: The quantiles: (probability, value), rising.
    given: tuple[tuple[float, float], ...]
    metalog: Metalog
    expected: float
    spread: float

    def __init__(
        self,
        *,
        mean: float | None = None,
        min: float | None = None,
        max: float | None = None,
        terms: float | None = None,
        **quantiles: float,
    ) -> None:
        ends = {"mean": mean, "min": min, "max": max, "terms": terms}
        stated = {key: value for key, value in ends.items() if value is not None}
        faults = range_faults([p for p in self.parameters if p.name in stated], stated)
        points = _points(quantiles, faults)
        faults = faults or _order_faults(points, stated)
        faults = faults or _count_faults(points, stated)
        if faults:
            raise ParameterError(faults)
        bounds = (-math.inf if min is None else float(min), math.inf if max is None else float(max))
        conditions = len(points) + (mean is not None)
        metalog = _fit(points, conditions if terms is None else int(terms), mean, bounds)
        own_mean, variance = metalog.moments()
        object.__setattr__(self, "given", tuple((float(probability), value) for probability, _, value in points))
        object.__setattr__(self, "metalog", metalog)
        object.__setattr__(self, "expected", own_mean if mean is None else float(mean))
        object.__setattr__(self, "spread", variance)

    def mean(self) -> float:
        """Return the mean: as given, or in closed form (no bound) or by quadrature; infinite where a tail is too heavy."""
        return self.expected

    def variance(self) -> float:
        """Return the variance: in closed form (no bound) or by quadrature; infinite where a tail is too heavy."""
        return self.spread

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.metalog.support()

    def quantile(self, u: Row) -> Row:
        """Return the metalog at ``u``."""
        return self.metalog.quantile(u)

    def isf(self, v: Row) -> Row:
        """Return the metalog at 1 - v."""
        return self.metalog.isf(v)

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``: the metalog inverted."""
        from scipy.special import expit

        return np.asarray(expit(self.metalog.odds(x)), np.float64)

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``: the metalog inverted."""
        from scipy.special import expit

        return np.asarray(expit(-self.metalog.odds(x)), np.float64)

    def encode(self) -> Encoded:
        """Encode as TABLE: of each half the distance from a bound, or the deviation from the median."""
        return self.metalog.encode()


#: A quantile: its probability, its name and its value.
Point = tuple[Fraction, str, float]


def fit_three(*, mean: float, p10: float, p90: float, min: float, max: float) -> Percentiles:
    """Return the bounded metalog with this mean, P10 and P90: of three terms, or of four where there is none.

    Raises
    ------
    ParameterError
        When there is none of four terms either, or the numbers are out of order.
    """
    try:
        return Percentiles(mean=mean, p10=p10, p90=p90, min=min, max=max)
    except ParameterError:
        return Percentiles(mean=mean, p10=p10, p90=p90, min=min, max=max, terms=4)


def probability_of(name: str) -> Fraction | None:
    """Return the probability that a name such as ``p2_5`` states; nothing where it is no such name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    digits = found[2] or ""
    return Fraction(int(found[1] + digits), 100 * 10 ** len(digits))


def _points(quantiles: Mapping[str, Any], faults: list[Fault]) -> list[Point]:
    """Return the quantiles by rising probability; add what is wrong with each to ``faults``."""
    points: list[Point] = []
    names: dict[Fraction, str] = {}
    for name, value in quantiles.items():
        probability = probability_of(name)
        if probability is None:
            faults.append((name, "is no parameter of percentiles; quantiles are p1 to p99, or p2_5 for that at 2.5 %"))
        elif probability == 0:
            faults.append((name, "must be a quantile at a probability above 0; a smallest value is min"))
        elif probability in names:
            faults.append((name, f"is the same quantile as {names[probability]}"))
        elif not is_number(value):
            faults.append((name, "must be a number"))
        elif not math.isfinite(value):
            faults.append((name, "must be finite"))
        else:
            names[probability] = name
            points.append((probability, name, float(value)))
    return sorted(points)


def _order_faults(points: Sequence[Point], stated: Mapping[str, Any]) -> list[Fault]:
    """Check that the quantiles rise, and that they and the mean lie between the bounds."""
    low, high = stated.get("min", -math.inf), stated.get("max", math.inf)
    if low >= high:
        return [("min", "must be below max")]
    faults = [
        (later, f"must be above {earlier}: quantiles rise with their probability")
        for (_, earlier, below), (_, later, above) in zip(points, points[1:], strict=False)
        if not below < above
    ]
    values = [(name, value) for _, name, value in points]
    if "mean" in stated:
        values.append(("mean", stated["mean"]))
    faults += [(name, "must be above min") for name, value in values if value <= low]
    return faults + [(name, "must be below max") for name, value in values if value >= high]


def _count_faults(points: Sequence[Point], stated: Mapping[str, Any]) -> list[Fault]:
    """Check the number of conditions, and of terms against it."""
    conditions, mean = len(points) + ("mean" in stated), "mean" in stated
    if conditions < 3 or len(points) < 2:
        return [(points[-1][1] if points else "p50", _TOO_FEW)]
    terms = stated.get("terms")
    if terms is None:
        return [] if conditions <= MOST_TERMS else [("terms", f"must be given with more than {MOST_TERMS} conditions; 5 to 9 are usual")]
    if terms != int(terms):
        return [("terms", "must be a whole number")]
    if mean and not conditions <= terms <= conditions + 1:
        return [("terms", f"must be {conditions} or {conditions + 1} here: with a mean, as many as conditions or one more")]
    if not mean and terms > conditions:
        return [("terms", f"must be at most the number of conditions, {conditions}")]
    return []


def _fit(points: Sequence[Point], terms: int, mean: float | None, bounds: tuple[float, float]) -> Metalog:
    """Return the metalog; raise ParameterError where it is no distribution or cannot be tabulated."""
    probabilities, values = [point[0] for point in points], [point[2] for point in points]
    last = points[-1][1]
    if mean is None:
        metalog = through(probabilities, values, terms, *bounds)
    else:
        scores = [score_of(value, *bounds) for value in values]
        found = with_mean(probabilities, scores, terms, float(mean), bounds)
        if not isinstance(found, Metalog):
            raise ParameterError([("mean", _no_mean(found, terms, len(points) + 1))])
        metalog = found
    falls = metalog.falls()
    if falls is not None:
        others = "other quantiles or bounds"
        advice = f"fewer terms (terms = {terms - 1}), {others}" if terms > 3 and mean is None else others
        rule = f"the metalog through these quantiles is not a distribution: its quantile function falls {_where(*falls)}; give {advice}"
        raise ParameterError([(last, rule)])
    bounded = [math.isfinite(end) for end in bounds]
    limit = _STEEPEST if all(bounded) else _STEEPEST_OPEN if any(bounded) else math.inf
    if metalog.steepest() > limit:
        rule = (
            "the metalog through these quantiles is too steep to be tabulated: the distance from a bound goes with the power "
            f"{metalog.steepest():.3g} of the probability, where {limit:g} is the most; give other quantiles or bounds"
        )
        raise ParameterError([(last, rule)])
    return metalog


def _no_mean(means: tuple[float, float], terms: int, conditions: int) -> str:
    """Return why no metalog has the mean, given the least and the largest that there are."""
    more = f", or one more term (terms = {terms + 1})" if terms == conditions else ""
    low, high = means
    if low > high:
        rule = "no metalog of {} terms through these quantiles is a distribution, whatever its mean; give other quantiles or bounds{}"
        return rule.format(terms, more)
    ends = f"from {low:.4g} to {high:.4g}" if math.isfinite(high) else f"from {low:.4g} up"
    ends = ends if math.isfinite(low) else f"up to {high:.4g}"
    return f"no metalog of {terms} terms through these quantiles has this mean, which can be {ends}; give another mean{more}"


def _where(low: float, high: float) -> str:
    """Return where a quantile function falls, in percentiles."""
    if low < 1e-5:
        return f"below P{_percent(high)}"
    if high > 1.0 - 1e-5:
        return f"above P{_percent(low)}"
    return f"about P{_percent(low)}" if _percent(low) == _percent(high) else f"between P{_percent(low)} and P{_percent(high)}"


def _percent(u: float) -> str:
    """Return a probability in percent: whole in the middle, with three figures of the nearer tail."""
    if 0.01 <= u <= 0.99:
        return f"{100.0 * u:.0f}"
    return f"{100.0 * u:.3g}" if u < 0.5 else f"{100.0 - float(f'{100.0 * (1.0 - u):.3g}'):.8g}"
