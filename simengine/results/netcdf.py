"""A frame as NetCDF-4 in an HDF5 file, by the rules of that format: dimensions are scales, hidden attributes say which is which.

Written with h5py alone and in pieces of draws: neither xarray nor a second copy of a variable is needed for it. Every reader of
NetCDF-4 opens the file; what is in it is what xarray and h5netcdf would have written (``tests/unit/results/test_netcdf.py``).
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from simengine.results.frame import Anything, Frame, Series
from simengine.results.pieces import Digest, in_file, pieces
from simengine.results.provenance import joined_texts
from simengine.version import VERSION

_TEXT = h5py.string_dtype()
#: Texts as they stand in the file, and as Python has them in memory.
_TEXT_TYPE, _TEXT_IN_MEMORY = h5py.h5t.py_create(_TEXT, logical=True), h5py.h5t.py_create(_TEXT)
_SCALAR = h5py.h5s.create(h5py.h5s.SCALAR)
#: Bytes from which counts are compressed, and of a piece of them.
_PACKED = 2**18
#: What the format calls a dimension without labels.
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable."


class _Dimension(NamedTuple):
    """A dimension that was defined: its number in the file, the dataset that stands for it, and its size."""

    number: int
    scale: Any
    size: int


class Writer:
    """One file under way, with the dimensions that were defined at its root.

    ``fault`` is asked for after every piece: what it gives is raised, for the rest is not worth writing.
    """

    def __init__(self, file: Any, fault: Callable[[], BaseException | None] = lambda: None) -> None:
        self._file = h5py.File(file, "w", track_order=True)
        self._fault = fault
        self._root: dict[str, _Dimension] = {}
        self._count = 0

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, frame: Frame, group: str | None = None, *, digested: bool = False) -> dict[str, str]:
        """Write a frame, into a group of its own or at the root of the file, the root first.

        A dimension of the root is one of every group too, where it has the same size there; any other is the group's own.
        Returns sha256 of every variable and of the labels, as ``provenance.digests`` works them out, where they are asked for.
        """
        place = self._file if group is None else self._file.create_group(group, track_order=True)
        seen = {name: one for name, one in self._root.items() if frame.sizes.get(name) == one.size}
        new = {name: size for name, size in frame.sizes.items() if name not in seen}
        everything = {**frame.data_vars, **frame.coords}
        plain = {name: _create(place, name, (size,), "", np.dtype(">f4")) for name, size in new.items() if name not in everything}
        made = plain | {name: _create(place, name, one.shape, _kind(one), one.values.dtype) for name, one in everything.items()}
        for name, size in new.items():
            seen[name] = _Dimension(self._count, made[name], size)
            self._count += 1
            _number(made[name], "_Netcdf4Dimid", seen[name].number)
            h5py.h5ds.set_scale(made[name], (f"{_NO_VARIABLE}{size:10}" if name in plain else name).encode())
        if group is None:
            self._root = seen
        for name, one in everything.items():
            _annotate(made[name], name, one, [seen[dimension] for dimension in one.dims], is_scale=name in new)
        with ThreadPoolExecutor(1) as pool:
            summed = pool if digested else None
            found = {name: self._write_values(made[name], one, summed) for name, one in everything.items()}
        return dict(sorted(found.items())) if digested else {}

    def _write_values(self, dataset: Any, one: Series, pool: ThreadPoolExecutor | None) -> str:
        """Write the values of a variable; its digest where there is a pool for it."""
        digest = Digest(pool)
        if one.size == 0:
            return digest.found()
        if _kind(one) == "O":
            texts = np.array([str(text) for text in one.to_numpy().ravel()], _TEXT).reshape(one.shape)
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, texts, mtype=_TEXT_IN_MEMORY)
            return "" if pool is None else joined_texts(texts)
        for start, piece in pieces(one.values):
            here, there = h5py.h5s.ALL, h5py.h5s.ALL
            if piece.shape != one.shape:
                here, there = h5py.h5s.create_simple(piece.shape), dataset.get_space()
                there.select_hyperslab((start, *(0,) * (piece.ndim - 1)), piece.shape)
            digest.beside(piece, partial(dataset.write, here, there, piece))
            if (fault := self._fault()) is not None:
                raise fault
        return digest.found()

    def describe(self, attributes: Mapping[str, Any], group: str | None = None) -> None:
        """The attributes of the file, or of a group in it."""
        describe((self._file if group is None else self._file[group]).id, attributes)
        if group is None:
            about = f"version=2,simrisk={VERSION},hdf5={h5py.version.hdf5_version},h5py={h5py.__version__}"
            self._file.attrs["_NCProperties"] = np.array(about, h5py.string_dtype("ascii", len(about)))


def _annotate(dataset: Any, name: str, one: Series, dimensions: Sequence[_Dimension], *, is_scale: bool) -> None:
    """The attributes of a variable, those that the format hides from its readers first."""
    if not is_scale:
        for axis, dimension in enumerate(dimensions):
            h5py.h5ds.attach_scale(dataset, dimension.scale, axis)
    if one.dims:
        _number(dataset, "_Netcdf4Coordinates", np.array([dimension.number for dimension in dimensions], np.int32))
        if name not in one.dims:
            _number(dataset, "_Netcdf4Dimid", dimensions[0].number)
    if _kind(one) == "f":
        _number(dataset, "_FillValue", np.array([np.nan]))
    describe(dataset, one.attrs)


def describe(target: Any, attributes: Mapping[str, Any]) -> None:
    """Attributes of a group or a dataset: texts as they are, numbers as arrays of one (as NetCDF has them)."""
    for key, value in attributes.items():
        if isinstance(value, str):
            made = h5py.h5a.create(target, key.encode(), _TEXT_TYPE, _SCALAR)
            made.write(np.array(value, _TEXT), mtype=_TEXT_IN_MEMORY)
        else:
            _number(target, key, np.atleast_1d(value))


def _number(target: Any, key: str, value: Any) -> None:
    """An attribute of numbers; a single one is four bytes long."""
    numbers = np.asarray(value, np.int32) if isinstance(value, int) else np.ascontiguousarray(value)
    space = h5py.h5s.create_simple(numbers.shape) if numbers.ndim else _SCALAR
    h5py.h5a.create(target, key.encode(), h5py.h5t.py_create(numbers.dtype, logical=True), space).write(numbers)


def _kind(one: Series) -> str:
    """The kind of a variable's numbers, as NumPy names it: O for texts of any sort."""
    kind = str(one.values.dtype.kind)
    return "O" if kind in "OU" else kind


