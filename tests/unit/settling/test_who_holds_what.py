"""What parties hold through payment in a settlement under a study: several payers, a residual provider, a budget over the lines."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import simengine as se
from simengine.settling.settle import Settlements

pytestmark = pytest.mark.unit

STUDY = """
title = "Who holds what"
[horizon]
base = "2025/26"
years = 1
[money]
unit = "GBP"
[parties.ccg]
role = "commissioner"
[parties.council]
role = "commissioner"
[parties.aco]
role = "provider"
[parties.acute]
role = "provider"
[services.em]
payer = "ccg"
provider = "acute"
activity = 100
price = 1000
variable_share = {variable}
[services.cm]
payer = "{payer}"
provider = "acute"
activity = 100
price = 1000
[arrangements.deal]
services = ["em", "cm"]
baseline = "plan"
plan_includes_schemes = 0.0
residual = "{residual}"
msr = 0.0
msr_kind = "first_pound"
gain_share = {{ {shares} }}
"""
BUDGET = """
[budgets.all]
commissioner = "ccg"
holder = "aco"
services = ["em", "cm"]
value = "plan"
plan_includes_schemes = 0.0
"""


def settled(folder: Path, rows: list[dict[str, object]], more: str = "", **words: str) -> Settlements:
    file = folder / "study.toml"
    known = {"variable": "1.0", "payer": "ccg", "residual": "ccg", "shares": "acute = 0.5"}
    file.write_text(STUDY.format(**(known | words)) + more, encoding="utf-8")
    return se.settle(pd.DataFrame([{"contract": "deal", "year": "2026/27", **row} for row in rows]), terms=file)


def paid(made: Settlements) -> dict[str, Decimal]:
    assert made.errors == []
    return dict(made.settled[0].settlements)


def test_a_second_payer_holds_the_gain_of_its_own_lines(tmp_path: Path) -> None:
    lines = [{"service": "em", "baseline": 100000, "outturn": 100000}, {"service": "cm", "baseline": 100000, "outturn": 50000}]
    made = settled(tmp_path, lines, payer="council", shares="acute = 0.5, council = 0.0")
    assert paid(made) == {"council": -50000, "acute": 25000, "ccg": 25000}


def test_with_several_payers_it_takes_a_row_for_each_line(tmp_path: Path) -> None:
    made = settled(tmp_path, [{"baseline": 200000, "outturn": 150000}], payer="council", shares="acute = 0.5, council = 0.0")
    assert [problem.path for problem in made.errors] == ["service"]


def test_a_payer_that_is_not_the_residual_party_holds_the_gain(tmp_path: Path) -> None:
    made = settled(tmp_path, [{"baseline": 200000, "outturn": 190000}], residual="acute", shares="ccg = 0.5")
    assert paid(made) == {"ccg": -5000, "acute": 5000}


def test_a_payment_counts_against_the_outturn_of_its_own_line(tmp_path: Path) -> None:
    block = {"service": "em", "baseline": 100000, "outturn": 90000, "paid_acute": 100000}
    made = settled(tmp_path, [block, {"service": "cm", "baseline": 100000, "outturn": 50000}], variable="0.0")
    assert paid(made) == {"acute": 20000, "ccg": -20000}


def test_the_holder_of_a_budget_holds_the_gain_whatever_the_baseline_is(tmp_path: Path) -> None:
    shares = "acute = 0.5, aco = 0.0"
    made = settled(tmp_path, [{"baseline": 200000, "outturn": 190000}], BUDGET, shares=shares)
    assert [problem.path for problem in made.errors] == ["paid_aco"]
    made = settled(tmp_path, [{"baseline": 200000, "outturn": 190000, "paid_aco": 200000}], BUDGET, shares=shares)
    assert paid(made) == {"aco": -10000, "acute": 5000, "ccg": 5000}
