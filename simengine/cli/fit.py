"""``simrisk fit``: a distribution from data, or from the judgements of experts."""

from pathlib import Path
from typing import Any

import click

from simengine.cli.output import common_options, envelope, say

EXAMPLE = """\b
Example:
  simrisk fit stays.csv --column days
  simrisk fit stays.csv --column days --family gamma --family lognormal --driver length_of_stay
  simrisk fit uptake.csv --column share --unit pct --family beta --min 0 --max 1
  simrisk fit judgements.csv --experts --min 0 --max 1 --driver admissions_avoided
  simrisk fit judgements.csv --experts --each -q >> drivers.toml
  simrisk fit stays.xlsx --sheet 2024 --column days
"""


@click.command("fit", epilog=EXAMPLE)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--column", metavar="NAME", help="Column to fit; not needed where the file has only one.")
@click.option("--sheet", metavar="NAME", help="Sheet of an XLSX file [the first].")
@click.option("--family", "families", multiple=True, metavar="NAME", help="A family to fit [all of the data's kind]; repeatable.")
@click.option("--as", "kind", type=click.Choice(["counts", "continuous"]), help="Kind of the data [counts: whole numbers from 0].")
@click.option("--min", "low", type=float, help="Smallest possible value: a known end of beta, uniform and triangular.")
@click.option("--max", "high", type=float, help="Largest possible value.")
@click.option("--truncate", is_flag=True, help="Fit the other families truncated at --min and --max (lower and upper of a study).")
@click.option("--free-ends", is_flag=True, help="Estimate the ends of the beta too.")
@click.option("--unit", type=click.Choice(["fraction", "pct"]), default="fraction", help="pct: divide the file's values by 100.")
@click.option("--skip-blank", is_flag=True, help="Leave out lines where the cell is empty or NA.")
@click.option("--driver", metavar="NAME", help="Print the table of a declared driver, [drivers.NAME].")
@click.option("--experts", is_flag=True, help="Rows are experts with columns p10, p50, p90, ..., min, max, mean, weight: pool them.")
@click.option("--expert-column", metavar="NAME", default="expert", show_default=True, help="Column with the names of the experts.")
@click.option("--each", is_flag=True, help="With --experts: no pool, but one driver for each row.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=1, help="Seed of the goodness of fit [1].")
@click.option("--resamples", type=click.IntRange(19, 9999), default=199, help="Resamples of the goodness of fit [199].")
@common_options
def command(data: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Fit distribution families to data, or pool what experts judged; print a table that a study takes as it stands.

    With -q only that table is printed.
    """
    from simengine.cli.fit_file import rows_of_file

    _check_options(options)
    rows = rows_of_file(data, options["sheet"])
    if options["experts"]:
        found, shown, toml, notes = _judgements(rows, options)
    else:
        found, shown, toml, notes = _data(rows, options)
    if as_json:
        stated = {} if options["experts"] else {"seed": options["seed"]}
        click.echo(envelope("fit", {"file": str(data), **found, "toml": toml}, warnings=notes, **stated))
        return
    for note in notes:
        say(f"note: {note}", quiet)
    if not quiet:
        click.echo(f"{shown}\n")
    click.echo(toml)


def _check_options(options: dict[str, Any]) -> None:
    from simengine.fitting.names import driver_fault

    wrong = {
        "--column": options["experts"] and options["column"] is not None,
        "--family": options["experts"] and bool(options["families"]),
        "--as": options["experts"] and options["kind"] is not None,
        "--truncate": options["experts"] and options["truncate"],
        "--free-ends": options["experts"] and options["free_ends"],
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            message = f"{name} is of fitting data, not of --experts"
            raise click.UsageError(message)
    if options["each"] and not options["experts"]:
        message = "--each belongs to --experts"
        raise click.UsageError(message)
    if options["each"] and options["driver"] is not None:
        message = "--driver names one driver; with --each every row gives its own"
        raise click.UsageError(message)
    fault = None if options["driver"] is None else driver_fault(options["driver"])
    if fault is not None:
        message = f"--driver '{options['driver']}': {fault}"
        raise click.UsageError(message)


def _data(rows: Any, options: dict[str, Any]) -> tuple[dict[str, Any], str, str, list[str]]:
    """Result for programs, text for people, TOML and notes of data."""
    from simengine.cli.fit_text import fit_rows, fit_text, fitted_toml
    from simengine.errors import DataError, Problem
    from simengine.fitting.candidate import Ends
    from simengine.fitting.data import read_column
    from simengine.fitting.fit import Options, fit

    column = read_column(rows, options["column"], skip_blank=options["skip_blank"], unit=options["unit"])
    chosen = Options(
        families=options["families"],
        kind=options["kind"],
        ends=Ends(options["low"], options["high"]),
        truncate=options["truncate"],
        free_ends=options["free_ends"],
        seed=options["seed"],
        resamples=options["resamples"],
    )
    result = fit(column.values, chosen)
    if not result.fitted:
        raise DataError([Problem(row.family, f"does not apply: {row.reason}", file=column.file) for row in result.refused])
    skipped = [f"{column.skipped} blank lines left out"] if column.skipped else []
    return fit_rows(column, result), fit_text(column, result), fitted_toml(column, result, options["driver"]), [*skipped, *result.notes]


def _judgements(rows: Any, options: dict[str, Any]) -> tuple[dict[str, Any], str, str, list[str]]:
    """The same of judgements."""
    from simengine.cli.experts_text import each_toml, expert_rows, experts_text, pool_toml
    from simengine.fitting.elicitation import elicit, pool, read_judgements

    ends = {key: value for key, value in (("min", options["low"]), ("max", options["high"])) if value is not None}
    judged, unused = read_judgements(rows, options["expert_column"], unit=options["unit"], skip_blank=options["skip_blank"], ends=ends)
    notes = [f"columns that are not used: {', '.join(unused)}"] if unused else []
    if options["each"]:
        experts = elicit(judged, rows.file)
        return {"experts": expert_rows(experts)}, experts_text(experts, None), each_toml(experts, rows.file), notes
    pooled = pool(judged, rows.file)
    found = {
        "experts": expert_rows(pooled.experts),
        "pool": expert_rows([pooled.pool])[0],
        "disagreement": pooled.disagreement,
        "apart": [list(pair) for pair in pooled.apart],
    }
    return found, experts_text(pooled.experts, pooled), pool_toml(pooled, rows.file, options["driver"]), notes
