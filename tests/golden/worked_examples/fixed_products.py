"""Products to support the fixed element: variation per 1,000, planning template, costed pathway. By `simengine.baseline`, exactly."""

from decimal import Decimal
from fractions import Fraction

from simengine.baseline.exact import exact, half_up
from simengine.baseline.pathway import (
    BEST,
    SYSTEM,
    Adjustments,
    Unit,
    Use,
    activity_counted_twice,
    cost_of_procedure,
    excess_activity,
    excess_cost,
    opportunities,
)
from simengine.baseline.planning import PlanCell, end_positions, template
from simengine.baseline.progress import profile, thresholds
from simengine.baseline.variation import GroupCost, benchmark_interval, compare
from simengine.baseline.working import Line
from tests.golden.worked_examples.tally import Tally

#: Implied by the 23 costs per 1,000; printed with the end positions.
POPULATION = 1_695_599
#: "Approximate value in Fixed Payment 22/23" of the ICS, which follows from nothing that is printed.
ICS_VALUE = 29_728_000
PERINATAL = "Certain conditions originating in the perinatal period"
WHOLE = "ICS total"


def fps_plics_variation():
    tally = Tally()
    rows = tally.rows("fps_plics_variation")
    groups = [
        GroupCost(
            Line(row["group"], activity=tally.start(row["ics_activity"])),
            tally.start(row["ics_cost"]),
            tally.start(row["benchmark_per_1k"]),
        )
        for row in rows
    ]
    found, _ = compare(groups, POPULATION)
    half = Fraction(1, 200)
    for row, one in zip(rows, found, strict=True):
        tally.cell(row["cost_per_1k_printed"], one.per_1000, 2)
        tally.cell(row["pct_printed"], 100 * one.fraction, 2)
        tally.recomputed(row["cost_per_1k_recomputed"], one.per_1000)
        tally.recomputed(row["pct_recomputed"], 100 * one.fraction)
        tally.recomputed(row["variation_recomputed"], one.variation)
        tally.recomputed(row["unit_cost"], one.unit_cost)
        if half_up(one.variation, 2) == Decimal(row["variation_printed"]):
            tally.cell(row["variation_printed"], one.variation, 2)
            continue
        # a benchmark between these two, which the printed one is rounded from, gives the printed variation
        low, high = benchmark_interval(Fraction(row["variation_printed"]), one.per_1000)
        low, high = max(low, one.benchmark - half), min(high, one.benchmark + half)
        assert low < high
        (again,), _ = compare([GroupCost(one.line, one.cost, (low + high) / 2)], POPULATION)
        tally.with_input(row["variation_printed"], again.variation, 2)
        tally.differs(f"{row['group']}: variation", row["variation_printed"], str(half_up(one.variation, 2)))
    return tally


def fps_planning_template_baseline():
    tally = Tally()
    rows = tally.rows("fps_planning_template_baseline")
    for opportunity in dict.fromkeys(row["opportunity"] for row in rows):
        those = [row for row in rows if row["opportunity"] == opportunity]
        lines = [GroupCost(Line(row["unit"], activity=Fraction(row["activity"])), Fraction(row["cost"]), 1) for row in those]
        for row, one in zip(those, compare(lines, POPULATION)[0], strict=True):
            tally.cell(row["unit_cost_printed"], one.unit_cost, 2)
            tally.recomputed(row["unit_cost_recomputed"], one.unit_cost)
        whole, providers = those[0], those[1:]
        activity, cost = (sum(tally.start(row[column]) for row in providers) for column in ("activity", "cost"))
        tally.cell(whole["activity"], activity)
        tally.cell(whole["cost"], cost, 2)
        tally.recomputed(whole["sum_of_providers_activity"], activity)
        tally.recomputed(whole["sum_of_providers_cost"], cost)
    return tally


def plan_of_the_template(tally):
    rows = tally.rows("fps_planning_template_profile")
    cells = [
        PlanCell(row["opportunity"], row["year"], row["unit"], Fraction(row["plan"]), Fraction(row["forecast"]), row["unit"] == WHOLE)
        for row in rows
    ]
    return rows, template(cells)


