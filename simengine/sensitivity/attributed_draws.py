"""How far each draw is from the plan, split over risk categories: the Shapley value with the plan as the baseline.

For one draw the game is v(S) = f(categories S as drawn, all others at plan) − f(plan). A category's part φ is what v grows by when it
joins, averaged over all orders of joining (the "baseline Shapley" value of Sundararajan and Najmi 2020, ICML, Proceedings of Machine
Learning Research 119; in cost sharing the Shapley-Shubik method, Friedman and Moulin 1999). So parts add up to f(draw) − f(plan) on every
draw, what arises from several categories together is shared equally between them, and what a sum of outputs is split into is the sum of
what they are split into. With up to ``EXACT`` categories every coalition is evaluated; with more, orders are drawn at random, each walked
there and back: unbiased, and the parts of a draw still add up.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity.players import Players
from simengine.sensitivity.subject import FROM_A, FROM_PLAN, Piece, Subject
from simengine.sensitivity.walk import Span, batches, finite, joined, orders, values_of

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Most players of which every coalition is evaluated: 256 runs a draw.
EXACT = 8
#: Orders walked there and back for each draw where there are more.
ORDERS = 4
STREAM = "sensitivity.attribution"


@kernel
def _add_weighted(parts: Floats, values: Floats, plan: Floats, weights: Floats) -> None:
    """Add weight (player, selection) times value less plan to ``parts`` (player, output, point)."""
    for o in range(values.shape[1]):
        for s in range(values.shape[0]):
            for c in range(weights.shape[0]):
                w, at_plan = weights[c, s], plan[o]
                for p in range(values.shape[2]):
                    parts[c, o, p] += w * (values[s, o, p] - at_plan)


@kernel
def _add_steps(parts: Floats, values: Floats, who: Ints, weight: float) -> None:
    """Add to ``parts`` what each step of a walk adds to the output: ``values`` (step + 1, output, point), ``who`` (step, point) joins."""
    for o in range(values.shape[1]):
        for k in range(who.shape[0]):
            for p in range(who.shape[1]):
                parts[who[k, p], o, p] += weight * (values[k + 1, o, p] - values[k, o, p])


def shapley_weights(players: int) -> Array:
    """What each coalition counts in each player's value, (player, coalition); coalition s has player k if bit k of s is set."""
    found = np.empty((players, 1 << players))
    for s in range(1 << players):
        size = s.bit_count()
        for k in range(players):
            before = size - 1 if s >> k & 1 else size
            weight = math.factorial(before) * math.factorial(players - 1 - before) / math.factorial(players)
            found[k, s] = weight if s >> k & 1 else -weight
    return found


class Split(NamedTuple):
    """Parts of a piece, (player, output, point), what they add up to, (output, point), and which points are finite throughout.

    At points that are not, both are 0.
    """

    parts: Array
    total: Array
    good: Flags


class Splitter:
    """Splits the draws of a subject over players."""

    def __init__(self, subject: Subject, players: Players, seed: int) -> None:
        self.subject, self.players, self.seed = subject, players, seed
        self.exact = len(players) <= EXACT
        self._weights = shapley_weights(len(players)) if self.exact else np.empty((0, 0))

    @property
    def runs(self) -> int:
        """Runs of the model for each draw."""
        return 1 << len(self.players) if self.exact else 2 + 2 * ORDERS * (len(self.players) - 1)

    def drawn(self, span: Span) -> Array:
        """Outputs of a piece as drawn, (output, point)."""
        piece = self.subject.piece(*span)
        take = np.full((1, len(self.subject.units), 1), FROM_A, dtype=np.uint8)
        found: Array = values_of(piece, take)[0].copy()
        return found

    def split(self, span: Span) -> Split:
        """The parts of every draw of a piece."""
        piece = self.subject.piece(*span)
        ends = np.stack([np.full(len(self.subject.units), origin, dtype=np.uint8) for origin in (FROM_PLAN, FROM_A)])[:, :, None]
        values = values_of(piece, ends).copy()
        good = finite(values)
        at_plan, drawn = np.where(good, values, 0.0)
        total = drawn - at_plan
        parts = np.zeros((len(self.players), *total.shape))
        with np.errstate(invalid="ignore"):  # what is not finite becomes 0 below
            if self.exact:
                parts += self._weights[:, -1, None, None] * total
                good &= self._add_coalitions(parts, piece, values[0, :, 0].copy(), span)
            else:
                good &= self._add_walks(parts, piece, values, span)
        parts[:, :, ~good] = total[:, ~good] = 0.0
        return Split(parts, total, good)

    def _add_coalitions(self, parts: Array, piece: Piece, plan: Array, span: Span) -> Flags:
        """All coalitions but that of nobody, which is the plan, and that of all, which is known."""
        take, good = self.players.take(self.players.coalitions(FROM_PLAN)[1:-1]), np.ones(span.size, dtype=bool)
        weights = self._weights[:, 1:-1]
        for some in batches(len(take), self.subject, span.size):
            values = values_of(piece, take[some.start : some.stop])
            good &= finite(values)
            _add_weighted(parts, values, plan, np.ascontiguousarray(weights[:, some.start : some.stop]))
        return good

    def _add_walks(self, parts: Array, piece: Piece, ends: Array, span: Span) -> Flags:
        good, weight = np.ones(span.size, dtype=bool), 1.0 / (2 * ORDERS)
        for turn in range(ORDERS):
            order = orders(self.seed, STREAM, len(self.players), span, turn)
            for way in (order, order[::-1].copy()):
                last = ends[:1]
                for steps in batches(len(self.players) - 1, self.subject, span.size):
                    ahead = joined(way, self.players, range(steps.start + 1, steps.stop + 1), FROM_PLAN)
                    values = np.concatenate([last, values_of(piece, ahead)])
                    good &= finite(values)
                    _add_steps(parts, values, way[steps.start : steps.stop], weight)
                    last = values[-1:].copy()
                _add_steps(parts, np.concatenate([last, ends[1:]]), way[-1:], weight)
        return good
