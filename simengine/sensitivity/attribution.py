"""Where the risk sits: mean, variance and expected shortfall of every output by risk category, and what a contract moves; it adds up.

Each draw's distance from the plan is split over the categories (``attributed_draws``). With φ the part of a category and Y the whole,

- its part of the mean is E[φ], which add up to E[Y];
- its share of the variance is Cov(φ, Y) / Var(Y), and its part of the standard deviation Cov(φ, Y) / sd(Y): the covariances add up to
  Var(Y) because the parts add up to Y. Categories that are correlated, or that lessen each other, show in the covariances: a share may be
  negative (a hedge), or above 1;
- its part of the expected shortfall is −E[φ | Y among its worst 5 %], which add up to the expected shortfall against plan (Tasche 1999,
  Risk contributions and performance measurement: the Euler principle, of which both this and the covariance are instances).

The worst draws are found first, in a pass of one run a draw that keeps every output of every draw (8 bytes each); then each draw is split
and added up. The error of a shortfall's part allows for the threshold being estimated: by its influence function, a group's own value is
the sum over its tail, less the excess of its tail's weight over the expected one times the mean of φ about the threshold.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity.attributed_draws import EXACT, Splitter
from simengine.sensitivity.carried import Carried, Pair, add_carried, pairs_of
from simengine.sensitivity.measures import Measures, Output
from simengine.sensitivity.players import CATEGORY, Groups, players_of
from simengine.sensitivity.replicates import Estimates, divided, group_of, jackknife, judged, measured
from simengine.sensitivity.subject import Subject
from simengine.sensitivity.walk import Span, by_piece, check, slices
from simengine.sensitivity.worst_draws import Worst, worst_of
from simengine.statistics.standard_error import REPLICATES

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: What is added up: parts, parts times the whole, parts in the tail, about the threshold, and their squares.
PLAIN_SUM, WITH_WHOLE, IN_TAIL, NEAR, SQUARES = range(5)
_KINDS = 5
#: Rows after those of the players: the whole, and one for every draw.
WHOLE, ONE = -2, -1
TAIL = 0.05
TOTAL = "total"
#: Parts this small, against the largest of an output, are rounding.
_ROUNDING = 1e-12


@kernel
def _add_up(sums: Floats, rows: Floats, tail: Floats, near: Floats, group: Ints) -> None:
    """Add to ``sums`` (kind, row, output, group) from ``rows`` (row, output, point), the last but one of which is the whole."""
    whole = rows.shape[0] - 2
    for r in range(rows.shape[0]):
        for o in range(rows.shape[1]):
            for p in range(rows.shape[2]):
                g = group[p]
                if g >= 0:
                    x = rows[r, o, p]
                    sums[0, r, o, g] += x
                    sums[1, r, o, g] += x * rows[whole, o, p]
                    sums[2, r, o, g] += x * tail[o, p]
                    sums[3, r, o, g] += x * near[o, p]
                    sums[4, r, o, g] += x * x


@dataclass(frozen=True)
class Attribution:
    """Where the risk sits.

    Attributes
    ----------
    parts
        By category and output: ``mean`` (against plan), ``variance_share``, ``deviation`` (part of the standard deviation) and
        ``shortfall`` (part of the expected shortfall against plan); money but for the share.
    whole
        What the parts add up to: the unit ``total``, with the same measures.
    carried
        What the contract moves from whom to whom; None where positions before and after settlement are not among the outputs.
    """

    parts: Measures
    whole: Measures
    carried: Carried | None

    def at(self, measure: str, category: str, output: Output) -> float:
        """One figure. Raises ValueError where there is none such."""
        return self.parts.at(measure, category, self.parts.outputs.index(output))[0]


class _Sums(NamedTuple):
    rows: Array
    carried: Array
    good: Flags


class _Adder:
    """Splits and adds up a piece."""

    def __init__(self, splitter: Splitter, points: int, drawn: Array, worst: Worst, good: Flags) -> None:
        self.splitter, self.points, self.drawn, self.worst, self.good = splitter, points, drawn, worst, good
        self.pairs = pairs_of(splitter.subject.outputs)

    def empty(self) -> _Sums:
        """Sums of nothing."""
        players, outputs = len(self.splitter.players), len(self.splitter.subject.outputs)
        carried = np.zeros((2, players, len(self.pairs), REPLICATES))
        return _Sums(np.zeros((_KINDS, players + 2, outputs, REPLICATES)), carried, np.ones(0, dtype=bool))

    def piece(self, span: Span) -> _Sums:
        """The sums of one piece."""
        place = slice(span.first, span.first + span.size)
        split = self.splitter.split(span)
        good = split.good & self.good[place]
        group = np.where(good, group_of(self.splitter.subject.sampler, self.points, *span), -1)
        tail, near = self.worst.of(self.drawn[:, place])
        rows = np.concatenate([split.parts, split.total[None], np.ones((1, *split.total.shape))])
        found = self.empty()
        _add_up(found.rows, rows, tail, near, group)
        if self.pairs:
            add_carried(found.carried, rows, tail, near, np.array(self.pairs, dtype=np.int64), group)
        return found._replace(good=good)


def _added(found: Iterable[_Sums], start: _Sums) -> _Sums:
    good = []
    for one in found:
        start.rows[...] += one.rows
        start.carried[...] += one.carried
        good.append(one.good)
    return start._replace(good=np.concatenate(good))


def attribute(
    subject: Subject, points: int, *, groups: Groups | str | None = CATEGORY, tail: float = TAIL, seed: int = 0, threads: int = 1
) -> Attribution:
    """Where the risk of all outputs of a subject sits.

    Parameters
    ----------
    subject
        The model. Low values of its outputs are the bad ones.
    points
        Draws; each takes 2^C runs for C categories, and 2 + 8 (C − 1) where there are more than 8.
    groups
        ``category`` (risk categories in use), ``scheme``, groups of names of units by name, or None for each unit by itself.
    tail
        Share of the draws that are the worst.
    seed
        Of random orders, where there are more than 8 categories.
    threads
        Pieces worked on at once; the result does not depend on it.

    Raises
    ------
    StudyError
        For groups that do not fit the units, or fewer than two points.
    """
    check(subject, points)
    splitter = Splitter(subject, players_of(subject.units, groups), seed)
    drawn = np.empty((len(subject.outputs), points))
    for place, values in zip(slices(points), by_piece(splitter.drawn, points, threads), strict=True):
        drawn[:, place] = values
    good: Flags = np.asarray(np.isfinite(drawn).all(axis=0))
    while True:
        adder = _Adder(splitter, points, drawn, worst_of(drawn, good, tail), good)
        sums = _added(by_piece(adder.piece, points, threads), adder.empty())
        if (sums.good == good).all():
            break
        # a draw of which a mixture with the plan failed is left out: the worst of the others are other draws
        good = sums.good
    return _attribution(splitter, sums, adder.pairs, tail, points)


def _attribution(splitter: Splitter, sums: _Sums, pairs: tuple[Pair, ...], tail: float, points: int) -> Attribution:
    subject, names = splitter.subject, splitter.players.names
    counts = sums.rows[PLAIN_SUM, ONE, 0]
    found = {
        "mean": jackknife(sums.rows[PLAIN_SUM, :-1], counts, lambda part, number: part / number),
        "variance_share": jackknife(sums.rows[:2, :-1], counts, lambda part, number: _covariances(part, number, 1.0)),
        "deviation": jackknife(sums.rows[:2, :-1], counts, lambda part, number: _covariances(part, number, 0.5)),
        "shortfall": _of_tail(-sums.rows[IN_TAIL, :-1], -sums.rows[NEAR, :-1], sums.rows[:, ONE], tail),
    }
    varies = (sums.rows[WITH_WHOLE, WHOLE].sum(axis=-1) != 0.0) | (sums.rows[PLAIN_SUM, WHOLE].sum(axis=-1) != 0.0)
    failed = int((~sums.good).sum())
    attrs = {
        "points": points,
        "runs": points * (splitter.runs + 1),
        "failed": failed,
        "sampler": subject.sampler,
        "level": 0.95,
        "tail": tail,
    }
    common: dict[str, Any] = {"kind": splitter.players.kind, "attrs": attrs}

    def chosen(rows: slice) -> list[tuple[str, Estimates]]:
        return [(name, Estimates(one.value[rows], one.error[rows], one.groups)) for name, one in found.items()]

    size = np.sqrt(sums.rows[SQUARES, :-2].sum(axis=-1))
    touched = size > _ROUNDING * size.max(axis=0)
    notes = _notes(splitter, failed, points)
    parts = measured("risk", chosen(slice(0, -1)), varies, names, subject.outputs, touched, notes=notes, **common)
    whole = measured("risk", chosen(slice(-1, None)), varies, (TOTAL,), subject.outputs, **common)
    if not pairs:
        return Attribution(parts, whole, None)
    worst = [pair.worst for pair in pairs]
    moved = _of_tail(sums.carried[0], sums.carried[1], sums.rows[:, ONE][:, worst], tail)
    some = np.abs(moved.value) > _ROUNDING * size.max(axis=0)[worst] / np.sqrt(max(counts.sum(), 1.0))
    return Attribution(parts, whole, Carried(names, pairs, subject.outputs, *judged(moved, np.ones(len(pairs), dtype=bool), some)))


def _covariances(sums: Array, counts: Array, power: float) -> Array:
    """Covariance of every row with the whole, the last row, over the variance to this ``power``; 0 where nothing varies."""
    means = sums[PLAIN_SUM] / counts
    found = (sums[WITH_WHOLE] / counts - means * means[-1]) * divided(counts, counts - 1.0)
    variance = np.maximum(found[-1], 0.0)
    return divided(found, variance if power == 1.0 else np.sqrt(variance))


def _of_tail(in_tail: Array, near: Array, ones: Array, tail: float) -> Estimates:
    """Means over the tail from sums (row, output, group) over it and about its threshold; ``ones`` (kind, output, group) count draws."""
    used = np.flatnonzero(ones[PLAIN_SUM, 0] > 0.0)
    value = divided(in_tail.sum(axis=-1), ones[IN_TAIL].sum(axis=-1))
    if used.size < 2:
        return Estimates(value, np.full(value.shape, np.nan), used.size)
    at_threshold = divided(near.sum(axis=-1), ones[NEAR].sum(axis=-1))[..., None]
    expected = tail * ones[PLAIN_SUM][:, used]
    own = (in_tail[..., used] - at_threshold * (ones[IN_TAIL][:, used] - expected)) / expected
    return Estimates(value, own.std(axis=-1, ddof=1) / np.sqrt(used.size), used.size)


def _notes(splitter: Splitter, failed: int, points: int) -> tuple[str, ...]:
    notes = [
        "Parts add up to the whole; what arises from several categories together is shared equally between them.",
        "Correlated categories show as covariance: a share below nothing is a hedge.",
    ]
    if not splitter.exact:
        notes.append(f"More than {EXACT} categories: parts are averages over random orders of joining; they still add up.")
    if failed:
        notes.append(f"{failed} of {points} draws had an output that is not finite, as drawn or in part at plan, and were left out.")
    return tuple(notes)