def fps_planning_template_profile():
    tally = Tally()
    printed, (rows, _, warnings) = plan_of_the_template(tally)
    by_place = {(row.opportunity, row.year, row.unit or WHOLE): row for row in rows}
    for row in printed:
        place = row["opportunity"], row["year"], row["unit"]
        found = by_place[place]
        if place == (PERINATAL, "2026/27", WHOLE):
            tally.misprint(row["plan"], found.plan, "7700000")
            tally.with_input(row["variance_printed"], found.variance)
            # the shared table works its variance out from the printed total
            from_total = Fraction(row["plan"]) - found.forecast
            tally.recomputed(row["variance_recomputed"], from_total)
            item = f"{PERINATAL} 2026/27 ICS total"
            tally.differs(item, row["plan"], str(found.plan), "002 planning template, plan")
            both = [str(found.variance), str(from_total)]
            tally.differs(item, row["variance_printed"], both, "002 planning template, variance")
        else:
            if row["unit"] == WHOLE:
                tally.cell(row["plan"], found.plan)
            tally.cell(row["variance_printed"], found.variance)
            tally.recomputed(row["variance_recomputed"], found.variance)
        if row["unit"] == WHOLE:
            tally.cell(row["forecast"], found.forecast)
        else:
            tally.held(row["plan"], found.plan)
            tally.held(row["forecast"], found.forecast)
    assert len(warnings) == 1
    assert "the plan total is given as 7,800,000, its providers sum to 7,700,000" in warnings[0]
    return tally


def fps_planning_template_end_variance():
    tally = Tally()
    _, (rows, _, _) = plan_of_the_template(Tally())
    printed = tally.rows("fps_planning_template_end_variance")
    (people,) = {row["population"] for row in printed}
    benchmarks = {row["opportunity"]: tally.start(row["benchmark"]) for row in printed}
    ends, _ = end_positions(rows, tally.start(people), benchmarks)
    for row, end in zip(printed, ends, strict=True):
        tally.held(row["plan_2027_28"], next(one.plan for one in rows if (one.opportunity, one.year) == (end.opportunity, "2027/28")))
        tally.cell(row["ics_per_1k_printed"], end.per_1000, 2)
        tally.cell(row["variation_printed"], end.variation, 2)
        tally.cell(row["pct_printed"], 100 * end.fraction)
        tally.recomputed(row["ics_per_1k_recomputed"], end.per_1000)
        tally.recomputed(row["variation_recomputed"], end.variation)
        tally.recomputed(row["pct_recomputed"], 100 * end.fraction)
    return tally


#: Parts of the cost of each element in per cent, which the slide prints beside it.
PARTS = ("theatre_pct", "ward_pct", "op_dept_pct", "overheads_pct", "staff_pct", "drugs_devices_pct")


def fps_costed_pathway_components():
    tally = Tally()
    *elements, whole = tally.rows("fps_costed_pathway_components")
    assert (whole["element"], whole["source"]) == ("TOTAL AVG COST", "printed")
    once, uses = [], []
    for row in elements:
        cost, quantity = tally.start(row["average_cost"]), Fraction(row["quantity_that_reproduces_total"])
        once.append(Use(row["element"], BEST, 1, cost))
        uses.append(Use(row["element"], BEST, quantity, cost))
        tally.recomputed(row["contribution"], cost_of_procedure(uses[-1:], BEST))
        # the product has no use for these; they are read and found whole
        assert sum(tally.start(row[part]) for part in PARTS) == Fraction(row["pct_sum"]) == 100
        if row["interquartile_range"]:
            low, high = map(tally.start, row["interquartile_range"].split("-"))
            assert low < cost < high
    plain, found = cost_of_procedure(once, BEST), cost_of_procedure(uses, BEST)
    tally.with_input(whole["average_cost"], found)
    tally.recomputed(whole["contribution"], found)
    tally.differs("TOTAL AVG COST", whole["average_cost"], [str(plain), str(half_up(found, 2))])
    return tally


#: FIX, costed pathways, setting value example: activity of each element in one procedure, by unit.
UNITS = (BEST, SYSTEM, "Provider 1", "Provider 2", "Provider 3", "Provider 4")
ACTIVITY = {"pre": (1, 3, 2, 3, 4, 3), "surgery": (1, 1, 1, 1, 1, 1), "post": ("0.15", 2, 1, 3, 3, 2)}
UNIT_COST = {"pre": 120, "surgery": 1121, "post": 110}
LINES = {"Pre-procedure outpatient cost": "pre", "Surgical intervention cost": "surgery", "Post procedure outpatient cost": "post"}
PRINTED_UNIT = {"GIRFT best practice": BEST, "ICS average": SYSTEM}
PROCEDURES = {SYSTEM: 12_000, "Provider 1": 2_400, "Provider 2": 1_100, "Provider 3": 1_100, "Provider 4": 1_100}
BASES = {SYSTEM: ICS_VALUE, "Provider 1": 4_106_400, "Provider 2": 3_510_100, "Provider 3": 4_434_100, "Provider 4": 2_905_100}
ADJUSTMENTS = Adjustments(Fraction("0.20"), Fraction("0.10"), Fraction("0.05"))
USES = [
    Use(element, unit, Fraction(count), UNIT_COST[element])
    for element, counts in ACTIVITY.items()
    for unit, count in zip(UNITS, counts, strict=True)
]


