"""``simrisk summary``: the summary of a stored run."""

from pathlib import Path

import click

from simengine.cli.output import common_options, envelope


@click.command("summary")
@click.argument("result", type=click.Path(path_type=Path))
@common_options
def command(result: Path, *, as_json: bool, quiet: bool) -> None:
    r"""Print the summary of a stored run.

    \b
    Example:
      simrisk summary results/bettercaretown-1a2b3c4d-s1.nc
    """
    from simengine.cli.statistics_json import plan_rows, statistics_rows
    from simengine.cli.summary_text import summary_text
    from simengine.results.store import read_result

    del quiet
    dataset, summary = read_result(result)
    if as_json:
        about = dataset.attrs
        found = {"plan": list(plan_rows(dataset)), "statistics": list(statistics_rows(summary))}
        study = {"path": str(about["study_name"]), "hash": str(about["study_hash"])}
        stated = {"seed": int(about["seed"]), "sampler": about["sampler"], "draws": int(about["draws"]), "failed": int(about["failed"])}
        click.echo(envelope("summary", found, study=study, **stated))
    else:
        click.echo(summary_text(dataset, summary))
