"""Advice on growth: population, need or inflation that a rate holds already."""

import re

from simengine.study.assumption_sets import assumption_set
from simengine.study.checker import Checker
from simengine.study.growth import SegmentGrowth
from simengine.study.numbers import Number, Uncertain
from simengine.study.plan_lines import PlanLines
from simengine.study.services import Service

_NAMES = re.compile(r"population|list_size|list_growth|registered|headcount")


def advise_on_growth(checker: Checker, plan: PlanLines) -> None:
    """Warn of lines whose growth counts people, or prices, twice."""
    for name, service in checker.spec.services.items():
        path = f"services.{name}.growth"
        if isinstance(service.growth, dict) and "population" in service.growth:
            for factor, number in service.growth.items():
                if number is True or isinstance(number, SegmentGrowth):
                    continue
                reason = _holds_population(checker, plan, service, factor, number)
                if reason is not None:
                    checker.warn(f"{path}.{factor}", f"{reason}, and population is a factor of its own: is the list counted twice?")
        if service.cost_weights or service.tariff_change is not None:
            for key, given in _numbers(service):
                if "inflation" in _includes(checker, given):
                    place = path if key is None else f"{path}.{key}"
                    also = "cost_weights" if service.cost_weights else "tariff_change"
                    checker.warn(place, f"is growth of total cost, so it holds price changes already, and the line has {also} as well")


def _numbers(service: Service) -> list[tuple[str | None, object]]:
    return list(service.growth.items()) if isinstance(service.growth, dict) else [(None, service.growth)]


def _holds_population(checker: Checker, plan: PlanLines, service: Service, factor: str, number: Number) -> str | None:
    """Why a factor seems to hold the growth of the list; None where it does not."""
    if "population" in _includes(checker, number):
        return "is activity growth that holds growth of the population already"
    if _NAMES.search(factor):
        return "is a factor of the list by its name"
    meant = checker.spec.drivers.get(number) if isinstance(number, str) else number
    if isinstance(meant, Uncertain) and meant.risk == "population":
        return 'is a driver with risk = "population"'
    factors = plan.factors(service) or {}
    own, listed = factors.get(factor), factors.get("population")
    if own is not None and own == listed and any(own):
        return "has the growth of the list as its plan"
    return None


def _includes(checker: Checker, number: object) -> tuple[str, ...]:
    """What a driver of the study's assumption set holds already; nothing where the study gives it a value of its own."""
    found = assumption_set(checker.spec.assumptions or "")
    if found is None or not isinstance(number, str):
        return ()
    entry = found.entry("drivers", number)
    value = checker.spec.drivers.get(number)
    shipped = entry is not None and isinstance(value, tuple) and set(value) <= set(entry.values)
    return entry.includes if entry is not None and shipped else ()
