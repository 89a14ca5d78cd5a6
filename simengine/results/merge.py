"""The result of a run from its finished shards, and from an earlier, shorter result of it: read while it is written, memory stays flat."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from simengine.errors import ResultError
from simengine.results.frame import Frame, Series
from simengine.results.pieces import Anything, Streamed, counted
from simengine.results.shard_file import shape_of
from simengine.results.shards import ShardFolder
from simengine.results.stored import opened


@dataclass(frozen=True)
class Earlier:
    """A stored result whose first ``draws`` are those of this run too: whole blocks of it."""

    path: Path
    draws: int


def merged(folder: ShardFolder, names: Iterable[str], earlier: Earlier | None = None) -> dict[str, Streamed]:
    """Variables of a run by name, each (draw, …): first the draws of an earlier result, then those of the shards, in order.

    Raises ResultError where a shard cannot be read or does not fit, ValueError where blocks are missing or the earlier draws are not whole
    blocks. Shards and earlier result must stay until the values were written.
    """
    run = folder.identity
    first, rest = divmod(0 if earlier is None else earlier.draws, run.block)
    missing = folder.blocks_missing(run.blocks(), first)
    if missing or rest:
        msg = f"cannot be merged: blocks {missing} are missing, {rest} draws are no whole block"
        raise ValueError(msg)
    return {name: _variable(folder, name, first, earlier) for name in names}


def _variable(folder: ShardFolder, name: str, first: int, earlier: Earlier | None) -> Streamed:
    run = folder.identity
    shards = [shard for shard in folder.shards if shard.stop > first]
    if shards:
        shape, kind = shape_of(folder.folder / shards[0].name, name)
    elif earlier is not None:
        shape, kind = _stored_shape(earlier.path, name)
    else:
        shape, kind = (0,), np.dtype(float)
    parts = [] if earlier is None else [partial(stored_pieces, earlier, name)]
    parts += [partial(folder.pieces, shard, name) for shard in shards]
    return Streamed((run.draws, *shape[1:]), kind, parts, name)


def _stored_shape(path: Path, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with opened(path) as frames:
        found = frames[""][name].values
        return found.shape, found.dtype


def stored_pieces(earlier: Earlier, name: str) -> Iterator[Anything]:
    """The first draws of a stored variable; raises ResultError where it cannot be read."""
    try:
        with opened(earlier.path) as frames:
            for start, piece in frames[""][name].values.pieces():
                if start >= earlier.draws:
                    return
                yield piece[: earlier.draws - start]
    except ResultError:
        raise
    except Exception as problem:  # damaged files end in many kinds of error, deep in the readers
        msg = f"{earlier.path}: {name} in this file cannot be read ({type(problem).__name__}): --force computes all draws anew"
        raise ResultError(msg) from None


def with_values(frame: Frame, values: Mapping[str, Streamed], draws: int) -> Frame:
    """A frame of a few draws with streamed values in their place, and with the labels of all ``draws``."""
    variables = {name: Series(one.dims, values.get(name, one.values), one.attrs) for name, one in frame.data_vars.items()}
    labels = {name: Series(one.dims, counted(draws, name), one.attrs) if name == "draw" else one for name, one in frame.coords.items()}
    return Frame(variables, labels, dict(frame.attrs))
