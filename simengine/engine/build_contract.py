"""Arrangements of a study, and the lines that they cover, as arrays of terms by year (MODEL.md section 6)."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from simengine.engine.build_baselines import Baselines, Held, members_of
from simengine.engine.build_lines import payers_by_line
from simengine.engine.build_members import Member, MemberReader, edges, pad_shares
from simengine.engine.build_terms import Whole, WorkRows, read_terms, size_array, work_rows
from simengine.engine.ops import ONES
from simengine.engine.rows import RowBook, Slot
from simengine.engine.terms import (
    ARRANGEMENT_SLOTS,
    FLAGS,
    LIMIT_COUNT,
    LINE_STORE_ROWS,
    MEMBER_SLOTS,
    QUALITY_TERMS,
    STEP_COUNT,
    TERMS,
    Arrangements,
    Covered,
    LinesApart,
    MemberTerms,
)
from simengine.jit import Floats, Ints
from simengine.study.defaults import covered_lines, fund_of, residual_of
from simengine.study.model import StudySpec


def _places(slots: Sequence[Slot], years: int) -> tuple[Ints, Floats]:
    """Row and stride, and scale, of some slots."""
    scale = np.array([slot.scale for slot in slots], dtype=np.float64).reshape(len(slots), years)
    return np.array([(slot.row, slot.stride) for slot in slots], dtype=np.int64).reshape(len(slots), 2), scale


def _tables(groups: Sequence[Sequence[Slot]], count: int, years: int) -> tuple[Ints, Floats]:
    """Row and stride (group, slot, 2), and scale (group, slot, year), of as many slots of each group."""
    place, scale = _places([slot for group in groups for slot in group], years)
    return place.reshape(len(groups), count, 2), scale.reshape(len(groups), count, years)


def _edge_array(spec: StudySpec, gain: bool) -> tuple[Floats, list[int]]:
    """Lower band edges by arrangement and year (infinite past the last) and how many bands each has."""
    found = [edges(terms.gain_bands if gain else terms.loss_bands, spec.years) for terms in spec.arrangements.values()]
    width = max((len(bands) for bands in found), default=1) + 1
    array = np.full((len(found), spec.years, width), math.inf)
    for a, bands in enumerate(found):
        for b, (edge, _) in enumerate(bands):
            array[a, :, b] = edge
    return array, [len(bands) for bands in found]


class _HeldEntries:
    """What budgets leave with whom, and drawn b_s, as entries one after the other: of an arrangement, or of a line of it."""

    def __init__(self, spec: StudySpec, baselines: Baselines, first: Sequence[int]) -> None:
        self.first = dict(zip(spec.arrangements, first, strict=False))
        self.parties = {name: members_of(spec, name) for name in spec.arrangements}
        self.held: dict[tuple[str, str | None], list[Held]] = {}
        for held in baselines.held:
            self.held.setdefault((held.arrangement, held.line), []).append(held)
        self.members: list[int] = []
        self.slots: list[Slot] = []

    def add(self, name: str, line: str | None) -> tuple[int, int]:
        """Add the entries of one place; returns the first and the end of them."""
        start = len(self.slots)
        for held in self.held.get((name, line), []):
            self.members.append(self.member(name, held.party))
            self.slots.append(held.amount)
        return start, len(self.slots)

    def member(self, name: str, party: str) -> int:
        """A party of an arrangement as a member."""
        return self.first[name] + self.parties[name].index(party)


def _line_members(spec: StudySpec, rows: WorkRows, entries: _HeldEntries) -> Ints:
    """Payer and provider of the lines that settle by themselves as members (line, year, 2), -1 in years in which one is not covered."""
    found, payers = np.full((len(rows.lines), spec.years, 2), -1, dtype=np.int64), payers_by_line(spec)
    covered = {name: covered_lines(spec, spec.arrangements[name]) for name in {name for name, _ in rows.lines}}
    for k, (name, line) in enumerate(rows.lines):
        for t in np.flatnonzero(covered[name][line]):
            found[k, t] = (entries.member(name, payers[line][t]), entries.member(name, spec.services[line].provider))
    return found


def _carried(spec: StudySpec, rows: Mapping[str, int]) -> Ints:
    found = [
        (rows.get(name, -1), 0 if terms.carry_forward is None else terms.carry_forward.years) for name, terms in spec.arrangements.items()
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _member_terms(everyone: Sequence[Member], bands: tuple[int, int], years: int) -> MemberTerms:
    """The terms of all members; ``bands`` is the most of gain and of loss bands."""
    slot, scale = _tables([member.slots for member in everyone], MEMBER_SLOTS, years)
    count = len(everyone)
    return MemberTerms(
        gain_share=pad_shares([member.gain_share for member in everyone], bands[0], years),
        loss_share=pad_shares([member.loss_share for member in everyone], bands[1], years),
        part=np.array([member.part for member in everyone]).reshape(count, years, 2),
        limited=np.array([member.limited for member in everyone], dtype=np.int64).reshape(count, years, 2),
        limit=np.array([member.limit for member in everyone]).reshape(count, years, LIMIT_COUNT),
        over_term=np.array([member.over_term for member in everyone]).reshape(count, 2),
        slot=slot,
        scale=scale,
        quality=np.array([member.quality for member in everyone], dtype=np.int64).reshape(count, 3),
        standard=np.array([member.standard for member in everyone], dtype=np.int64).reshape(count, years),
        quality_terms=np.array([member.quality_terms for member in everyone]).reshape(count, years, QUALITY_TERMS),
    )


def _lines_apart(spec: StudySpec, rows: WorkRows, baselines: Baselines, entries: _HeldEntries) -> LinesApart:
    """The lines that settle by themselves."""
    years, names = spec.years, [name for name, _ in rows.lines]
    slot, scale = _places([baselines.lines[place] for place in rows.lines], years)
    return LinesApart(
        first=np.concatenate([[0], np.cumsum([names.count(name) for name in spec.arrangements])]).astype(np.int64),
        member=_line_members(spec, rows, entries),
        store=np.array(list(rows.lines.values()), dtype=np.int64),
        slot=slot,
        scale=scale,
        held=np.array([entries.add(name, line) for name, line in rows.lines], dtype=np.int64).reshape(-1, 2),
    )


def build_arrangements(book: RowBook, spec: StudySpec, baselines: Baselines, income: Mapping[str, Floats]) -> Arrangements:
    """The terms as arrays; ``income`` is each party's planned funding and payments by year."""
    years, names, rows = book.years, list(spec.arrangements), work_rows(spec)
    first, everyone, wholes = [0], list[Member](), list[Whole]()
    for name in names:
        members = MemberReader(book, spec, name, baselines, income).members()
        wholes.append(read_terms(book, spec, name, baselines, members))
        everyone += members
        first.append(first[-1] + len(members))
    entries = _HeldEntries(spec, baselines, first)
    ranges, apart = [entries.add(name, None) for name in names], _lines_apart(spec, rows, baselines, entries)
    slot, scale = _tables([whole.slots for whole in wholes], ARRANGEMENT_SLOTS, years)
    held, held_scale = _places(entries.slots, years)
    gain_edge, gain_bands = _edge_array(spec, gain=True)
    loss_edge, loss_bands = _edge_array(spec, gain=False)
    sizes, size_counts = size_array(wholes)
    return Arrangements(
        work_rows=rows.count,
        first_member=np.array(first, dtype=np.int64),
        residual=_member_of(spec, first, [residual_of(spec, terms) for terms in spec.arrangements.values()]),
        fund=_member_of(spec, first, [fund_of(terms) for terms in spec.arrangements.values()]),
        uses=np.array([whole.uses for whole in wholes], dtype=np.int64).reshape(len(names), years, FLAGS),
        order=np.array([whole.order for whole in wholes], dtype=np.int64).reshape(len(names), STEP_COUNT),
        slot=slot,
        scale=scale,
        term=np.array([whole.term for whole in wholes]).reshape(len(names), years, TERMS),
        excess=np.array([whole.excess for whole in wholes], dtype=np.int64).reshape(-1, 2),
        size_rows=size_counts,
        size_table=sizes,
        carried=_carried(spec, rows.carried),
        gain_edge=gain_edge,
        loss_edge=loss_edge,
        bands=np.array(list(zip(gain_bands, loss_bands, strict=True)), dtype=np.int64).reshape(-1, 2),
        held_range=np.array(ranges, dtype=np.int64).reshape(-1, 2),
        held=held,
        held_scale=held_scale,
        held_member=np.array(entries.members, dtype=np.int64),
        apart=apart,
        members=_member_terms(everyone, (gain_edge.shape[2] - 1, loss_edge.shape[2] - 1), years),
    )


