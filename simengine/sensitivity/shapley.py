"""Shapley effects: the variance of every output, split over units of chance, independent or correlated, so that the shares sum to one.

The effect of a unit is its Shapley value in the game val(u) = E Var(Y | X without u) of the inputs u, divided by Var(Y): the mean, over all
orders in which units may join, of what val grows by when the unit joins (Owen 2014, SIAM/ASA J. Uncertainty Quantification 2, 245-251;
for correlated units Song, Nelson and Staum 2016, the same 4, 1060-1083). Interactions, and what correlated units tell together, are
shared equally.

How it is estimated. At each point A and B are independent draws of all units, and a random order of the units is walked from B to A: f_k is
the output with the first k units of the order from A and the others as in B; f_0 = f(B), f_K = f(A). Where units are correlated those not
yet from A are drawn given those that are. Then every f_k has the joint distribution of all units, and f_k and f(A) are independent given
the units u that they share, so ½ E[(f(A) − f_k)²] = Var(Y) − Var(E[Y | X_u]) = E Var(Y | X_u). Hence the growth by unit k is estimated by

    ½ (f(A) − f_{k−1})² − ½ (f(A) − f_k)² = (f(A) − (f_k + f_{k−1})/2) · (f_k − f_{k−1}),

which sums over k to ½ (f(A) − f(B))² on every point, exactly: K + 1 runs a point give all effects, and they sum to one at every size
(Goda 2021, Reliability Engineering & System Safety 213, 107702, for independent units). The argument needs no more than the joint law of
f_k and f(A), so it holds for correlated units too. It estimates the game Var(E[Y | X_u]), whose Shapley value is that of val (Song, Nelson
and Staum 2016, theorem 1).

Where units are independent (or each cluster is within one group) f_k shares the *other* units with B in just the same way, so that the
mean of both views is an estimate as well: ½ (f(A) − f(B)) · (f_k − f_{k−1}). It has less noise and is used there. With correlated units
each point's order is walked back to front as well, 2 K runs a point: for a sum of effects that is the same reduction. (Walking back to
front where units are independent costs more than it gains, and so do orders in antithetic pairs over pairs of points.)
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity.measures import Measures
from simengine.sensitivity.players import Groups, Players, players_of
from simengine.sensitivity.replicates import divided, group_of, jackknife, measured
from simengine.sensitivity.subject import FROM_A, FROM_B, Piece, Subject
from simengine.sensitivity.walk import Places, Span, batches, by_piece, check, finite, joined, orders, values_of
from simengine.statistics.standard_error import REPLICATES

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STREAM = "sensitivity.shapley"


@kernel
def _add_steps(sums: Floats, values: Floats, ends: Floats, who: Ints, group: Ints, both: bool) -> None:
    """Add to ``sums`` (player, output, group) what each step of a walk adds to the variance.

    ``values`` (step + 1, output, point) are the outputs before the first step and after each; ``ends`` (2, output, point) those at A and
    B; ``who`` (step, point) joins; ``group`` is −1 at a point that is left out; ``both``: the mean of the views from A and from B.
    """
    for o in range(values.shape[1]):
        for k in range(who.shape[0]):
            for p in range(who.shape[1]):
                g = group[p]
                if g >= 0:
                    last, now, a = values[k, o, p], values[k + 1, o, p], ends[0, o, p]
                    other = ends[1, o, p] if both else last + now - a
                    sums[who[k, p], o, g] += 0.5 * (a - other) * (now - last)


class _Found(NamedTuple):
    """Sums of a piece: by player, output and group; points of each group; points that failed."""

    sums: Array
    counts: Array
    failed: int


class _Walks:
    """All walks of a subject."""

    def __init__(self, subject: Subject, players: Players, points: int, seed: int) -> None:
        self.subject, self.players, self.points, self.seed = subject, players, points, seed
        self.conditional = bool(players.apart(subject.units))

    def piece(self, span: Span) -> _Found:
        """Walk all points of a piece; a second time where some failed, as a point's first steps are added before its last is known."""
        order = orders(self.seed, STREAM, len(self.players), span)
        piece = self.subject.piece(*span)
        group = group_of(self.subject.sampler, self.points, *span)
        sums, good = self._walk(piece, order, group)
        if not good.all():
            group = np.where(good, group, -1)
            sums, _ = self._walk(piece, order, group)
        counts = np.bincount(group[good], minlength=REPLICATES).astype(np.float64)
        return _Found(sums, counts, int((~good).sum()))

    def _walk(self, piece: Piece, order: Places, group: Places) -> tuple[Array, Flags]:
        """The sums of all points that are in a group, and which points are finite throughout."""
        outputs, count = len(self.subject.outputs), order.shape[1]
        sums = np.zeros((len(self.players), outputs, REPLICATES))
        source = np.array([FROM_A, FROM_B], dtype=np.uint8)[:, None, None] * np.ones((1, len(self.players), 1), dtype=np.uint8)
        ends = values_of(piece, self.players.take(source), conditional=self.conditional).copy()
        good = finite(ends)
        for way in (order, order[::-1].copy())[: 2 if self.conditional else 1]:
            last = ends[1:]
            for steps in batches(len(self.players) - 1, self.subject, count):
                ahead = joined(way, self.players, range(steps.start + 1, steps.stop + 1), FROM_B)
                values = np.concatenate([last, values_of(piece, ahead, conditional=self.conditional)])
                good &= finite(values)
                _add_steps(sums, values, ends, way[steps.start : steps.stop], np.where(good, group, -1), not self.conditional)
                last = values[-1:].copy()
            _add_steps(sums, np.concatenate([last, ends[:1]]), ends, way[-1:], np.where(good, group, -1), not self.conditional)
        return sums, good


