"""What must be the same wherever blocks of one run are worked on, so that nobody can see in a result who worked on it."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from simengine.version import VERSION

#: Name of what has a version -> the version.
Versions: TypeAlias = Mapping[str, str]

_SOURCES = "simrisk's sources"
_OURS = Path(__file__).resolve().parents[1]


@functools.cache
def versions_here() -> Versions:
    """The versions of this process, by name in the order in which they are told."""
    import numpy as np

    from simengine.sampling.streams import STREAM_VERSION

    return {"simrisk": VERSION, "the stream of draws": STREAM_VERSION, "numpy": np.__version__, _SOURCES: _source_hash()}


def _source_hash() -> str:
    """Two states of the code may have one version number: a hash of all files of the package, the same for either kind of line end."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(_OURS.rglob("*")):
        if path.suffix in {".py", ".toml", ".csv"}:
            text = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(b"%s\0%d\0%s" % (path.relative_to(_OURS).as_posix().encode(), len(text), text))
    return digest.hexdigest()


def differences(theirs: Versions, ours: Versions) -> str:
    """What differs, in words: ``has numpy 2.1.0 and not 2.4.6``; empty where nothing does."""
    other = [name for name, version in ours.items() if theirs.get(name) != version]
    if _SOURCES in other and len(other) > 1:
        other.remove(_SOURCES)  # a consequence
    return " and ".join(f"has {name} {theirs.get(name, 'missing')} and not {ours[name]}" for name in other)
