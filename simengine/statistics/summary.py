"""The summary of a run: mean, spread, quantiles and tail risk of every output, each with its standard error (MODEL.md section 7).

The period ``term`` is the sum over the years; of a flag only the chance that it held in any year.
"""

import json
import queue
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from simengine.engine.moments import BATCH, BATCH_SQUARES, BATCH_SUM, COUNT, REPLICATE, REPLICATES, SQUARES, SUM
from simengine.engine.series import COMPARED
from simengine.results.frame import Frame, Series, as_frame, like
from simengine.schema import FLAGS, POSITION_VARIABLES, VARIABLES
from simengine.statistics.series import STATISTICS, Found, SeriesStatistics

if TYPE_CHECKING:
    import xarray as xr

_D = TypeVar("_D", Frame, "xr.Dataset")
Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TERM = "term"
#: Variables that are read before those under way are done.
_AHEAD = 2
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


def _flag_statistics(series: SeriesStatistics, values: Array, good: Flags | None = None) -> Found:
    """Statistics of a flag: as of any series, but what was never seen is not certain never to be."""
    found, errors = series.statistics(values, good)
    errors[_CHANCES] = np.maximum(errors[_CHANCES], 1.0 / (values.size if good is None else max(int(good.sum()), 1)))
    return found, errors


def _flag_of_term(series: SeriesStatistics, values: npt.NDArray[Any], good: Flags | None) -> Found:
    """The chances that a flag (draw, year) was above and below zero in any year; no other statistic of it has a meaning."""
    found = np.full((2, len(STATISTICS)), np.nan)
    for statistic, ever in (("p_below_zero", (values < 0.0).any(axis=1)), ("p_above_zero", (values > 0.0).any(axis=1))):
        at = STATISTICS.index("p_above_zero")
        value, error = _flag_statistics(series, np.asarray(ever, dtype=np.float64), good)
        found[:, STATISTICS.index(statistic)] = value[at], error[at]
    return found[0], found[1]


def _along(place: tuple[int, ...]) -> Any:
    """Index of everything along the first two dimensions at one place of the others."""
    return (slice(None), slice(None), *place)


def _column(values: npt.NDArray[Any]) -> Array:
    """A series with its draws one after another."""
    return np.ascontiguousarray(values, dtype=np.float64)


@dataclass(frozen=True)
class _Variable:
    """A variable of draws (draw, year, entity…, scenario) whose statistics are wanted."""

    values: npt.NDArray[Any]
    good: Flags  # (draw, scenario)
    flag: bool

    def places(self) -> Iterator[tuple[int, ...]]:
        """Entity and scenario of each of its paths over the years."""
        return np.ndindex(self.values.shape[2:])

    def path(self, series: SeriesStatistics, place: tuple[int, ...]) -> tuple[Array, Array]:
        """Statistics and errors (statistic, period) of one path: by year, then of the term."""
        use, years = self.good[:, place[-1]], self.values.shape[1]
        counted = None if use.all() else use
        path = self.values[_along(place)]
        columns = (_column(path[:, year]) for year in range(years))
        if self.flag:
            found = [_flag_statistics(series, column, counted) for column in columns]
            found.append(_flag_of_term(series, path, counted))
        else:
            total, found = np.zeros(path.shape[0]), []
            for column in columns:
                found.append(series.statistics(column, counted))
                total += column
            found.append(series.statistics(total, counted))
        return np.stack([values for values, _ in found], axis=-1), np.stack([errors for _, errors in found], axis=-1)


