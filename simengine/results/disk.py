"""Files and folders that are whole or absent, whatever instant a run is killed at, and what a disk answered, in words.

A file is written under a name of its own (``.<name>.<process>-<count>.part``), synced, renamed into place, and its folder synced:
after a kill or a loss of power the name holds all of the file or what it held before. A part is locked while it is written, so that
what a killed run left is known from what another one is writing.
"""

import contextlib
import errno
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

#: End of the name of a file that is being written.
PART = ".part"
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_count = itertools.count()


def reason(problem: OSError) -> str:
    """What the system says of a failure."""
    return (problem.strerror or str(problem)).lower()


def explained(problem: OSError) -> str:
    """Why a file could not be written."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    if problem.errno == errno.EFBIG:
        return "the file would be larger than this system allows"
    return reason(problem)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk; nothing where the system cannot do that for folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        # some network file systems know no such thing
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Write all of ``data``: a system may take less than it is given."""
    rest = memoryview(data).cast("B")
    while rest.nbytes:
        rest = rest[os.write(handle, rest) :]


def hold(handle: int, *, wait: bool) -> bool:
    """Lock a part for as long as it is open; False where another holds it, or where the system has no such locks."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (ImportError, OSError):  # some network file systems have no such locks
        return False
    return True


def _part_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{next(_count)}{PART}")


def _new_part(path: Path) -> tuple[int, Path]:
    while True:
        part = _part_name(path)
        # left over by a process that had this number before
        with contextlib.suppress(FileExistsError):
            # the system applies the user's mask: asking for the mask would be unsafe with threads
            handle = os.open(part, _FLAGS, 0o666)
            hold(handle, wait=True)
            if part.exists():
                return handle, part
            os.close(handle)  # swept before it was held


def sweep(path: Path) -> None:
    """Take away what killed runs left of ``path``; what another run is writing stays, and so does what cannot be told apart."""
    name = re.compile(rf"\.{re.escape(path.name)}\.\d+-\d+{re.escape(PART)}")
    with contextlib.suppress(OSError):
        for part in [one for one in path.parent.iterdir() if name.fullmatch(one.name)]:
            handle = os.open(part, os.O_RDONLY)
            try:
                if hold(handle, wait=False):
                    _remove(part)
            finally:
                os.close(handle)


def _remove(part: Path) -> None:
    with contextlib.suppress(OSError):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink()


@contextlib.contextmanager
def part_of(path: Path, *, synced: bool = True, into: Path | None = None) -> Iterator[tuple[int, Path]]:
    """A new file beside ``path``, as descriptor and name, synced at the end; gone again when anything fails.

    It is renamed to ``into`` while it is still held, or else left to the caller.
    """
    handle, part = _new_part(path)
    # a second descriptor keeps the lock when the first is closed, which may tell of a failure and so comes before the name
    held = None if os.name == "nt" else os.dup(handle)
    try:
        try:
            yield handle, part
            if synced:
                os.fsync(handle)
        finally:
            os.close(handle)
        if into is not None:
            os.replace(part, into)
    except BaseException:
        _remove(part)
        raise
    finally:
        if held is not None:
            with contextlib.suppress(OSError):
                os.close(held)


@contextlib.contextmanager
def whole_file(path: Path, *, synced: bool = True) -> Iterator[int]:
    """A descriptor to write ``path`` through; afterwards the name holds the whole of it, or what it held before when anything fails.

    What is not ``synced`` outlives a kill and not a loss of power.
    """
    with part_of(path, synced=synced, into=path) as (handle, _):
        yield handle
    if synced:
        sync_folder(path.parent)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to write into that then takes the name ``path``, whole and synced; what had that name goes when the new one is in place."""
    while True:
        part = _part_name(path)
        with contextlib.suppress(FileExistsError):
            part.mkdir()
            break
    handle = os.open(part, os.O_RDONLY)
    try:
        hold(handle, wait=True)
        yield part
        _sync_tree(part)
        _in_place(part, path)
        sync_folder(path.parent)
    finally:
        # after an exchange this is what was there before
        _remove(part)
        os.close(handle)


def _sync_tree(folder: Path) -> None:
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            handle = os.open(Path(place, name), os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(place))


def _in_place(part: Path, path: Path) -> None:
    """Give a folder its name; where one is there the two are exchanged, so that at no moment there is none."""
    if not path.exists():
        os.rename(part, path)
    elif not _exchanged(part, path):
        # a system that cannot exchange: between the two renames the older one has another name
        aside = set_aside(path, ".before")
        os.rename(part, path)
        _remove(aside)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names at one moment; False where the system cannot."""
    import ctypes

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    here, exchange = -100, 2
    done: int = rename(here, os.fsencode(one.absolute()), here, os.fsencode(other.absolute()), exchange)
    return done == 0


def set_aside(path: Path, end: str) -> Path:
    """Give a file another name that ends in ``end``, never one that is taken; the new name."""
    for n in itertools.count(1):
        aside = path.with_name(f"{path.name}{end}" if n == 1 else f"{path.name}{end}.{n}")
        if not os.path.lexists(aside):
            os.rename(path, aside)
            return aside
    raise AssertionError
