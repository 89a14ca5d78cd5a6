"""The engine's arrays as C sees them: struct definitions and row numbers, both taken from the package, none written by hand.

A NamedTuple becomes a struct with the same fields in the same order; an array becomes a pointer with its shape (arrays are in C order,
which is checked); an ``int`` or ``float`` stays one number. Whole numbers named in capitals in a module become ``MODULE_NAME``.
"""

import ctypes
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from simengine.distributions import base, inverse_table, margins, unit_gamma
from simengine.engine import lines, lines_together, moments, ops, positions, schemes, terms, tile, variates, volatility
from simengine.engine.block import Model, Outputs, Scratch
from simengine.engine.terms import Area
from simengine.sampling import design, sobol, streams

#: Modules whose row numbers, codes and sizes the C files name.
CONSTANTS = (
    base,
    design,
    inverse_table,
    lines,
    lines_together,
    margins,
    moments,
    ops,
    positions,
    schemes,
    sobol,
    streams,
    terms,
    tile,
    unit_gamma,
    variates,
    volatility,
)
#: What the C function is given, and what it makes for itself.
ROOTS = (Model, Outputs, Scratch, Area)
_DIMENSIONS = 4
#: Types of element: the struct of an array of them, and what C calls one.
_ELEMENTS = {"float64": ("Floats", "double"), "int64": ("Ints", "int64_t"), "bool": ("Flags", "uint8_t")}


def _element(hint: Any) -> str | None:
    """The name of an array's type of element; None where the hint is no array."""
    if get_origin(hint) is not np.ndarray:
        return None
    return str(np.dtype(get_args(get_args(hint)[1])[0]).name)


class _Array(ctypes.Structure):
    """An array: where its numbers are, and its shape (1 in dimensions that it has not)."""

    _fields_ = (("at", ctypes.c_void_p), ("shape", ctypes.c_int64 * _DIMENSIONS))


def _fields(record: type) -> dict[str, Any]:
    """The fields of a NamedTuple with their types, in order."""
    hints = get_type_hints(record)
    return {name: hints[name] for name in record._fields}  # type: ignore[attr-defined]


def _in_order(record: type, seen: list[type]) -> list[type]:
    """A record behind the records that it is made of."""
    for hint in _fields(record).values():
        if hasattr(hint, "_fields") and hint not in seen:
            _in_order(hint, seen)
    if record not in seen:
        seen.append(record)
    return seen


def _c_type(hint: Any) -> str:
    element = _element(hint)
    if element is not None:
        return _ELEMENTS[element][0]
    return {int: "int64_t", float: "double"}.get(hint, getattr(hint, "__name__", ""))


def _constants(module: ModuleType) -> list[str]:
    """The whole numbers of a module as C constants."""
    own = module.__name__.rpartition(".")[2].upper()
    values = {name: value for name, value in vars(module).items() if name.isupper() and not name.startswith("_")}
    return [f"#define {own}_{name} {value}" for name, value in values.items() if isinstance(value, int) and not isinstance(value, bool)]


def header() -> str:
    """The text of ``layout.h``."""
    records: list[type] = []
    for root in ROOTS:
        _in_order(root, records)
    parts = ["#include <stdint.h>", *(line for module in CONSTANTS for line in _constants(module))]
    parts += [f"typedef struct {{ {c} *at; int64_t shape[{_DIMENSIONS}]; }} {n};" for n, c in _ELEMENTS.values()]
    for record in records:
        inside = " ".join(f"{_c_type(hint)} {name};" for name, hint in _fields(record).items())
        parts.append(f"typedef struct {{ {inside} }} {record.__name__};")
    return "\n".join(parts) + "\n"


def _structure(record: type) -> type[ctypes.Structure]:
    kinds: list[tuple[str, Any]] = []
    for name, hint in _fields(record).items():
        number = {int: ctypes.c_int64, float: ctypes.c_double}.get(hint)
        kinds.append((name, number or (_Array if _element(hint) else _structure(hint))))
    return type(record.__name__, (ctypes.Structure,), {"_fields_": kinds})


def array(values: np.ndarray) -> _Array:
    """An array as C takes it.

    Raises
    ------
    ValueError
        When it is not in C order, or of another type of element.
    """
    if not values.flags.c_contiguous or values.dtype.name not in _ELEMENTS or values.ndim > _DIMENSIONS:
        msg = f"an array of {values.dtype} with strides {values.strides} is not as the C twin reads it"
        raise ValueError(msg)
    shape = (*values.shape, *(1,) * (_DIMENSIONS - values.ndim))
    return _Array(values.ctypes.data, (ctypes.c_int64 * _DIMENSIONS)(*shape))


def struct_of(record: Any) -> ctypes.Structure:
    """A NamedTuple of arrays as C takes it; the arrays must outlive it."""

    def fill(made: ctypes.Structure, of: Any) -> ctypes.Structure:
        for name, hint in _fields(type(of)).items():
            value = getattr(of, name)
            if _element(hint):
                setattr(made, name, array(value))
            elif hasattr(hint, "_fields"):
                fill(getattr(made, name), value)
            else:
                setattr(made, name, value)
        return made

    return fill(_structure(type(record))(), record)