def shapley(subject: Subject, points: int, *, groups: Groups | str | None = None, seed: int = 0, threads: int = 1) -> Measures:
    """Shapley effects of all units, or of groups of them, for all outputs of a subject at once.

    Parameters
    ----------
    subject
        The model.
    points
        How many points; each takes K + 1 runs of the model for K players, 2 K where players are correlated.
    groups
        None for each unit; ``category``, ``scheme``, or groups of names of units by name, which are players then.
    seed
        Of the orders in which players join.
    threads
        Pieces worked on at once; the result does not depend on it. Memory grows with threads, not with points.

    Returns
    -------
    Measures
        One measure, ``shapley``: shares of the variance of each output (1), which sum to 1 over the units.

    Raises
    ------
    StudyError
        For groups that do not fit the units, or fewer than two points.
    """
    check(subject, points)
    players = players_of(subject.units, groups)
    walks = _Walks(subject, players, points, seed)
    shape = (len(players), len(subject.outputs), REPLICATES)
    sums, counts, failed = np.zeros(shape), np.zeros(REPLICATES), 0
    for found in by_piece(walks.piece, points, threads):
        sums += found.sums
        counts += found.counts
        failed += found.failed
    effects = jackknife(sums, counts, lambda part, _: divided(part, part.sum(axis=0, keepdims=True)))
    varies = sums.sum(axis=(0, 2)) != 0.0
    notes = ["Shares of variance; interactions are shared equally, and so is what correlated drivers tell together."]
    if failed:
        notes.append(f"{failed} of {points} points had an output that is not finite and were left out.")
    attrs = {
        "points": points,
        "runs": points * (2 * len(players) if walks.conditional else len(players) + 1),
        "failed": failed,
        "seed": seed,
        "sampler": subject.sampler,
        "level": 0.95,
        "conditional": int(walks.conditional),
    }
    further: dict[str, Any] = {"kind": players.kind, "notes": tuple(notes), "attrs": attrs}
    return measured("shapley", [("shapley", effects)], varies, players.names, subject.outputs, **further)
