"""``simrisk waterfall``: spend from the base year to the last one, step by step."""

from pathlib import Path

import click

from simengine.cli.output import common_options, envelope, say
from simengine.cli.sheets import out_option, sheet_text, write_sheets

EXAMPLE = """\b
Example:
  simrisk waterfall configs/bettercaretown.toml
  simrisk waterfall configs/bettercaretown.toml --lines --out waterfall.csv
  simrisk waterfall results/bettercaretown-1a2b3c4d-s1.nc --year 2016/17
"""


@click.command("waterfall", epilog=EXAMPLE)
@click.argument("source", metavar="STUDY|RESULT", type=click.Path(path_type=Path))
@click.option("--year", metavar="LABEL", help="Of a stored run: the year whose draws are printed [the last].")
@click.option("--lines", is_flag=True, help="The steps of every service line too.")
@click.option("--scenario", metavar="NAME", help="Of a stored run: the draws of this scenario beside the plan.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of the study.")
@out_option
@common_options
def command(
    source: Path,
    *,
    overrides: tuple[str, ...],
    scenario: str | None,
    year: str | None,
    lines: bool,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show how spend comes from that of the base year to that of each year: growth and inflation, efficiency, schemes.

    Every factor is a step of the plan; the steps add up. Of a stored run also the mean, P5 and P95 of the levels,
    required efficiency and the schemes.
    """
    from simengine.cli.plan_or_result import read_source
    from simengine.cli.waterfall_rows import Rows

    read = read_source(source, overrides, scenario, quiet)
    place = read.periods(year, last=True, term=False)[0]
    rows = Rows(read)
    if out is not None:
        write_sheets(out, [rows.sheet(lines=lines)])
    if as_json:
        result = {"plan": list(rows.plan_rows(lines=lines)), "statistics": list(rows.drawn_rows())}
        click.echo(envelope("waterfall", {**result, "file": None if out is None else str(out)}, **read.about()))
    elif out is None:
        unit = read.ready.study.spec.money.unit
        click.echo(f"{read.title}\n{unit}; planned spend at price: the base year, and what each step adds to it by each year\n")
        click.echo(sheet_text(rows.printed(lines=lines)))
        if read.result is not None:
            click.echo(f"\n{read.years[place]}: plan and draws\n{sheet_text(rows.drawn_sheet(place))}")
    else:
        say(f"{out} written", quiet)
