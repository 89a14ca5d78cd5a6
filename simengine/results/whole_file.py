"""A file written at once or not at all: under another name beside it, then renamed into place."""

import contextlib
import os
from pathlib import Path

from simengine.errors import ResultError


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, its folder made where there is none; raises ResultError with the reason where that cannot be done."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            part.unlink()
        message = f"cannot write {path}: {(problem.strerror or str(problem)).lower()}"
        raise ResultError(message) from None
