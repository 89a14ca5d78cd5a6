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

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity_analysis.attributed_draws import EXACT, Splitter
from simengine.sensitivity_analysis.blocks import Flags, Progress, work_off
from simengine.sensitivity_analysis.carried import Carried, add_carried, pairs_of
from simengine.sensitivity_analysis.jackknife import GROUPS, jackknife
from simengine.sensitivity_analysis.measures import Array, Measures, Output
from simengine.sensitivity_analysis.players import Groups, players
from simengine.sensitivity_analysis.subject import FROM_A, Piece, Subject
from simengine.sensitivity_analysis.verdicts import Estimates, divided, judged, measured
from simengine.sensitivity_analysis.walk import group_of, values_of, whole_groups
from simengine.sensitivity_analysis.worst_draws import Worst, worst_of
from simengine.statistics.student import t_quantile

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


class _Drawn:
    """First pass: every output of every draw, kept (``values``), and which draws are finite (``good``)."""

    def __init__(self, subject: Subject, points: int) -> None:
        self.values, self.good = np.empty((len(subject.outputs), points)), np.zeros(points, dtype=np.bool_)
        self._take = np.full((1, len(subject.units), 1), FROM_A, dtype=np.uint8)

    def merge(self, other: "_Drawn") -> None:
        """Nothing: all blocks write to the same arrays, each to its own draws."""

    def add(self, piece: Piece, first: int, good: Flags) -> Ints:
        """Keep a piece: see ``blocks.Tally``."""
        bad, at = np.zeros(good.size, dtype=np.int64), slice(first, first + good.size)
        self.values[:, at] = values_of(piece, self._take, good, bad)[0]
        self.good[at] = good & (bad == 0)
        return bad


class _Parts:
    """Second pass: sums of a block, by kind, row, output and group, and of what is carried."""

    def __init__(self, splitter: Splitter, drawn: _Drawn, worst: Worst) -> None:
        outputs = splitter.subject.outputs
        self.splitter, self.drawn, self.worst, self.pairs = splitter, drawn, worst, np.array(pairs_of(outputs), dtype=np.int64)
        self.rows = np.zeros((_KINDS, splitter.players + 2, len(outputs), GROUPS))
        self.carried = np.zeros((2, splitter.players, len(self.pairs), GROUPS))

    def merge(self, other: "_Parts") -> None:
        """Add the sums of the block that follows."""
        self.rows += other.rows
        self.carried += other.carried

    def add(self, piece: Piece, first: int, good: Flags) -> Ints:
        """Add a piece: see ``blocks.Tally``."""
        at, bad = slice(first, first + good.size), np.zeros(good.size, dtype=np.int64)
        good = good & self.drawn.good[at]
        split = self.splitter.split(piece, first, good, bad)
        if bad.any():
            self.drawn.good[at] = good & (bad == 0)
            return bad
        values = self.drawn.values[:, at]
        group = group_of(self.splitter.subject.sampler, self.drawn.values.shape[1], first, good)
        tail, near = self.worst.of(values)
        rows = np.concatenate([split.parts, split.total[None], np.ones((1, *values.shape))])
        _add_up(self.rows, rows, tail, near, group)
        if self.pairs.size:
            add_carried(self.carried, rows, tail, near, self.pairs, group)
        return bad


def attribute(
    subject: Subject,
    points: int,
    *,
    groups: Groups = "category",
    tail: float = TAIL,
    seed: int = 0,
    threads: int = 0,
    progress: Progress = lambda done, total: None,
) -> Attribution:
    """Where the risk of all outputs of a subject sits.

    Parameters
    ----------
    subject
        The model. Low values of its outputs are the bad ones.
    points
        Draws, rounded up to a multiple of 16 (``lhs``: 4,096); each takes 2^C + 1 runs for C categories, and 3 + 8 (C − 1) for more than 8.
        All outputs of all draws are kept: 8 bytes each.
    groups
        ``category`` (risk categories in use), ``scheme``, or see ``players``. They may be correlated with each other.
    tail
        Share of the draws that are the worst.
    seed
        Of random orders, where there are more than 8 categories.
    threads
        How many work at once, 0 for one per core: invisible in the numbers.

    Raises
    ------
    StudyError
        For groups that do not fit the units.
    SimulationError
        Where more than one in a hundred draws is not finite.
    """
    points = whole_groups(subject, points)
    splitter = Splitter(subject, players(subject, groups, independent=False), seed)
    drawn = _Drawn(subject, points)
    work_off(subject, points, lambda: drawn, threads)
    while True:
        new = partial(_Parts, splitter, drawn, worst_of(drawn.values, drawn.good, tail))
        parts, failed = work_off(subject, points, new, threads, progress)
        if not failed.points:
            return _attribution(parts, tail)
        # a draw of which a mixture with the plan failed is left out: the worst of the others are other draws


