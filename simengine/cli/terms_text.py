"""A contract on a terminal: the term sheet, what its percentages amount to, and the payoff curves of one year."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from simengine.cli.payoff_text import chart, legend
from simengine.cli.sheets import Column, Sheet, sheet_text
from simengine.cli.terms_amounts import amounts_sheet
from simengine.term_sheet.contract import Contract
from simengine.term_sheet.payoff_curves import Curves, nearest
from simengine.term_sheet.sheet import term_sheet, year_words
from simengine.term_sheet.words import percent

_POINTS = (-1.0, -0.5, -0.25, -0.1, 0.1, 0.25, 0.5, 1.0)


def contract_text(contract: Contract, year: int) -> str:
    """The whole contract; ``year`` is the year of the curves."""
    terms, curves = contract.terms, contract.curves[year]
    unit, scale = terms.spec.money.unit, terms.spec.money.scale
    parts = [term_sheet(terms), f"\n  as planned, {unit}", _indented(sheet_text(in_thousandths(amounts_sheet(terms, contract.incomes))))]
    parts.append(f"\n  {terms.years[year]}: received (+) or paid (-) at each gain rate, {unit}")
    parts += [_indented(chart(curves, party, scale)) + "\n" for party in curves.settlement]
    if curves.marks:
        parts.append(f"  {legend(curves.marks)}")
    parts.append(f"\n  {terms.years[year]}: settlement, and what each ends with of what is shared, {unit}")
    parts.append(_indented(sheet_text(in_thousandths(_points_sheet(contract, curves, year)))))
    return "\n".join(parts)


def _points_sheet(contract: Contract, curves: Curves, year: int) -> Sheet:
    """The curves at some round rates and at the marks."""
    widest = curves.rates[-1]
    wanted = sorted({round(part * widest, 6) for part in _POINTS} | {round(mark.rate, 6) for mark in curves.marks})
    columns = [Column("rate", "gain rate"), Column("gain", "gain or loss", "money")]
    columns += [Column(f"settlement_{party}", f"{party} settlement", "money") for party in curves.settlement]
    columns += [Column(f"payout_{party}", f"{party} ends with", "money") for party in curves.payout]
    rows: list[dict[str, object]] = []
    for rate in wanted:
        k = nearest(curves.rates, rate)
        row: dict[str, object] = {"rate": percent(round(curves.rates[k], 6)), "gain": curves.rates[k] * contract.terms.baselines[year]}
        row |= {f"settlement_{party}": values[k] for party, values in curves.settlement.items()}
        row |= {f"payout_{party}": values[k] for party, values in curves.payout.items()}
        rows.append(row)
    return Sheet("payoff", columns, rows, contract.terms.spec.money.scale)


def in_thousandths(sheet: Sheet) -> Sheet:
    """The sheet with money to a thousandth of its unit: terms of a contract are checked by hand."""
    money = [column.key for column in sheet.columns if column.kind == "money"]
    rows = [{**row, **{key: _exactly(row.get(key), sheet.scale) for key in money}} for row in sheet.rows]
    return replace(sheet, rows=rows)


def _exactly(value: object, scale: float) -> str | None:
    if not isinstance(value, float | int) or not math.isfinite(value):
        return None
    return f"{round(value / scale, 3) + 0.0:,.3f}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))


def contract_json(contract: Contract) -> dict[str, Any]:
    """The contract as JSON holds it: words by year, and the curves as lists."""
    terms = contract.terms
    return {"name": terms.name, "residual": terms.residual, "years": [_year_json(contract, year) for year in range(len(terms.years))]}


def _year_json(contract: Contract, year: int) -> dict[str, Any]:
    curves = contract.curves[year]
    return {
        "year": contract.terms.years[year],
        "words": year_words(contract.terms, year),
        "baseline": contract.terms.baselines[year],
        "rate": list(curves.rates),
        "settlement": {party: list(values) for party, values in curves.settlement.items()},
        "payout": {party: list(values) for party, values in curves.payout.items()},
        "marks": list(_marks_json(curves)),
    }


def _marks_json(curves: Curves) -> Iterator[dict[str, Any]]:
    for mark in curves.marks:
        yield {"rate": mark.rate, "text": mark.text, "party": mark.party}
