"""A shard: the arrays of one finished chunk of blocks as an uncompressed ``.npz`` file with a digest of every byte.

Any reader of NumPy's format opens it without this package. Its first member, ``about.json``, says which run and blocks it holds. The
comment at the end of the archive states BLAKE2b over all of the file but what is in its members, with zeros in place of the digest itself;
the members stand in it by the archive's check sums, so that no bit of the file changes unseen. Equal content has equal bytes: the file
holds no time, no name of a machine and nothing of the locale.
"""

import contextlib
import hashlib
import io
import itertools
import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from simengine.errors import ResultError
from simengine.results.disk import explained, reason, whole_file, write_all
from simengine.results.manifest import LAYOUT, Identity, Shard, UnusableError, being_read, canonical

Array = np.ndarray[Any, Any]

_ABOUT = "about.json"
_MARK = b"simrisk shard blake2b "
_DIGITS = 64
_BLANK = b"0" * _DIGITS
_PIECE = 2**20
_KINDS = "biufcSU"


class ForeignError(Exception):
    """Raised when a shard is whole but of another layout; the text says of which."""


@dataclass(frozen=True)
class About:
    """What a shard says of itself: its run, and dtype and shape of its arrays by name."""

    identity: Identity
    shard: Shard
    arrays: Mapping[str, tuple[str, tuple[int, ...]]]


def shard_name(first: int, stop: int) -> str:
    """Name of the file with blocks ``first`` up to but not including ``stop``; names sort as the blocks do."""
    return f"shard-{first:08d}-{stop - 1:08d}.npz"


class _Stream:
    """What a zip archive is written through: it passes everything on and takes the digest of what is not in a member.

    It cannot seek, so that what is written is final.
    """

    def __init__(self, handle: int) -> None:
        self.handle, self.size, self.digest = handle, 0, hashlib.blake2b(digest_size=_DIGITS // 2)
        self.in_member = False

    def write(self, data: Any, /) -> int:
        """Write all of ``data``."""
        view = memoryview(data)
        write_all(self.handle, view)
        if not self.in_member:
            self.digest.update(view)
        self.size += view.nbytes
        return view.nbytes

    def flush(self) -> None:
        """Nothing is held back."""


def _bytes(array: Array) -> memoryview:
    """The memory of an array in C order."""
    flat: Any = array.reshape(-1).view(np.uint8)
    return memoryview(flat)


def _member(name: str) -> zipfile.ZipInfo:
    """A member without a time, and alike on every system."""
    found = zipfile.ZipInfo(name)
    found.create_system, found.external_attr = 3, 0o644 << 16
    return found


def _write(handle: int, about: bytes, arrays: Mapping[str, Array]) -> tuple[str, int]:
    """Write the archive; its digest and size."""
    stream = _Stream(handle)
    target: Any = stream  # what a zip file asks of it: write and flush

    def put(name: str, size: int, pieces: Iterable[bytes | memoryview]) -> None:
        with archive.open(_member(name), "w", force_zip64=size >= 2**31) as member:
            stream.in_member = True
            for piece in pieces:
                member.write(piece)
            stream.in_member = False

    with zipfile.ZipFile(target, "w") as archive:
        put(_ABOUT, len(about), [about])
        for name, array in arrays.items():
            head, data = io.BytesIO(), _bytes(array)
            npy.write_array_header_1_0(head, npy.header_data_from_array_1_0(array))
            # in pieces, so that check sum and copy find them in the cache
            cut = (data[at : at + _PIECE] for at in range(0, data.nbytes, _PIECE))
            put(f"{name}.npy", data.nbytes, itertools.chain([head.getvalue()], cut))
        archive.comment = _MARK + _BLANK
    digest = stream.digest.hexdigest()
    os.lseek(handle, stream.size - _DIGITS, os.SEEK_SET)
    write_all(handle, digest.encode("ascii"))
    return digest, stream.size


def write_shard(folder: Path, identity: Identity, first: int, stop: int, arrays: Mapping[str, Array], *, supersedes: bool = False) -> Shard:
    """Write the arrays of blocks ``first`` up to but not including ``stop``: the shard is in its folder whole and for good, or not at all.

    One that ``supersedes`` says that it covers all shards of its blocks.
    Arrays of any shape, of numbers, truth values or texts of fixed length; safe to call from several threads and processes.
    Raises ResultError where the disk is full or the file cannot be written, ValueError for what cannot be stored.
    """
    if not 0 <= first < stop:
        msg = f"a shard holds at least one block, from block 0: not {first} up to {stop}"
        raise ValueError(msg)
    laid_out = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    wrong = [name for name, array in laid_out.items() if array.dtype.kind not in _KINDS or not name.isidentifier()]
    if wrong:
        msg = f"cannot be stored in a shard: {', '.join(wrong)}"
        raise ValueError(msg)
    stated = {name: {"dtype": array.dtype.str, "shape": list(array.shape)} for name, array in laid_out.items()}
    blocks = {"first": first, "last": stop - 1, "supersedes": supersedes}
    about = canonical({"layout": LAYOUT, "identity": identity.as_json(), **blocks, "arrays": stated})
    path = folder / shard_name(first, stop)
    try:
        with whole_file(path) as handle:
            digest, size = _write(handle, about, laid_out)
    except OSError as problem:
        msg = (
            f"{path} was not written: {explained(problem)}; shards finished before it are kept: run again with --resume to go on from there"
        )
        raise ResultError(msg) from None
    return Shard(path.name, first, stop, digest, size, supersedes)


def _digest_of(path: Path) -> tuple[str, int]:
    """Digest that a shard states, found right like the check sums that it is over, and its size; raises UnusableError where one is not."""
    tail = len(_MARK) + _DIGITS
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - tail))
        end = file.read(tail)
        if not end.startswith(_MARK) or len(end) < tail:
            msg = f"cut short, or altered at its end ({size:,} bytes)"
            raise UnusableError(msg)
        try:
            found = _worked_out(file, size)
        # a damaged archive may also ask for a way of packing that zipfile does not know: NotImplementedError
        except (zipfile.BadZipFile, EOFError, ValueError, OverflowError, NotImplementedError, struct.error):
            found = ""
    if found.encode("ascii") != end[len(_MARK) :]:
        msg = "altered: its digest is not that of its content"
        raise UnusableError(msg)
    return found, size