def cataracts(given=True, excess="system"):
    """The opportunities of the units, with the printed values of the payment or with those worked out, and the warnings."""
    names = [name for name in PROCEDURES if excess == "system" or name != SYSTEM]
    units = [Unit(name, PROCEDURES[name], BASES[name] if given else None) for name in names]
    found, _, warnings = opportunities(USES, units, ADJUSTMENTS, excess)
    return {one.unit: one for one in found}, warnings


def fps_costed_pathways_value():
    tally = Tally()
    (given, warnings), (worked_out, _), (own, _) = cataracts(), cataracts(given=False), cataracts(excess="own")
    assert [text.split(":")[0] for text in warnings] == ["Provider 1", "Provider 2", "Provider 3", "Provider 4"]
    assert all("activity is multiplied in twice" in text for text in warnings)
    # activity by unit (18), unit costs (3) and procedures (5) of the slides before
    tally.given += sum(map(len, ACTIVITY.values())) + len(UNIT_COST) + len(PROCEDURES)
    for row in tally.rows("fps_costed_pathways_value"):
        line, unit, printed = row["line"], PRINTED_UNIT.get(row["unit"], row["unit"]), row["printed"]
        if "not printed" in line:
            tally.recomputed(row["recomputed"], own[unit].potential if line.startswith("Potential") else worked_out[unit].base)
        elif line in LINES:
            _pathway_cost(tally, row, line, unit)
        elif line.startswith("Excess activity"):
            over = PROCEDURES[SYSTEM] * excess_activity(USES, SYSTEM)
            tally.cell(printed, over)
            tally.recomputed(row["recomputed"], over)
        elif line.startswith("Potential"):
            one = given[SYSTEM if unit.startswith("ICS") else unit]
            tally.cell(printed, one.potential, 2)
            tally.recomputed(row["recomputed"], one.potential)
        elif unit.startswith("ICS"):
            assert row["recomputed"] == "not reproduced"
            _value_of_the_system(tally, printed, given, worked_out)
        else:
            twice = activity_counted_twice(USES, Unit(unit, PROCEDURES[unit]))
            tally.with_input(printed, twice, 2)
            tally.recomputed(row["recomputed"], twice)
            assert worked_out[unit].base != Decimal(printed)
            tally.differs(f"Approximate value in Fixed Payment 22/23, {unit}", printed, str(worked_out[unit].base))
    providers = [one.potential for one in given.values() if one.unit != SYSTEM]
    tally.differs("sum of provider potential efficiencies vs ICS 5,322,000", str(given[SYSTEM].potential), str(sum(providers)))
    return tally


def _pathway_cost(tally, row, line, unit):
    """The cost of one element in one procedure at a unit, or what it is above best practice."""
    element = [use for use in USES if use.element == LINES[line]]
    found = excess_cost(element, SYSTEM) if unit == "Variation" else cost_of_procedure(element, unit)
    tally.recomputed(row["recomputed"], found)
    if row["printed"] == "110.00" and unit == BEST:
        tally.misprint(row["printed"], found, "16.50", 2)
        tally.differs("Post procedure outpatient cost, GIRFT best practice", row["printed"], str(half_up(found, 2)))
    else:
        tally.cell(row["printed"], found, 2)


def _value_of_the_system(tally, printed, given, worked_out):
    """Three readings, none of which gives it: activity once, activity twice, the sum of the providers."""
    twice = activity_counted_twice(USES, Unit(SYSTEM, PROCEDURES[SYSTEM]))
    providers = sum(one.base for one in given.values() if one.unit != SYSTEM)
    assert ICS_VALUE not in (worked_out[SYSTEM].base, twice, providers)
    tally.misprint(printed, worked_out[SYSTEM].base, "20412000", 2)
    readings = [str(value) for value in (twice, worked_out[SYSTEM].base, providers)]
    tally.differs("Approximate value in Fixed Payment 22/23, ICS", printed, readings)


