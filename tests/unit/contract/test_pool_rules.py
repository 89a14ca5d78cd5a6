"""Rules on the pool by hand, in decimal arithmetic, and NaN: rates by size, below the rate, guardrail, fund, losses carried forward."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from simengine.contract.below_rate import pool_below_rate
from simengine.contract.carry_forward import loss_set_off, uncharged_loss
from simengine.contract.fund import fund_part
from simengine.contract.guardrail import pool_under_guardrail
from simengine.contract.size_table import rate_of_size
from simengine.study.size_tables import size_table, size_table_names
from tests.unit.contract.decimals import body

pytestmark = [pytest.mark.unit, pytest.mark.plain]

FIRST, LAST = ("1000", "2000", "5000"), ("1999", "4999", "Infinity")
LOW, HIGH = ("0.08", "0.04", "0.02"), ("0.04", "0.02", "0.02")
RATES = [
    # size, rate
    ("1000", "0.08"),
    ("1999", "0.04"),
    ("1999.5", "0.04"),  # between two rows: the rate at the end of the lower one
    ("2000", "0.04"),
    ("3499.5", "0.03"),
    ("4999", "0.02"),
    ("5000", "0.02"),
    ("1e9", "0.02"),
]


@pytest.mark.parametrize(("size", "wanted"), RATES)
def test_rate_of_size(size: str, wanted: str) -> None:
    columns = [np.array([float(one) for one in column]) for column in (FIRST, LAST, LOW, HIGH)]
    assert rate_of_size(float(size), *columns) == pytest.approx(float(wanted), rel=1e-14)
    exact = [[Decimal(one) for one in column] for column in (FIRST, LAST, LOW, HIGH)]
    found = body(rate_of_size)(Decimal(size), *exact)
    assert isinstance(found, Decimal)
    assert found == Decimal(wanted)


def test_no_rate_below_the_table() -> None:
    columns = [np.array([float(one) for one in column]) for column in (FIRST, LAST, LOW, HIGH)]
    assert math.isnan(rate_of_size(999.999, *columns))
    assert math.isnan(rate_of_size(math.nan, *columns))
    exact = [[Decimal(one) for one in column] for column in (FIRST, LAST, LOW, HIGH)]
    assert math.isnan(body(rate_of_size)(Decimal(999), *exact))
    assert math.isnan(body(rate_of_size)(Decimal("nan"), *exact))


def test_the_table_of_the_shared_savings_program() -> None:
    """Denominators are those of the published results: 999 from 5,000 to 5,999."""
    assert size_table_names() == ["mssp"]
    assert size_table("msp") is None
    rows = size_table("mssp")
    assert rows is not None
    columns = [
        np.array([math.inf if row.to_size is None and key == "to_size" else getattr(row, key) for row in rows])
        for key in ("from_size", "to_size", "low", "high")
    ]
    for size, rate in ((500, 0.122), (999, 0.087), (5000, 0.039), (5500, 0.039 - 0.003 * 500 / 999), (12_000, 0.03 - 0.003 * 2000 / 4999)):
        assert rate_of_size(float(size), *columns) == pytest.approx(rate, rel=1e-14)
    assert rate_of_size(60_000.0, *columns) == rate_of_size(1e6, *columns) == 0.02
    assert math.isnan(rate_of_size(499.0, *columns))


Row = tuple[str, ...]


def check(rule: Callable[..., Any], given: tuple[Any, ...], wanted: str) -> None:
    """A rule gives the amount in floats and, exactly, in decimals; whole numbers and NaN stay what they are."""
    floats = [float(one) if isinstance(one, str) else one for one in given]
    decimals = [Decimal(one) if isinstance(one, str) else one for one in given]
    found, exact = rule(*floats), body(rule)(*decimals)
    if wanted == "nan":
        assert math.isnan(found)
        assert exact.is_nan()
        return
    assert found == pytest.approx(float(wanted), rel=1e-14, abs=1e-14)
    assert isinstance(exact, Decimal)
    assert exact == Decimal(wanted)


@pytest.mark.parametrize(
    ("pool", "gain", "met", "size", "wanted"),
    [
        ("0", "3", 0, "5000", "1.5"),
        ("0", "3", 0, "4999", "0"),
        ("0", "-3", 0, "5000", "0"),
        ("3", "3", 1, "5000", "3"),
        ("-3", "-3", -1, "5000", "-3"),
        ("nan", "3", 0, "5000", "nan"),  # a rate that is not known leaves nothing to be below of
        ("nan", "nan", 0, "5000", "nan"),
        ("0", "3", 0, "nan", "nan"),
    ],
)
def test_pool_below_rate(pool: str, gain: str, met: int, size: str, wanted: str) -> None:
    check(pool_below_rate, (pool, gain, met, "0.5", size, "5000"), wanted)


@pytest.mark.parametrize(
    ("pool", "flag", "wanted"),
    [
        ("8", "1", "0"),
        ("8", "0", "8"),
        ("-8", "1", "-8"),
        ("-8", "0", "-8"),
        ("0", "1", "0"),
        ("nan", "1", "nan"),
        ("8", "nan", "nan"),
        ("-8", "nan", "nan"),
    ],
)
def test_guardrail(pool: str, flag: str, wanted: str) -> None:
    check(pool_under_guardrail, (pool, flag), wanted)


@pytest.mark.parametrize(("pool", "wanted"), [("8", "0.8"), ("0", "0"), ("-8", "0"), ("nan", "nan")])
def test_fund_part(pool: str, wanted: str) -> None:
    check(fund_part, (pool, "0.1"), wanted)


@pytest.mark.parametrize(
    ("pool", "carried", "wanted"),
    [
        ("8", "3", "3"),
        ("8", "8", "8"),
        ("8", "9", "8"),  # never below nothing
        ("8", "0", "0"),
        ("0", "3", "0"),
        ("-8", "3", "0"),
        ("nan", "3", "nan"),
        ("8", "nan", "nan"),
        ("-8", "nan", "nan"),
    ],
)
def test_loss_set_off(pool: str, carried: str, wanted: str) -> None:
    check(loss_set_off, (pool, carried), wanted)


@pytest.mark.parametrize(
    ("pool", "charged", "full", "wanted"),
    [
        ("-8", "0", "-4", "8"),  # nobody was charged: a one-sided year
        ("-8", "-1", "-4", "6"),
        ("-8", "-4", "-4", "0"),
        ("-8", "-5", "-4", "0"),  # never less than nothing
        ("-8", "0", "0", "0"),  # nobody was to be charged
        ("8", "0", "0", "0"),
        ("0", "0", "0", "0"),
        ("nan", "-1", "-4", "nan"),
        ("-8", "nan", "-4", "nan"),
        ("-8", "-1", "nan", "nan"),
    ],
)
def test_uncharged_loss(pool: str, charged: str, full: str, wanted: str) -> None:
    check(uncharged_loss, (pool, charged, full), wanted)
