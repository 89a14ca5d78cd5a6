"""The folder of an unfinished run: finished shards, checked before they are trusted, and the blocks that are still to be computed.

``<name>.parts/`` holds ``manifest.json``, ``shard-<first>-<last>.npz`` and, while a run is under way, ``run.lock``. A shard says itself
which run and blocks it holds, so the manifest may lag behind or be lost. What is found wrong is set aside under another name and
never deleted.
"""

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from simengine.errors import ResultError
from simengine.results.disk import explained, set_aside, sync_folder
from simengine.results.manifest import MANIFEST, Identity, Shard, UnusableError, differences, read_manifest, write_manifest
from simengine.results.run_lock import LOCK, RunLock
from simengine.results.shard_file import Array, ForeignError, check_shard, pieces_of, read_shard, shard_name, write_shard

_SHARD = re.compile(r"shard-\d{8,}-\d{8,}\.npz")
_PART = re.compile(r"\.(shard-\d{8,}-\d{8,}\.npz|manifest\.json|run\.lock)\.\d+-\d+\.part")
#: The manifest is written anew at most this often (seconds): shards are found without it.
_EVERY = 1.0
#: Bytes that are read at a time: they are still in the cache when they are summed and written.
_PIECE = 2**20
_START_ANEW = "give another --out, or remove the folder to start anew"

#: A shard that cannot be used: its file's name, the end of its new name, and why.
Fault = tuple[str, str, str]
#: In place of the end of a new name: the file is taken away, nothing in it is of use.
_GONE = ""


def _looked_at(path: Path, identity: Identity) -> Shard | Fault:
    try:
        about = check_shard(path)
    except UnusableError as problem:
        return path.name, ".damaged", str(problem)
    except ForeignError as problem:
        return path.name, ".foreign", str(problem)
    other = differences(about.identity, identity)
    if other:
        return path.name, ".foreign", f"of another run: {'; '.join(other)}"
    if about.shard.stop > about.identity.blocks():
        return path.name, ".damaged", f"it holds {about.shard.blocks()} of a run that has {about.identity.blocks():,}"
    if about.identity.draws < min(identity.draws, about.shard.stop * identity.block):
        return path.name, _GONE, f"its last block is the end of a run of {about.identity.draws:,} draws and not full"
    return about.shard


def _without_overlaps(found: Iterable[Shard]) -> tuple[list[Shard], list[Fault]]:
    """Shards that share no block, in order of their blocks, and those left out.

    What a superseding shard covers is what a kill kept from being taken away after that shard was written.
    """
    kept: list[Shard] = []
    faults: list[Fault] = []
    for shard in sorted(found, key=lambda one: (one.first, -one.stop)):
        if kept and kept[-1].supersedes and shard.stop <= kept[-1].stop:
            faults.append((shard.name, _GONE, ""))
        elif kept and shard.first < kept[-1].stop:
            faults.append((shard.name, ".overlap", f"it holds {shard.blocks()}, of which {kept[-1].name} holds some already"))
        else:
            kept.append(shard)
    return kept, faults


