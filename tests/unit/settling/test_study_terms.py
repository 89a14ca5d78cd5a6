"""Settling under a study: contracts are its arrangements, years its labels, and years of a contract follow one another."""

import copy
from decimal import Decimal
from functools import partial

import pytest

from simengine.settling.settle import settle
from simengine.study.load import Study
from tests.unit.settling.deals import actuals_file

pytestmark = pytest.mark.unit

TREE = {
    "horizon": {"base": "2019/20", "years": 3},
    "money": {"unit": "GBP m"},
    "parties": {"icb": {"role": "commissioner"}, "acute": {"role": "provider"}, "community": {"role": "provider"}},
    "services": {"beds": {"spend": 60, "provider": "acute"}, "nursing": {"spend": 40, "provider": "community"}},
    "arrangements": {
        "urgent": {
            "services": ["beds", "nursing"],
            "baseline": "plan",
            "msr": 0.02,
            "msr_kind": "excess",
            "gain_share": {"acute": 0.3, "community": 0.5},
            "collar": {"acute": {"amount": 1.5}},
        }
    },
}
HEADER = "contract,year,baseline,outturn"


def study(**terms):
    tree = copy.deepcopy(TREE)
    tree["arrangements"]["urgent"] |= terms
    return Study.from_dict(tree)


write = partial(actuals_file, header=HEADER)


def test_worked_example_in_pounds_under_a_study_in_millions(tmp_path):
    path = write(tmp_path, "urgent,2020/21,100000000,90000000,90000000", header=f"{HEADER},paid_acute")
    row = settle(path, terms=study()).rows[0]
    assert [row[f"settlement_{party}"] for party in ("icb", "community", "acute")] == [-6_400_000, 4_000_000, 2_400_000]
    assert row["settlement"] == 6_400_000


def test_an_amount_of_the_study_is_in_its_unit_of_money(tmp_path):
    made = settle(write(tmp_path, "urgent,2020/21,100000000,112000000"), terms=study())
    assert made.rows[0]["settlement_acute"] == -1_500_000
    assert made.rows[0]["limit_applied"] == "collar"
    assert [(item["payer"], item["payee"], item["amount"]) for item in made.transfers] == [
        ("acute", "icb", 1_500_000),
        ("community", "icb", 5_000_000),
    ]


@pytest.mark.parametrize(
    ("row", "column", "near"),
    [("urgnt,2020/21,1,1", "contract", "urgent"), ("urgent,2020/2,1,1", "year", "2020/21"), ("urgent,1,1,1", "year", None)],
)
def test_contract_or_year_that_is_not_in_the_study(tmp_path, row, column, near):
    errors = settle(write(tmp_path, row), terms=study()).errors
    assert [(problem.path, problem.nearest) for problem in errors] == [(column, near)]


def test_terms_go_by_the_year(tmp_path):
    path = write(tmp_path, "urgent,2022/23,100,110", "urgent,2020/21,100,110")
    made = settle(path, terms=study(sides=["one", "two", "two"], collar={}))
    assert [(row["year"], row["settlement"]) for row in made.rows] == [("2022/23", Decimal("-6.40")), ("2020/21", 0)]


def test_years_follow_one_another_whatever_the_order_of_the_rows(tmp_path):
    path = write(tmp_path, "urgent,2021/22,100,90", "urgent,2020/21,100,106")
    deal = study(sides=["one", "two", "two"], carry_forward={"years": 1}, collar={}, msr=0.0)
    assert [row["settlement"] for row in settle(path, terms=deal).rows] == [Decimal("3.20"), 0]


def test_a_year_that_cannot_be_settled_stops_those_that_build_on_it(tmp_path):
    path = write(tmp_path, "urgent,2020/21,x,106", "urgent,2021/22,100,90")
    deal = study(sides=["one", "two", "two"], carry_forward={"years": 1}, collar={})
    made = settle(path, terms=deal)
    assert made.rows == []
    assert [(problem.line, problem.path) for problem in made.errors] == [(2, "baseline"), (3, "year")]
    assert "line 2" in made.errors[1].rule
    assert len(settle(path, terms=study()).rows) == 1


