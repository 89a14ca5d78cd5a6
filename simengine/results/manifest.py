"""What an unfinished run is, so that only the same run goes on with it, and the list of its finished shards: ``manifest.json``."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

from simengine.errors import ResultError
from simengine.results.disk import reason, whole_file, write_all

MANIFEST = "manifest.json"
#: Layout of manifest and shards; another one is another format.
LAYOUT = 1
_NOT_ONE = "not a manifest of simrisk"
_TYPES: dict[str, type] = {"seed": int, "draws": int, "block": int, "scenarios": tuple, "store": tuple}
_WORDS = {
    "sampler": "the sampler was {} and is {}",
    "scenarios": "the scenarios were {} and are {}",
    "store": "the stored variables were {} and are {}",
    "block": "the draws in a block were {} and are {}",
    "tables": "the inverse tables (--tables) are others",
    "version": "the version of simrisk was {} and is {}",
    "schema_version": "the layout of results was {} and is {}",
    "stream_version": "the version of the streams was {} and is {}",
}


class UnusableError(Exception):
    """Raised when a file of an unfinished run is not what it should be; the text says in which way."""


@dataclass(frozen=True)
class Identity:
    """Everything that the numbers and the shape of an unfinished run rest on.

    sha256 of study, streams and scenarios (``run_identity``) and of the study alone, both in hexadecimal; what is stored; draws asked
    for and draws in a block; the versions of simrisk, of the layout of results and of the streams; a digest of the inverse tables where
    a run was given those of another (``--tables``).
    """

    identity: str
    study_hash: str
    scenarios: tuple[str, ...]
    seed: int
    sampler: str
    draws: int
    store: tuple[str, ...]
    block: int
    version: str
    schema_version: str
    stream_version: str
    tables: str = ""

    def blocks(self) -> int:
        """How many blocks hold all draws; the last one may not be full."""
        return -(-self.draws // self.block)

    def as_json(self) -> dict[str, Any]:
        """As JSON; the seed is text, for many readers of JSON hold whole numbers to 53 bits only."""
        return {**asdict(self), "scenarios": list(self.scenarios), "store": list(self.store), "seed": str(self.seed)}

    @classmethod
    def from_json(cls, stated: Any) -> "Identity":
        """The identity that ``as_json`` wrote; raises UnusableError for anything else."""
        try:
            found = cls(**{**stated, "scenarios": tuple(stated["scenarios"]), "store": tuple(stated["store"]), "seed": int(stated["seed"])})
        except (KeyError, TypeError, ValueError):
            msg = "does not say which run it belongs to"
            raise UnusableError(msg) from None
        if any(type(getattr(found, one.name)) is not _TYPES.get(one.name, str) for one in fields(cls)):
            msg = "does not say which run it belongs to"
            raise UnusableError(msg)
        return found


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def differences(there: Identity, here: Identity) -> list[str]:
    """In what an unfinished run (``there``) is not the run that is asked for (``here``), each in words; empty for the same run.

    More draws are the same run gone on with: what is finished of it counts.
    """
    found = []
    if there.study_hash != here.study_hash:
        found.append(f"the study was changed (its hash was {there.study_hash[:8]} and is {here.study_hash[:8]})")
    if there.seed != here.seed:
        found.append(f"the seed was {there.seed} and is {here.seed}")
    if there.draws > here.draws:
        found.append(f"the draws were {there.draws:,} and are {here.draws:,} (an unfinished run may be given more draws, never fewer)")
    for name, words in _WORDS.items():
        was, asked = getattr(there, name), getattr(here, name)
        if was != asked:
            found.append(words.format(_text(was), _text(asked)))
    if there.identity != here.identity and not found:
        found.append(f"its identity was {there.identity[:8]} and is {here.identity[:8]}")
    return found


@dataclass(frozen=True)
class Shard:
    """A finished chunk of blocks: its file, its blocks (``stop`` is after the last), the digest of the file and its size in bytes.

    One that ``supersedes`` holds a state alone: all that went before it is in it.
    """

    name: str
    first: int
    stop: int
    digest: str
    size: int
    supersedes: bool = False

    def blocks(self) -> str:
        """Its blocks, in words."""
        return f"block {self.first}" if self.stop == self.first + 1 else f"blocks {self.first} to {self.stop - 1}"


def canonical(stated: Mapping[str, Any]) -> bytes:
    """One text for equal content: sorted keys, ASCII, whatever the locale."""
    return json.dumps(stated, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def write_manifest(folder: Path, identity: Identity, shards: Iterable[Shard]) -> None:
    """Write the manifest of a folder: it is whole afterwards, or what it was before. Raises OSError where it cannot be written."""
    stated: dict[str, Any] = {"layout": LAYOUT, "identity": identity.as_json(), "shards": [asdict(shard) for shard in shards]}
    stated["digest"] = blake2b(canonical(stated), digest_size=32).hexdigest()
    with whole_file(folder / MANIFEST) as handle:
        write_all(handle, json.dumps(stated, sort_keys=True, ensure_ascii=True, indent=1).encode("ascii") + b"\n")


@contextlib.contextmanager
def being_read(path: Path, *, may_be_absent: bool = False) -> Iterator[None]:
    """Explains why a file of an unfinished run cannot be read.

    Raises ResultError where that is not allowed, UnusableError for any other reason; FileNotFoundError only where it ``may_be_absent``.
    """
    try:
        yield
    except PermissionError as problem:
        msg = f"{path} cannot be read: {reason(problem)}"
        raise ResultError(msg) from None
    except OSError as problem:
        if may_be_absent and isinstance(problem, FileNotFoundError):
            raise
        msg = f"cannot be read: {reason(problem)}"
        raise UnusableError(msg) from None


def read_manifest(folder: Path) -> tuple[Identity, list[Shard]]:
    """Identity and shards that a folder's manifest states.

    Raises FileNotFoundError where there is none, UnusableError where it is damaged, ResultError where it is of another layout or may not
    be read.
    """
    path = folder / MANIFEST
    with being_read(path, may_be_absent=True):
        text = path.read_bytes()
    try:
        stated = json.loads(text)
        digest, layout = stated.pop("digest"), stated["layout"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UnusableError(_NOT_ONE) from None
    if digest != blake2b(canonical(stated), digest_size=32).hexdigest():
        msg = "altered: its digest is not that of what it says"
        raise UnusableError(msg)
    if layout != LAYOUT:
        msg = f"{path} was written by a version of simrisk with layout {layout} of unfinished runs, this one reads layout {LAYOUT}: "
        msg += "go on with that version, give another --out, or remove the folder to start anew"
        raise ResultError(msg)
    try:
        return Identity.from_json(stated["identity"]), [Shard(**one) for one in stated["shards"]]
    except (KeyError, TypeError):
        raise UnusableError(_NOT_ONE) from None
