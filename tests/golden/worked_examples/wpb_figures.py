"""Whole population budgets handbook, figures 15 to 17: by the engine, from configs/wpb_acute.toml."""

from decimal import Decimal
from fractions import Fraction

from simengine.baseline.roll_forward import PreviousYear, roll_forward
from simengine.baseline.working import Line
from simengine.study.load import load_study
from tests.golden.worked_examples.plans import CONFIGS, by_year, plan_of
from tests.golden.worked_examples.tally import Tally, rounded
from tests.golden.worked_examples.wpb_tables import HCHS, LITIGATION, YEARS, in_per_cent

ACUTE_STUDY = CONFIGS / "wpb_acute.toml"
#: Lines of the acute study by the words of figures 15 to 17.
UNITS = {
    "A&E attendance": "ae",
    "Outpatient appointment": "outpatients",
    "Elective admission": "elective",
    "Non-elective admission": "non_elective",
}
ACTIVITIES = {f"{name}s": line for name, line in UNITS.items()}


def price(line, *overrides):
    """Planned price of a line of the acute study by year, unrounded."""
    result = plan_of(ACUTE_STUDY, *overrides)
    spend, activity = by_year(result, "spend_do_nothing", line), by_year(result, "activity_do_nothing", line)
    return dict(zip(YEARS, (money / units for money, units in zip(spend, activity, strict=True)), strict=True))


def planned(variable, line, *overrides):
    return dict(zip(YEARS, by_year(plan_of(ACUTE_STUDY, *overrides), variable, line), strict=True))


def implied_index():
    """The interval of the cumulative uplift that figure 17 allows, by year, as the shared table has it."""
    tally = Tally()
    rows = tally.rows("wpb_fig17_implied_uplift_index")
    return {row["year"]: (float(row["cumulative_index_low"]), float(row["cumulative_index_high"])) for row in rows}


def uplifts(index):
    """The yearly uplifts of a cumulative index, as an override of the acute study."""
    levels = [1.0, *index]
    found = [now / before - 1 for before, now in zip(levels[:-1], levels[1:], strict=True)]
    return f"inflation.uplift=[{', '.join(f'{rate:.17g}' for rate in found)}]"


#: How far into its interval the index of each year is taken: in the first year the printed total needs the upper half.
PARTS = (0.75, 0.5, 0.5, 0.5, 0.5)


def implied():
    """The uplifts that figure 17 implies, as an override of the acute study."""
    return uplifts([low + part * (high - low) for part, (low, high) in zip(PARTS, implied_index().values(), strict=True)])


def from_tables_3_and_4(litigation=0.17):
    """The uplifts as tables 3 and 4 give them with this inflation of litigation, not rounded, as an override of the acute study."""
    rates = in_per_cent(HCHS, f"inflation.litigation={litigation}").values()
    return f"inflation.uplift=[{', '.join(repr(rate / 100) for rate in rates)}]"


def year_on_year(first, rows, rate):
    """Each year from the printed figure of the year before, by the baseline's roll-forward."""
    found, before = [], Fraction(first)
    for row in rows:
        (service,) = roll_forward([PreviousYear(Line(row["year"]), before, population_and_need=Fraction(row[rate]) / 100)]).services
        found.append(service.spend)
        before = Fraction(row["printed"])
    return found


def wpb_fig15_unit_costs():
    tally = Tally()
    spec = load_study(ACUTE_STUDY).spec
    rows = tally.rows("wpb_fig15_unit_costs")
    for item, line in UNITS.items():
        those = [row for row in rows if row["item"] == item]
        tally.held(those[0]["base_2015_16"], spec.services[line].price)
        plain, hidden, unrounded = price(line), price(line, implied()), price(line, from_tables_3_and_4())
        at_one_rate = price(line, from_tables_3_and_4(LITIGATION))
        for row, chained in zip(those, year_on_year(those[0]["base_2015_16"], those, "uplift_pct"), strict=True):
            year, printed = row["year"], row["printed"]
            tally.recomputed(row["chained_from_printed_previous"], chained)
            tally.recomputed(row["unrounded_table5_uplifts"], unrounded[year])
            assert row["base_2015_16"] == those[0]["base_2015_16"]
            assert rounded(100 * spec.inflation["uplift"][YEARS.index(year)], 2) == Decimal(row["uplift_pct"])
            tally.recomputed(row["recomputed_unrounded"], plain[year])
            tally.recomputed(row["recomputed_rounded"], plain[year])
            # the one rate of litigation that gives all of table 6 gives all of this figure, too
            assert rounded(hidden[year]) == rounded(at_one_rate[year]) == Decimal(printed)
            if rounded(plain[year]) == Decimal(printed):
                tally.cell(printed, plain[year])
                continue
            tally.with_input(printed, hidden[year])
            tally.differs(f"{item} {year}", printed, [str(rounded(plain[year])), str(rounded(plain[year], 2))][int(item[0] == "E") :])
    return tally


def wpb_fig16_activity():
    tally = Tally()
    spec = load_study(ACUTE_STUDY).spec
    rows, slips = tally.rows("wpb_fig16_activity"), 0
    for item, line in ACTIVITIES.items():
        those = [row for row in rows if row["item"] == item]
        tally.held(those[0]["base_2015_16"], spec.services[line].activity)
        found = planned("activity_do_nothing", line)
        again = year_on_year(those[0]["base_2015_16"], those, "growth_pct")
        for row, rate, chained in zip(those, spec.services[line].growth, again, strict=True):
            assert row["base_2015_16"] == those[0]["base_2015_16"]
            tally.recomputed(row["chained_from_printed_previous"], chained)
            # rounding is for print: from the printed year before, six cells of twenty are off
            slips += rounded(chained) != Decimal(row["printed"])
            tally.held(row["growth_pct"], 100 * rate, 2)
            tally.cell(row["printed"], found[row["year"]])
            tally.recomputed(row["recomputed_unrounded"], found[row["year"]])
            tally.recomputed(row["recomputed_rounded"], found[row["year"]])
            assert row["difference"] == "0"
    assert slips == 6
    return tally


