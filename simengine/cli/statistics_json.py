"""The summary of a run as JSON rows (INTERFACE.md, "JSON")."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from simengine.results.frame import as_frame

if TYPE_CHECKING:
    import xarray as xr

    from simengine.results.frame import Frame

LEVELS = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95, "value_at_risk": 0.05, "expected_shortfall": 0.05}

#: Every row has these keys, null where the output has no such dimension.
ENTITIES = ("party", "arrangement", "service", "scheme")


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