def _attribution(found: _Parts, tail: float) -> Attribution:
    splitter, sums = found.splitter, found.rows
    subject, names, points = splitter.subject, splitter.judged.names, found.drawn.good.size
    estimates = {
        "mean": jackknife(sums, lambda total: (total[PLAIN_SUM] / total[PLAIN_SUM, ONE])[:-1]),
        "variance_share": jackknife(sums, lambda total: _covariances(total, 1.0)),
        "deviation": jackknife(sums, lambda total: _covariances(total, 0.5)),
        "shortfall": _of_tail(-sums[IN_TAIL, :-1], -sums[NEAR, :-1], sums[:, ONE], tail),
    }
    size = np.sqrt(sums[SQUARES, :-2].sum(axis=-1))
    varies, touched = size.max(axis=0) > 0.0, size > _ROUNDING * size.max(axis=0)
    failed = int((~found.drawn.good).sum())
    runs = points * (splitter.runs + 1)
    attrs = {"points": points, "runs": runs, "failed": failed, "sampler": subject.sampler, "confidence": 0.95, "tail": tail}
    common: dict[str, Any] = {"kind": splitter.judged.kind, "attrs": attrs}

    def chosen(rows: slice) -> list[tuple[str, Estimates]]:
        return [(name, (value[rows], half[rows])) for name, (value, half) in estimates.items()]

    notes = _notes(splitter, failed, points)
    parts = measured("risk", chosen(slice(0, -1)), varies, names, subject.outputs, touched, notes=notes, **common)
    whole = measured("risk", chosen(slice(-1, None)), varies, (TOTAL,), subject.outputs, **common)
    return Attribution(parts, whole, _carried(found, size.max(axis=0), tail))


def _carried(found: _Parts, size: Array, tail: float) -> Carried | None:
    """What is carried; ``size`` is the root of the sum of squares of the largest part of each output."""
    subject = found.splitter.subject
    pairs = pairs_of(subject.outputs)
    if not pairs:
        return None
    worst = [pair.worst for pair in pairs]
    ones = found.rows[:, ONE][:, worst]
    moved = _of_tail(found.carried[0], found.carried[1], ones, tail)
    some = np.abs(moved[0]) > _ROUNDING * size[worst] / np.sqrt(ones[PLAIN_SUM].sum(axis=-1))
    verdicts = judged(moved, np.ones(len(pairs), dtype=bool), some)
    return Carried(found.splitter.judged.names, pairs, subject.outputs, *verdicts)


def _covariances(sums: Array, power: float) -> Array:
    """Covariance of every row with the whole, over the variance of the whole to this ``power``."""
    number = sums[PLAIN_SUM, ONE]
    means = sums[PLAIN_SUM, :ONE] / number
    found = (sums[WITH_WHOLE, :ONE] / number - means * means[-1]) * number / (number - 1.0)
    variance = np.maximum(found[-1], 0.0)
    return divided(found, variance if power == 1.0 else np.sqrt(variance))


def _of_tail(in_tail: Array, near: Array, ones: Array, tail: float) -> Estimates:
    """Means over the tail from sums (row, output, group) over it and about its threshold; ``ones`` (kind, output, group) count draws."""
    value = divided(in_tail.sum(axis=-1), ones[IN_TAIL].sum(axis=-1))
    at_threshold = divided(near.sum(axis=-1), ones[NEAR].sum(axis=-1))[..., None]
    expected = tail * ones[PLAIN_SUM]
    own = divided(in_tail - at_threshold * (ones[IN_TAIL] - expected), expected)
    return value, t_quantile(GROUPS - 1) * own.std(axis=-1, ddof=1) / np.sqrt(GROUPS)


def _notes(splitter: Splitter, failed: int, points: int) -> tuple[str, ...]:
    notes = [
        "Parts add up to the whole; what arises from several categories together is shared equally between them.",
        "Correlated categories show as covariance: a share below nothing is a hedge.",
    ]
    if not splitter.exact:
        notes.append(f"More than {EXACT} categories: parts are averages over random orders of joining; they still add up.")
    if failed:
        notes.append(f"{failed:,} of {points:,} draws left out: an output was not finite, as drawn or in part at plan.")
    return tuple(notes)
