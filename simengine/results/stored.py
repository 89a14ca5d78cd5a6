"""A stored result, whatever form it has: one NetCDF-4 file, or a Zarr store, which is a folder whose name ends in ``.zarr``."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simengine.errors import ResultError
from simengine.results.disk import reason
from simengine.results.frame import Anything, Frame, Series


def is_zarr(path: Path) -> bool:
    """Whether a result of this name is a Zarr store."""
    return path.suffix == ".zarr"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[dict[str, Frame]]:
    """What a result holds, its root under "" and its groups by name; values are read in pieces while it is open, as they are stored.

    Raises ResultError where there is no such file or it may not be read; what readers raise for a damaged one.
    """
    if not path.exists():
        msg = f"{path}: there is no such file"
        raise ResultError(msg)
    if is_zarr(path):
        from simengine.results.zarr_store import frames
    else:
        from simengine.results.netcdf import frames
    try:
        with frames(path) as found:
            yield found
    except PermissionError as problem:
        msg = f"{path}: cannot be read ({reason(problem)})"
        raise ResultError(msg) from None


def attributes_and_variables(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The attributes of a result that are texts or single numbers, and its variables without the labels; raises where it is none."""
    if is_zarr(path):
        from simengine.results.zarr_store import attributes_and_variables as found
    else:
        from simengine.results.netcdf import attributes_and_variables as found
    return found(path)


def numbers_and_attribute(path: Path, group: str, variable: str, attribute: str) -> tuple[Anything, str]:
    """A variable of a group of a result, and a text attribute of that group; raises where there is none."""
    if is_zarr(path):
        from simengine.results.zarr_store import numbers_and_attribute as found
    else:
        from simengine.results.netcdf import numbers_and_attribute as found
    return found(path, group, variable, attribute)


def read_group(path: Path, group: str) -> Frame | None:
    """A group of a result in memory, as it is stored; None where it has no such group. Raises ResultError where it cannot be read."""
    try:
        with opened(path) as frames:
            frame = frames.get(group)
            if frame is None:
                return None
            return Frame({name: Series(one.dims, one.values.read(), one.attrs) for name, one in frame.data_vars.items()}, {}, frame.attrs)
    except ResultError:
        raise
    except Exception:  # damaged files end in many kinds of error, deep in the readers
        msg = f"{path}: {group} in this file cannot be read: the file is damaged"
        raise ResultError(msg) from None
