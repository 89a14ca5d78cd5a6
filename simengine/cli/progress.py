"""A progress bar with the time left, on a terminal only, for work of over a second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_QUIET_FOR = 1.0


@contextmanager
def progress_bar(quiet: bool, doing: str = "simulating", what: str = "draws") -> Iterator[Callable[[int, int], None]]:
    """A function of (draws done, draws in all) that shows a bar on standard error once a second has passed."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn(f"{what}, left"), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(doing, total=None)
    began, shown = time.monotonic(), False

    def report(done: int, total: int) -> None:
        nonlocal shown
        if not shown and time.monotonic() - began > _QUIET_FOR and done < total:
            bar.start()
            shown = True
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if shown:
            bar.stop()
