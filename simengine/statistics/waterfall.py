"""The waterfall from the base year's spend to that of a later year (MODEL.md section 7; WPB fig. 14).

Growth and inflation give the pressure, required efficiency (and QIPP) do-nothing, the schemes the outturn. Each step is what changes
between the base year and the year; the steps add up to the whole change. In the plan every factor is a step of its own; of the draws
there are the levels, required efficiency and the schemes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from simengine.engine.plan import Prepared
from simengine.statistics.planned_effects import planned_effects
from simengine.statistics.series import STATISTICS, series_statistics
from simengine.statistics.waterfall_steps import EFFICIENCY, QIPP, SCHEME, STAGES, TARIFF, Step, do_nothing_steps

Array: TypeAlias = npt.NDArray[np.float64]

#: Levels of a waterfall: the last stage that each of them holds.
LEVELS = {"pressure": TARIFF, "do_nothing": QIPP, "outturn": SCHEME}
#: The variable of a result that holds each level, by line.
_VARIABLES = {"pressure": "spend_pressure", "do_nothing": "spend_do_nothing", "outturn": "spend"}
#: Statistics of the draws that a waterfall shows.
DRAWN = ("mean", "mean_se", "q05", "q50", "q95")


@dataclass(frozen=True)
class Waterfall:
    """Planned spend at price of the base year by line, and the steps from there to each year, in order; in the currency."""

    lines: tuple[str, ...]
    base: Array  # (line,)
    steps: tuple[Step, ...]

    def level(self, name: str) -> Array:
        """``pressure``, ``do_nothing`` or ``outturn``, shape (year, line): the base year and all steps up to there."""
        last = STAGES.index(LEVELS[name])
        changes = [step.change for step in self.steps if STAGES.index(step.stage) <= last]
        years = self.steps[0].change.shape[0] if self.steps else 1
        return np.asarray(self.base + np.sum(changes, axis=0)) if changes else np.broadcast_to(self.base, (years, len(self.base)))


def planned_waterfall(ready: Prepared) -> Waterfall:
    """The waterfall of the plan of a study that has been laid out, line by line.

    Schemes that are on are the last steps, in the order of the file. Their savings are those of the log-mean rule (note 7), as everywhere:
    a scheme's step is its ``scheme_saving``, whatever its place. What a scheme shifts to another line is in its step on that line.
    """
    spec = ready.study.spec
    base, steps = do_nothing_steps(spec)
    lines = tuple(spec.services)
    schemes = {name: np.zeros((spec.years, len(lines))) for name, scheme in spec.schemes.items() if scheme.enabled}
    for effect in planned_effects(ready):
        schemes[effect.scheme][:, lines.index(effect.line)] -= effect.saving
    made = [Step(SCHEME, f"schemes.{name}", spec.schemes[name].label or name, change) for name, change in schemes.items()]
    return Waterfall(lines, base, (*steps, *made))


@dataclass(frozen=True)
class Drawn:
    """A level or step in the draws: by statistic of ``DRAWN`` one value a year; NaN where it is not known."""

    values: Mapping[str, Array] = field(default_factory=dict)

    def of(self, statistic: str) -> Array:
        """One statistic, shape (year,)."""
        return self.values[statistic]


def drawn_waterfall(result: xr.Dataset, summary: xr.Dataset, scenario: str = "base") -> dict[str, Drawn]:
    """The levels, ``efficiency`` (with QIPP), ``schemes`` together and ``schemes.NAME``, over the draws; positive: more spend.

    Means are always there. Quantiles of the levels and of single schemes need their draws (``store`` of ``all`` or these variables);
    those of all schemes together are stored unless the run kept nothing but its summary.
    """
    found: dict[str, Drawn] = {}
    taken = _Taken(result, summary, scenario)
    for level, variable in _VARIABLES.items():
        found[level] = taken.total((variable,))
    found[EFFICIENCY] = taken.total((_VARIABLES["do_nothing"],), (_VARIABLES["pressure"],))
    if "scheme_saving" in summary:
        found["schemes"] = _known_mean(taken.schemes(), taken.total((), ("scheme_saving",)))
        for name in map(str, summary["scheme"].to_numpy()):
            found[f"schemes.{name}"] = taken.total((), ("scheme_saving",), name)
    return found


def _known_mean(full: Drawn, other: Drawn) -> Drawn:
    """``full``, or ``other`` where the draws of the first were not summarised."""
    return full if np.isfinite(full.of("mean")).any() else other


class _Taken:
    """Sums of line or scheme variables of a run, over the draws where they are stored and else from the moments in its summary."""

    def __init__(self, result: xr.Dataset, summary: xr.Dataset, scenario: str) -> None:
        self.result, self.summary, self.scenario = result, summary, scenario
        self.years = [str(year) for year in result["year"].to_numpy()]
        failed = result["failed"].sel(scenario=scenario).to_numpy() if "failed" in result else np.zeros(result.sizes.get("draw", 0))
        self.good = np.asarray(failed == 0)

    def schemes(self) -> Drawn:
        """Less spend by all schemes together, from the total that a run summarises."""
        if "gross_saving_total" not in self.summary:
            return Drawn({name: np.full(len(self.years), np.nan) for name in DRAWN})
        chosen = self.summary.sel(scenario=self.scenario, period=self.years)

        def value(name: str, statistic: str) -> Array:
            return np.asarray(chosen[name].sel(statistic=statistic).to_numpy(), dtype=np.float64)

        # less spend is minus the saving, so the quantiles change sides
        values = {"mean": -value("gross_saving_total", "mean"), "mean_se": value("gross_saving_total_se", "mean")}
        for low, high in (("q05", "q95"), ("q50", "q50"), ("q95", "q05")):
            values[low] = -value("gross_saving_total", high)
        return Drawn(values)

    def total(self, plus: tuple[str, ...], minus: tuple[str, ...] = (), scheme: str | None = None) -> Drawn:
        """The sum over lines (or schemes, or of one scheme) of some variables less others."""
        signs = {**dict.fromkeys(plus, 1.0), **dict.fromkeys(minus, -1.0)}
        if all(name in self.result for name in signs):
            return self._of_draws(signs, scheme)
        return self._of_moments(signs, scheme)

    def _sum(self, signs: Mapping[str, float], taken: Callable[[str], xr.DataArray], scheme: str | None) -> Array:
        parts = []
        for name, sign in signs.items():
            values = taken(name)
            entity = "service" if "service" in values.dims else "scheme"
            summed = values.sel(scheme=scheme) if scheme is not None else values.sum(entity, skipna=False)
            parts.append(sign * np.asarray(summed.to_numpy(), dtype=np.float64))
        return np.asarray(np.sum(parts, axis=0))

    def _of_draws(self, signs: Mapping[str, float], scheme: str | None) -> Drawn:
        draws = self._sum(signs, lambda name: self.result[name].sel(scenario=self.scenario).transpose("draw", "year", ...), scheme)
        sampler, good = str(self.result.attrs["sampler"]), None if self.good.all() else self.good
        found, errors = zip(
            *(series_statistics(np.ascontiguousarray(draws[:, t]), sampler, good) for t in range(draws.shape[1])), strict=True
        )
        values = {name: np.array([one[STATISTICS.index(name)] for one in found]) for name in DRAWN if name != "mean_se"}
        return Drawn({**values, "mean_se": np.array([one[STATISTICS.index("mean")] for one in errors])})

    def _of_moments(self, signs: Mapping[str, float], scheme: str | None) -> Drawn:
        def mean(name: str) -> xr.DataArray:
            return self.summary[name].sel(scenario=self.scenario, statistic="mean", period=self.years)

        unknown = np.full(len(self.years), np.nan)
        error = unknown
        if scheme is not None:
            # the error of one series is known; those of several do not add
            chosen = self.summary["scheme_saving_se"].sel(scenario=self.scenario, statistic="mean", period=self.years, scheme=scheme)
            error = np.asarray(chosen.to_numpy(), dtype=np.float64)
        known = all(name in self.summary for name in signs)
        values = self._sum(signs, mean, scheme) if known else unknown
        return Drawn({"mean": values, "mean_se": error, "q05": unknown, "q50": unknown, "q95": unknown})
