"""Arrangements of a study as arrays of terms by year (MODEL.md section 6)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.contract.quality import GAIN_RULES, LOSS_RULES
from simengine.contract.savings_rate import KINDS
from simengine.engine.arrangements import Arrangements, Covered
from simengine.engine.build_lines import LinePlan, payer, term_values
from simengine.engine.rows import RowBook, Slot
from simengine.jit import Floats
from simengine.projection.payment import planned_payment
from simengine.study.arrangements import Arrangement, Band, Limit
from simengine.study.defaults import arrangement_parties, residual_of
from simengine.study.model import StudySpec


def members_of(spec: StudySpec, name: str) -> tuple[str, ...]:
    """Parties of an arrangement in the order of the study."""
    return arrangement_parties(spec, spec.arrangements[name])


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


def _limits(limit: Limit | None, baseline: Floats, income: Floats, unit: float, years: int) -> Floats:
    """The smaller of the bases given, infinite where there is none."""
    values = np.full(years, math.inf)
    if limit is None:
        return values
    bases = ((limit.of_baseline, baseline), (limit.of_income, income), (limit.amount, np.full(years, unit)))
    for term, base in bases:
        if term is not None:
            values = np.minimum(values, term_values(term, years) * base)
    return values


def line_baselines(spec: StudySpec, plan: LinePlan) -> tuple[Floats, Floats]:
    """Each covered line's part b_s of its arrangement's baseline (line, year), and the baselines B (arrangement, year)."""
    years = plan.price.shape[1]
    lines = list(spec.services)
    parts = np.zeros_like(plan.price)
    totals = np.zeros((len(spec.arrangements), years))
    for a, terms in enumerate(spec.arrangements.values()):
        kappa, stretch = term_values(terms.plan_includes_schemes, years), term_values(terms.stretch, years)
        covered = [lines.index(name) for name in terms.services]
        for t in range(years):
            plain = {s: planned_payment(plan.do_nothing[s, t], plan.outturn[s, t], plan.price[s, t], kappa[t]) for s in covered}
            whole = sum(plain.values())
            stated = whole if terms.baseline == "plan" else term_values(terms.baseline_value, years)[t] * spec.money.scale
            totals[a, t] = (1.0 - stretch[t]) * stated
            for s, value in plain.items():
                parts[s, t] = value * (totals[a, t] / whole) if whole != 0.0 else totals[a, t] / len(covered)
    return parts, totals


def build_covered(spec: StudySpec, parts: Floats) -> Covered:
    """Which lines are covered by which arrangement, and by whom they are paid and provided there."""
    arrangement = np.full(len(spec.services), -1, dtype=np.int64)
    payers, providers = np.zeros_like(arrangement), np.zeros_like(arrangement)
    lines, first = list(spec.services), 0
    for a, (name, terms) in enumerate(spec.arrangements.items()):
        members = members_of(spec, name)
        for line in terms.services:
            s = lines.index(line)
            arrangement[s] = a
            payers[s] = first + members.index(payer(spec, line))
            providers[s] = first + members.index(spec.services[line].provider)
        first += len(members)
    return Covered(arrangement=arrangement, payer=payers, provider=providers, baseline=parts)


@dataclass
class _MemberArrays:
    """Terms of the members as they are read, one entry per member."""

    party: list[int]
    gain_share: list[Floats]
    loss_share: list[Floats]
    loss_part: list[Floats]
    cap: list[Floats]
    collar: list[Floats]
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


def _read_members(book: RowBook, spec: StudySpec, name: str, baseline: Floats, income: Mapping[str, Floats], into: _MemberArrays) -> None:
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


def build_arrangements(book: RowBook, spec: StudySpec, baselines: Floats, income: Mapping[str, Floats]) -> Arrangements:
    """The terms as arrays; ``income`` is each party's planned funding and payments by year."""
    years, arrangements = book.years, spec.arrangements
    into = _MemberArrays([], [], [], [], [], [], [], [], [])
    first, residual = [0], []
    for a, (name, terms) in enumerate(arrangements.items()):
        members = members_of(spec, name)
        _read_members(book, spec, name, baselines[a], income, into)
        residual.append(first[-1] + members.index(residual_of(spec, terms) or ""))
        first.append(first[-1] + len(members))
    gain_edge, gain_bands = _edge_array(spec, gain=True)
    loss_edge, loss_bands = _edge_array(spec, gain=False)
    kinds = [(terms.msr_kind or "first_pound", terms.mlr_kind or terms.msr_kind or "first_pound") for terms in arrangements.values()]
    members_count = len(into.party)
    return Arrangements(
        first_member=np.array(first, dtype=np.int64),
        residual=np.array(residual, dtype=np.int64),
        party=np.array(into.party, dtype=np.int64),
        baseline=baselines,
        msr=np.array([term_values(terms.msr, years) for terms in arrangements.values()]).reshape(-1, years),
        mlr=np.array([term_values(terms.msr if terms.mlr is None else terms.mlr, years) for terms in arrangements.values()]).reshape(
            -1, years
        ),
        excess=np.array([(KINDS[g], KINDS[q]) for g, q in kinds], dtype=np.int64).reshape(-1, 2),
        gain_edge=gain_edge,
        loss_edge=loss_edge,
        bands=np.array(list(zip(gain_bands, loss_bands, strict=True)), dtype=np.int64).reshape(-1, 2),
        gain_share=_pad(into.gain_share, gain_edge.shape[1] - 1, years),
        loss_share=_pad(into.loss_share, loss_edge.shape[1] - 1, years),
        loss_part=np.array(into.loss_part).reshape(members_count, years),
        cap=np.array(into.cap).reshape(members_count, years),
        collar=np.array(into.collar).reshape(members_count, years),
        score=np.array([(slot.row, slot.stride) for slot in into.score], dtype=np.int64).reshape(members_count, 2),
        score_scale=np.array([slot.scale for slot in into.score], dtype=np.float64).reshape(members_count, years),
        quality=np.array(into.quality, dtype=np.int64).reshape(members_count, 2),
        quality_terms=np.array(into.quality_terms, dtype=np.float64).reshape(members_count, 5),
    )
