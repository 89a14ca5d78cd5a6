"""``simrisk check``: everything that can be said of a study before it is run."""

import datetime
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.output import WRONG_INPUT, common_options, envelope, say

if TYPE_CHECKING:
    from simengine.study.load import Study

EXAMPLE = """\b
Example:
  simrisk check configs/bettercaretown.toml
  simrisk check configs/bettercaretown.toml --strict --max-age 18m
"""


@click.command("check", epilog=EXAMPLE)
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of the study.")
@click.option(
    "--actuals", type=click.Path(path_type=Path), help="CSV or XLSX of years observed: service, year, activity, price, unit_cost."
)
@click.option("--strict", is_flag=True, help="List drivers without risk, source, owner or date, or with an old date; exit code 2 if any.")
@click.option("--max-age", metavar="AGE", help="Age from which a date is old: 90d, 18m, 2y (default 2y).")
@common_options
def command(
    study: Path, *, overrides: tuple[str, ...], actuals: Path | None, strict: bool, max_age: str | None, as_json: bool, quiet: bool
) -> None:
    """Read and validate a study: every problem at once; then its drivers, and in words who bears a gain and a loss."""
    oldest, age = _oldest(max_age, strict)
    from simengine.study.load import load_study

    loaded = load_study(study, overrides, actuals)
    from simengine.api import notes
    from simengine.cli.check_rows import correlation_rows, driver_rows
    from simengine.cli.run import announce_compilation
    from simengine.engine.plan import prepare
    from simengine.study.register import register
    from simengine.study.under_way import observed, settled
    from simengine.study.under_way import words as under_way

    if loaded.spec.arrangements:
        announce_compilation(quiet)
    ready = prepare(loaded, loaded.scenario_names)
    drivers, correlations = driver_rows(loaded, ready), correlation_rows(loaded)
    entries, said = register(loaded, oldest, age), notes(ready, loaded.spec.simulation.sampler, loaded.spec.simulation.draws)
    if as_json:
        result = {"drivers": drivers, "correlations": correlations, "register": [asdict(entry) for entry in entries], "notes": said}
        seen = observed(loaded.spec)
        result |= {"observed": {**seen, "arrangements": settled(loaded.spec)}} if seen else {}
        click.echo(_json(loaded, study, result))
    else:
        from simengine.cli.check_text import contract_words, correlation_words, driver_table, register_words
        from simengine.cli.risk_words import risk_words

        for warning in loaded.warnings:
            say(f"warning: {warning}", quiet)
        for note in said:
            say(f"note: {note}", quiet)
        click.echo(f"{study}: no problems ({_counts(loaded, len(drivers))})")
        register_text = register_words(entries) if strict else ""
        for line in under_way(loaded.spec):
            click.echo(line)
        for words in (driver_table(drivers), correlation_words(correlations), risk_words(ready), contract_words(ready), register_text):
            if words:
                click.echo(words)
    if strict and any(entry.problems for entry in entries):
        sys.exit(WRONG_INPUT)


def _oldest(max_age: str | None, strict: bool) -> tuple[datetime.date, str]:
    """The earliest date that is not old, and the age that makes it so."""
    from simengine.study.register import DEFAULT_AGE, oldest_allowed

    if max_age is not None and not strict:
        message = "--max-age goes with --strict"
        raise click.UsageError(message)
    age = (max_age or DEFAULT_AGE).strip()
    oldest = oldest_allowed(age, datetime.datetime.now(tz=datetime.UTC).astimezone().date())
    if oldest is None:
        message = f"{age!r} is no age: write 90d, 18m or 2y"
        raise click.BadParameter(message, param_hint="--max-age")
    return oldest, age


def _json(loaded: "Study", study: Path, result: Mapping[str, object]) -> str:
    settings = loaded.spec.simulation
    stated = {"seed": settings.seed, "sampler": settings.sampler, "draws": settings.draws, "failed": 0}
    described = {"path": str(study), "hash": loaded.digest}
    return envelope("check", result, study=described, warnings=[str(w) for w in loaded.warnings], **stated)


def _counts(loaded: "Study", drivers: int) -> str:
    spec = loaded.spec
    return (
        f"{len(spec.services)} service lines, {len(spec.schemes)} schemes, {len(spec.parties)} parties, "
        f"{len(spec.arrangements)} arrangements, {drivers} drivers, {spec.years} years"
    )
