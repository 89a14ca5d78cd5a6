"""One contract and year of actuals, as read from a row or from the rows of its lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


class CannotSettle(Exception):
    """Raised when a row lacks what its terms need; says which column, which rule, what was found and what is near."""

    def __init__(self, column: str, rule: str, value: object = None, nearest: str | None = None) -> None:
        self.column, self.rule, self.value, self.nearest = column, rule, value, nearest
        super().__init__(f"{column}: {rule}")


@dataclass(frozen=True)
class Line:
    """Baseline and outturn of a contract's year, or of one of its lines, in the currency, of a full year."""

    name: str
    baseline: Decimal
    outturn: Decimal
    paid: Mapping[str, Decimal] = field(default_factory=dict)
    outturns: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Actual:
    """What is known of one contract and year; ``line`` is the line of its (first) row in the file, None what no column says."""

    line: int
    contract: str
    year: str
    lines: tuple[Line, ...]
    programme: str | None = None
    performance_year: int | None = None
    agreement_start: int | None = None
    revenue_category: str | None = None
    population: Decimal | None = None
    quality: Decimal | None = None
    quality_met: Decimal | None = None
    alternative_quality_met: Decimal | None = None
    msr: Decimal | None = None
    size_table: bool = False
    pool_cap: Decimal | None = None
    revenue: Decimal | None = None
    guardrail: Decimal | None = None
    proration: Decimal | None = None
    adjustment: Decimal | None = None
    scores: Mapping[str, Decimal] = field(default_factory=dict)
    revenues: Mapping[str, Decimal] = field(default_factory=dict)
    unearned: Mapping[str, Decimal] = field(default_factory=dict)

    def parties_named(self) -> dict[str, str]:
        """Parties that columns of this row name: party -> column."""
        found: dict[str, str] = {}
        for prefix, named in (("quality", self.scores), ("revenue", self.revenues), ("unearned_ips", self.unearned)):
            found |= {party: f"{prefix}_{party}" for party in named}
        for line in self.lines:
            found |= {party: f"paid_{party}" for party in line.paid} | {party: f"outturn_{party}" for party in line.outturns}
        return found
