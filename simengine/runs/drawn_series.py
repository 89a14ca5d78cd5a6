"""Series of a stored run, one at a time: how their statistics settle as draws are added, their chances, and their risk against the plan."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.errors import ResultError
from simengine.jit import Floats
from simengine.results.frame import Frame
from simengine.schema import VARIABLES
from simengine.statistics.convergence import FOLLOWED, Step, convergence
from simengine.statistics.series import STATISTICS, SeriesStatistics
from simengine.statistics.summary import TERM

Flags = npt.NDArray[np.bool_]
#: What is shown unless other outputs are named.
SHOWN = ("net_position", "party_position")
_RISKS = ("value_at_risk", "expected_shortfall")


@dataclass(frozen=True)
class Drawn:
    """One series: an output of an entity in a period, its draws (draw,), which of them count, and what was planned; in the currency."""

    name: str
    entity: tuple[tuple[str, str], ...]
    scenario: str
    period: str
    values: Floats
    good: Flags
    plan: float

    @property
    def title(self) -> str:
        """The output and entity in words."""
        return self.name.replace("_", " ") + (f": {', '.join(label for _, label in self.entity)}" if self.entity else "")


@dataclass(frozen=True)
class Risk:
    """Value at risk and expected shortfall of a series, its chance of less than planned, and both risks against plan, with errors.

    Against plan is how much less than planned: the plan is a constant, so that the error is the same.
    """

    drawn: Drawn
    value_at_risk: tuple[float, float]
    expected_shortfall: tuple[float, float]
    below_plan: tuple[float, float]

    def rows(self) -> Iterator[tuple[str, float, float]]:
        """Name, value and standard error of each."""
        for name, (value, error) in ((name, getattr(self, name)) for name in _RISKS):
            yield name, value, error
            yield f"{name}_against_plan", value + self.drawn.plan, error
        yield ("p_below_plan", *self.below_plan)


def drawn_series(
    run: Frame, name: str, scenario: str = "base", period: str = TERM, entity: Sequence[tuple[str, str]] | None = None
) -> Iterator[Drawn]:
    """The series of an output, of every entity or of one.

    Raises ResultError where the run does not hold the draws of the output.
    """
    if name not in run or "draw" not in run[name].dims:
        held = [one for one in VARIABLES if one in run and "draw" in run[one].dims]
        msg = f"the draws of {name} are not in this result, which holds those of {', '.join(held) or 'none'}: run it with --store"
        raise ResultError(msg)
    at = run.labels("scenario").index(scenario)
    values, plan = run[name].to_numpy()[..., at], run[f"plan_{name}"].to_numpy()
    failed = run["failed"].to_numpy()[:, at] != 0 if "failed" in run else np.zeros(len(values), dtype=bool)
    years = slice(None) if period == TERM else slice(run.labels("year").index(period), run.labels("year").index(period) + 1)
    dims = VARIABLES[name].entity
    labels = [run.labels(dim) for dim in dims]
    for place in np.ndindex(*(len(one) for one in labels)):
        own = tuple((dim, labels[k][place[k]]) for k, dim in enumerate(dims))
        if entity is None or own == tuple(entity):
            series = np.asarray(values[(slice(None), years, *place)], dtype=np.float64)
            planned = float(np.asarray(plan[(years, *place)], dtype=np.float64).sum())
            yield Drawn(name, own, scenario, period, np.ascontiguousarray(series.sum(axis=1)), ~failed, planned)


def varies(one: Drawn) -> bool:
    """Whether the series has more than one value."""
    known = one.values[one.good]
    return bool(known.size and np.ptp(known) > 0.0)


def converging(one: Drawn, sampler: str, statistics: Sequence[str] = FOLLOWED) -> Iterator[Step]:
    """The statistics of a series after each doubling of the draws."""
    return convergence(one.values, sampler, one.good, statistics)


def chance_below(one: Drawn, level: float, sampler: str) -> tuple[float, float]:
    """The chance that a series is below a level (currency), and its standard error.

    A chance that was never seen, or always, has the error of one draw in the whole run.
    """
    found, errors = SeriesStatistics(one.values.size, sampler).statistics(one.values - level, None if one.good.all() else one.good)
    at = STATISTICS.index("p_below_zero")
    if found[at] in (0.0, 1.0) and errors[at] == 0.0 and one.good.sum() > 1 and varies(one):
        return float(found[at]), 1.0 / float(one.good.sum())
    return float(found[at]), float(errors[at])


def risks(run: Frame, summary: Frame, scenario: str = "base") -> list[Risk]:
    """The risk of each position over the term, where it varies: from the summary; the chance of less than planned from the draws.

    That chance is not known (NaN) where the draws are not stored.
    """
    found = []
    for name in SHOWN:
        drawn = name in run and "draw" in run[name].dims
        series = list(drawn_series(run, name, scenario)) if drawn else list(_without_draws(run, name, scenario))
        for one in series:
            at = {**dict(one.entity), "scenario": scenario, "period": TERM}
            if not float(summary.at(name, statistic="sd", **at)) > 0.0:
                continue
            pairs = [tuple(float(summary.at(key, statistic=risk, **at)) for key in (name, f"{name}_se")) for risk in _RISKS]
            below = chance_below(one, one.plan, str(run.attrs["sampler"])) if drawn else (math.nan, math.nan)
            found.append(Risk(one, (pairs[0][0], pairs[0][1]), (pairs[1][0], pairs[1][1]), below))
    return found


def _without_draws(run: Frame, name: str, scenario: str) -> Iterator[Drawn]:
    """The series of an output whose draws are not stored."""
    dims = VARIABLES[name].entity
    labels = [run.labels(dim) for dim in dims]
    for place in np.ndindex(*(len(one) for one in labels)):
        own = tuple((dim, labels[k][place[k]]) for k, dim in enumerate(dims))
        plan = np.asarray(run.at(f"plan_{name}", **dict(own)), dtype=np.float64)
        yield Drawn(name, own, scenario, TERM, np.empty(0), np.empty(0, dtype=np.bool_), float(plan.sum()))


@dataclass(frozen=True)
class FailedDraw:
    """A draw that failed: which outputs were not finite, and the drivers' values (a path's by year)."""

    draw: int
    scenario: str
    outputs: tuple[str, ...]
    drivers: dict[str, list[float]]


def failed_draws(run: Frame, most: int = 5) -> list[FailedDraw]:
    """The first draws that failed, with what was not finite and what was drawn; empty where none did or no draws are stored."""
    if "failed" not in run:
        return []
    failed = run["failed"].to_numpy()
    scenarios = run.labels("scenario")
    found = []
    for draw, at in np.argwhere(failed != 0)[:most].tolist():
        outputs = [
            name
            for name in VARIABLES
            if name in run and "draw" in run[name].dims and not np.isfinite(np.asarray(run[name].values[draw : draw + 1])[..., at]).all()
        ]
        drivers: dict[str, list[float]] = {}
        if "driver_value" in run:
            values = np.asarray(run["driver_value"].values[draw : draw + 1])[0, :, at]
            drivers |= {name: [float(value)] for name, value in zip(run.labels("driver"), values, strict=True)}
        if "driver_path" in run:
            paths = np.asarray(run["driver_path"].values[draw : draw + 1])[0, :, :, at]
            drivers |= {name: paths[:, k].tolist() for k, name in enumerate(run.labels("path_driver"))}
        found.append(FailedDraw(draw, scenarios[at], tuple(outputs), drivers))
    return found
