"""A run on the command line from the moment that it is known what to run: sizes, progress, the result in words or JSON."""

from collections.abc import Mapping
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


def run_and_show(request: "Request", study: Path, *, as_json: bool, quiet: bool) -> int:
    """Run a study, store and show the result; the exit code."""
    from simengine.cli.progress import progress_bar
    from simengine.runs.destination import check_room
    from simengine.runs.stored_run import Watch, run_to_file

    for message in check_room(request):
        say(message, quiet)
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


def show_stored(path: Path, study: "Study", *, as_json: bool) -> None:
    """Show the summary of a run that is stored already."""
    from simengine.results.frame import as_frame
    from simengine.results.store import read_result

    dataset, summary = read_result(path)
    _show(as_frame(dataset), as_frame(summary), study, Path(study.file or study.name), path, as_json=as_json)


def _show(
    frame: "Frame", summary: "Frame", study: "Study", file: Path, path: Path, *, as_json: bool, outcome: "Outcome | None" = None
) -> None:
    from simengine.cli.statistics_json import counted_field, plan_rows, statistics_rows
    from simengine.cli.summary_text import summary_text

    if not as_json:
        click.echo(summary_text(frame, summary))
        return
    about = frame.attrs
    found: dict[str, Any] = {"plan": list(plan_rows(frame)), "statistics": list(statistics_rows(summary)), "file": str(path)}
    found |= counted_field(summary)
    found |= {} if outcome is None else {"precision": list(precision_rows(outcome))}
    stated: Mapping[str, Any] = {key: about[key] for key in ("sampler", "draws", "failed")}
    warnings = [str(warning) for warning in study.warnings]
    described = {"path": str(file), "hash": study.digest}
    click.echo(envelope("run", found, study=described, warnings=warnings, seed=int(about["seed"]), **_plain(stated)))


def _plain(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as Python has them: those of a stored file are NumPy's."""
    return {key: value if isinstance(value, str) else int(value) for key, value in stated.items()}