def _member_of(spec: StudySpec, first: Sequence[int], parties: Sequence[str | None]) -> Ints:
    """One party of each arrangement as a member; -1 where there is none."""
    found = []
    for name, start, party in zip(spec.arrangements, first, parties, strict=False):
        found.append(-1 if party is None else start + members_of(spec, name).index(party))
    return np.array(found, dtype=np.int64)


def build_covered(book: RowBook, spec: StudySpec, parts: Floats) -> Covered:
    """Which lines are covered by which arrangement in which year, and by whom they are paid and provided there."""
    index, rows, years = {name: s for s, name in enumerate(spec.services)}, work_rows(spec), spec.years
    arrangement = np.full((len(index), years), -1, dtype=np.int64)
    payers, providers, store = np.zeros_like(arrangement), np.zeros(len(index), dtype=np.int64), np.full_like(arrangement, -1)
    adjustment, adjustment_scale, first = np.full_like(arrangement, ONES), np.zeros_like(parts), 0
    by_line = payers_by_line(spec)
    for a, (name, terms) in enumerate(spec.arrangements.items()):
        members = members_of(spec, name)
        for line, covered in covered_lines(spec, terms).items():
            s = index[line]
            providers[s] = first + members.index(spec.services[line].provider)
            taken = book.number(terms.adjustment.get(line, 0.0), f"arrangements.{name}.adjustment.{line}", spec.money.scale)
            for t in np.flatnonzero(covered):
                arrangement[s, t] = a
                payers[s, t] = first + members.index(by_line[line][t])
                adjustment[s, t], adjustment_scale[s, t] = taken.row + taken.stride * t, taken.scale[t]
                if (name, line) in rows.lines:
                    store[s, t] = rows.lines[name, line] + LINE_STORE_ROWS * t
        first += len(members)
    return Covered(arrangement, payers, providers, parts, store, adjustment, adjustment_scale)
