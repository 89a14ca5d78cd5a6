"""Arrangements of a study as arrays of terms by year (MODEL.md section 6)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.contract.quality import GAIN_RULES, LOSS_RULES
from simengine.contract.savings_rate import KINDS
from simengine.engine.arrangements import Arrangements
from simengine.engine.build_baselines import Baselines, members_of
from simengine.engine.build_lines import term_values
from simengine.engine.rows import RowBook, Slot
from simengine.jit import Floats, Ints
from simengine.study.arrangements import Arrangement, Band, Limit
from simengine.study.defaults import residual_of
from simengine.study.model import StudySpec


def two_sided(terms: Arrangement, years: int) -> list[bool]:
    """Whether losses are shared too, by year."""
    sides = terms.sides if isinstance(terms.sides, tuple) else (terms.sides,) * years
    return [side == "two" for side in sides]


def _edges(bands: Mapping[str, Band]) -> list[tuple[float, Band | None]]:
    """Bands by lower edge, the shares from zero first."""
    return [(0.0, None), *sorted(((band.from_edge, band) for band in bands.values()), key=lambda pair: pair[0])]


def _band_shares(party: str, base: Mapping[str, float | tuple[float, ...]], bands: Mapping[str, Band], years: int) -> Floats:
    """Shares of a party (year, band)."""
    tables = [base if band is None else band.share for _, band in _edges(bands)]
    return np.array([term_values(table.get(party), years) for table in tables]).T


def _limits(limit: Limit | None, baseline: Slot, income: Floats, unit: float, years: int) -> tuple[Floats, Floats]:
    """The smaller of the bases given, as an amount, and the share of a baseline that is drawn; infinite where there is none."""
    values, share = np.full(years, math.inf), np.full(years, math.inf)
    if limit is None:
        return values, share
    if limit.of_baseline is not None and not baseline.is_constant:
        share = term_values(limit.of_baseline, years)
    agreed = limit.of_baseline if baseline.is_constant else None
    bases = ((agreed, np.array(baseline.scale)), (limit.of_income, income), (limit.amount, np.full(years, unit)))
    for term, base in bases:
        if term is not None:
            values = np.minimum(values, term_values(term, years) * base)
    return values, share


@dataclass
class _MemberArrays:
    """Terms of the members as they are read, one entry per member."""

    party: list[int]
    gain_share: list[Floats]
    loss_share: list[Floats]
    loss_part: list[Floats]
    cap: list[tuple[Floats, Floats]]
    collar: list[tuple[Floats, Floats]]
    score: list[Slot]
    quality: list[tuple[int, int]]
    quality_terms: list[tuple[float, ...]]


def _read_quality(
    book: RowBook, terms: Arrangement, name: str, party: str, residual: str | None
) -> tuple[Slot, tuple[int, int], tuple[float, ...]]:
    quality = terms.quality
    if quality is None or party == residual:
        return book.constant(1.0), (0, 0), (0.0, 0.0, 0.0, 0.0, 1.0)
    own = quality.scores.get(party)
    if own is not None:
        score = book.number(own, f"arrangements.{name}.quality.{party}")
    elif quality.score is not None:
        score = book.number(quality.score, f"arrangements.{name}.quality.score")
    else:
        return book.constant(1.0), (0, 0), (0.0, 0.0, 0.0, 0.0, 1.0)
    rules = (GAIN_RULES[quality.gain], LOSS_RULES[quality.loss])
    ceiling = 1.0 if quality.loss_ceiling is None else quality.loss_ceiling
    return score, rules, (quality.gate or 0.0, quality.soften or 0.0, quality.loss_share_max or 0.0, quality.loss_floor or 0.0, ceiling)


def _read_members(book: RowBook, spec: StudySpec, name: str, baseline: Slot, income: Mapping[str, Floats], into: _MemberArrays) -> None:
    terms, years = spec.arrangements[name], book.years
    members, residual = members_of(spec, name), residual_of(spec, terms)
    both = np.array(two_sided(terms, years), dtype=np.float64)[:, None]
    losses = terms.loss_share if terms.loss_share is not None else terms.gain_share
    shares = {party: _band_shares(party, losses, terms.loss_bands, years) * both for party in members}
    side = sum((shares[party][:, 0] for party in members if party != residual), np.zeros(years))
    for party in members:
        own = shares[party]
        into.party.append(list(spec.parties).index(party))
        into.gain_share.append(_band_shares(party, terms.gain_share, terms.gain_bands, years))
        into.loss_share.append(own)
        into.loss_part.append(np.divide(own[:, 0], side, out=np.zeros(years), where=side != 0.0))
        into.cap.append(_limits(terms.cap.get(party), baseline, income[party], spec.money.scale, years))
        into.collar.append(_limits(terms.collar.get(party), baseline, income[party], spec.money.scale, years))
        score, rules, values = _read_quality(book, terms, name, party, residual)
        into.score.append(score)
        into.quality.append(rules)
        into.quality_terms.append(values)


def _pad(tables: Sequence[Floats], bands: int, years: int) -> Floats:
    """Shares (member, year, band), with no share in bands that an arrangement does not have."""
    padded = np.zeros((len(tables), years, bands))
    for m, table in enumerate(tables):
        padded[m, :, : table.shape[1]] = table
    return padded


def _edge_array(spec: StudySpec, gain: bool) -> tuple[Floats, list[int]]:
    """Lower band edges by arrangement (infinite past the last) and how many bands each has."""
    found = [[edge for edge, _ in _edges(terms.gain_bands if gain else terms.loss_bands)] for terms in spec.arrangements.values()]
    width = max((len(edges) for edges in found), default=1) + 1
    array = np.full((len(found), width), math.inf)
    for a, edges in enumerate(found):
        array[a, : len(edges)] = edges
    return array, [len(edges) for edges in found]


def _held_arrays(spec: StudySpec, baselines: Baselines, first: Sequence[int]) -> tuple[list[int], list[int], list[Slot]]:
    """First entry of each arrangement, and member and slot of every entry, of what budgets leave with whom."""
    starts, members, slots = [0], [], []
    for a, name in enumerate(spec.arrangements):
        for held in baselines.held:
            if held.arrangement == name:
                members.append(first[a] + members_of(spec, name).index(held.party))
                slots.append(held.amount)
        starts.append(len(slots))
    return starts, members, slots


def _places(slots: Sequence[Slot], years: int) -> tuple[Ints, Floats]:
    """Row and stride, and scale, of some slots."""
    scale = np.array([slot.scale for slot in slots], dtype=np.float64).reshape(len(slots), years)
    return np.array([(slot.row, slot.stride) for slot in slots], dtype=np.int64).reshape(len(slots), 2), scale


def build_arrangements(book: RowBook, spec: StudySpec, baselines: Baselines, income: Mapping[str, Floats]) -> Arrangements:
    """The terms as arrays; ``income`` is each party's planned funding and payments by year."""
    years, arrangements = book.years, spec.arrangements
    into = _MemberArrays([], [], [], [], [], [], [], [], [])
    first, residual = [0], []
    for name, terms in arrangements.items():
        members = members_of(spec, name)
        _read_members(book, spec, name, baselines.total[name], income, into)
        residual.append(first[-1] + members.index(residual_of(spec, terms) or ""))
        first.append(first[-1] + len(members))
    totals = [baselines.total[name] for name in arrangements]
    place, scale = _places(totals, years)
    starts, holders, slots = _held_arrays(spec, baselines, first)
    held, held_scale = _places(slots, years)
    score, score_scale = _places(into.score, years)
    gain_edge, gain_bands = _edge_array(spec, gain=True)
    loss_edge, loss_bands = _edge_array(spec, gain=False)
    kinds = [(terms.msr_kind or "first_pound", terms.mlr_kind or terms.msr_kind or "first_pound") for terms in arrangements.values()]
    loss_rates = [terms.msr if terms.mlr is None else terms.mlr for terms in arrangements.values()]
    members_count = len(into.party)
    return Arrangements(
        first_member=np.array(first, dtype=np.int64),
        residual=np.array(residual, dtype=np.int64),
        party=np.array(into.party, dtype=np.int64),
        baseline=place,
        baseline_scale=scale,
        drawn=np.array([[not b.is_constant and value != 0.0 for value in b.scale] for b in totals], dtype=np.int64).reshape(-1, years),
        first_held=np.array(starts, dtype=np.int64),
        held=held,
        held_scale=held_scale,
        held_member=np.array(holders, dtype=np.int64),
        msr=np.array([term_values(terms.msr, years) for terms in arrangements.values()]).reshape(-1, years),
        mlr=np.array([term_values(rate, years) for rate in loss_rates]).reshape(-1, years),
        excess=np.array([(KINDS[g], KINDS[q]) for g, q in kinds], dtype=np.int64).reshape(-1, 2),
        gain_edge=gain_edge,
        loss_edge=loss_edge,
        bands=np.array(list(zip(gain_bands, loss_bands, strict=True)), dtype=np.int64).reshape(-1, 2),
        gain_share=_pad(into.gain_share, gain_edge.shape[1] - 1, years),
        loss_share=_pad(into.loss_share, loss_edge.shape[1] - 1, years),
        loss_part=np.array(into.loss_part).reshape(members_count, years),
        cap=np.array([amount for amount, _ in into.cap]).reshape(members_count, years),
        collar=np.array([amount for amount, _ in into.collar]).reshape(members_count, years),
        cap_share=np.array([share for _, share in into.cap]).reshape(members_count, years),
        collar_share=np.array([share for _, share in into.collar]).reshape(members_count, years),
        score=score,
        score_scale=score_scale,
        quality=np.array(into.quality, dtype=np.int64).reshape(members_count, 2),
        quality_terms=np.array(into.quality_terms, dtype=np.float64).reshape(members_count, 5),
    )
