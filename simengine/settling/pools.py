"""From baseline and outturn to the shareable pool: steps 1 to 5 of the order, and the steps on the pool (MODEL.md section 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from simengine.settling import bodies
from simengine.settling.actual import Actual, CannotSettle, Line
from simengine.settling.holdings import holdings
from simengine.settling.terms import INFINITE, ONE, ZERO, Limit, SizeRows, Terms
from simengine.study.programme_sets import Need


@dataclass(frozen=True)
class Pool:
    """The pool of a contract's year, or of one of its lines, before limits on it; ``start`` is where shares begin on |gain|, in money."""

    baseline: Decimal
    outturn: Decimal
    gain: Decimal
    rate: Decimal
    met: int
    amount: Decimal
    start: Decimal
    held: Mapping[str, Decimal]
    below: bool = False
    guarded: bool = False


def needed(value: Decimal | Need | None, what: str) -> Decimal:
    """A value that may have to come from a column: the value, or CannotSettle with the column."""
    if isinstance(value, Need):
        raise CannotSettle(column=value.column, rule=f"is required: {what} depends on it")
    return ZERO if value is None else value


def netted(lines: tuple[Line, ...]) -> Line:
    """The lines of a contract's year as one: gains and losses are netted."""
    if len(lines) == 1:
        return lines[0]
    sums: list[dict[str, Decimal]] = [{}, {}]
    for line in lines:
        for into, amounts in zip(sums, (line.paid, line.outturns), strict=True):
            for party, amount in amounts.items():
                into[party] = into.get(party, ZERO) + amount
    total = sum((line.baseline for line in lines), ZERO), sum((line.outturn for line in lines), ZERO)
    return Line("", *total, *sums)


def pool_of(lines: tuple[Line, ...], actual: Actual, terms: Terms, proration: Decimal) -> Pool:
    """Steps 1 to 5 for a contract's year, the net of its lines, or for one line."""
    line = netted(lines)
    baseline = line.baseline * (ONE - terms.stretch) * proration
    outturn = line.outturn * proration
    gain = baseline - outturn
    held = {party: amount * proration for party, amount in holdings(lines, terms).items()}
    if gain == 0:
        # no rate decides anything here, so none is asked for
        return Pool(baseline, outturn, gain, actual.msr or ZERO, 0, ZERO, ZERO, held)
    msr, mlr = _rates(actual, terms)
    met = bodies.rate_met(gain, baseline, msr, mlr)
    rate, excess = (msr, terms.excess_gain) if gain > 0 else (mlr, terms.excess_loss)
    start = rate * baseline if excess else ZERO
    amount = bodies.shareable_pool(gain, met, start, start)
    below = met == 0 and gain > 0 and terms.below_part != 0
    if below:
        amount = _below(gain, met, actual, terms)
        below = amount != 0
        start = ZERO
    flag = terms.guardrail_raised if actual.guardrail is None else actual.guardrail
    guarded = terms.guardrail and amount > 0 and flag > 0
    if guarded:
        amount = bodies.pool_under_guardrail(amount, flag)
    return Pool(baseline, outturn, gain, rate, met, amount, start, held, below, guarded)


def _below(gain: Decimal, met: int, actual: Actual, terms: Terms) -> Decimal:
    """The pool of a gain below the minimum savings rate, where the terms have a part for it."""
    part = needed(terms.below_part, "the share of a gain below the minimum savings rate")
    size, least = actual.population, terms.below_from or ZERO
    if size is None and least > 0:
        raise CannotSettle(column="population", rule=f"is required: a gain below the minimum rate is shared for {least} people or more")
    amount: Decimal = bodies.pool_below_rate(ZERO, gain, met, part, size if size is not None else least, least)
    return amount


def _rates(actual: Actual, terms: Terms) -> tuple[Decimal, Decimal]:
    """Minimum savings and loss rate: the elected one, that of the terms, or that of the list's size."""
    if actual.msr is not None:
        if terms.mlr is None and terms.mlr_table is not None:
            return actual.msr, _of_size(actual, terms.mlr_table)
        mlr = terms.mlr if terms.mlr is not None else actual.msr
        return actual.msr, needed(mlr, "the minimum loss rate")
    table = terms.msr_table
    by_size = table is not None and (actual.size_table or terms.msr is None or isinstance(terms.msr, Need))
    if actual.size_table and table is None:
        raise CannotSettle(column="msr", rule=f"{terms.name} has no table of rates by size", value="size table")
    if by_size and actual.population is None:
        if isinstance(terms.msr, Need):
            raise CannotSettle(
                column="msr", rule=f'is required: it is elected under {terms.name} (a fraction, or "size table" with a population)'
            )
        raise CannotSettle(column="population", rule=f"is required: the minimum savings rate of {terms.name} goes by the size of the list")
    msr = _of_size(actual, table) if by_size and table is not None else needed(terms.msr, "the minimum savings rate")
    if terms.mlr is not None:
        return msr, needed(terms.mlr, "the minimum loss rate")
    if terms.mlr_table is not None:
        return msr, _of_size(actual, terms.mlr_table)
    return msr, msr


def _of_size(actual: Actual, table: SizeRows) -> Decimal:
    if actual.population is None:
        raise CannotSettle(column="population", rule="is required: a minimum rate goes by the size of the list")
    columns = list(zip(*table, strict=True))
    rate: Decimal = bodies.rate_of_size(actual.population, *columns)
    if rate != rate:
        rule = f"is below {table[0][0]} people, for which the table of rates by size has none"
        raise CannotSettle(column="population", rule=rule, value=str(actual.population))
    return rate


def smallest(limit: Limit, baseline: Decimal, income: Decimal | None, what: str, party: str = "") -> tuple[Decimal, bool]:
    """The smallest of the parts of a limit in money, infinite where there is none; and whether a part by income was left out."""
    parts, left_out = [INFINITE], False
    if limit.of_baseline is not None:
        parts.append(needed(limit.of_baseline, what) * baseline)
    if limit.amount is not None:
        parts.append(needed(limit.amount, what))
    if limit.of_income is not None and income is not None:
        parts.append(needed(limit.of_income, what) * income)
    elif limit.of_income is not None:
        if len(parts) == 1:
            raise CannotSettle(column=f"revenue_{party}" if party else "revenue", rule=f"is required: {what} is a share of it")
        left_out = True
    return min(parts), left_out
