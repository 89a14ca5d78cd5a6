"""Rules about whole population budgets: who holds what and when, how the value is made, and what moves it."""

from collections.abc import Sequence

from simengine.study.budgets import AVERAGE_SPEND, WHOLE_LIST, Budget, Scope
from simengine.study.check_resets import check_resets
from simengine.study.checker import Checker
from simengine.study.defaults import lines_with_effects
from simengine.study.numbers import Term

TOLERANCE = 1e-9
_KEYS = {"plan": ("resets",), "allocation": ("streams",), "explicit": ("amount",)}
_MOST_WITHHELD = 0.5
"""Improvement payments above this share of a budget are probably shares of one another."""


def check_budgets(checker: Checker, drivers: Sequence[str], as_written: bool = True) -> None:
    """Check every budget, that no line is in two in one year, and every allocation.

    ``drivers`` are the paths of what is drawn; ``as_written`` is false for a scenario.
    """
    held: dict[tuple[str, int], str] = {}
    acted_on = lines_with_effects(checker.spec)
    for name, budget in checker.spec.budgets.items():
        path = f"budgets.{name}"
        _check_parties(checker, path, budget)
        if not budget.services and not checker.lost_part_of(f"{path}.services"):
            checker.say(f"{path}.services", "needs at least one line", whole=f"{path}.services")
        _check_scope(checker, name, budget, held)
        _check_value(checker, path, budget, bool(acted_on.intersection(budget.lines)))
        _check_update(checker, path, budget)
        check_resets(checker, path, budget, drivers, as_written)
        _check_improvement(checker, path, budget)
    _check_allocations(checker)


def _check_parties(checker: Checker, path: str, budget: Budget) -> None:
    for key in ("commissioner", "holder", "unearned_to"):
        checker.refer(f"{path}.{key}", getattr(budget, key), "parties")
    if budget.holder == budget.commissioner:
        checker.say(f"{path}.holder", "is the commissioner: a budget passes from one party to another", budget.holder)
    if budget.unearned_to is not None and not budget.improvement_payments:
        checker.say(f"{path}.unearned_to", "needs improvement_payments, of which some may not be earned", whole=path)


def _check_scope(checker: Checker, name: str, budget: Budget, held: dict[tuple[str, int], str]) -> None:
    years = checker.years
    for at, line in enumerate(budget.services):
        scope = budget.services[line] if isinstance(budget.services, dict) else Scope()
        place = f"budgets.{name}.services.{line if isinstance(budget.services, dict) else at}"
        if not checker.refer(place, line, "services"):
            continue
        if isinstance(budget.services, tuple) and line in budget.services[:at]:
            checker.say(place, "is twice in this budget", line)
            continue
        if years is None or not _years_fit(checker, place, scope, years):
            continue
        last = years if scope.to_year is None else scope.to_year
        other = next((held[line, year] for year in range(scope.from_year, last + 1) if (line, year) in held), None)
        if other is not None:
            first = next(year for year in range(scope.from_year, last + 1) if (line, year) in held)
            checker.say(place, f"is in scope of the budget {other} in year {first} as well: a line has one holder a year", line)
        for year in range(scope.from_year, last + 1):
            held.setdefault((line, year), name)


def _years_fit(checker: Checker, place: str, scope: Scope, years: int) -> bool:
    for key, year in (("from", scope.from_year), ("to", scope.to_year)):
        if year is not None and year > years:
            checker.say(f"{place}.{key}", f"must be a year of the study, 1 to {years}", year)
            return False
    if scope.to_year is not None and scope.to_year < scope.from_year:
        checker.say(f"{place}.to", f"is before the first year in scope, {scope.from_year}", scope.to_year)
        return False
    return True


def _check_value(checker: Checker, path: str, budget: Budget, acted_on: bool) -> None:
    if checker.lost_part_of(f"{path}.value"):
        return
    for value, keys in _KEYS.items():
        for key in keys:
            if value != budget.value and budget.gives(key):
                checker.say(f"{path}.{key}", f'is for value = "{value}"; this budget has value = "{budget.value}"')
    if budget.value == "explicit":
        if budget.amount is None:
            checker.say(f"{path}.amount", 'is required with value = "explicit"', whole=f"{path}.amount")
        if budget.plan_includes_schemes is not None:
            checker.say(f"{path}.plan_includes_schemes", 'is for value = "plan" or "allocation": a stated amount has it')
    elif acted_on and budget.plan_includes_schemes is None:
        rule = "is required: a scheme acts on a line in scope (how much of the planned saving is taken out of the budget?)"
        checker.say(f"{path}.plan_includes_schemes", rule, whole=f"{path}.services")
    if budget.value == "allocation":
        _check_streams(checker, path, budget)


