"""Every programme by name: a table that can be checked by hand, for a benchmark of 1,000 unless stated, and where rules change by year."""

import csv
from decimal import Decimal

import pytest

from simengine.settling.settle import settle
from simengine.study.programme_sets import Facts, Parameter, programmes

pytestmark = pytest.mark.unit

NAMES = [
    *("mssp.track_1", "mssp.track_1_plus", "mssp.track_2", "mssp.track_3"),
    *("mssp.basic_a", "mssp.basic_b", "mssp.basic_c", "mssp.basic_d", "mssp.basic_e", "mssp.enhanced"),
    *("ngaco.a", "ngaco.b", "aco_reach.global", "aco_reach.professional", "medicare_part_d", "aca_risk_corridor"),
    *("nhs.marginal_rate_emergency", "nhs.blended_2019", "nhs.api_2022", "nhs.api_2023", "wpb"),
]
MSSP = {"msr": "0.02", "quality": "0.9", "quality_met": "1"}
TABLE = [
    # programme, year, outturn, further columns, settlement, working
    ("mssp.track_1", 2018, "960", MSSP, "17.64", "98 % of 50 % of 0.9 of 40"),
    ("mssp.track_1", 2019, "960", MSSP, "18.00", "no sequestration in 2019"),
    ("mssp.track_1", 2020, "960", MSSP, "18.00", "nor in 2020"),
    ("mssp.track_1", 2021, "960", MSSP, "19.60", "the full rate where the standard is met: 98 % of 50 % of 40"),
    ("mssp.track_1", 2018, "960", {**MSSP, "quality_met": "0"}, "0.00", "the standard is failed"),
    ("mssp.track_1", 2018, "1040", MSSP, "0.00", "one-sided"),
    ("mssp.track_1_plus", 2018, "1020", {**MSSP, "revenue": "500"}, "-6.00", "30 % of 20, less than 8 % of 500 and 4 % of 1,000"),
    ("mssp.track_1_plus", 2018, "1200", {**MSSP, "revenue": "400"}, "-32.00", "8 % of 400 is less than 4 % of 1,000 and 30 % of 200"),
    ("mssp.track_1_plus", 2018, "1200", MSSP, "-40.00", "without a revenue the limit by benchmark: 4 % of 1,000"),
    ("mssp.track_2", 2014, "960", {**MSSP, "msr": ""}, "21.17", "MSR of 2 % before 2016: 98 % of 60 % of 0.9 of 40 = 21.168"),
    ("mssp.track_2", 2018, "1040", {**MSSP, "agreement_start": "2018"}, "-18.40", "1 - 0.6 x 0.9 = 46 % of 40"),
    ("mssp.track_2", 2018, "1200", {**MSSP, "agreement_start": "2018"}, "-50.00", "46 % of 200 = 92, at most 5 % in year 1"),
    ("mssp.track_2", 2018, "1200", {**MSSP, "agreement_start": "2017"}, "-75.00", "at most 7.5 % in year 2"),
    ("mssp.track_2", 2018, "1300", {**MSSP, "agreement_start": "2016"}, "-100.00", "46 % of 300 = 138, at most 10 % in year 3"),
    ("mssp.track_2", 2018, "1040", {**MSSP, "agreement_start": "2018", "quality": "0.5"}, "-24.00", "1 - 0.3 = 70 %, at most 60 %"),
    ("mssp.track_3", 2017, "960", MSSP, "26.46", "98 % of 75 % of 0.9 of 40"),
    ("mssp.track_3", 2017, "600", MSSP, "200.00", "98 % of 67.5 % of 400 = 264.6, at most 20 %"),
    ("mssp.track_3", 2017, "1040", {**MSSP, "adjustment": "5"}, "-11.00", "floor 40 % of 40 = 16, less 5"),
    ("mssp.track_3", 2017, "1040", {**MSSP, "adjustment": "50"}, "0.00", "an adjustment never makes a loss a gain"),
    ("mssp.track_3", 2017, "1400", MSSP, "-150.00", "40 % of 400 = 160, at most 15 %"),
    ("mssp.basic_a", 2022, "960", MSSP, "15.68", "98 % of 40 % of 40"),
    ("mssp.basic_b", 2022, "960", {**MSSP, "quality_met": "0"}, "0.00", "the standard is failed"),
    ("mssp.basic_c", 2023, "1020", {**MSSP, "revenue": "1000"}, "-6.00", "30 % of 20"),
    ("mssp.basic_d", 2023, "1100", {**MSSP, "revenue": "1000"}, "-20.00", "30 % of 100 = 30, at most 2 % of 1,000"),
    (
        "mssp.basic_e",
        2023,
        "960",
        {**MSSP, "quality_met": "0", "alternative_quality_met": "1"},
        "17.64",
        "the score counts: 98 % of 50 % of 0.9 of 40",
    ),
    (
        "mssp.basic_e",
        2022,
        "960",
        {**MSSP, "quality_met": "0", "alternative_quality_met": "1"},
        "0.00",
        "no alternative standard before 2023",
    ),
    (
        "mssp.enhanced",
        2023,
        "1040",
        {**MSSP, "quality_met": "0", "alternative_quality_met": "0"},
        "-30.00",
        "both standards failed: 75 % of 40",
    ),
    (
        "mssp.enhanced",
        2023,
        "1040",
        {**MSSP, "quality": "0.7", "quality_met": "0", "alternative_quality_met": "1"},
        "-19.00",
        "1 - 0.75 x 0.7 = 47.5 %",
    ),
    ("mssp.enhanced", 2024, "960", {**MSSP, "guardrail": "1"}, "0.00", "a gain under the guardrail is not paid"),
    ("mssp.enhanced", 2023, "960", {**MSSP, "guardrail": "1"}, "29.40", "no guardrail before 2024: 98 % of 75 % of 40"),
    ("mssp.enhanced", 2024, "1040", {**MSSP, "guardrail": "1"}, "-16.00", "a loss stands: floor 40 % of 40"),
    ("ngaco.a", 2018, "960", {}, "31.36", "98 % of 80 % of 40"),
    ("ngaco.a", 2018, "900", {"pool_cap": "0.05"}, "39.20", "98 % of 80 % of 50: the cap comes before the share"),
    ("ngaco.a", 2018, "1100", {"pool_cap": "0.15"}, "-80.00", "80 % of 100, not deducted from"),
    ("ngaco.b", 2018, "1100", {"pool_cap": "0.05"}, "-50.00", "all of at most 50"),
    ("aco_reach.global", 2022, "900", {}, "80.00", "benchmark less 2 %: 980 - 900, all of it"),
    ("aco_reach.global", 2022, "680", {}, "272.50", "980 - 680 = 300: all of 245 (25 % of 980) and half of 55"),
    ("aco_reach.global", 2026, "600", {}, "223.94", "965 - 600 = 365: all of 96.5, half of 241.25, a quarter of 27.25"),
    ("aco_reach.professional", 2023, "900", {}, "42.50", "half of 50, 35 % of 50"),
    ("aco_reach.professional", 2023, "1200", {}, "-52.50", "half of 50, 35 % of 50, 15 % of 50, 5 % of 50"),
    ("medicare_part_d", 2007, "1040", {}, "11.25", "75 % of what lies between 25 and 40"),
    ("medicare_part_d", 2008, "1040", {}, "0.00", "within 5 %"),
    ("aca_risk_corridor", 2015, "1080", {}, "25.00", "half of 30 to 80: 2.5 % of the target at 108 %"),
    ("aca_risk_corridor", 2015, "1180", {}, "105.00", "25 and 80 % of 100"),
    ("aca_risk_corridor", 2015, "920", {}, "-25.00", "the same the other way"),
    ("nhs.marginal_rate_emergency", 2012, "1100", {}, "-70.00", "paid at 30 % above the baseline"),
    ("nhs.marginal_rate_emergency", 2017, "1100", {}, "-30.00", "paid at 70 %"),
    ("nhs.marginal_rate_emergency", 2012, "900", {}, "0.00", "paid by activity below it"),
    ("nhs.blended_2019", 2019, "1100", {}, "-80.00", "income 1,000 + 20 % of 100, where activity would pay 1,100"),
    ("nhs.blended_2019", 2019, "900", {}, "80.00", "income 1,000 - 20 % of 100, where activity would pay 900"),
    ("nhs.api_2022", 2022, "1100", {}, "-25.00", "75 % of the price of what is above the plan"),
    ("nhs.api_2022", 2022, "900", {}, "25.00", "and of what is below it"),
    ("nhs.api_2023", 2023, "900", {}, "100.00", "a value below 500,000 is a block: the provider keeps all of the plan"),
    ("wpb", 2016, "960", {"msr": "0.02"}, "10.00", "half of what lies beyond 20"),
    ("wpb", 2016, "1040", {"msr": "0.02"}, "-10.00", "and of a loss"),
]


