"""The summary of outputs whose draws were counted but not kept (``engine.series_counts``), in the form of ``statistics.summary``.

From the sums, exact but for rounding: mean, standard deviation and the errors of both. From the counts: the rest, as ``sketched`` says.
The conventions are those of ``series`` and ``summary``: what is not known is NaN, a series in which a draw that did not fail is not finite
has no statistics, one that does not vary is certain, a chance that was never (or always) seen has the error of one draw in the whole run.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.engine.moments import BATCH, BATCH_SQUARES, BATCH_SUM, COUNT, REPLICATE, REPLICATES, SQUARES, SUM
from simengine.engine.series import DIFFERENCE, FLAG, Path, SeriesLayout
from simengine.engine.series_counts import BATCH_Q, BATCH_QD, BATCH_QQ, FAILED, SQUARE_REPLICATE
from simengine.engine.sketch import DRAWS, LEFT_OUT, Sketch
from simengine.results.frame import Frame, Series
from simengine.schema import FLAGS, VARIABLES
from simengine.statistics.series import STATISTICS
from simengine.statistics.sketched import sketched_statistics

Array = npt.NDArray[np.float64]

_MEAN, _SD, _BELOW, _ABOVE = (STATISTICS.index(name) for name in ("mean", "sd", "p_below_zero", "p_above_zero"))
_CHANCES = [_BELOW, _ABOVE]
_ENDS = [STATISTICS.index("value_at_risk"), STATISTICS.index("expected_shortfall")]


def counted_statistics(series: SeriesLayout, sketch: Sketch, sums: Array, sampler: str, exact: Array | None = None) -> tuple[Array, Array]:
    """Statistics of every series and their standard errors, shape (statistic, series), in the order of ``STATISTICS``.

    Parameters
    ----------
    series, sketch, sums
        Which series there are, their counts and their sums over all blocks, shape (series, ``SUM_COLUMNS``).
    sampler
        The design of the draws.
    exact
        Statistics that are known exactly, shape (statistic, series), NaN where they are not (``second_pass``). Errors stay those of counts.
    """
    draws = int(sketch.used[DRAWS])
    good = draws - sums[:, FAILED]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        values, errors = sketched_statistics(sketch, series.plan)
        shift = sums[:, SUM] / sums[:, COUNT]
        values[_MEAN] = series.plan + shift
        values[_SD] = np.sqrt(np.maximum(sums[:, SQUARES] - sums[:, SUM] * shift, 0.0) / (sums[:, COUNT] - 1.0))
        of_square = (_by_replicate if sampler == "sobol" else _by_batch)(sketch, sums, shift, draws)
        errors[_MEAN], errors[_SD] = of_square[0], np.where(values[_SD] > 0.0, of_square[1] / (2.0 * values[_SD]), np.nan)
    if draws < (REPLICATES if sampler == "sobol" else 2 * BATCH):
        errors[:] = np.nan
    sure = (values[_CHANCES] == 0.0) | (values[_CHANCES] == 1.0)
    one_draw = 1.0 / np.maximum(good, 1.0)
    errors[_CHANCES] = np.where(sure, np.fmax(errors[_CHANCES], one_draw), errors[_CHANCES])
    constant = sketch.extreme[:, 0] == sketch.extreme[:, 1]
    for at in np.flatnonzero(constant):
        values[:, at], errors[:, at] = _constant(float(sketch.extreme[at, 0]), int(good[at]))
    unknown = (sums[:, COUNT] < good) | (good == 0.0)
    values[:, unknown] = errors[:, unknown] = np.nan
    return (values if exact is None else np.where(np.isnan(exact), values, exact)), errors


def _by_replicate(sketch: Sketch, sums: Array, shift: Array, draws: int) -> tuple[Array, Array]:
    """Errors of the means of x and of its squared deviation from the mean, from the replicates; one without a draw is left out."""
    offered = draws // REPLICATES + (np.arange(REPLICATES) < draws % REPLICATES)
    size = offered - sketch.tallies[:, LEFT_OUT]
    x = sums[:, REPLICATE : REPLICATE + REPLICATES] / size
    # Σ (d - m)² from Σ d and Σ d²
    square = sums[:, SQUARE_REPLICATE : SQUARE_REPLICATE + REPLICATES] / size + shift[:, None] * (shift[:, None] - 2.0 * x)
    groups = (size > 0).sum(axis=1)
    found = []
    for means in (x, square):
        apart = means - np.where(size > 0, means, 0.0).sum(axis=1, keepdims=True) / groups[:, None]
        found.append(np.sqrt(np.where(size > 0, apart * apart, 0.0).sum(axis=1) / (groups - 1.0) / groups))
    return found[0], found[1]


def _by_batch(sketch: Sketch, sums: Array, shift: Array, draws: int) -> tuple[Array, Array]:
    """As ``_by_replicate``, from whole batches of draws."""
    batches = float(draws // BATCH)
    d, dd, q, qq, qd = (sums[:, k] for k in (BATCH_SUM, BATCH_SQUARES, BATCH_Q, BATCH_QQ, BATCH_QD))
    twice = 2.0 * shift
    squares = (dd, qq - 2.0 * twice * qd + twice * twice * dd)
    totals = (d, q - twice * d)
    spreads = [np.maximum(two - one * one / batches, 0.0) / (batches - 1.0) for one, two in zip(totals, squares, strict=True)]
    return np.sqrt(spreads[0] / batches) / BATCH, np.sqrt(spreads[1] / batches) / BATCH


def _constant(value: float, good: int) -> tuple[Array, Array]:
    """Statistics of a series that does not vary: certain, but for a single draw, which says nothing of its spread."""
    found = np.full(len(STATISTICS), value if good > 0 else np.nan)
    if good > 0:
        found[_SD], found[_BELOW], found[_ABOVE] = 0.0 if good > 1 else np.nan, float(value < 0.0), float(value > 0.0)
        found[_ENDS] = -value
    return found, np.full(len(STATISTICS), 0.0 if good > 1 else np.nan)


def counted_summary(
    series: SeriesLayout, sketch: Sketch, sums: Array, sampler: str, like: Frame, exact: Array | None = None
) -> dict[str, Series]:
    """The summary of the variables of which the series are, exactly as ``statistics.summary.summarise`` gives it of their draws.

    Parameters
    ----------
    series, sketch, sums, sampler, exact
        As for ``counted_statistics``.
    like
        A frame with the ``plan_`` variables of the run, whose dimensions and units are taken.

    Returns
    -------
    By name, each variable (statistic, period, entity…, scenario) and its standard error under the name with ``_se``, in the order of the
    layout; then the differences from the base.
    """
    found: dict[str, Series] = {}
    values, errors = counted_statistics(series, sketch, sums, sampler, exact)
    good = (int(sketch.used[DRAWS]) - sums[:, FAILED]).astype(np.int64)
    by_scenario = {path.scenario: int(good[path.first]) for path in series.paths if path.kind != DIFFERENCE}
    for name, is_difference in [(name, False) for name in series.names] + [(name, True) for name in series.compared]:
        shape = (2, len(STATISTICS), series.layout.years + 1, *series.layout.rows(name).shape[1:], series.scenarios)
        made = np.full(shape, np.nan)
        if not is_difference:
            for scenario in range(series.scenarios):
                # what no party has, and so no series: 0 in every draw
                made[..., scenario] = _nothing(name in FLAGS, by_scenario.get(scenario, 0), made[..., scenario])
        for path in series.paths:
            if path.name == name and (path.kind == DIFFERENCE) == is_difference:
                at: tuple[Any, ...] = (..., *path.place, path.scenario)
                made[at] = _path(path, values, errors, int(good[path.first]))
        about = {**like[f"plan_{name}"].attrs, "long_name": VARIABLES[name].meaning}
        about["long_name"] += ": difference from the base on the same draws" if is_difference else ""
        dims, label = ("statistic", "period", *VARIABLES[name].entity, "scenario"), f"{name}_difference" if is_difference else name
        found[label] = Series(dims, made[0], about)
        found[f"{label}_se"] = Series(dims, made[1], {**about, "long_name": f"Monte Carlo standard error: {about['long_name']}"})
    return found


def _path(path: Path, values: Array, errors: Array, good: int) -> Array:
    """Statistics and errors (2, statistic, period) of a path: of its years, then of the term."""
    years, kept = len(path.rows), slice(path.first, path.first + path.count)
    found = np.stack([values[:, kept], errors[:, kept]])
    if path.kind != FLAG:
        return found
    found[1, _CHANCES] = np.maximum(found[1, _CHANCES], 1.0 / max(good, 1))
    # of the term only the chances that the flag was above and below zero in any year
    term = np.full((2, len(STATISTICS)), np.nan)
    term[:, _ABOVE], term[:, _BELOW] = found[:, _ABOVE, years], found[:, _ABOVE, years + 1]
    return np.concatenate([found[:, :, :years], term[:, :, np.newaxis]], axis=2)


def _nothing(flag: bool, good: int, shape: Array) -> Array:
    """Statistics and errors of amounts that are 0 in every draw, in the shape (2, statistic, period, entity…) of an array."""
    one = np.stack(_constant(0.0, good))
    periods = np.repeat(one[:, :, np.newaxis], shape.shape[2], axis=2)
    if flag:
        periods[1, _CHANCES] = np.maximum(periods[1, _CHANCES], 1.0 / max(good, 1))
        periods[:, [k for k in range(len(STATISTICS)) if k not in _CHANCES], -1] = np.nan
    return np.broadcast_to(periods.reshape(*periods.shape, *(1,) * (shape.ndim - 3)), shape.shape)
