"""``simrisk sensitivity``: what matters, where the risk sits, what is worth finding out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.output import common_options, envelope, say

if TYPE_CHECKING:
    pass

EXAMPLE = """\b
Example:
  simrisk sensitivity configs/minimal.toml --method sobol
  simrisk sensitivity configs/bettercaretown.toml --method shapley,tornado --output party_position --party acute_trust
  simrisk sensitivity results/bettercaretown-1a2b3c4d-s1.nc --method risk,information
"""
_GROUPINGS = "category, correlation, scheme"


@click.command("sensitivity", epilog=EXAMPLE)
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--method",
    "methods",
    multiple=True,
    metavar="NAME",
    help="sobol, shapley, morris, tornado, given-data, events, discovery, "
    "risk, information; several by commas [tornado, and sobol, or shapley where drivers are correlated].",
)
@click.option("--output", "outputs", multiple=True, metavar="NAME", help="An output variable; repeatable [net_position, party_position].")
@click.option("--year", "years", multiple=True, metavar="LABEL", help="A year, or 'term' for the sum over all; repeatable [term].")
@click.option("--party", "parties", multiple=True, metavar="NAME", help="Outputs of this party only; repeatable.")
@click.option("--arrangement", "arrangements", multiple=True, metavar="NAME", help="Outputs of this arrangement only; repeatable.")
@click.option("--scenario", default="base", metavar="NAME", help="The scenario [base].")
@click.option("--groups", metavar="HOW", help=f"Judge groups of drivers: {_GROUPINGS}.")
@click.option("--second-order", is_flag=True, help="With sobol: every pair of drivers too.")
@click.option("--points", type=click.IntRange(min=16), help="Points of sobol, shapley, risk [16384] and morris [256].")
@click.option("--draws", type=click.IntRange(min=1), help="Draws of the run that the other methods look at [the study's].")
@click.option("--seed", type=int, help="Instead of the study's.")
@click.option("--sampler", help="Instead of the study's: sobol, lhs, random.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a number of the study; repeatable.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use [one per core].")
@click.option("--out", type=click.Path(path_type=Path), help="Write all measures to this file (.nc, .csv or .json) as well.")
@common_options
def command(study: Path, *, methods: tuple[str, ...], out: Path | None, as_json: bool, quiet: bool, **asked: Any) -> None:
    """What matters in STUDY, a study file or a stored run of one; a stored run is not drawn again where its draws are enough.

    Every measure has a 95 % interval, and a verdict where it cannot be told from none.
    """
    from simengine.cli.progress import progress_bar
    from simengine.cli.quick_start import load_compiler
    from simengine.cli.sensitivity_source import asked_of, question_of

    load_compiler()
    named = tuple(name.strip() for text in methods for name in text.split(",") if name.strip())
    question = question_of(named, asked)
    with progress_bar(quiet, "analysing", "points") as progress:
        source = asked_of(study, asked, quiet, lambda _, done, total: progress(done, total))
        answers = source.answers(question)
    notes = list(dict.fromkeys(note for answer in answers for measures in answer.measures for note in measures.notes))
    if out is not None:
        from simengine.cli.sensitivity_file import write_answers

        write_answers(out, answers)
        say(f"written to {out}", quiet)
    if as_json:
        from simengine.cli.sensitivity_rows import answer_rows

        click.echo(envelope("sensitivity", {"indices": answer_rows(answers)}, warnings=notes, **source.about()))
    else:
        from simengine.cli.sensitivity_answers import answers_text

        click.echo(answers_text(answers, source.ready.study.spec.money))
