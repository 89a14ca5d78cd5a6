"""The amounts that a contract's percentages stand for in the plan: baseline, thresholds, caps and collars by year, as a table."""

import math
from collections.abc import Iterator, Mapping, Sequence

from simengine.cli.sheets import Column, Sheet
from simengine.study.arrangements import Limit
from simengine.term_sheet.words import Terms, at, word_at


def amounts_sheet(terms: Terms, incomes: Mapping[str, Sequence[float]]) -> Sheet:
    """One row per year; ``incomes`` are the parties' planned incomes by year, in the currency. What does not apply is left empty."""
    columns = [Column("year", "year"), Column("baseline", "baseline", "money")]
    columns += [Column("msr", "minimum savings", "money"), Column("mlr", "minimum loss", "money")]
    for word, table in (("cap", terms.arrangement.cap), ("collar", terms.arrangement.collar)):
        columns += [Column(f"{word}_{party}", f"{word} {party}", "money") for party in table]
    rows = [dict(_row(terms, incomes, year)) for year in range(len(terms.years))]
    return Sheet(terms.name[:31], columns, rows, terms.spec.money.scale)


def _row(terms: Terms, incomes: Mapping[str, Sequence[float]], year: int) -> Iterator[tuple[str, object]]:
    arrangement, whole = terms.arrangement, terms.baselines[year]
    two = word_at(arrangement.sides, year) == "two"
    yield "year", terms.years[year]
    yield "baseline", whole
    if arrangement.msr_table is None:
        yield "msr", at(arrangement.msr, year) * whole
    if two and arrangement.mlr_table is None and (arrangement.mlr is not None or arrangement.msr_table is None):
        yield "mlr", at(arrangement.msr if arrangement.mlr is None else arrangement.mlr, year) * whole
    for word, table in (("cap", arrangement.cap), ("collar", arrangement.collar)):
        for party, limit in table.items():
            if word == "cap" or two:
                yield f"{word}_{party}", smallest(limit, year, whole, incomes[party][year], terms.spec.money.scale)


def smallest(limit: Limit, year: int, baseline: float, income: float, scale: float) -> float:
    """A limit as an amount of the currency: the smallest of its bases."""
    found = [math.inf]
    if limit.of_baseline is not None:
        found.append(at(limit.of_baseline, year) * baseline)
    if limit.of_income is not None:
        found.append(at(limit.of_income, year) * income)
    if limit.amount is not None:
        found.append(at(limit.amount, year) * scale)
    return min(found)
