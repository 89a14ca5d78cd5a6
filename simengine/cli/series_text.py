"""What ``simrisk summary`` shows on request: how statistics settle, risk against plan, chances below stated levels, draws that failed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simengine.cli.figures import money, probability
from simengine.cli.statistics_json import ENTITIES, LEVELS

if TYPE_CHECKING:
    from simengine.results.frame import Frame
    from simengine.runs.drawn_series import Drawn, FailedDraw
    from simengine.runs.target import Target

_SCALES = {"": 1.0, "k": 1e3, "m": 1e6}
_WORDS = {"mean": "mean", "sd": "sd", "q05": "P5", "q50": "P50", "q95": "P95", "expected_shortfall": "expected shortfall"}
_RISKS = {
    "value_at_risk": "value at risk (loss at P5)",
    "value_at_risk_against_plan": "  against plan",
    "expected_shortfall": "expected shortfall (worst 5%)",
    "expected_shortfall_against_plan": "  against plan",
    "p_below_plan": "chance below plan",
}


def unit_of(run: "Frame") -> tuple[str, float]:
    """The study's unit of money, and how many of the currency it is."""
    unit = str(run.attrs["money_unit"])
    return unit, _SCALES[unit.partition(" ")[2]]


def shown_series(run: "Frame", scenario: str) -> "Iterator[Drawn]":
    """The series that are shown: positions of the system and of each party over the term, where they vary."""
    from simengine.runs.drawn_series import SHOWN, drawn_series, varies

    for name in SHOWN:
        yield from (one for one in drawn_series(run, name, scenario) if varies(one))


def convergence_text(run: "Frame", scenario: str) -> str:
    """A table for each series: statistics with half the width of their 95 % intervals, by number of draws."""
    from simengine.runs.drawn_series import converging

    unit, scale = unit_of(run)
    lines = [f"How the figures settle ({unit}, all years together): ± is half the width of the 95% interval"]
    for one in shown_series(run, scenario):
        rows: dict[int, list[str]] = {}
        names: list[str] = []
        for step in converging(one, str(run.attrs["sampler"])):
            half = (step.high - step.low) / 2.0
            rows.setdefault(step.draws, []).append(money(step.value / scale, half / scale))
            names += [] if step.statistic in names else [step.statistic]
        lines += ["", *_grid(one.title, [_WORDS[name] for name in names], [(f"{draws:,} draws", cells) for draws, cells in rows.items()])]
    return "\n".join(lines)


def convergence_rows(run: "Frame", scenario: str) -> Iterator[dict[str, object]]:
    """The same as rows of JSON; amounts in the currency."""
    from simengine.runs.drawn_series import converging

    unit = str(run.attrs["money_unit"]).partition(" ")[0]
    for one in shown_series(run, scenario):
        for step in converging(one, str(run.attrs["sampler"])):
            stated = {"draws": step.draws, **_statistic(step.statistic), "value": step.value, "low": step.low, "high": step.high}
            yield {**_place(one), **stated, "unit": unit}


def risk_text(run: "Frame", summary: "Frame", scenario: str) -> str:
    """Value at risk and expected shortfall of each position, in themselves and against plan."""
    from simengine.runs.drawn_series import risks

    unit, scale = unit_of(run)
    found = risks(run, summary, scenario)
    if not found:
        return "No position varies: there is no risk to show."
    rows = []
    for name, words in _RISKS.items():
        cells = []
        for one in found:
            value, error = next((value, error) for known, value, error in one.rows() if known == name)
            cells.append(probability(value, error) if name == "p_below_plan" else money(value / scale, error / scale))
        rows.append((words, cells))
    titles = [dict(one.drawn.entity).get("party", "system") for one in found]
    return "\n".join(_grid(f"Risk over the term, {unit}", titles, rows, 32))


def risk_rows(run: "Frame", summary: "Frame", scenario: str) -> Iterator[dict[str, object]]:
    """The same as rows of JSON."""
    from simengine.runs.drawn_series import risks

    unit = str(run.attrs["money_unit"]).partition(" ")[0]
    for one in risks(run, summary, scenario):
        for name, value, error in one.rows():
            chance = name.startswith("p_")
            stated = {"statistic": name, "level": None if chance else 0.05, "value": value, "standard_error": error}
            yield {**_place(one.drawn), **stated, "unit": "1" if chance else unit}


def below_rows(run: "Frame", asked: "Sequence[tuple[Target, float]]") -> Iterator[dict[str, object]]:
    """The chance that each output is below a level; levels in the unit of the result."""
    from simengine.runs.drawn_series import chance_below, drawn_series

    for target, level in asked:
        for one in drawn_series(run, target.output, target.scenario, target.period, target.entity):
            value, error = chance_below(one, level, str(run.attrs["sampler"]))
            yield {**_place(one), "statistic": "p_below", "level": level, "value": value, "standard_error": error, "unit": "1"}


def below_text(run: "Frame", asked: "Sequence[tuple[Target, float]]") -> str:
    """The same in words."""
    lines = []
    for (target, level), row in zip(asked, below_rows(run, asked), strict=True):
        unit = "" if target.shown_unit == "1" else f" {target.shown_unit}"
        chance = probability(float(str(row["value"])), float(str(row["standard_error"])))
        name = f"{target.output.replace('_', ' ')}" + "".join(f", {label}" for _, label in target.entity)
        lines.append(f"Chance that {name}, {target.period}, is below {level / target.scale:,.12g}{unit}: {chance}")
    return "\n".join(lines)


def failed_text(found: "Sequence[FailedDraw]") -> str:
    """The first draws that failed: what was not finite, and what was drawn."""
    lines = ["", "Draws that are not finite, the first of them (simrisk explain RESULT --draw N shows all of one):"]
    for one in found:
        where = "" if one.scenario == "base" else f" of scenario {one.scenario}"
        lines.append(f"  draw {one.draw}{where}: {', '.join(one.outputs) or 'an output that is not stored'}")
        lines += [f"    {name} = {', '.join(f'{value:.6g}' for value in values)}" for name, values in one.drivers.items()]
    return "\n".join(lines)


def failed_rows(found: "Sequence[FailedDraw]") -> list[dict[str, object]]:
    """The same as rows of JSON."""
    return [{"draw": one.draw, "scenario": one.scenario, "outputs": list(one.outputs), "drivers": one.drivers} for one in found]


def _place(one: "Drawn") -> dict[str, object]:
    at = dict(one.entity)
    own = {dimension: label for dimension, label in one.entity if dimension not in ENTITIES}
    return {"output": one.name, "scenario": one.scenario, "year": one.period, **{key: at.get(key) for key in ENTITIES}, **own}


def _statistic(name: str) -> dict[str, object]:
    return {"statistic": "quantile" if name[0] == "q" else name, "level": LEVELS.get(name)}


def _grid(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], label: int = 24) -> list[str]:
    label = max(label, len(title) + 2)
    width = 2 + max(int(np.max([len(cell) for _, cells in rows for cell in cells])), *(len(column) for column in columns))
    head = f"{title:<{label}}" + "".join(f"{column:>{width}}" for column in columns)
    return [head, *(f"{'  ' + name:<{label}}" + "".join(f"{cell:>{width}}" for cell in cells) for name, cells in rows)]
