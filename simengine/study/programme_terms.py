"""Expands ``programme = NAME`` of an arrangement into the ordinary keys of its terms, year by year, under what the study states itself."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from simengine.study.distribution_keys import nearest
from simengine.study.model import horizon_labels
from simengine.study.programme_members import sides_of
from simengine.study.programme_sets import ELECTED, Facts, Need, Parameter, Programme, programmes
from simengine.study.scenarios import deep_merge
from simengine.study.structure import Finding, Path, Tree

KEYS = ("programme", "performance_year", "agreement_start", "revenue_category", "split")
"""Keys that say which terms a programme gives; a scenario leaves them alone."""
Years: TypeAlias = Sequence[Mapping[str, Parameter | Need]]


@dataclass
class Expanded:
    """The study with the terms of its programmes in place, what was wrong, and what the user should know."""

    tree: Tree
    findings: list[Finding] = field(default_factory=list)
    lost: list[Path] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


def with_programmes(tree: Tree) -> Expanded:
    """The study with the terms of the programmes that its arrangements name; the study's own terms stand above them."""
    made = Expanded(dict(tree))
    arrangements = tree.get("arrangements")
    if isinstance(arrangements, dict):
        made.tree["arrangements"] = {
            name: _Arrangement(made, tree, name, own).expanded() if isinstance(own, dict) and "programme" in own else own
            for name, own in arrangements.items()
        }
    scenarios = tree.get("scenarios")
    for name, changes in scenarios.items() if isinstance(scenarios, dict) else ():
        changed = changes.get("arrangements") if isinstance(changes, dict) else None
        for key, terms in changed.items() if isinstance(changed, dict) else ():
            for word in KEYS if isinstance(terms, dict) else ():
                if word in terms:
                    rule = "is the same in every scenario: a scenario changes the terms themselves (msr, gain_share, …)"
                    made.findings.append(Finding(("scenarios", name, "arrangements", key, word), rule))
    return made


def performance_year_in(label: str) -> int | None:
    """The performance year that a label of a year begins with: 2019 for "2019" and "2019/20"; None for any other."""
    digits = label.strip()[:4]
    following = label.strip()[4:5]
    return int(digits) if len(digits) == 4 and digits.isascii() and digits.isdigit() and following in ("", "/", "-") else None


