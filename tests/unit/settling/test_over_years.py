"""Terms that look at all years of a contract, and parts of a year: earlier years are asked for, income is that of the part settled."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import simengine as se
from simengine.settling.settle import Settlements

pytestmark = pytest.mark.unit

STUDY = """
[horizon]
base = "2024"
years = 2
[money]
unit = "GBP"
[parties.board]
role = "commissioner"
[parties.trust]
role = "provider"
[services.care]
provider = "trust"
spend = 100_000
[arrangements.deal]
services = ["care"]
baseline = "plan"
gain_share.trust = 0.5
{terms}
"""


def settled(folder: Path, rows: list[dict[str, Any]], terms: str) -> Settlements:
    file = folder / "study.toml"
    file.write_text(STUDY.format(terms=terms), encoding="utf-8")
    return se.settle(pd.DataFrame(rows), terms=se.load_study(file))


def row(year: str, outturn: int, **more: Any) -> dict[str, Any]:
    return {"contract": "deal", "year": year, "baseline": 100_000, "outturn": outturn, **more}


def test_a_year_before_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    terms = 'carry_forward.years = 2\nsides = ["one", "two"]'
    both = settled(tmp_path, [row("2025", 103_000), row("2026", 96_000)], terms)
    assert [one.settlements["trust"] for one in both.settled] == [Decimal("0.00"), Decimal("500.00")]
    alone = settled(tmp_path, [row("2026", 96_000)], terms)
    assert alone.settled == []
    (problem,) = alone.errors
    assert problem.path == "year"
    assert problem.rule == "needs the rows of all years before it: the terms look at all years of the contract"


def test_income_is_that_of_the_part_of_the_year(tmp_path: Path) -> None:
    """The cap of 2 % of an income of 100,000 is 1,000 in half a year, whether the income is stated or planned."""
    for more in ({}, {"revenue": 100_000}):
        found = settled(tmp_path, [row("2025", 90_000, proration=0.5, **more)], "cap.trust.of_income = 0.02")
        assert found.settled[0].settlements["trust"] == Decimal("1000.00")


def test_a_year_in_other_digits_is_no_fault_of_ours() -> None:
    found = se.settle(pd.DataFrame([row("²²²²", 90_000, msr=0.01)]), programme="wpb")
    assert len(found.settled) + len(found.errors) == 1
