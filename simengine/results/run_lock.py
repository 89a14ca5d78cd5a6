"""The lock that keeps two runs out of one folder: a file that says which process holds it; one whose process has ended is taken over.

A process is known by its number, its host (with the machine's own identity and a container's space of numbers) and when it started, in
ticks of the running system and not of a clock, so that neither a clock that is set nor a number given to another process misleads.
"""

import contextlib
import datetime
import errno
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from simengine.errors import ResultError
from simengine.results.disk import explained, part_of, write_all

LOCK = "run.lock"
#: Another run may clear away the folder, or sweep a lock's part, just before it is put in place.
_TRIES = 5
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK)


@dataclass(frozen=True)
class Holder:
    """A process that holds a lock. ``started`` is in ticks since the system's start, -1 where the system does not tell."""

    pid: int
    host: str
    machine: str
    boot: str
    space: str
    started: int
    since: str

    def who(self) -> str:
        """The process, in words."""
        if self.pid == os.getpid() and self.host == socket.gethostname():
            return f"this process ({self.pid}), since {self.since}"
        place = "this machine" if self.host == socket.gethostname() else f"host {self.host}"
        return f"process {self.pid} on {place}, since {self.since}"


def _line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    """When a process started, in ticks since the system's start; -1 where the system does not tell, None where it has ended."""
    # the name of the program stands in brackets and may hold spaces and brackets itself
    _, bracket, rest = _line(f"/proc/{pid}/stat").rpartition(")")
    fields = rest.split()
    if not bracket or len(fields) < 20:
        return -1
    return None if fields[0] in "ZX" else int(fields[19])


def this_process() -> Holder:
    """The process that asks."""
    pid, boot = os.getpid(), _line("/proc/sys/kernel/random/boot_id")
    since = datetime.datetime.now(datetime.UTC).isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC")
    started = _started(pid)
    return Holder(pid, socket.gethostname(), _line("/etc/machine-id"), boot, _space(), -1 if started is None else started, since)


def has_ended(holder: Holder) -> bool:
    """Whether a holder is known to have ended. What cannot be known from here (another host, another container) counts as running."""
    here = this_process()
    # on Windows the question would end the process that it asks about
    if os.name != "posix" or (holder.host, holder.machine) != (here.host, here.machine):
        return False
    if holder.boot != here.boot:
        # two machines may have one name: only one with an identity of its own is known to have been started again
        return bool(here.machine and holder.boot and here.boot)
    if holder.space != here.space:
        return False
    try:
        os.kill(holder.pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    started = _started(holder.pid)
    return started is None or (started >= 0 and holder.started >= 0 and started != holder.started)


def _read(path: Path) -> Holder | None:
    """Who holds the lock; raises ResultError where that cannot be read."""
    try:
        stated = json.loads(path.read_bytes())
        holder = Holder(**stated)
        if type(holder.pid) is not int or type(holder.started) is not int or holder.pid <= 0:
            raise TypeError  # noqa: TRY301 - told below, with everything else that can be wrong with the file
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        msg = f"{path} does not say which run holds this folder: if no run is writing to it, remove that file"
        raise ResultError(msg) from None
    return holder


@contextlib.contextmanager
def _in_turn(folder: Path) -> Iterator[None]:
    """One process at a time looks at the lock of a folder, where the system offers that: two may find the same lock to take over."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no such locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _put(path: Path, text: bytes) -> None:
    """Put a lock in place that is never seen half written; raises FileExistsError where there is one."""
    with part_of(path) as (handle, part):
        write_all(handle, text)
    try:
        os.link(part, path)
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        lock = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            write_all(lock, text)
        finally:
            os.close(lock)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)


class RunLock:
    """A folder's lock, held by this process until ``release``. ``taken_over`` is the ended process that held it before, None for none."""

    def __init__(self, path: Path, text: bytes, taken_over: Holder | None) -> None:
        self.path, self.text, self.taken_over = path, text, taken_over
        self._pid = os.getpid()

    @classmethod
    def take(cls, folder: Path) -> "RunLock":
        """Make the folder where it is missing and take its lock; raises ResultError where another run holds it or it cannot be written."""
        for last in (*[False] * (_TRIES - 1), True):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with _in_turn(folder):
                    return cls._take(folder / LOCK)
            except FileNotFoundError as problem:
                if last:
                    msg = f"cannot write to {folder}: {explained(problem)}"
                    raise ResultError(msg) from None
            except (FileExistsError, NotADirectoryError):
                if folder.is_dir():
                    continue  # another run was quicker, the next look says which
                msg = f"{folder}, for unfinished blocks, cannot be made: a file has that name, or one above it: give another --out"
                raise ResultError(msg) from None
            except OSError as problem:
                msg = f"cannot write to {folder}: {explained(problem)}"
                raise ResultError(msg) from None
        msg = f"{folder}: other runs take and leave this folder all the time: give another --out"
        raise ResultError(msg)

    @classmethod
    def _take(cls, path: Path) -> "RunLock":
        found = _read(path)
        if found is not None:
            if not has_ended(found):
                msg = f"{path.parent} is in use by another run: {found.who()}: wait for it, or give another --out"
                if found.host != socket.gethostname() or found.space != _space():
                    msg += f"; if that run is no more, remove {path}"
                raise ResultError(msg)
            os.unlink(path)
        text = json.dumps(asdict(this_process()), sort_keys=True).encode("ascii")
        _put(path, text)
        return cls(path, text, found)

    def release(self) -> None:
        """Give the folder free. A forked child, and one whose lock was removed and taken by another, leave the lock alone."""
        if self._pid == os.getpid():
            with contextlib.suppress(OSError):
                if self.path.read_bytes() == self.text:
                    os.unlink(self.path)
