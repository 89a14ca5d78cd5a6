"""``python -m benchmarks.timed_command FILE ARGUMENTS…``: the program itself with these arguments, its stages timed into a JSON file.

Made to be started as a process of its own, so that what is measured is what a user waits for: start-up, reading, all of it.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Stages of ``simrisk run`` by the function that does each, where the command looks it up.
STAGES = {
    "read": ("simengine.study.load", "load_study"),
    "prepare": ("simengine.api", "prepare"),
    "simulate": ("simengine.runs.simulate", "finish"),
    "statistics": ("simengine.runs.finished", "summarise"),
    "store": ("simengine.runs.stored_run", "write_result"),
}
Found = dict[str, dict[str, float]]


def _timed(stage: str, run: Callable[..., Any], found: Found) -> Callable[..., Any]:
    def timed(*given: Any, **named: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            return run(*given, **named)
        finally:
            found[stage]["wall"] += time.perf_counter() - wall
            found[stage]["cpu"] += time.process_time() - cpu

    return timed


def main(given: list[str]) -> int:
    """Run the program; its exit code."""
    from simengine.cli.main import cli

    found: Found = {stage: {"wall": 0.0, "cpu": 0.0} for stage in STAGES}
    for stage, (module, name) in STAGES.items():
        place = importlib.import_module(module)
        setattr(place, name, _timed(stage, getattr(place, name), found))
    code = 0
    try:
        cli(given[1:], prog_name="simrisk")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    Path(given[0]).write_text(json.dumps(found), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
