"""Whole population budgets handbook, figures 4, 8, 10 and 11: a block contract taken apart. By `simengine.baseline`, exactly."""

from decimal import Decimal
from fractions import Fraction

from simengine.baseline.average_cost import by_average_cost
from simengine.baseline.cost_weights import WeightedRow, by_weighted_activity
from simengine.baseline.exact import half_up
from simengine.baseline.provider_cost import CostRow, by_provider_cost
from simengine.baseline.reference_cost import ReferenceRow, by_reference_cost
from simengine.baseline.working import Line
from tests.golden.worked_examples.tally import Tally, results


def contract_value(tally, rows):
    """The contract value that a table repeats in every row: one printed cell."""
    (value,) = {row["contract_value_total"] for row in rows}
    return tally.start(value)


def wpb_fig04_direct_cost_allocation():
    tally = Tally()
    rows = tally.rows("wpb_fig04_direct_cost_allocation")
    costs = [CostRow(Line(row["service"]), tally.start(row["provider_direct_cost"])) for row in rows]
    made = by_provider_cost(costs, contract_value(tally, rows), "direct")
    for row, service, share in zip(rows, made.services, results(made, "share of direct cost"), strict=True):
        tally.cell(row["share_pct_printed"], 100 * share)
        tally.cell(row["commissioner_spend_printed"], service.spend)
        tally.recomputed(row["share_pct_recomputed"], 100 * share)
        tally.recomputed(row["commissioner_spend_recomputed"], service.spend)
    tally.cell("500000", made.spend)
    return tally


def wpb_fig08_cost_weightings():
    tally = Tally()
    rows = tally.rows("wpb_fig08_cost_weightings")
    counted = [Line(row["activity"], activity=tally.start(row["count"])) for row in rows]
    weighted = [WeightedRow(line, tally.start(row["cost_weight"])) for line, row in zip(counted, rows, strict=True)]
    made = by_weighted_activity(weighted, contract_value(tally, rows))
    shares, parts = results(made, "share"), results(made, "weighted activity")
    for row, service, share, part in zip(rows, made.services, shares, parts, strict=True):
        tally.cell(row["weighted_activity_printed"], part, 1 if "." in row["weighted_activity_printed"] else 0)
        tally.cell(row["share_pct_printed"], 100 * share)
        tally.cell(row["commissioner_spend_printed"], service.spend)
        tally.recomputed(row["weighted_activity_recomputed"], part)
        tally.recomputed(row["share_pct_recomputed"], 100 * share)
        tally.recomputed(row["commissioner_spend_recomputed"], service.spend)
    tally.cell("24819", results(made, "total weighted activity")[0])
    tally.cell("100", 100 * sum(shares))
    tally.cell("3000000", made.spend)
    whole = [str(half_up(100 * share)) for share in shares]
    tally.differs("sum of printed shares", "100", [*whole, str(sum(map(int, whole)))])
    return tally


def wpb_fig10_reference_costs():
    tally = Tally()
    rows = tally.rows("wpb_fig10_reference_costs")
    lines = [Line(row["activity"], activity=tally.start(row["count"])) for row in rows]
    with_cost = [ReferenceRow(line, cost=Fraction(row["cost_printed"])) for line, row in zip(lines, rows, strict=True)]
    made = by_reference_cost(with_cost, tally.start("3000000"))
    pounds = [tally.start(row["national_unit_cost_printed"]) for row in rows]
    plain = by_reference_cost([ReferenceRow(line, unit_cost=cost) for line, cost in zip(lines, pounds, strict=True)], 3_000_000)
    (weight,) = results(made, "local cost weight")
    for row, line, service, other in zip(rows, lines, made.services, plain.services, strict=True):
        tally.with_input(row["local_unit_printed"], service.price, 2)
        assert half_up(other.price, 2) != Decimal(row["local_unit_printed"])
        tally.recomputed(row["local_unit_from_implied"], service.price)
        pound = Fraction(row["national_unit_cost_printed"])
        tally.recomputed(row["local_unit_from_printed_unit"], weight * pound)
        tally.recomputed(row["local_weight"], weight)
        # the printed cost over the count is a unit cost that rounds to the printed pound, which itself gives another cost
        cost = Fraction(row["cost_printed"])
        implied = cost / line.activity
        assert half_up(implied) == pound
        tally.recomputed(row["implied_unit_cost"], implied)
        again = by_reference_cost([ReferenceRow(line, unit_cost=implied)], 3_000_000)
        tally.with_input(row["cost_printed"], results(again, "cost of all activity at reference cost")[0])
        once_more = by_reference_cost([ReferenceRow(line, unit_cost=pound)], 3_000_000)
        (from_pounds,) = results(once_more, "cost of all activity at reference cost")
        tally.recomputed(row["cost_from_printed_unit"], from_pounds)
        tally.differs(f"{row['activity']}: activity x printed unit cost", row["cost_printed"], str(from_pounds))
    tally.cell("1.13", weight, 2)
    tally.cell("3000000", made.spend)
    # four rows that are rounded to the pound may sum to two pounds more or less than the unrounded ones
    (total,) = results(made, "cost of all activity at reference cost")
    assert abs(total - 2_651_561) <= 4 * Fraction(1, 2)
    tally.explained += 1
    tally.differs("total cost of activity", "2651561", str(total))
    return tally


def wpb_fig11_average_unit_cost():
    tally = Tally()
    rows = tally.rows("wpb_fig11_average_unit_cost")
    *lines, whole = rows
    made = by_average_cost([Line(row["case"], activity=tally.start(row["activity"])) for row in lines], tally.start("2500000"))
    (cost,) = results(made, "average unit cost")
    assert "contract value 2500000; unit cost printed 42.92; recomputed 42.9170" in whole["case"]
    tally.cell("42.92", cost, 2)
    tally.recomputed("42.9170", cost)
    tally.cell(whole["activity"], sum(service.activity for service in made.services))
    return tally
