"""A run on the command line from the moment that it is known what to run: sizes, progress, the result in words or JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.output import envelope, say
from simengine.cli.precision_option import NOT_PRECISE, end_lines, precision_rows, start_line, step_line

if TYPE_CHECKING:
    from simengine.results.frame import Frame
    from simengine.runs.precision import Outcome
    from simengine.runs.stored_run import Request
    from simengine.study.load import Study

#: Bytes of a result whose size is said before the run.
_LARGE = 2**30


def run_and_show(request: "Request", study: Path, *, as_json: bool, quiet: bool) -> int:
    """Run a study, store and show the result; the exit code."""
    from simengine.cli.progress import progress_bar
    from simengine.runs.stored_run import Watch, run_to_file

    _check_room(request, quiet)
    if request.targets:
        say(start_line(request.targets, request.settings.draws), quiet)
    with progress_bar(quiet) as progress:
        watch = Watch(progress, lambda look: say(step_line(look), quiet), lambda text: say(text, quiet))
        done = run_to_file(request, watch)
    _show(done.frame, done.summary, request.ready.study, study, request.path, as_json=as_json, outcome=done.outcome)
    for line in end_lines(done.outcome) if done.outcome is not None else ():
        say(line, quiet)
    say(f"\nstored in {request.path}", quiet)
    return 0 if done.outcome is None or done.outcome.ok else NOT_PRECISE


def _check_room(request: "Request", quiet: bool) -> None:
    """Refuse a result that would not fit the disk, unfinished blocks beside it; say how large a large one will be."""
    from simengine.api import stored_bytes
    from simengine.results.store import check_folder
    from simengine.runs.execute import fits_in_memory

    size = stored_bytes(request.ready, request.settings.draws, request.store)
    in_memory = fits_in_memory(request.ready, request.settings, request.stored)
    # every draw is in a shard first, and then in the result
    check_folder(request.path, size, 2 * size)
    if size > _LARGE:
        beside = "" if in_memory else f", and as much again in {request.parts} until it is finished"
        say(f"{request.settings.draws:,} draws will take {size / 2**30:.1f} GiB in {request.path}{beside}", quiet)
    if not in_memory and request.stored and not request.exact:
        say("note: quantiles are counted, within 0.2 % of their distance from the plan: the draws are more than are held in memory", quiet)


def is_finished(path: Path, identity: str, seed: int, draws: int, stored: Sequence[str], *, exact: bool) -> bool:
    """Whether a file holds this very run, with as many draws and at least these variables, and if ``exact`` with nothing only counted."""
    from simengine.results.store import SUMMARY_GROUP
    from simengine.results.stored import attributes_and_variables, opened

    if not path.exists():
        return False
    try:
        about, names = attributes_and_variables(path)
        with opened(path) as frames:
            counted = "counted" in frames[SUMMARY_GROUP].attrs
    except Exception:  # damaged files end in many kinds of error, deep in the readers; what is no result is refused later
        return False
    if exact and counted:
        return False
    same = about.get("identity") == identity and about.get("seed") == str(seed) and int(about.get("draws", -1)) == draws
    plain = {name for name in names if not name.startswith("plan_")}
    return same and set(_there(stored)) <= plain | {"driver_value", "driver_path"}


def _there(stored: Sequence[str]) -> list[str]:
    """Variables that a result has whatever the study: those of the system."""
    from simengine.engine.outputs import SYSTEM

    return [name for name in stored if name in SYSTEM]


def show_stored(path: Path, study: "Study", *, as_json: bool) -> None:
    """Show the summary of a run that is stored already."""
    from simengine.results.frame import as_frame
    from simengine.results.store import read_result

    dataset, summary = read_result(path)
    _show(as_frame(dataset), as_frame(summary), study, Path(study.file or study.name), path, as_json=as_json)


def _show(
    frame: "Frame", summary: "Frame", study: "Study", file: Path, path: Path, *, as_json: bool, outcome: "Outcome | None" = None
) -> None:
    from simengine.cli.statistics_json import plan_rows, statistics_rows
    from simengine.cli.summary_text import summary_text

    if not as_json:
        click.echo(summary_text(frame, summary))
        return
    about = frame.attrs
    found: dict[str, Any] = {"plan": list(plan_rows(frame)), "statistics": list(statistics_rows(summary)), "file": str(path)}
    found |= {} if outcome is None else {"precision": list(precision_rows(outcome))}
    stated: Mapping[str, Any] = {key: about[key] for key in ("sampler", "draws", "failed")}
    warnings = [str(warning) for warning in study.warnings]
    described = {"path": str(file), "hash": study.digest}
    click.echo(envelope("run", found, study=described, warnings=warnings, seed=int(about["seed"]), **_plain(stated)))


def _plain(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as Python has them: those of a stored file are NumPy's."""
    return {key: value if isinstance(value, str) else int(value) for key, value in stated.items()}


def content_of(tables: Path | None) -> str:
    """What tells the inverse tables that were given from others; empty for none."""
    from hashlib import sha256

    from simengine.results.tables import read_tables

    return "" if tables is None else sha256(json.dumps({key: repr(one) for key, one in read_tables(tables).items()}).encode()).hexdigest()
