"""Exact numbers: fractions, read from what a person writes, and rounded half up as the source documents print them."""

from collections.abc import Callable, Hashable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, TypeVar

Number: TypeAlias = int | float | Decimal | Fraction

_Item = TypeVar("_Item")
_Key = TypeVar("_Key", bound=Hashable)

ZERO = Fraction(0)
ONE = Fraction(1)


def exact(value: Number) -> Fraction:
    """The number as a fraction; a float is read as the shortest decimal that stands for it (0.15 is 15/100).

    Raises ValueError for NaN and infinities.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, float):
        # float() first: a NumPy float is a float, but writes its type as well
        return Fraction(repr(float(value)))
    return Fraction(value)


def total(values: Iterable[Fraction]) -> Fraction:
    """The sum of fractions, exact whatever the order; those of one denominator are summed as whole numbers, which is quicker."""
    numerators: dict[int, int] = {}
    for value in values:
        numerators[value.denominator] = numerators.get(value.denominator, 0) + value.numerator
    return sum((Fraction(numerator, denominator) for denominator, numerator in numerators.items()), ZERO)


def grouped(items: Iterable[_Item], key: Callable[[_Item], _Key]) -> dict[_Key, list[_Item]]:
    """Items by their key, both in the order in which they come."""
    groups: dict[_Key, list[_Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def half_up(value: Fraction, places: int = 0) -> Decimal:
    """The number to so many decimal places, halves away from zero (12.5 gives 13, -12.5 gives -13)."""
    scaled = abs(value) * 10**places
    digits = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = 1 if value < 0 and digits else 0
    return Decimal((sign, tuple(int(digit) for digit in str(digits)), -places))


def shown(value: Fraction, places: int = 2) -> str:
    """The number for a reader, with commas: 12,345.60."""
    return f"{half_up(value, places):,f}"
