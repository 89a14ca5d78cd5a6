"""Counts of very many values, mixed or cut: a continuous distribution rounded up, at a cost that does not grow with the size.

A large count is the real x of its continuous extension rounded up (see ``poisson`` and ``negative_binomial``). Rounding up keeps the
order of values, so a mixture of counts is the mixture of their extensions rounded up, and a count from a to b is its extension
between a - 1 and b rounded up. The extension is tabulated; the error in u is that of its table.
"""

import math

import numpy as np

from simengine.distributions.base import Distribution, Encoded, Parameter, Row

# Counts above this are not told apart in float64.
_LARGEST = 2.0**53


class Whole:
    """The count ``listed``, drawn as the continuous ``extension`` rounded up; its moments are those of ``listed``."""

    def __init__(self, listed: Distribution, extension: Distribution) -> None:
        self.listed, self.extension = listed, extension
        self.name: str = listed.name
        self.parameters: tuple[Parameter, ...] = listed.parameters
        low, high = extension.support()
        first = math.ceil(low)
        # The lower end itself is possible only where an atom stands on it.
        alone = first == low and not float(extension.cdf(np.array([low]))[0]) > 0.0
        self._low = float(first + 1 if alone else first)
        self._high = math.floor(high) if math.isfinite(high) else math.inf

    def mean(self) -> float:
        """Return the mean."""
        return self.listed.mean()

    def variance(self) -> float:
        """Return the variance."""
        return self.listed.variance()

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest count."""
        return self._low, self._high

    def quantile(self, u: Row) -> Row:
        """Return the smallest count with a cumulated probability of at least ``u``."""
        return np.clip(np.ceil(self.extension.quantile(u)), self._low, self._high)

    def isf(self, v: Row) -> Row:
        """Return the smallest count that is exceeded with probability ``v`` at most."""
        return np.clip(np.ceil(self.extension.isf(v)), self._low, self._high)

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``."""
        return self.extension.cdf(np.floor(x))

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``."""
        return self.extension.sf(np.floor(x))

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return every count with its probability: a long list."""
        return self.listed.atoms()

    def breaks(self) -> tuple[float, ...]:
        """Return nothing: there is no density."""
        return ()

    def encode(self) -> Encoded:
        """Encode as WHOLE_PIECES, held to the smallest and the largest count."""
        from simengine.distributions.pieces import tabulate_whole

        return tabulate_whole(self.extension, max(self._low, -_LARGEST), min(self._high, _LARGEST))