class ShardFolder:
    """The shards of one run in its folder, which this process has for itself until ``close`` or ``remove``.

    ``shards`` are the finished ones in order of their blocks; ``messages`` say what was found and done when the folder was opened.
    """

    def __init__(self, folder: Path, identity: Identity, lock: RunLock) -> None:
        self.folder, self.identity = folder, identity
        self.shards: list[Shard] = []
        self.messages: list[str] = []
        self._lock, self._open = lock, True
        self._written = time.monotonic()

    @classmethod
    def open(cls, folder: Path, identity: Identity, *, resume: bool, threads: int = 1) -> "ShardFolder":
        """Take the folder for a run, made where it is missing; with ``resume`` find its finished shards, each checked to the last byte.

        Raises ResultError where another run has the folder or it cannot be written, where it holds another run than ``identity`` (with the
        difference in words), and where it holds finished shards and ``resume`` was not asked for. Nothing in the folder has changed then.
        """
        opened = cls(folder, identity, RunLock.take(folder))
        with contextlib.suppress(OSError):  # so that a folder just made outlives a loss of power
            sync_folder(folder.parent)
        try:
            if opened._lock.taken_over is not None:
                opened.messages.append(f"{folder}: the run that had this folder has ended ({opened._lock.taken_over.who()})")
            opened._find(resume=resume, threads=threads)
        except OSError as problem:
            opened._let_go()
            msg = f"cannot write to {folder}: {explained(problem)}"
            raise ResultError(msg) from None
        except BaseException:
            opened._let_go()
            raise
        return opened

    def _let_go(self) -> None:
        self._lock.release()
        with contextlib.suppress(OSError):  # made for nothing; one that holds anything stays
            self.folder.rmdir()

    def _manifest(self, faults: list[Fault]) -> list[Shard] | None:
        """Shards that the manifest lists, None without a manifest of use; raises ResultError where it is that of another run."""
        try:
            identity, listed = read_manifest(self.folder)
        except FileNotFoundError:
            return None
        except UnusableError as problem:
            faults.append((MANIFEST, ".damaged", f"{problem}"))
            return None
        self._refuse_others(differences(identity, self.identity))
        return listed

    def _refuse_others(self, other: Sequence[str]) -> None:
        if other:
            msg = f"{self.folder} holds an unfinished run that this one cannot go on with: {'; '.join(other)}. "
            msg += f"Run as it was then with --resume, {_START_ANEW}"
            raise ResultError(msg)

    def _find(self, *, resume: bool, threads: int) -> None:
        faults: list[Fault] = []
        listed = self._manifest(faults)
        paths = sorted(path for path in self.folder.iterdir() if _SHARD.fullmatch(path.name))
        if paths and not resume:
            msg = f"{self.folder} holds an unfinished run with {_counted(len(paths))}: add --resume to go on with it, {_START_ANEW}"
            raise ResultError(msg)
        with ThreadPoolExecutor(max(1, threads)) as pool:
            looks = list(pool.map(lambda path: _looked_at(path, self.identity), paths))
        good = [look for look in looks if isinstance(look, Shard)]
        bad = [look for look in looks if not isinstance(look, Shard)]
        if listed is None and not good:
            # nothing here is of this run: it is somebody else's folder
            self._refuse_others([text.removeprefix("of another run: ") for _, end, text in bad if end == ".foreign"][:1])
        good, untrue = self._as_listed(good, listed or [])
        self.shards, twice = _without_overlaps(good)
        self._sweep()
        self._set_aside([*faults, *bad, *untrue, *twice])
        there = {path.name for path in paths}
        gone = [one for one in listed or [] if one.name not in there and not self._superseded(one)]
        self.messages += [f"{self.folder / one.name}: finished and gone, computed again" for one in gone]
        self._write_manifest()

    @staticmethod
    def _as_listed(good: Sequence[Shard], listed: Iterable[Shard]) -> tuple[list[Shard], list[Fault]]:
        """Shards that are those the manifest lists or that it does not list, and those that were exchanged for others."""
        digests = {one.name: one.digest for one in listed}
        kept = [shard for shard in good if digests.get(shard.name, shard.digest) == shard.digest]
        return kept, [(shard.name, ".damaged", "whole, but not the one that the manifest lists") for shard in good if shard not in kept]

    def _superseded(self, shard: Shard) -> bool:
        return any(one.supersedes and shard.stop <= one.stop for one in self.shards)

    def _set_aside(self, faults: Iterable[Fault]) -> None:
        for name, end, text in faults:
            if end == _GONE:
                os.unlink(self.folder / name)
                self.messages += [f"{self.folder / name}: {text}: its blocks are computed again"] if text else []
                continue
            aside = set_aside(self.folder / name, end)
            again = "" if name == MANIFEST or end == ".overlap" else ", its blocks are computed again"
            self.messages.append(f"{self.folder / name}: {text}; kept as {aside.name}{again}")

    def _sweep(self) -> None:
        """Take away what killed runs were writing."""
        for path in self.folder.iterdir():
            if _PART.fullmatch(path.name):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)

    def _write_manifest(self) -> None:
        write_manifest(self.folder, self.identity, self.shards)
        self._written = time.monotonic()

    def blocks_missing(self, total: int, first: int = 0) -> list[tuple[int, int]]:
        """The ranges of blocks from ``first`` up to but not including ``total`` that no shard holds, in order; each is (first, stop)."""
        found, reached = [], first
        for shard in self.shards:
            if shard.first >= total:
                break
            if shard.first > reached:
                found.append((reached, shard.first))
            reached = max(reached, shard.stop)
        return [*found, (reached, total)] if reached < total else found

    def add(self, first: int, stop: int, arrays: Mapping[str, Array]) -> Shard:
        """Write and record a shard of blocks ``first`` up to but not including ``stop``; errors as for ``write_shard`` and ``record``."""
        self._refuse_overlap(first, stop)
        shard = write_shard(self.folder, self.identity, first, stop, arrays)
        self.record(shard)
        return shard

    def supersede(self, stop: int, arrays: Mapping[str, Array]) -> Shard:
        """Write a shard of all blocks up to but not including ``stop`` and take away those it covers, of a run that stores a state alone.

        Raises ValueError where another shard holds some of the blocks and later ones as well; other errors as for ``add``.
        """
        beyond = [shard.name for shard in self.shards if shard.first < stop < shard.stop]
        if beyond:
            msg = f"{shard_name(0, stop)} would cover a part of {', '.join(beyond)}"
            raise ValueError(msg)
        shard = write_shard(self.folder, self.identity, 0, stop, arrays, supersedes=True)
        covered = [one for one in self.shards if one.stop <= stop]
        self.shards = [one for one in self.shards if one not in covered]
        for one in covered:
            if one.name != shard.name:
                with contextlib.suppress(OSError):  # found and taken away when the folder is opened again
                    os.unlink(self.folder / one.name)
        self.record(shard)
        return shard

    def _refuse_overlap(self, first: int, stop: int) -> None:
        twice = [shard.name for shard in self.shards if shard.first < stop and first < shard.stop]
        if twice:
            msg = f"{shard_name(first, stop)} would hold blocks that {', '.join(twice)} holds already"
            raise ValueError(msg)

    def record(self, shard: Shard) -> None:
        """List a shard that another process wrote with ``write_shard``; for one thread at a time.

        Raises ValueError where its blocks are there already, ResultError where the manifest cannot be written.
        """
        self._refuse_overlap(shard.first, shard.stop)
        self.shards.append(shard)
        self.shards.sort(key=lambda one: one.first)
        if time.monotonic() - self._written >= _EVERY:
            try:
                self._write_manifest()
            except OSError as problem:
                msg = f"{self.folder / MANIFEST} was not written: {explained(problem)}; "
                msg += f"{_counted(len(self.shards))} kept: run again with --resume to go on from there"
                raise ResultError(msg) from None

    def pieces(self, shard: Shard, name: str, size: int = _PIECE) -> Iterator[Array]:
        """An array of a shard in pieces along its first dimension of about ``size`` bytes, as ``pieces_of`` gives them."""
        return pieces_of(self.folder / shard.name, name, size)

    def read(self, shard: Shard, names: Iterable[str] | None = None) -> dict[str, Array]:
        """The arrays of a shard by name, all or those named; raises ResultError as ``read_shard`` does."""
        return read_shard(self.folder / shard.name, names)

    def close(self) -> None:
        """Leave the folder for a later ``--resume``, with every shard in the manifest; a disk that refuses it does not matter."""
        if self._open:
            self._open = False
            with contextlib.suppress(OSError):
                self._write_manifest()
            self._lock.release()

    def remove(self) -> list[str]:
        """Take the folder away once the result is in place; the names of what is left, since it was set aside or is not ours."""
        self._open = False
        for name in (*(shard.name for shard in self.shards), MANIFEST):
            with contextlib.suppress(OSError):
                os.unlink(self.folder / name)
        self._lock.release()
        with contextlib.suppress(OSError):
            self.folder.rmdir()
            sync_folder(self.folder.parent)
            return []
        return sorted(name for name in os.listdir(self.folder) if name != LOCK)

    def __enter__(self) -> "ShardFolder":
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        """Close the folder; one that was removed is left as it is."""
        self.close()


def _counted(count: int) -> str:
    return f"{count:,} finished shard{'s' * (count != 1)}"
