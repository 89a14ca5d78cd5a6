"""One run is one NetCDF-4 file: written beside its name, synced and renamed into place; the only module that opens result files."""

import contextlib
import errno
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.errors import ResultError
from simengine.results.frame import Frame, as_frame
from simengine.results.provenance import content_hash
from simengine.results.tables import TABLES_GROUP
from simengine.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    import xarray as xr

SUMMARY_GROUP = "summary"
#: Room left on the disk beyond the estimated size of a file.
_SPARE_BYTES = 16 * 2**20
#: End of the name of a file that is being written.
_PART = ".part"


def check_folder(path: Path, size: int) -> None:
    """Refuse a folder that cannot be written or a disk without room for ``size`` bytes, before any work is done.

    Raises ResultError with the reason.
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{path.name}.", suffix=_PART):
            pass
    except OSError as problem:
        place = path if problem.errno == errno.ENAMETOOLONG else folder
        msg = f"cannot write to {place}: {_reason(problem)}"
        raise ResultError(msg) from None
    if path.is_dir():
        msg = f"{path} is a folder: --out names a file"
        raise ResultError(msg)
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE_BYTES:
        have = f"the result needs {_size(size)} and the folder {folder} has {_size(free)} free"
        msg = f"{have}: use --store summary, fewer draws or another --out"
        raise ResultError(msg)


def check_replacement(path: Path, identity: str, seed: int, draws: int, variables: Sequence[str], *, force: bool) -> None:
    """Leave alone a file that this run may not replace; raises ResultError saying why.

    A run of the same identity and seed is replaced unless it has more draws or more stored variables (``force`` replaces it all the same).
    """
    if not path.exists():
        return
    try:
        from simengine.results.netcdf import attributes_and_variables

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


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``; renamed to it when all went well, removed when not."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_PART)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class _Disk(io.FileIO):
    """A file that keeps the first error of a write and takes everything after it as written.

    HDF5 that is told of a failed write prints a traceback for every open object and may end the process when it is unloaded.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+b")
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
        """Have everything on the disk; raises the error that was kept."""
        if self.fault is not None:
            raise self.fault
        os.fsync(self.fileno())


def _write(disk: _Disk, dataset: "Frame | xr.Dataset", groups: Mapping[str, "Frame | xr.Dataset"], digested: bool = False) -> None:
    from simengine.results.netcdf import Writer

    try:
        with Writer(disk) as file:
            frame = as_frame(dataset)
            found = file.write(frame, digested=digested)
            added = {"digests": json.dumps(found), "content_hash": content_hash(found)} if digested else {}
            file.describe({**frame.attrs, **added})
            for name, group in groups.items():
                file.write(as_frame(group), name)
                file.describe(group.attrs, name)
    except Exception:
        # HDF5 stumbles over what it reads back after a write that failed: the reason is that write
        if disk.fault is None:
            raise
    disk.finish()


def write_result(
    path: Path, dataset: "Frame | xr.Dataset", summary: "Frame | xr.Dataset", tables: "Frame | xr.Dataset", *, digested: bool = False
) -> None:
    """Write a run, its summary and its inverse tables; ``path`` either holds the whole of it afterwards or what it held before.

    With ``digested`` the file also gets the digests of the run, worked out while it is written: the same as ``provenance.digests``.

    Raises ResultError where the disk is full or the file cannot be written.
    """
    try:
        # an interrupt is raised in the main thread only: on this other one it cannot strike inside HDF5
        with _beside(path) as part, _Disk(part) as disk, ThreadPoolExecutor(1) as pool:
            work = pool.submit(_write, disk, dataset, {SUMMARY_GROUP: summary, TABLES_GROUP: tables}, digested)
            try:
                work.result()
            except BaseException as problem:
                disk.fault = disk.fault or problem  # what is left to write is not worth waiting for
                raise
    except OSError as problem:
        msg = f"{path} was not written: {_explained(problem)}; nothing is left under that name that was not there before"
        raise ResultError(msg) from None


def _explained(problem: OSError) -> str:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    if problem.errno == errno.EFBIG:
        return "the file would be larger than this system allows"
    return _reason(problem)


def read_result(path: Path) -> "tuple[xr.Dataset, xr.Dataset]":
    """Open a run and its summary (both lazily).

    Raises ResultError where the file is missing, is not a result of simrisk, or was written by a version with another layout.
    """
    if not path.exists():
        msg = f"{path}: there is no such file"
        raise ResultError(msg)
    if path.is_dir():
        msg = f"{path} is a folder, not a result file"
        raise ResultError(msg)
    import xarray as xr

    try:
        dataset = xr.open_dataset(path, engine="h5netcdf")
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
        return dataset, xr.open_dataset(path, engine="h5netcdf", group=SUMMARY_GROUP)
    except Exception:  # as above
        dataset.close()
        msg = f"{path}: the summary in this file cannot be read: the file is damaged"
        raise ResultError(msg) from None
