"""Rules about resets of a budget: which years, which drivers, and that the budget's plan would see them."""

from collections.abc import Iterable, Sequence

from simengine.study.budgets import WHOLE_LIST, Budget
from simengine.study.check_records import refer_driver
from simengine.study.checker import Checker
from simengine.study.defaults import weights_of
from simengine.study.growth import SegmentGrowth
from simengine.study.model import StudySpec
from simengine.study.walk import numbers

_OF_A_LINE = ("activity", "price", "spend", "spend_by_year", "conversion", "growth", "efficiency_required", "tariff_change")
"""Keys of a line that its planned activity and price are made of."""
_OF_A_PRICE = ("price", "efficiency_required", "tariff_change")


def check_resets(checker: Checker, path: str, budget: Budget, drivers: Sequence[str], as_written: bool) -> None:
    """Check the resets of one budget; ``drivers`` are the paths of what is drawn, in the study or in a scenario.

    What a reset sees is the plan of the study as written, so whether a driver moves it is not asked of a scenario.
    """
    resets, place = budget.resets, f"{path}.resets"
    if resets is None:
        return
    for key, given in (("years", resets.years), ("drivers", resets.drivers)):
        if not given:
            checker.say(f"{place}.{key}", "needs at least one", whole=f"{place}.{key}")
    for at, year in enumerate(resets.years):
        if checker.years is not None and not 2 <= year <= checker.years:
            checker.say(f"{place}.years.{at}", f"must be a year from 2 to {checker.years}, as it goes by what was observed before", year)
        elif year in resets.years[:at] or (at and year < resets.years[at - 1]):
            checker.say(f"{place}.years", "are given once each, in their order", list(resets.years))
            break
    update = _drivers_at(checker.spec, _people(checker.spec, budget.population_update))
    plan = _drivers_of_plan(checker, budget, resets.years) if as_written else None
    priced, deals = _drivers_of_prices(checker.spec, budget), _deals_on(checker.spec, path.removeprefix("budgets."))
    for at, written in enumerate(resets.drivers):
        here = f"{place}.drivers.{at}"
        name = refer_driver(checker, here, written, drivers)
        if name is None:
            continue
        if name.endswith(".volatility") or name == "volatility.common":
            checker.say(here, "is chance of one year, which says nothing of the years to come", written)
        elif plan is not None and name not in plan:
            checker.say(here, "moves no activity or price of a line in scope in a year of a reset: no reset would see it", written)
        elif name in update:
            checker.warn(here, "moves the population update already: its effect would be in the budget twice")
        elif as_written and name in priced and deals:
            measured = f"the arrangement {deals[0]} measures its outturn at planned ones"
            checker.warn(here, f"moves prices, and {measured}: what prices add to the budget is a gain")


def _drivers_of_plan(checker: Checker, budget: Budget, years: Sequence[int]) -> set[str] | None:
    """The drivers on which activity or price of a line in scope in one of these years depends; None where that cannot be told."""
    spec = checker.spec
    if checker.years is None or checker.cut or not years:
        return None
    lines = [
        name for name, scope in budget.in_scope(checker.years).items() if any(scope[year - 1] for year in years if 0 < year <= len(scope))
    ]
    if any(line not in spec.services for line in lines):
        return None
    places = {f"qipp.{name}" for name, programme in spec.qipp.items() if programme.service in lines}
    for line in lines:
        service = spec.services[line]
        places.update(f"services.{line}.{key}" for key in _OF_A_LINE)
        for factor in service.growth.values() if isinstance(service.growth, dict) else ():
            if factor is True or isinstance(factor, SegmentGrowth):
                places |= _people(spec, [WHOLE_LIST if factor is True else factor.segment])
        if service.tariff_change is None or service.tariff_change_on_top:
            places.update(f"inflation.{category}" for category in weights_of(spec, line))
    return _drivers_at(spec, places)


def _drivers_of_prices(spec: StudySpec, budget: Budget) -> set[str]:
    """The drivers of the prices of the lines in scope."""
    places: set[str] = set()
    for line in budget.lines:
        service = spec.services.get(line)
        if service is None:
            continue
        keys = (*_OF_A_PRICE, "growth") if service.growth_is == "price" else _OF_A_PRICE
        places.update(f"services.{line}.{key}" for key in keys)
        if service.tariff_change is None or service.tariff_change_on_top:
            places.update(f"inflation.{category}" for category in weights_of(spec, line))
    return _drivers_at(spec, places)


def _deals_on(spec: StudySpec, budget: str) -> list[str]:
    """The arrangements that take a budget as their baseline."""
    return [name for name, deal in spec.arrangements.items() if deal.baseline == "budget" and deal.budget == budget]


def _people(spec: StudySpec, segments: Iterable[str]) -> set[str]:
    """Where the numbers stand that move the size of these population segments, or of the whole list."""
    places: set[str] = set()
    population = spec.population
    for segment in segments:
        if population is None or segment not in population.segments:
            places.add("population")
        else:
            places.add(f"population.segments.{segment}")
            if population.segments[segment].growth is None:
                places.add("population.growth")
    return places


def _drivers_at(spec: StudySpec, places: set[str]) -> set[str]:
    """What the numbers at some places and below them are as drivers: their own paths, or the declared drivers that they name."""
    found: set[str] = set()
    for number in numbers(spec):
        parts = number.path.split(".")
        if any(".".join(parts[:depth]) in places for depth in range(1, len(parts) + 1)):
            found.add(f"drivers.{number.value}" if isinstance(number.value, str) else number.path)
    return found