@dataclass
class _Arrangement:
    """One arrangement on its way to ordinary keys."""

    made: Expanded
    tree: Tree
    name: str
    own: Tree

    def expanded(self) -> Tree:
        known, name = programmes(), self.own["programme"]
        found = known.get(name) if isinstance(name, str) else None
        if found is None:
            rule = f"is not a programme that comes with simrisk, which has {', '.join(known)}"
            self._say("programme", rule, name if isinstance(name, str | int | float) else None, nearest(name, list(known)))
            return self._without()
        labels = horizon_labels(self.tree.get("horizon"))
        years = None if labels is None else self._years(found, labels)
        sides = sides_of(self.tree, self.own)
        if isinstance(sides, str):
            self._say("split", sides)
        if years is None or isinstance(sides, str):
            return self._without()
        merged = deep_merge(self._keys(found, years, sides), copy.deepcopy(self.own))
        # a study that states all terms itself, as its programme gives them, is the same study: own keys first, whatever gave the others
        return {key: merged[key] for key in [*self.own, *(key for key in merged if key not in self.own)]}

    def _without(self) -> Tree:
        """The arrangement as it stands: what stops its programme is reported, what it lacks without it is not."""
        self.made.lost += [("arrangements", self.name, key) for key in ("gain_share", "msr_kind", "mlr_kind") if key not in self.own]
        return self.own

    def _say(self, key: str, rule: str, value: object = None, near: str | None = None) -> None:
        self.made.findings.append(Finding(("arrangements", self.name, key), rule, value, near))

    def _warn(self, key: str, rule: str) -> None:
        self.made.warnings.append(Finding(("arrangements", self.name, key), rule))

    def _years(self, programme: Programme, labels: Sequence[str]) -> Years | None:
        """What the programme states for each year; None where the performance years do not allow it."""
        stated, start = self.own.get("performance_year"), self.own.get("agreement_start")
        first = stated if isinstance(stated, int) else performance_year_in(labels[0])
        if first is None and programme.by_year:
            self._say("performance_year", f"is required: the rules of {programme.name} differ by performance year")
            return None
        years = [None if first is None else first + k for k in range(len(labels))]
        refused = [year for year in years if programme.refuses(year)]
        if refused:
            self._say("performance_year", f"{programme.name} has no rules for {refused[0]}: it ran in {programme.years}", first)
            return None
        outside = [year for year in years if not programme.ran_in(year)]
        if outside:
            self._warn("performance_year", f"{programme.name} ran in {programme.years}; its rules are used for {outside[0]} all the same")
        begun = start if isinstance(start, int) else first
        if begun is not None and first is not None and begun > first:
            self._say("agreement_start", f"is after the first performance year, which is {first}", begun)
            return None
        category = self.own.get("revenue_category")
        return [programme.terms(Facts(year, begun, category)) for year in years]

    def _keys(self, programme: Programme, years: Years, sides: Mapping[str, float]) -> Tree:
        """The keys that the programme gives, where the study gives none of its own in their place."""
        terms, made = _Terms(years), {}
        for key in ("sides", "stretch", "msr_kind", "mlr_kind", "deduction"):
            if terms.has(key):
                made[key] = terms.yearly(key, 0.0)
        made |= self._rates(programme, terms) | self._shares(terms, sides) | self._limits(programme, terms, sides)
        quality = {key.partition(".")[2]: terms.yearly(key, None) for key in terms.names("quality.")}
        if any(value != "none" for value in quality.values()):
            made["quality"] = quality
        if "below_msr" not in self.own:
            made |= self._below(terms)
        if terms.has("payment"):
            self._check_payment(programme)
        return {key: value for key, value in made.items() if key not in self.own or isinstance(value, dict)}

    def _rates(self, programme: Programme, terms: "_Terms") -> Tree:
        """The minimum savings rate or its table; an elected one that the study does not state is taken and told."""
        if "msr" in self.own or "msr_table" in self.own:
            return {}
        if terms.has("msr_table") and not terms.has("msr"):
            return {"msr_table": terms.yearly("msr_table", None)}
        elected = terms.elected("msr")
        if elected is None:
            return {"msr": terms.yearly("msr", 0.0)} if terms.has("msr") else {}
        if elected.size_table is not None and "population" in self.tree:
            self._warn("msr", f"is elected under {programme.name} and not stated: the table by size is used")
            return {"msr_table": elected.size_table}
        self._warn("msr", f"is elected under {programme.name} and not stated: {elected.default} is used")
        return {"msr": _plain(elected.default)}

    def _shares(self, terms: "_Terms", sides: Mapping[str, float]) -> Tree:
        """Shares and bands of each party: the provider side's part times the party's part of it."""
        made: Tree = {}
        block = self._block(terms)
        for key, bands in (("gain_share", "gain_bands"), ("loss_share", "loss_bands")):
            if terms.has("bands"):
                if key == "gain_share" or "gain_share" not in self.own:
                    made[key] = _split(terms.each("bands", lambda value: value[0][1]), sides)
                made[bands] = {f"band_{at + 1}": _band(terms, at, sides) for at in range(1, terms.count("bands"))}
            elif terms.has(key):
                made[key] = _split(_where(block, terms.yearly(key, 0.0)), sides)
        return made

    def _limits(self, programme: Programme, terms: "_Terms", sides: Mapping[str, float]) -> Tree:
        """Caps and collars of each party (its part of what is a share of the baseline), and of the pool."""
        made: Tree = {}
        for key in ("cap", "collar"):
            of_income = {"of_income": terms.yearly(f"{key}.of_income", None)} if terms.has(f"{key}.of_income") else {}
            if terms.has(f"{key}.of_baseline") and "sides" not in self.own:
                limit = _split(terms.yearly(f"{key}.of_baseline", 1.0), sides)
                made[key] = {party: {**of_income, "of_baseline": part} for party, part in limit.items()}
        for key in ("pool_cap", "pool_collar"):
            elected = terms.elected(f"{key}.of_baseline")
            if elected is not None and key not in self.own:
                self._warn(key, f"is elected under {programme.name} and not stated: {elected.default} of the baseline is used")
                made[key] = {"of_baseline": _plain(elected.default)}
        return made

    def _below(self, terms: "_Terms") -> Tree:
        """What is shared below the minimum savings rate; for lists of some size where the study has a list."""
        if any(isinstance(year.get("below_msr.part"), Need) for year in terms.years):
            self._warn("revenue_category", "is not stated: as with high revenue, nothing of a gain below the minimum rate is shared")
        if not terms.has("below_msr.part"):
            return {}
        made = {"part": terms.yearly("below_msr.part", 0.0)}
        size = terms.first("below_msr.from_size")
        if size is not None and "population" in self.tree:
            made["from"] = _plain(size.value)
        elif size is not None:
            self._warn("below_msr", f"is for lists of {size.value} people or more, and the study has no population: taken to be so")
        return {"below_msr": made}

    def _block(self, terms: "_Terms") -> Any:
        """Whether the value of the base year is so low that the programme makes it a block payment, for all years or each."""
        found = terms.first("block_below")
        value = _base_value(self.tree, self.own)
        if found is None:
            return False
        if value is None:
            self._warn("programme", f"makes contracts below {found.value} a block payment; this is taken to be above it")
            return False
        return terms.each("block_below", lambda least: value < least, False)

    def _check_payment(self, programme: Programme) -> None:
        services = self.tree.get("services")
        for line in self.own.get("services", ()):
            service = services.get(line) if isinstance(services, dict) else None
            if isinstance(service, dict) and service.get("variable_share") != 0:
                self._warn("programme", f"{programme.name} is for a payer who pays a block, and {line} is not paid so (variable_share = 0)")


