"""Measures from stored draws, at no further run of the model: what goes with what, how much of the variance it has.

For every driver and output: rank correlation, partial rank correlation, regression coefficients of values and ranks, first-order index
and delta. Each sees something else. Rank correlation and regression see a monotonic, a linear effect, and are blind to one that goes up and
down again; the first-order index sees what the mean does, delta any change of the distribution. Drivers that are correlated carry
each other's effects in all but the partial and the regression measures.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.sensitivity_analysis.binned import first_order
from simengine.sensitivity_analysis.driver_table import DriverTable, noise_floor
from simengine.sensitivity_analysis.groups import Flags, all_finite
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Measures, Output
from simengine.sensitivity_analysis.reading import Reading, read_output
from simengine.sensitivity_analysis.regression import Fitted, Regressions

Array = npt.NDArray[np.float64]

#: Rank correlation, its partial form, regression coefficients of values and of ranks, first-order index, delta.
MEASURES = ("rank", "prcc", "src", "srrc", "first", "delta")
#: Correlated pairs that are named.
_PAIRS = 6
_SHARES = np.array([name in ("first", "delta") for name in MEASURES])


@dataclass(frozen=True)
class GivenData:
    """What stored draws say.

    Attributes
    ----------
    found
        The measures ``MEASURES`` of every driver and output.
    floor
        What the dummy drivers say that noise is, shape (measure, output): 95 in 100 drivers without effect stay below it.
    explained
        Share of the variance that the regression of values and that of ranks explain, shape (2, output).
    entangled
        Sets of drivers that follow from each other in the draws, and have no partial or regression measure.
    """

    found: Measures
    floor: Array
    explained: Array
    entangled: tuple[tuple[str, ...], ...] = ()


def given_data(table: DriverTable, outputs: Sequence[Output], series: Iterable[Array]) -> GivenData:
    """All measures of the drivers of a table for outputs, given one after another as ``series`` (draw,) over all draws of the run.

    Raises ValueError where a draw that counts is not finite in an output.
    """
    drivers, shape = len(table.names), (len(MEASURES), len(table.names), len(outputs))
    value, half = np.full(shape, np.nan), np.full(shape, np.nan)
    verdict = np.full(shape, NOT_KNOWN, dtype=np.uint8)
    floor, explained = np.full((shape[0], shape[2]), np.nan), np.full((2, shape[2]), np.nan)
    regressions = Regressions(table)
    for k, one in enumerate(series):
        if not table.groups.enough:
            continue
        reading = read_output(table, one)
        if reading is None:
            value[:, :, k], half[:, :, k], verdict[:, :, k] = 0.0, 0.0, NO_VARIATION
            continue
        found, half[:, :, k], explained[:, k] = _measures(regressions, reading)
        value[:, :, k], floor[:, k] = found[:, :drivers], noise_floor(found[:, drivers:])
        # what cannot be below 0 and is found there is noise as well
        size = np.where(_SHARES[:, None], value[:, :, k], np.abs(value[:, :, k]))
        noise = ~(size > np.maximum(half[:, :, k], floor[:, k][:, None]))
        verdict[:, :, k] = np.where(np.isnan(value[:, :, k]), NOT_KNOWN, np.where(noise, NOT_DISTINGUISHABLE, PLAIN))
    entangled = _entangled(regressions)
    low, high = _intervals(value, half)
    notes = tuple(_notes(regressions, entangled))
    attrs: dict[str, Any] = {"draws": table.groups.draws, "failed": table.groups.failed, "level": 0.95}
    measures = Measures("given-data", MEASURES, table.names, tuple(outputs), value, low, high, verdict, "driver", notes, attrs)
    return GivenData(measures, floor, explained, entangled)


def given_arrays(
    x: Array, names: Sequence[str], y: Array, outputs: Sequence[Output], sampler: str, *, good: Flags | None = None, seed: int = 0
) -> GivenData:
    """The same from arrays ``x`` (draw, driver) and ``y`` (draw, output).

    Draws in which an output, or a driver that has values at all, is not finite are left out, with those that are not ``good``.
    """
    kept = all_finite([x[:, np.isfinite(x).any(axis=0)], y])
    if good is not None:
        kept &= good
    table = DriverTable.of(x, names, sampler, kept, seed)
    return given_data(table, outputs, (y[:, k] for k in range(y.shape[1])))


def _measures(regressions: Regressions, reading: Reading) -> tuple[Array, Array, Array]:
    """Values (measure, row), half widths (measure, driver), and what the two regressions explain."""
    groups, drivers = reading.table.groups, len(reading.table.names)
    ranks = regressions.rank_correlations(reading)
    linear, by_rank = regressions.coefficients(reading), regressions.rank_coefficients(ranks)
    fitted: tuple[Fitted, ...] = (ranks, regressions.partial_ranks(ranks), linear, by_rank, first_order(reading))
    alone = reading.distances.T
    values = np.stack([*(one.value for one in fitted), alone.mean(axis=0)])
    halves = [groups.jackknife(one.without[:, :drivers]) for one in fitted]
    halves.append(groups.spread(alone[:, :drivers]))
    return values, np.stack(halves), np.array([linear.explained, by_rank.explained])


def _intervals(value: Array, half: Array) -> tuple[Array, Array]:
    """Ends of intervals inside what a measure can be: -1 to 1 for correlations, 0 to 1 for shares, anything for coefficients.

    An estimate of nought may be below it: it stays in its interval.
    """
    low, high = value - half, value + half
    for name, least in (("rank", -1.0), ("prcc", -1.0), ("first", 0.0), ("delta", 0.0)):
        m = MEASURES.index(name)
        low[m], high[m] = np.minimum(np.clip(low[m], least, 1.0), value[m]), np.maximum(np.clip(high[m], least, 1.0), value[m])
    return low, high


def _entangled(regressions: Regressions) -> tuple[tuple[str, ...], ...]:
    names = regressions.table.names
    sets = regressions.by_rank.entangled() if regressions.groups.enough else []
    return tuple(tuple(names[row] for row in one) for one in sets)


def _notes(regressions: Regressions, entangled: Sequence[Sequence[str]]) -> Iterator[str]:
    """What a reader should know."""
    table = regressions.table
    if not table.groups.enough:
        yield f"{table.groups.draws:,} draws are too few for measures with intervals"
        return
    for names in entangled:
        yield f"{', '.join(names)} follow from each other in these draws: partial and regression measures cannot tell them apart"
    pairs = [f"{table.names[i]} with {table.names[j]} ({value:.2f})" for i, j, value in regressions.correlated()]
    if pairs:
        more = f" and {len(pairs) - _PAIRS} more pairs" if len(pairs) > _PAIRS else ""
        listed = ", ".join(pairs[:_PAIRS])
        yield f"correlated: {listed}{more}; rank correlation, first order and delta of one hold what the other does as well"
    still = [name for name, varies in zip(table.names, table.varies, strict=False) if not varies]
    if still:
        yield f"{', '.join(still)}: the same in all draws, so without effect here"
    if table.absent:
        yield f"{', '.join(table.absent)}: without a value in some draws, left out"


def joined(parts: Sequence[tuple[Sequence[int], GivenData]]) -> GivenData:
    """One result from several: pairs of the places of a part's outputs among all outputs, and the part; drivers absent in one are NaN."""
    names = tuple(dict.fromkeys(name for _, part in parts for name in part.found.units))
    count = sum(len(places) for places, _ in parts)
    arrays = {key: np.full((len(MEASURES), len(names), count), np.nan) for key in ("value", "low", "high")}
    verdict = np.full((len(MEASURES), len(names), count), NOT_KNOWN, dtype=np.uint8)
    floor, explained = np.full((len(MEASURES), count), np.nan), np.full((2, count), np.nan)
    outputs: list[Output] = [Output("")] * count
    for places, part in parts:
        at = np.ix_(range(len(MEASURES)), [names.index(name) for name in part.found.units], places)
        for key, array in arrays.items():
            array[at] = getattr(part.found, key)
        verdict[at] = part.found.verdict
        floor[:, places], explained[:, places] = part.floor, part.explained
        for place, output in zip(places, part.found.outputs, strict=True):
            outputs[place] = output
    notes = tuple(dict.fromkeys(note for _, part in parts for note in part.found.notes))
    attrs = parts[0][1].found.attrs
    value, low, high = arrays.values()
    found = Measures("given-data", MEASURES, names, tuple(outputs), value, low, high, verdict, notes=notes, attrs=attrs)
    return GivenData(found, floor, explained, tuple(dict.fromkeys(one for _, part in parts for one in part.entangled)))
