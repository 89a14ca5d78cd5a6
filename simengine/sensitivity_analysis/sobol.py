"""Sobol' indices, first order, total, and closed second order, of all outputs at once, by pick-freeze.

For each unit (or group of units) i two points are put together from the two designs: A with i from B, and B with i from A. The estimators
are differences of outputs only, so that no mean has to be taken off, and an index near zero has an error near zero (Azzini, Mara and
Rosati 2021, Environmental Modelling & Software 144, 105167, "Comparison of two sets of Monte Carlo estimators of Sobol' indices")::

    2 V   ~  (f(A) - f(B))^2 + (f(B_A^i) - f(A_B^i))^2
    S_i   =  2 (f(B_A^i) - f(B)) (f(A) - f(A_B^i)) / 2 V
    T_i   =  ((f(B) - f(B_A^i))^2 + (f(A) - f(A_B^i))^2) / 2 V
    S_ij closed  =  1 - ((f(A_B^i) - f(B_A^j))^2 + (f(A_B^j) - f(B_A^i))^2) / ((f(A) - f(B))^2 + ...)

The last is Var(E[f | x_i, x_j]) / V: A_B^i and B_A^j share x_i and x_j and nothing else (Saltelli 2002, Computer Physics Communications
145, 280-297). N points cost 2 N (units + 1) model runs. Intervals come from sixteen replicates (``jackknife``).

A driver that does nothing gets 0 for both, exactly: the noise floor of these estimators is not a constant. As a floor that a reader knows
from elsewhere the row ``(dummy)`` has the first-order index that the product form f(A) f(B) - mean^2 gives a driver that does nothing
(Khorashadi Zadeh et al. 2017, Environmental Modelling & Software 91, 210-222).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np

from simengine.jit import Ints
from simengine.sensitivity_analysis.blocks import Failed, Flags, Progress, mark_not_finite, work_off
from simengine.sensitivity_analysis.jackknife import GROUPS, jackknife
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Array, Codes, Measures
from simengine.sensitivity_analysis.pick_freeze import (
    BASE,
    COLUMNS,
    DUMMY_COLUMNS,
    FIRST,
    TOTAL,
    Span,
    add_closed,
    add_differences,
    add_products,
)
from simengine.sensitivity_analysis.players import Groups, Players, players
from simengine.sensitivity_analysis.subject import FROM_A, FROM_B, FROM_PLAN, PIECE, Piece, Subject, Take
from simengine.statistics.standard_error import BATCH

DUMMY: Final = "(dummy)"
MEASURES: Final = ("first", "total")
#: Bytes of results of one call: enough selections to share its cost, few enough to stay in a cache.
_AT_ONCE = 2**24


def sobol(
    subject: Subject,
    points: int,
    *,
    groups: Groups = None,
    closed: Sequence[int] = (),
    threads: int = 0,
    progress: Progress = lambda done, total: None,
) -> tuple[Measures, Measures | None]:
    """First-order and total Sobol' indices of every unit for every output; closed second order for some outputs.

    Parameters
    ----------
    points
        N: rounded up to a multiple of 16 (``lhs``: 4,096); a power of two times 16 is best with ``sobol``. N · 2 (players + 1) model runs.
    groups
        Judge groups instead of single units: see ``players.players``.
    closed
        Outputs (places in ``subject.outputs``) for which closed second-order indices of all pairs are wanted too.

    Returns
    -------
    Measures ``first`` and ``total`` (measure, player and the dummy, output); ``closed`` and ``interaction`` (measure, pair, output), None
    where not asked for.

    Raises
    ------
    StudyError
        Where players are correlated with each other, or ``groups`` cannot be used.
    SimulationError
        Where more than one in a hundred points is not finite.
    """
    judged = players(subject, groups)
    size = GROUPS * BATCH if subject.sampler == "lhs" else GROUPS
    points = -(-points // size) * size
    plan = _planned(subject)
    pairs = np.array(list(combinations(range(len(judged.names)), 2)), dtype=np.int64).reshape(-1, 2)
    asked = _Asked(subject, judged, plan, np.array(closed, dtype=np.int64), pairs if len(closed) else pairs[:0])
    sums, failed = work_off(subject, points, lambda: _Sums(asked), threads, progress)
    found = _measures(asked, sums, failed, points)
    return found, _second_order(asked, sums, found) if len(closed) else None


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is summed."""

    subject: Subject
    judged: Players
    plan: Array  # (output,): what products are taken about
    closed: Ints
    pairs: Ints

    @cached_property
    def base(self) -> Take:
        """All units from A, and all from B (selection, unit, 1)."""
        return np.stack([np.full((len(self.subject.units), 1), source, dtype=np.uint8) for source in (FROM_A, FROM_B)])

    @cached_property
    def mixed(self) -> Take:
        """For each player A with its own units from B, then B with them from A (2 · player, unit, 1)."""
        both = np.stack([self.judged.taken(FROM_B, FROM_A), self.judged.taken(FROM_A, FROM_B)], axis=1)
        return both.reshape(-1, len(self.subject.units), 1)

    @property
    def by_batch(self) -> bool:
        """Whether whole Latin hypercubes belong to one group."""
        return self.subject.sampler == "lhs"


