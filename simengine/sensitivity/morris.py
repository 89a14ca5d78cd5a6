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
- ``mu``: E[D · sign(step)], where the subject says how far units lie up their distribution: what a step up changes on average;
- ``nonlinearity``: 1 − (E[D h])²/(E[D²] E[h²]) with h the step in probability, 0 to 1: 0 is a straight line in probability. A straight line
  in a normal driver has 1 − 3/π = 0.045.

Correlated units cannot be drawn anew one by one; each cluster is one.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, cast, runtime_checkable

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity.measures import Measures
from simengine.sensitivity.players import Groups, Players, players_of, whole_clusters
from simengine.sensitivity.replicates import Estimates, divided, group_of, jackknife, measured
from simengine.sensitivity.subject import FROM_A, FROM_B, Piece, Subject, Take
from simengine.sensitivity.walk import Span, batches, by_piece, check, finite, values_of
from simengine.statistics.standard_error import REPLICATES

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MEASURES = ("mu_star", "spread", "interaction", "mu", "nonlinearity")
NEGLIGIBLE, LINEAR, ALONE, INTERACTING, UNKNOWN = CLASSES = ("negligible", "linear", "acts alone", "interacting", "not known")
#: What is added up for a unit: |D|, D², D D′, D sign(h), D h, and h².
_SIZE, _SQUARE, _PRODUCT, _SIGNED, _WITH_STEP, _STEPS = range(6)
_SUMS = 6
#: Shares of interaction and of nonlinearity that a reader may forget.
_LITTLE = 0.1


@runtime_checkable
class Placed(Protocol):
    """A piece that also says where values lie in their distributions."""

    def uniforms(self) -> Array:
        """How far up its distribution each unit lies in designs A and B: (2, unit, point); NaN for a unit of more than one value."""


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
        probability; ``acts alone``: neither, or the subject does not say where values lie.
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


class _Found(NamedTuple):
    sums: Array
    counts: Array
    failed: int


class _Redraws:
    """All redraws of a subject."""

    def __init__(self, subject: Subject, players: Players, points: int) -> None:
        self.subject, self.players, self.points = subject, players, points
        self.size = np.bincount(players.of_unit, minlength=len(players))

    def piece(self, span: Span) -> _Found:
        """The sums of a piece; worked out a second time where some points failed."""
        piece = self.subject.piece(*span)
        group = group_of(self.subject.sampler, self.points, *span)
        sums, good = self._redraw(piece, group)
        if not good.all():
            sums, _ = self._redraw(piece, np.where(good, group, -1))
        return _Found(sums, np.bincount(group[good], minlength=REPLICATES).astype(np.float64), int((~good).sum()))

    def _redraw(self, piece: Piece, group: npt.NDArray[np.int64]) -> tuple[Array, Flags]:
        players, outputs = len(self.players), len(self.subject.outputs)
        sums = np.zeros((_SUMS, players, outputs, REPLICATES))
        ends = values_of(piece, self.players.take(self._source(np.array([players, players]))))
        ends, good, steps = ends.copy(), finite(ends), self._steps(piece, group.size)
        for some in batches(players, self.subject, group.size):
            values = values_of(piece, self.players.take(self._source(np.repeat(some, 2))))
            good &= finite(values)
            _add_changes(sums, values, ends, steps, some.start, np.where(good, group, -1))
        return sums, good

    def _source(self, redrawn: npt.NDArray[np.int64]) -> Take:
        """Selections in turn from A and from B, but for the player that is drawn anew: it is from the other."""
        turn = (np.arange(redrawn.size) % 2)[:, None]
        other = np.arange(len(self.players)) == redrawn[:, None]
        return np.where((turn == 1) != other, FROM_B, FROM_A).astype(np.uint8)[:, :, None]

    def _steps(self, piece: Piece, points: int) -> Array:
        """How far up its distribution each player steps from A to B, (player, point); NaN where that cannot be said."""
        found = np.full((len(self.players), points), np.nan)
        if isinstance(piece, Placed):
            uniforms = cast(Placed, piece).uniforms()
            for unit, player in enumerate(self.players.of_unit):
                if self.size[player] == 1:
                    found[player] = uniforms[1, unit] - uniforms[0, unit]
        return found


def morris(subject: Subject, points: int, *, groups: Groups | str | None = None, negligible: float = 0.05, threads: int = 1) -> Screening:
    """Screen all units, or groups of them, for all outputs of a subject at once.

    Parameters
    ----------
    subject
        The model. Where its pieces have ``uniforms`` (see ``Placed``) there are ``mu`` and ``nonlinearity`` too.
    points
        How many points, 16 to 256 as a rule; each takes 2 K + 2 runs for K units.
    groups
        None for each unit (units of a cluster together), ``category``, ``scheme``, or groups of names of units by name.
    negligible
        A unit is negligible for an output where its mean effect is less than this share of the largest one's.
    threads
        Pieces worked on at once; the result does not depend on it.

    Raises
    ------
    StudyError
        For groups that do not fit the units or split a cluster, or fewer than two points.
    """
    check(subject, points)
    players = whole_clusters(subject.units) if groups is None else players_of(subject.units, groups)
    players.refuse_split(subject.units)
    shape = (_SUMS, len(players), len(subject.outputs), REPLICATES)
    sums, counts, failed = np.zeros(shape), np.zeros(REPLICATES), 0
    for found in by_piece(_Redraws(subject, players, points).piece, points, threads):
        sums += found.sums
        counts += found.counts
        failed += found.failed
    varies = sums[_SQUARE].sum(axis=(0, 2)) != 0.0
    estimates = [(name, _estimate(name, sums, counts)) for name in MEASURES]
    notes = ["Effects are what drawing a driver anew changes, in the unit of the output."]
    if failed:
        notes.append(f"{failed} of {points} points had an output that is not finite and were left out.")
    runs = points * (2 * len(players) + 2)
    attrs = {"points": points, "runs": runs, "failed": failed, "sampler": subject.sampler, "level": 0.95}
    result = measured("morris", estimates, varies, players.names, subject.outputs, kind=players.kind, notes=tuple(notes), attrs=attrs)
    result = _within_bounds(result)
    return Screening(result, _classes(result, negligible))


def _estimate(name: str, sums: Array, counts: Array) -> Estimates:
    """One of ``MEASURES``; 0 for a share of an effect of nothing."""

    def of(part: Array, number: Array) -> Array:
        square = part[_SQUARE]
        if name == "mu_star":
            return part[_SIZE] / number
        if name == "spread":
            found: Array = np.sqrt(0.5 * square / number)
            return found
        if name == "mu":
            signed: Array = np.where(np.isfinite(part[_STEPS]), part[_SIGNED] / number, np.nan)
            return signed
        lost = part[_PRODUCT] if name == "interaction" else divided(part[_WITH_STEP] ** 2, part[_STEPS])
        share: Array = np.where((square == 0.0) & np.isfinite(lost), 0.0, 1.0 - divided(lost, square))
        return share

    return jackknife(sums, counts, of)


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
