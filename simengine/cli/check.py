"""``simrisk check``: everything that can be said of a study before it is run."""

from pathlib import Path
from typing import Any

import click

from simengine.cli.output import common_options, envelope, say

EXAMPLE = """\b
Example:
  simrisk check configs/bettercaretown.toml
"""


@click.command("check", epilog=EXAMPLE)
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of the study.")
@common_options
def command(study: Path, *, overrides: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Read and validate a study: every problem at once; then its drivers, and in words who bears a gain and a loss."""
    from simengine.study.load import load_study

    loaded = load_study(study, overrides)
    from simengine.cli.check_text import contract_words, driver_rows, driver_table
    from simengine.cli.run import announce_compilation
    from simengine.engine.plan import prepare

    if loaded.spec.arrangements:
        announce_compilation(quiet)
    ready = prepare(loaded, loaded.scenario_names)
    drivers: list[dict[str, Any]] = driver_rows(loaded)
    if as_json:
        settings = loaded.spec.simulation
        stated = {"seed": settings.seed, "sampler": settings.sampler, "draws": settings.draws, "failed": 0}
        described = {"path": str(study), "hash": loaded.digest}
        click.echo(envelope("check", {"drivers": drivers}, study=described, warnings=[str(w) for w in loaded.warnings], **stated))
        return
    for warning in loaded.warnings:
        say(f"warning: {warning}", quiet)
    spec = loaded.spec
    counts = (
        f"{len(spec.services)} service lines, {len(spec.schemes)} schemes, {len(spec.parties)} parties, "
        f"{len(spec.arrangements)} arrangements, {len(drivers)} drivers, {spec.years} years"
    )
    click.echo(f"{study}: no problems ({counts})")
    click.echo(driver_table(drivers))
    words = contract_words(ready)
    if words:
        click.echo(words)
