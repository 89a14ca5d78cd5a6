"""Gives the arrangements of a random study further terms, so that every rule of section 6 is met many times."""

from __future__ import annotations

import copy
import random
from typing import Any

from .coverage import covered_lines, members, residual_party
from .pool import PARTY_STEPS, POOL_STEPS
from .random_budgets import line_drivers, list_drivers
from .random_contracts import any_limit, without_losses_in_one_sided_years
from .random_numbers import Numbers, rounded, typical, typical_spend
from .random_special import in_order, special_study
from .random_studies import money_scale, random_study
from .reading import Reader, merged


def term_study(seed: int) -> dict:
    """A small random study whose arrangements may have any terms; every third is one with special lines and budgets too."""
    plain = special_study(seed) if seed % 3 else random_study(seed)
    return with_terms(plain, seed)


def with_terms(tree: dict, seed: int | str) -> dict:
    """A study with further terms in each of its arrangements, and scenarios that change them."""
    tree = copy.deepcopy(tree)
    numbers = Numbers(random.Random(f"terms {seed}"), int(tree["horizon"]["years"]))
    for name in list(tree.get("arrangements", {})):
        Further(tree, numbers, name).add_all()
    return in_order(tree)


class Further:
    """The further terms of one arrangement."""

    def __init__(self, tree: dict, numbers: Numbers, name: str):
        self.tree, self.numbers, self.rng, self.name = tree, numbers, numbers.rng, name
        self.terms: dict[str, Any] = tree["arrangements"][name]
        self.reader = Reader(tree, {}, is_plan=True)
        self.lines = list(dict.fromkeys(line for t in self.reader.years for line in covered_lines(self.reader, name, t)))
        self.residual = residual_party(self.reader, name)
        self.side = [party for party in members(self.reader, name) if party != self.residual]
        self.money = money_scale(tree)
        self.size = sum(abs(typical_spend(tree["services"][line], self.money)) for line in self.lines)

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.numbers.chance(probability)

    def add_all(self) -> None:
        """Terms of every kind, each often left out."""
        by_line = len(self.lines) > 1 and self.chance(0.3)
        self.thresholds()
        self.events()
        self.quality(by_line)
        self.amounts()
        self.baseline()
        if by_line:
            self.terms["line_by_line"] = True
        else:
            self.pool()
        if self.chance(0.45):
            self.fund()
        if self.chance(0.3):
            steps = [self.rng.sample(kind, len(kind)) for kind in (POOL_STEPS, PARTY_STEPS)]
            self.terms["order"] = steps[0] + steps[1]
        self.scenarios()

    def table(self) -> Any:
        """Rates by size of the list, or the shipped ones; the planned list is in it."""
        if self.chance(0.25):
            return "mssp"
        people = self.people()
        cuts = sorted(rounded(people * self.rng.uniform(0.3, 1.5)) for _ in range(self.rng.randint(1, 3)))
        rates = sorted((rounded(self.rng.uniform(0.002, 0.04)) for _ in range(2 * len(cuts) + 1)), reverse=True)
        rows = []
        for k, cut in enumerate(cuts):
            first = rounded(0.02 * people) if k == 0 else cuts[k - 1]
            rows.append({"from": first, "to": cut - 1.0, "low": rates[2 * k], "high": rates[2 * k + 1]})
        return [*rows, {"from": cuts[-1], "low": rates[-1], "high": rates[-1]}]

    def people(self) -> float:
        """About how long the list is."""
        population = self.tree["population"]
        return sum(typical(one["size"]) for one in population.get("segments", {"all": population}).values())

    def thresholds(self) -> None:
        """Tables by size, and gains below the rate."""
        terms, tables = self.terms, "population" in self.tree
        if tables and self.chance(0.45):
            terms.pop("msr", None)
            terms["msr_table"] = self.table()
            terms.setdefault("msr_kind", self.rng.choice(["first_pound", "excess"]))
            for scenario in self.tree.get("scenarios", {}).values():
                scenario.get("arrangements", {}).get(self.name, {}).pop("msr", None)
        if tables and "mlr" not in terms and self.chance(0.25):
            terms["mlr_table"] = self.table()
            if "msr_kind" not in terms:
                terms["mlr_kind"] = self.rng.choice(["first_pound", "excess"])
        for key in ("gain_bands", "loss_bands"):
            bands = list(terms.get(key, {}).values())
            for band in bands:
                if self.chance(0.4):
                    # the last edge moves up and the others down, so that they never meet
                    step = 0.1 if band is bands[-1] else -0.1
                    band["from"] = [rounded(band["from"] * (1 + step * year)) for year in range(self.numbers.years)]

    def pool(self) -> None:
        """What is done to the pool."""
        terms = self.terms
        if (highest(terms.get("msr", 0.0)) > 0 or "msr_table" in terms) and self.chance(0.4):
            terms["below_msr"] = {"part": self.numbers.term(0.2, 0.8)}
            if "population" in self.tree and self.chance(0.5):
                terms["below_msr"]["from"] = rounded(self.people() * self.rng.uniform(0.9, 1.1))
        if self.chance(0.25):
            yearly = [float(self.rng.randint(0, 1)) for _ in range(self.numbers.years)]
            terms["guardrail"] = self.rng.choice([flag(self.rng), flag(self.rng), yearly])
        for key in ("pool_cap", "pool_collar"):
            if self.chance(0.35):
                terms[key] = {basis: value for basis, value in any_limit(self.numbers, self.size).items() if basis != "of_income"}
                terms[key] = terms[key] or {"of_baseline": self.numbers.term(0.005, 0.04)}
                if "amount" in terms[key]:
                    terms[key]["amount"] = self.numbers.term(0.002 * self.size, 0.05 * self.size)
        if self.numbers.years > 1 and self.chance(0.5):
            terms["carry_forward"] = {"years": self.rng.randint(1, 3)}
            if terms["baseline"] != "budget" and self.chance(0.8):
                self.up_and_down()

    def up_and_down(self) -> None:
        """A stated baseline that is low in some years and high in others, so that losses are carried to gains."""
        for key in ("plan_includes_schemes", "population_adjusted", "baseline_follows"):
            self.terms.pop(key, None)
        levels = [self.rng.choice([0.8, 0.9, 1.1, 1.25]) for _ in range(self.numbers.years)]
        levels[0] = 0.7
        self.terms |= {"baseline": "explicit", "baseline_value": [rounded(level * self.size) for level in levels]}
        self.terms["sides"] = [self.rng.choice(["one", "one", "two"]) for _ in range(self.numbers.years)]
        without_losses_in_one_sided_years(self.terms, self.residual, self.numbers.years)

    def fund(self) -> None:
        """A fund that is no other party of the arrangement."""
        parties = [party for party in self.tree["parties"] if party not in (*self.side, self.residual)]
        if not parties or self.chance(0.3):
            self.tree["parties"].setdefault("pot", {"role": "fund"})
            parties = ["pot"]
        self.terms["fund"] = {"party": self.rng.choice(parties), "share": self.numbers.term(0.02, 0.4)}

    def quality(self, by_line: bool) -> None:
        """Yearly terms, and standards that have to be met."""
        quality = self.terms.get("quality")
        if quality is None:
            return
        if by_line and quality.get("loss") == "loss_rate":
            for key in ("loss_share_max", "loss_floor", "loss_ceiling"):
                del quality[key]
            quality |= {"loss": "soften", "soften": 0.5}
        for key in ("gate", "soften", "loss_share_max", "loss_floor", "loss_ceiling"):
            if key in quality and self.chance(0.4):
                quality[key] = [rounded(quality[key] * self.rng.uniform(0.98, 1.0)) for _ in range(self.numbers.years)]
                if key == "loss_ceiling":
                    quality[key] = [max(value, rounded(1.01 * highest(quality["loss_floor"]))) for value in quality[key]]
        if self.chance(0.6):
            words = ["none", "required", "full"]
            quality["standard"] = self.rng.choice(["required", "full", [self.rng.choice(words) for _ in range(self.numbers.years)]])
            if isinstance(quality["standard"], list):
                quality["standard"][-1] = self.rng.choice(words[1:])
            for key in ("met", "alternative_met"):
                if self.chance(0.8) and (key == "met" or "full" in quality["standard"]):
                    quality[key] = flag(self.rng)

    def amounts(self) -> None:
        """What is done to the parties' amounts."""
        terms, numbers = self.terms, self.numbers
        if self.chance(0.4):
            terms["deduction"] = numbers.term(0.01, 0.2)
        for key in ("term_cap", "term_collar"):
            for party in self.side:
                if self.chance(0.3):
                    terms.setdefault(key, {})[party] = self.term_limit()
        budgets = [one for one in self.tree.get("budgets", {}).values() if "improvement_payments" in one]
        held = {party for party in self.side for one in budgets if one["holder"] == party}
        if held and self.chance(0.6):
            for party in held:
                terms.setdefault("collar", {}).setdefault(party, {"of_baseline": numbers.term(0.005, 0.05)})
            terms["include_ips"] = True

    def term_limit(self) -> dict[str, float]:
        """A limit over the term."""
        amount = rounded(self.size * self.rng.uniform(0.001, 0.05))
        ways = {
            "of_baseline": rounded(self.rng.uniform(0.0005, 0.02)),
            "of_income": rounded(self.rng.uniform(0.0005, 0.02)),
            "amount": amount,
        }
        return {basis: ways[basis] for basis in self.rng.sample(list(ways), self.rng.choice([1, 1, 2, 3]))}

    def events(self) -> None:
        """Events outside control, on the outturn and on losses; part years."""
        for line in self.lines:
            if self.chance(0.25):
                spend = abs(typical_spend(self.tree["services"][line], self.money))
                self.terms.setdefault("adjustment", {})[line] = self.event(0.001 * spend, 0.05 * spend)
        if self.side and self.chance(0.3):
            self.terms["loss_adjustment"] = self.event(0.0005 * self.size, 0.02 * self.size)
        if self.chance(0.3):
            self.terms["proration"] = self.rng.choice([0.5, self.numbers.term(0.25, 1.0)])

    def event(self, low: float, high: float) -> Any:
        """Money: stated, by year, drawn, or an event."""
        if self.chance(0.5):
            impact = self.rng.choice([rounded(high), {"dist": "uniform", "min": rounded(low), "max": rounded(high)}])
            found: dict[str, Any] = {"dist": "event", "probability": rounded(self.rng.uniform(0.1, 0.7)), "impact": impact}
            return found | ({"path": "independent"} if self.chance(0.6) else {})
        return self.numbers.number("money_once", low, high)

    def baseline(self) -> None:
        """What a planned baseline follows."""
        terms = self.terms
        if terms["baseline"] != "plan":
            return
        listed = list_drivers(self.tree, True) if "population" in self.tree else []
        moving = [name for line in self.lines for name in line_drivers(self.tree, line)]
        if set(listed) & set(moving) and self.chance(0.9):
            terms["population_adjusted"] = True
            moving = [name for name in moving if name not in listed]
        if moving and self.chance(0.75):
            chosen = list(dict.fromkeys(self.rng.choice(moving) for _ in range(self.rng.randint(1, 3))))
            plain, capped = [], []
            for name in chosen:
                written = name.removeprefix("drivers.") if self.chance(0.5) else name
                if self.chance(0.4):
                    capped.append({"driver": written, "cap": self.rng.choice([0.0, rounded(self.rng.uniform(0.001, 0.02))])})
                else:
                    plain.append(written)
            # names first, so that a file can have them in one list
            terms["baseline_follows"] = plain + capped

    def scenarios(self) -> None:
        """A scenario that changes what can be changed."""
        if not self.chance(0.5):
            return
        change: dict[str, Any] = {}
        for key, low, high in (("deduction", 0.0, 0.3), ("proration", 0.4, 1.0), ("stretch", 0.0, 0.03)):
            if self.chance(0.3):
                change[key] = self.numbers.term(low, high)
        if "fund" in self.terms and self.chance(0.5):
            change["fund"] = {"share": self.numbers.term(0.0, 0.5)}
        if "guardrail" in self.terms and self.chance(0.5):
            change["guardrail"] = 0.0
        if "carry_forward" in self.terms and self.chance(0.5):
            change["carry_forward"] = {"years": self.rng.randint(1, 3)}
        if "pool_cap" in self.terms and self.chance(0.5):
            change["pool_cap"] = {"of_baseline": self.numbers.term(0.001, 0.05)}
        if not {"loss_share", "loss_bands"} & set(self.terms) and self.chance(0.3):
            change["sides"] = "one"
        for party in self.terms.get("term_cap", {}):
            if self.chance(0.5):
                change.setdefault("term_cap", {})[party] = self.term_limit()
        if "standard" in self.terms.get("quality", {}) and self.chance(0.5):
            full = "full" if "alternative_met" in self.terms["quality"] else self.rng.choice(["required", "full"])
            change["quality"] = {"standard": full, "met": self.rng.choice([0.0, 1.0])}
        for line in self.terms.get("adjustment", {}):
            if self.chance(0.4):
                change.setdefault("adjustment", {})[line] = rounded(0.01 * self.size)
        if change:
            scenarios = self.tree.setdefault("scenarios", {})
            scenarios["terms"] = merged(scenarios.get("terms", {}), {"arrangements": {self.name: change}})


def highest(value: Any) -> float:
    """The largest of a number or of one per year."""
    return max(value) if isinstance(value, list) else value


def flag(rng: random.Random) -> Any:
    """A flag that is drawn."""
    found: dict[str, Any] = {"dist": "bernoulli", "p": rounded(rng.uniform(0.2, 0.8))}
    return found | ({"path": "independent"} if rng.random() < 0.6 else {})
