"""Planning template: plan, forecast and variance per provider, and where the plan ends against the peers (FIX, planning template).

variance = plan - forecast, for every provider and for the system, which is the sum of its providers. End position: plan of the last year /
population · 1,000 against the benchmark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from simengine.baseline.exact import Number, exact, grouped, shown, total
from simengine.baseline.variation import PER
from simengine.baseline.working import Fault, Step, Working, not_negative, refuse


@dataclass(frozen=True, slots=True)
class PlanCell:
    """Plan and forecast (currency) of a provider for an opportunity in a year; ``is_total`` marks a printed total, which is checked."""

    opportunity: str
    year: str
    unit: str
    plan: Number
    forecast: Number | None = None
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A provider, or the total (unit ""), in a year: currency."""

    opportunity: str
    year: str
    unit: str
    plan: Fraction
    forecast: Fraction | None

    @property
    def variance(self) -> Fraction | None:
        """Plan less forecast: negative where the forecast is above the plan."""
        return None if self.forecast is None else self.plan - self.forecast


@dataclass(frozen=True, slots=True)
class EndPosition:
    """Where the plan of the last year stands against the benchmark, currency per 1,000 population, and as a fraction of it."""

    opportunity: str
    year: str
    per_1000: Fraction
    benchmark: Fraction
    variation: Fraction
    fraction: Fraction


def template(cells: Sequence[PlanCell]) -> tuple[tuple[PlanRow, ...], tuple[Step, ...], tuple[str, ...]]:
    """The total of every opportunity and year, then its providers, with the working, and a warning where a printed total is not the sum.

    Raises BaselineError for a cell that stands twice, negative amounts, and a total without providers.
    """
    refuse(_faults(cells))
    working, rows = Working(), []
    for (opportunity, year), those in grouped(cells, lambda cell: (cell.opportunity, cell.year)).items():
        parts = [cell for cell in those if not cell.is_total]
        plan = total(exact(cell.plan) for cell in parts)
        forecasts = [exact(cell.forecast) for cell in parts if cell.forecast is not None]
        forecast = total(forecasts) if len(forecasts) == len(parts) else None
        working.step(opportunity, f"plan {year}", "sum of providers", plan, "money")
        if forecast is not None:
            working.step(opportunity, f"forecast {year}", "sum of providers", forecast, "money")
            working.step(opportunity, f"variance {year}", "plan - forecast", plan - forecast, "money", plan=plan, forecast=forecast)
        for cell in those:
            if cell.is_total:
                _check_total(cell, "plan", exact(cell.plan), plan, working)
                if cell.forecast is not None and forecast is not None:
                    _check_total(cell, "forecast", exact(cell.forecast), forecast, working)
        rows.append(PlanRow(opportunity, year, "", plan, forecast))
        for cell in parts:
            seen = None if cell.forecast is None else exact(cell.forecast)
            rows.append(PlanRow(opportunity, year, cell.unit, exact(cell.plan), seen))
    return tuple(rows), tuple(working.steps), tuple(working.warnings)


def end_positions(
    rows: Sequence[PlanRow], population: Number, benchmarks: Mapping[str, Number]
) -> tuple[tuple[EndPosition, ...], tuple[Step, ...]]:
    """The plan of each opportunity's last year per 1,000 population against its benchmark ({opportunity: currency per 1,000}).

    Raises BaselineError for a population or a benchmark that is not above 0.
    """
    people = exact(population)
    faults: list[Fault] = [] if people > 0 else [("", "population", "must be above 0")]
    faults += [(name, "benchmark", "must be above 0") for name, value in benchmarks.items() if exact(value) <= 0]
    refuse(faults)
    working, made = Working(), []
    for opportunity, value in benchmarks.items():
        last = [row for row in rows if row.opportunity == opportunity and not row.unit][-1:]
        for row in last:
            benchmark, formula = exact(value), "plan ÷ population × 1,000"
            given = {"plan": row.plan, "population": people}
            per = working.step(opportunity, f"plan {row.year} per 1,000", formula, row.plan / people * PER, "money a head", **given)
            over = working.step(
                opportunity, "variation per 1,000", "plan per 1,000 - benchmark", per - benchmark, "money a head", benchmark=benchmark
            )
            part = working.step(opportunity, "variation", "variation per 1,000 ÷ benchmark", over / benchmark, "share")
            made.append(EndPosition(opportunity, row.year, per, benchmark, over, part))
    return tuple(made), tuple(working.steps)


def _check_total(cell: PlanCell, what: str, printed: Fraction, summed: Fraction, working: Working) -> None:
    if printed != summed:
        working.warn(
            f"{cell.opportunity}, {cell.year}: the {what} total is given as {shown(printed, 0)}, its providers sum to {shown(summed, 0)}; "
            "the sum is used"
        )


def _faults(cells: Sequence[PlanCell]) -> list[Fault]:
    faults: list[Fault] = []
    seen: set[tuple[str, str, str]] = set()
    for cell in cells:
        place = (cell.opportunity, cell.year, cell.unit)
        if place in seen:
            faults.append((cell.unit, "unit", f"stands twice for {cell.opportunity} in {cell.year}"))
        seen.add(place)
        faults += not_negative(cell.unit, "plan", cell.plan) + not_negative(cell.unit, "forecast", cell.forecast)
    totals = {(cell.opportunity, cell.year) for cell in cells if cell.is_total}
    parts = {(cell.opportunity, cell.year) for cell in cells if not cell.is_total}
    faults += [(opportunity, "unit", f"has a total in {year} but no provider") for opportunity, year in sorted(totals - parts)]
    return faults