@dataclass
class _Terms:
    """What a programme states for each year of a study."""

    years: Years

    def names(self, prefix: str) -> list[str]:
        return list(dict.fromkeys(key for year in self.years for key in year if key.startswith(prefix) and self.has(key)))

    def first(self, key: str) -> Parameter | None:
        found = (year.get(key) for year in self.years)
        return next((item for item in found if isinstance(item, Parameter)), None)

    def has(self, key: str) -> bool:
        return self.first(key) is not None

    def elected(self, key: str) -> Parameter | None:
        found = self.first(key)
        return found if found is not None and found.value == ELECTED else None

    def count(self, key: str) -> int:
        found = self.first(key)
        return 0 if found is None else len(found.value)

    def yearly(self, key: str, without: object) -> Any:
        """One value, or one for each year where they differ; ``without`` for a year for which nothing is stated."""
        return self.each(key, lambda value: value, without)

    def each(self, key: str, part: Callable[[Any], Any], without: object = None) -> Any:
        found = [year.get(key) for year in self.years]
        values = [_plain(part(item.value)) if isinstance(item, Parameter) else without for item in found]
        return values[0] if all(value == values[0] for value in values) else values


def _where(block: Any, share: Any) -> Any:
    """All of a difference in the years of a block payment, the share in the others."""
    if not isinstance(block, list):
        return 1.0 if block else share
    return [1.0 if held else (share[year] if isinstance(share, list) else share) for year, held in enumerate(block)]


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _band(terms: _Terms, at: int, sides: Mapping[str, float]) -> Tree:
    """A band after the first: it begins where the one before it ends."""
    share = terms.each("bands", lambda value: value[at][1])
    return {"from": terms.each("bands", lambda value: value[at - 1][0]), "share": _split(share, sides)}


def _split(value: Any, sides: Mapping[str, float]) -> Tree:
    """A part of the provider side as parts of its parties."""
    return {party: [item * part for item in value] if isinstance(value, list) else value * part for party, part in sides.items()}


def _base_value(tree: Tree, own: Tree) -> Decimal | None:
    """The value of the covered lines in the base year in the currency; None where the study does not state it in plain numbers."""
    services, money = tree.get("services"), tree.get("money")
    unit = money.get("unit") if isinstance(money, dict) else None
    if not isinstance(services, dict) or not isinstance(unit, str):
        return None
    scale = {"": 1, " k": 1_000, " m": 1_000_000}.get(unit[3:], 1)
    total = Decimal(0)
    for line in own.get("services", ()):
        service = services.get(line)
        figures = [service.get(key) for key in ("spend", "activity", "price")] if isinstance(service, dict) else []
        spend, activity, price = ([Decimal(str(item)) if isinstance(item, int | float) else None for item in figures] or [None] * 3)[:3]
        if spend is not None:
            total += spend * scale
        elif activity is not None and price is not None:
            total += activity * price
        else:
            return None
    return total
