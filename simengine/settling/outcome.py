"""What a settlement gives: amounts in exact decimals, then to the penny, with every step of the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from simengine.settling.terms import ZERO

PENNY = Decimal("0.01")


def to_penny(amount: Decimal) -> Decimal:
    """Half up to the penny; no minus sign on nothing."""
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP) + ZERO


@dataclass(frozen=True)
class Step:
    """One step of a settlement: its name, what was done in words, and what came of it."""

    name: str
    words: str
    result: str


@dataclass(frozen=True)
class Outcome:
    """A contract's year settled, exact and in the currency: gains and what is paid to a party are positive, rates are fractions."""

    baseline: Decimal
    outturn: Decimal
    gain: Decimal
    rate_applied: Decimal
    met: int
    pool: Decimal
    share: Decimal
    before_limits: Decimal
    limit_applied: str
    deduction: Decimal
    payouts: Mapping[str, Decimal]
    windfalls: Mapping[str, Decimal]
    settlements: Mapping[str, Decimal]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    @property
    def gain_rate(self) -> Decimal:
        """Gain as a share of the baseline."""
        return self.gain / self.baseline


@dataclass
class History:
    """What earlier years of a contract leave to later ones: payouts so far, and losses carried forward with the years they are from."""

    payouts: dict[str, Decimal] = field(default_factory=dict)
    carried: list[tuple[int, Decimal]] = field(default_factory=list)


def rounded(settlements: Mapping[str, Decimal], residual: str) -> dict[str, Decimal]:
    """Each settlement half up to the penny; the residual party's is minus the sum of the others, so they sum to nothing."""
    others = {party: to_penny(amount) for party, amount in settlements.items() if party != residual}
    total = sum(others.values(), ZERO)
    return {party: others.get(party, ZERO - total) for party in settlements}


def transfers(settlements: Mapping[str, Decimal]) -> list[tuple[str, str, Decimal]]:
    """Who pays whom how much so that each party gets its settlement: those who pay meet those who are paid, in their order."""
    owed = {party: -amount for party, amount in settlements.items() if amount < 0}
    due = {party: amount for party, amount in settlements.items() if amount > 0}
    made = []
    while owed and due:
        payer, payee = next(iter(owed)), next(iter(due))
        amount = min(owed[payer], due[payee])
        made.append((payer, payee, amount))
        for side, party in ((owed, payer), (due, payee)):
            side[party] -= amount
            if side[party] == 0:
                del side[party]
    return made
