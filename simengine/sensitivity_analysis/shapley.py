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

from typing import Any

import numpy as np

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity_analysis.blocks import Flags, Progress, work_off
from simengine.sensitivity_analysis.jackknife import GROUPS, jackknife
from simengine.sensitivity_analysis.measures import Array, Measures
from simengine.sensitivity_analysis.players import Groups, Players, players
from simengine.sensitivity_analysis.subject import FROM_A, FROM_B, Piece, Subject
from simengine.sensitivity_analysis.verdicts import divided, measured
from simengine.sensitivity_analysis.walk import are_correlated, batches, group_of, joined, orders, taken, values_of, whole_groups

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


class _Walks:
    """Sums of a block of points, by player, output and group."""

    def __init__(self, subject: Subject, judged: Players, points: int, seed: int) -> None:
        self.subject, self.judged, self.points, self.seed = subject, judged, points, seed
        self.conditional = are_correlated(subject, judged)
        self.sums = np.zeros((len(judged.names), len(subject.outputs), GROUPS))

    def merge(self, other: "_Walks") -> None:
        """Add the sums of the block that follows."""
        self.sums += other.sums

    def add(self, piece: Piece, first: int, good: Flags) -> Ints:
        """Add a piece: see ``blocks.Tally``."""
        order, bad = orders(self.seed, STREAM, len(self.judged.names), (first, good.size)), np.zeros(good.size, dtype=np.int64)
        group = group_of(self.subject.sampler, self.points, first, good)
        sums = np.zeros_like(self.sums)
        source = np.array([[FROM_A], [FROM_B]], dtype=np.uint8) * np.ones(len(self.judged.names), dtype=np.uint8)
        ends = values_of(piece, taken(self.judged, source[:, :, None]), good, bad, conditional=self.conditional).copy()
        for way in (order, order[::-1].copy())[: 2 if self.conditional else 1]:
            self._walk(sums, piece, ends, way, (group, good, bad))
        if not bad.any():
            self.sums += sums
        return bad

    def _walk(self, sums: Array, piece: Piece, ends: Array, way: Ints, points: tuple[Ints, Flags, Ints]) -> None:
        """Walk from B to A in one order, as far as all points are finite."""
        group, good, bad = points
        last = ends[1:]
        for steps in batches(len(way) - 1, self.subject, good.size):
            ahead = joined(way, self.judged, range(steps.start + 1, steps.stop + 1), FROM_B)
            values = values_of(piece, ahead, good, bad, conditional=self.conditional)
            if bad.any():
                return
            values = np.concatenate([last, values])
            _add_steps(sums, values, ends, way[steps.start : steps.stop], group, not self.conditional)
            last = values[-1:]
        if not bad.any():
            _add_steps(sums, np.concatenate([last, ends[:1]]), ends, way[-1:], group, not self.conditional)


def shapley(
    subject: Subject,
    points: int,
    *,
    groups: Groups = None,
    seed: int = 0,
    threads: int = 0,
    progress: Progress = lambda done, total: None,
) -> Measures:
    """Shapley effects of all units, or of groups of them, for all outputs of a subject at once.

    Parameters
    ----------
    points
        How many, rounded up to a multiple of 16 (``lhs``: 4,096). Each takes K + 1 runs of the model for K players, 2 K where players are
        correlated with each other.
    groups
        Judge groups instead of single units: see ``players``. They may be correlated with each other.
    seed
        Of the orders in which players join.
    threads
        How many work at once, 0 for one per core: invisible in the numbers. Memory grows with threads, not with points.

    Returns
    -------
    Measures ``shapley``: shares (1) of the variance of each output, which sum to 1 over the players.

    Raises
    ------
    StudyError
        For groups that do not fit the units.
    SimulationError
        Where more than one in a hundred points is not finite.
    """
    points = whole_groups(subject, points)
    judged = players(subject, groups, independent=False)
    walks, failed = work_off(subject, points, lambda: _Walks(subject, judged, points, seed), threads, progress)
    effects = jackknife(walks.sums, lambda sums: divided(sums, sums.sum(axis=0, keepdims=True)))
    varies = walks.sums.sum(axis=(0, 2)) != 0.0
    runs = points * (2 * len(judged.names) if walks.conditional else len(judged.names) + 1)
    notes = ("Shares of variance; interactions are shared equally, and so is what correlated drivers tell together.", *failed.notes(points))
    attrs = {"points": points, "runs": runs, "failed": failed.points, "seed": seed, "sampler": subject.sampler, "confidence": 0.95}
    further: dict[str, Any] = {"kind": judged.kind, "notes": notes, "attrs": attrs | {"conditional": int(walks.conditional)}}
    return measured("shapley", [("shapley", effects)], varies, judged.names, subject.outputs, **further)
