"""What a family of distributions is: the protocol, its parameters as plain records, and its encoding for the engine."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]
IndexRow = NDArray[np.int64]
Fault = tuple[str, str]

#: Codes by which the engine chooses a loop; the arguments of each are stated where the family encodes itself.
CONSTANT: Final = 0
UNIFORM: Final = 1
TRIANGULAR: Final = 2
PERT: Final = 3
NORMAL: Final = 4
LOGNORMAL: Final = 5
DISCRETE: Final = 6
BERNOULLI: Final = 7
UNIT_GAMMA: Final = 8
UNIT_LOGNORMAL: Final = 9


@dataclass(frozen=True)
class Parameter:
    """One parameter of a family: its name in the study file, what it means and the range (ends included) it may take."""

    name: str
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    required: bool = True
    default: float | None = None
    is_list: bool = False


class Encoded(NamedTuple):
    """A distribution as numbers: code of the loop, its arguments, and its table if it needs one."""

    code: int
    args: tuple[float, float, float, float]
    table: Row | None = None


class Distribution(Protocol):
    """A distribution of one number. ``quantile`` is the reference; the engine uses what ``encode`` gives."""

    @property
    def name(self) -> str:
        """Name of the family in a study file."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the family, in the order in which they are documented."""

    def mean(self) -> float:
        """Return the mean."""

    def variance(self) -> float:
        """Return the variance."""

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value; infinite where there is none."""

    def quantile(self, u: Row) -> Row:
        """Return the value that is not exceeded with probability ``u``, for u in (0, 1)."""

    def cdf(self, x: Row) -> Row:
        """Return the probability of a value of at most ``x``."""

    def encode(self) -> Encoded:
        """Return the distribution as the engine reads it."""


class Family(Protocol):
    """A class of distributions: called with named parameters; raises ParameterError with every fault found."""

    name: str
    parameters: tuple[Parameter, ...]

    def __call__(self, *args: Any, **parameters: Any) -> Distribution:
        """Build the distribution with these parameters."""


def constant(value: float) -> Encoded:
    """Encode a distribution whose only possible value is ``value``."""
    return Encoded(CONSTANT, (value, 0.0, 0.0, 0.0))


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
