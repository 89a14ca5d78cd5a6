"""The terms under which a contract's year is settled, in decimal numbers: one record per arrangement and year, or programme and year."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from simengine.study.programme_sets import Need

INFINITE = Decimal("Infinity")
ZERO = Decimal(0)
ONE = Decimal(1)
Rate: TypeAlias = Decimal | Need | None
SizeRows: TypeAlias = tuple[tuple[Decimal, Decimal | None, Decimal, Decimal], ...]


@dataclass(frozen=True)
class Limit:
    """The most that is gained or lost: shares of the baseline and of income (fractions) and an amount (currency); the smallest counts."""

    of_baseline: Rate = None
    of_income: Rate = None
    amount: Rate = None


@dataclass(frozen=True)
class Band:
    """From this rate of gain or loss on, these shares."""

    edge: Decimal
    share: Mapping[str, Decimal]


@dataclass(frozen=True)
class QualityTerms:
    """What quality does, in the codes of the rules; ``met`` and ``alternative`` where no column says, None where one must."""

    gain: int = 0
    gate: Decimal = ZERO
    loss: int = 0
    soften: Decimal = ZERO
    share_max: Decimal = ZERO
    floor: Decimal = ZERO
    ceiling: Decimal = ONE
    standard: int = 0
    met: Decimal | None = ONE
    alternative: Decimal | None = ZERO
    ignores_alternative: bool = False


@dataclass(frozen=True)
class Terms:
    """Everything that a settlement needs to know beyond the actuals; ``Need`` where a column has to say it."""

    name: str
    residual: str
    parties: tuple[str, ...]
    gain_share: Mapping[str, Decimal]
    loss_share: Mapping[str, Decimal]
    gain_bands: tuple[Band, ...] = ()
    loss_bands: tuple[Band, ...] = ()
    one_sided: bool = False
    stretch: Decimal = ZERO
    proration: Decimal = ONE
    msr: Rate = ZERO
    mlr: Rate = None
    msr_table: SizeRows | None = None
    mlr_table: SizeRows | None = None
    excess_gain: bool = False
    excess_loss: bool = False
    below_part: Rate = ZERO
    below_from: Decimal | None = None
    guardrail: bool = False
    guardrail_raised: Decimal = ZERO
    pool_cap: Limit = Limit()
    pool_collar: Limit = Limit()
    pool_elected: tuple[Decimal, Decimal] | None = None
    carry_years: int = 0
    fund: tuple[str, Decimal] | None = None
    quality: QualityTerms = QualityTerms()
    deduction: Decimal = ZERO
    cap: Mapping[str, Limit] = field(default_factory=dict)
    collar: Mapping[str, Limit] = field(default_factory=dict)
    include_ips: tuple[str, ...] = ()
    loss_adjustment: Decimal = ZERO
    term_cap: Mapping[str, Decimal] = field(default_factory=dict)
    term_collar: Mapping[str, Decimal] = field(default_factory=dict)
    income: Mapping[str, Decimal] = field(default_factory=dict)
    block_below: Decimal | None = None
    payment: Literal["activity", "block"] = "activity"
    stated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who has to be said to be paid how much for a line, as its payment is not by activity."""
    payers: Mapping[str, str] = field(default_factory=dict)
    """Who pays for each line (of a budget, who pays the budget); without lines, the residual party."""
    line_by_line: bool = False
    order: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def over_years(self) -> bool:
        """Whether a year's settlement depends on the years before it."""
        return bool(self.carry_years or self.term_cap or self.term_collar)
