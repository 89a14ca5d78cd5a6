"""Which lines are worked off together (``lines_together``), from the finished arrays of a study.

Two lines are of one group where they share the rows of price, unit cost and shares, terms of payment and parties in every year, and where
unit cost and planned price are in the same proportion to the price: then all money is linear in activity at the price of the first.
Capacity that is released over years goes by the activity of earlier years, so there the prices must keep their proportion over the years.
"""

from collections import Counter

import numpy as np
import numpy.typing as npt

from simengine.engine.lines import HISTORY_ROWS, ON_ACTIVITY, Effects, Lines
from simengine.engine.lines_together import AT_ONCE, NO_REDUCTION, OWN_REDUCTION, PART_COLUMNS, SHARED_REDUCTION, Groups
from simengine.engine.terms import Covered
from simengine.jit import Floats, Ints

#: Relative difference up to which two proportions are held to be the same: they differ by rounding only.
_ROUNDING = 1e-14
#: How often lines in no proportion to the first of their kind are tried on the next; what is then left is worked off line by line.
_ROUNDS = 4


def build_groups(lines: Lines, covered: Covered, effects: Effects, pairs: int) -> Groups:
    """The groups of a study's lines and their parts; sums go by file order of the first lines."""
    lead = _leads(lines, covered)
    members = [np.flatnonzero(lead == s) for s in np.unique(lead)]
    first_of = np.array([own[0] for own in members], dtype=np.int64)
    years = lines.plan_price.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where((lead == np.arange(lead.size))[:, None], 1.0, lines.scale[:, 2] / lines.scale[lead, 2])
    parts = _Parts(lines, effects, weight)
    first_part = [0]
    for own in members:
        parts.add(own)
        first_part.append(len(parts.lines))
    paid = np.where(lines.paid == 1, lines.plan_payment, 0.0)
    remembered = np.clip(lines.release_years[first_of], 1, years)
    history = HISTORY_ROWS * np.where(_has_history(lines)[first_of], remembered, 0)
    by_pair = lines.pair[first_of].T.reshape(years, -1)
    return Groups(
        line=first_of,
        first=np.array([np.searchsorted(np.sort(row), np.arange(pairs + 1)) for row in by_pair], dtype=np.int64).reshape(years, pairs + 1),
        order=np.argsort(by_pair, axis=1, kind="stable").astype(np.int64),
        first_part=np.array(first_part, dtype=np.int64),
        part=parts.table(),
        part_line=np.array([own[0] for own in parts.lines], dtype=np.int64),
        size=np.array(parts.sizes).reshape(len(parts.lines), years),
        shared=np.array(parts.shared(), dtype=np.int64),
        plan_do_nothing=_summed(members, weight * lines.plan_do_nothing),
        plan_payment=_summed(members, paid),
        baseline=_summed(members, covered.baseline),
        whole=_whole(lines, covered)[first_of],
        history=np.concatenate([[0], np.cumsum(history)])[:-1].astype(np.int64),
        remembered=remembered,
        history_rows=int(history.sum()),
    )


def _whole(lines: Lines, covered: Covered) -> Ints:
    """1 where a line and year is covered, paid for, and has nothing to it that would ask for a pass of its own, (line, year)."""
    settled = (covered.arrangement >= 0) & (covered.store < 0) & (covered.adjustment_scale == 0.0) & (lines.paid == 1)
    found: Ints = (settled & (lines.special.line == 0)[:, None]).astype(np.int64)
    return found


def _has_history(lines: Lines) -> npt.NDArray[np.bool_]:
    """Lines that note their gaps: those whose capacity is released over years, and special ones."""
    found: npt.NDArray[np.bool_] = (lines.release_years > 0) | (lines.special.line != 0)
    return found


def _summed(members: list[Ints], values: Floats) -> Floats:
    """Sums over the lines of each group, (group, year); that of a single line is its own value to the last bit."""
    return np.array([values[own[0]] if own.size == 1 else values[own].sum(axis=0) for own in members]).reshape(len(members), -1)


