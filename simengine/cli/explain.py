"""``simrisk explain``: one draw of a stored run, from its drivers to each party's settlement."""

from pathlib import Path

import click

from simengine.cli.output import WrongInput, common_options, envelope, say
from simengine.errors import ResultError

EXAMPLE = """\b
Example:
  simrisk explain results/bettercaretown-1a2b3c4d-s1.nc --draw 17
  simrisk explain results/bettercaretown-1a2b3c4d-s1.nc --draw 17 --year 2016/17 --scenario bold
"""


@click.command("explain", epilog=EXAMPLE)
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--draw", type=int, required=True, metavar="N", help="The draw, counted from 0.")
@click.option("--scenario", default="base", metavar="NAME", help="The scenario [base].")
@click.option("--year", default="term", metavar="LABEL", help="A year, or 'term' for the sums over all years [term].")
@common_options
def command(result: Path, *, draw: int, scenario: str, year: str, as_json: bool, quiet: bool) -> None:
    """Lay out one draw: what was drawn, what it does to lines, schemes and the system, what each deal makes of it, who ends with what.

    The draw is drawn again from the file, whatever of it is stored; its numbers are those of the run, bit for bit.
    """
    from simengine.cli.explain_text import explained_json, explained_text
    from simengine.cli.quick_start import load_compiler
    from simengine.cli.run import announce_compilation

    load_compiler()
    announce_compilation(quiet)
    from simengine.runs.explain import TERM, explained
    from simengine.runs.from_result import stored_run
    from simengine.runs.one_draw import one_draw

    try:
        run = stored_run(result)
        labels = run.study.spec.horizon.year_labels
        if year not in (*labels, TERM):
            message = f"'{year}' is no year of this study: {', '.join((*labels, TERM))}"
            raise click.BadParameter(message, param_hint="--year")
        one = one_draw(run, draw, scenario)
    except ResultError as error:
        raise WrongInput(str(error)) from None
    for note in run.notes:
        say(f"note: {note}", quiet)
    found = explained(one, None if year == TERM else labels.index(year))
    if as_json:
        about = {"path": run.study.name, "hash": run.study.digest}
        stated = {"seed": run.seed, "sampler": run.sampler, "draws": run.draws, "failed": int(run.about["failed"])}
        click.echo(envelope("explain", explained_json(found), study=about, warnings=list(run.notes), **stated))
    else:
        click.echo(explained_text(found))
