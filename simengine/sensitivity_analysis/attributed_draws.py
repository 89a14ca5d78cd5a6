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

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity_analysis.blocks import Flags
from simengine.sensitivity_analysis.measures import Array
from simengine.sensitivity_analysis.players import Players
from simengine.sensitivity_analysis.subject import FROM_A, FROM_PLAN, Piece, Subject, Take
from simengine.sensitivity_analysis.walk import batches, joined, orders, taken, values_of

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


def coalitions(players: int) -> Take:
    """Every coalition but that of nobody and that of all, (selection, player, 1): its players as drawn, the others at plan."""
    inside = (np.arange(1, (1 << players) - 1)[:, None] >> np.arange(players)) & 1
    return np.where(inside == 1, FROM_A, FROM_PLAN).astype(np.uint8)[:, :, None]


class Split(NamedTuple):
    """Parts of a piece (player, output, point), and what they add up to (output, point)."""

    parts: Array
    total: Array


class Splitter:
    """Splits the draws of a subject over players."""

    def __init__(self, subject: Subject, judged: Players, seed: int) -> None:
        self.subject, self.judged, self.seed = subject, judged, seed
        self.players = len(judged.names)
        self.exact = self.players <= EXACT
        self._weights = shapley_weights(self.players) if self.exact else np.empty((0, 0))

    @property
    def runs(self) -> int:
        """Runs of the model for each draw."""
        return 1 << self.players if self.exact else 2 + 2 * ORDERS * (self.players - 1)

    def split(self, piece: Piece, first: int, good: Flags, bad: Ints) -> Split:
        """The parts of the draws of a piece that begins with draw ``first``; unfinished where ``bad`` says that one is not finite.

        At draws that are not ``good`` parts and total are 0.
        """
        ends = np.array([[FROM_PLAN], [FROM_A]], dtype=np.uint8) * np.ones(len(self.subject.units), dtype=np.uint8)
        values = self._values(piece, ends[:, :, None], good, bad).copy()
        total = values[1] - values[0]
        parts = np.zeros((self.players, *total.shape))
        if not bad.any():
            if self.exact:
                parts += self._weights[:, -1, None, None] * total
                self._add_coalitions(parts, piece, values[0, :, 0].copy(), (good, bad))
            else:
                self._add_walks(parts, piece, values, (first, good, bad))
            parts[:, :, ~good] = 0.0
        return Split(parts, total)

    def _values(self, piece: Piece, take: Take, good: Flags, bad: Ints) -> Array:
        """Outputs, 0 at draws that are not good."""
        values = values_of(piece, take, good, bad)
        if not good.all() or bad.any():
            values[:, :, ~good | (bad > 0)] = 0.0
        return values

    def _add_coalitions(self, parts: Array, piece: Piece, plan: Array, draws: tuple[Flags, Ints]) -> None:
        take, weights = taken(self.judged, coalitions(self.players)), self._weights[:, 1:-1]
        for some in batches(len(take), self.subject, draws[0].size):
            values = self._values(piece, take[some.start : some.stop], *draws)
            _add_weighted(parts, values, plan, np.ascontiguousarray(weights[:, some.start : some.stop]))

    def _add_walks(self, parts: Array, piece: Piece, ends: Array, draws: tuple[int, Flags, Ints]) -> None:
        first, good, bad = draws
        weight = 1.0 / (2 * ORDERS)
        for turn in range(ORDERS):
            order = orders(self.seed, STREAM, self.players, (first, good.size), turn)
            for way in (order, order[::-1].copy()):
                last = ends[:1]
                for steps in batches(self.players - 1, self.subject, good.size):
                    ahead = joined(way, self.judged, range(steps.start + 1, steps.stop + 1), FROM_PLAN)
                    values = np.concatenate([last, self._values(piece, ahead, good, bad)])
                    _add_steps(parts, values, way[steps.start : steps.stop], weight)
                    last = values[-1:]
                _add_steps(parts, np.concatenate([last, ends[1:]]), way[-1:], weight)