def fps_costed_pathways_adjustments():
    tally, (found, _) = Tally(), cataracts()
    names = {"Adjustment 1": "fixed cost", "Adjustment 2": "complexity", "Adjustment 3": "shift between providers"}
    shares = {**dict(ADJUSTMENTS.named), "net": ADJUSTMENTS.net}
    for row in tally.rows("fps_costed_pathways_adjustments"):
        one = found[SYSTEM if row["unit"] == WHOLE else row["unit"]]
        name = names.get(row["line"].split(":")[0])
        tally.recomputed(row["fraction_of_potential"], shares[name or "net"])
        value = one.net if name is None else dict(one.reductions)[name]
        tally.cell(row["printed"], value, 2)
        tally.recomputed(row["recomputed"], value)
    tally.given += len(ADJUSTMENTS.named)
    return tally


PROGRESS = {"2023/24": "0", "2024/25": "0.15", "2025/26": "0.30", "2026/27": "0.75", "2027/28": "1"}
GROWTH = {"2024/25": "1.01", "2025/26": "1.02", "2026/27": "1.03", "2027/28": "1.04"}


def cataract_profile(rows):
    """The opportunities, and plan and forecast by unit and year: the forecast is the value of 2022/23 times 1.01 to 1.04."""
    found, _ = cataracts()
    added = {(row["unit"], row["year"]): Fraction(row["plan_printed"]) for row in rows if row["unit"].startswith("Optometrist")}
    forecast = {place: plan * Fraction("1.2") for place, plan in added.items()}
    for year in PROGRESS:
        extra = forecast["Optometrist 1", year] + forecast["Optometrist 2", year]
        for name, one in found.items():
            # the "2023/24 forecast" of the source is the 15 % plan of 2024/25
            value = one.base * Fraction(GROWTH[year]) if year in GROWTH else one.base - Fraction("0.15") * one.net
            forecast[name, year] = value + (extra if name == SYSTEM else 0)
    return found, profile(list(found.values()), list(PROGRESS), [Fraction(share) for share in PROGRESS.values()], added, forecast)[0]


def fps_costed_pathways_profile():
    tally = Tally()
    printed = tally.rows("fps_costed_pathways_profile")
    found, rows = cataract_profile(printed)
    by_place = {(row.unit, row.year): row for row in rows}
    tally.given += len(GROWTH)
    for row in printed:
        unit = SYSTEM if row["unit"] == "Total Cost" else row["unit"]
        one = by_place[unit, row["year"]]
        assert Fraction(row["progress"]) == Fraction(PROGRESS[row["year"]])
        if unit.startswith("Optometrist"):
            tally.held(row["plan_printed"], one.plan)
        else:
            (tally.with_input if unit == SYSTEM else tally.cell)(row["plan_printed"], one.plan, 2)
        early = row["year"] == "2023/24" and unit.startswith("Provider")
        check = tally.with_input if early or unit == SYSTEM else tally.cell
        check(row["forecast_printed"], one.forecast, 2)
        check(row["variance_printed"], one.variance, 2)
        for column, value in (("plan", one.plan), ("forecast", one.forecast), ("variance", one.variance)):
            tally.recomputed(row[f"{column}_recomputed"], value)
    tally.given += len(PROGRESS)
    limits, warnings = thresholds(list(found.values()), rows, Fraction("0.8"))
    assert limits[0].needed == Fraction("0.8") * found[SYSTEM].net
    assert len(warnings) == 5
    _label_of_the_first_forecast(tally, by_place)
    return tally


def _label_of_the_first_forecast(tally, by_place):
    """The first forecast, "actual / projected": the plan at 15 % progress, with the optometrists' forecast for their plan."""
    first, at_15 = by_place[SYSTEM, "2023/24"], by_place[SYSTEM, "2024/25"]
    added = {year: [by_place[f"Optometrist {n}", year] for n in (1, 2)] for year in ("2023/24", "2024/25")}
    planned = at_15.plan - sum(one.plan for one in added["2024/25"])
    assert first.forecast == planned + sum(one.forecast for one in added["2023/24"])
    by_rule = [str(exact(ICS_VALUE)), str(sum(one.forecast for one in added["2023/24"]))]
    tally.differs("2023/24 actual / projected forecast", str(first.forecast), by_rule)
