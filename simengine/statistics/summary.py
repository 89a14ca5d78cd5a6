"""The summary of a run: mean, spread, quantiles and tail risk of every output, each with its standard error (MODEL.md section 7).

Value at risk is the loss at the 5 % quantile (-q05), expected shortfall the mean loss of the worst 5 % of draws: both positive for a loss.
The period ``term`` is the sum over the years, for flags whether they ever held.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from simengine.engine.moments import BATCH, BATCH_SQUARES, BATCH_SUM, COUNT, REPLICATE, REPLICATES, SQUARES, SUM
from simengine.schema import FLAGS, VARIABLES
from simengine.statistics.standard_error import standard_error

Array = npt.NDArray[np.float64]

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}
STATISTICS = ("mean", "sd", *QUANTILES, "p_below_zero", "p_above_zero", "value_at_risk", "expected_shortfall")
TAIL = 0.05
TERM = "term"


@dataclass(frozen=True)
class DetailMoments:
    """Means and standard deviations of line and scheme variables: arrays (year, entity, scenario) by statistic name and by error."""

    values: Mapping[str, Mapping[str, Array]]
    errors: Mapping[str, Mapping[str, Array]]


def moments_to_statistics(moments: Array, plan: Array, sampler: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """Mean and standard deviation, and their errors, from partial sums about the plan (row, column) of ``engine.moments``."""
    with np.errstate(invalid="ignore", divide="ignore"):
        count = moments[:, COUNT]
        shift = moments[:, SUM] / count
        variance = np.maximum(moments[:, SQUARES] - moments[:, SUM] * shift, 0.0) / (count - 1.0)
        if sampler == "sobol":
            means = moments[:, REPLICATE : REPLICATE + REPLICATES] / (count[:, None] / REPLICATES)
            error = means.std(axis=1, ddof=1) / np.sqrt(REPLICATES)
        else:
            batches = np.floor(count / BATCH)
            spread = np.maximum(moments[:, BATCH_SQUARES] - moments[:, BATCH_SUM] ** 2 / batches, 0.0) / (batches - 1.0)
            error = np.sqrt(spread / batches) / BATCH
    unknown = np.full(count.shape, np.nan)
    return {"mean": plan + shift, "sd": np.sqrt(variance)}, {"mean": error, "sd": unknown}


def _probability(indicator: npt.NDArray[np.bool_], sampler: str) -> tuple[float, float]:
    """A probability and its error; one that was never (or always) seen still has the error of one draw in the whole run."""
    value = float(indicator.mean())
    error = float(standard_error(indicator, sampler))
    return value, max(error, 1.0 / indicator.size) if value in (0.0, 1.0) else error


def _quantile(ordered: Array, values: Array, level: float, sampler: str) -> tuple[float, float]:
    """A quantile and its error, through the error of the distribution function there."""
    value = float(np.quantile(ordered, level))
    below = float(standard_error(values <= value, sampler))
    if not np.isfinite(below):
        return value, np.nan
    low, high = np.quantile(ordered, [max(level - below, 0.0), min(level + below, 1.0)])
    return value, float(high - low) / 2.0


def series_statistics(values: Array, sampler: str) -> tuple[Array, Array]:
    """Every statistic of one series of draws (finite ones), and its standard error, in the order of ``STATISTICS``."""
    if values.size == 0:
        return np.full(len(STATISTICS), np.nan), np.full(len(STATISTICS), np.nan)
    if values.min() == values.max():
        return _certain(float(values[0]))
    centre = float(values[0])
    shifted = values - centre
    mean = float(shifted.mean())
    squares = (shifted - mean) ** 2
    sd = float(np.sqrt(squares.sum() / max(values.size - 1, 1)))
    ordered = np.sort(values)
    found: list[tuple[float, float]] = [
        (centre + mean, float(standard_error(shifted, sampler))),
        (sd, float(standard_error(squares, sampler)) / (2.0 * sd)),
        *(_quantile(ordered, values, level, sampler) for level in QUANTILES.values()),
        _probability(values < 0.0, sampler),
        _probability(values > 0.0, sampler),
    ]
    low, low_error = found[2]
    excess = np.minimum(values - low, 0.0)
    shortfall = -(low + float(excess.mean()) / TAIL)
    found.extend([(-low, low_error), (shortfall, float(standard_error(excess, sampler)) / TAIL)])
    return np.array([value for value, _ in found]), np.array([error for _, error in found])


def _certain(value: float) -> tuple[Array, Array]:
    """Statistics of a series that does not vary."""
    found = [value, 0.0, *[value] * len(QUANTILES), float(value < 0.0), float(value > 0.0), -value, -value]
    return np.array(found), np.zeros(len(found))


def _series(name: str, values: Array) -> Iterator[Array]:
    """Draws of every year, then of the term, of an array (draw, year, …) flattened to (draw, year, series)."""
    for year in range(values.shape[1]):
        yield values[:, year]
    if name in FLAGS:
        # a flag of the term: whether it ever held; a rate is met as a gain before it is met as a loss
        yield np.where(values.max(axis=1) > 0, values.max(axis=1), values.min(axis=1))
    else:
        yield values.sum(axis=1)


def _variable(name: str, values: npt.NDArray[np.generic], good: npt.NDArray[np.bool_], sampler: str) -> tuple[Array, Array]:
    """Statistics and errors (statistic, period, entity…, scenario) of a variable (draw, year, entity…, scenario)."""
    shape = values.shape
    flat = np.asarray(values, dtype=np.float64).reshape(shape[0], shape[1], -1)
    scenarios = shape[-1]
    found = np.empty((2, len(STATISTICS), shape[1] + 1, flat.shape[2]))
    for period, series in enumerate(_series(name, flat)):
        for k in range(flat.shape[2]):
            use = good[:, k % scenarios]
            column = np.ascontiguousarray(series[:, k])
            found[:, :, period, k] = series_statistics(column if use.all() else column[use], sampler)
    target = (len(STATISTICS), shape[1] + 1, *shape[2:])
    return found[0].reshape(target), found[1].reshape(target)


def summarise(result: xr.Dataset, detail: DetailMoments | None = None, threads: int = 2) -> xr.Dataset:
    """The summary of a run.

    Parameters
    ----------
    result
        A run as ``simengine.run`` gives it or a stored one read back.
    detail
        Moments of the line and scheme variables that are not stored.
    threads
        Threads to use; the numbers do not depend on it.

    Returns
    -------
    One variable per output with dimensions (statistic, period, entity…, scenario), and its standard error under the name with ``_se``.
    """
    sampler, good = str(result.attrs["sampler"]), _good(result)
    names = [str(name) for name in result.data_vars if name in VARIABLES]
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        done = list(pool.map(lambda name: _variable(name, result[name].to_numpy(), good, sampler), names))
    periods = [*map(str, result["year"].to_numpy()), TERM]
    variables: dict[str, tuple[Sequence[str], Array, dict[str, str]]] = {}
    for name, (values, errors) in zip(names, done, strict=True):
        dims = ("statistic", "period", *map(str, result[name].dims[2:]))
        _add(variables, name, dims, values, errors, dict(result[name].attrs))
    if detail is not None:
        for name in detail.values:
            if name not in names:
                dims = ("statistic", "period", *VARIABLES[name].entity, "scenario")
                attributes = dict(result[f"plan_{name}"].attrs)
                attributes["long_name"] = VARIABLES[name].meaning
                values, errors = _spread(detail.values[name]), _spread(detail.errors[name])
                # errors of years do not add: the error of the term is not known from moments by year
                errors[:, -1] = np.nan
                _add(variables, name, dims, values, errors, attributes)
    used = {dimension for dims, _, _ in variables.values() for dimension in dims}
    labels = {dimension: result[dimension] for dimension in used if dimension in result.coords}
    return xr.Dataset(variables, coords={"statistic": list(STATISTICS), "period": periods, **labels}, attrs=_attributes(result))


def _good(result: xr.Dataset) -> npt.NDArray[np.bool_]:
    """Draws that did not fail (draw, scenario)."""
    if "failed" in result:
        return np.asarray(result["failed"].to_numpy() == 0)
    return np.ones((result.sizes["draw"], result.sizes["scenario"]), dtype=bool)


def _add(
    into: dict[str, tuple[Sequence[str], Array, dict[str, str]]],
    name: str,
    dims: tuple[str, ...],
    values: Array,
    errors: Array,
    about: dict[str, str],
) -> None:
    into[name] = (dims, values, about)
    into[f"{name}_se"] = (dims, errors, {**about, "long_name": f"Monte Carlo standard error: {about['long_name']}"})


def _spread(statistics: Mapping[str, Array]) -> Array:
    """Mean and sd (year, entity, scenario) as (statistic, period, entity, scenario); what was not worked out is NaN."""
    some = next(iter(statistics.values()))
    found = np.full((len(STATISTICS), some.shape[0] + 1, *some.shape[1:]), np.nan)
    for name, values in statistics.items():
        found[STATISTICS.index(name), :-1] = values
    found[STATISTICS.index("mean"), -1] = statistics["mean"].sum(axis=0)
    return found


def _attributes(result: xr.Dataset) -> dict[str, str]:
    return {key: result.attrs[key] for key in ("title", "sampler", "simrisk_schema_version") if key in result.attrs}