def wpb_fig17_total_costs():
    """From table 6 as printed, and with the uplifts that the figure itself implies, which round to table 6."""
    tally = Tally()
    totals = dict.fromkeys(YEARS, 0.0)
    printed_rows = dict.fromkeys(YEARS, 0)
    rows, at_one_rate = tally.rows("wpb_fig17_total_costs"), 0
    activity = {(row["item"], row["year"]): int(row["printed"]) for row in Tally().rows("wpb_fig16_activity")}
    for item, line in ACTIVITIES.items():
        plain, hidden = planned("spend_do_nothing", line), planned("spend_do_nothing", line, implied())
        unrounded, near = price(line, from_tables_3_and_4()), planned("spend_do_nothing", line, from_tables_3_and_4(LITIGATION))
        for row in [row for row in rows if row["item"] == item]:
            year, printed = row["year"], row["printed_thousands"]
            totals[year] += hidden[year] / 1000
            printed_rows[year] += int(printed)
            tally.recomputed(row["unrounded_unit_x_unrounded_activity"], plain[year] / 1000)
            units = activity[item, year]
            tally.recomputed(row["unrounded_table5_uplifts"], unrounded[year] * units / 1000)
            tally.recomputed(row["implied_unit_cost"], 1000 * float(printed) / units)
            with_printed = price(line)[year] * units / 1000
            tally.recomputed(row["unrounded_unit_x_printed_activity"], with_printed)
            # the shared table's flag goes with the printed activity: two cells, where both unrounded give one
            assert (rounded(with_printed) == Decimal(printed)) == (row["reproduces_unrounded"] == "yes")
            assert abs(plain[year] / 1000 - float(printed)) / float(printed) < 1.1e-4
            assert rounded(hidden[year] / 1000) == Decimal(printed)
            assert abs(rounded(near[year] / 1000) - Decimal(printed)) <= 1
            at_one_rate += rounded(near[year] / 1000) == Decimal(printed)
            exactly = rounded(plain[year] / 1000) == Decimal(printed)
            (tally.cell if exactly else tally.with_input)(printed, (plain if exactly else hidden)[year] / 1000)
    assert at_one_rate == 12
    for row in [row for row in rows if row["item"] == "TOTAL"]:
        year, printed = row["year"], row["printed_thousands"]
        plain = sum(planned("spend_do_nothing", line)[year] for line in ACTIVITIES.values()) / 1000
        tally.recomputed(row["unrounded_unit_x_unrounded_activity"], plain)
        tally.with_input(printed, totals[year])
        assert row["unrounded_unit_x_printed_activity"] == f"{printed_rows[year]} (sum of printed rows)"
        if str(printed_rows[year]) != printed:
            tally.differs(f"TOTAL {year}", printed, str(printed_rows[year]))
    return tally


#: The shared table has its intervals to seven digits, so an end is known to half of one of these.
HALF = 0.5e-7


def cells_of_figure_17(override):
    """Thousands of pounds, rounded: {(line, year): value}."""
    found = {line: planned("spend_do_nothing", line, override) for line in ACTIVITIES.values()}
    return {(line, year): int(rounded(value / 1000)) for line, years in found.items() for year, value in years.items()}


def wpb_fig17_implied_uplift_index():
    """The ends of each interval give figure 17 whole; just outside them at least one cell of that year is another."""
    tally = Tally()
    rows = tally.rows("wpb_fig17_implied_uplift_index")
    lows, highs = zip(*((float(row["cumulative_index_low"]), float(row["cumulative_index_high"])) for row in rows), strict=True)
    printed = [row for row in Tally().rows("wpb_fig17_total_costs") if row["item"] in ACTIVITIES]
    figure = {(ACTIVITIES[row["item"]], row["year"]): int(row["printed_thousands"]) for row in printed}
    inside = [cells_of_figure_17(uplifts([end + step for end in ends])) for ends, step in ((lows, HALF), (highs, -HALF))]
    assert inside == [figure, figure]
    below, above = (cells_of_figure_17(uplifts([end + step for end in ends])) for ends, step in ((lows, -HALF), (highs, HALF)))
    for year in YEARS:
        for beyond in (below, above):
            assert any(beyond[place] != value for place, value in figure.items() if place[1] == year), year
    (before_low, before_high), hidden = (1.0, 1.0), growth_of(implied())
    for year, row, low, high, rate in zip(YEARS, rows, lows, highs, hidden, strict=True):
        assert (row["year"], row["consistent"]) == (year, "yes")
        tally.with_input(row["printed_uplift_pct"], rate, 2)
        tally.recomputed(row["implied_annual_uplift_pct_low"], 100 * (low / before_high - 1))
        tally.recomputed(row["implied_annual_uplift_pct_high"], 100 * (high / before_low - 1))
        before_low, before_high = low, high
    assert [str(rounded(rate, 3)) for rate in hidden] == ["3.274", "2.457", "2.174", "2.171", "3.040"]
    return tally


def growth_of(override):
    """The yearly growth of the price of a line of the acute study, in per cent."""
    levels = [125.0, *price("ae", override).values()]
    return [100 * (now / before - 1) for before, now in zip(levels[:-1], levels[1:], strict=True)]
