"""``simrisk summary``: the summary of a stored run."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.output import WrongInput, common_options, envelope
from simengine.errors import DataError, Problem, ResultError

if TYPE_CHECKING:
    from simengine.results.frame import Frame

EXAMPLE = """\b
Example:
  simrisk summary results/bettercaretown-1a2b3c4d-s1.nc
  simrisk summary results/bettercaretown-1a2b3c4d-s1.nc --scenario bold
  simrisk summary results/bettercaretown-1a2b3c4d-s1.nc --below "party_position[acute].2017/18=-0.5"
"""
_BELOW = (
    "Chance that an output is below a level: OUTPUT[NAMES].YEAR=LEVEL, money in the study's unit; the year may be left out. Repeatable."
)


@click.command("summary", epilog=EXAMPLE)
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--scenario", metavar="NAME", help="Every table of this scenario instead of the base.")
@click.option("--convergence", is_flag=True, help="How the figures settled as draws were added, with 95% intervals.")
@click.option("--risk", is_flag=True, help="Value at risk and expected shortfall of each position, also against plan.")
@click.option("--below", "levels", multiple=True, metavar="WHAT=LEVEL", help=_BELOW)
@common_options
def command(result: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Print the summary of a stored run, or what else is asked of its draws."""
    from simengine.cli.statistics_json import counted_field, plan_rows, statistics_rows
    from simengine.cli.summary_text import summary_text
    from simengine.results.frame import as_frame
    from simengine.results.store import read_result

    del quiet
    scenario = options["scenario"]
    try:
        dataset, summary = read_result(result)
        there = [str(name) for name in dataset["scenario"].to_numpy()]
        if scenario is not None and scenario not in there:
            message = f"{result} has no scenario {scenario}: it has {', '.join(there)}"
            raise WrongInput(message)
        run = as_frame(dataset)
        asked = _asked(run, as_frame(summary), options, as_json=as_json)
        failed = _failed(run) if int(dataset.attrs["failed"]) else []
    except ResultError as error:
        raise WrongInput(str(error)) from None
    if as_json:
        about = dataset.attrs
        found = {"plan": list(plan_rows(dataset)), "statistics": list(statistics_rows(summary)), **counted_field(summary), **asked}
        found |= {"failed_draws": failed} if failed else {}
        study = {"path": str(about["study_name"]), "hash": str(about["study_hash"])}
        stated = {"seed": int(about["seed"]), "sampler": about["sampler"], "draws": int(about["draws"]), "failed": int(about["failed"])}
        click.echo(envelope("summary", found, study=study, warnings=json.loads(about["warnings"]), **stated))
        return
    click.echo("\n\n".join(asked.values()) if asked else summary_text(dataset, summary, scenario))
    if failed and not asked:
        from simengine.cli.series_text import failed_text
        from simengine.runs.drawn_series import failed_draws

        click.echo(failed_text(failed_draws(run)))


def _asked(run: "Frame", summary: "Frame", options: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """What was asked for beside or instead of the summary, as rows of JSON or as text."""
    from simengine.cli import series_text as shown

    scenario, found = options["scenario"] or "base", {}
    if options["risk"]:
        found["risk"] = list(shown.risk_rows(run, summary, scenario)) if as_json else shown.risk_text(run, summary, scenario)
    if options["levels"]:
        levels = _levels(run, options["levels"])
        found["below"] = list(shown.below_rows(run, levels)) if as_json else shown.below_text(run, levels)
    if options["convergence"]:
        found["convergence"] = list(shown.convergence_rows(run, scenario)) if as_json else shown.convergence_text(run, scenario)
    return found


def _levels(run: "Frame", texts: Sequence[str]) -> Any:
    """Outputs and levels from the command line; DataError with every problem."""
    from simengine.runs.from_result import study_of
    from simengine.runs.target import parse_amounts, places_of
    from simengine.schema import VARIABLES

    stored = [name for name in VARIABLES if name in run and "draw" in run[name].dims]
    found = parse_amounts(texts, places_of(study_of(run.attrs), run.labels("scenario")[1:], stored), "--below")
    others = [target for target, _ in found if target.statistic not in ("mean", "p_above_zero")]
    if others:
        rule = "states a level of the output itself, not of a statistic"
        raise DataError([Problem(target.name, rule, target.statistic, file="--below") for target in others])
    return found


def _failed(run: "Frame") -> list[dict[str, object]]:
    from simengine.cli.series_text import failed_rows
    from simengine.runs.drawn_series import failed_draws

    return failed_rows(failed_draws(run))
