"""Terms of the parties of an arrangement as arrays: shares, limits, quality (MODEL.md section 6)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.contract.quality import GAIN_RULES, LOSS_RULES
from simengine.contract.quality_standard import STANDARDS
from simengine.engine.build_baselines import Baselines, members_of
from simengine.engine.build_lines import term_values
from simengine.engine.rows import RowBook, Slot
from simengine.engine.terms import EXPOSED, LIMITED, QUALITY_TERMS
from simengine.jit import Floats, Ints
from simengine.study.arrangements import Arrangement, Band, Limit
from simengine.study.defaults import provider_side
from simengine.study.model import StudySpec
from simengine.study.quality import Quality


@dataclass(frozen=True)
class Member:
    """Terms of one party of an arrangement; see ``terms.Arrangements`` for the arrays."""

    gain_share: Floats  # (year, band)
    loss_share: Floats  # (year, band)
    part: Floats  # (year, 2)
    limited: Ints  # (year, 2)
    limit: Floats  # (year, LIMIT_COUNT)
    over_term: tuple[float, float]
    slots: tuple[Slot, Slot, Slot, Slot]
    quality: tuple[int, int, int]
    standard: Ints  # (year,)
    quality_terms: Floats  # (year, QUALITY_TERMS)


def two_sided(terms: Arrangement, years: int) -> list[bool]:
    """Whether losses are shared too, by year."""
    sides = terms.sides if isinstance(terms.sides, tuple) else (terms.sides,) * years
    return [side == "two" for side in sides]


def edges(bands: Mapping[str, Band], years: int) -> list[tuple[Floats, Band | None]]:
    """Bands by lower edge (year), the shares from zero first."""
    found = [(term_values(band.from_edge, years), band) for band in bands.values()]
    return [(np.zeros(years), None), *sorted(found, key=lambda pair: tuple(pair[0]))]


def _band_shares(party: str, base: Mapping[str, float | tuple[float, ...]], bands: Mapping[str, Band], years: int) -> Floats:
    """Shares of a party (year, band)."""
    tables = [base if band is None else band.share for _, band in edges(bands, years)]
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


def _over_term(limit: Limit | None, baseline: Floats, income: Floats, unit: float) -> float:
    """A limit over the term as an amount: shares are of what is planned for the years together; infinite where there is none."""
    if limit is None:
        return math.inf
    bases = ((limit.of_baseline, float(baseline.sum())), (limit.of_income, float(income.sum())), (limit.amount, unit))
    return min((float(term_values(term, 1)[0]) * base for term, base in bases if term is not None), default=math.inf)


def _no_quality(book: RowBook) -> tuple[Slot, Slot, Slot]:
    return book.constant(1.0), book.constant(1.0), book.constant(0.0)


def quality_slots(book: RowBook, quality: Quality, path: str, party: str) -> tuple[Slot, Slot, Slot] | None:
    """The score of a party, whether the standard and its alternative are met; None for a party without a score."""
    own = quality.scores.get(party)
    if own is None and quality.score is None:
        return None
    score = book.number(own, f"{path}.{party}") if own is not None else book.number(quality.score or 0.0, f"{path}.score")
    met, alternative = 1.0 if quality.met is None else quality.met, 0.0 if quality.alternative_met is None else quality.alternative_met
    return score, book.number(met, f"{path}.met"), book.number(alternative, f"{path}.alternative_met")


def _quality_terms(quality: Quality, years: int) -> Floats:
    values = (quality.gate, quality.soften, quality.loss_share_max, quality.loss_floor)
    return np.stack([*(term_values(value, years) for value in values), term_values(quality.loss_ceiling, years, 1.0)], axis=1)


class MemberReader:
    """Reads the parties of one arrangement; ``income`` is each party's planned funding and payments by year."""

    def __init__(self, book: RowBook, spec: StudySpec, name: str, baselines: Baselines, income: Mapping[str, Floats]) -> None:
        self.book, self.spec, self.name, self.baselines = book, spec, name, baselines
        self.terms, self.years, self.unit = spec.arrangements[name], spec.years, spec.money.scale
        # as the baseline, income is that of the part of the year that is settled
        self.income = {party: values * term_values(self.terms.proration, self.years) for party, values in income.items()}
        self.side = provider_side(spec, self.terms)
        self.both = np.array(two_sided(self.terms, self.years), dtype=np.float64)[:, None]
        self.planned = baselines.planned[name]
        self.losses = self.terms.loss_share if self.terms.loss_share is not None else self.terms.gain_share
        self.charged = sum((self.loss_shares(party)[:, 0] for party in self.side), np.zeros(self.years))

    def loss_shares(self, party: str) -> Floats:
        """Loss shares of a party (year, band), 0 in one-sided years."""
        return np.asarray(_band_shares(party, self.losses, self.terms.loss_bands, self.years) * self.both)

    def members(self) -> list[Member]:
        """The parties in the order of the study."""
        return [self.member(party) for party in members_of(self.spec, self.name)]

    def member(self, party: str) -> Member:
        """One party."""
        terms, shares = self.terms, self.loss_shares(party)
        limit, limited, unearned = self.limits(party)
        slots, quality, standard, values = self.quality(party)
        term = [_over_term(table.get(party), self.planned, self.income[party], self.unit) for table in (terms.term_cap, terms.term_collar)]
        return Member(
            gain_share=_band_shares(party, terms.gain_share, terms.gain_bands, self.years),
            loss_share=shares,
            part=self.parts(party, shares[:, 0]),
            limited=limited,
            limit=limit,
            over_term=(term[0], term[1]),
            slots=(*slots, unearned),
            quality=quality,
            standard=standard,
            quality_terms=values,
        )

    def parts(self, party: str, own: Floats) -> Floats:
        """One over the provider side's loss shares, 0 where there are none; and a party's part of a relief, equal where there are none."""
        per_share = np.divide(1.0, self.charged, out=np.zeros(self.years), where=self.charged != 0.0)
        equal = 1.0 / len(self.side) if party in self.side else 0.0
        relief = np.divide(own, self.charged, out=np.full(self.years, equal), where=self.charged != 0.0)
        return np.stack([per_share, relief], axis=1)

    def limits(self, party: str) -> tuple[Floats, Ints, Slot]:
        """Limits by year, whether they limit anything, and the exposure that counts towards the collar."""
        income, baseline = self.income[party], self.baselines.total[self.name]
        cap, cap_share = _limits(self.terms.cap.get(party), baseline, income, self.unit, self.years)
        collar, collar_share = _limits(self.terms.collar.get(party), baseline, income, self.unit, self.years)
        found = np.stack([cap, collar, cap_share, collar_share], axis=1)
        unearned = self.baselines.unearned.get((self.name, party))
        exposed = np.isfinite(np.minimum(collar, collar_share)) & (self.planned != 0.0) & (unearned is not None)
        limited = np.zeros((self.years, 2), dtype=np.int64)
        limited[:, LIMITED], limited[:, EXPOSED] = np.isfinite(found).any(axis=1), exposed
        return found, limited, self.book.constant(0.0) if unearned is None else unearned

    def quality(self, party: str) -> tuple[tuple[Slot, Slot, Slot], tuple[int, int, int], Ints, Floats]:
        """Scores, rules, standards by year and terms of quality."""
        quality, none = self.terms.quality, np.zeros(self.years, dtype=np.int64)
        slots = None
        if quality is not None and party in self.side:
            slots = quality_slots(self.book, quality, f"arrangements.{self.name}.quality", party)
        if quality is None or slots is None:
            return _no_quality(self.book), (0, 0, 0), none, np.zeros((self.years, QUALITY_TERMS))
        words = quality.standard if isinstance(quality.standard, tuple) else (quality.standard,) * self.years
        rules = (GAIN_RULES[quality.gain], LOSS_RULES[quality.loss])
        used = (*rules, int(rules != (0, 0)))
        return slots, used, np.array([STANDARDS[word] for word in words], dtype=np.int64), _quality_terms(quality, self.years)


def pad_shares(tables: Sequence[Floats], bands: int, years: int) -> Floats:
    """Shares (member, year, band), with no share in bands that an arrangement does not have."""
    padded = np.zeros((len(tables), years, bands))
    for m, table in enumerate(tables):
        padded[m, :, : table.shape[1]] = table
    return padded
