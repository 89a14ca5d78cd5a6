"""``simrisk settle``: actual outturns settled to the penny, under the terms of a study or of a programme by name."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.output import FAILED, common_options, envelope, say
from simengine.cli.sheets import out_option, sheet_text, write_sheets

if TYPE_CHECKING:
    from simengine.settling.settle import Settlements
    from simengine.study.load import Study

EXAMPLE = """\b
Example:
  simrisk settle actuals.csv --programme mssp.track_1
  simrisk settle actuals.xlsx --terms study.toml --out settled.xlsx
  simrisk settle actuals.csv --programme mssp.enhanced --explain A1234
  simrisk settle --list

A row for each contract and year, with the columns contract, year, baseline and outturn; docs/settling.md has the others.
"""


@click.command("settle", epilog=EXAMPLE)
@click.argument("actuals", required=False, type=click.Path(path_type=Path))
@click.option("--terms", metavar="STUDY", type=click.Path(path_type=Path), help="The terms of a study's arrangements.")
@click.option("--programme", metavar="NAME", help="The terms of a programme; --list names them.")
@click.option("--explain", metavar="CONTRACT", help="Show every step for this contract.")
@click.option("--list", "listed", is_flag=True, help="List the programmes with each parameter, its source and status.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of the study.")
@out_option
@common_options
def command(
    actuals: Path | None,
    *,
    terms: Path | None,
    programme: str | None,
    explain: str | None,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **asked: bool,
) -> None:
    """Settle actual outturns to the penny. A positive settlement is paid to the provider side.

    Rows that cannot be settled are reported with their line and reason; the others settle, and the exit code is 1.
    A .csv file takes the rows, and a second one beside it (NAME.transfers.csv) who pays whom; an .xlsx file takes both and every step.
    """
    if asked["listed"]:
        _list(programme, as_json)
        return
    if actuals is None:
        message = "Missing argument 'ACTUALS' (or --list for the programmes)."
        raise click.UsageError(message)
    _check_options(actuals, terms, programme, out)
    from simengine.cli.settle_text import explained, sheets
    from simengine.settling.settle import settle

    study = None if terms is None else _study(terms, overrides, quiet)
    made = settle(actuals, study, programme)
    steps = None if explain is None else explained(made, explain)
    for warning in made.warnings:
        say(f"warning: {warning}", quiet)
    for problem in made.errors:
        click.echo(f"error: {problem}", err=True)
    if out is not None:
        _write(made, out)
    if as_json:
        click.echo(_json(made, study, out, explain))
    elif steps is not None:
        click.echo(steps)
    elif out is None:
        rows, paid = sheets(made)[:2]
        click.echo("\n\n".join(sheet_text(sheet) for sheet in (rows, paid) if sheet.rows))
    if out is not None:
        say(f"{out} written", quiet)
    settled, failed = len(made.settled), len({problem.line for problem in made.errors})
    say(f"{settled:,} rows settled" + (f", {failed:,} not" if failed else ""), quiet)
    if failed:
        sys.exit(FAILED)


def _check_options(actuals: Path, terms: Path | None, programme: str | None, out: Path | None) -> None:
    if (terms is None) == (programme is None) and terms is not None:
        message = "give either --terms or --programme, not both"
        raise click.UsageError(message)
    if out is not None and out.resolve() == actuals.resolve():
        message = "--out is the file of actuals, which would be lost: name another file"
        raise click.UsageError(message)


def _study(path: Path, overrides: tuple[str, ...], quiet: bool) -> "Study":
    from simengine.study.load import load_study

    study = load_study(path, overrides)
    for warning in study.warnings:
        say(f"warning: {warning}", quiet)
    return study


def _write(made: "Settlements", out: Path) -> None:
    from simengine.cli.settle_text import sheets

    tables = sheets(made)
    if out.suffix.lower() == ".xlsx":
        write_sheets(out, [sheet for sheet in tables if sheet.rows or sheet is tables[0]])
    else:
        write_sheets(out, tables[:1])
        write_sheets(out.with_name(f"{out.stem}.transfers{out.suffix}"), tables[1:2])


def _list(programme: str | None, as_json: bool) -> None:
    from simengine.cli.settle_text import listed_rows, listed_text

    if as_json:
        click.echo(envelope("settle", {"programmes": listed_rows(programme)}))
    else:
        click.echo(listed_text(programme))


def _json(made: "Settlements", study: "Study | None", out: Path | None, explain: str | None) -> str:
    """Rows as numbers, to the penny; with --explain the steps of that contract too."""
    result: dict[str, object] = {
        "rows": [_numbers(row) for row in made.rows],
        "transfers": [_numbers(row) for row in made.transfers],
        "errors": [problem.as_dict() for problem in made.errors],
        "file": None if out is None else str(out),
    }
    if explain is not None:
        result["steps"] = [
            {"contract": row.actual.contract, "year": row.actual.year, "step": step.name, "words": step.words, "result": step.result}
            for row in made.settled
            if row.actual.contract == explain
            for step in row.steps
        ]
    about = None if study is None else {"path": study.file, "hash": study.digest}
    return envelope("settle", result, study=about, warnings=[str(warning) for warning in made.warnings])


def _numbers(row: dict[str, object]) -> dict[str, object]:
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in row.items()}
