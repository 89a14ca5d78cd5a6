"""An earlier result of the same run with fewer draws, from which one with more draws goes on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simengine.engine.tile import BLOCK
from simengine.results import merge
from simengine.results.pieces import Anything, even
from simengine.results.provenance import check, package_versions
from simengine.results.stored import opened
from simengine.runs.job import Laid
from simengine.runs.state import BLOCKS_GROUP, State

#: Packages whose version is part of whether bits are the same.
_DECISIVE = ("simrisk", "numpy", "scipy", "numba", "llvmlite")


@dataclass(frozen=True)
class Known:
    """What an earlier result holds of a run: the state after its last whole block, and where the draws up to there are."""

    draws: merge.Earlier
    state: State
    names: tuple[str, ...]

    def pieces(self) -> Iterator[tuple[int, Mapping[str, Anything]]]:
        """Its draws in pieces, each with where it starts."""
        streams = {name: merge.stored_pieces(self.draws, name) for name in self.names}
        first = 0
        for values in zip(*(_by_block(stream) for stream in streams.values()), strict=True):
            yield first, dict(zip(streams, values, strict=True))
            first += BLOCK


def _by_block(stream: Iterator[Anything]) -> Iterator[Anything]:
    return (piece for _, piece in even(((0, piece) for piece in stream), BLOCK))


def find_earlier(path: Path, asked: Mapping[str, object], laid: Laid, names: Sequence[str]) -> tuple[Known | None, str | None]:
    """The earlier result at ``path`` that a run can go on from, and what to say where there is one of the same study that it cannot.

    It has the attributes ``asked`` (identity and seed), fewer draws, the variables ``names`` and this run's counts; it was made by the same
    versions, and is whole.
    """
    if not path.exists():
        return None, None
    try:
        with opened(path) as frames:
            about = dict(frames[""].attrs)
            group = frames.get(BLOCKS_GROUP)
            arrays = {} if group is None else {name: one.values.read() for name, one in group.data_vars.items()}
            there = set(frames[""].data_vars)
    except Exception:  # damaged files end in many kinds of error, deep in the readers; what may be replaced is decided elsewhere
        return None, None
    if any(about.get(key) != value for key, value in asked.items()) or int(about.get("draws", 0)) >= laid.settings.draws:
        return None, None
    state = State.from_arrays(arrays, laid) if set(names) <= there else None
    if state is None or not state.stop:
        return None, None
    reason = _other_versions(about) or next(iter(check(path)), None)
    if reason is not None:
        return None, f"{path}: its {int(about['draws']):,} draws are not gone on from but drawn again: {reason}"
    return Known(merge.Earlier(path, state.stop * BLOCK), state, tuple(names)), None


def _other_versions(about: Mapping[str, Any]) -> str | None:
    """In what versions an earlier result was made that are others now."""
    then, now = json.loads(str(about.get("versions", "{}"))), package_versions()
    other = [f"{name} {then.get(name)} is now {now[name]}" for name in _DECISIVE if then.get(name) != now[name]]
    return ", ".join(other) or None