def _create(place: Any, name: str, shape: tuple[int, ...], kind: str, numbers: Any) -> Any:
    """A dataset without its values: numbers have their room in the file at once, and are not filled in before they are written.

    A dimension without labels (kind "") has a dataset that is never written to, and takes no room.
    """
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_attr_creation_order(h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED)
    if _is_packed(shape, numbers):
        plan.set_chunk((min(shape[0], max(1, _PACKED // (numbers.itemsize * math.prod(shape[1:])))), *shape[1:]))
        plan.set_shuffle()
        plan.set_deflate(1)
    elif kind not in {"", "O"}:
        plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    if kind == "f":
        plan.set_fill_value(np.array(np.nan))
    held = _TEXT_TYPE if kind == "O" else h5py.h5t.py_create(numbers, logical=True)
    return h5py.h5d.create(place.id, name.encode(), held, h5py.h5s.create_simple(shape), plan)


def _is_packed(shape: tuple[int, ...], numbers: Any) -> bool:
    """Whether a variable is compressed: counts are, being small and often 0; for draws it would take longer than to make them."""
    return bool(numbers.kind == "u" and shape and math.prod(shape) * numbers.itemsize > _PACKED)


def attributes_and_variables(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The attributes of a NetCDF-4 file that are texts or single numbers, and its variables without the labels; raises where it is none."""
    with h5py.File(path, "r") as file:
        if "_NCProperties" not in file.attrs:
            raise KeyError(path)
        names = [name for name, one in file.items() if isinstance(one, h5py.Dataset) and not one.is_scale]
        return {key: np.asarray(value).item() for key, value in file.attrs.items() if np.size(value) == 1}, names


def check_opens(path: Path) -> None:
    """Raises OSError for a file that is none of HDF5's."""
    h5py.File(path, "r").close()


def numbers_and_attribute(path: Path, group: str, variable: str, attribute: str) -> tuple[Anything, str]:
    """A variable of a group in a NetCDF-4 file, and a text attribute of that group; raises where there is none."""
    with h5py.File(path, "r") as file:
        place = file[group]
        return np.asarray(place[variable][()]), str(place.attrs[attribute])


@contextlib.contextmanager
def frames(path: Path) -> Iterator[dict[str, Frame]]:
    """What is in a file, its root under "" and its groups by name, while it is open: values are read from it in pieces.

    As it is stored: nothing is decoded. A float's mark of what is missing is NaN and is left out of its attributes; another one is kept.
    """
    import h5netcdf

    # one that could not be opened does not know, when it is forgotten, that it was not to be written
    reader = type("Reader", (h5netcdf.File,), {"_writable": False})
    # opened by h5py, which closes it again where h5netcdf stumbles
    with h5py.File(path, "r") as raw, reader(raw, "r", decode_vlen_strings=True) as file:
        yield dict(_frames("", file))


def _frames(name: str, place: Any) -> Iterator[tuple[str, Frame]]:
    series = {key: _series(f"{name}/{key}".lstrip("/"), one) for key, one in place.variables.items()}
    yield name, Frame(series, {}, dict(place.attrs))
    for key, group in place.groups.items():
        yield from _frames(f"{name}/{key}".lstrip("/"), group)


def _series(name: str, one: Any) -> Series:
    kind = np.dtype(object) if one.dtype is str else np.dtype(one.dtype)
    about = dict(one.attrs)
    if kind.kind == "f" and np.isnan(about.get("_FillValue", 0.0)).all():
        del about["_FillValue"]
    return Series(tuple(one.dimensions), in_file(tuple(one.shape), kind, name, lambda *cut: one[slice(*cut) if cut else ()]), about)
