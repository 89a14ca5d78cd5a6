"""What follows the hot loop: the statistics of the summary, and the file, each against the plain way with NumPy."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.harness import Contender, Phase, interleave
from benchmarks.loop_phases import ENGINE
from benchmarks.statistics_twin import contenders
from benchmarks.twin_reading import Floats
from simengine import api
from simengine.engine.plan import Prepared
from simengine.engine.simulate import Settings
from simengine.results.store import SUMMARY_GROUP, read_result, write_result
from simengine.results.tables import TABLES_GROUP
from simengine.schema import VARIABLES

_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_TAIL = 0.05
#: Contenders of ``statistics_twin``.
_SORTED, _SELECTED = "numpy quantile + sort", "selection"


class ResultSide:
    """A run of a study that is kept, with its summary."""

    def __init__(self, prepared: Prepared, draws: int) -> None:
        self.draws = draws
        self.done = api.complete(prepared, Settings(draws, 1, "random", 1), "positions")
        self.summary = api.summarise(self.done.frame, self.done.detail, 1)
        self.kept = api.to_store(self.done.frame, "positions", "benchmark")

    def arrays(self) -> list[Floats]:
        """The outputs, each (draw, year, entity…, scenario)."""
        return [self.done.frame[name].to_numpy() for name in self.done.frame.data_vars if name in VARIABLES]

    def summarise(self) -> object:
        """The summary once more, on one thread."""
        return api.summarise(self.done.frame, self.done.detail, 1)

    def write(self, path: Path) -> None:
        """The result file, as ``simrisk run`` writes it."""
        write_result(path, self.kept, {SUMMARY_GROUP: self.summary, TABLES_GROUP: self.done.coefficients}, digested=True)


def numpy_statistics(arrays: Iterable[Floats]) -> Floats:
    """Mean, spread, five quantiles, chances and expected shortfall of every series and of its sum over years; no standard errors."""
    found = []
    for values in arrays:
        flat = np.moveaxis(values, 0, -1).reshape(values.shape[1], -1, values.shape[0])
        for series in (*flat.reshape(-1, flat.shape[-1]), *flat.sum(axis=0)):
            ordered = np.sort(series)
            tail = ordered[: max(int(_TAIL * ordered.size), 1)].mean()
            found.append(
                [series.mean(), series.std(ddof=1), *np.quantile(series, _LEVELS), (series < 0.0).mean(), (series > 0.0).mean(), -tail]
            )
    return np.array(found)


def statistics(side: ResultSide, rounds: int) -> Phase:
    """The summary of a run that is there, one thread; NumPy without standard errors, and without the line variables' moments."""
    arrays = side.arrays()
    found = {
        ENGINE: Contender(side.summarise, side.draws),
        "numpy quantile and sort": Contender(lambda: numpy_statistics(arrays), side.draws),
    }
    series = sum(values[0].size for values in arrays)
    return Phase("statistics", interleave(found, rounds), (("numpy quantile and sort", ENGINE),), per_draw=series, unit="value")


def quantiles(side: ResultSide, rounds: int) -> Phase:
    """Five exact quantiles and the mean beyond the first, of the system's positions: by selection, and from sorted draws."""
    values = np.ascontiguousarray(np.moveaxis(side.done.frame["net_position"].to_numpy(), 0, -1).reshape(-1, side.draws))
    found = {name: Contender(run, side.draws) for name, run in contenders(values).items() if name in (_SORTED, _SELECTED)}
    return Phase("quantiles", interleave(found, rounds), ((_SORTED, _SELECTED),), per_draw=len(values), unit="value")


def store(side: ResultSide, rounds: int, folder: Path) -> Phase:
    """Writing the result to the disk and reading all of it back, against the same numbers in one plain file, by the clock on the wall."""
    result, plain, arrays = folder / "result.nc", folder / "plain.bin", [np.ascontiguousarray(values) for values in side.arrays()]
    found = {
        "write": Contender(lambda: side.write(result), side.draws),
        "plain write": Contender(lambda: _write_plain(plain, arrays), side.draws),
        "read": Contender(lambda: _read(result), side.draws),
        "plain read": Contender(lambda: np.fromfile(plain), side.draws),
    }
    timings = interleave(found, rounds, "wall")
    size = result.stat().st_size / 2**20
    notes = (f"the file has {size:,.0f} MiB",)
    values = sum(values[0].size for values in arrays)
    return Phase("store", timings, (("plain write", "write"), ("plain read", "read")), per_draw=values, unit="value", notes=notes)


def _write_plain(path: Path, arrays: list[Floats]) -> None:
    with path.open("wb") as file:
        for values in arrays:
            values.tofile(file)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> None:
    """Every number of a result and of its summary."""
    for part in read_result(path):
        with part:
            _load(part)


def _load(part: xr.Dataset) -> None:
    for name in part.data_vars:
        part[name].to_numpy()
