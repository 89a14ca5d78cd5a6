"""One cell of the actuals as a decimal number, a flag, a year or a word; what is wrong with it, and what was probably meant."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, TypeAlias

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([, '\u2019\u00a0\u202f_]\d{3})+(\.\d+)?")
_MARKED = re.compile(r"([£$€]|[A-Z]{3} ?)?(?P<number>[+-]?[\d.,]+)( ?[A-Z]{3}|[£$€])?")
_PERCENT = re.compile(r"([+-]?[\d.]+) ?%")
_WORDS = {"true": "1", "false": "0", "yes": "1", "no": "0"}
_MOST = Decimal(10) ** 18


class Fault(NamedTuple):
    """Why a cell cannot be used, and what was probably meant."""

    rule: str
    nearest: str | None = None


Cell: TypeAlias = Callable[[str], "Decimal | int | str | Fault"]


def number(text: str) -> Decimal | Fault:
    """A plain decimal number: digits, a point, an exponent if need be; no separators, signs of money or percent, NaN or infinity."""
    if _NUMBER.fullmatch(text) and text.isascii():
        value = Decimal(text)
        return value if abs(value) < _MOST else Fault("is too large to be an amount of money")
    if _GROUPED.fullmatch(text):
        return Fault("must be a number without thousands separators", re.sub(r"[^\d.+-]", "", text))
    percent = _PERCENT.fullmatch(text)
    if percent and _NUMBER.fullmatch(percent[1]):
        return Fault("must be a fraction without a percent sign", _plain(Decimal(percent[1]) / 100))
    marked = _MARKED.fullmatch(text)
    if marked and _NUMBER.fullmatch(marked["number"].replace(",", "")):
        return Fault("must be a number without a sign of money", marked["number"].replace(",", ""))
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return Fault("must be a finite number")
    return Fault("must be a number")


def above_zero(text: str) -> Decimal | Fault:
    """A number above 0."""
    value = number(text)
    return Fault("must be above 0") if isinstance(value, Decimal) and value <= 0 else value


def not_negative(text: str) -> Decimal | Fault:
    """A number that is 0 or more."""
    value = number(text)
    return Fault("must not be negative") if isinstance(value, Decimal) and value < 0 else value


def fraction(text: str) -> Decimal | Fault:
    """A number from 0 to 1; a percentage is told as the fraction that it probably is."""
    value = number(text)
    if isinstance(value, Decimal) and not 0 <= value <= 1:
        return Fault("must be a fraction from 0 to 1", _plain(value / 100) if 1 < value <= 100 else None)
    return value


def part(text: str) -> Decimal | Fault:
    """A fraction above 0."""
    value = fraction(text)
    return Fault("must be a fraction above 0, at most 1") if isinstance(value, Decimal) and value == 0 else value


def flag(text: str) -> Decimal | Fault:
    """Either 1 or 0."""
    value = number(_WORDS.get(text.lower(), text))
    return value if isinstance(value, Decimal) and value in (0, 1) else Fault("must be 1 or 0")


def year(text: str) -> int | Fault:
    """A year: a whole number of four digits."""
    value = number(text)
    if isinstance(value, Decimal) and value == value.to_integral_value() and 1900 <= value <= 2999:
        return int(value)
    return Fault("must be a year, such as 2024")


def category(text: str) -> str | Fault:
    """Either ``low`` or ``high``."""
    word = text.lower().removesuffix(" revenue")
    return word if word in ("low", "high") else Fault('must be "low" or "high"')


def rate(text: str) -> Decimal | str | Fault:
    """An elected rate, a fraction, or the words "size table"."""
    if text.lower().replace("_", " ") == "size table":
        return "size table"
    value = fraction(text)
    return Fault('must be a fraction, such as 0.02, or "size table"', value.nearest) if isinstance(value, Fault) else value


def word(text: str) -> str:
    """Any text."""
    return text


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
