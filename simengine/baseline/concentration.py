"""Concentration of spend: which share of people takes most of it (INT: "the majority of the resources are consumed by less than 20%").

People are put in order of cost, the dearest first, which gives the Lorenz curve from the top: share of people against share of spend.
Gini = Σ (p_k - p_{k-1}) (s_k + s_{k-1}) - 1 over its points (p, s). See also BCF figure 13.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from simengine.baseline.exact import ONE, ZERO, Number, exact, total
from simengine.baseline.working import Fault, refuse


@dataclass(frozen=True, slots=True)
class CostGroup:
    """People (1 for a patient) and what they cost together (currency a year); the members of a group cost the same."""

    name: str
    cost: Number
    people: Number = 1


@dataclass(frozen=True, slots=True)
class Concentration:
    """The Lorenz curve of a population, dearest first: points (share of people, share of spend), from (0, 0) to (1, 1)."""

    people: Fraction
    spend: Fraction
    curve: tuple[tuple[Fraction, Fraction], ...]

    def share_of_spend(self, people: Number) -> Fraction:
        """The share of spend that the dearest ``people`` (a share, 0 to 1) take."""
        return _along(self.curve, exact(people))

    def share_of_people(self, spend: Number) -> Fraction:
        """The smallest share of people who take ``spend`` (a share, 0 to 1) of the spend between them."""
        return _along(tuple((s, p) for p, s in self.curve), exact(spend))

    @property
    def gini(self) -> Fraction:
        """Gini coefficient: 0 where everybody costs the same, near 1 where one person costs everything.

        Twice the area between this curve and the diagonal: Σ (p_k - p_{k-1}) (s_k + s_{k-1}) - 1.
        """
        pairs = zip(self.curve[:-1], self.curve[1:], strict=True)
        return total((p1 - p0) * (s0 + s1) for (p0, s0), (p1, s1) in pairs) - ONE


def concentration(groups: Sequence[CostGroup], population: Number | None = None) -> Concentration:
    """The curve of a population; with ``population`` (people) those who are not among the groups count as people without cost.

    Raises BaselineError for negative numbers, cost without people, no cost at all, and a population smaller than the groups.
    """
    rows = [(exact(group.people), exact(group.cost)) for group in groups]
    counted, spend = total(people for people, _ in rows), total(cost for _, cost in rows)
    everybody = counted if population is None else exact(population)
    refuse(_faults(groups, counted, spend, everybody))
    if everybody > counted:
        rows.append((everybody - counted, ZERO))
    curve, people, cost = [(ZERO, ZERO)], ZERO, ZERO
    # the float decides unless two are as good as equal: rounding never turns an order round, and comparing fractions is slow
    for number, amount in sorted((row for row in rows if row[0]), key=lambda row: (float(row[1] / row[0]), row[1] / row[0]), reverse=True):
        people, cost = people + number, cost + amount
        curve.append((people / everybody, cost / spend))
    return Concentration(everybody, spend, tuple(curve))


def _along(curve: Sequence[tuple[Fraction, Fraction]], at: Fraction) -> Fraction:
    """The first value of the second coordinate where the first one reaches ``at``, straight between the points."""
    refuse([] if 0 <= at <= 1 else [("", "share", "is from 0 to 1")])
    place = bisect_left(curve, at, key=lambda point: point[0])
    if place == 0:
        return curve[0][1]
    (x0, y0), (x1, y1) = curve[place - 1], curve[place]
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)


def _faults(groups: Sequence[CostGroup], counted: Fraction, spend: Fraction, everybody: Fraction) -> list[Fault]:
    faults: list[Fault] = []
    for group in groups:
        people, cost = exact(group.people), exact(group.cost)
        faults += [(group.name, "people", "must not be negative")] if people < 0 else []
        faults += [(group.name, "cost", "must not be negative: net off credits first")] if cost < 0 else []
        faults += [(group.name, "people", "there is cost but nobody who has it")] if people == 0 and cost > 0 else []
    if not faults and spend == 0:
        faults.append(("", "cost", "sums to nothing"))
    if everybody < counted:
        faults.append(("", "population", "is smaller than the people in the table"))
    return faults
