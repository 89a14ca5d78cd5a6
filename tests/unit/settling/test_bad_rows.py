"""Rows that cannot be settled: each named with line, column, value, rule and what is near; the good rows settle all the same."""

import math
from decimal import Decimal
from functools import partial

import pandas as pd
import pytest

from simengine.errors import DataError
from simengine.settling.settle import settle
from tests.unit.settling.deals import actuals_file

pytestmark = pytest.mark.unit

HEADER = "contract,year,baseline,outturn,population,msr,quality,quality_met,revenue,guardrail,adjustment,programme"
GOOD = "good,2018,1000,970,,0.025,0.9,,,,,mssp.track_1"
BAD = [
    # a row, then column, value, part of the rule, what is near
    ('A,2018,"1,000",970,,0.02,0.9,,,,,', "baseline", "1,000", "without thousands separators", "1000"),
    ("A,2018,1 000.5,970,,0.02,0.9,,,,,", "baseline", "1 000.5", "without thousands separators", "1000.5"),
    ("A,2018,£1000,970,,0.02,0.9,,,,,", "baseline", "£1000", "without a sign of money", "1000"),
    ("A,2018,n/a,970,,0.02,0.9,,,,,", "baseline", "n/a", "must be a number", None),
    ("A,2018,-1000,970,,0.02,0.9,,,,,", "baseline", "-1000", "must be above 0", None),
    ("A,2018,0,970,,0.02,0.9,,,,,", "baseline", "0", "must be above 0", None),
    ("A,2018,nan,970,,0.02,0.9,,,,,", "baseline", "nan", "must be a finite number", None),
    ("A,2018,1e99,970,,0.02,0.9,,,,,", "baseline", "1e99", "too large", None),
    ("A,2018,1000,inf,,0.02,0.9,,,,,", "outturn", "inf", "must be a finite number", None),
    ("A,2018,1000,-1,,0.02,0.9,,,,,", "outturn", "-1", "must not be negative", None),
    ("A,2018,,970,,0.02,0.9,,,,,", "baseline", None, "is required", None),
    (",2018,1000,970,,0.02,0.9,,,,,", "contract", None, "is required", None),
    ("A,2018,1000,970,-5,,0.9,,,,,", "population", "-5", "must be above 0", None),
    ("A,2018,1000,970,400,,0.9,,,,,", "population", "400", "is below 500 people", None),
    ("A,2018,1000,970,,,0.9,,,,,", "population", None, "goes by the size of the list", None),
    ("A,2018,1000,970,,2%,0.9,,,,,", "msr", "2%", "must be a fraction", "0.02"),
    ("A,2018,1000,970,,2,0.9,,,,,", "msr", "2", "must be a fraction", "0.02"),
    ("A,2018,1000,970,,two,0.9,,,,,", "msr", "two", "must be a fraction", None),
    ("A,2018,1000,970,,0.02,,,,,,", "quality", None, "is required", None),
    ("A,2018,1000,970,,0.02,1.2,,,,,", "quality", "1.2", "from 0 to 1", "0.012"),
    ("A,2018,1000,970,,0.02,90 %,,,,,", "quality", "90 %", "without a percent sign", "0.9"),
    ("A,2018,1000,970,,0.02,0.9,2,,,,", "quality_met", "2", "must be 1 or 0", None),
    ("A,2018,1000,970,,0.02,0.9,,,,-3,", "adjustment", "-3", "must not be negative", None),
    ("A,2018,1000,970,,0.02,0.9,,,,,mssp.trak_1", "programme", "mssp.trak_1", "is not a programme", "mssp.track_1"),
    ("A,2003,1000,970,,0.02,0.9,,,,,", "year", 2003, "has no rules for this performance year", None),
    ("A,one,1000,970,,0.02,0.9,,,,,", "performance_year", None, "is required", None),
    ("A,2022,1000,970,,0.02,0.9,,,,,mssp.enhanced", "quality_met", None, "is required", None),
    ("A,2022,1000,970,,,0.9,1,,,,mssp.enhanced", "msr", None, "it is elected", None),
    ("A,2018,1000,1200,,0.02,0.9,,,,,mssp.track_2", "agreement_start", None, "is required", None),
]


write = partial(actuals_file, header=HEADER)


@pytest.mark.parametrize(("row", "column", "value", "rule", "near"), BAD)
def test_bad_row_is_named_and_the_good_one_settles(tmp_path, row, column, value, rule, near):
    made = settle(write(tmp_path, row, GOOD), programme="mssp.track_1")
    assert [item.actual.contract for item in made.settled] == ["good"]
    assert [(problem.line, problem.path, problem.value, problem.nearest) for problem in made.errors] == [(2, column, value, near)]
    assert rule in made.errors[0].rule
    assert made.errors[0].file == str(tmp_path / "actuals.csv")


def test_everything_wrong_with_a_row_is_told_at_once(tmp_path):
    made = settle(write(tmp_path, "A,2018,x,-1,0,5,7,9,z,3,-1,mssp.track_1", GOOD), programme="mssp.track_1")
    assert [problem.path for problem in made.errors] == HEADER.split(",")[2:-1]


