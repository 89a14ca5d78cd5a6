"""The summary of a run as JSON rows (INTERFACE.md, "JSON")."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from simengine.results.frame import as_frame

if TYPE_CHECKING:
    import xarray as xr

    from simengine.results.frame import Frame

LEVELS = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95, "value_at_risk": 0.05, "expected_shortfall": 0.05}

#: Every row has these keys, null where the output has no such dimension.
ENTITIES = ("party", "arrangement", "service", "scheme")

#: How close counted figures are (docs/streaming.md): a share of their distance from the plan.
COUNTED_WITHIN = 0.002


def counted_outputs(found: "Frame | xr.Dataset") -> list[str]:
    """The outputs of a summary whose draws were only counted."""
    return list(json.loads(str(as_frame(found).attrs.get("counted", "[]"))))


def counted_field(found: "Frame | xr.Dataset") -> dict[str, Any]:
    """What a summary says of outputs that were only counted, as a key of a JSON result; nothing where none were."""
    outputs = counted_outputs(found)
    about = {
        "outputs": outputs,
        "statistics": ["quantile", "value_at_risk", "expected_shortfall"],
        "within": COUNTED_WITHIN,
        "of": "distance from the plan",
        "exact_with": "--exact",
    }
    return {"counted": about} if outputs else {}


def statistics_rows(found: "Frame | xr.Dataset") -> Iterator[dict[str, object]]:
    """One row per output, scenario, period, entity and statistic that was worked out."""
    summary = as_frame(found)
    for name in summary.data_vars:
        if name.endswith("_se"):
            continue
        values, errors = summary[name], summary[f"{name}_se"].to_numpy()
        labels = [summary.labels(dim) for dim in values.dims]
        array = values.to_numpy()
        for place in np.ndindex(array.shape):
            if not np.isfinite(array[place]):
                continue
            at = {dim: labels[k][place[k]] for k, dim in enumerate(values.dims)}
            yield {
                "output": name,
                "scenario": at["scenario"],
                "year": at["period"],
                **{entity: at.get(entity) for entity in ENTITIES},
                "statistic": "quantile" if at["statistic"][0] == "q" else at["statistic"],
                "level": LEVELS.get(at["statistic"]),
                "value": float(array[place]),
                "standard_error": float(errors[place]),
                "unit": "1" if at["statistic"].startswith("p_") else values.attrs.get("units"),
            }


def plan_rows(found: "Frame | xr.Dataset") -> Iterator[dict[str, object]]:
    """One row per plan figure."""
    result = as_frame(found)
    for name in result.data_vars:
        if not name.startswith("plan_"):
            continue
        values = result[name]
        labels = [result.labels(dim) for dim in values.dims]
        array = values.to_numpy()
        for place in np.ndindex(array.shape):
            at = {dim: labels[k][place[k]] for k, dim in enumerate(values.dims)}
            yield {"output": name.removeprefix("plan_"), **at, "value": float(array[place]), "unit": values.attrs.get("units")}
