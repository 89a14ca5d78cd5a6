"""A model as a function of independent units of chance: all that pick-freeze methods know of a study, or of a user's own function.

A *unit* is a driver with all its years, a volatility, or whatever else is drawn. Units that are correlated with each other form a
*cluster*. Two independent designs are drawn for each point: A, which is the run's own draws, and B. A point of a piece is evaluated with
each unit from A, from B, or at its plan value; with ``conditional`` the units of a cluster that are not from A are drawn given those
that are, so that their joint distribution is kept (Shapley effects; Song, Nelson and Staum 2016, SIAM/ASA J. Uncertainty
Quantification 4, 1060-1083).
"""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from simengine.sensitivity_analysis.measures import Output

Array = npt.NDArray[np.float64]
Take = npt.NDArray[np.uint8]

#: Where a unit of a point comes from.
FROM_A, FROM_B, FROM_PLAN = 0, 1, 2
#: Points of a piece, and a multiple of the replicates.
PIECE = 512


class Unit(NamedTuple):
    """One unit of chance: its name, its risk category, and its cluster (-1: independent of all others)."""

    name: str
    category: str = "other"
    cluster: int = -1


class Piece(Protocol):
    """Consecutive points, with both designs drawn."""

    def evaluate(self, take: Take, *, conditional: bool = False) -> Array:
        """Outputs (selection, output, point) for selections ``take`` (selection, unit, point); NaN where the model fails.

        With a last dimension of 1 a selection is the same for all points. The array may be written over by the next call.
        """


class Subject(Protocol):
    """A model to be analysed."""

    @property
    def units(self) -> tuple[Unit, ...]:
        """What is drawn, in the order of the study."""

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What comes out."""

    @property
    def sampler(self) -> str:
        """``sobol`` (point n belongs to replicate n % 16), ``lhs`` or ``random`` (batches of 256)."""

    def piece(self, first: int, count: int) -> Piece:
        """Points ``first`` ... ``first + count - 1``; ``first`` a multiple of ``PIECE``, ``count`` at most ``PIECE``. Safe from threads."""
