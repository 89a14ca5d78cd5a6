"""The printed tables of the source documents, recomputed by the plan of the shipped studies.

Each folder beside this file holds the printed values (expected.csv) and what they are (why.md). The plan is the model with
every driver at its plan value, so nothing here depends on draws; 256 of them keep the runs short.
"""

import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

import simengine

pytestmark = pytest.mark.golden

HERE = Path(__file__).parent
YEARS = ["2016/17", "2017/18", "2018/19", "2019/20", "2020/21"]
ACUTE = ["ae", "outpatients", "elective", "non_elective"]


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def printed(case, column):
    """The printed cells of an acute table: {(service, year): value}."""
    return {(row["service"], row["year"]): int(row[column]) for row in read(HERE / case / "expected.csv")}


def half_up(value):
    """Round half up as the tables do; the sixth decimal is kept first, so that 25,517.5 is not lost to binary fractions."""
    return int(Decimal(repr(round(float(value), 6))).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def cells(variable):
    """The plan of the handbook's four services: {(service, year): value}. Years are taken in order, 2016/17 first."""
    assert variable.sizes["year"] == len(YEARS)
    return {(s, y): float(variable.sel(service=s).isel(year=t)) for s in ACUTE for t, y in enumerate(YEARS)}


def plan_of(path, overrides=()):
    return simengine.run(simengine.load_study(path, overrides=list(overrides)), draws=256)


@pytest.fixture(scope="module")
def acute(configs):
    return plan_of(configs / "wpb_acute.toml")


def implied_uplifts():
    """Yearly uplifts at the middle of each interval of the cumulative index that figure 17 allows."""
    rows = read(HERE / "tables" / "wpb_fig17_implied_uplift_index.csv")
    index = [1.0] + [(float(row["cumulative_index_low"]) + float(row["cumulative_index_high"])) / 2 for row in rows]
    return [now / before - 1 for before, now in zip(index[:-1], index[1:], strict=True)]


def test_figure_15_unit_costs(acute):
    expected = printed("wpb_figure_15", "printed")
    price = cells(acute["plan_spend_do_nothing"] / acute["plan_activity_do_nothing"])
    differs = {place: half_up(price[place]) for place in expected if half_up(price[place]) != expected[place]}
    assert len(expected) == 20
    assert differs == {("outpatients", "2019/20"): 121, ("elective", "2020/21"): 3414}
    assert [expected[place] for place in differs] == [122, 3415]


def test_figure_16_activity(acute):
    expected = printed("wpb_figure_16", "printed")
    activity = cells(acute["plan_activity_do_nothing"])
    assert len(expected) == 20
    assert {place: half_up(activity[place]) for place in expected} == expected


def test_figure_17_total_costs_from_table_6_as_printed(acute):
    expected = printed("wpb_figure_17", "printed_thousands")
    spend = cells(acute["plan_spend_do_nothing"])
    assert len(expected) == 20
    # half a unit for printing in whole thousands, then 0.01 %
    beyond_print = {place: max(abs(spend[place] / 1000 - value) - 0.5, 0.0) / value for place, value in expected.items()}
    assert max(beyond_print.values()) <= 1e-4


def test_figure_17_total_costs_from_the_uplifts_it_implies(configs):
    uplifts = ", ".join(f"{uplift:.17g}" for uplift in implied_uplifts())
    result = plan_of(configs / "wpb_acute.toml", [f"inflation.uplift=[{uplifts}]"])
    spend = cells(result["plan_spend_do_nothing"])
    expected = printed("wpb_figure_17", "printed_thousands")
    assert {place: half_up(spend[place] / 1000) for place in expected} == expected


def test_figure_17_uplifts_round_to_table_6():
    assert [f"{100 * uplift:.2f}" for uplift in implied_uplifts()] == ["3.27", "2.46", "2.17", "2.17", "3.04"]


@pytest.fixture(scope="module")
def bettercaretown(configs):
    return plan_of(configs / "bettercaretown.toml")


def exhibit_1(result):
    """Exhibit 1 from the plan, GBP m: {(services, column): value}. Column 0 is the base year, one year of 5 % before the first."""
    spend = result["plan_spend_do_nothing"] / 1e6
    rows = read(HERE / "bettercaretown_exhibit_1" / "expected.csv")
    found = {}
    for row in rows:
        column = int(row["column"])
        years = [float(spend.sel(service=line).isel(year=max(column - 1, 0))) for line in row["services"].split(" + ")]
        found[row["services"], column] = sum(years) / (1.05 if column == 0 else 1.0)
    return found


def test_bettercaretown_exhibit_1(bettercaretown):
    rows = read(HERE / "bettercaretown_exhibit_1" / "expected.csv")
    expected = {(row["services"], int(row["column"])): int(row["printed_gbp_m"]) for row in rows}
    found = exhibit_1(bettercaretown)
    differs = {place: half_up(found[place]) for place in expected if half_up(found[place]) != expected[place]}
    non_elective = "non_elective_segment + non_elective_other"
    assert len(expected) == 60
    assert differs == {(non_elective, 1): 116, ("continuing_care", 1): 19}
    assert [expected[place] for place in differs] == [118, 18]


def test_bettercaretown_do_nothing_grows_by_five_per_cent(bettercaretown):
    """Also line by line: the two non-elective lines sum to 110 · 1.05^t."""
    spend = bettercaretown["plan_spend_do_nothing"] / 1e6
    for line in spend["service"].to_numpy():
        values = [float(value) for value in spend.sel(service=line)]
        assert values == pytest.approx([values[0] * 1.05**t for t in range(5)], rel=1e-12)
    non_elective = spend.sel(service=["non_elective_segment", "non_elective_other"]).sum("service")
    assert [float(value) for value in non_elective] == pytest.approx([110 * 1.05**t for t in range(1, 6)], rel=1e-12)
    assert float(spend.isel(year=0).sum("service")) == pytest.approx(1093 * 1.05, rel=1e-12)


@pytest.mark.parametrize("row", read(HERE / "bettercaretown_admissions" / "expected.csv"), ids=lambda row: row["impact"])
def test_bettercaretown_admissions_avoided(configs, row):
    """On base-year admissions at full effect, as the guide reckons: no growth, ramp and delivery 1."""
    line, scheme = "services.non_elective_segment", "schemes.care_coordination"
    still = ["population.growth=0.0", f"{line}.growth.demographic=0.0", f"{line}.growth.non_demographic=0.0"]
    # delivery stays a driver, for the correlation names it; only its plan value matters here
    full = [f"{scheme}.ramp=1.0", f"{scheme}.delivery.plan=1.0", f"{scheme}.effects.non_elective_segment.impact={row['impact']}"]
    result = plan_of(configs / "bettercaretown.toml", [*still, *full])
    before = result["plan_activity_do_nothing"].sel(service="non_elective_segment")
    after = result["plan_activity"].sel(service="non_elective_segment")
    assert [float(value) for value in before] == [float(row["admissions"])] * 5
    assert [float(value) for value in before - after] == pytest.approx([float(row["avoided"])] * 5, rel=1e-12)


def test_expected_values_are_those_of_the_shared_tables(shared_folder):
    tables = shared_folder / "tables"
    for figure, column in (
        ("wpb_fig15_unit_costs", "printed"),
        ("wpb_fig16_activity", "printed"),
        ("wpb_fig17_total_costs", "printed_thousands"),
    ):
        theirs = [
            (row["year"], row[column]) for row in read(tables / f"{figure}.csv") if row["year"] in YEARS and row.get("item") != "TOTAL"
        ]
        ours = [(row["year"], row[column]) for row in read(HERE / f"wpb_figure_{figure[7:9]}" / "expected.csv")]
        assert ours == theirs
    leaves = [row["value"] for row in read(tables / "bct_exhibit1_baseline.csv") if row["kind"] == "leaf"]
    assert [row["printed_gbp_m"] for row in read(HERE / "bettercaretown_exhibit_1" / "expected.csv")] == leaves
