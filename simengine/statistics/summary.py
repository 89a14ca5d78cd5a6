"""The summary of a run: mean, spread, quantiles and tail risk of every output, each with its standard error (MODEL.md section 7).

Value at risk is the loss at the 5 % quantile (-q05), expected shortfall the mean loss of the worst 5 % of draws: both positive for a loss.
The period ``term`` is the sum over the years; of a flag only the chance that it held in any year.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from simengine.engine.moments import BATCH, BATCH_SQUARES, BATCH_SUM, COUNT, REPLICATE, REPLICATES, SQUARES, SUM
from simengine.schema import FLAGS, VARIABLES
from simengine.statistics.standard_error import standard_error

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}
STATISTICS = ("mean", "sd", *QUANTILES, "p_below_zero", "p_above_zero", "value_at_risk", "expected_shortfall")
TAIL = 0.05
TERM = "term"
#: Variables that are also compared draw by draw with the base, under the name with ``_difference``, where there are scenarios.
COMPARED = ("net_saving", "net_position", "party_position")
_CHANCES = [STATISTICS.index("p_below_zero"), STATISTICS.index("p_above_zero")]


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
        # draws that failed are not in the count of a row; rows that no failure reaches have all of them
        draws = count.max(initial=0.0)
        if sampler == "sobol":
            per_replicate = np.floor(draws / REPLICATES) + (np.arange(REPLICATES) < draws % REPLICATES)
            means = moments[:, REPLICATE : REPLICATE + REPLICATES] / per_replicate
            error = means.std(axis=1, ddof=1) / np.sqrt(REPLICATES)
        else:
            batches = np.floor(draws / BATCH)
            spread = np.maximum(moments[:, BATCH_SQUARES] - moments[:, BATCH_SUM] ** 2 / batches, 0.0) / (batches - 1.0)
            error = np.sqrt(spread / batches) / BATCH
    unknown = np.full(count.shape, np.nan)
    return {"mean": plan + shift, "sd": np.sqrt(variance)}, {"mean": error, "sd": unknown}


def _probability(indicator: Flags, sampler: str, good: Flags | None, count: int) -> tuple[float, float]:
    """A probability and its error; one that was never (or always) seen still has the error of one draw in the whole run."""
    value = float(indicator.sum() if good is None else indicator[good].sum()) / count
    error = standard_error(indicator, sampler, good)
    return value, max(1.0 / count, error) if value in (0.0, 1.0) else error


def _quantile(ordered: Array, values: Array, level: float, sampler: str, good: Flags | None) -> tuple[float, float]:
    """A quantile and its error, through the error of the distribution function there."""
    value = float(np.quantile(ordered, level))
    below = standard_error(values <= value, sampler, good)
    if not np.isfinite(below):
        return value, np.nan
    low, high = np.quantile(ordered, [max(level - below, 0.0), min(level + below, 1.0)])
    return value, float(high - low) / 2.0


def series_statistics(values: Array, sampler: str, good: Flags | None = None) -> tuple[Array, Array]:
    """Every statistic of one series of draws, and its standard error, in the order of ``STATISTICS``.

    ``good`` marks the draws that count, by default all; these must be finite.
    """
    chosen = values if good is None else values[good]
    if chosen.size == 0:
        return np.full(len(STATISTICS), np.nan), np.full(len(STATISTICS), np.nan)
    if chosen.min() == chosen.max():
        return _constant(float(chosen[0]), chosen.size)
    centre = float(chosen[0])
    shifted = values - centre
    mean = float((shifted if good is None else shifted[good]).mean())
    squares = (shifted - mean) ** 2
    sd = float(np.sqrt((squares if good is None else squares[good]).sum() / (chosen.size - 1)))
    ordered = np.sort(chosen)
    found: list[tuple[float, float]] = [
        (centre + mean, standard_error(shifted, sampler, good)),
        (sd, standard_error(squares, sampler, good) / (2.0 * sd)),
        *(_quantile(ordered, values, level, sampler, good) for level in QUANTILES.values()),
        _probability(values < 0.0, sampler, good, chosen.size),
        _probability(values > 0.0, sampler, good, chosen.size),
    ]
    low, low_error = found[2]
    excess = np.minimum(values - low, 0.0)
    shortfall = -(low + float((excess if good is None else excess[good]).mean()) / TAIL)
    found.extend([(-low, low_error), (shortfall, standard_error(excess, sampler, good) / TAIL)])
    return np.array([value for value, _ in found]), np.array([error for _, error in found])


def _constant(value: float, count: int) -> tuple[Array, Array]:
    """Statistics of a series that does not vary: certain, but for a single draw, which says nothing of its spread."""
    found = [value, 0.0 if count > 1 else np.nan, *[value] * len(QUANTILES), float(value < 0.0), float(value > 0.0), -value, -value]
    return np.array(found), np.full(len(found), 0.0 if count > 1 else np.nan)


def _flag_statistics(values: Array, sampler: str, good: Flags | None = None) -> tuple[Array, Array]:
    """Statistics of a flag: as of any series, but what was never seen is not certain never to be."""
    found, errors = series_statistics(values, sampler, good)
    errors[_CHANCES] = np.maximum(errors[_CHANCES], 1.0 / (values.size if good is None else max(int(good.sum()), 1)))
    return found, errors


def _flag_of_term(values: Array, sampler: str, good: Flags | None) -> tuple[Array, Array]:
    """The chances that a flag (draw, year) was above and below zero in any year; no other statistic of it has a meaning."""
    found = np.full((2, len(STATISTICS)), np.nan)
    for statistic, ever in (("p_below_zero", (values < 0.0).any(axis=1)), ("p_above_zero", (values > 0.0).any(axis=1))):
        k = STATISTICS.index(statistic)
        at = STATISTICS.index("p_above_zero")
        value, error = _flag_statistics(np.asarray(ever, dtype=np.float64), sampler, good)
        found[:, k] = value[at], error[at]
    return found[0], found[1]


def _variable(name: str, values: npt.NDArray[np.generic], good: Flags, sampler: str) -> tuple[Array, Array]:
    """Statistics and errors (statistic, period, entity…, scenario) of a variable (draw, year, entity…, scenario)."""
    shape = values.shape
    years, scenarios = shape[1], shape[-1]
    flat = np.asarray(values, dtype=np.float64).reshape(shape[0], years, -1)
    total = None if name in FLAGS else flat.sum(axis=1)
    found = np.empty((2, len(STATISTICS), years + 1, flat.shape[2]))
    for k in range(flat.shape[2]):
        use = good[:, k % scenarios]
        counted = None if use.all() else use
        for year in range(years):
            column = np.ascontiguousarray(flat[:, year, k])
            found[:, :, year, k] = (_flag_statistics if name in FLAGS else series_statistics)(column, sampler, counted)
        if total is None:
            found[:, :, years, k] = _flag_of_term(flat[:, :, k], sampler, counted)
        else:
            found[:, :, years, k] = series_statistics(np.ascontiguousarray(total[:, k]), sampler, counted)
    target = (len(STATISTICS), years + 1, *shape[2:])
    return found[0].reshape(target), found[1].reshape(target)


def _difference(name: str, values: Array, good: Flags, sampler: str) -> tuple[Array, Array]:
    """Statistics of the draw-by-draw difference of every scenario from the base; not a number for the base itself."""
    both = good & good[:, :1]
    found, errors = _variable(name, values - values[..., :1], both, sampler)
    found[..., 0] = errors[..., 0] = np.nan
    return found, errors


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
    for name in (name for name in COMPARED if name in names and result.sizes["scenario"] > 1):
        dims = ("statistic", "period", *map(str, result[name].dims[2:]))
        about = dict(result[name].attrs)
        about["long_name"] += ": difference from the base on the same draws"
        values, errors = _difference(name, result[name].to_numpy(), good, sampler)
        _add(variables, f"{name}_difference", dims, values, errors, about)
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


def _good(result: xr.Dataset) -> Flags:
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
