"""Years that were observed: what the lines had there without the schemes, and how later years go on (notes 45 to 48)."""

from __future__ import annotations

from .activity import expected_activity, noise
from .qipp import lowered
from .reading import NAN, Reader
from .schemes import Effect, combine

Yearly = dict[str, list[float]]


def seen(reader: Reader, line: str, figure: str) -> list[float]:
    """What was observed of a line, from year 1 on; nothing in the plan."""
    return [] if reader.is_plan else reader.get(f"services.{line}.actual.{figure}", [])


def going_on(drawn: list[float], known: list[float]) -> list[float]:
    """Observed values, then the drawn ones times what the last of the observed is of its draw; entry 0 stays."""
    last = len(known)
    if not last:
        return drawn
    return [drawn[0], *known] + [value * (known[-1] / drawn[last]) for value in drawn[last + 1 :]]


class Observed:
    """Do-nothing activity, price and unit cost of every line, as observed where they were."""

    def __init__(self, reader: Reader, effects: list[Effect], activity: Yearly, price: Yearly, unit_cost: Yearly):
        self.reader, self.effects, self.drawn = reader, effects, activity
        self.price = {line: going_on(price[line], seen(reader, line, "price")) for line in price}
        self.unit_cost = {line: going_on(unit_cost[line], seen(reader, line, "unit_cost")) for line in unit_cost}
        self.activity = {line: [activity[line][0]] + [self.before(line, t) for t in reader.years] for line in activity}

    def before(self, line: str, t: int) -> float:
        """Activity without the schemes."""
        known = seen(self.reader, line, "activity")
        if not known:
            return self.drawn[line][t]
        if t <= len(known):
            return self.undone(line, t, known[t - 1])
        calm = self.calm(line)
        if calm[len(known)] == 0:
            return NAN
        return self.before(line, len(known)) / calm[len(known)] * calm[t] * noise(self.reader, line)[t]

    def calm(self, line: str) -> list[float]:
        """Activity before noise and common shock."""
        return lowered(self.reader, line, expected_activity(self.reader, line), self.price[line])

    def undone(self, line: str, t: int, known: float) -> float:
        """What would have been there in a year observed."""
        lost = combine(self.reader, line, self.effects, ("activity",), t).share
        outturn = known
        if not self.reader.has(f"services.{line}.activity"):
            spend_lost = combine(self.reader, line, self.effects, ("activity", "price"), t).share
            cheaper = (1 - spend_lost) / (1 - lost) if lost != 1 else 1.0
            outturn = known * self.reader.money_factor / (self.price[line][t] * cheaper)
        own = outturn - self.arrived(line, t)
        if 1 - lost <= 1e-9:
            return self.calm(line)[t] if own == 0 else NAN
        return own / (1 - lost)

    def arrived(self, line: str, t: int) -> float:
        """What effects on other lines move to this one."""
        total = 0.0
        for source in {effect.line for effect in self.effects if line in effect.shift}:
            for effect, part in combine(self.reader, source, self.effects, ("activity",), t).parts:
                if line in effect.shift:
                    total += effect.shift[line][t] * part * self.before(source, t)
        return total
