"""What ``simrisk explain`` shows: a draw as ledgers and tables whose figures add up as they are printed, or as JSON, unrounded."""

import math
from collections.abc import Iterator

from simengine.cli.sheets import Column, Sheet, sheet_text
from simengine.engine.payoff import planned_baselines, planned_scores
from simengine.runs.accounts import Grid, Ledger, Line, shortened
from simengine.runs.explain import Explained, unusual_first
from simengine.runs.explain_contract import ExplainedContract
from simengine.term_sheet.sheet import year_words
from simengine.term_sheet.words import Terms, percent

#: Rows of drivers and of lines that are printed; JSON has them all.
_MOST = 20
_DECIMALS = {"": 2, " k": 2, " m": 3}
_MET = {1: "the minimum savings rate is met", -1: "the minimum loss rate is met", 0: "no minimum rate is met"}


def explained_text(found: Explained) -> str:
    """The whole page."""
    return "\n\n".join(_Page(found).parts())


class _Page:
    """The parts of a page, figures in the study's unit of money."""

    def __init__(self, found: Explained) -> None:
        self.found, self.one = found, found.one
        money = self.one.spec.money
        self.decimals = _DECIMALS[money.unit[3:]]
        self.unit = money.scale / 10**self.decimals

    def parts(self) -> Iterator[str]:
        one, found = self.one, self.found
        study = one.run.study
        scenario = "" if one.scenario == "base" else f", scenario {one.scenario}"
        when = "sums over the term" if found.period is None else found.label
        yield (
            f"{study.spec.title or study.name}{scenario}: draw {one.draw} of 0 to {one.run.draws - 1}, {when}\n"
            f"{one.spec.money.unit}; a positive position or settlement is good for the party that has it"
        )
        if one.failed:
            yield "This draw failed: some of its outputs are not finite, and it is left out of the statistics."
        yield from self.drivers()
        lines = found.lines
        kept = shortened(lines.lines, _MOST, (2, 3))
        yield self.grid(Grid(lines.title, lines.columns, kept, lines.total, lines.sums))
        if found.schemes.lines:
            yield self.grid(found.schemes)
        for ledger in found.system:
            yield self.ledger(ledger)
        for contract in found.contracts:
            yield from self.contract(contract)
        yield "\n".join(["Positions", *(self.ledger(ledger, "  ") for ledger in found.parties)])

    def drivers(self) -> Iterator[str]:
        """The drivers that are farthest out."""
        listed = unusual_first(self.one.drivers, self.found.period)
        rows = []
        for driver, year, _ in listed[:_MOST]:
            rank, yearly = driver.rank[min(year, len(driver.rank) - 1)], len(driver.values) > 1
            at = year if yearly else 0
            rows.append(
                {
                    "name": driver.name,
                    "year": self.one.years[year] if yearly else "",
                    "value": f"{driver.values[at]:.6g}",
                    "plan": f"{driver.plan[min(at, len(driver.plan) - 1)]:.6g}",
                    "rank": "" if math.isnan(rank) else f"{100 * rank:.1f}",
                }
            )
        if rows:
            columns = [Column("name", "driver", short=False), Column("year", "year")]
            columns += [Column("value", "drawn", "number"), Column("plan", "plan", "number"), Column("rank", "percentile", "number")]
            more = len(listed) - len(rows)
            rest = f"\n{more} others are nearer to the middle of what they may be (--json has them all)" if more else ""
            yield "Drivers, the least usual first\n" + sheet_text(Sheet("Drivers", columns, rows)) + rest

    def contract(self, contract: ExplainedContract) -> Iterator[str]:
        """An arrangement: its terms in words, then its figures."""
        one, period = self.one, self.found.period
        head = [f"Arrangement {contract.name}"]
        if period is not None:
            place = list(one.spec.arrangements).index(contract.name)
            totals, scores = planned_baselines(one.ready), planned_scores(one.ready)
            terms = Terms(one.spec, contract.name, one.spec.arrangements[contract.name], totals[place].tolist(), scores[contract.name])
            head += [f"  {sentence}" for sentence in year_words(terms, period)]
        yield "\n".join(head)
        if contract.by_year is not None:
            yield self.grid(contract.by_year)
        rate = f"  gain over baseline: {100 * contract.gain_rate:+.4f} %"
        if contract.rates is not None:
            rates = ", ".join(f"{word} {percent(rate)}" for word, rate in zip(("gains from", "losses from"), contract.rates, strict=True))
            rate += f" ({rates}): {_MET[contract.met]}"
        yield self.ledger(contract.pool) + f"\n{rate}"
        yield self.grid(contract.members)

    def amount(self, whole: float) -> str:
        """An amount that is given in the smallest figure printed."""
        if not math.isfinite(whole):
            return "-"
        return f"{(whole + 0.0) / 10**self.decimals:,.{self.decimals}f}"

    def ledger(self, ledger: Ledger, inset: str = "") -> str:
        """Words to the left, amounts to the right, totals marked."""
        entries = ledger.printed(self.unit).entries
        rows = [(f"{'= ' if entry.total else '  '}{entry.words}", self.amount(entry.amount)) for entry in entries]
        words, amounts = (max(len(row[k]) for row in rows) for k in (0, 1))
        return "\n".join([f"{inset}{ledger.title}", *(f"{inset}  {text:<{words}}  {amount:>{amounts}}" for text, amount in rows)])

    def grid(self, grid: Grid) -> str:
        """A column for each kind of amount, the total last."""
        made = grid.printed(self.unit)
        rows = [self._row(line) for line in (*made.lines, made.total)]
        columns = [Column("label", made.title), *(Column(str(k), name, "money") for k, name in enumerate(made.columns))]
        return sheet_text(Sheet(made.title, [*columns, Column("remark", "", short=False)], rows))

    def _row(self, line: Line) -> dict[str, object]:
        amounts = {str(k): "" if amount is None else self.amount(amount) for k, amount in enumerate(line.amounts)}
        return {"label": line.label, **amounts, "remark": line.remark}