def test_several_paid_providers_need_their_parts_of_the_outturn(tmp_path):
    header = f"{HEADER},paid_acute,paid_community,outturn_acute,outturn_community"
    rows = ["urgent,2020/21,100,90,60,40,52,38", "urgent,2021/22,100,90,60,40,52,"]
    made = settle(write(tmp_path, *rows, header=header), terms=study(collar={}))
    # both are paid a block: they hold 8 and 2 of the gain of 10, of which 8 are shared 2.4, 4 and 1.6
    assert [made.rows[0][f"settlement_{party}"] for party in ("acute", "community", "icb")] == [
        Decimal("-4.00"),
        Decimal("2.40"),
        Decimal("1.60"),
    ]
    assert [(problem.line, problem.path) for problem in made.errors] == [(3, "outturn_community")]


def test_payment_that_is_not_by_activity_has_to_be_stated(tmp_path):
    tree = copy.deepcopy(TREE)
    tree["services"]["beds"]["variable_share"] = 0.5
    made = settle(write(tmp_path, "urgent,2020/21,100,90"), terms=Study.from_dict(tree))
    assert [problem.path for problem in made.errors] == ["paid_acute"]


def test_lines_are_netted_or_settle_one_by_one(tmp_path):
    header = f"{HEADER},service"
    path = write(tmp_path, "urgent,2020/21,60,50,beds", "urgent,2020/21,40,45,nursing", header=header)
    netted = settle(path, terms=study(collar={})).rows
    assert [row["settlement"] for row in netted] == [Decimal("2.40")]  # 80 % of 5 - 2
    apart = settle(path, terms=study(collar={}, line_by_line=True)).rows
    assert [row["settlement"] for row in apart] == [Decimal("3.68")]  # 80 % of (10 - 1.2) - (5 - 0.8)
    whole = settle(write(tmp_path, "urgent,2020/21,100,95"), terms=study(collar={}, line_by_line=True))
    assert [problem.path for problem in whole.errors] == ["service"]
    unknown = settle(write(tmp_path, "urgent,2020/21,100,95,bed", header=header), terms=study())
    assert [(problem.path, problem.nearest) for problem in unknown.errors] == [("service", "beds")]


def test_constants_of_the_study_count_where_no_column_says_otherwise(tmp_path):
    header = f"{HEADER},guardrail,adjustment"
    rows = ["urgent,2020/21,100,90,,", "urgent,2021/22,100000000,110000000,,", "urgent,2022/23,100,90,0,"]
    made = settle(write(tmp_path, *rows, header=header), terms=study(guardrail=1, loss_adjustment=0.8, collar={}))
    # a loss of 8 m beyond the rate costs 2.4 m and 4 m; 0.8 m of relief goes in those parts
    assert [row["settlement"] for row in made.rows] == [0, Decimal("-5600000.00"), Decimal("6.40")]


def test_programme_of_a_row_goes_before_the_study(tmp_path):
    path = write(tmp_path, "urgent,2020/21,100,90,", "other,2018,1000,960,mssp.track_3", header=f"{HEADER},programme")
    path.write_text(
        path.read_text().replace("programme\n", "programme,msr,quality\n").replace("track_3", "track_3,0.02,0.9"), encoding="utf-8"
    )
    made = settle(path, terms=study(collar={}))
    assert [row["settlement"] for row in made.rows] == [Decimal("6.40"), Decimal("26.46")]


def test_study_by_its_file(tmp_path, project):
    text = (project / "configs" / "minimal.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    made = settle(write(tmp_path, "none,1,1,1"), terms=tmp_path / "study.toml")
    assert [problem.path for problem in made.errors] == ["contract"]
