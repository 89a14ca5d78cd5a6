"""A frame as NetCDF-4 in an HDF5 file, by the rules of that format: dimensions are scales, hidden attributes say which is which.

Written with h5py alone and in pieces of draws: neither xarray nor a second copy of a variable is needed for it. Every reader of
NetCDF-4 opens the file; what is in it is what xarray and h5netcdf would have written (``tests/unit/results/test_netcdf.py``).
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from simengine.results.frame import Anything, Frame, Series
from simengine.results.provenance import joined_texts
from simengine.version import VERSION

_TEXT = h5py.string_dtype()
#: Texts as they stand in the file, and as Python has them in memory.
_TEXT_TYPE, _TEXT_IN_MEMORY = h5py.h5t.py_create(_TEXT, logical=True), h5py.h5t.py_create(_TEXT)
_SCALAR = h5py.h5s.create(h5py.h5s.SCALAR)
#: What the format calls a dimension without labels.
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable."
#: Bytes that are brought into the order of the file at a time: they stay in the cache until they are written.
_PIECE = 2**22


class Writer:
    """One file under way: the dimensions that were defined, by name and group, and their numbers in the file."""

    def __init__(self, file: Any) -> None:
        self._file = h5py.File(file, "w", track_order=True)
        self._numbers: dict[str, int] = {}
        self._scales: dict[str, Any] = {}

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, frame: Frame, group: str | None = None, *, digested: bool = False) -> dict[str, str]:
        """Write a frame, into a group of its own or at the root of the file; a dimension of the root is one of every group too.

        Returns sha256 of every variable and of the labels, as ``provenance.digests`` works them out, where they are asked for.
        """
        place = self._file if group is None else self._file.create_group(group, track_order=True)
        new = {name: size for name, size in frame.sizes.items() if name not in self._numbers}
        for name in new:
            self._numbers[name] = len(self._numbers)
        everything = {**frame.data_vars, **frame.coords}
        plain = {name: _create(place, name, (size,), "", np.dtype(">f4")) for name, size in new.items() if name not in everything}
        made = plain | {name: _create(place, name, one.shape, _kind(one), one.values.dtype) for name, one in everything.items()}
        for name, size in new.items():
            _number(made[name], "_Netcdf4Dimid", self._numbers[name])
            h5py.h5ds.set_scale(made[name], (f"{_NO_VARIABLE}{size:10}" if name in plain else name).encode())
            self._scales[name] = made[name]
        found = {}
        for name, one in everything.items():
            self._describe(made[name], name, one, is_scale=name in new)
            digest = _write_values(made[name], one, digested)
            if digested:
                found[name] = digest
        return dict(sorted(found.items()))

    def _describe(self, dataset: Any, name: str, one: Series, *, is_scale: bool) -> None:
        """The attributes of a variable, those that the format hides from its readers first."""
        if not is_scale:
            for axis, dimension in enumerate(one.dims):
                h5py.h5ds.attach_scale(dataset, self._scales[dimension], axis)
        if one.dims:
            _number(dataset, "_Netcdf4Coordinates", np.array([self._numbers[dimension] for dimension in one.dims], np.int32))
            if name not in one.dims:
                _number(dataset, "_Netcdf4Dimid", self._numbers[one.dims[0]])
        if _kind(one) == "f":
            _number(dataset, "_FillValue", np.array([np.nan]))
        describe(dataset, one.attrs)

    def describe(self, attributes: Mapping[str, Any], group: str | None = None) -> None:
        """The attributes of the file, or of a group in it."""
        describe((self._file if group is None else self._file[group]).id, attributes)
        if group is None:
            about = f"version=2,simrisk={VERSION},hdf5={h5py.version.hdf5_version},h5py={h5py.__version__}"
            self._file.attrs["_NCProperties"] = np.array(about, h5py.string_dtype("ascii", len(about)))


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
    if kind not in {"", "O"}:
        plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    if kind == "f":
        plan.set_fill_value(np.array(np.nan))
    held = _TEXT_TYPE if kind == "O" else h5py.h5t.py_create(numbers, logical=True)
    return h5py.h5d.create(place.id, name.encode(), held, h5py.h5s.create_simple(shape), plan)


def _write_values(dataset: Any, one: Series, digested: bool) -> str:
    """Write the values of a variable; its digest where that is asked for."""
    if one.size == 0:
        return sha256().hexdigest() if digested else ""
    if _kind(one) == "O":
        texts = np.array([str(text) for text in one.to_numpy().ravel()], _TEXT).reshape(one.shape)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, texts, mtype=_TEXT_IN_MEMORY)
        return joined_texts(texts) if digested else ""
    digest = sha256()
    for start, piece in pieces(one.to_numpy()):
        if piece.shape == one.shape:
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, piece)
        else:
            there, rest = dataset.get_space(), (0,) * (piece.ndim - 1)
            there.select_hyperslab((start, *rest), piece.shape)
            dataset.write(h5py.h5s.create_simple(piece.shape), there, piece)
        if digested:
            digest.update(piece.data)
    return digest.hexdigest() if digested else ""


def pieces(values: Anything) -> Iterator[tuple[int, Anything]]:
    """An array in pieces along its first dimension, each in C order, with where it starts.

    Draws that lie by output, as they are simulated, are turned piece by piece.
    """
    if values.ndim == 0 or values.flags.c_contiguous:
        yield 0, values
        return
    step = max(1, _PIECE * len(values) // max(values.nbytes, 1))
    for start in range(0, len(values), step):
        part = values[start : start + step]
        # by way of the order in memory: both copies then run along long rows
        rows = np.moveaxis(part, 0, -1).reshape(-1, len(part))
        yield start, np.ascontiguousarray(rows.T).reshape(part.shape)


def attributes_and_variables(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The attributes of a NetCDF-4 file that are texts or single numbers, and its variables without the labels; raises where it is none."""
    with h5py.File(path, "r") as file:
        if "_NCProperties" not in file.attrs:
            raise KeyError(path)
        names = [name for name, one in file.items() if isinstance(one, h5py.Dataset) and not one.is_scale]
        return {key: np.asarray(value).item() for key, value in file.attrs.items() if np.size(value) == 1}, names


def numbers_and_attribute(path: Path, group: str, variable: str, attribute: str) -> tuple[Anything, str]:
    """A variable of a group in a NetCDF-4 file, and a text attribute of that group; raises where there is none."""
    with h5py.File(path, "r") as file:
        place = file[group]
        return np.asarray(place[variable][()]), str(place.attrs[attribute])
