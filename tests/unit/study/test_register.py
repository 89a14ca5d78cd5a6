"""The assumption register: what is missing, what is old."""

import datetime
from typing import Any

import pytest

from simengine.study.load import Study
from simengine.study.register import oldest_allowed, register

pytestmark = pytest.mark.unit

TODAY = datetime.date(2024, 2, 29)
WHOLE = {"risk": "cost", "source": "survey", "owner": "finance", "date": "2023-06-30"}


@pytest.mark.parametrize(
    ("age", "oldest"),
    [
        ("90d", datetime.date(2023, 12, 1)),
        ("1m", datetime.date(2024, 1, 29)),
        ("18m", datetime.date(2022, 8, 29)),
        ("1y", datetime.date(2023, 2, 28)),
        ("2y", datetime.date(2022, 2, 28)),
        ("3000y", datetime.date.min),
    ],
)
def test_ages(age: str, oldest: datetime.date) -> None:
    assert oldest_allowed(age, TODAY) == oldest


@pytest.mark.parametrize("age", ["", "2", "y", "2 years", "-1y", "1.5y"])
def test_ages_that_are_none(age: str) -> None:
    assert oldest_allowed(age, TODAY) is None


def found(tree: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    oldest = oldest_allowed("1y", TODAY)
    assert oldest is not None
    return {entry.path: entry.problems for entry in register(Study.from_dict(tree), oldest, "1y")}


def test_what_is_missing_and_what_is_old(minimal: dict[str, Any]) -> None:
    uniform = {"dist": "uniform", "min": 0.01, "max": 0.02}
    minimal["drivers"] = {
        "whole": {**uniform, **WHOLE},
        "bare": uniform,
        "old": {**uniform, **WHOLE, "date": datetime.date(2023, 2, 27), "owner": " "},
        "timed": {**uniform, **WHOLE, "date": datetime.datetime(2023, 6, 30, 12, 0)},
        "fixed": 0.01,
    }
    minimal["services"]["emergency"]["volatility"] = {"cv_floor": 0.02, "source": "history", "owner": "analyst", "date": "2024-01-01"}
    minimal["scenarios"] = {"bold": {"services": {"emergency": {"fixed_share": uniform}}}}
    assert found(minimal) == {
        "drivers.whole": (),
        "drivers.bare": ("lacks risk, source, owner and date",),
        "drivers.old": ("lacks owner", "its date 2023-02-27 is older than 1y"),
        "drivers.timed": (),
        "services.emergency.volatility": (),
        "scenarios.bold.services.emergency.fixed_share": ("lacks risk, source, owner and date",),
    }
