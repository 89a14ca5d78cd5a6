"""The rows of a waterfall: the base year, every step, and the levels between them, by year."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simengine.cli.plan_or_result import Source
from simengine.cli.sheets import Column, Row, Sheet
from simengine.statistics.waterfall import LEVELS, Drawn, Waterfall, drawn_waterfall, planned_waterfall
from simengine.statistics.waterfall_steps import EFFICIENCY, QIPP, SCHEME, STAGES

Array = npt.NDArray[np.float64]
_NAMES = {"pressure": "Pressure: spend before required efficiency", "do_nothing": "Do nothing", "outturn": "With schemes"}
_STATISTICS = {"mean": "mean", "p5": "q05", "p95": "q95"}
_LEVELS = {"q05": 0.05, "q50": 0.5, "q95": 0.95}


@dataclass(frozen=True)
class _Line:
    """A row: what it is, its name, its words, and its plan by (year, line)."""

    row: str
    name: str
    label: str
    plan: Array


@dataclass(frozen=True)
class Rows:
    """The waterfall of a study, or of a run of it."""

    source: Source

    @cached_property
    def waterfall(self) -> Waterfall:
        """The plan."""
        return planned_waterfall(self.source.ready)

    @cached_property
    def drawn(self) -> dict[str, Drawn]:
        """The draws, where there are any."""
        if self.source.result is None or self.source.summary is None:
            return {}
        return drawn_waterfall(self.source.result, self.source.summary, self.source.scenario)

    def _rows(self) -> Iterator[_Line]:
        """The base year, then stage by stage every step, with the level that is reached after the last step of each."""
        found, spec = self.waterfall, self.source.ready.study.spec
        base = np.broadcast_to(found.base, (spec.years, len(found.base)))
        yield _Line("base", "base", f"Spend of {spec.horizon.base}", base)
        for stage in STAGES:
            for step in found.steps:
                if step.stage == stage:
                    yield _Line("step", step.name, step.label, step.change)
            for level, last in LEVELS.items():
                if last == stage:
                    yield _Line("level", level, _NAMES[level], found.level(level))

    def plan_rows(self, *, lines: bool) -> Iterator[dict[str, object]]:
        """One row per step or level and year, in the currency; with ``lines`` of every service line too."""
        currency = self.source.ready.study.spec.money.currency
        for one in self._rows():
            for service, values in self._by_line(one, lines):
                for year, value in zip(self.source.years, values, strict=True):
                    about = {"row": one.row, "step": one.name, "label": one.label, "service": service}
                    yield {**about, "year": year, "value": float(value), "unit": currency}

    def _by_line(self, one: _Line, lines: bool) -> Iterator[tuple[str | None, Array]]:
        yield None, one.plan.sum(axis=1)
        for s, name in enumerate(self.waterfall.lines if lines else ()):
            if one.row != "step" or one.plan[:, s].any():
                yield name, one.plan[:, s]

    def drawn_rows(self) -> Iterator[dict[str, object]]:
        """One row per step or level, year and statistic of the draws that is known."""
        currency = self.source.ready.study.spec.money.currency
        also = "_and_qipp" if any(step.stage == QIPP for step in self.waterfall.steps) else ""
        for name, found in self.drawn.items():
            for statistic in ("mean", *_LEVELS):
                for year, value, error in zip(self.source.years, found.of(statistic), found.of("mean_se"), strict=True):
                    if np.isfinite(value):
                        quantile = statistic in _LEVELS
                        yield {
                            "step": f"efficiency_required{also}" if name == EFFICIENCY else name,
                            "scenario": self.source.scenario,
                            "year": year,
                            "statistic": "quantile" if quantile else statistic,
                            "level": _LEVELS.get(statistic),
                            "value": float(value),
                            "standard_error": None if quantile else float(error),
                            "unit": currency,
                        }

    def sheet(self, *, lines: bool) -> Sheet:
        """One row per step or level (and line), a column for each year and, of a run, for the statistics of each year."""
        rows: list[Row] = []
        for one in self._rows():
            for service, values in self._by_line(one, lines):
                row: dict[str, object] = {"row": one.row, "step": one.name, "label": one.label, "service": service}
                row |= {year: float(value) for year, value in zip(self.source.years, values, strict=True)}
                if service is None:
                    row |= self._drawn_cells(one)
                rows.append(row)
        unit = self.source.ready.study.spec.money.unit
        columns = [
            Column("row", "Row"),
            Column("step", "Step"),
            Column("label", "Name"),
            *([Column("service", "Service line")] if lines else []),
        ]
        for year in self.source.years:
            columns.append(Column(year, f"{year}, plan ({unit})" if self.drawn else f"{year} ({unit})", "money"))
            shown = {"mean": "mean", "p5": "P5", "p95": "P95"} if self.drawn else {}
            columns += [Column(f"{year} {key}", f"{year}, {word} ({unit})", "money") for key, word in shown.items()]
        return Sheet("Waterfall", columns, rows, self.source.ready.study.spec.money.scale)

    def _found(self, one: _Line) -> Drawn | None:
        """What the draws say of a row; of required efficiency and QIPP only together, so of neither where there are both."""
        steps = [step.name for step in self.waterfall.steps if step.stage in (EFFICIENCY, QIPP)]
        return self.drawn.get(EFFICIENCY if steps and one.name == steps[0] and len(steps) == 1 else one.name)

    def _drawn_cells(self, one: _Line) -> dict[str, object]:
        found = self._found(one)
        if found is None:
            return {}
        return {
            f"{year} {key}": float(found.of(statistic)[t])
            for t, year in enumerate(self.source.years)
            for key, statistic in _STATISTICS.items()
        }

    def printed(self, *, lines: bool) -> Sheet:
        """The plan for the terminal: steps set in, with a column for each year."""
        rows: list[Row] = []
        labels = {name: line.label or name for name, line in self.source.ready.study.spec.services.items()}
        for one in self._rows():
            for service, values in self._by_line(one, lines):
                inset = ("  " if one.row == "step" else "") + one.label if service is None else f"      {labels[service]}"
                rows.append({"label": inset, **{year: float(value) for year, value in zip(self.source.years, values, strict=True)}})
        columns = [Column("label", "", short=False), *(Column(year, year, "money") for year in self.source.years)]
        return Sheet("Waterfall", columns, rows, self.source.ready.study.spec.money.scale)

    def drawn_sheet(self, year: int) -> Sheet:
        """Plan, mean, P5 and P95 of one year, of what the draws know."""
        rows: list[Row] = []
        stages = {step.name: step.stage for step in self.waterfall.steps}
        planned = {one.name: float(one.plan[year].sum()) for one in self._rows()}
        efficiency = [step for step in self.waterfall.steps if step.stage in (EFFICIENCY, QIPP)]
        schemes = [step for step in self.waterfall.steps if step.stage == SCHEME]
        words = {"pressure": _NAMES["pressure"], EFFICIENCY: "  required efficiency", "do_nothing": _NAMES["do_nothing"]}
        if any(stages[step.name] == QIPP for step in efficiency):
            words[EFFICIENCY] = "  required efficiency and QIPP"
        words |= {step.name: f"  {step.label}" for step in schemes} | {"schemes": "  all schemes", "outturn": _NAMES["outturn"]}
        planned[EFFICIENCY] = sum(planned[step.name] for step in efficiency)
        planned["schemes"] = sum(planned[step.name] for step in schemes)
        for name, label in words.items():
            if name in self.drawn:
                figures = {key: float(self.drawn[name].of(key)[year]) for key in ("mean", "mean_se", "q05", "q95")}
                rows.append({"label": label, "plan": planned[name], **figures})
        columns = [
            Column("label", "", short=False),
            Column("plan", "plan", "money"),
            Column("mean", "mean", "money", "mean_se"),
            Column("q05", "P5", "money"),
            Column("q95", "P95", "money"),
        ]
        return Sheet("Draws", columns, rows, self.source.ready.study.spec.money.scale)