class _Parts:
    """The parts of the groups as they are found."""

    def __init__(self, lines: Lines, effects: Effects, weight: Floats) -> None:
        self.slot, self.size_of = lines.slot, weight * lines.scale[:, 0]
        self.reduced = [_reduction_key(effects, s) for s in range(lines.pair.shape[0])]
        self.lines: list[Ints] = []
        self.sizes: list[Floats] = []
        self.place: list[int] = []

    def add(self, members: Ints) -> None:
        """The parts of one group: its lines by what their activity follows."""
        found: dict[tuple[bytes, bytes], list[int]] = {}
        for s in members.tolist():
            found.setdefault((self.slot[s, :2].tobytes(), self.reduced[s]), []).append(s)
        for k, own in enumerate(found.values()):
            self.lines.append(np.array(own, dtype=np.int64))
            self.sizes.append(self.size_of[own[0]] if len(own) == 1 else self.size_of[own].sum(axis=0))
            # the first part is added up by itself, then four at a time
            self.place.append((k - 1) % AT_ONCE)

    def shared(self) -> list[int]:
        """A line for every reduction that several parts have."""
        times = Counter(self.reduced[own[0]] for own in self.lines)
        found: dict[bytes, int] = {}
        for own in self.lines:
            key = self.reduced[own[0]]
            if key and times[key] > 1:
                found.setdefault(key, int(own[0]))
        return list(found.values())

    def table(self) -> Ints:
        """``Groups.part``."""
        shared = {self.reduced[s]: SHARED_REDUCTION + k for k, s in enumerate(self.shared())}
        rows = []
        for own, place in zip(self.lines, self.place, strict=True):
            key, slot = self.reduced[own[0]], self.slot[own[0]]
            row = shared.get(key, OWN_REDUCTION + place) if key else NO_REDUCTION
            rows.append((slot[0, 0], slot[0, 1], slot[1, 0], slot[1, 1], row))
        return np.array(rows, dtype=np.int64).reshape(-1, PART_COLUMNS)


def _reduction_key(effects: Effects, s: int) -> bytes:
    """All that the reduction of a line's activity depends on; empty where no scheme acts on its activity."""
    found = []
    for g in range(effects.first_segment[s], effects.first_segment[s + 1]):
        own = slice(effects.first_effect[g], effects.last_effect[g, ON_ACTIVITY])
        if own.start < own.stop:
            tables = (effects.share[g], effects.share_scale[g], effects.slot[own], effects.scale[own])
            found.append(b"".join(table.tobytes() for table in tables) + bytes([own.stop - own.start]))
    return b"".join([bytes([effects.overlap[s], effects.may_exceed[s]]), *found]) if found else b""


def _leads(lines: Lines, covered: Covered) -> Ints:
    """The first line of each line's group, itself where it is one; the rounds are for odd lines that come first."""
    own = np.arange(lines.pair.shape[0])
    keys = _keys(lines, covered)
    lead, left = own.copy(), np.ones(own.size, dtype=bool)
    for _ in range(_ROUNDS):
        among = np.flatnonzero(left)
        if not among.size:
            break
        _, first, member = np.unique(keys[among], axis=0, return_index=True, return_inverse=True)
        tried = own.copy()
        tried[among] = among[first[member.ravel()]]
        fits = left & (_in_proportion(lines, tried) | (tried == own))
        lead = np.where(fits, tried, lead)
        left &= ~fits
    return lead


def _keys(lines: Lines, covered: Covered) -> Ints:
    """What lines of a group have in common, as rows of integers; a line with rules of its own has a number of its own."""
    count = lines.pair.shape[0]
    shares = np.ascontiguousarray(lines.scale[:, 4:, :]).view(np.int64).reshape(count, -1)
    apart = (lines.special.line != 0) | (covered.store >= 0).any(axis=1) | (covered.adjustment_scale != 0.0).any(axis=1)
    alone = np.where(apart, np.arange(1, count + 1), 0)
    terms = (lines.planned_price, lines.release_years, covered.provider, alone)
    columns = [lines.slot[:, 2:].reshape(count, -1), shares, lines.pair, lines.paid, covered.arrangement, covered.payer]
    return np.concatenate([*columns, *(column[:, None] for column in terms)], axis=1)


def _in_proportion(lines: Lines, lead: Ints) -> npt.NDArray[np.bool_]:
    """Whether unit cost and planned price of each line are to its price what they are for the line that leads it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = lines.scale[:, 2] / lines.scale[lead, 2]
        fits = _close(lines.scale[:, 3], ratio * lines.scale[lead, 3]) & _close(lines.plan_price, ratio * lines.plan_price[lead])
        steady = (lines.release_years < 1)[:, None] | _close(ratio, ratio[:, :1])
    found: npt.NDArray[np.bool_] = (np.isfinite(ratio) & (ratio != 0.0) & fits & steady).all(axis=1)
    return found


def _close(value: Floats, expected: Floats) -> npt.NDArray[np.bool_]:
    """Equal but for rounding."""
    return np.asarray(np.abs(value - expected) <= _ROUNDING * np.abs(expected))
