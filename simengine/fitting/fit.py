"""Fit families of distributions to data by maximum likelihood and say which describe them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import DataError, Problem
from simengine.fitting.beta import BetaCandidate, FreeBetaCandidate
from simengine.fitting.bounded import TriangularCandidate, UniformCandidate
from simengine.fitting.candidate import Candidate, Ends
from simengine.fitting.counts import NegativeBinomialCandidate, PoissonCandidate
from simengine.fitting.goodness import RESAMPLES, Goodness, goodness
from simengine.fitting.location_scale import LognormalCandidate, NormalCandidate, StudentCandidate
from simengine.fitting.newton import Array
from simengine.fitting.positive import GammaCandidate, WeibullCandidate
from simengine.fitting.truncated import TruncatedCandidate

FEWEST_VALUES: Final = 5
#: Whole numbers up to this are taken for counts.
LARGEST_COUNT: Final = 1_000_000

Kind = Literal["counts", "continuous"]

_UNBOUNDED: Final[dict[str, Callable[[], Candidate]]] = {
    "normal": NormalCandidate,
    "lognormal": LognormalCandidate,
    "gamma": GammaCandidate,
    "weibull": WeibullCandidate,
    "student_t": StudentCandidate,
}
_BOUNDED: Final[dict[str, Callable[[Ends], Candidate]]] = {
    "uniform": UniformCandidate,
    "triangular": TriangularCandidate,
    "beta": BetaCandidate,
}
_COUNTS: Final[dict[str, Callable[[], Candidate]]] = {"poisson": PoissonCandidate, "negative_binomial": NegativeBinomialCandidate}

#: Families that can be fitted, by what they are fitted to when none is asked for.
CONTINUOUS_FAMILIES: Final = ("normal", "lognormal", "uniform", "triangular", "beta", "gamma", "weibull", "student_t")
COUNT_FAMILIES: Final = tuple(_COUNTS)


@dataclass(frozen=True)
class Options:
    """How to fit: families (none: those of the kind), kind (None: told from the values), known ends, and the bootstrap."""

    families: tuple[str, ...] = ()
    kind: Kind | None = None
    ends: Ends = Ends()
    truncate: bool = False
    free_ends: bool = False
    seed: int = 1
    resamples: int = RESAMPLES


@dataclass(frozen=True)
class Fitted:
    """One family fitted to the data; ``parameters`` are those of a study file, ``standard_errors`` of the estimated ones."""

    family: str
    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float]
    log_likelihood: float
    aic: float
    aicc: float
    bic: float
    weight: float
    statistic_name: str
    statistic: float
    p_value: float
    verdict: str


@dataclass(frozen=True)
class Refused:
    """A family that does not apply, and why."""

    family: str
    reason: str


@dataclass(frozen=True)
class FitResult:
    """Families by AIC, best first; those that do not apply; what the reader should know."""

    n: int
    kind: Kind
    fitted: tuple[Fitted, ...]
    refused: tuple[Refused, ...]
    notes: tuple[str, ...]


def candidate_of(family: str, options: Options) -> Candidate:
    """The candidate of one family under the options."""
    if family in _COUNTS:
        return _COUNTS[family]()
    if family == "beta" and options.free_ends:
        return FreeBetaCandidate()
    if family in _BOUNDED:
        return _BOUNDED[family](options.ends)
    inner = _UNBOUNDED[family]()
    return TruncatedCandidate(inner, options.ends) if options.truncate else inner


def fit(values: ArrayLike, options: Options = Options()) -> FitResult:  # noqa: B008 - frozen
    """Fit the families to the values.

    Raises
    ------
    DataError
        When no family can be fitted to such values at all: too few of them, or all equal, or not finite.
    """
    x = np.asarray(values, np.float64).ravel()
    _check_values(x)
    _check_options(options)
    # what overflows in a hopeless corner of a likelihood is no news for the user
    with np.errstate(all="ignore"):
        return _fit(x, options)


def _fit(x: Array, options: Options) -> FitResult:
    kind = options.kind or kind_of(x)
    families = options.families or (COUNT_FAMILIES if kind == "counts" else CONTINUOUS_FAMILIES)
    fitted: list[tuple[str, Candidate, Array, float]] = []
    refused = []
    for family in dict.fromkeys(families):
        candidate = candidate_of(family, options)
        found = _estimate(candidate, x)
        if isinstance(found, str):
            refused.append(Refused(family, found))
        else:
            fitted.append((family, candidate, found, candidate.log_likelihood(found, x)))
    lowest = min((_criteria(value, found.size, x.size)[0] for _, _, found, value in fitted), default=math.nan)
    total = sum(math.exp(-0.5 * (_criteria(value, found.size, x.size)[0] - lowest)) for _, _, found, value in fitted)
    done = [_row(*one, x, (lowest, total), options) for one in fitted]
    ranked = tuple(sorted(done, key=lambda row: row.aic))
    return FitResult(x.size, kind, ranked, tuple(refused), tuple(_notes(x, kind, ranked, options)))


def kind_of(x: Array) -> Kind:
    """Counts are whole numbers from 0 to a million; everything else is continuous."""
    whole = np.all(x == np.floor(x)) and x.min() >= 0.0 and x.max() <= LARGEST_COUNT
    return "counts" if whole else "continuous"


def _check_values(x: Array) -> None:
    rule = None
    if x.size < FEWEST_VALUES:
        rule = f"{x.size} values are too few to fit a distribution to: at least {FEWEST_VALUES} are needed"
    elif not np.all(np.isfinite(x)):
        rule = "every value must be a finite number"
    elif x.min() == x.max():
        rule = f"all {x.size} values are {x[0]:g}: there is nothing to fit; write the number itself"
    if rule is not None:
        raise DataError([Problem("", rule)])


def _check_options(options: Options) -> None:
    from simengine.fitting.data import nearest

    known = (*CONTINUOUS_FAMILIES, *COUNT_FAMILIES)
    faults = [
        Problem("family", f"is not a family that can be fitted; these are {', '.join(known)}", family, nearest(family, known))
        for family in options.families
        if family not in known
    ]
    low, high = options.ends
    if low is not None and high is not None and low >= high:
        faults.append(Problem("", f"the smallest possible value {low:g} must be below the largest, {high:g}"))
    if options.truncate and low is None and high is None:
        faults.append(Problem("", "a truncation needs an end: state a smallest or a largest possible value"))
    if options.resamples < 1:
        faults.append(Problem("", "at least one resample is needed", options.resamples))
    if faults:
        raise DataError(faults)


def _estimate(candidate: Candidate, x: Array) -> Array | str:
    """Estimates (k), or why there are none."""
    reason = candidate.refusal(x)
    if reason is not None:
        return reason
    theta = candidate.estimate(x[None, :], None)[0]
    reason = candidate.runaway(theta)
    if reason is None and not math.isfinite(candidate.log_likelihood(theta, x)):
        reason = "the likelihood of the values is not finite"
    return theta if reason is None else reason


def _criteria(log_likelihood: float, free: int, n: int) -> tuple[float, float, float]:
    """AIC, AICc (NaN when the sample is too small for it) and BIC."""
    aic = 2.0 * free - 2.0 * log_likelihood
    corrected = aic + 2.0 * free * (free + 1.0) / (n - free - 1.0) if n > free + 1 else math.nan
    return aic, corrected, free * math.log(n) - 2.0 * log_likelihood


def _row(
    family: str, candidate: Candidate, theta: Array, log_likelihood: float, x: Array, best: tuple[float, float], options: Options
) -> Fitted:
    aic, corrected, bic = _criteria(log_likelihood, theta.size, x.size)
    tested: Goodness = goodness(candidate, theta, x, options.seed, options.resamples)
    return Fitted(
        family=family,
        parameters=candidate.parameters(theta),
        standard_errors=tested.standard_errors,
        log_likelihood=log_likelihood,
        aic=aic,
        aicc=corrected,
        bic=bic,
        weight=math.exp(-0.5 * (aic - best[0])) / best[1],
        statistic_name=tested.name,
        statistic=tested.statistic,
        p_value=tested.p_value,
        verdict=verdict(aic - best[0], tested.p_value),
    )


def verdict(difference: float, p_value: float) -> str:
    """What AIC and goodness of fit say together, in words."""
    if difference == 0.0:
        standing = "best"
    elif difference < 2.0:
        standing = "about as good"
    elif difference < 10.0:
        standing = "less likely"
    else:
        standing = "far less likely"
    if math.isnan(p_value):
        return f"{standing}, fit not tested"
    if p_value < 0.01:
        return f"{standing}, rejected by the data"
    return f"{standing}, doubtful" if p_value < 0.05 else standing


def _notes(x: Array, kind: Kind, fitted: Sequence[Fitted], options: Options) -> list[str]:
    notes = []
    if kind == "counts" and options.kind is None and not options.families:
        notes.append("whole numbers: fitted as counts (--as continuous for the other families)")
    mixed = {row.family in _COUNTS for row in fitted}
    if len(mixed) == 2:
        notes.append("AIC of a count family and of a continuous one compare probabilities with densities: a rough guide only")
    if fitted and all(row.p_value < 0.01 for row in fitted):
        notes.append('the data reject every family: use dist = "empirical", or find what the data are a mixture of')
    repeated = 1.0 - np.unique(x).size / x.size
    if kind == "continuous" and repeated > 0.1:
        notes.append(f"{repeated:.0%} of the values repeat another (rounding?): p-values of continuous families are then too small")
    if x.size < 30:
        notes.append(f"{x.size} values tell families apart poorly: a high p-value is no proof")
    return notes
