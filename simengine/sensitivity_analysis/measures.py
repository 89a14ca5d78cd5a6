"""What a method of sensitivity analysis found: measures of every unit of chance for every output, with intervals and verdicts."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.results.frame import Frame, Series

if TYPE_CHECKING:
    import xarray as xr

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]

#: Verdicts by code: what a reader may conclude from a value and its interval.
VERDICTS = (
    "",
    "not distinguishable from zero at this size",
    "no effect: the output does not vary",
    "not known: too few draws that count",
)
PLAIN, NOT_DISTINGUISHABLE, NO_VARIATION, NOT_KNOWN = range(len(VERDICTS))
TERM = "term"


class Output(NamedTuple):
    """One series of an output: the variable, the scenario, the year (or ``term``, the sum over the years), and the entity by dimension."""

    name: str
    scenario: str = "base"
    year: str = TERM
    entity: tuple[tuple[str, str], ...] = ()
    unit: str = ""

    def labels(self) -> dict[str, str]:
        """All labels by dimension."""
        return {"output": self.name, "scenario": self.scenario, "year": self.year, **dict(self.entity)}

    def text(self) -> str:
        """The output in words of a command line: ``party_position[acute_trust].2027``."""
        entity = f"[{', '.join(label for _, label in self.entity)}]" if self.entity else ""
        return f"{self.name}{entity}.{self.year}" + ("" if self.scenario == "base" else f" ({self.scenario})")


@dataclass(frozen=True)
class Measures:
    """What one method found.

    Attributes
    ----------
    method
        ``sobol``, ``shapley``, ``morris``, ``given-data``, ``tornado``, ``risk`` ...
    measures
        Names of the measures, such as ``first`` and ``total``.
    units
        What is judged: drivers, groups, pairs (``a × b``).
    kind
        ``driver`` or ``group``.
    outputs
        For which outputs.
    value, low, high
        Shape (measure, unit, output): estimate and the 95 % interval about it; NaN where not known.
    verdict
        Shape (measure, unit, output): place in ``VERDICTS``.
    notes
        What a reader should know, in sentences.
    attrs
        Draws, failed draws, seed, design, level and the like.
    """

    method: str
    measures: tuple[str, ...]
    units: tuple[str, ...]
    outputs: tuple[Output, ...]
    value: Array
    low: Array
    high: Array
    verdict: Codes
    kind: str = "driver"
    notes: tuple[str, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def at(self, measure: str, unit: str, output: int = 0) -> tuple[float, float, float]:
        """Estimate and interval of one measure. Raises ValueError where there is no such measure or unit."""
        place = self.measures.index(measure), self.units.index(unit), output
        return float(self.value[place]), float(self.low[place]), float(self.high[place])

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row for each measure, output and unit, as INTERFACE.md's JSON has them; NaN is None."""
        for m, measure in enumerate(self.measures):
            for o, output in enumerate(self.outputs):
                for u, unit in enumerate(self.units):
                    place = m, u, o
                    numbers = {name: _known(getattr(self, name)[place]) for name in ("value", "low", "high")}
                    verdict = VERDICTS[int(self.verdict[place])]
                    yield {"method": self.method, **output.labels(), self.kind: unit, "order": measure, **numbers, "verdict": verdict}

    def chosen(self, outputs: Sequence[int]) -> "Measures":
        """Only some of the outputs."""
        at = list(outputs)
        found: dict[str, Any] = {name: np.ascontiguousarray(getattr(self, name)[..., at]) for name in ("value", "low", "high", "verdict")}
        return replace(self, outputs=tuple(self.outputs[o] for o in outputs), **found)

    def to_frame(self) -> Frame:
        """A variable for each output variable, ``<name>``, ``<name>_low``, ``<name>_high``: (measure, unit, year, entity..., scenario)."""
        return _frame(self)

    def to_xarray(self) -> "xr.Dataset":
        """The same as a dataset of xarray."""
        return self.to_frame().to_xarray()


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _frame(found: Measures) -> Frame:
    """The arrays laid out by the dimensions of the outputs; places that no output has are NaN."""
    variables: dict[str, Series] = {}
    labels: dict[str, list[str]] = {"measure": list(found.measures), found.kind: list(found.units), "year": [], "scenario": []}
    for output in found.outputs:
        for dimension, label in (("year", output.year), *output.entity, ("scenario", output.scenario)):
            known = labels.setdefault(dimension, [])
            if label not in known:
                known.append(label)
    for name in dict.fromkeys(output.name for output in found.outputs):
        own = [(o, output) for o, output in enumerate(found.outputs) if output.name == name]
        dims = ("measure", found.kind, "year", *(dimension for dimension, _ in own[0][1].entity), "scenario")
        for suffix, array in (("", found.value), ("_low", found.low), ("_high", found.high)):
            values: npt.NDArray[Any] = np.full([len(labels[dimension]) for dimension in dims], np.nan)
            for o, output in own:
                at = output.labels()
                place: Any = (slice(None), slice(None), *(labels[dimension].index(at[dimension]) for dimension in dims[2:]))
                values[place] = array[..., o]
            variables[name + suffix] = Series(dims, values, {"units": "1", "long_name": f"{found.method} of {name}"})
    coords = {dimension: Series((dimension,), np.array(known, dtype=object)) for dimension, known in labels.items()}
    return Frame(variables, coords, {"method": found.method, "notes": "\n".join(found.notes), **found.attrs})
