"""One run is one NetCDF-4 file, or a Zarr store: written beside its name, synced and renamed into place, and read again."""

import errno
import io
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from simengine.errors import ResultError
from simengine.results.disk import explained, part_of, reason, sweep, whole_file, whole_folder
from simengine.results.frame import Frame, as_frame
from simengine.results.provenance import sealed
from simengine.results.stored import attributes_and_variables, is_zarr
from simengine.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    import xarray as xr

SUMMARY_GROUP = "summary"
#: Room left on the disk beyond the estimated size of a file.
_SPARE_BYTES = 16 * 2**20


def check_folder(path: Path, size: int, peak: int | None = None) -> None:
    """Refuse a folder that cannot be written or a disk without room, before any work is done.

    ``size`` are the bytes of the result; ``peak`` those of the result and of all finished blocks that stand beside it until it is in place
    (less those that are there already). What killed runs left of ``path`` is taken away first. Raises ResultError with the reason.
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(path)
        with part_of(path) as (_, part):
            pass
        part.unlink()
    except OSError as problem:
        place = path if problem.errno == errno.ENAMETOOLONG else folder
        msg = f"cannot write to {place}: {reason(problem)}"
        raise ResultError(msg) from None
    if is_zarr(path):
        from simengine.results.zarr_store import check_installed

        check_installed()
        if path.exists() and not path.is_dir():
            msg = f"{path} is a file: a name that ends in .zarr is that of a folder"
            raise ResultError(msg)
    elif path.is_dir():
        msg = f"{path} is a folder: --out names a file"
        raise ResultError(msg)
    free, needed = shutil.disk_usage(folder).free, max(size, peak or 0)
    if free < needed + _SPARE_BYTES:
        beside = f", with its finished blocks beside it until it is written {_size(needed)}," if needed > size else ""
        have = f"the result needs {_size(size)}{beside} and the folder {folder} has {_size(free)} free"
        msg = f"{have}: use --store summary, fewer draws or another --out"
        raise ResultError(msg)


def check_replacement(path: Path, identity: str, seed: int, draws: int, variables: Sequence[str], *, force: bool) -> None:
    """Leave alone a file that this run may not replace; raises ResultError saying why.

    A run of the same identity and seed is replaced unless it has more draws or more stored variables (``force`` replaces it all the same).
    """
    if not path.exists():
        return
    try:
        about, names = attributes_and_variables(path)
    except Exception:  # damaged files end in many kinds of error, deep in the readers
        msg = f"{path} is not a result of simrisk and is left alone: give another --out"
        raise ResultError(msg) from None
    there = {name for name in names if not name.startswith("plan_")} - {"failed"}
    if about.get("identity") != identity or about.get("seed") != str(seed):
        msg = f"{path} is the result of another study, seed or scenarios and is left alone: give another --out"
        raise ResultError(msg)
    more = [f"more draws ({int(about['draws']):,})"] if int(about["draws"]) > draws else []
    more += ["more variables"] if there - set(variables) else []
    if more and not force:
        msg = f"{path} is a run of this study with {' and '.join(more)}: --force replaces it"
        raise ResultError(msg)


def _size(size: float) -> str:
    for unit in ("MiB", "GiB", "TiB"):
        size /= 1024.0 if unit != "MiB" else 2.0**20
        if size < 1024.0:
            break
    return f"{size:,.0f} {unit}" if size >= 10.0 or unit == "MiB" else f"{size:,.1f} {unit}"


class _Disk(io.FileIO):
    """A file that keeps the first error of a write and takes everything after it as written.

    HDF5 that is told of a failed write prints a traceback for every open object and may end the process when it is unloaded.
    """

    def __init__(self, handle: int) -> None:
        super().__init__(handle, "w+b", closefd=False)
        self.fault: BaseException | None = None

    def write(self, data: Any) -> int:
        """Write all of ``data``."""
        rest = memoryview(data).cast("B")
        size = rest.nbytes
        try:
            while self.fault is None and rest.nbytes:
                rest = rest[super().write(rest) :]
        except OSError as problem:
            self.fault = problem
        return size

    def truncate(self, size: int | None = None) -> int:
        """Cut or extend the file."""
        try:
            return super().truncate(size) if self.fault is None else 0
        except OSError as problem:
            self.fault = problem
            return 0

    def finish(self) -> None:
        """Raises the error that was kept."""
        if self.fault is not None:
            raise self.fault


class _Format(Protocol):
    """What writes a result of one form."""

    def write(self, frame: Frame, group: str | None = None, *, digested: bool = False) -> dict[str, str]: ...

    def describe(self, attributes: Mapping[str, Any], group: str | None = None) -> None: ...


def _write(file: _Format, frames: Mapping[str, Frame], digested: bool) -> None:
    found: dict[str, str] = {}
    for group, frame in frames.items():
        place = group or None
        digests = file.write(frame, place, digested=digested)
        found |= {f"{group}/{name}".lstrip("/"): digest for name, digest in digests.items()}
        if group:
            file.describe(frame.attrs, place)
    root = frames[""].attrs
    file.describe({**root, **sealed(frames, found)} if digested else root)


def _write_file(disk: _Disk, frames: Mapping[str, Frame], digested: bool) -> None:
    from simengine.results.netcdf import Writer

    try:
        with Writer(disk, lambda: disk.fault) as file:
            _write(file, frames, digested)
    except Exception:
        # HDF5 stumbles over what it reads back after a write that failed: the reason is that write
        if disk.fault is None:
            raise
    disk.finish()


def write_result(path: Path, run: "Frame | xr.Dataset", groups: "Mapping[str, Frame | xr.Dataset]", *, digested: bool = False) -> None:
    """Write a run and its groups by name; ``path`` either holds the whole of it afterwards or what it held before.

    Values may be ``Streamed``: they are read while they are written, so that memory does not grow with the draws. A name that ends in .zarr
    is written as a Zarr store. With ``digested`` the result is sealed as ``provenance.sealed`` says. Raises ResultError where the disk is
    full or the result cannot be written.
    """
    frames = {"": as_frame(run), **{name: as_frame(group) for name, group in groups.items()}}
    sweep(path)
    try:
        if is_zarr(path):
            _write_store(path, frames, digested)
            return
        # an interrupt is raised in the main thread only: on this other one it cannot strike inside HDF5
        with whole_file(path) as handle, _Disk(handle) as disk, ThreadPoolExecutor(1) as pool:
            work = pool.submit(_write_file, disk, frames, digested)
            try:
                work.result()
            except BaseException as problem:
                disk.fault = disk.fault or problem  # what is left to write is not worth waiting for
                raise
    except OSError as problem:
        msg = f"{path} was not written: {explained(problem)}; nothing is left under that name that was not there before"
        raise ResultError(msg) from None


def _write_store(path: Path, frames: Mapping[str, Frame], digested: bool) -> None:
    from simengine.results.zarr_store import ZarrWriter

    with whole_folder(path) as folder, ZarrWriter(folder) as file:
        _write(file, frames, digested)


def read_result(path: Path) -> "tuple[xr.Dataset, xr.Dataset]":
    """Open a run and its summary (both lazily).

    Raises ResultError where the file is missing, is not a result of simrisk, or was written by a version with another layout.
    """
    if not path.exists():
        msg = f"{path}: there is no such file"
        raise ResultError(msg)
    if path.is_dir() and not is_zarr(path):
        msg = f"{path} is a folder, not a result file"
        raise ResultError(msg)
    if is_zarr(path):
        from simengine.results.zarr_store import check_installed

        check_installed()
    import xarray as xr

    engine: Any = "zarr" if is_zarr(path) else "h5netcdf"
    try:
        if not is_zarr(path):
            from simengine.results.netcdf import check_opens

            # the reader of xarray complains of a damaged file a second time, on its own
            check_opens(path)
        dataset = xr.open_dataset(path, engine=engine)
    except PermissionError:
        msg = f"{path}: cannot be read (permission denied)"
        raise ResultError(msg) from None
    except Exception:  # damaged files end in many kinds of error, deep in the readers
        msg = f"{path}: not a result file of simrisk, or a damaged one"
        raise ResultError(msg) from None
    version = dataset.attrs.get("simrisk_schema_version")
    if version is None:
        dataset.close()
        msg = f"{path}: not a result file of simrisk"
        raise ResultError(msg)
    if str(version) != SCHEMA_VERSION:
        dataset.close()
        msg = f"{path}: written by a version of simrisk with layout {version}, this one reads layout {SCHEMA_VERSION}: run the study again"
        raise ResultError(msg)
    try:
        return dataset, xr.open_dataset(path, engine=engine, group=SUMMARY_GROUP)
    except Exception:  # as above
        dataset.close()
        msg = f"{path}: the summary in this file cannot be read: the file is damaged"
        raise ResultError(msg) from None