def _check_streams(checker: Checker, path: str, budget: Budget) -> None:
    if not budget.streams:
        checker.say(f"{path}.streams", 'is required with value = "allocation"', whole=f"{path}.streams")
        return
    paid: dict[str, str] = {}
    for name, stream in budget.streams.items():
        for at, line in enumerate(stream.services):
            place = f"{path}.streams.{name}.services.{at}"
            if not checker.refer(place, line, "services"):
                continue
            if line not in budget.lines:
                checker.say(place, "is not in scope of this budget", line, whole=f"{path}.services")
            elif line in paid:
                checker.say(place, f"is paid for by the stream {paid[line]} already", line)
            paid.setdefault(line, name)
    for line in budget.lines:
        if line not in paid:
            checker.say(f"{path}.streams", f"none of them pays for {line}, which is in scope", whole=f"{path}.streams")
    years = checker.years
    for line, inside in budget.in_scope(years or 1).items():
        if years is not None and not all(inside):
            rule = 'is in scope in some years only, and value = "allocation" grows from the base year: use "plan", or two budgets'
            checker.say(f"{path}.services.{line}", rule)


def _check_update(checker: Checker, path: str, budget: Budget) -> None:
    if not budget.population_update:
        return
    place = f"{path}.population_update"
    if checker.spec.population is None:
        checker.say(place, "needs the table population", whole="population")
        return
    for segment, update in budget.population_update.items():
        if segment != WHOLE_LIST:
            checker.refer(f"{place}.{segment}", segment, "population_segments", within="population.segments")
        elif len(budget.population_update) > 1:
            checker.say(f"{place}.{WHOLE_LIST}", "is the whole list, whose segments have values of their own here", whole=place)
        if update.value == AVERAGE_SPEND:
            rule = "people who come or leave rarely cost the average: a value by age or need would move the budget as they do"
            checker.warn(f"{place}.{segment}.value", rule)


def _check_improvement(checker: Checker, path: str, budget: Budget) -> None:
    place, years = f"{path}.improvement_payments", checker.years
    weights = [payment.weight for payment in budget.improvement_payments.values()]
    if not weights or years is None or any(isinstance(weight, tuple) and len(weight) != years for weight in weights):
        return
    totals = [sum(_in_year(weight, year) for weight in weights) for year in range(years)]
    largest = max(totals)
    if largest > 1 + TOLERANCE:
        year = totals.index(largest) + 1
        checker.say(place, f"the weights sum to {largest:.6g} in year {year}: more than the budget would be withheld", whole=place)
    elif largest >= _MOST_WITHHELD:
        rule = f"the weights sum to {largest:.4g}, and they are shares of the whole budget, not of one another: about 0.025 is usual"
        checker.warn(place, rule)


def _in_year(term: Term, year: int) -> float:
    return term[year] if isinstance(term, tuple) else term


def _check_allocations(checker: Checker) -> None:
    paid: dict[str, str] = {}
    for name, allocation in checker.spec.allocations.items():
        path = f"allocations.{name}"
        for at, line in enumerate(allocation.services):
            if checker.refer(f"{path}.services.{at}", line, "services") and paid.setdefault(line, name) != name:
                checker.say(f"{path}.services.{at}", f"is paid for by the stream {paid[line]} already", line)
        if not allocation.services:
            checker.say(f"{path}.services", "needs at least one line", whole=f"{path}.services")
        given = [key for key in ("amount", "base") if allocation.gives(key)]
        if len(given) != 1:
            checker.say(path, "needs amount, or base and growth: one of the two", whole=path)
        elif (allocation.growth is not None) != (given == ["base"]):
            rule = "is required with base" if allocation.growth is None else "goes with base; amount says every year"
            checker.say(f"{path}.growth", rule, whole=path)
