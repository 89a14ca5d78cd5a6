"""Rules about single numbers: their range, the length of yearly lists, distributions, and drivers taken by name."""

from simengine.study.check_distributions import check_distribution, check_length, quantities, warn_of_draws_outside
from simengine.study.checker import Checker
from simengine.study.model import label_after
from simengine.study.numbers import Form, Number, Uncertain
from simengine.study.plan import is_yearly, plan_values
from simengine.study.units import Unit, range_fault
from simengine.study.walk import NumberAt, numbers


def check_numbers(checker: Checker) -> None:
    """Check every number of the study against its field's unit and form."""
    for number in numbers(checker.spec):
        if isinstance(number.value, str):
            _check_driver(checker, number, number.value)
        elif isinstance(number.value, Uncertain):
            check_distribution(checker, number.path, number.value, number.unit)
            warn_of_draws_outside(checker, number.path, number.value, number.unit)
        else:
            _check_constants(checker, number.path, number.value, number.unit)
    horizon = checker.spec.horizon
    if horizon.labels is not None:
        check_length(checker, "horizon.labels", horizon.labels)
    elif label_after(horizon.base, 1) is None:
        checker.say("horizon.base", 'the years after it cannot be named: write it as 2014 or "2014/15", or give labels', horizon.base)


def _check_constants(checker: Checker, path: str, value: float | tuple[float, ...], unit: Unit) -> None:
    """Range and, for a list, length."""
    if not isinstance(value, tuple):
        fault = range_fault(unit, value)
        if fault is not None:
            checker.say(path, fault, value)
        return
    check_length(checker, path, value)
    for year, item in enumerate(value, start=1):
        fault = range_fault(unit, item)
        if fault is not None:
            checker.say(path, f"in year {year}: {fault}", item)
            return


def _check_driver(checker: Checker, number: NumberAt, name: str) -> None:
    """A declared driver keeps to the rules of every field that uses it."""
    if not checker.refer(number.path, name, "drivers") or name not in checker.spec.drivers:
        return
    declared = checker.spec.drivers[name]
    fault = _form_fault(declared, number.form) or _declared_fault(declared, number.unit)
    if fault is not None:
        checker.say(number.path, f"the driver {name} does not fit here: {fault[0]}", fault[1])
    elif isinstance(declared, Uncertain):
        warn_of_draws_outside(checker, f"drivers.{name}", declared, number.unit)


def _form_fault(declared: Number, form: Form) -> tuple[str, object] | None:
    if form != "base":
        return None
    yearly = is_yearly(declared) if isinstance(declared, Uncertain) else isinstance(declared, tuple)
    return ("this belongs to the base year and has one value, not one per year", None) if yearly else None


def _declared_fault(declared: Number, unit: Unit) -> tuple[str, object] | None:
    values: list[float] = []
    if isinstance(declared, Uncertain):
        values.extend(value.value for value in quantities(declared))
    elif not isinstance(declared, str):
        values.extend(declared if isinstance(declared, tuple) else (declared,))
    for value in values:
        fault = range_fault(unit, value)
        if fault is not None:
            return fault, value
    return None


def plan_of(checker: Checker, number: Number | None) -> tuple[float, ...] | None:
    """The plan value of a number in each year; None where it has none or the horizon is not known."""
    if number is None or checker.years is None:
        return None
    return plan_values(number, checker.years, checker.spec.drivers)
