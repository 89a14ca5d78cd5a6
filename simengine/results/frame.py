"""Labelled arrays without xarray: what a run is made, summarised, printed and written as, before anybody asks for an ``xarray.Dataset``.

Importing xarray and pandas takes longer than simulating a small study; a program that only runs and stores studies does without.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xarray as xr

Anything = npt.NDArray[Any]
_D = TypeVar("_D", "Frame", "xr.Dataset")


@dataclass(frozen=True, eq=False)
class Series:
    """One variable: an array with a name for each dimension, and what it means.

    ``values`` may be anything that NumPy makes an array of when it is asked for, a variable of an open file as well.
    """

    dims: tuple[str, ...]
    values: Any
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def to_numpy(self) -> Anything:
        """The values as an array; what is still in a file is read."""
        return np.asarray(self.values)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The size along each dimension."""
        return tuple(int(size) for size in self.values.shape)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Frame:
    """Variables on common dimensions, the labels along these, and attributes of the whole: as much of a dataset as a run needs."""

    data_vars: dict[str, Series]
    coords: dict[str, Series] = field(default_factory=dict)
    attrs: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Series:
        """A variable, or the labels along a dimension."""
        found = self.data_vars.get(name)
        return self.coords[name] if found is None else found

    def __contains__(self, name: object) -> bool:
        """Whether there is a variable, or labels, of this name."""
        return name in self.data_vars or name in self.coords

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Every dimension with its size, in the order of first use."""
        found: dict[str, int] = {}
        for one in (*self.data_vars.values(), *self.coords.values()):
            found |= dict(zip(one.dims, one.shape, strict=True))
        return found

    def labels(self, dimension: str) -> list[str]:
        """The labels along a dimension, as text."""
        return [str(label) for label in self.coords[dimension].to_numpy()]

    def at(self, name: str, **labels: str) -> Anything:
        """The values of a variable at one label of some of its dimensions; the other dimensions stay. Raises KeyError for another label."""
        one = self[name]
        if absent := set(labels).difference(one.dims):
            raise KeyError(*sorted(absent))
        place = tuple(self._places[dim][labels[dim]] if dim in labels else slice(None) for dim in one.dims)
        found: Anything = one.to_numpy()[place]
        return found

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        return {name: {label: k for k, label in enumerate(self.labels(name))} for name in self.coords if name != "draw"}

    def chosen(self, names: Iterable[str]) -> "Frame":
        """Only these variables, with the labels along their dimensions."""
        kept = {name: self.data_vars[name] for name in names}
        used = {dim for one in kept.values() for dim in one.dims}
        return Frame(kept, {name: one for name, one in self.coords.items() if name in used}, dict(self.attrs))

    def to_xarray(self) -> "xr.Dataset":
        """The same as a dataset of xarray; no numbers are copied."""
        import xarray as xr

        variables, coordinates = (
            {name: xr.Variable(one.dims, one.to_numpy(), dict(one.attrs)) for name, one in part.items()}
            for part in (self.data_vars, self.coords)
        )
        return xr.Dataset(variables, coords=coordinates, attrs=self.attrs)


def as_frame(found: "Frame | xr.Dataset") -> Frame:
    """A dataset of xarray as a frame; what is still in a file stays there until it is asked for."""
    if isinstance(found, Frame):
        return found
    variables, coordinates = (
        {str(name): Series(tuple(map(str, one.dims)), one.variable, dict(one.attrs)) for name, one in part.items()}
        for part in (found.data_vars, found.coords)
    )
    return Frame(variables, coordinates, dict(found.attrs))


def like(given: _D, made: Frame) -> _D:
    """What was made of something, as a frame or as a dataset, whichever it was made of."""
    return made if isinstance(given, Frame) else made.to_xarray()
