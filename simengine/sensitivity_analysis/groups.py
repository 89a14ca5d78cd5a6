"""Groups of draws that are independent of each other: what every interval of a given-data measure is taken from.

16 scrambles for ``sobol`` (draw n % 16); 16 groups of whole Latin hypercubes of 256 draws for ``lhs``; for ``random``, whose draws are
independent, any groups would do, and n % 16 serves small runs too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simengine.errors import ParameterError

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

GROUPS, HYPERCUBE = 16, 256
#: Fewest draws in each group for an interval, and for a measure at all.
FEWEST_IN_GROUP = 4
CONFIDENCE = 0.95
SAMPLERS = ("sobol", "lhs", "random")


@dataclass(frozen=True)
class Groups:
    """The draws that count, sorted by group.

    Attributes
    ----------
    order
        Draws that count, group after group; last those that are in no whole group: they count in estimates, not in their errors.
    bounds
        Where each group begins in ``order``, and where the last one and the rest end, shape (group + 2,).
    failed
        How many draws do not count.
    sampler
        ``sobol``, ``lhs`` or ``random``.
    """

    order: Ints
    bounds: Ints
    failed: int
    sampler: str

    @classmethod
    def of(cls, draws: int, sampler: str, good: Flags | None = None) -> "Groups":
        """The groups of a run; a draw that is not ``good`` is left out, and all others keep their group.

        Raises ParameterError for an unknown sampler.
        """
        if sampler not in SAMPLERS:
            raise ParameterError([("sampler", f"must be one of {', '.join(SAMPLERS)}")])
        draw = np.arange(draws)
        if sampler == "lhs":
            batches = draws // HYPERCUBE
            count = min(GROUPS, batches)
            group = np.where(draw < batches * HYPERCUBE, draw // HYPERCUBE * count // max(batches, 1), count)
        else:
            count, group = GROUPS, draw % GROUPS
        kept = draw if good is None else np.flatnonzero(good)
        own = group[kept]
        order = kept[np.argsort(own, kind="stable")]
        return cls(order, np.searchsorted(own[np.argsort(own, kind="stable")], np.arange(count + 2)), draws - kept.size, sampler)

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.bounds) - 2

    @property
    def draws(self) -> int:
        """How many draws count."""
        return len(self.order)

    @cached_property
    def sizes(self) -> Array:
        """Draws in each group and in the rest, shape (group + 1,)."""
        return np.diff(self.bounds).astype(np.float64)

    @property
    def enough(self) -> bool:
        """Whether there are draws enough for intervals."""
        return self.count >= 2 and float(self.sizes[:-1].min()) >= FEWEST_IN_GROUP

    @cached_property
    def quantile(self) -> float:
        """Student's t for a 95 % interval, with a degree of freedom less than there are groups."""
        from scipy.special import stdtrit

        return float(stdtrit(self.count - 1, (1.0 + CONFIDENCE) / 2.0))

    def sums(self, values: Array) -> Array:
        """Sums by group and of the rest, of values in the order of ``order``, shape (group + 1,)."""
        return np.array([values[a:b].sum() for a, b in zip(self.bounds[:-1], self.bounds[1:], strict=True)])

    def jackknife(self, without: Array) -> Array:
        """Half width of the interval of an estimate of which the first axis of ``without`` holds the values when a group is left out."""
        apart = without - without.mean(axis=0)
        count = without.shape[0]
        return np.asarray(self.quantile * np.sqrt((count - 1) / count * (apart * apart).sum(axis=0)))

    def spread(self, of_groups: Array) -> Array:
        """Half width of the interval of a mean of values that each group has alone, along the first axis."""
        return np.asarray(self.quantile * of_groups.std(axis=0, ddof=1) / np.sqrt(of_groups.shape[0]))


def all_finite(arrays: Sequence[Array]) -> Flags:
    """Draws at which every array (draw,) or (draw, …) is finite."""
    good = np.ones(len(arrays[0]), dtype=np.bool_)
    for one in arrays:
        good &= np.isfinite(one).reshape(len(good), -1).all(axis=1)
    return good