def _planned(subject: Subject) -> Array:
    """Every output with all units at their plan values; 0 where that is not finite."""
    found = subject.piece(0, GROUPS).evaluate(np.full((1, len(subject.units), 1), FROM_PLAN, dtype=np.uint8))[0, :, 0]
    return np.where(np.isfinite(found), found, 0.0)


class _Sums:
    """Sums of a block of points, by group."""

    def __init__(self, asked: _Asked) -> None:
        count, outputs = len(asked.judged.names), len(asked.subject.outputs)
        self._asked = asked
        self.differences = np.zeros((count, outputs, COLUMNS, GROUPS))
        self.products = np.zeros((outputs, DUMMY_COLUMNS, GROUPS))
        self.closed = np.zeros((len(asked.pairs), len(asked.closed), 1, GROUPS))
        self.points = np.zeros(GROUPS)
        self._lanes = np.zeros((DUMMY_COLUMNS, GROUPS))

    def merge(self, other: "_Sums") -> None:
        """Add the sums of the block that follows."""
        for name in ("differences", "products", "closed", "points"):
            mine = getattr(self, name)
            mine += getattr(other, name)

    def add(self, piece: Piece, first: int, good: Flags) -> Ints:
        """Add a piece: see ``blocks.Tally``."""
        before = self.differences.copy(), self.closed.copy()
        bad = np.zeros(good.size, dtype=np.int64)
        whole = self._evaluate(piece, self._asked.base, good, bad).copy()
        if not bad.any():
            self._add_players(piece, whole, self._spans(first), good, bad)
        if bad.any():
            self.differences, self.closed = before
            return bad
        whole -= self._asked.plan[:, np.newaxis]
        whole[:, :, : good.size][:, :, ~good] = 0.0
        whole[:, :, good.size :] = 0.0
        for span in self._spans(first):
            add_products(self.products, whole, span, self._lanes)
        group = np.array([(first // BATCH + i // BATCH if self._asked.by_batch else i) % GROUPS for i in range(good.size)])
        self.points += np.bincount(group[good], minlength=GROUPS)
        return bad

    def _spans(self, first: int) -> tuple[tuple[int, int, int], ...]:
        """The points of a piece by the group that they belong to."""
        if not self._asked.by_batch:
            return ((0, PIECE, -1),)
        return tuple((lo, lo + BATCH, (first + lo) // BATCH % GROUPS) for lo in range(0, PIECE, BATCH))

    def _evaluate(self, piece: Piece, take: Take, good: Flags, bad: Ints) -> Array:
        """Outputs of a whole piece, with 0 where points do not count or there are none; notes what is not finite."""
        found = piece.evaluate(take)
        mark_not_finite(found, good, bad)
        if good.size < PIECE:
            found = np.pad(found, ((0, 0), (0, 0), (0, PIECE - good.size)))
        if not good.all():
            found[:, :, : good.size][:, :, ~good] = 0.0
        return np.ascontiguousarray(found)

    def _add_players(self, piece: Piece, whole: Array, spans: Sequence[Span], good: Flags, bad: Ints) -> None:
        """Add the differences of all players; closed ones need those of all at once, of the outputs asked for."""
        asked, count = self._asked, len(self._asked.judged.names)
        step = max(_AT_ONCE // (2 * PIECE * 8 * len(asked.subject.outputs)), 1)
        kept = np.empty((2 * count if asked.closed.size else 0, asked.closed.size, PIECE))
        for p in range(0, count, step):
            mixed = self._evaluate(piece, asked.mixed[2 * p : 2 * (p + step)], good, bad)
            if bad.any():
                return
            for span in spans:
                add_differences(self.differences, whole, mixed, p, span, self._lanes)
            if asked.closed.size:
                kept[2 * p : 2 * (p + step)] = mixed[:, asked.closed]
        for span in spans if asked.closed.size else ():
            add_closed(self.closed, kept, asked.pairs, span, self._lanes)


def _ratio(above: Array, below: Array) -> Array:
    """A quotient; NaN where there is nothing to share out."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(below > 0.0, above / below, np.nan))


def _verdicts(value: Array, low: Array, still: Array) -> Codes:
    """What may be concluded; ``still`` marks outputs that do not vary."""
    found = np.full(value.shape, PLAIN, dtype=np.uint8)
    found[~(low > 0.0)] = NOT_DISTINGUISHABLE
    found[~np.isfinite(value) | ~np.isfinite(low)] = NOT_KNOWN
    return np.asarray(np.where(still, np.uint8(NO_VARIATION), found))


def _dummy(sums: "_Sums") -> tuple[Array, Array]:
    """The first-order index that a driver of no effect gets from products of outputs, and its half width, by output."""
    with_count = np.concatenate([sums.products, np.broadcast_to(sums.points, (len(sums.products), 1, GROUPS))], axis=1)

    def index(total: Array) -> Array:
        of_a, of_b, product, squares, count = np.moveaxis(total, -1, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (of_a + of_b) / (2.0 * count)
            return _ratio(product / count - mean * mean, squares / (2.0 * count) - mean * mean)

    return jackknife(with_count, index)


def _measures(asked: _Asked, sums: _Sums, failed: Failed, points: int) -> Measures:
    """First-order and total indices with their intervals."""
    columns = {FIRST: lambda total: _ratio(2.0 * total[..., FIRST], total[..., BASE])}
    columns[TOTAL] = lambda total: _ratio(total[..., TOTAL], total[..., BASE])
    found = [jackknife(sums.differences, ratio) for ratio in columns.values()]
    dummy, dummy_width = _dummy(sums)
    value, width = np.stack([value for value, _ in found]), np.stack([width for _, width in found])
    nothing = np.zeros_like(dummy)
    value = np.concatenate([value, np.stack([dummy, nothing])[:, np.newaxis]], axis=1)
    width = np.concatenate([width, np.stack([dummy_width, nothing])[:, np.newaxis]], axis=1)
    still = sums.differences[..., BASE, :].sum(axis=(0, -1)) == 0.0
    value[..., still] = width[..., still] = np.nan
    verdict = _verdicts(value, value - width, still)
    runs = points * 2 * (len(asked.judged.names) + 1)
    attrs = {"points": points, "runs": runs, "failed": failed.points, "sampler": asked.subject.sampler, "confidence": 0.95}
    names = (*asked.judged.names, DUMMY)
    outputs = asked.subject.outputs
    notes = failed.notes(points)
    return Measures("sobol", MEASURES, names, outputs, value, value - width, value + width, verdict, asked.judged.kind, notes, attrs)


def _second_order(asked: _Asked, sums: _Sums, single: Measures) -> Measures:
    """Closed second-order indices of all pairs, and what is left of them without the two first-order indices."""
    at = asked.closed
    i, j = asked.pairs.T
    base = sums.differences[:, at]
    # columns: squared differences of the pair, twice twice the variance as both see it, first-order numerators of both
    together = np.concatenate([sums.closed, base[i][:, :, [BASE, FIRST]], base[j][:, :, [BASE, FIRST]]], axis=2)

    def closed(total: Array) -> Array:
        return 1.0 - _ratio(2.0 * total[..., 0], total[..., 1] + total[..., 3])

    def interaction(total: Array) -> Array:
        return closed(total) - _ratio(2.0 * total[..., 2], total[..., 1]) - _ratio(2.0 * total[..., 4], total[..., 3])

    found = [jackknife(together, ratio) for ratio in (closed, interaction)]
    value, width = np.stack([value for value, _ in found]), np.stack([width for _, width in found])
    names = tuple(f"{asked.judged.names[a]} × {asked.judged.names[b]}" for a, b in asked.pairs)
    still = single.verdict[0, 0, at] == NO_VARIATION
    verdict = _verdicts(value, value - width, still)
    outputs = tuple(single.outputs[o] for o in at)
    arrays = value, value - width, value + width, verdict
    return Measures("sobol", ("closed", "interaction"), names, outputs, *arrays, "pair", single.notes, single.attrs)
