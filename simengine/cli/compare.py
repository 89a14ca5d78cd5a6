"""``simrisk compare``: two stored runs on the same draws."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.output import WrongInput, common_options, envelope, say
from simengine.errors import ResultError

if TYPE_CHECKING:
    from simengine.runs.comparison import Comparison

EXAMPLE = """\b
Example:
  simrisk compare results/before.nc results/after.nc
  simrisk compare results/all.nc results/all.nc --scenario conservative --scenario bold
"""


@click.command("compare", epilog=EXAMPLE)
@click.argument("first", metavar="A", type=click.Path(path_type=Path))
@click.argument("second", metavar="B", type=click.Path(path_type=Path))
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", help="Scenario of both runs; given twice, that of A and that of B [base]."
)
@click.option("--unpaired", is_flag=True, help="Compare runs that are not on the same draws, as independent of each other.")
@common_options
def command(first: Path, second: Path, *, scenarios: tuple[str, ...], unpaired: bool, as_json: bool, quiet: bool) -> None:
    """Compare two stored runs on the same draws: B less A, draw by draw, with the errors of the differences.

    The same draws are those of the same seed, design and columns of the drivers; the study may differ in anything else.
    Exit code 2 where the runs are not on the same draws, with the reasons.
    """
    from simengine.cli.compare_text import compare_text
    from simengine.runs.comparison import compare

    if len(scenarios) > 2:
        message = "--scenario is given at most twice: for A, and for B"
        raise WrongInput(message)
    named = scenarios or ("base",)
    if first == second and named[0] == named[-1]:
        message = f"{first} and {second} are the same run: name two scenarios of it (--scenario A --scenario B)"
        raise WrongInput(message)
    try:
        found = compare(first, second, scenarios=(named[0], named[-1]), paired=not unpaired)
    except ResultError as error:
        raise WrongInput(str(error)) from None
    if as_json:
        told = {
            "first": found.first.described(),
            "second": found.second.described(),
            "paired": found.paired,
            "differences": list(difference_rows(found)),
        }
        about = found.first.about
        stated = {"seed": int(about["seed"]), "sampler": str(about["sampler"]), "draws": found.draws, "failed": found.failed}
        study = {"path": str(about["study_name"]), "hash": str(about["study_hash"])}
        click.echo(envelope("compare", told, study=study, warnings=list(found.notes), **stated))
        return
    for note in found.notes:
        say(f"note: {note}", quiet)
    click.echo(compare_text(found))


def difference_rows(found: "Comparison") -> Iterator[dict[str, object]]:
    """One row per output, entity, period and statistic of the difference; ``unpaired_error`` of the mean only."""
    from simengine.cli.statistics_json import ENTITIES, LEVELS
    from simengine.schema import CURRENCY, VARIABLES
    from simengine.statistics.paired import OF_DIFFERENCES

    currency = str(found.first.about["money_unit"]).partition(" ")[0]
    for one in found.differences:
        at, unit = dict(one.entity), VARIABLES[one.name].unit
        entities = {dimension: at.get(dimension) for dimension in ENTITIES}
        entities |= {dimension: label for dimension, label in at.items() if dimension not in ENTITIES}
        for statistic in OF_DIFFERENCES:
            value, error = one.at(statistic)
            mean = {"first": one.first, "second": one.second, "unpaired_error": one.unpaired} if statistic == "mean" else {}
            yield {
                "output": one.name,
                "year": one.period,
                **entities,
                "statistic": "quantile" if statistic[0] == "q" else statistic,
                "level": LEVELS.get(statistic),
                "value": value,
                "standard_error": error,
                **{key: mean.get(key) for key in ("first", "second", "unpaired_error")},
                "unit": "1" if statistic.startswith("p_") else currency if unit == CURRENCY else unit,
            }
