"""A result as a Zarr v3 store, for runs too large for one file: a folder with a file for every chunk of draws, uncompressed.

Needs the extra ``scale``. A chunk is a multiple of the engine's blocks, so that a run that goes on, and a reader that takes a part of
the draws, meet whole chunks.
"""

import contextlib
import importlib.util
import json
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from simengine.errors import ResultError
from simengine.results.disk import write_all
from simengine.results.frame import Anything, Frame, Series
from simengine.results.pieces import Digest, Streamed, even, in_file, pieces
from simengine.results.provenance import digest as digest_of

#: Draws in a chunk: four blocks of the engine.
CHUNK = 16_384
#: Most bytes in a chunk of what has no draws.
_MOST = 2**26
_ABOUT = "zarr.json"


def check_installed() -> None:
    """Refuse a name that ends in .zarr where the package for it is not installed; raises ResultError."""
    if importlib.util.find_spec("zarr") is None:
        msg = 'a Zarr store (--out name.zarr) needs the package zarr: pip install "simrisk[scale]"'
        raise ResultError(msg)


def _zarr() -> Any:
    check_installed()
    import zarr

    return zarr


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The package warns that consolidated metadata are not yet part of the format; every reader that matters takes them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*(C|c)onsolidated metadata")
        warnings.filterwarnings("ignore", message=".*does not have a Zarr V3 specification")
        yield


class ZarrWriter:
    """One store under way, with the same calls as ``netcdf.Writer``."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._zarr = folder, _zarr()
        with _quiet():
            self._root = self._zarr.create_group(store=str(folder), zarr_format=3)

    def __enter__(self) -> "ZarrWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            with _quiet():
                self._zarr.consolidate_metadata(str(self._folder), zarr_format=3)

    def write(self, frame: Frame, group: str | None = None, *, digested: bool = False) -> dict[str, str]:
        """Write a frame, into a group of its own or at the root; sha256 of every variable and of the labels where they are asked for."""
        with _quiet(), ThreadPoolExecutor(1) as pool:
            place = self._root if group is None else self._root.create_group(group)
            folder, summed = self._folder / (group or ""), pool if digested else None
            everything = {**frame.data_vars, **frame.coords}
            found = {name: _write(place, folder, name, one, summed) for name, one in everything.items()}
        return dict(sorted(found.items())) if digested else {}

    def describe(self, attributes: Mapping[str, Any], group: str | None = None) -> None:
        """The attributes of the store, or of a group in it."""
        place = self._root if group is None else self._root[group]
        place.update_attributes(_as_json(attributes))


def _as_json(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, str) else np.asarray(value).tolist() for key, value in attributes.items()}


def _write(place: Any, folder: Path, name: str, one: Series, pool: ThreadPoolExecutor | None) -> str:
    """Write a variable; its digest where there is a pool for it."""
    texts, kind = one.values.dtype.kind in "OUT", np.dtype(one.values.dtype)
    row = kind.itemsize * math.prod(one.shape[1:])
    step = max(1, min(CHUNK if one.dims[:1] == ("draw",) else _MOST // max(1, row), *one.shape[:1])) if one.dims else 1
    array = place.create_array(
        name,
        shape=one.shape,
        dtype=str if texts else kind,
        chunks=(step, *(max(1, size) for size in one.shape[1:])) if one.dims else (),
        # one name for a chunk and not a folder for each of its dimensions
        chunk_key_encoding={"name": "default", "separator": "."},
        compressors=None,
        filters=None if texts else (),
        fill_value="" if texts else np.nan if kind.kind == "f" else 0,
        attributes=_as_json(one.attrs),
        dimension_names=list(one.dims),
    )
    if not texts and one.dims:
        return _write_chunks(folder / name, one, step, pool)
    found = np.array([str(text) for text in one.to_numpy().ravel()], object).reshape(one.shape) if texts else one.to_numpy()
    if found.size:
        array[...] = found
    return "" if pool is None else digest_of(found)


def _write_chunks(folder: Path, one: Series, step: int, pool: ThreadPoolExecutor | None) -> str:
    """Write numbers as the format has them where nothing compresses them: one file of plain numbers for each chunk."""
    digest, rest = Digest(pool), ".0" * (len(one.dims) - 1)
    for start, piece in even(pieces(one.values), step) if one.size else ():
        digest.beside(piece, partial(_write_chunk, folder / f"c.{start // step}{rest}", piece, step))
    return digest.found()


def _write_chunk(path: Path, piece: Anything, step: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        plain: Any = piece.astype(piece.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8)
        write_all(handle, memoryview(plain))
        # the last chunk is as long as the others: nothing reads what is beyond the draws
        os.ftruncate(handle, step * plain.nbytes // len(piece))
    finally:
        os.close(handle)


@contextlib.contextmanager
def frames(path: Path) -> Iterator[dict[str, Frame]]:
    """What is in a store, its root under "" and its groups by name, read in pieces; as it is stored, nothing is decoded.

    A store says what it holds twice, at its root for all of it and with every array; raises ValueError where the two differ.
    """
    zarr = _zarr()
    with _quiet():
        root, single = (zarr.open_group(str(path), mode="r", use_consolidated=way, zarr_format=3) for way in (True, False))
        groups = {"": root, **dict(root.groups())}
        found = {name: _frame(name, group) for name, group in groups.items()}
        if {name: _metadata(group) for name, group in groups.items()} != {
            name: _metadata(group) for name, group in {"": single, **dict(single.groups())}.items()
        }:
            msg = "what the store says of itself at its root is not what its arrays say"
            raise ValueError(msg)
        yield found


def _metadata(group: Any) -> dict[str, Any]:
    """Everything that is said of a group and its arrays, NaN as the text that it is in a file."""
    stated = {"": dict(group.attrs), **{name: one.metadata.to_dict() for name, one in group.arrays()}}
    found: dict[str, Any] = json.loads(json.dumps(stated, default=str))
    return found


def _frame(group_name: str, group: Any) -> Frame:
    series = {}
    for name, one in group.arrays():
        texts = one.dtype.kind in "OUT"
        kind = np.dtype(object) if texts else np.dtype(one.dtype)
        about = dict(one.attrs)
        expected = "" if texts else np.nan if kind.kind == "f" else 0
        if not np.array_equal(one.fill_value, expected, equal_nan=kind.kind == "f"):
            about["_FillValue"] = str(one.fill_value)
        series[name] = Series(tuple(one.metadata.dimension_names or ()), _values(f"{group_name}/{name}".lstrip("/"), one, kind), about)
    return Frame(series, {}, dict(group.attrs))


def _values(name: str, one: Any, kind: Any) -> Streamed:
    return in_file(tuple(one.shape), kind, name, lambda *cut: one[slice(*cut) if cut else ...])


def attributes_and_variables(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The attributes of a store, and its variables without the labels, without the package zarr; raises where it is none."""
    about: dict[str, Any] = json.loads((path / _ABOUT).read_bytes())["attributes"]
    names = []
    for place in sorted(path.glob(f"*/{_ABOUT}")):
        stated = json.loads(place.read_bytes())
        if stated["node_type"] == "array" and stated["dimension_names"] != [place.parent.name]:
            names.append(place.parent.name)
    return about, names


def numbers_and_attribute(path: Path, group: str, variable: str, attribute: str) -> tuple[Anything, str]:
    """A variable of a group of a store, and a text attribute of that group; raises where there is none."""
    with _quiet():
        place = _zarr().open_group(str(path), mode="r", path=group, zarr_format=3)
        return np.asarray(place[variable][...]), str(place.attrs[attribute])