def explained_json(found: Explained) -> dict[str, object]:
    """Everything, unrounded and in the currency."""
    one = found.one
    return {
        "draw": one.draw,
        "scenario": one.scenario,
        "year": found.label,
        "unit": one.spec.money.currency,
        "finite": not one.failed,
        "drivers": [
            {
                "name": driver.name,
                "year": one.years[t] if len(driver.values) > 1 else None,
                "value": float(value),
                "plan": float(driver.plan[min(t, len(driver.plan) - 1)]),
                "percentile": 100.0 * float(driver.rank[min(t, len(driver.rank) - 1)]),
            }
            for driver in found.drivers
            for t, value in enumerate(driver.values)
            if len(driver.values) == 1 or found.period in (None, t)
        ],
        "services": _rows(found.lines, "service"),
        "schemes": _rows(found.schemes, "scheme"),
        "system": [_entries(ledger) for ledger in found.system],
        "arrangements": [_contract(contract) for contract in found.contracts],
        "parties": [_entries(ledger) for ledger in found.parties],
    }


def _contract(contract: ExplainedContract) -> dict[str, object]:
    rates = contract.rates or (None, None)
    return {
        "arrangement": contract.name,
        "gain_rate": contract.gain_rate,
        "msr": rates[0],
        "mlr": rates[1],
        "msr_met": contract.met if contract.rates else None,
        "pool": _entries(contract.pool)["entries"],
        "years": [] if contract.by_year is None else _rows(contract.by_year, "year"),
        "parties": _rows(contract.members, "party"),
    }


def _entries(ledger: Ledger) -> dict[str, object]:
    entries = [{"words": entry.words, "amount": entry.amount, "total": entry.total} for entry in ledger.entries]
    return {"title": ledger.title, "entries": entries}


def _rows(grid: Grid, key: str) -> list[dict[str, object]]:
    names = [name.replace(",", "").replace(" ", "_") for name in grid.columns]
    return [{key: line.label, **dict(zip(names, line.amounts, strict=True)), "remark": line.remark} for line in grid.lines]
