"""Tornado and spider: what an output is on average when one driver is low or high, all others as they then are.

From stored draws, conditional on what was sampled: a bar goes from the mean of the output where the driver is in its lowest tenth to that
where it is in its highest tenth, and the driver's values there are stated. Nothing is held at a base value, so there is no base value for
the bars to depend on; drivers that are correlated with the one that is low are low with it, and the bar says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.errors import ParameterError
from simengine.sensitivity_analysis.banded import BANDS, POINTS, Bands, band_of, values_in_bands
from simengine.sensitivity_analysis.driver_table import DriverTable, noise_floor
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Measures, Output
from simengine.sensitivity_analysis.reading import counted
from simengine.sensitivity_analysis.regression import Regressions
from simengine.sensitivity_analysis.stored import StoredDraws

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MEASURES = ("low", "high", "swing")
_LEAST = 1e-12
#: Half widths of the interval of one band that are those of the largest of ten: Student's t at 1 - 0.025 / 10 over that at 0.975.
_OF_TEN = 1.55


class Statistic(NamedTuple):
    """What is shown of the output: ``mean``, ``below`` (the chance of less than ``level``) or ``quantile`` (``level`` from 0 to 1)."""

    name: str = "mean"
    level: float = 0.0

    def text(self) -> str:
        """In words."""
        return {"mean": "mean", "below": f"chance below {self.level:g}", "quantile": f"P{100 * self.level:g}"}[self.name]

    def check(self) -> None:
        """Raises ParameterError for what is none of these."""
        if self.name not in ("mean", "below", "quantile"):
            raise ParameterError([("statistic", "must be mean, below or quantile")])
        if self.name == "quantile" and not 0.0 < self.level < 1.0:
            raise ParameterError([("level", "a quantile lies between 0 and 1")])


class Companion(NamedTuple):
    """Another driver that moves with one, and their rank correlation."""

    name: str
    correlation: float


@dataclass(frozen=True)
class Tornado:
    """Bars and curves.

    Attributes
    ----------
    found
        Measures ``low``, ``high`` (statistic of the output in the lowest and highest band of a driver) and ``swing``, high less low.
    inputs
        Mean, P5 and P95 of the driver in its lowest and highest band, shape (2, point, driver, output).
    shares
        Share of the draws in these bands, a tenth unless values come up again and again, shape (2, driver, output).
    rank
        Place by size of swing from 1, shape (driver, output): drivers whose swings differ by no more than their error share one.
    base, base_half, plan
        The statistic over all draws, the half width of its interval, and the output's plan value (NaN: not known), shape (output,).
    curve, curve_half, curve_inputs
        The spider: the statistic in each band, the half width of its interval, and the driver's mean there, (band, driver, output).
    companions
        For each driver, those that are correlated with it, the closest first.
    """

    found: Measures
    statistic: Statistic
    inputs: Array
    shares: Array
    rank: Ints
    base: Array
    base_half: Array
    plan: Array
    curve: Array
    curve_half: Array
    curve_inputs: Array
    companions: tuple[tuple[Companion, ...], ...]

    def moved_by(self, k: int) -> npt.NDArray[np.bool_]:
        """Drivers in some band of which the output is not what it is over all draws, beyond the error of ten bands, (driver,).

        A driver can do so without a bar: one that is as good low as high.
        """
        apart = np.abs(self.curve[:, :, k] - self.base[k])
        return np.asarray((apart > _OF_TEN * self.curve_half[:, :, k]).any(axis=0) & (self.found.verdict[2, :, k] != NO_VARIATION))


def tornado(
    table: DriverTable,
    outputs: Sequence[Output],
    series: Iterable[Array],
    statistic: Statistic = Statistic(),  # noqa: B008 - a tuple of constants
    plan: Sequence[float] = (),
) -> Tornado:
    """Bars and curves of every driver for outputs given one after another as ``series`` (draw,) over all draws of the run.

    Raises ParameterError for an unknown statistic, ValueError where a draw that counts is not finite in an output.
    """
    statistic.check()
    drivers, count = len(table.names), len(outputs)
    value, half = np.full((2, len(MEASURES), drivers, count), np.nan)
    verdict, rank = np.full((len(MEASURES), drivers, count), NOT_KNOWN, dtype=np.uint8), np.zeros((drivers, count), dtype=np.int64)
    base, curve = np.full((2, count), np.nan), np.full((2, BANDS, drivers, count), np.nan)
    inputs, shares = np.full((2, len(POINTS), drivers, count), np.nan), np.full((2, drivers, count), np.nan)
    of_bands = np.stack([values_in_bands(table, row) for row in range(drivers)], axis=2)
    for k, one in enumerate(series):
        if not table.groups.enough:
            continue
        constant = bool(np.ptp(counted(table, one)) == 0.0)
        bands, means = _bands(table, one, statistic)
        curves, ends = means[:, :drivers], bands.at_ends(means)
        values = np.append(ends, ends[..., 1:] - ends[..., :1], axis=2)
        value[..., k] = values[0, :drivers].T
        half[..., k] = table.groups.jackknife(values[1:, :drivers]).T
        curve[0, ..., k], curve[1, ..., k] = curves[0].T, table.groups.jackknife(curves[1:]).T
        base[:, k] = _base(table, one, statistic)
        floor = float(noise_floor(values[0, drivers:, 2]))
        verdict[..., k] = _verdict(value[2, :, k], half[2, :, k], floor, constant)
        rank[:, k] = shared_ranks(table, value[2, :, k], values[1:, :drivers, 2])
        shares[..., k] = bands.shares[:, :drivers]
        inputs[..., k] = np.stack([of_bands[bands.ends[end, :drivers], :, np.arange(drivers)].T for end in (0, 1)])
    attrs = {"draws": table.groups.draws, "failed": table.groups.failed, "level": 0.95, "statistic": statistic.text(), "conditional": True}
    low, high = value - half, value + half
    if statistic.name == "below":
        low[:2], high[:2] = np.clip(low[:2], 0.0, 1.0), np.clip(high[:2], 0.0, 1.0)
    found = Measures("tornado", MEASURES, table.names, tuple(outputs), value, low, high, verdict, attrs=attrs)
    plans = np.array([*plan] or [np.nan] * count, dtype=np.float64)
    spider = np.broadcast_to(of_bands[:, :1].transpose(0, 2, 1), (BANDS, drivers, count))
    return Tornado(found, statistic, inputs, shares, rank, base[0], base[1], plans, curve[0], curve[1], spider, companions(table))


def stored_tornado(
    stored: StoredDraws,
    outputs: Sequence[Output],
    statistic: Statistic = Statistic(),  # noqa: B008 - as above
) -> list[tuple[Tornado, int]]:
    """Bars and curves of outputs of a stored run: for each, in their order, what holds it, and its place there."""
    found: dict[int, tuple[Tornado, int]] = {}
    for places, table in stored.by_table([one.year for one in outputs]):
        chosen = [outputs[place] for place in places]
        bars = tornado(table, chosen, (stored.series(one) for one in chosen), statistic, [stored.plan(one) for one in chosen])
        found |= {place: (bars, k) for k, place in enumerate(places)}
    return [found[place] for place in range(len(outputs))]


def _verdict(swing: Array, half: Array, floor: float, constant: bool) -> npt.NDArray[np.uint8]:
    if constant:
        return np.full(swing.shape, NO_VARIATION, dtype=np.uint8)
    known = np.where(np.abs(swing) > np.maximum(half, floor), PLAIN, NOT_DISTINGUISHABLE)
    return np.where(np.isnan(swing), NOT_KNOWN, known).astype(np.uint8)


def shared_ranks(table: DriverTable, swing: Array, without: Array) -> Ints:
    """Places by size from 1; those that differ from the first of a place by no more than the error of the difference share it."""
    found, leader, size = np.zeros(len(swing), dtype=np.int64), -1, np.abs(swing)
    for place, driver in enumerate(np.argsort(-np.nan_to_num(size), kind="stable").tolist()):
        if leader >= 0:
            apart = size[leader] - size[driver]
            error = table.groups.jackknife(np.abs(without[:, leader]) - np.abs(without[:, driver]))
        if leader < 0 or not apart <= error + _LEAST * size[leader]:
            leader, shared = driver, place + 1
        found[driver] = shared
    return found


def companions(table: DriverTable) -> tuple[tuple[Companion, ...], ...]:
    """For each driver those correlated with it in ranks, beyond noise."""
    if not table.groups.enough:
        return ((),) * len(table.names)
    found: list[list[Companion]] = [[] for _ in table.names]
    for i, j, value in Regressions(table).correlated():
        found[i].append(Companion(table.names[j], value))
        found[j].append(Companion(table.names[i], value))
    return tuple(tuple(one) for one in found)


def _bands(table: DriverTable, one: Array, statistic: Statistic) -> tuple[Bands, Array]:
    """The bands, and the statistic in each of them with all draws, then without each group, (1 + group, row, band)."""
    if statistic.name == "below":
        bands = Bands.of(table, (one < statistic.level).astype(np.float64))
        return bands, bands.means
    bands = Bands.of(table, one)
    return bands, _quantiles(table, one, statistic.level) if statistic.name == "quantile" else bands.means


def _quantiles(table: DriverTable, one: Array, level: float) -> Array:
    """Quantiles by band with all draws, then without each group, (1 + group, row, band)."""
    y, rows = one[table.groups.order], len(table.places)
    bounds = table.groups.bounds
    group = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    found = np.full((1 + table.groups.count, rows, BANDS), np.nan)
    for row in range(rows):
        band = band_of(table, row)
        for k in range(BANDS):
            own = band == k
            values, groups = y[own], group[own]
            if not values.size:
                continue
            order = np.argsort(values)
            values, groups = values[order], groups[order]
            for left in range(-1, table.groups.count):
                kept = values if left < 0 else values[groups != left]
                if kept.size:
                    found[left + 1, row, k] = _of_sorted(kept, level)
    return found


def _of_sorted(values: Array, level: float) -> float:
    place = level * (len(values) - 1)
    low = int(place)
    return float(values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low]))


def _base(table: DriverTable, one: Array, statistic: Statistic) -> tuple[float, float]:
    """The statistic over all draws, and the half width of its interval."""
    groups = table.groups
    y = one[groups.order]
    if statistic.name == "quantile":
        kept = [y, *(np.delete(y, np.s_[a:b]) for a, b in zip(groups.bounds[:-2], groups.bounds[1:-1], strict=True))]
        values = np.array([np.quantile(part, statistic.level) for part in kept])
    else:
        shown = (y < statistic.level).astype(np.float64) if statistic.name == "below" else y
        total, sizes = groups.sums(shown), groups.sizes
        values = (total.sum() - np.append(0.0, total[:-1])) / (sizes.sum() - np.append(0.0, sizes[:-1]))
    return float(values[0]), float(groups.jackknife(values[1:]))
