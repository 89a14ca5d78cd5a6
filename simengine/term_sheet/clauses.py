"""The clauses of a contract in words: each gives the sentences of one step of the settlement in one year, none where it does not apply."""

from collections.abc import Callable, Iterator, Mapping

from simengine.study.arrangements import Band
from simengine.study.numbers import Term
from simengine.study.terms import Follow, SizeRow
from simengine.term_sheet.words import Terms, at, limit_words, listed, percent, word_at

Clause = Callable[[Terms, int], Iterator[str]]


def baseline(terms: Terms, year: int) -> Iterator[str]:
    """What the outturn is measured against."""
    arrangement = terms.arrangement
    if arrangement.baseline == "budget":
        what = f"the value of the budget {arrangement.budget} after updates and resets, before improvement payments"
    elif arrangement.baseline == "explicit":
        what = "a stated amount"
    else:
        kappa = at(arrangement.plan_includes_schemes, year)
        taken = f", {percent(kappa)} of the planned scheme savings taken out" if kappa else ""
        what = f"planned activity of the covered lines at planned prices{taken}"
    if at(arrangement.stretch, year):
        what += f", less a stretch of {percent(at(arrangement.stretch, year))}"
    yield f"Baseline: {what}."
    if arrangement.baseline_follows or arrangement.population_adjusted:
        names = [_followed(one) for one in arrangement.baseline_follows]
        people = ["the list size"] if arrangement.population_adjusted else []
        yield f"The baseline is worked out again with {listed([*people, *names])} as it turns out."
    if at(arrangement.proration, year) != 1.0:
        yield f"{percent(at(arrangement.proration, year))} of the year is settled."


def _followed(one: Follow) -> str:
    return one.driver if one.cap is None else f"{one.driver} (at most {percent(one.cap)} above plan)"


def outturn(terms: Terms, year: int) -> Iterator[str]:
    """What is compared with the baseline."""
    del year  # the same in all years
    yield "Outturn: activity of the covered lines at the plan's prices, so prices and unit costs are not shared."
    lines = list(terms.arrangement.adjustment)
    if lines:
        yield f"Events outside control are taken off the outturn of {listed(lines)}."
    if terms.arrangement.line_by_line:
        yield "Each line settles by itself; gains and losses are not netted."


def thresholds(terms: Terms, year: int) -> Iterator[str]:
    """From which gain and which loss on anything is shared."""
    arrangement = terms.arrangement
    kind = arrangement.msr_kind or "first_pound"
    yield _threshold("gain", arrangement.msr_table, at(arrangement.msr, year), kind)
    if word_at(arrangement.sides, year) == "one":
        yield f"One-sided: {terms.residual} bears every loss."
    else:
        own = arrangement.mlr_table or (arrangement.msr_table if arrangement.mlr is None else None)
        rate = at(arrangement.msr if arrangement.mlr is None else arrangement.mlr, year)
        yield _threshold("loss", own, rate, arrangement.mlr_kind or kind)
    below = arrangement.below_msr
    if below is not None and at(below.part, year):
        lists = f", for lists of at least {below.from_size:,.0f} people" if below.from_size else ""
        yield f"Of a gain below the minimum savings rate {percent(at(below.part, year))} is shared all the same{lists}."
    if arrangement.guardrail != 0.0:
        yield "Where the guardrail flag is raised no gain is paid; a loss stands."


def _threshold(side: str, table: str | tuple[SizeRow, ...] | None, rate: float, kind: str) -> str:
    rest = "all of it is shared" if kind == "first_pound" else "what is beyond the rate is shared"
    if table is not None:
        named = f"the size table {table}" if isinstance(table, str) else "a table by size of the list"
        return f"A {side} is shared once it reaches the rate of {named}; then {rest}."
    if rate == 0.0:
        return f"Any {side} is shared, from the first pound."
    return f"A {side} is shared once it reaches {percent(rate)} of the baseline; then {rest}."


def pool(terms: Terms, year: int) -> Iterator[str]:
    """What is done to the pool before it is shared."""
    arrangement = terms.arrangement
    for word, limit in (("gain", arrangement.pool_cap), ("loss", arrangement.pool_collar)):
        if limit is not None:
            yield f"No more of a {word} is shared than {limit_words(terms, limit, year)}."
    if arrangement.carry_forward is not None:
        years = arrangement.carry_forward.years
        yield f"Losses that were not charged reduce later gains, for {years} year{'s' if years > 1 else ''}."
    if arrangement.fund is not None and at(arrangement.fund.share, year):
        yield f"{percent(at(arrangement.fund.share, year))} of a gain goes to {arrangement.fund.party} before the rest is shared."