def settle_rows(tmp_path, rows):
    """Settle rows given as dicts of columns."""
    path = tmp_path / "actuals.csv"
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return settle(path)


@pytest.mark.parametrize(("name", "year", "outturn", "columns", "expected", "working"), TABLE, ids=lambda value: str(value)[:24])
def test_by_hand(tmp_path, name, year, outturn, columns, expected, working):
    row = {"contract": "A", "year": year, "programme": name, "baseline": "1000", "outturn": outturn, **columns}
    made = settle_rows(tmp_path, [row])
    assert made.errors == []
    assert made.rows[0]["settlement"] == Decimal(expected), working


def test_table_has_every_programme():
    assert sorted(programmes()) == sorted(NAMES)
    assert {row[0] for row in TABLE} == set(NAMES)


@pytest.mark.parametrize(
    ("baseline", "year", "expected"), [(499_999, 2024, 1000), (500_000, 2024, 0), (1_400_000, 2024, 0), (1_400_000, 2025, 1000)]
)
def test_low_volume_contracts_are_a_block(tmp_path, baseline, year, expected):
    row = {
        "contract": "A",
        "year": f"{year}/{year % 100 + 1}",
        "programme": "nhs.api_2023",
        "baseline": baseline,
        "outturn": baseline - 1000,
    }
    assert settle_rows(tmp_path, [row]).rows[0]["settlement"] == expected