def _statistics(variables: Iterable[_Variable], draws: int, sampler: str, threads: int) -> Iterator[Found]:
    """Statistics and errors (statistic, period, entity…, scenario) of every variable; the threads take path after path.

    Of variables that are still in a file only those under way are in memory.
    """
    work: queue.SimpleQueue[SeriesStatistics] = queue.SimpleQueue()

    def path(variable: _Variable, place: tuple[int, ...]) -> Found:
        series = work.get()
        try:
            return variable.path(series, place)
        finally:
            work.put(series)

    for _ in range(threads):
        work.put(SeriesStatistics(draws, sampler))
    waiting: deque[tuple[_Variable, list[tuple[tuple[int, ...], Future[Found]]]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for variable in variables:
            waiting.append((variable, [(place, pool.submit(path, variable, place)) for place in variable.places()]))
            if len(waiting) > _AHEAD:
                yield _together(*waiting.popleft())
        while waiting:
            yield _together(*waiting.popleft())


def _together(variable: _Variable, paths: Sequence[tuple[tuple[int, ...], Future[Found]]]) -> Found:
    """Arrays (statistic, period, entity…, scenario) of the paths of a variable: its years, and the term."""
    years, *places = variable.values.shape[1:]
    values, errors = np.empty((2, len(STATISTICS), years + 1, *places))
    for place, future in paths:
        values[_along(place)], errors[_along(place)] = future.result()
    return values, errors


def _difference(variable: _Variable) -> _Variable:
    """The draw-by-draw difference of every scenario from the base."""
    values = np.asarray(variable.values, dtype=np.float64)
    return _Variable(values - values[..., :1], variable.good & variable.good[:, :1], flag=False)


def summarise(result: _D, detail: DetailMoments | None = None, threads: int = 2, counted: Mapping[str, Series] | None = None) -> _D:
    """The summary of a run.

    Parameters
    ----------
    result
        A run as ``simengine.run`` gives it or a stored one read back, or the frame of one.
    detail
        Moments of the line and scheme variables that are not stored.
    threads
        Threads to use; the numbers do not depend on it.
    counted
        Statistics of variables whose draws were only counted (``statistics.streamed``), to be part of the summary.

    Returns
    -------
    One variable per output with dimensions (statistic, period, entity…, scenario), and its standard error under the name with ``_se``: a
    dataset of xarray, or a frame where that was given.
    """
    return like(result, _summary(as_frame(result), detail, threads, counted or {}))


def _summary(result: Frame, detail: DetailMoments | None, threads: int, counted: Mapping[str, Series]) -> Frame:
    found = {**_exact(result, threads), **counted}
    if detail is not None:
        found |= {name: one for name, one in _of_moments(result, detail).items() if name not in found}
    variables = _ordered(found, [name for name in result.data_vars if name in VARIABLES])
    used = dict.fromkeys(dimension for one in variables.values() for dimension in one.dims)
    labels = {dimension: result.coords[dimension] for dimension in used if dimension in result.coords}
    own = {"statistic": STATISTICS, "period": (*result.labels("year"), TERM)}
    coordinates = {name: Series((name,), np.array(texts)) for name, texts in own.items()}
    names = [name for name in counted if name in VARIABLES]
    return Frame(variables, {**coordinates, **labels}, _attributes(result) | ({"counted": json.dumps(names)} if names else {}))


def _exact(result: Frame, threads: int) -> dict[str, Series]:
    """Statistics of the variables whose draws are at hand."""
    names = [name for name in result.data_vars if name in VARIABLES]
    if not names:
        return {}
    sampler, good = str(result.attrs["sampler"]), _good(result)
    compared = [name for name in COMPARED if name in names and result.sizes["scenario"] > 1]

    def drawn() -> Iterator[_Variable]:
        for name in names:
            yield _Variable(result[name].to_numpy(), good, name in FLAGS)
        for name in compared:
            yield _difference(_Variable(result[name].to_numpy(), good, flag=False))

    variables: dict[str, Series] = {}
    done = _statistics(drawn(), good.shape[0], sampler, max(threads, 1))
    for k, (name, (values, errors)) in enumerate(zip([*names, *compared], done, strict=True)):
        dims, about = ("statistic", "period", *result[name].dims[2:]), dict(result[name].attrs)
        if k < len(names):
            _add(variables, name, dims, values, errors, about)
        else:
            # not a number for the base itself
            values[..., 0] = errors[..., 0] = np.nan
            about["long_name"] += ": difference from the base on the same draws"
            _add(variables, f"{name}_difference", dims, values, errors, about)
    return variables


def _of_moments(result: Frame, detail: DetailMoments) -> dict[str, Series]:
    """Means and spreads of variables of which only sums were kept."""
    variables: dict[str, Series] = {}
    for name in detail.values:
        about = {**result[f"plan_{name}"].attrs, "long_name": VARIABLES[name].meaning}
        values, errors = _spread(detail.values[name]), _spread(detail.errors[name])
        # errors of years do not add: the error of the term is not known from moments by year
        errors[:, -1] = np.nan
        _add(variables, name, ("statistic", "period", *VARIABLES[name].entity, "scenario"), values, errors, about)
    return variables


def _ordered(found: Mapping[str, Series], stored: Sequence[str]) -> dict[str, Series]:
    """Outputs as ``schema`` lists them, differences, then what was only summed, each with its error behind it."""
    drawn = [name for name in VARIABLES if name in found and (name in POSITION_VARIABLES or name in stored)]
    differences = [f"{name}_difference" for name in COMPARED if f"{name}_difference" in found]
    rest = [name for name in VARIABLES if name in found and name not in drawn]
    return {key: found[key] for name in (*drawn, *differences, *rest) for key in (name, f"{name}_se")}


def _good(result: Frame) -> Flags:
    """Draws that did not fail (draw, scenario)."""
    if "failed" in result:
        return np.asarray(result["failed"].to_numpy() == 0)
    return np.ones((result.sizes["draw"], result.sizes["scenario"]), dtype=bool)


def _add(
    into: dict[str, Series],
    name: str,
    dims: tuple[str, ...],
    values: Array,
    errors: Array,
    about: dict[str, str],
) -> None:
    into[name] = Series(dims, values, about)
    into[f"{name}_se"] = Series(dims, errors, {**about, "long_name": f"Monte Carlo standard error: {about['long_name']}"})


def _spread(statistics: Mapping[str, Array]) -> Array:
    """Mean and sd (year, entity, scenario) as (statistic, period, entity, scenario); what was not worked out is NaN."""
    some = next(iter(statistics.values()))
    found = np.full((len(STATISTICS), some.shape[0] + 1, *some.shape[1:]), np.nan)
    for name, values in statistics.items():
        found[STATISTICS.index(name), :-1] = values
    found[STATISTICS.index("mean"), -1] = statistics["mean"].sum(axis=0)
    return found


def _attributes(result: Frame) -> dict[str, str]:
    return {key: result.attrs[key] for key in ("title", "sampler", "simrisk_schema_version") if key in result.attrs}