def shares(terms: Terms, year: int) -> Iterator[str]:
    """Who has what part of a gain and of a loss."""
    arrangement = terms.arrangement
    yield from _sides(terms, "gain", arrangement.gain_share, arrangement.gain_bands, year)
    if word_at(arrangement.sides, year) == "two" and not _by_loss_rate(terms):
        losses = arrangement.gain_share if arrangement.loss_share is None else arrangement.loss_share
        yield from _sides(terms, "loss", losses, arrangement.loss_bands, year)


def _sides(terms: Terms, side: str, base: Mapping[str, Term], bands: Mapping[str, Band], year: int) -> Iterator[str]:
    if not bands:
        yield f"Of a shared {side}: {_parts(terms, base, year)}."
        return
    edges = sorted(((at(band.from_edge, year), band.share) for band in bands.values()), key=lambda pair: pair[0])
    yield f"Of a {side}, by its size as a share of the baseline:"
    lower = [(0.0, base), *edges]
    for place, (edge, own) in enumerate(lower):
        until = f"from {percent(edge)} to {percent(lower[place + 1][0])}" if place + 1 < len(lower) else f"above {percent(edge)}"
        yield f"  {until}: {_parts(terms, own, year)}."


def _parts(terms: Terms, own: Mapping[str, Term], year: int) -> str:
    """The shares of the parties that have one, those that have none by name, and the residual party's rest."""
    shares = {party: at(own.get(party), year) for party in terms.side}
    said = [f"{party} {percent(share)}" for party, share in shares.items() if share != 0.0]
    without = [party for party, share in shares.items() if share == 0.0]
    nothing = [f"{listed(without)} nothing"] if without else []
    return ", ".join([*said, *nothing, f"{terms.residual} the rest ({percent(round(1.0 - sum(shares.values()), 12))})"])


def _by_loss_rate(terms: Terms) -> bool:
    return terms.arrangement.quality is not None and terms.arrangement.quality.loss == "loss_rate"


_STANDARDS = {
    "required": "The score counts only where the quality standard is met.",
    "full": "A gain is paid in full where the quality standard is met, by the score where only the alternative one is, else not at all.",
}


def quality(terms: Terms, year: int) -> Iterator[str]:
    """What quality scores do."""
    own = terms.arrangement.quality
    if own is None:
        return
    scores = listed([f"{values[year]:.3g}" if party == "all" else f"{party} {values[year]:.3g}" for party, values in terms.scores.items()])
    if own.gain == "multiplier":
        yield f"The provider side's part of a gain is multiplied by its quality score (planned: {scores})."
    elif own.gain == "gate":
        yield f"The provider side has no part of a gain where its quality score is below {at(own.gate, year):g} (planned: {scores})."
    if word_at(own.standard, year) != "none":
        yield _STANDARDS[word_at(own.standard, year)]
    if word_at(terms.arrangement.sides, year) == "one":
        return
    if own.loss == "soften":
        yield f"Its part of a loss is multiplied by 1 less {at(own.soften, year):g} of the score."
    elif own.loss == "loss_rate":
        floor, ceiling = percent(at(own.loss_floor, year)), percent(at(own.loss_ceiling, year))
        yield f"It bears 1 less {at(own.loss_share_max, year):g} times the score of a shared loss, between {floor} and {ceiling}."


def limits(terms: Terms, year: int) -> Iterator[str]:
    """Deduction, cap and collar, and what is taken off a loss."""
    arrangement = terms.arrangement
    if at(arrangement.deduction, year):
        yield f"{percent(at(arrangement.deduction, year))} is taken off a gain of the provider side; it stays with {terms.residual}."
    for word, table in (("gain", arrangement.cap), ("lose", arrangement.collar)):
        if word == "lose" and word_at(arrangement.sides, year) == "one":
            continue
        for party, limit in table.items():
            yield f"{party} can {word} at most {limit_words(terms, limit, year)}."
    if arrangement.include_ips:
        yield "Improvement payments that are not earned count towards the collar."
    if arrangement.loss_adjustment != 0.0 and word_at(arrangement.sides, year) == "two":
        yield "An amount for events outside control is taken off the provider side's loss."


CLAUSES: tuple[Clause, ...] = (baseline, outturn, thresholds, pool, shares, quality, limits)
"""In the default order of operations."""