def low_revenue(**changes):
    row = {"contract": "A", "year": 2024, "programme": "mssp.basic_e", "baseline": 1000, "outturn": 985, "msr": 0.02, "quality": 0.9}
    return {**row, "quality_met": 1, "agreement_start": 2024, "revenue_category": "low", "population": 5000, **changes}


@pytest.mark.parametrize(
    ("changes", "expected", "why"),
    [
        ({}, "3.68", "half of the rate: 98 % of 50 % of 7.5 = 3.675"),
        ({"revenue_category": "high"}, "0.00", "high revenue"),
        ({"agreement_start": 2023}, "0.00", "an agreement of before 2024"),
        ({"population": 4999}, "0.00", "fewer than 5,000 people"),
        ({"year": 2023, "agreement_start": 2023}, "0.00", "before 2024"),
        ({"outturn": 1005}, "0.00", "a loss below the rate"),
        ({"programme": "mssp.enhanced"}, "0.00", "not in BASIC"),
    ],
)
def test_half_rate_below_the_minimum(tmp_path, changes, expected, why):
    made = settle_rows(tmp_path, [low_revenue(**changes)])
    assert made.errors == []
    assert made.rows[0]["settlement"] == Decimal(expected), why


def test_half_rate_needs_to_know_the_revenue(tmp_path):
    made = settle_rows(tmp_path, [low_revenue(revenue_category="")])
    assert [(problem.path, problem.line) for problem in made.errors] == [("revenue_category", 2)]


def test_six_months_are_half_of_everything(tmp_path):
    row = {
        "contract": "A",
        "year": 2019,
        "programme": "mssp.track_3",
        "baseline": 1000,
        "outturn": 1040,
        **MSSP,
        "adjustment": 4,
        "proration": 0.5,
    }
    assert settle_rows(tmp_path, [row]).rows[0]["settlement"] == Decimal("-6.00")  # half of 40 % of 40 less half of 4


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_a_source_and_a_status(name):
    for found in programmes()[name].parameters:
        assert found.citation
        assert set(found.status.replace(" ", "").split(",")) <= {"read", "results", "secondary", "memory", "onesource", "nonepublished"}


@pytest.mark.parametrize("name", NAMES)
def test_terms_can_be_told_for_every_year_that_it_ran(name):
    found = programmes()[name]
    for year in range(found.first or 2016, (found.last or 2030) + 1):
        terms = found.terms(Facts(year, year, "low"))
        assert all(isinstance(item, Parameter) for item in terms.values())
        assert "gain_share" in terms or "bands" in terms
