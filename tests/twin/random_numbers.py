"""Random numbers of a study file: constants, yearly lists, inline distributions and names of declared drivers."""

from __future__ import annotations

import random
from typing import Any

from .values import mean

RISKS = ["population", "demographic", "utilisation", "volatility", "efficiency", "quality", "cost", "delivery", "other"]


def typical(value: Any) -> float:
    """About how large a number (not a name) is."""
    if isinstance(value, dict):
        return mean(value, 1)
    return value[-1] if isinstance(value, list) else value


def typical_spend(line: dict, money: float) -> float:
    """About what a line spends in a year, in the study's money unit; `money` is a million of the currency in that unit."""
    if "activity" in line:
        return typical(line["activity"]) * typical(line["price"]) * money / 1e6
    return typical(line["spend" if "spend" in line else "spend_by_year"])


def rounded(value: float) -> float:
    """Few digits, so that files can be read."""
    return float(f"{value:.5g}")


class Numbers:
    """Makes the numbers of one study."""

    def __init__(self, rng: random.Random, years: int):
        self.rng = rng
        self.years = years
        self.declared: dict[str, tuple[str, float, float, Any]] = {}
        self.used: set[str] = set()

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.rng.random() < probability

    def within(self, low: float, high: float) -> float:
        """A constant in an interval."""
        return min(max(rounded(self.rng.uniform(low, high)), low), high)

    def parameters(self, family: str, low: float, high: float) -> dict[str, float]:
        """The parameters of a family with (nearly) all of its weight in an interval."""
        if family == "uniform":
            first, last = sorted(self.within(low, high) for _ in range(2))
            return {"min": first, "max": last} if first < last else {"min": low, "max": high}
        if family in ("triangular", "pert"):
            first, mode, last = sorted(self.within(low, high) for _ in range(3))
            return {"min": first, "mode": mode, "max": last} if first < last else {"min": low, "mode": low, "max": high}
        if family == "normal":
            return {"mean": self.within(low, high), "sd": rounded((high - low) * self.rng.uniform(0.02, 0.15))}
        if family == "lognormal":
            return {"mean": self.within(low, high), "sd": rounded((high - low) * self.rng.uniform(0.02, 0.15))}
        if family == "lognormal_mu":
            return {"mu": rounded(self.rng.uniform(-0.1, 0.1)), "sigma": rounded(self.rng.uniform(0.02, 0.2))}
        if family == "bernoulli":
            return {"p": self.within(0.2, 0.9)}
        raise ValueError(family)

    def families(self, kind: str, low: float, high: float) -> list[str]:
        """The families that keep within the rules of a kind of number."""
        found = ["uniform", "triangular", "pert", "discrete"]
        if kind == "rate":
            found += ["normal", "normal"]
        if kind == "any_money":
            found += ["normal", "lognormal"]
        if kind in ("money", "currency", "count") and low > 0:
            found += ["lognormal", "lognormal"]
        if kind in ("money", "currency", "count") and low <= 1 <= high:
            found += ["lognormal_mu"]
        if kind == "score":
            found += ["bernoulli", "bernoulli"]
        return found

    def distribution(self, kind: str, low: float, high: float, base: bool = False) -> dict:
        """An inline distribution."""
        rng = self.rng
        family = rng.choice(self.families(kind, low, high))
        spec: dict[str, Any] = {"dist": family.removesuffix("_mu")}
        if family == "discrete":
            count = rng.randint(2, 4)
            spec["values"] = sorted(self.within(low, high) for _ in range(count))
            raw = [rng.randint(1, 5) for _ in range(count)]
            spec["weights"] = [weight / sum(raw) for weight in raw]
        elif not base and self.chance(0.15):
            by_year = [self.parameters(family, low, high) for _ in range(self.years)]
            fixed = rng.choice(list(by_year[0])) if family in ("normal", "lognormal_mu") else None
            for key in by_year[0]:
                spec[key] = by_year[0][key] if key == fixed else [item[key] for item in by_year]
        else:
            spec.update(self.parameters(family, low, high))
        if family == "pert" and self.chance(0.3):
            spec["shape"] = rng.choice([2.0, 3.0, 6.0])
        if not base and self.chance(0.3):
            spec["path"] = "independent"
        elif self.chance(0.2):
            spec["path"] = "constant"
        if self.chance(0.2):
            if not base and self.chance(0.4):
                spec["plan"] = [self.within(low, high) for _ in range(self.years)]
            else:
                spec["plan"] = self.within(low, high)
        if self.chance(0.3):
            spec["risk"] = rng.choice(RISKS)
        if self.chance(0.1):
            spec["source"] = 'A "random" study'
        return spec

    def declare(self, name: str, kind: str, low: float, high: float) -> None:
        """Declares a driver (or a constant, or a list) to be used by name."""
        pick = self.rng.random()
        if pick < 0.15:
            value: Any = self.within(low, high)
        elif pick < 0.3:
            value = [self.within(low, high) for _ in range(self.years)]
        else:
            value = self.distribution(kind, low, high)
        self.declared[name] = (kind, low, high, value)

    def number(self, kind: str, low: float, high: float) -> Any:
        """A number in any of its four forms."""
        pick = self.rng.random()
        fitting = [
            name
            for name, (made_as, first, last, _) in self.declared.items()
            if low <= first and last <= high and made_as in ("share", kind)
        ]
        if fitting and pick < 0.3:
            name = self.rng.choice(fitting)
            self.used.add(name)
            return name
        if pick < 0.5:
            return self.within(low, high)
        if pick < 0.62:
            return [self.within(low, high) for _ in range(self.years)]
        return self.distribution(kind, low, high)

    def base(self, kind: str, low: float, high: float) -> Any:
        """A number of the base year: a constant or a distribution."""
        return self.distribution(kind, low, high, base=True) if self.chance(0.2) else self.within(low, high)

    def term(self, low: float, high: float) -> Any:
        """An agreed number: a constant or one per year."""
        return [self.within(low, high) for _ in range(self.years)] if self.chance(0.25) else self.within(low, high)

    def drivers(self) -> dict[str, Any]:
        """The declared drivers that are used."""
        return {name: value for name, (_, _, _, value) in self.declared.items() if name in self.used}
