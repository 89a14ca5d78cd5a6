"""``simrisk seek``: at which value of a number of the study a simulated statistic is as wanted."""

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.output import FAILED, WrongInput, common_options, envelope, say

if TYPE_CHECKING:
    from simengine.runs.goal_seek import Sought

EXAMPLE = """\b
Example:
  simrisk seek configs/bettercaretown.toml --vary schemes.reablement.delivery --between 0.5:1
      --until "net_position.p_below_zero=0.5"
"""
_UNTIL = (
    "OUTPUT[NAMES].STATISTIC.YEAR=AMOUNT: the statistic and what it is to be; money in the study's unit, chances as fractions. "
    "The statistic (mean) and the year (term) may be left out."
)
_VARY = (
    "Path of a number of the study: a constant, a parameter of a distribution (….mean), or a distribution, "
    "which is moved as it is so that its mean is the value."
)


@click.command("seek", epilog=EXAMPLE)
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--vary", required=True, metavar="PATH", help=_VARY)
@click.option("--between", required=True, metavar="LOW:HIGH", help="The range in which to look.")
@click.option("--until", required=True, metavar="WHAT=AMOUNT", help=_UNTIL)
@click.option("--replan", is_flag=True, help="Make the plan with the value, too; without, only the draws change, as in a scenario.")
@click.option("--points", type=click.IntRange(min=3, max=257), default=9, help="Values tried over the range before a closer look [9].")
@click.option("--draws", type=int, help="Number of draws instead of the study's.")
@click.option("--seed", type=int, help="Seed instead of the study's; 0 is a seed.")
@click.option("--sampler", type=click.Choice(["sobol", "lhs", "random"]), help="Design of the draws instead of the study's.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of the study, plan included.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use [one per core]; the numbers do not depend on it.")
@common_options
def command(study: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Find the value of a number at which a simulated statistic is as wanted, with the interval that chance leaves it.

    Exit code 1 where there is no such value within the range.
    """
    from simengine.cli.quick_start import load_compiler
    from simengine.cli.run import announce_compilation
    from simengine.study.load import load_study

    load_compiler()
    stated = [f"simulation.{name}={options[name]}" for name in ("draws", "seed") if options[name] is not None]
    stated += [f'simulation.sampler="{options["sampler"]}"'] if options["sampler"] else []
    loaded = load_study(study, [*options["overrides"], *stated])
    from simengine import api
    from simengine.runs.goal_seek import seek
    from simengine.runs.target import parse_amounts, places_of

    between = _between(options["between"])
    until = parse_amounts([options["until"]], places_of(loaded, (), api.stored_names("all")), "--until")[0]
    announce_compilation(quiet)
    settings = api.settings_of(loaded, options["threads"] or os.cpu_count() or 1)
    shown = not quiet and sys.stderr.isatty()
    found = seek(
        loaded,
        settings,
        options["vary"],
        between,
        until,
        replan=options["replan"],
        points=options["points"],
        step=lambda runs, value: say(f"run {runs + 1}: {options['vary']} = {value:.6g}", not shown),
    )
    if as_json:
        told = {"vary": options["vary"], "between": list(between), "replan": options["replan"], **_told(found)}
        about: dict[str, Any] = {"seed": settings.seed, "sampler": settings.sampler, "draws": settings.draws, "failed": 0}
        click.echo(envelope("seek", told, study={"path": str(study), "hash": loaded.digest}, **about))
    else:
        click.echo("\n".join(seek_lines(found, options["vary"], replan=options["replan"])))
    if not found.solutions:
        sys.exit(FAILED)


def _between(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        message = f'--between takes LOW:HIGH, two numbers such as 0.1:0.5 (found "{text}")'
        raise WrongInput(message) from None
    return low, high


def _told(found: "Sought") -> dict[str, object]:
    """What was found as JSON has it; amounts in the unit of the result."""
    target = found.target
    until = {"output": target.output, "year": target.period, **dict(target.entity), "statistic": target.statistic, "value": found.wanted}
    solutions = [
        {
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "statistic": one.at.statistic,
            "standard_error": one.at.error,
            "slope": one.slope,
            "jumps": one.jumps,
        }
        for one in found.solutions
    ]
    scanned = [{"value": one.value, "statistic": one.statistic, "standard_error": one.error} for one in found.scanned]
    return {
        "until": {**until, "unit": target.unit},
        "solutions": solutions,
        "scanned": scanned,
        "monotone": found.monotone,
        "runs": found.runs,
    }


def seek_lines(found: "Sought", vary: str, *, replan: bool = False) -> Iterator[str]:
    """The answer first, then what was tried."""
    target = found.target
    unit = "" if target.shown_unit == "1" else f" {target.shown_unit}"
    goal = f"{target.name} is {found.wanted / target.scale:.6g}{unit}"
    if not found.solutions:
        nearest = min(found.scanned, key=lambda point: abs(point.statistic - found.wanted))
        yield f"At no value of {vary} tried does it come about that {goal}"
        at = f"{nearest.statistic / target.scale:.6g}{unit} at {nearest.value:.6g}"
        yield f"Nearest: {at}; a wider --between, or more --points, may find one"
    elif len(found.solutions) > 1:
        yield f"There are {len(found.solutions)} values of {vary} at which {goal}:"
    for one in found.solutions:
        half = (one.high - one.low) / 2.0
        known = f" (95% interval {_number(one.low, half)} to {_number(one.high, half)})" if math.isfinite(half) else ""
        text = f"{vary} = {_number(one.value, half)}{known}"
        yield f"{text}: {goal}" if len(found.solutions) == 1 else f"  {text}"
        if one.jumps:
            yield f"  the statistic steps over what is wanted there: it is {one.at.statistic / target.scale:.6g}{unit}"
    if not found.monotone:
        yield "The statistic rises in part of the range and falls in another: there may be more values between those tried"
    yield ""
    yield f"{'value':>14}  {'statistic':>14}  {'± standard error':>16}"
    for point in found.scanned:
        yield f"{point.value:>14.6g}  {point.statistic / target.scale:>14.6g}  {point.error / target.scale:>16.2g}"
    how = "with the plan made anew for each value" if replan else "the plan is that of the study as written"
    yield f"{found.runs} runs on the same draws; {how}"


def _number(value: float, half: float) -> str:
    """A number to the second figure of the half width of its interval."""
    if not (math.isfinite(half) and half > 0.0):
        return f"{value:.6g}"
    return f"{value:,.{min(max(1 - math.floor(math.log10(half)), 0), 15)}f}"
