"""A file written at once or not at all (``disk.whole_file``), with the reason where it could not be."""

from pathlib import Path

from simengine.errors import ResultError
from simengine.results.disk import explained, whole_file, write_all


def write_whole(path: Path, content: bytes, *, synced: bool = True) -> None:
    """Write ``content`` to ``path``, its folder made where there is none; raises ResultError with the reason where that cannot be done.

    What need not outlive a loss of power is not ``synced``.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, synced=synced) as handle:
            write_all(handle, content)
    except OSError as problem:
        message = f"cannot write {path}: {explained(problem)}"
        raise ResultError(message) from None
