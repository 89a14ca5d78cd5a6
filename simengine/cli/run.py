"""``simrisk run``: the main job."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from simengine.cli.output import common_options, say
from simengine.cli.precision_option import precision_option
from simengine.cli.run_and_show import run_and_show, show_stored
from simengine.errors import Problem, StudyError

EXAMPLE = """\b
Example:
  simrisk run configs/bettercaretown.toml
  simrisk run configs/bettercaretown.toml --draws 262144 --scenario all
  simrisk run configs/bettercaretown.toml --set arrangements.admissions.msr=0.03
  simrisk run configs/bettercaretown.toml --actuals observed.csv
"""


def _file_name(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and (not value or value.endswith(("/", os.sep))):
        message = f"'{value}' names a folder: a file is needed."
        raise click.BadParameter(message)
    # a Zarr store is a folder
    if value is not None and not value.endswith(".zarr") and os.path.isdir(value):
        message = f"File '{value}' is a directory."
        raise click.BadParameter(message)
    return value


@click.command("run", epilog=EXAMPLE)
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--draws", type=int, help="Number of draws instead of the study's; multiples of 16·2^k are best.")
@click.option("--seed", type=int, help="Seed instead of the study's; 0 is a seed.")
@click.option("--sampler", type=click.Choice(["sobol", "lhs", "random"]), help="Design of the draws instead of the study's.")
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", help="A scenario to run beside the base, on the same draws; 'all' for all."
)
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of the study, plan included.")
@click.option(
    "--actuals", type=click.Path(path_type=Path), help="CSV or XLSX of years observed: service, year, activity, price, unit_cost."
)
@click.option("--store", metavar="WHAT", help="positions, all, summary, or variables separated by commas.")
@click.option(
    "--out",
    type=click.Path(),
    callback=_file_name,
    help="File to write [results/<study>-<hash>-s<seed>.nc]; a Zarr store if it ends in .zarr.",
)
@click.option("--tables", type=click.Path(path_type=Path), help="A stored run whose inverse distributions to draw with, bit for bit.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use [one per core]; the numbers do not depend on it.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes of this machine to use instead of threads.")
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers to use: tcp://host:port.")
@click.option(
    "--exact",
    is_flag=True,
    help="Exact quantiles also of outputs that are only counted (within 0.2 %): draws everything again, twice the time.",
)
@click.option(
    "--stress",
    multiple=True,
    metavar="DRIVER=LOW:HIGH",
    help="Run the scenario 'stress' too: this driver between two "
    "probabilities of its range, such as drivers.pay_inflation=0.9:1; repeatable.",
)
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped; one that is finished is only shown.")
@click.option("--force", is_flag=True, help="Replace a stored run of this study that has more draws or more variables.")
@precision_option
@common_options
def command(study: Path, *, as_json: bool, quiet: bool, out: str | None, force: bool, threads: int | None, **options: Any) -> None:
    """Simulate a study, store the result and print the summary."""
    from simengine.cli.quick_start import load_compiler
    from simengine.study.load import load_study

    load_compiler()
    try:
        loaded = load_study(study, _overrides(options), options["actuals"])
    except StudyError as error:
        raise StudyError([_of_option(problem, options) for problem in error.problems]) from None
    for warning in loaded.warnings:
        say(f"warning: {warning}", quiet)
    if options["stress"]:
        from simengine.study.stress import NAME, parse_bands, stressed

        held = stressed(loaded, parse_bands(options["stress"]))
        loaded, options["scenarios"] = held.study, (*options["scenarios"], NAME)
        for note in held.notes:
            say(f"note: {note}", quiet)
    from simengine import api
    from simengine.results.store import check_folder, check_replacement
    from simengine.runs.destination import content_of, is_finished, tables_of
    from simengine.runs.execute import How
    from simengine.runs.precision import parse_targets, places_of
    from simengine.runs.stored_run import Request, parts_of

    names = api.scenario_names(loaded, options["scenarios"])
    identity, settings = api.run_identity(loaded, names), api.settings_of(loaded, threads)
    store = loaded.spec.simulation.store
    path = Path(out or f"results/{loaded.name}-{identity[:8]}-s{settings.seed}.nc")
    stored = api.stored_names(store)
    targets = parse_targets(options["precision"], places_of(loaded, names, stored)) if options["precision"] else ()
    # a file that cannot be written is found out before anything is compiled or simulated
    check_folder(path, 0)
    # blocks of it that are still there are of a run that ended between writing its file and tidying up: that run is gone on with
    over = options["resume"] and not parts_of(path).exists()
    if over and is_finished(path, identity, settings.seed, settings.draws, stored, exact=options["exact"]):
        say(f"{path} is finished: nothing is left to do", quiet)
        show_stored(path, loaded, as_json=as_json)
        return
    check_replacement(path, identity, settings.seed, settings.draws, stored, force=force)
    announce_compilation(quiet)
    ready = api.prepare(loaded, names, tables_of(options["tables"], path))
    how = How(threads or os.cpu_count() or 1, options["workers"] or 0, options["scheduler"])
    given = content_of(options["tables"])
    request = Request(ready, settings, store, path, identity, how, options["resume"], given, tuple(targets), options["exact"])
    for note in api.notes(ready, settings.sampler, settings.draws):
        say(f"note: {note}", quiet)
    code = run_and_show(request, study, as_json=as_json, quiet=quiet)
    if code:
        sys.exit(code)


def _of_option(problem: Problem, options: dict[str, Any]) -> Problem:
    """A problem with a value that came from an option of its own, named as that option."""
    name = problem.path.removeprefix("simulation.").partition(".")[0]
    return replace(problem, file=f"--{name}") if problem.path.startswith("simulation.") and options.get(name) is not None else problem


def _overrides(options: dict[str, Any]) -> list[str]:
    """Every option that changes the study, as ``--set`` would: one set of rules and messages."""
    stated = [f"simulation.{name}={options[name]}" for name in ("draws", "seed") if options[name] is not None]
    stated += [f'simulation.sampler="{options["sampler"]}"'] if options["sampler"] else []
    if options["store"] is not None:
        names = [name.strip() for name in options["store"].split(",")]
        single = names[0] in ("positions", "all", "summary") and len(names) == 1
        stated.append(f'simulation.store="{names[0]}"' if single else f"simulation.store={names!r}")
    return [*options["overrides"], *stated]


def announce_compilation(quiet: bool) -> None:
    """Say so before the first run of a version on a machine, which compiles the engine."""
    from simengine.jit import compiled_before
    from simengine.jit_apart import when_compiling

    if not compiled_before():
        say("compiling the engine for this machine: about half a minute, once (simrisk warmup does it beforehand)", quiet)
    elif sys.stderr.isatty():  # for somebody who waits
        when_compiling[:] = [lambda: say("compiling what no run here has needed before (simrisk warmup does it beforehand)", quiet)]
