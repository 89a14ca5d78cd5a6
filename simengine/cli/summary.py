"""``simrisk summary``: the summary of a stored run."""

import json
from pathlib import Path

import click

from simengine.cli.output import WrongInput, common_options, envelope
from simengine.errors import ResultError

EXAMPLE = """\b
Example:
  simrisk summary results/bettercaretown-1a2b3c4d-s1.nc
  simrisk summary results/bettercaretown-1a2b3c4d-s1.nc --scenario bold
"""


@click.command("summary", epilog=EXAMPLE)
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--scenario", metavar="NAME", help="Every table of this scenario instead of the base.")
@common_options
def command(result: Path, *, scenario: str | None, as_json: bool, quiet: bool) -> None:
    """Print the summary of a stored run."""
    from simengine.cli.statistics_json import counted_field, plan_rows, statistics_rows
    from simengine.cli.summary_text import summary_text
    from simengine.results.store import read_result

    del quiet
    try:
        dataset, summary = read_result(result)
    except ResultError as error:
        raise WrongInput(str(error)) from None
    there = [str(name) for name in dataset["scenario"].to_numpy()]
    if scenario is not None and scenario not in there:
        message = f"{result} has no scenario {scenario}: it has {', '.join(there)}"
        raise WrongInput(message)
    if as_json:
        about = dataset.attrs
        found = {"plan": list(plan_rows(dataset)), "statistics": list(statistics_rows(summary)), **counted_field(summary)}
        study = {"path": str(about["study_name"]), "hash": str(about["study_hash"])}
        stated = {"seed": int(about["seed"]), "sampler": about["sampler"], "draws": int(about["draws"]), "failed": int(about["failed"])}
        click.echo(envelope("summary", found, study=study, warnings=json.loads(about["warnings"]), **stated))
    else:
        click.echo(summary_text(dataset, summary, scenario))
