"""Screening of hundreds of units of chance at a few dozen points: which are negligible, which act alone, which depend on others.

Elementary effects (Morris 1991, Technometrics 33, 161-174) in the radial design (Campolongo, Saltelli and Cariboni 2011, Computer Physics
Communications 182, 978-988): at each point one unit after another is drawn anew, all others kept. Morris divides the change of the output
by the distance that the unit moved. Here it is not divided: a unit may be a path of many years or a volatility and has no single distance,
and where a contract has a cliff the quotient has no variance (a short distance across the cliff). The effect is the change itself, in the
output's unit, of drawing the unit anew.

It is done at both ends of a point. With a, b the two values of unit i and A, B the other units as they are in each design,

    D = f(b, A) − f(a, A)   and   D′ = f(b, B) − f(a, B)

are the same step seen from two independent places: 2 K + 2 runs a point for K units. Measures, each with its interval:

- ``mu_star``: E|D|, what a redraw of the unit changes on average;
- ``spread``: sqrt(½ E[D²]), the standard deviation that the unit is behind, alone or with others: its square over the variance is the
  total index (Jansen 1999, Computer Physics Communications 117, 35-43);
- ``interaction``: 1 − E[D D′]/E[D²] = E[(D − D′)²]/E[D² + D′²], the share of this that depends on other units, 0 to 1. As ½ E[D D′] is the
  first-order part of the variance, it is 1 − first/total;
- ``mu``: E[D · sign(h)] with h the step b − a, where the subject says what values units have: what a step up changes on average;
- ``nonlinearity``: 1 − (E[D h])²/(E[D²] E[h²]), 0 to 1: 0 is a straight line in the unit's value.

Correlated units cannot be drawn anew one by one; each cluster is one.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity_analysis.blocks import Flags, Progress, work_off
from simengine.sensitivity_analysis.jackknife import GROUPS, jackknife
from simengine.sensitivity_analysis.measures import Array, Measures
from simengine.sensitivity_analysis.players import Groups, Players, players
from simengine.sensitivity_analysis.subject import FROM_A, FROM_B, Piece, Subject, Take
from simengine.sensitivity_analysis.verdicts import divided, measured
from simengine.sensitivity_analysis.walk import batches, group_of, owners, taken, values_of, whole_groups

MEASURES = ("mu_star", "spread", "interaction", "mu", "nonlinearity")
NEGLIGIBLE, LINEAR, ALONE, INTERACTING, UNKNOWN = CLASSES = ("negligible", "linear", "acts alone", "interacting", "not known")
#: What is added up for a unit: |D|, D², D D′, D sign(h), D h, and h².
_SIZE, _SQUARE, _PRODUCT, _SIGNED, _WITH_STEP, _STEPS = range(6)
_SUMS = 6
#: Shares of interaction and of nonlinearity that a reader may forget.
_LITTLE = 0.1


@runtime_checkable
class Placed(Protocol):
    """A piece that also says what is drawn."""

    def places(self) -> Array:
        """The value of each unit in designs A and B: (2, unit, point); NaN for a unit of more than one value."""


@kernel
def _add_changes(sums: Floats, values: Floats, ends: Floats, steps: Floats, first: int, group: Ints) -> None:
    """Add to ``sums`` (6, player, output, group) what each redraw changes.

    ``values`` (2 players, output, point): each player from B with the others from A, then from A with the others from B; ``ends`` (2,
    output, point) all from A and all from B; ``steps`` (player, point); ``first`` is the first of the players.
    """
    for k in range(values.shape[0] // 2):
        for o in range(values.shape[1]):
            for p in range(values.shape[2]):
                g, h = group[p], steps[first + k, p]
                if g >= 0:
                    here, there = values[2 * k, o, p] - ends[0, o, p], ends[1, o, p] - values[2 * k + 1, o, p]
                    sums[0, first + k, o, g] += 0.5 * (abs(here) + abs(there))
                    sums[1, first + k, o, g] += 0.5 * (here * here + there * there)
                    sums[2, first + k, o, g] += here * there
                    sums[3, first + k, o, g] += 0.5 * (here + there) * (1.0 if h > 0.0 else -1.0)
                    sums[4, first + k, o, g] += 0.5 * (here + there) * h
                    sums[5, first + k, o, g] += h * h


@dataclass(frozen=True)
class Screening:
    """What screening found: the measures, and a class of each unit for each output.

    Attributes
    ----------
    found
        ``mu_star``, ``spread`` and ``mu`` in the unit of the output, ``interaction`` and ``nonlinearity`` as shares.
    classes
        Shape (unit, output): place in ``CLASSES``. ``negligible``: with its interval below the stated share of the largest effect;
        ``interacting``: more than a tenth of its effect depends on others; ``linear``: at most a tenth departs from a straight line in
        its value; ``acts alone``: neither, or the subject does not say what values units have.
    """

    found: Measures
    classes: npt.NDArray[np.int64]

    def class_of(self, unit: str, output: int = 0) -> str:
        """The class of a unit in words."""
        return CLASSES[int(self.classes[self.found.units.index(unit), output])]

    def lasting(self) -> tuple[str, ...]:
        """Units that are not negligible for some output: those worth a closer look."""
        some = ((self.classes != CLASSES.index(NEGLIGIBLE)) & (self.classes != CLASSES.index(UNKNOWN))).any(axis=1)
        return tuple(unit for unit, kept in zip(self.found.units, some, strict=True) if kept)


class _Redraws:
    """Sums of a block of points, by kind, player, output and group."""

    def __init__(self, subject: Subject, judged: Players, points: int) -> None:
        self.subject, self.judged, self.points = subject, judged, points
        self.sums = np.zeros((_SUMS, len(judged.names), len(subject.outputs), GROUPS))
        self.counts = np.zeros(GROUPS)

    def merge(self, other: "_Redraws") -> None:
        """Add the sums of the block that follows."""
        self.sums += other.sums
        self.counts += other.counts

    def add(self, piece: Piece, first: int, good: Flags) -> Ints:
        """Add a piece: see ``blocks.Tally``."""
        sums, bad, count = np.zeros_like(self.sums), np.zeros(good.size, dtype=np.int64), len(self.judged.names)
        group, steps = group_of(self.subject.sampler, self.points, first, good), self._steps(piece, good.size)
        ends = values_of(piece, taken(self.judged, self._source(np.array([count, count]))), good, bad).copy()
        for some in batches(count, self.subject, 2 * good.size):
            values = values_of(piece, taken(self.judged, self._source(np.repeat(some, 2))), good, bad)
            if bad.any():
                return bad
            _add_changes(sums, values, ends, steps, some.start, group)
        self.sums += sums
        self.counts += np.bincount(group[good], minlength=GROUPS)
        return bad

    def _source(self, redrawn: npt.NDArray[np.int64]) -> Take:
        """Selections in turn from A and from B, but for the player that is drawn anew: it is from the other."""
        turn = (np.arange(redrawn.size) % 2)[:, None]
        other = np.arange(len(self.judged.names)) == redrawn[:, None]
        return np.where((turn == 1) != other, FROM_B, FROM_A).astype(np.uint8)[:, :, None]

    def _steps(self, piece: Piece, points: int) -> Array:
        """How far each player steps from A to B, (player, point); NaN where that cannot be said."""
        found = np.full((len(self.judged.names), points), np.nan)
        if isinstance(piece, Placed):
            places, single = piece.places(), self.judged.member.sum(axis=1) == 1
            for unit, player in enumerate(owners(self.judged)):
                if single[player]:
                    found[player] = places[1, unit] - places[0, unit]
        return found


def morris(
    subject: Subject,
    points: int,
    *,
    groups: Groups = "correlation",
    negligible: float = 0.05,
    threads: int = 0,
    progress: Progress = lambda done, total: None,
) -> Screening:
    """Screen all units, or groups of them, for all outputs of a subject at once.

    Parameters
    ----------
    subject
        The model. Where its pieces have ``places`` (see ``Placed``) there are ``mu`` and ``nonlinearity`` too.
    points
        How many points, 16 to 256 as a rule, rounded up to a multiple of 16; each takes 2 K + 2 runs for K units.
    groups
        ``correlation``: each unit, those that are correlated with each other together; or see ``players``.
    negligible
        A unit is negligible for an output where its mean effect is less than this share of the largest one's.
    threads
        How many work at once, 0 for one per core: invisible in the numbers.

    Raises
    ------
    StudyError
        For groups that do not fit the units, or split correlated ones.
    SimulationError
        Where more than one in a hundred points is not finite.
    """
    points = whole_groups(subject, points)
    judged = players(subject, groups)
    redraws, failed = work_off(subject, points, lambda: _Redraws(subject, judged, points), threads, progress)
    varies = redraws.sums[_SQUARE].sum(axis=(0, 2)) != 0.0
    counted = np.concatenate([redraws.sums, np.broadcast_to(redraws.counts, (1, *redraws.sums.shape[1:]))])
    estimates = [(name, jackknife(counted, partial(_estimate, name))) for name in MEASURES]
    notes = ("Effects are what drawing a driver anew changes, in the unit of the output.", *failed.notes(points))
    runs = points * (2 * len(judged.names) + 2)
    attrs = {"points": points, "runs": runs, "failed": failed.points, "sampler": subject.sampler, "confidence": 0.95}
    kind = "driver" if len(judged.names) == len(subject.units) else judged.kind
    result = measured("morris", estimates, varies, judged.names, subject.outputs, kind=kind, notes=notes, attrs=attrs)
    result = _within_bounds(result)
    return Screening(result, _classes(result, negligible))


def _estimate(name: str, sums: Array) -> Array:
    """One of ``MEASURES`` from sums of the kinds that are added up, and the number of points last; a share of no effect is 0."""
    square, number = sums[_SQUARE], sums[-1]
    if name == "mu_star":
        found = sums[_SIZE] / number
    elif name == "spread":
        found = np.sqrt(0.5 * square / number)
    elif name == "mu":
        found = np.where(np.isfinite(sums[_STEPS]), sums[_SIGNED] / number, np.nan)
    else:
        kept = sums[_PRODUCT] if name == "interaction" else divided(sums[_WITH_STEP] ** 2, sums[_STEPS])
        found = np.where((square == 0.0) & np.isfinite(kept), 0.0, 1.0 - divided(kept, square))
    return np.asarray(found)


def _within_bounds(found: Measures) -> Measures:
    """The same with shares, and the ends of their intervals, between 0 and 1, where the true ones are."""
    shares = np.isin(found.measures, ("interaction", "nonlinearity"))[:, None, None]
    value, low, high = (np.where(shares, np.clip(part, 0.0, 1.0), part) for part in (found.value, found.low, found.high))
    return replace(found, value=value, low=low, high=high)


def _classes(found: Measures, negligible: float) -> npt.NDArray[np.int64]:
    """The class of each unit and output; see ``Screening``."""
    value, low, high = ({name: part[m] for m, name in enumerate(found.measures)} for part in (found.value, found.low, found.high))
    known = np.isfinite(high["mu_star"])
    largest = np.where(known, value["mu_star"], 0.0).max(axis=0)
    none = ~(high["mu_star"] > negligible * largest)
    together = (value["interaction"] > _LITTLE) & (low["interaction"] > 0.0)
    straight = value["nonlinearity"] <= _LITTLE
    choices = [~known, none, together, straight]
    names = (UNKNOWN, NEGLIGIBLE, INTERACTING, LINEAR)
    chosen: npt.NDArray[np.int64] = np.select(choices, [CLASSES.index(name) for name in names], CLASSES.index(ALONE)).astype(np.int64)
    return chosen
