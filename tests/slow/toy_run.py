"""A toy run that writes shards and a result as ``simrisk run`` does, in a second, and goes on with ``--resume``: it tests the torture.

With TOY_FAULT it does one thing wrong after a kill: ``forgets`` its shards, ``redoes`` or ``alters`` one, leaves ``strays``, or ``drifts``.
"""

import contextlib
import hashlib
import os
import sys
import time
from pathlib import Path

SHARDS, PIECES, PAUSE = 10, 8, 0.02


def put(path: Path, data: bytes) -> None:
    """A file that is whole or absent."""
    part = path.with_name(f".{path.name}.{os.getpid()}-0.part")
    with part.open("wb") as file:
        for at in range(PIECES):
            file.write(data[at * len(data) // PIECES : (at + 1) * len(data) // PIECES])
            file.flush()
            time.sleep(PAUSE / PIECES if path.suffix == ".npz" else PAUSE)
        os.fsync(file.fileno())
    part.replace(path)


def chunk(k: int) -> bytes:
    """What a shard holds."""
    return hashlib.sha256(str(k).encode()).digest() * 1000


def found_by(resuming: bool, folder: Path, fault: str) -> None:
    """What a run does with what it finds."""
    for path in (*folder.glob(".*.part"), *Path().glob(".*.part")):
        if fault != "strays":
            path.unlink()
    shards = sorted(folder.glob("shard-*.npz"))
    if resuming and shards:
        if fault == "forgets":
            for path in shards:
                path.unlink()
        elif fault == "redoes":
            put(shards[0], chunk(0))
        elif fault == "alters":
            with shards[0].open("r+b") as file:
                file.write(b"x")


def clear(folder: Path) -> None:
    """Take the shards away, now that the result is in place."""
    for path in folder.glob("*"):
        path.unlink()
    with contextlib.suppress(FileNotFoundError):
        folder.rmdir()


def main() -> None:
    """Run, or go on."""
    out, resuming, fault = Path(sys.argv[1]), "--resume" in sys.argv, os.environ.get("TOY_FAULT", "")
    folder = Path("x.parts")
    if out.exists():
        clear(folder)
        return
    folder.mkdir(exist_ok=True)
    found_by(resuming, folder, fault)
    for k in range(SHARDS):
        path = folder / f"shard-{k:08d}-{k:08d}.npz"
        if not path.exists():
            time.sleep(PAUSE)
            put(path, chunk(k))
    time.sleep(2 * PAUSE)
    merged = b"".join((folder / f"shard-{k:08d}-{k:08d}.npz").read_bytes() for k in range(SHARDS))
    put(out, merged + (b"resumed" if resuming and fault == "drifts" else b""))
    clear(folder)
    time.sleep(PAUSE)


if __name__ == "__main__":
    main()
