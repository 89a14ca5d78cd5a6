"""Figures as they are told in a step: money with separators, rates in percent as far as they go."""

from collections.abc import Mapping
from decimal import Decimal

from simengine.settling.outcome import to_penny


def money(amount: Decimal) -> str:
    """``1,234.50``, with a minus sign where it is negative."""
    return f"{to_penny(amount):,.2f}"


def percent(rate: Decimal) -> str:
    """A rate in percent with up to six decimals: ``2.5 %``."""
    text = f"{rate * 100:.6f}".rstrip("0").rstrip(".")
    return f"{'0' if text in ('', '-0') else text} %"


def factor(value: Decimal) -> str:
    """A plain number with up to nine decimals."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def each(amounts: Mapping[str, Decimal]) -> str:
    """Amounts by party."""
    return ", ".join(f"{party} {money(amount)}" for party, amount in amounts.items()) or "nothing"
