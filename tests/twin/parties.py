"""What is done to each party's amount, in the order of the contract; and what of a loss nobody was charged with."""

from __future__ import annotations

from dataclasses import dataclass, field

from .thresholds import Side


@dataclass
class PartyTerms:
    """The terms on the amounts of the parties in a year; limits by party, those that have none left out."""

    deduction: float = 0.0
    caps: dict[str, float] = field(default_factory=dict)
    collars: dict[str, float] = field(default_factory=dict)
    relief: dict[str, float] = field(default_factory=dict)
    term_caps: dict[str, float] = field(default_factory=dict)
    term_collars: dict[str, float] = field(default_factory=dict)


@dataclass
class Paid:
    """A party's amount on its way through the steps, whether a limit has changed it, and what it was relieved of."""

    amount: float
    cap_hit: int = 0
    collar_hit: int = 0
    relieved: float = 0.0

    def hold(self, low: float | None, high: float | None) -> None:
        """Holds the amount between two ends, the upper one last."""
        if low is not None and self.amount < low:
            self.amount, self.collar_hit = low, 1
        if high is not None and self.amount > high:
            self.amount, self.cap_hit = high, 1

    def relieve(self, relief: float) -> None:
        """Takes money off a loss, at most all of it."""
        if self.amount < 0:
            less = min(self.amount + relief, 0.0)
            self.relieved += less - self.amount
            self.amount = less


def multiplied(amount: float, party: str, gain_side: Side, loss_side: Side) -> float:
    """An amount after quality."""
    side = gain_side if amount > 0 else loss_side
    return side.multiplier.get(party, 1.0) * amount


def minus(value: float | None) -> float | None:
    """The other sign, where there is something."""
    return None if value is None else -value


def settle_party(party: str, amount: float, order: list[str], sides: tuple[Side, Side], terms: PartyTerms, so_far: float) -> Paid:
    """A party's amount after all steps; `so_far` are its payouts of the years before."""
    paid = Paid(amount)
    for step in order:
        if step == "quality":
            paid.amount = multiplied(paid.amount, party, *sides)
        elif step == "deduction" and paid.amount > 0:
            paid.amount = (1 - terms.deduction) * paid.amount
        elif step == "limits":
            paid.hold(minus(terms.collars.get(party)), terms.caps.get(party))
        elif step == "loss_adjustment":
            paid.relieve(terms.relief.get(party, 0.0))
        elif step == "term_limits":
            lowest, highest = minus(terms.term_collars.get(party)), terms.term_caps.get(party)
            paid.hold(None if lowest is None else lowest - so_far, None if highest is None else highest - so_far)
    return paid


def uncharged(pool: float, full: dict[str, float], paid: dict[str, Paid]) -> float:
    """What of a loss of the pool is carried: the part of it that the provider side bears under two-sided terms and was not charged with.

    A relief for events outside control counts as charged: it is forgiven, not put off.
    """
    borne = sum(full.values())
    if not (pool < 0 and borne < 0):
        return 0.0
    charged = sum(one.amount - one.relieved for one in paid.values())
    return max(-pool * (1 - charged / borne), 0.0)
