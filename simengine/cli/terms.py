"""``simrisk terms``: a contract in plain words, and who ends with what."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.output import WrongInput, common_options, envelope, say

if TYPE_CHECKING:
    from simengine.cli.plan_or_result import Source

EXAMPLE = """\b
Example:
  simrisk terms configs/bettercaretown.toml
  simrisk terms configs/bettercaretown.toml --arrangement admissions --year 2018/19
  simrisk terms configs/bettercaretown.toml --out payoff.svg
"""
CHARTS = (".svg", ".png", ".pdf")


def _chart_file(_context: click.Context, _option: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in CHARTS:
        message = f"'{value}' must end in {', '.join(CHARTS[:-1])} or {CHARTS[-1]}."
        raise click.BadParameter(message)
    return value


@click.command("terms", epilog=EXAMPLE)
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--arrangement", "names", multiple=True, metavar="NAME", help="Only this arrangement (repeatable).")
@click.option("--year", metavar="LABEL", help="The year whose payoff curves are printed [the last].")
@click.option("--range", "widest", type=click.FloatRange(0.0, 1.0, min_open=True), help="Gain rates from -RANGE to RANGE [from the terms].")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of the study.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_chart_file,
    metavar="FILE",
    help="Draw the payoff curves of every year: .svg, .png or .pdf (needs the extra simrisk[report]).",
)
@common_options
def command(
    study: Path,
    *,
    names: tuple[str, ...],
    year: str | None,
    widest: float | None,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Print the contract of a study in plain words, year by year, with each party's payoff curve.

    The curve shows what a party receives (or pays) in settlement at every gain rate, all covered lines being off plan in the same
    proportion and quality as planned; the table beneath shows what each ends with. Carry-forward and limits over the term have no
    place in a single year's curve.
    """
    from simengine.cli.plan_or_result import read_source

    source = read_source(study, overrides, None, quiet)
    place = source.periods(year, last=True, term=False)[0]
    from simengine.cli.terms_text import contract_json, contract_text
    from simengine.term_sheet.contract import contracts

    found = contracts(source.ready, _wanted(source, names), widest)
    if out is not None:
        from simengine.report.payoff_chart import draw

        draw(out, source.title, found)
        say(f"{out} written", quiet)
    if as_json:
        result = {"arrangements": [contract_json(contract) for contract in found]}
        click.echo(envelope("terms", {**result, "file": None if out is None else str(out)}, **source.about()))
    elif out is None:
        click.echo(source.title)
        for contract in found:
            click.echo("\n" + contract_text(contract, place))


def _wanted(source: "Source", names: tuple[str, ...]) -> list[str]:
    there = list(source.ready.study.spec.arrangements)
    if not there:
        message = f"{source.path} has no arrangements: there is no contract to print"
        raise WrongInput(message)
    for name in names:
        if name not in there:
            message = f"'{name}' is no arrangement of this study: {', '.join(there)}"
            raise click.BadParameter(message, param_hint="--arrangement")
    return [name for name in there if not names or name in names]
