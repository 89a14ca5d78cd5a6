"""Steps 9 and 10: each party's part of the pool by shares or bands, and what quality makes of it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from simengine.settling import bodies
from simengine.settling.actual import Actual, CannotSettle
from simengine.settling.pools import Pool
from simengine.settling.terms import INFINITE, ONE, ZERO, Band, QualityTerms, Terms


def shares_of(pool: Pool, amount: Decimal, terms: Terms, block: bool, two_sided: bool = False) -> dict[str, Decimal]:
    """Each party's part of ``amount``, what is left of the pool; ``block`` leaves all of it with the provider side.

    With ``two_sided`` a loss counts at two-sided terms in any year: in a one-sided one at the first shares of gains.
    """
    gains = amount > 0 or (two_sided and terms.one_sided)
    shares = terms.gain_share if gains else terms.loss_share
    bands = () if two_sided and terms.one_sided else terms.gain_bands if gains else terms.loss_bands
    if amount <= 0 and terms.one_sided and not two_sided:
        return dict.fromkeys(terms.parties, ZERO)
    if block:
        whole = sum(shares.values(), ZERO)
        return {party: amount * (shares.get(party, ZERO) / whole if whole else ONE / len(terms.parties)) for party in terms.parties}
    if not bands:
        return {party: shares.get(party, ZERO) * amount for party in terms.parties}
    return {party: _through_bands(party, pool, amount, shares, bands) for party in terms.parties}


def _through_bands(party: str, pool: Pool, amount: Decimal, shares: Mapping[str, Decimal], bands: Sequence[Band]) -> Decimal:
    """Marginal shares over the gain from where it is shared, edges in money: no rate is rounded on the way."""
    edges = [ZERO, *(band.edge * pool.baseline for band in bands), INFINITE]
    tables = [shares, *(band.share for band in bands)]
    end = pool.start + abs(amount)
    parts = [
        table.get(party, ZERO) * bodies.width_in_band(pool.start, end, edges[at], edges[at + 1])
        for at, table in enumerate(tables)
        if table.get(party, ZERO) != 0
    ]
    total = sum(parts, ZERO)
    return total if amount > 0 else ZERO - total


def loss_parts(terms: Terms) -> dict[str, Decimal]:
    """The part of each party in the provider side's loss shares; equal parts where they have none."""
    whole = sum((terms.loss_share.get(party, ZERO) for party in terms.parties), ZERO)
    if whole == 0:
        return dict.fromkeys(terms.parties, ONE / len(terms.parties))
    return {party: terms.loss_share.get(party, ZERO) / whole for party in terms.parties}


def after_quality(amounts: Mapping[str, Decimal], actual: Actual, terms: Terms) -> dict[str, Decimal]:
    """What quality makes of each party's part; a loss rate takes the place of the provider side's loss shares."""
    quality, found = terms.quality, {}
    whole = sum((terms.loss_share.get(party, ZERO) for party in terms.parties), ZERO)
    for party, amount in amounts.items():
        if amount > 0 and quality.gain:
            found[party] = amount * bodies.gain_multiplier(_score(party, actual, terms, losses=False), quality.gain, quality.gate)
        elif amount < 0 and quality.loss == 2:
            rate = bodies.loss_rate(_score(party, actual, terms, losses=True), quality.share_max, quality.floor, quality.ceiling)
            found[party] = amount * rate / whole if whole else ZERO
        elif amount < 0 and quality.loss == 1:
            found[party] = amount * bodies.loss_multiplier(_score(party, actual, terms, losses=True), 1, quality.soften)
        else:
            found[party] = amount
    return found


def _score(party: str, actual: Actual, terms: Terms, losses: bool) -> Decimal:
    """The score that counts, after the quality standard; CannotSettle where the row lacks it and it matters."""
    quality = terms.quality
    met, alternative = _standards(actual, terms.name, quality)
    score = actual.scores.get(party, actual.quality)
    if score is None:
        # a score that is not known matters only where the standard leaves it to count
        low, high = (_counts(value, losses, quality, met, alternative) for value in (ZERO, ONE))
        if low != high:
            raise CannotSettle(column="quality", rule=f"is required: shares under {terms.name} depend on it")
        return low
    return _counts(score, losses, quality, met, alternative)


def _counts(score: Decimal, losses: bool, quality: QualityTerms, met: Decimal, alternative: Decimal) -> Decimal:
    rule = bodies.score_on_losses if losses else bodies.score_on_gains
    counted: Decimal = rule(score, quality.standard, met, alternative)
    return counted


def _standards(actual: Actual, name: str, quality: QualityTerms) -> tuple[Decimal, Decimal]:
    """Whether the standard and the alternative standard are met: the columns, else what the terms take for granted."""
    if quality.standard == 0:
        return ONE, ZERO
    met = actual.quality_met if actual.quality_met is not None else quality.met
    if met is None:
        raise CannotSettle(column="quality_met", rule=f"is required: shares under {name} depend on whether the quality standard is met")
    stated = None if quality.ignores_alternative else actual.alternative_quality_met
    alternative = stated if stated is not None else quality.alternative
    if alternative is None:
        raise CannotSettle(column="alternative_quality_met", rule=f"is required: shares under {name} depend on it")
    return met, alternative
