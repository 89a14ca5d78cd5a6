"""Where the result of a run goes: whether there is room for it, whether it is there already, and which inverse tables belong to it."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from simengine.distributions import Tables
from simengine.engine.outputs import SYSTEM
from simengine.engine.plan import Prepared, driver_rows
from simengine.jit_apart import kept_in
from simengine.results.kept_tables import KeptTables
from simengine.results.store import SUMMARY_GROUP, check_folder, read_result
from simengine.results.stored import attributes_and_variables, opened
from simengine.results.tables import read_tables
from simengine.runs.execute import fits_in_memory
from simengine.runs.stored_run import Request, stored_names
from simengine.schema import DRIVER_VARIABLES, POSITION_VARIABLES, VARIABLES

#: Bytes of a result whose size is said before the run.
_LARGE = 2**30


def stored_bytes(ready: Prepared, draws: int, store: str | Sequence[str]) -> int:
    """Size of what a run will write, in bytes."""
    layout, names = ready.layout, stored_names(store)
    rows = sum((layout.rows(name) if name in POSITION_VARIABLES else layout.detail_rows(name)).size for name in names if name in VARIABLES)
    if set(DRIVER_VARIABLES) & set(names):
        rows += sum(count for _, count, _ in driver_rows(ready.drafts[0]).values())
    return rows * draws * 8 * len(ready.scenarios)


def check_room(request: Request) -> list[str]:
    """Refuse a result that would not fit the disk, unfinished blocks beside it; what is to be said of a large one.

    Raises ResultError with the sizes.
    """
    size = stored_bytes(request.ready, request.settings.draws, request.store)
    in_memory = fits_in_memory(request.ready, request.settings, request.stored)
    # every draw is in a shard first, and then in the result
    check_folder(request.path, size, 2 * size)
    found = []
    if size > _LARGE:
        beside = "" if in_memory else f", and as much again in {request.parts} until it is finished"
        found.append(f"{request.settings.draws:,} draws will take {size / 2**30:.1f} GiB in {request.path}{beside}")
    if not in_memory and request.stored and not request.exact:
        close = "within 0.2 % of their distance from the plan"
        found.append(f"note: quantiles are counted, {close}: the draws are more than are held in memory")
    return found


def is_finished(path: Path, identity: str, seed: int, draws: int, stored: Sequence[str], *, exact: bool) -> bool:
    """Whether a file holds this very run, with as many draws and at least these variables, and if ``exact`` with nothing only counted."""
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
    # variables that a result has whatever the study: those of the system
    return same and {name for name in stored if name in SYSTEM} <= plain | {"driver_value", "driver_path"}


def tables_of(named: Path | None, target: Path) -> Tables:
    """The inverse distributions of the run that is named, or else of the run that this one repeats; none where there is neither.

    Raises ResultError where the run that is named cannot be read.
    """
    if named is not None:
        for opened_part in read_result(named):
            opened_part.close()  # an error that says what is wrong with the file
    folder = kept_in()
    return Tables(read_tables(named or target), None if folder is None else KeptTables(folder / "tables"))


def content_of(tables: Path | None) -> str:
    """What tells the inverse tables that were given from others; empty for none."""
    return "" if tables is None else sha256(json.dumps({key: repr(one) for key, one in read_tables(tables).items()}).encode()).hexdigest()
