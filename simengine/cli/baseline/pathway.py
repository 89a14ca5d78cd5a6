"""``simrisk baseline pathway``: a costed pathway against best practice, adjusted, with a profile of progress (FIX, costed pathways)."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.exact import shown
from simengine.baseline.pathway import BEST, SYSTEM, Adjustments, Excess, Opportunity, Unit, Use, impact_table, opportunities
from simengine.baseline.progress import ProgressRow, Threshold, profile, thresholds
from simengine.baseline.working import Step
from simengine.cli.baseline.lines import key_of
from simengine.cli.baseline.report import Outputs, amount_option, makes_impacts, show_table, text_table
from simengine.cli.baseline.table import Column, Table, epilog, explained, read_table

COLUMNS = (
    Column("element", "element of the pathway, such as a follow-up attendance", "text", True),
    Column("unit", f"a provider, {BEST}, or {SYSTEM} (the average of the system)", "text", True),
    Column("activity", "of the element in one procedure", needed=True),
    Column("unit_cost", "currency, the same for every unit", needed=True),
)
UNITS = (
    Column("unit", f"a provider, or {SYSTEM} where the providers listed are not all of it", "text", True),
    Column("procedures", "a year", needed=True),
    Column("base", "value in the payment, currency; default: procedures × cost of a procedure"),
    Column("service", "key of its service line in the study, for the impacts", "text"),
)
YEARS = (
    Column("year", "label of the year", "text", True),
    Column("progress", "share of the net opportunity reached", "rate", True),
)
AMOUNTS = (
    Column("unit", "a provider, system, or a service added outside the pathway", "text", True),
    Column("year", "label of the year", "text", True),
    Column("plan", "planned cost of a service added outside the pathway, currency"),
    Column("forecast", "forecast cost, currency"),
)
EXAMPLE = """\
simrisk baseline pathway elements.csv providers.csv --fixed-cost 0.2 --complexity 0.1 --shift 0.05
simrisk baseline pathway elements.csv providers.csv --profile progress.csv --amounts forecast.csv --threshold 0.8 --scheme cataract"""


@click.command(
    "pathway", epilog=epilog(EXAMPLE, ("ELEMENTS", COLUMNS), ("PROVIDERS", UNITS), ("the profile", YEARS), ("the amounts", AMOUNTS))
)
@click.argument("elements", type=click.Path(path_type=Path))
@click.argument("providers", type=click.Path(path_type=Path))
@amount_option("--fixed-cost", "Share of the potential that is fixed cost.", default="0")
@amount_option("--complexity", "Share lost to a more complex mix.", default="0")
@amount_option("--shift", "Share lost to activity moved between providers.", default="0")
@click.option("--excess", type=click.Choice(["system", "own"]), default="system", show_default=True, help="Whose excess counts.")
@click.option("--profile", "years", type=click.Path(path_type=Path), help="Planned progress by year.")
@click.option("--amounts", type=click.Path(path_type=Path), help="Forecasts by year, and services added outside the pathway.")
@amount_option("--threshold", "Least progress by the last year, a share of the net opportunity.")
@makes_impacts
def command(elements: Path, providers: Path, to: Outputs, **options: object) -> None:
    """Cost a pathway against best practice: potential, three adjustments, net opportunity; with a profile, plan and variance by year."""
    read, units, others = read_table(elements, COLUMNS), read_table(providers, UNITS), _Others(options)
    uses = [Use(row.text("element"), row.text("unit"), row.number("activity"), row.number("unit_cost")) for row in read.rows]
    those = [Unit(row.text("unit"), row.number("procedures"), row.maybe("base")) for row in units.rows]
    with explained(units, read, *others.tables, key="unit"):
        found, steps, warnings = opportunities(uses, those, others.adjustments, others.excess)
        rows, later = others.plan(found)
        limits, short = thresholds(found, rows, others.threshold) if rows and others.threshold is not None else ((), ())
    tables = {"opportunities": (_opportunity_rows(found), lambda: _opportunities(found))}
    if rows:
        tables["profile"] = (_profile_rows(rows), lambda: _profile(rows))
    if limits:
        tables["thresholds"] = (_threshold_rows(limits, others.threshold), lambda: _thresholds(limits, others.threshold))
    impact = None
    if others.scheme:
        names = {row.text("unit"): row.text("service") or key_of(row.text("unit")) for row in units.rows}
        impact = impact_table(found, others.scheme, "costed pathway against best practice (FIX, costed pathways)", names, others.progress)
    show_table("pathway", tables, [*steps, *later], [*warnings, *short], to, impact)


class _Others:
    """The options of the command, and the tables that they name."""

    def __init__(self, options: dict[str, object]) -> None:
        shares = [value if isinstance(value := options[name], Fraction) else Fraction(0) for name in ("fixed_cost", "complexity", "shift")]
        self.adjustments = Adjustments(*shares)
        self.excess: Excess = "own" if options["excess"] == "own" else "system"
        self.threshold = value if isinstance(value := options["threshold"], Fraction) else None
        self.scheme = str(options["scheme"]) if options["scheme"] else None
        self.years = _optional(options["years"], YEARS)
        self.amounts = _optional(options["amounts"], AMOUNTS)
        self.tables = [table for table in (self.years, self.amounts) if table is not None]
        if self.years is None and (self.amounts is not None or self.threshold is not None):
            message = "--amounts and --threshold need --profile"
            raise click.UsageError(message)

    @property
    def progress(self) -> list[Fraction]:
        """The shares of the profile, none without one."""
        return [] if self.years is None else [row.number("progress") for row in self.years.rows]

    def plan(self, found: Sequence[Opportunity]) -> tuple[Sequence[ProgressRow], Sequence[Step]]:
        """Plan and forecast by year, nothing without a profile."""
        if self.years is None:
            return (), ()
        labels = [row.text("year") for row in self.years.rows]
        both = [
            {(row.text("unit"), row.text("year")): row.number(column) for row in self.amounts.rows if row.maybe(column) is not None}
            if self.amounts is not None
            else {}
            for column in ("plan", "forecast")
        ]
        return profile(found, labels, self.progress, *both)


def _optional(path: object, columns: Sequence[Column]) -> Table | None:
    return read_table(path, columns) if isinstance(path, Path) else None


def _opportunity_rows(found: Sequence[Opportunity]) -> list[dict[str, object]]:
    return [
        {
            "unit": one.unit,
            "procedures": one.procedures,
            "base": one.base,
            "potential": one.potential,
            **{name.replace(" ", "_"): cut for name, cut in one.reductions},
            "net": one.net,
        }
        for one in found
    ]


def _opportunities(found: Sequence[Opportunity]) -> str:
    header = ["unit", "procedures", "value", "potential", *(name for name, _ in found[0].reductions), "net"] if found else ["unit"]
    rows = []
    for one in found:
        amounts = one.base, one.potential, *(cut for _, cut in one.reductions), one.net
        rows.append([one.unit, shown(one.procedures, 0), *map(shown, amounts)])
    return text_table(header, rows)


def _profile_rows(rows: Sequence[ProgressRow]) -> list[dict[str, object]]:
    return [{"year": row.year, "unit": row.unit, "plan": row.plan, "forecast": row.forecast, "variance": row.variance} for row in rows]


def _profile(rows: Sequence[ProgressRow]) -> str:
    figures = []
    for row in rows:
        amounts = row.plan, row.forecast, row.variance
        figures.append([f"{row.year}  {row.unit}", *("" if amount is None else shown(amount) for amount in amounts)])
    return text_table(["profile", "plan", "forecast", "variance"], figures)


def _threshold_rows(limits: Sequence[Threshold], minimum: Fraction | None) -> list[dict[str, object]]:
    least = minimum or Fraction(0)
    return [{"unit": one.unit, "saving_needed": one.needed, "reached": one.reached, "met": one.met(least)} for one in limits]


def _thresholds(limits: Sequence[Threshold], minimum: Fraction | None) -> str:
    least = minimum or Fraction(0)
    words = {True: "yes", False: "no", None: ""}
    rows = []
    for one in limits:
        reached = "" if one.reached is None else f"{shown(100 * one.reached, 0)} %"
        rows.append([one.unit, shown(one.needed), reached, words[one.met(least)]])
    return text_table([f"least progress {shown(100 * least, 0)} %", "saving needed", "reached", "met"], rows)
