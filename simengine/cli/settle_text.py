"""What ``simrisk settle`` shows: settled rows and transfers as tables, the steps of a contract, the programmes with their sources."""

from decimal import Decimal

from simengine.cli.output import WrongInput
from simengine.cli.sheets import Column, Sheet
from simengine.errors import Problem
from simengine.settling.settle import SettledRow, Settlements
from simengine.study.distribution_keys import nearest
from simengine.study.programme_sets import Parameter, Programme, programmes

_ROWS = (
    Column("contract", "contract"),
    Column("year", "year"),
    Column("programme", "programme", printed=False),
    Column("baseline", "baseline", "pence"),
    Column("outturn", "outturn", "pence"),
    Column("gain", "gain", "pence"),
    Column("gain_rate", "gain_rate", "rate"),
    Column("msr_applied", "msr_applied", "rate"),
    Column("msr_met", "msr_met", "whole", printed=False),
    Column("share", "share", "rate"),
    Column("before_limits", "before_limits", "pence"),
    Column("limit_applied", "limit_applied"),
    Column("deduction", "deduction", "pence"),
    Column("settlement", "settlement", "pence"),
)
_TRANSFERS = (Column("contract", "contract"), Column("year", "year"), Column("payer", "payer"), Column("payee", "payee"))


def sheets(made: Settlements) -> list[Sheet]:
    """Settled rows, transfers, every step, and the rows that could not be settled."""
    parties = [Column(f"settlement_{party}", f"settlement_{party}", "pence") for party in made.parties]
    columns = [*_ROWS, *parties, Column("notes", "notes", printed=False)]
    steps = [
        {"contract": row.actual.contract, "year": row.actual.year, "step": step.name, "words": step.words, "result": step.result}
        for row in made.settled
        for step in row.steps
    ]
    told = ("contract", "year", "step", "words", "result")
    errors: list[dict[str, object]] = [{**problem.as_dict(), "value": problem.value} for problem in made.errors]
    return [
        Sheet("settlement", columns, made.rows),
        Sheet("transfers", [*_TRANSFERS, Column("amount", "amount", "pence")], made.transfers),
        Sheet("steps", [Column(key, key, short=False) for key in told], steps),
        Sheet("not settled", [Column(key, key, short=False) for key in ("line", "path", "value", "rule", "nearest")], errors),
    ]


def explained(made: Settlements, contract: str) -> str:
    """Every step for each settled year of a contract; WrongInput where the file has no such contract."""
    rows = [row for row in made.settled if row.actual.contract == contract]
    if not rows and not any(problem.value == contract for problem in made.errors):
        known = list(dict.fromkeys(row.actual.contract for row in made.settled))
        rule = "none of the settled rows is of this contract"
        raise WrongInput(problems=[Problem("--explain", rule, contract, nearest(contract, known))])
    return "\n\n".join(_explained(row) for row in rows)


def _explained(row: SettledRow) -> str:
    lines = [f"{row.actual.contract}, {row.actual.year}, under {row.terms.name}"]
    steps = [(step.name, step.words, step.result) for step in row.steps]
    name, words = (max(len(step[at]) for step in steps) for at in (0, 1))
    lines += [f"  {step[0]:<{name}}  {step[1]:<{words}}  {step[2]}" for step in steps]
    lines += [f"  to the penny: {party} {amount:,.2f}" for party, amount in row.settlements.items()]
    lines += [f"  {transfer['payer']} pays {transfer['payee']} {transfer['amount']:,.2f}" for transfer in row.transfers]
    return "\n".join([*lines, *(f"  note: {note}" for note in row.outcome.notes)])


def listed_rows(name: str | None) -> list[dict[str, object]]:
    """The programmes with every parameter as JSON holds them."""
    return [
        {
            "name": programme.name,
            "label": programme.label,
            "years": programme.years,
            "parameters": [
                {
                    "term": found.term,
                    "value": _shown(found),
                    "when": found.when,
                    "citation": found.citation,
                    "status": found.status,
                    "note": found.note,
                }
                for found in programme.parameters
            ],
        }
        for programme in _chosen(name)
    ]


def listed_text(name: str | None) -> str:
    """The programmes with every parameter, its source and status; one programme where it is named."""
    parts = []
    for programme in _chosen(name):
        rows = [(found.term, _shown(found), found.when, f"{found.citation} [{found.status}]") for found in programme.parameters]
        widths = [max(len(row[at]) for row in rows) for at in range(3)]
        lines = [f"{programme.name}: {programme.label} ({programme.years})"]
        for row, found in zip(rows, programme.parameters, strict=True):
            lines.append("  " + "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)) + f"  {row[3]}")
            lines += [f"      note: {found.note}"] if found.note else []
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _chosen(name: str | None) -> list[Programme]:
    known = programmes()
    if name is None:
        return list(known.values())
    if name not in known:
        raise WrongInput(problems=[Problem("--programme", "is not a programme that comes with simrisk", name, nearest(name, list(known)))])
    return [known[name]]


def _shown(found: Parameter) -> str:
    """The value of a parameter: bands as what applies up to which rate, an elected one with its choices."""
    value = found.value
    if isinstance(value, list):
        return ", ".join(f"{share} to {edge}" if edge.is_finite() else f"{share} above" for edge, share in value)
    if found.choices:
        table = " or by size" if found.size_table else ""
        return f"elected, {found.choices[0]} to {found.choices[-1]}{table}"
    return f"{value:f}" if isinstance(value, Decimal) else str(value).lower() if isinstance(value, bool) else str(value)