def _worked_out(file: io.FileIO, size: int) -> str:
    """The digest of what is in no member, after the check sum of every member was compared."""
    with zipfile.ZipFile(file) as archive:
        members = sorted(archive.infolist(), key=lambda one: one.header_offset)
    found, at, room = hashlib.blake2b(digest_size=_DIGITS // 2), 0, memoryview(bytearray(_PIECE))
    for member in members:
        start = _start(file, member)
        file.seek(at)
        found.update(file.read(max(0, start - at)))
        check, at = 0, start
        while at < start + member.file_size:
            piece = room[: start + member.file_size - at]
            check, at = _fill(file, piece, check), at + piece.nbytes
        if check != member.CRC:
            raise zipfile.BadZipFile
    found.update(file.read(max(0, size - _DIGITS - at)))
    found.update(_BLANK)
    return found.hexdigest()


def check_shard(path: Path) -> About:
    """What a shard says of itself, after every byte of it was checked.

    Raises UnusableError where it is damaged, ForeignError where it is of another layout, ResultError where it may not be read.
    """
    try:
        with being_read(path):
            digest, size = _digest_of(path)
            with zipfile.ZipFile(path) as archive:
                stated = json.loads(archive.read(_ABOUT))
            if stated["layout"] != LAYOUT:
                msg = f"written with layout {stated['layout']} of unfinished runs, this version of simrisk reads layout {LAYOUT}"
                raise ForeignError(msg)
            first, stop = stated["first"], stated["last"] + 1
            arrays = {name: (one["dtype"], tuple(one["shape"])) for name, one in stated["arrays"].items()}
            shard = Shard(path.name, first, stop, digest, size, bool(stated["supersedes"]))
            about = About(Identity.from_json(stated["identity"]), shard, arrays)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError):
        msg = "not a shard of simrisk"
        raise UnusableError(msg) from None
    if path.name != shard_name(first, stop):
        msg = f"named after other blocks: it holds {about.shard.blocks()}"
        raise UnusableError(msg)
    return about


