"""Printed totals against their parts: a subtotal counted twice, or parts that do not sum to the printed whole (BCF exhibit 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from simengine.baseline.exact import Number, exact, shown, total

Finding: TypeAlias = Literal["sum", "subtotal counted twice", "differs"]


@dataclass(frozen=True, slots=True)
class TotalCheck:
    """What a printed total is: the sum of its parts, the parts and a subtotal again, or neither; the rest is printed - explained."""

    finding: Finding
    parts: Fraction
    printed: Fraction
    rest: Fraction
    subtotal: str = ""

    def words(self, name: str) -> str:
        """The finding in a sentence; empty where the total is the sum of its parts."""
        if self.finding == "sum":
            return ""
        said = f"{name} is given as {shown(self.printed, 0)} but its parts sum to {shown(self.parts, 0)}"
        return said if self.finding == "differs" else f"{said}: it counts {self.subtotal} twice"


def check_total(parts: Sequence[Number], printed: Number, subtotals: Sequence[tuple[str, Number]] = (), places: int = 0) -> TotalCheck:
    """Compare a printed total with its parts, each rounded to ``places`` decimals, so that n parts may be n/2 units of the last place off.

    A total counts a subtotal twice where parts + subtotal explain it within that allowance and the parts alone do not. All in one unit.
    """
    numbers, whole = [exact(part) for part in parts], exact(printed)
    summed = total(numbers)
    allowance = Fraction(len(numbers) + 1, 2 * 10**places)
    if abs(whole - summed) <= allowance:
        return TotalCheck("sum", summed, whole, whole - summed)
    for name, value in subtotals:
        rest = whole - summed - exact(value)
        if abs(rest) <= allowance:
            return TotalCheck("subtotal counted twice", summed, whole, rest, name)
    return TotalCheck("differs", summed, whole, whole - summed)
