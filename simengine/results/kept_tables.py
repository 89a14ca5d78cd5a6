"""Encoded distributions kept on disk between runs: a small file for each, beside the compiled kernels of the same version and machine.

Tabulating the inverse distributions of a large study takes seconds, and needs SciPy, whose import takes longer than a small study runs.
"""

import contextlib
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from simengine.distributions.base import Encoded
from simengine.errors import ResultError
from simengine.results.whole_file import write_whole

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
        return self._folder / f"{blake2b(f'{self._scipy} {key}'.encode(), digest_size=16).hexdigest()}.table"

    def get(self, key: str) -> Encoded | None:
        """What was kept for a distribution, None where nothing was or the file is damaged."""
        try:
            seal, content = self._file(key).read_bytes().split(b"\n", 1)
        except (OSError, ValueError):
            return None
        if seal != self._seal(key, content):
            return None
        numbers = np.frombuffer(content)
        a, b, c, d = (float(one) for one in numbers[1:_HEAD])
        return Encoded(int(numbers[0]), (a, b, c, d), numbers[_HEAD:].copy())

    def keep(self, key: str, encoded: Encoded) -> None:
        """Keep a distribution that has a table."""
        if encoded.table is None or not np.isfinite(encoded.table).all():
            return
        content = np.array([encoded.code, *encoded.args, *encoded.table], dtype=np.float64).tobytes()
        with contextlib.suppress(OSError, ResultError):
            if self._room is None:
                self._folder.mkdir(exist_ok=True)
                self._room = _MOST - len(list(self._folder.glob("*.table")))
            if self._room > 0:
                write_whole(self._file(key), self._seal(key, content) + b"\n" + content, synced=False)
                self._room -= 1

    @staticmethod
    def _seal(key: str, content: bytes) -> bytes:
        """What a file says that is whole and belongs to the distribution."""
        return blake2b(key.encode() + content, digest_size=16).hexdigest().encode()
