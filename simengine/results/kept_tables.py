"""Encoded distributions kept on disk between runs: a small file for each, beside the compiled kernels of the same version and machine.

Tabulating the inverse distributions of a large study takes seconds, and needs SciPy, whose import takes longer than a small study runs.
"""

import contextlib
import os
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from simengine.distributions.base import WHOLE_PIECES, Encoded

#: Most files that are kept: 100 MB of them; what a study has beyond these is tabulated each time.
_MOST: Final = 2048
#: Numbers before the table: code and arguments.
_HEAD: Final = 5


class KeptTables:
    """The tables in a folder, which is made when the first one is kept; a folder that cannot be written keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # another version of SciPy may round otherwise
        self._scipy = version("scipy")
        self._room: int | None = None

    def _file(self, key: str) -> Path:
        return self._folder / f"{blake2b(f'{self._scipy} {key}'.encode(), digest_size=16).hexdigest()}.npy"

    def get(self, key: str) -> Encoded | None:
        """What was kept for a distribution, None where nothing was or the file is damaged."""
        try:
            numbers = np.load(self._file(key), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if numbers.dtype != np.float64 or numbers.ndim != 1 or numbers.size <= _HEAD or not np.isfinite(numbers).all():
            return None
        code, (a, b, c, d) = int(numbers[0]), (float(one) for one in numbers[1:_HEAD])
        return Encoded(code, (a, b, c, d), numbers[_HEAD:]) if 0 <= code <= WHOLE_PIECES else None

    def keep(self, key: str, encoded: Encoded) -> None:
        """Keep a distribution that has a table."""
        if encoded.table is None or not np.isfinite(encoded.table).all():
            return
        with contextlib.suppress(OSError):
            if self._room is None:
                self._folder.mkdir(exist_ok=True)
                self._room = _MOST - len(os.listdir(self._folder))
            if self._room > 0:
                file = self._file(key)
                part = file.with_suffix(f".{os.getpid()}")
                with part.open("wb") as stream:
                    np.save(stream, np.array([encoded.code, *encoded.args, *encoded.table]))
                part.replace(file)
                self._room -= 1
