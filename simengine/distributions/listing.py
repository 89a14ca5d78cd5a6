"""Whether the values of a mixture or a cut can be listed one by one, and what is done where they are too many.

A count of ten thousand has some thousands of possible values, one of a million more than a table should hold. Where all values of
a distribution are whole numbers it becomes a ``Whole``. Beside a continuous part every single count is an atom of its own, so that too many
are refused.
"""

import math
from typing import Final

import numpy as np

from simengine.distributions.base import Distribution
from simengine.distributions.counts import MOST_LISTED, LargeCounts, whole_between
from simengine.distributions.mixture import Mixed, Mixture, cut
from simengine.distributions.truncated import Truncated
from simengine.distributions.whole import Whole
from simengine.errors import ParameterError

#: Atoms that can stand beside a continuous part.
MOST_BESIDE: Final = 32768
#: Values of any distribution that is listed.
_MOST: Final = 1 << 18
# A list of weights sums to one but for its rounding.
_ALL: Final = 1.0 - 1e-9


def value_count(distribution: Distribution) -> int:
    """Return how many values of positive probability there are, those of different parts counted apart; 0 where there is none."""
    if isinstance(distribution, Whole):
        return value_count(distribution.listed)
    if isinstance(distribution, Mixed):
        return sum(value_count(part) for part in distribution.parts)
    if isinstance(distribution, Truncated):
        count = value_count(distribution.base)
        within = whole_between(distribution.lower, distribution.upper) if isinstance(distribution.base, LargeCounts) else math.inf
        return int(min(count, within))
    return distribution.value_count() if isinstance(distribution, LargeCounts) else len(distribution.atoms())


def extension_of(distribution: Distribution) -> Distribution | None:
    """Return a distribution whose value, rounded up, is that of ``distribution``: continuous where counts are many.

    None where values need not be whole numbers.
    """
    if isinstance(distribution, Whole):
        return distribution.extension
    if isinstance(distribution, LargeCounts):
        return distribution.extension()
    if isinstance(distribution, Mixed):
        parts = [extension_of(part) for part in distribution.parts]
        known = [part for part in parts if part is not None]
        return Mixture(components=known, weights=list(distribution.shares)) if len(known) == len(parts) else None
    if isinstance(distribution, Truncated) and isinstance(distribution.base, LargeCounts):
        return _cut_extension(distribution, distribution.base.extension())
    atoms = distribution.atoms()
    whole = math.fsum(p for _, p in atoms) > _ALL and all(x.is_integer() for x, _ in atoms)
    return distribution if whole else None


def _cut_extension(distribution: Truncated, extension: Distribution) -> Distribution:
    """Return the extension from just above the count before ``lower`` to ``upper``."""
    if extension is distribution.base:
        return distribution
    ends = {}
    if math.isfinite(distribution.lower):
        ends["lower"] = float(math.ceil(distribution.lower)) - 1.0
    if math.isfinite(distribution.upper):
        ends["upper"] = float(math.floor(distribution.upper))
    return cut(extension, ends)


def bounded(distribution: Distribution) -> Distribution:
    """Return a mixture or a cut as it can be tabulated: itself, or a ``Whole`` where it has very many values.

    Raises
    ------
    ParameterError
        When it has too many values beside a continuous part, or too many that are no whole numbers.
    """
    if not isinstance(distribution, Mixed | Truncated) or isinstance(distribution, Mixed) and len(distribution.parts) == 1:
        return distribution
    count = value_count(distribution)
    if count <= MOST_LISTED:
        return distribution
    extension = extension_of(distribution)
    if extension is not None and _has_density(extension):
        return Whole(distribution, extension)
    most = MOST_BESIDE if _has_density(distribution) else _MOST
    if most < count <= _MOST:
        # Different parts may have the same values.
        count = len(distribution.atoms())
    if count <= most:
        return distribution
    raise ParameterError([(_largest(distribution), _rule(count, most))])


def _rule(count: int, most: int) -> str:
    """Return what is wrong, and a way out."""
    beside = "beside values that are no counts" if most < _MOST else "that are not all whole numbers"
    return (
        f"has about {count} possible values {beside}; at most {most} can be drawn one by one: "
        "give the count as gamma (or normal) with its mean and sd, or narrow it with lower and upper"
    )


def _has_density(distribution: Distribution) -> bool:
    """Whether some part is continuous."""
    if isinstance(distribution, Whole | LargeCounts):
        return False
    if isinstance(distribution, Mixed):
        return any(_has_density(part) for part in distribution.parts)
    if isinstance(distribution, Truncated):
        return _has_density(distribution.base)
    return not math.fsum(p for _, p in distribution.atoms()) > _ALL


def _largest(distribution: Distribution) -> str:
    """Return the path of the part with the most values, as the study file has it."""
    if not isinstance(distribution, Mixed):
        return "dist"
    return distribution.places[int(np.argmax([value_count(part) for part in distribution.parts]))]
