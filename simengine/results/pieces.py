"""Values of a variable in pieces along its first dimension: of an array in memory, or of what is still in files."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from simengine.errors import ResultError

Anything = npt.NDArray[Any]
#: Bytes that are brought into the order of the file at a time: they stay in the cache until they are written.
PIECE = 2**22


class Digest:
    """SHA-256 of pieces one after another, each worked out by another thread while it is written."""

    def __init__(self, pool: ThreadPoolExecutor | None) -> None:
        self._sum, self._pool = sha256(), pool

    def beside(self, piece: Anything, write: Callable[[], object]) -> None:
        """Write a piece and have it in the sum; both are done afterwards. Without a pool nothing is summed."""
        work = None if self._pool is None else self._pool.submit(self._sum.update, piece.data)
        try:
            write()
        finally:
            if work is not None:
                work.result()

    def found(self) -> str:
        """The digest of all pieces so far; nothing without a pool."""
        return "" if self._pool is None else self._sum.hexdigest()


class Streamed:
    """Values that are not in memory: parts that follow one another along the first dimension, each giving its pieces when it is asked.

    A piece is of use until the next one is asked for. They can be asked for more than once.
    """

    def __init__(self, shape: Sequence[int], dtype: Any, parts: Sequence[Callable[[], Iterable[Anything]]], name: str) -> None:
        self.shape, self.dtype, self.name = tuple(shape), np.dtype(dtype), name
        self._parts = parts

    def pieces(self) -> Iterator[tuple[int, Anything]]:
        """Each piece in C order with the index where it starts; raises ResultError where they are not what was said of them."""
        start = 0
        for part in self._parts:
            for piece in part():
                if not self.shape:
                    yield 0, piece
                    return
                if piece.shape[1:] != self.shape[1:] or piece.dtype != self.dtype:
                    self._refuse(f"{piece.dtype} {piece.shape[1:]} for {self.dtype} {self.shape[1:]}")
                if len(piece):
                    yield start, piece
                start += len(piece)
        if start != self.shape[0]:
            self._refuse(f"{start:,} for {self.shape[0]:,}")

    def read(self) -> Anything:
        """All values, in memory."""
        found = np.empty(self.shape, self.dtype)
        if not self.shape:
            return next(self.pieces())[1]
        for start, piece in self.pieces():
            found[start : start + len(piece)] = piece
        return found

    def _refuse(self, what: str) -> NoReturn:
        msg = f"the finished blocks do not fit together: {self.name} has {what}"
        raise ResultError(msg)

    def __array__(self, *_: object, **__: object) -> NoReturn:
        """Refused: what is streamed may not fit in memory."""
        msg = f"{self.name} is written in pieces and is not held in memory: open the stored result to read it"
        raise ResultError(msg)


def in_file(shape: tuple[int, ...], kind: Any, name: str, read: Callable[..., Any]) -> Streamed:
    """A variable of an open file, read in pieces by ``read(start, stop)``, or by ``read()`` where it has no dimensions."""
    if not shape:
        return Streamed(shape, kind, [lambda: [np.asarray(read(), kind)]], name)
    step = max(1, PIECE // max(1, kind.itemsize * math.prod(shape[1:])))
    return Streamed(shape, kind, [lambda: (np.asarray(read(k, min(k + step, shape[0])), kind) for k in range(0, shape[0], step))], name)


def counted(size: int, name: str) -> Streamed:
    """The numbers 0, 1, … as labels of that many draws."""
    step = PIECE // 8
    return Streamed((size,), np.int64, [lambda: (np.arange(k, min(k + step, size)) for k in range(0, size, step))], name)


def pieces(values: Any) -> Iterator[tuple[int, Anything]]:
    """Values in pieces along their first dimension, each in C order, with where it starts.

    Draws that lie by output, as they are simulated, are turned piece by piece.
    """
    if isinstance(values, Streamed):
        yield from values.pieces()
        return
    values = np.asarray(values)
    if values.ndim == 0 or values.flags.c_contiguous:
        yield 0, values
        return
    step = max(1, PIECE * len(values) // max(values.nbytes, 1))
    for start in range(0, len(values), step):
        part = values[start : start + step]
        # by way of the order in memory: both copies then run along long rows
        rows = np.moveaxis(part, 0, -1).reshape(-1, len(part))
        yield start, np.ascontiguousarray(rows.T).reshape(part.shape)


def even(found: Iterable[tuple[int, Anything]], step: int) -> Iterator[tuple[int, Anything]]:
    """Pieces of exactly ``step`` rows, the last one of what is left; each is of use until the next one is asked for."""
    room: Anything | None = None
    start = held = 0
    for _, piece in found:
        rest = piece
        while len(rest):
            if not held and len(rest) >= step:
                taken = step
                yield start, rest[:step]
                start += step
            else:
                room = np.empty((step, *rest.shape[1:]), rest.dtype) if room is None else room
                taken = min(step - held, len(rest))
                room[held : held + taken] = rest[:taken]
                held += taken
                if held == step:
                    yield start, room
                    start, held = start + step, 0
            rest = rest[taken:]
    if room is not None and held:
        yield start, room[:held]