def test_none_of_two_rows_of_one_contract_and_year_is_settled(tmp_path):
    twice = "B,2018,1000,970,,0.02,0.9,,,,,"
    made = settle(write(tmp_path, twice, GOOD, twice), programme="mssp.track_1")
    assert [(problem.line, problem.path, problem.value) for problem in made.errors] == [(2, "contract", "B"), (4, "contract", "B")]
    assert "line 4" in made.errors[0].rule
    assert len(made.settled) == 1


def test_same_contract_under_another_programme_or_in_another_year_is_another_row(tmp_path):
    rows = ["B,2018,1000,970,,0.02,0.9,,,,,", "B,2018,1000,970,,0.02,0.9,,,,,mssp.track_3", "B,2017,1000,970,,0.02,0.9,,,,,"]
    assert len(settle(write(tmp_path, *rows), programme="mssp.track_1").settled) == 3


def test_blank_lines_and_a_byte_order_mark_do_no_harm(tmp_path):
    made = settle(write(tmp_path, "", GOOD, ",,,,,,,,,,,", "", start="\ufeff"))
    assert [(row.actual.line, row.actual.contract) for row in made.settled] == [(3, "good")]
    assert made.errors == []


@pytest.mark.parametrize(
    ("header", "rules"),
    [
        ("contract,year,baseline,outturn,qualty", ["qualty: is not a column of actuals, and too like one to be left out"]),
        ("Contract,year,baseline,outturn", ["Contract: is not a column"]),
        ("contract,year,benchmark,outturn", ["baseline: is required"]),
        ("contract,year,baseline,outturn,msr,msr", ["msr: is the name of 2 columns"]),
        ("contract,year,baseline,outturn,paid_provder", ["paid_provder: names no party"]),
        ("contract", ["year: is required", "baseline: is required", "outturn: is required"]),
    ],
)
def test_header_that_does_not_do_makes_the_file_unusable(tmp_path, header, rules):
    with pytest.raises(DataError) as found:
        settle(write(tmp_path, GOOD.rpartition(",")[0][: 2 * len(header.split(","))], header=header), programme="mssp.track_1")
    texts = [str(problem) for problem in found.value.problems]
    assert len(texts) == len(rules)
    assert all(any(rule in text for text in texts) for rule in rules)


def test_further_columns_are_told_and_not_read(tmp_path):
    made = settle(
        write(tmp_path, "A,2018,1000,970,0.02,1,anything", header="contract,year,baseline,outturn,msr,quality,remarks"),
        programme="wpb",
    )
    assert len(made.settled) == 1
    assert [(warning.path, warning.rule) for warning in made.warnings] == [("remarks", "is not a column of actuals and is not read")]


def test_column_of_a_party_that_is_not_on_the_provider_side(tmp_path):
    made = settle(write(tmp_path, "A,2018,1000,970,0.02,5", header="contract,year,baseline,outturn,msr,paid_commissioner"), programme="wpb")
    assert [(problem.path, problem.line) for problem in made.errors] == [("paid_commissioner", 2)]


@pytest.mark.parametrize(
    ("terms", "text"),
    [({}, "no terms are given"), ({"programme": "mssp.trck_1"}, 'Did you mean "mssp.track_1"'), ({"programme": "x"}, "is not a programme")],
)
def test_no_terms_or_unknown_ones(tmp_path, terms, text):
    with pytest.raises(DataError, match=text):
        settle(write(tmp_path, "A,2018,1000,970", header="contract,year,baseline,outturn"), **terms)


@pytest.mark.parametrize("name", ["there.csv", "."])
def test_file_that_cannot_be_read(tmp_path, name):
    with pytest.raises(DataError):
        settle(tmp_path / name, programme="wpb")


def test_a_score_that_does_not_matter_is_not_asked_for(tmp_path):
    rows = ["A,2018,1000,990,,0.02,,,,,,", "B,2018,1000,1100,,0.02,,,,,,", "C,2018,1000,970,,0.02,,0,,,,"]
    made = settle(write(tmp_path, *rows), programme="mssp.track_1")
    assert made.errors == []
    assert [row["settlement"] for row in made.rows] == [0, 0, 0]


def test_data_frame_with_what_pandas_makes_of_missing_cells():
    frame = pd.DataFrame(
        [
            {"contract": "A", "year": 2018, "baseline": 1000, "outturn": 970.0, "msr": 0.025, "quality": 0.9},
            {"contract": "B", "year": 2018, "baseline": 1000, "outturn": math.nan, "msr": 0.025, "quality": 0.9},
            {"contract": "C", "year": 2018, "baseline": Decimal("1000.00"), "outturn": 970, "msr": None, "quality": 0.9},
        ]
    )
    made = settle(frame, programme="mssp.track_1")
    assert [row["settlement"] for row in made.rows] == [Decimal("13.23")]
    assert [(problem.line, problem.path) for problem in made.errors] == [(2, "outturn"), (3, "population")]
    assert list(made.to_frame()["contract"]) == ["A"]


def test_year_of_a_column_of_floats_and_an_outturn_of_which_a_part_is_known(tmp_path):
    header = "contract,year,baseline,outturn,msr,completion"
    made = settle(write(tmp_path, "A,2016.0,1000,873,0,0.9", header=header), programme="wpb")
    assert made.rows[0]["year"] == "2016"
    assert (made.rows[0]["outturn"], made.rows[0]["settlement"]) == (Decimal("970.00"), Decimal("15.00"))
