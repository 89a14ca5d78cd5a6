"""Arrays of a run as a frame, named, ordered and annotated as ``schema`` declares (INTERFACE.md, "The result")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.errors import ResultError
from simengine.results.frame import Frame, Series
from simengine.schema import CURRENCY, DIMENSIONS, FLAGS, VARIABLES, Variable

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Labels:
    """Names along the dimensions of a study."""

    year: Sequence[str]
    service: Sequence[str]
    scheme: Sequence[str]
    party: Sequence[str]
    arrangement: Sequence[str]
    budget: Sequence[str]
    stream: Sequence[str]
    segment: Sequence[str]
    scenario: Sequence[str]
    currency: str

    def along(self, dimension: str) -> Sequence[str]:
        """The names along one dimension."""
        found: Sequence[str] = getattr(self, dimension)
        return found


def _unit(variable: Variable, currency: str) -> str:
    return currency if variable.unit == CURRENCY else variable.unit


def _attributes(variable: Variable, labels: Labels, plan: bool = False) -> dict[str, str]:
    meaning = f"plan: {variable.meaning}" if plan else variable.meaning
    return {"long_name": meaning, "units": _unit(variable, labels.currency)}


def rows_of(store: Array, rows: npt.NDArray[np.int64], missing: float = 0.0) -> Array:
    """Rows (…) of a store (row, draw) as an array (…, draw), ``missing`` where a row is -1; no copy where they are evenly spaced."""
    if not rows.size:
        return np.empty((*rows.shape, store.shape[1]))
    if (rows < 0).any():
        return np.where(rows[..., None] >= 0, store[rows], missing)
    first = int(rows.flat[0])
    steps = [int(rows.take(1, axis).flat[0]) - first if rows.shape[axis] > 1 else 0 for axis in range(rows.ndim)]
    even = sum(
        step * np.arange(size).reshape([-1] + [1] * (rows.ndim - 1 - axis))
        for axis, (step, size) in enumerate(zip(steps, rows.shape, strict=True))
    )
    if not np.array_equal(rows, first + even):
        return store[rows]
    row, draw = store.strides
    return np.lib.stride_tricks.as_strided(store[first:], (*rows.shape, store.shape[1]), (*(step * row for step in steps), draw))


def last_axis(parts: Sequence[Array]) -> Array:
    """Arrays of one shape along a new last axis; no copy of a single one."""
    return parts[0][..., np.newaxis] if len(parts) == 1 else np.stack(parts, axis=-1)


def plan_variables(plan: Mapping[str, Array], labels: Labels) -> dict[str, Series]:
    """The plan, as ``plan_`` variables without draw and scenario."""
    return {
        f"plan_{name}": Series(("year", *VARIABLES[name].entity), values, _attributes(VARIABLES[name], labels, plan=True))
        for name, values in plan.items()
    }


def draw_variables(draws: Mapping[str, Array], labels: Labels) -> dict[str, Series]:
    """Variables over draws from arrays (year, entity…, draw, scenario); flags become small integers."""
    found = {}
    for name, values in draws.items():
        variable = VARIABLES[name]
        dims = ("draw", "year", *variable.entity, "scenario")
        ordered = np.moveaxis(values, -2, 0)
        kept = _as_flags(ordered) if name in FLAGS else ordered
        found[name] = Series(dims, kept, _attributes(variable, labels))
    return found


def _as_flags(values: Array) -> npt.NDArray[np.int8]:
    """-1, 0 and 1 as int8; a value that is not finite (a failed draw) becomes 0."""
    flags: npt.NDArray[np.int8] = (values == 1.0).view(np.int8) - (values == -1.0).view(np.int8)
    return flags


def driver_variables(
    names: Sequence[tuple[str, int, int]], years: int, values: Sequence[Array]
) -> tuple[dict[str, Series], dict[str, list[str]]]:
    """Driver values as ``driver_value`` and ``driver_path``.

    ``names`` are (driver, first row, number of rows) in column order; ``values`` holds per scenario an array (row, draw), NaN for
    drivers that a scenario does not have.
    """
    single = [(name, start) for name, start, rows in names if rows == 1]
    yearly = [(name, start) for name, start, rows in names if rows > 1]
    variables: dict[str, Series] = {}
    labels: dict[str, list[str]] = {}
    if single:
        rows = [start for _, start in single]
        stacked = last_axis([rows_of(array, np.array(rows)) for array in values])
        variables["driver_value"] = Series(
            ("draw", "driver", "scenario"), np.moveaxis(stacked, 1, 0), {"long_name": "value drawn, as written in the study", "units": "1"}
        )
        labels["driver"] = [name for name, _ in single]
    if yearly:
        index = np.array([[start + t for _, start in yearly] for t in range(years)])
        stacked = last_axis([rows_of(array, index) for array in values])
        variables["driver_path"] = Series(
            ("draw", "year", "path_driver", "scenario"),
            np.moveaxis(stacked, 2, 0),
            {"long_name": "value drawn in each year, as written in the study", "units": "1"},
        )
        labels["path_driver"] = [name for name, _ in yearly]
    return variables, labels


def assemble(variables: Mapping[str, Series], labels: Labels, driver_labels: Mapping[str, Sequence[str]], draws: int) -> Frame:
    """The frame with its coordinates; only dimensions in use are given labels."""
    used = {dimension for variable in variables.values() for dimension in variable.dims}
    coordinates: dict[str, Series] = {}
    for dimension in DIMENSIONS:
        if dimension not in used:
            continue
        names = driver_labels.get(dimension)
        if dimension == "draw":
            values: npt.NDArray[np.int64] | npt.NDArray[np.object_] = np.arange(draws)
        else:
            values = np.array(list(labels.along(dimension) if names is None else names), dtype=object)
        coordinates[dimension] = Series((dimension,), values, {"long_name": DIMENSIONS[dimension]})
    # every result says which scenarios it is of, also one without draws
    coordinates["scenario"] = Series(("scenario",), np.array(list(labels.scenario), dtype=object), {"long_name": DIMENSIONS["scenario"]})
    frame = Frame(dict(variables), coordinates)
    validate(frame)
    return frame


def validate(frame: Frame) -> None:
    """Check names and dimensions against the schema; raises ResultError naming what does not fit."""
    faults = []
    for name, found in frame.data_vars.items():
        plain = name.removeprefix("plan_")
        if plain in VARIABLES:
            entity = VARIABLES[plain].entity
            expected = ("year", *entity) if plain != name else ("draw", "year", *entity, "scenario")
            if found.dims != expected:
                faults.append(f"{name} has dimensions {found.dims}, expected {expected}")
        elif name not in ("driver_value", "driver_path", "failed"):
            faults.append(f"{name} is not a variable of a result")
    if faults:
        raise ResultError("; ".join(faults))
