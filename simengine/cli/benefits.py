"""``simrisk benefits``: the outputs of the "How to" guide: benefits plan, value for money of schemes, risk log."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.output import common_options, envelope, say
from simengine.cli.sheets import Sheet, out_option, write_sheets

if TYPE_CHECKING:
    from simengine.cli.benefits_rows import Benefits

EXAMPLE = """\b
Example:
  simrisk benefits configs/bettercaretown.toml
  simrisk benefits configs/bettercaretown.toml --value --year term
  simrisk benefits configs/bettercaretown.toml --out benefits.xlsx
  simrisk benefits results/bettercaretown-1a2b3c4d-s1.nc --scenario bold --out benefits.csv
"""


@click.command("benefits", epilog=EXAMPLE)
@click.argument("source", metavar="STUDY|RESULT", type=click.Path(path_type=Path))
@click.option("--value", is_flag=True, help="Value for money: cost, saving, benefit-cost ratio and payback of each scheme.")
@click.option("--outcomes", is_flag=True, help="Cost per outcome of each scheme.")
@click.option("--risks", is_flag=True, help="The risk log.")
@click.option("--year", metavar="LABEL", help="One year, or 'term' [printed: the last year; --value, --outcomes: term; files: all].")
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
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **asked: bool,
) -> None:
    """Print the benefits plan, or with --value, --outcomes and --risks those tables instead.

    Of a study it holds the plan; of a stored run also the mean and the spread of the draws. A .csv file takes one table,
    an .xlsx file those asked for, all four unless some are named.
    """
    from simengine.cli.benefits_rows import Benefits
    from simengine.cli.benefits_text import printed
    from simengine.cli.plan_or_result import TERM, read_source

    names = [name for name in ("value", "outcomes", "risks") if asked[name]] or ["plan"]
    if out is not None and out.suffix.lower() == ".csv" and len(names) > 1:
        message = "a .csv file takes one of --value, --outcomes and --risks; an .xlsx file takes them all"
        raise click.UsageError(message)
    read = read_source(source, overrides, scenario, quiet)
    every = Benefits(read, read.periods(year, last=False))
    _say_what_is_missing(every, quiet)
    if out is not None:
        whole = out.suffix.lower() == ".xlsx" and not any(asked.values())
        write_sheets(out, _sheets(every, ["plan", "value", "outcomes", "risks"] if whole else names))
    if as_json:
        result = {
            sheet.name.lower().replace(" ", "_"): list(sheet.rows) for sheet in _sheets(every, ["plan", "value", "outcomes", "risks"])
        }
        currency = read.ready.study.spec.money.currency
        click.echo(envelope("benefits", {**result, "currency": currency, "file": None if out is None else str(out)}, **read.about()))
    elif out is None:
        click.echo(read.title)
        for name in names:
            shown = Benefits(read, read.periods(year or (None if name == "plan" else TERM), last=True))
            click.echo("\n" + printed(_sheets(shown, [name])[0]))
    else:
        say(f"{out} written", quiet)


def _sheets(benefits: "Benefits", names: Sequence[str]) -> list[Sheet]:
    made = {"plan": benefits.plan, "value": benefits.value, "outcomes": benefits.outcomes, "risks": benefits.risks}
    return [made[name]() for name in names]


def _say_what_is_missing(benefits: "Benefits", quiet: bool) -> None:
    """The guide asks how every saving is monitored: name the schemes that do not say."""
    schemes = benefits.ready.study.spec.schemes
    silent = [name for name, scheme in schemes.items() if scheme.enabled and scheme.effects and not scheme.monitoring]
    if silent:
        say(f"note: how the saving is monitored is not stated of {', '.join(silent)} (schemes.NAME.monitoring)", quiet)
    result = benefits.source.result
    if benefits.drawn and result is not None and "scheme_saving" not in result:
        say("note: this run kept no draws of single schemes, so there is no P5 and P95 of them: simrisk run with --store all", quiet)
