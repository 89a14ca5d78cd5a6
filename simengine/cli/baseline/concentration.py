"""``simrisk baseline concentration``: which share of people takes most of the spend (INT; BCF figure 13)."""

from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.concentration import Concentration, CostGroup, concentration
from simengine.baseline.exact import shown
from simengine.baseline.working import Working
from simengine.cli.baseline.report import Outputs, amount_option, makes_table, show_table, table_argument, text_table
from simengine.cli.baseline.table import Column, epilog, explained, read_table

COLUMNS = (
    Column("patient", "patient or group of patients, any identifier", "text"),
    Column("cost", "currency a year, of the patient or of the group together", needed=True),
    Column("people", "people of the group; default 1"),
)
EXAMPLE = "simrisk baseline concentration patients.csv --population 100,000 --out curve.csv"
#: The shares that are printed: of people, dearest first, and of spend.
TOP = (Fraction(1, 100), Fraction(5, 100), Fraction(10, 100), Fraction(20, 100), Fraction(50, 100))
OF_SPEND = (Fraction(50, 100), Fraction(80, 100), Fraction(90, 100))


@click.command("concentration", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@amount_option("--population", "People in all; those who are not in the table have no cost.")
@makes_table
def command(table: Path, *, population: Fraction | None, to: Outputs) -> None:
    """Show how concentrated spend is: what the dearest patients take, how few take most of it, and the Gini coefficient."""
    read = read_table(table, COLUMNS)
    rows = [CostGroup(row.text("patient") or str(row.line), row.number("cost"), row.number("people", 1)) for row in read.rows]
    with explained(read, key="patient"):
        found = concentration(rows, population)
    working = Working()
    working.step("", "people", "sum, or as given", found.people, "people")
    working.step("", "spend", "sum", found.spend, "money")
    working.step("", "Gini coefficient", "twice the area between the curve, dearest first, and the diagonal", found.gini, "factor")
    for share in TOP:
        name = f"share of spend of the dearest {shown(100 * share, 0)} %"
        working.step("", name, "along the curve, straight between its points", found.share_of_spend(share), "share")
    for share in OF_SPEND:
        name = f"share of people who take {shown(100 * share, 0)} % of spend"
        working.step("", name, "along the curve, straight between its points", found.share_of_people(share), "share")
    curve: list[dict[str, object]] = [{"share_of_people": people, "share_of_spend": spend} for people, spend in found.curve]
    measures: list[dict[str, object]] = [{"measure": step.label, "value": step.result} for step in working.steps]
    tables = {"curve": (curve, lambda: ""), "measures": (measures, lambda: _printed(found))}
    show_table("concentration", tables, working.steps, [], to)


def _printed(found: Concentration) -> str:
    rows = []
    for share in TOP:
        rows.append([f"dearest {shown(100 * share, 0)} % of people take", f"{shown(100 * found.share_of_spend(share), 1)} % of spend"])
    for share in OF_SPEND:
        rows.append([f"{shown(100 * share, 0)} % of spend is taken by", f"{shown(100 * found.share_of_people(share), 1)} % of people"])
    rows.append(["Gini coefficient", shown(found.gini, 3)])
    return text_table([f"{shown(found.people, 0)} people, spend {shown(found.spend, 0)}", ""], rows)