def _start(file: io.FileIO, member: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin, and the file stands afterwards."""
    file.seek(member.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4))
    return file.seek(member.header_offset + 30 + name + extra)


def _head(file: io.FileIO, member: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Shape and dtype of an array whose numbers the file stands at afterwards, and the check sum of its head."""
    start = _start(file, member)
    npy.read_magic(file)
    shape, _, dtype = npy.read_array_header_1_0(file)
    head = file.tell() - start
    if head + dtype.itemsize * math.prod(shape) != member.file_size:
        raise zipfile.BadZipFile
    file.seek(start)
    return shape, dtype, zlib.crc32(file.read(head))


def _fill(file: io.FileIO, data: memoryview, check: int) -> int:
    """Read straight into memory (a zip file's own reader copies thrice); the check sum so far."""
    at = 0
    while at < data.nbytes:
        got = file.readinto(data[at : at + _PIECE])
        if not got:
            raise EOFError
        check = zlib.crc32(data[at : at + got], check)
        at += got
    return check


def _array(file: io.FileIO, member: zipfile.ZipInfo) -> Array:
    """One array; the zip check sum is compared at its end."""
    shape, dtype, check = _head(file, member)
    found = np.empty(shape, dtype)
    if _fill(file, _bytes(found), check) != member.CRC:
        raise zipfile.BadZipFile
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[io.FileIO, zipfile.ZipFile]]:
    """A shard to read from; raises ResultError for what is wrong with it."""
    try:
        with path.open("rb", buffering=0) as file, zipfile.ZipFile(file) as archive:
            yield file, archive
    except OSError as problem:
        msg = f"{path} cannot be read: {reason(problem)}"
        raise ResultError(msg) from None
    except (zipfile.BadZipFile, EOFError, ValueError, struct.error):
        msg = f"{path} was damaged since it was checked: run again with --resume to compute it anew"
        raise ResultError(msg) from None


def _found(path: Path, archive: zipfile.ZipFile, names: Iterable[str] | None) -> dict[str, zipfile.ZipInfo]:
    there = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    wanted = there if names is None else list(names)
    lacking = [name for name in wanted if name not in there]
    if lacking:
        msg = f"{path} holds no {', '.join(lacking)}: it holds {', '.join(there)}"
        raise ResultError(msg)
    return {name: archive.getinfo(f"{name}.npy") for name in wanted}


def read_shard(path: Path, names: Iterable[str] | None = None) -> dict[str, Array]:
    """The arrays of a shard by name, all or those named, in C order with dtype and shape as written.

    Checked by the zip check sum of each array that is read. Raises ResultError where the file is gone, damaged, or lacks a name.
    """
    with _opened(path) as (file, archive):
        return {name: _array(file, member) for name, member in _found(path, archive, names).items()}


def shape_of(path: Path, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype of an array of a shard, whose numbers are not read; errors as for ``read_shard``."""
    with _opened(path) as (file, archive):
        return _head(file, _found(path, archive, [name])[name])[:2]


def pieces_of(path: Path, name: str, size: int) -> Iterator[Array]:
    """An array of a shard in pieces along its first dimension of about ``size`` bytes: each is overwritten by the next one.

    The check sum is compared after the last piece; errors as for ``read_shard``.
    """
    with _opened(path) as (file, archive):
        member = _found(path, archive, [name])[name]
        (length, *rest), dtype, check = _head(file, member)
        row = max(1, dtype.itemsize * math.prod(rest))
        room = np.empty((max(1, min(length, size // row)), *rest), dtype)
        for start in range(0, length, len(room)):
            piece = room[: length - start]
            check = _fill(file, _bytes(piece), check)
            yield piece
        if check != member.CRC:
            raise zipfile.BadZipFile
