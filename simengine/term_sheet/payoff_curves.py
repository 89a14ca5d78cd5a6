"""Payoff curves of a contract's year as rows: settlement and final share of each party over gain rates, and the rates that matter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.engine.payoff import Payoffs
from simengine.study.arrangements import Band, Limit
from simengine.study.numbers import Term
from simengine.term_sheet.words import Terms, at, word_at

#: Steps of a curve between its two ends; odd points, so that no gain at all is one of them.
STEPS = 400
_LEAST_RANGE, _MOST_RANGE, _BEYOND = 0.05, 1.0, 1.5


@dataclass(frozen=True)
class Mark:
    """A rate at which the curve of a party (or of all) bends."""

    rate: float
    letter: str
    text: str
    party: str | None = None


@dataclass(frozen=True)
class Curves:
    """One arrangement and year: gain rates, and by party the settlement and the final share of the gain or loss, in the currency."""

    rates: Sequence[float]
    settlement: Mapping[str, Sequence[float]]
    payout: Mapping[str, Sequence[float]]
    marks: Sequence[Mark]


def rate_range(terms: Terms) -> float:
    """A range of gain rates in which thresholds, bands and limits given as shares of the baseline are seen."""
    arrangement = terms.arrangement
    found = [_LEAST_RANGE]
    for year in range(len(terms.years)):
        found += [at(arrangement.msr, year), at(arrangement.mlr, year)]
        found += [at(band.from_edge, year) for bands in (arrangement.gain_bands, arrangement.loss_bands) for band in bands.values()]
        losses = arrangement.loss_share or arrangement.gain_share
        for limits, shares in ((arrangement.cap, arrangement.gain_share), (arrangement.collar, losses)):
            found += _binding(limits, shares, year)
    most = max(rate for rate in found if rate <= _MOST_RANGE)
    return min(_MOST_RANGE, float(np.ceil(100 * _BEYOND * most) / 100))


def _binding(limits: Mapping[str, Limit], shares: Mapping[str, Term], year: int) -> Iterator[float]:
    """The rates at which limits given as shares of the baseline bind, quality aside."""
    for party, limit in limits.items():
        share = at(shares.get(party), year)
        if limit.of_baseline is not None and share > 0.0:
            yield at(limit.of_baseline, year) / share


def grid(widest: float) -> list[float]:
    """Gain rates from a loss to a gain of ``widest``."""
    return [widest * (2 * k - STEPS) / STEPS for k in range(STEPS + 1)]


def curves(terms: Terms, place: int, year: int, rates: Sequence[float], found: Payoffs, parties: Sequence[str]) -> Curves:
    """The curves of arrangement ``place`` in a year; ``found`` holds all of them at ``rates``."""
    members = [*terms.side, terms.residual] + ([terms.arrangement.fund.party] if terms.arrangement.fund else [])
    index = {party: parties.index(party) for party in members}
    settlement = {party: found.settlement[place, year, p].tolist() for party, p in index.items()}
    payout = {party: found.payout[place, year, p].tolist() for party, p in index.items()}
    marks = [*_terms_marks(terms, year, rates[-1]), *_limit_marks(terms, place, year, rates, found, index)]
    return Curves(rates, settlement, payout, marks)


def _terms_marks(terms: Terms, year: int, widest: float) -> Iterator[Mark]:
    arrangement, two = terms.arrangement, word_at(terms.arrangement.sides, year) == "two"
    msr = at(arrangement.msr, year)
    if msr and arrangement.msr_table is None:
        yield Mark(msr, "M", "minimum savings rate")
    mlr = msr if arrangement.mlr is None else at(arrangement.mlr, year)
    if two and mlr and arrangement.mlr_table is None:
        yield Mark(-mlr, "m", "minimum loss rate")
    yield from _edges(arrangement.gain_bands, year, 1.0, widest)
    if two:
        yield from _edges(arrangement.loss_bands, year, -1.0, widest)


def _edges(bands: Mapping[str, Band], year: int, sign: float, widest: float) -> Iterator[Mark]:
    for name, band in bands.items():
        if at(band.from_edge, year) <= widest:
            yield Mark(sign * at(band.from_edge, year), "b", f"band {name}")


def _limit_marks(terms: Terms, place: int, year: int, rates: Sequence[float], found: Payoffs, index: Mapping[str, int]) -> Iterator[Mark]:
    """The first rate of the grid, from nought outwards, at which a cap or a collar holds; within a step of the exact one."""
    for party in terms.side:
        p = index[party]
        capped = [rate for rate, hit in zip(rates, found.cap_hit[place, year, p], strict=True) if hit > 0.0 and rate > 0.0]
        collared = [rate for rate, hit in zip(rates, found.collar_hit[place, year, p], strict=True) if hit > 0.0 and rate < 0.0]
        if capped:
            yield Mark(min(capped), "C", f"cap of {party}", party)
        if collared:
            yield Mark(max(collared), "K", f"collar of {party}", party)


def nearest(rates: Sequence[float], rate: float) -> int:
    """The place in ``rates`` of what comes nearest to ``rate``."""
    return min(range(len(rates)), key=lambda k: abs(rates[k] - rate))
