"""One run is one NetCDF-4 file: written beside its name, synced and renamed into place; the only module that opens result files."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import xarray as xr

from simengine.errors import ResultError

SUMMARY_GROUP = "summary"
#: Room left on the disk beyond the estimated size of a file.
_SPARE_BYTES = 16 * 2**20


def check_folder(path: Path, size: int) -> None:
    """Refuse a folder that cannot be written or a disk without room for ``size`` bytes, before any work is done.

    Raises ResultError with the reason.
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".simrisk-"):
            pass
    except OSError as problem:
        msg = f"cannot write to {folder}: {_reason(problem)}"
        raise ResultError(msg) from None
    if path.is_dir():
        msg = f"{path} is a folder: --out names a file"
        raise ResultError(msg)
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE_BYTES:
        have = f"the result needs {_mebibytes(size)} and {folder} has {_mebibytes(free)} free"
        msg = f"{have}: use --store summary, fewer draws or another --out"
        raise ResultError(msg)


def check_replacement(path: Path, identity: str, seed: int, draws: int, variables: Sequence[str], *, force: bool) -> None:
    """Leave alone a file that this run may not replace; raises ResultError saying why.

    A run of the same identity and seed is replaced unless it has more draws or more stored variables (``force`` replaces it all the same).
    """
    if not path.exists():
        return
    try:
        with xr.open_dataset(path, engine="h5netcdf") as found:
            about, there = dict(found.attrs), {str(name) for name in found.data_vars if not str(name).startswith("plan_")} - {"failed"}
    except (OSError, ValueError, KeyError):
        msg = f"{path} is not a result of simrisk and is left alone: give another --out"
        raise ResultError(msg) from None
    if about.get("identity") != identity or about.get("seed") != str(seed):
        msg = f"{path} is the result of another study, seed or scenarios and is left alone: give another --out"
        raise ResultError(msg)
    more = [f"more draws ({int(about['draws']):,})"] if int(about["draws"]) > draws else []
    more += ["more variables"] if there - set(variables) else []
    if more and not force:
        msg = f"{path} is a run of this study with {' and '.join(more)}: --force replaces it"
        raise ResultError(msg)


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``; renamed to it when all went well, removed when not."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_result(path: Path, dataset: xr.Dataset, summary: xr.Dataset) -> None:
    """Write a run and its summary; ``path`` either holds the whole of it afterwards or what it held before.

    Raises ResultError where the disk is full or the file cannot be written.
    """
    try:
        with _beside(path) as part:
            dataset.to_netcdf(part, engine="h5netcdf", mode="w")
            summary.to_netcdf(part, engine="h5netcdf", mode="a", group=SUMMARY_GROUP)
    except OSError as problem:
        msg = f"{path} was not written: {_explained(problem)}; nothing is left under that name that was not there before"
        raise ResultError(msg) from None
    except RuntimeError as problem:
        # h5py reports a write that failed while a file is closed as a RuntimeError
        msg = f"{path} was not written: {str(problem).splitlines()[0]}"
        raise ResultError(msg) from None


def _explained(problem: OSError) -> str:
    if problem.errno == errno.ENOSPC or "No space left" in str(problem):
        return "the disk is full"
    if problem.errno == errno.EFBIG or "File too large" in str(problem):
        return "the file would be larger than this system allows"
    return _reason(problem) if problem.strerror else str(problem).splitlines()[0]


def read_result(path: Path) -> tuple[xr.Dataset, xr.Dataset]:
    """Open a run and its summary (both lazily). Raises ResultError where the file is missing or is not a result of simrisk."""
    if not path.exists():
        msg = f"{path}: no such file"
        raise ResultError(msg)
    try:
        dataset = xr.open_dataset(path, engine="h5netcdf")
        summary = xr.open_dataset(path, engine="h5netcdf", group=SUMMARY_GROUP)
    except (OSError, ValueError, KeyError) as problem:
        msg = f"{path}: not a result file of simrisk ({str(problem).splitlines()[0]})"
        raise ResultError(msg) from None
    if "simrisk_schema_version" not in dataset.attrs:
        msg = f"{path}: not a result file of simrisk"
        raise ResultError(msg)
    return dataset, summary
