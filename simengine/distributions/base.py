"""What a family of distributions is: the protocol, its parameters as plain records, and its encoding for the engine."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]
IndexRow = NDArray[np.int64]
Fault = tuple[str, str]

#: Codes by which the engine chooses a loop; the arguments of each are stated where the family encodes itself.
CONSTANT: Final = 0
UNIFORM: Final = 1
TRIANGULAR: Final = 2
TABLE: Final = 3
LOGNORMAL: Final = 4
DISCRETE: Final = 5
BERNOULLI: Final = 6
COUNT: Final = 7
EMPIRICAL: Final = 8
PIECES: Final = 9
UNIT_GAMMA: Final = 10
UNIT_LOGNORMAL: Final = 11
WHOLE_PIECES: Final = 12

Kind = Literal["number", "list", "text", "distribution", "distributions"]
"""What a parameter takes: a number (or one per year), a list of numbers, a text, a distribution, or a list of distributions and numbers."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a family: its name in the study file, what it means and the range (ends included) it may take.

    ``is_value`` marks a value of the quantity itself, which keeps to the quantity's own range (a spread or a weight does not).
    ``choices`` are the texts that a text parameter may be; any when empty.
    """

    name: str
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    required: bool = True
    default: float | str | None = None
    kind: Kind = "number"
    is_value: bool = False
    choices: tuple[str, ...] = ()


class Encoded(NamedTuple):
    """A distribution as numbers: code of the loop, its arguments, and its table if it needs one."""

    code: int
    args: tuple[float, float, float, float]
    table: Row | None = None


class Distribution(Protocol):
    """A distribution of one number. ``quantile`` and ``isf`` are the reference; the engine uses what ``encode`` gives."""

    @property
    def name(self) -> str:
        """Name of the family in a study file."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the family, in the order in which they are documented."""

    def mean(self) -> float:
        """Return the mean; NaN or infinite where there is none."""

    def variance(self) -> float:
        """Return the variance; NaN or infinite where there is none."""

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value; infinite where there is none."""

    def quantile(self, u: Row) -> Row:
        """Return the value that is not exceeded with probability ``u``, for u in (0, 1)."""

    def isf(self, v: Row) -> Row:
        """Return the value that is exceeded with probability ``v``, for v in (0, 1): exact in the upper tail."""

    def cdf(self, x: Row) -> Row:
        """Return the probability of a value of at most ``x``."""

    def sf(self, x: Row) -> Row:
        """Return the probability of a value above ``x`` (the survival function): exact in the upper tail."""

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return every value of positive probability with that probability, rising; nothing for a continuous family."""

    def breaks(self) -> tuple[float, ...]:
        """Return where the density is not smooth, rising: finite ends of the support, kinks, gaps; atoms need not be among them."""

    def encode(self) -> Encoded:
        """Return the distribution as the engine reads it."""


class Continuous:
    """What continuous families share: no atoms, and a density that is smooth between the ends of the support.

    Abstract: a family gives its ``support``, on which the rest stands.
    """

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value; infinite where there is none."""
        raise NotImplementedError

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return nothing; the only value of a constant."""
        low, high = self.support()
        return ((low, 1.0),) if low == high else ()

    def breaks(self) -> tuple[float, ...]:
        """Return the finite ends of the support."""
        return tuple(sorted({end for end in self.support() if math.isfinite(end)}))


class Family(Protocol):
    """A class of distributions: called with named parameters; raises ParameterError with every fault found."""

    name: str
    parameters: tuple[Parameter, ...]

    def __call__(self, *args: Any, **parameters: Any) -> Distribution:
        """Build the distribution with these parameters."""


def constant(value: float) -> Encoded:
    """Encode a distribution whose only possible value is ``value``."""
    return Encoded(CONSTANT, (value, 0.0, 0.0, 0.0))


def rounded(x: float) -> float:
    """Round to 44 significant bits: for a number from a library's function, whose last bits differ between machines."""
    if not math.isfinite(x):
        return x
    mantissa, exponent = math.frexp(x)
    return math.ldexp(round(math.ldexp(mantissa, 44)), exponent - 44)


def is_number(value: object) -> bool:
    """Tell whether ``value`` is a real number (true and false are not)."""
    return isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)


def range_faults(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> list[Fault]:
    """Check each single number against its parameter's record: a finite number within the stated range."""
    faults: list[Fault] = []
    for parameter in parameters:
        value = values[parameter.name]
        if not is_number(value):
            faults.append((parameter.name, "must be a number"))
        elif not math.isfinite(value):
            faults.append((parameter.name, "must be finite"))
        elif value < parameter.low:
            faults.append((parameter.name, f"must be at least {parameter.low:g}"))
        elif value > parameter.high:
            faults.append((parameter.name, f"must be at most {parameter.high:g}"))
    return faults


def group_faults(given: Mapping[str, Any], *groups: tuple[str, ...]) -> list[Fault]:
    """Check that the given parameters (no others than those of the groups) are all of one group and none of another.

    ``groups`` are alternatives such as ("mean", "sd") and ("mu", "sigma"); the first is asked for when nothing is given. A name
    may stand in several groups.
    """
    within = [group for group in groups if given.keys() <= set(group)]
    if not within:
        stated = ", or ".join(" and ".join(group) for group in groups)
        return [(name, f"give either {stated}, not a mixture") for name in sorted(given)]
    if any(given.keys() == set(group) for group in within):
        return []
    wanted = max(within, key=lambda group: len(given.keys() & set(group)))
    return [
        (name, "is needed together with " + " and ".join(other for other in wanted if other != name))
        for name in wanted
        if name not in given
    ]


def interval_faults(ends: Any, coverage: Any) -> list[Fault]:
    """Check a ``range`` of two rising finite numbers and its ``coverage``, a share strictly between 0 and 1."""
    faults: list[Fault] = []
    if isinstance(ends, str) or not isinstance(ends, Sequence | np.ndarray) or len(ends) != 2:
        faults.append(("range", "must be a list of two numbers"))
    elif not all(is_number(end) and math.isfinite(end) for end in ends):
        faults.append(("range", "must hold finite numbers only"))
    elif ends[0] > ends[1]:
        faults.append(("range", "must hold the lower end first"))
    elif not math.isfinite(float(ends[1]) - float(ends[0])):
        faults.append(("range", "must not be that wide"))
    if not is_number(coverage):
        faults.append(("coverage", "must be a number"))
    elif not 0.0 < coverage < 1.0:
        faults.append(("coverage", "must be above 0 and below 1"))
    return faults


def order_faults(values: Mapping[str, Any], *names: str) -> list[Fault]:
    """Check that the named values do not decrease; values that are no finite numbers are left to ``range_faults``."""
    known = [name for name in names if is_number(values[name]) and math.isfinite(values[name])]
    pairs = zip(known, known[1:], strict=False)
    faults = [(low, f"must not be above {high}") for low, high in pairs if values[low] > values[high]]
    if not faults and known:
        spread = float(values[known[-1]]) - float(values[known[0]])
        if not math.isfinite(spread):
            faults.append((known[-1], f"must not be that far above {known[0]}"))
    return faults
