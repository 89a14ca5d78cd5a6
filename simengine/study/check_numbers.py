"""Rules about single numbers: their range, the length of yearly lists, distributions, and drivers taken by name."""

from simengine.errors import ParameterError
from simengine.study.checker import Checker
from simengine.study.distribution_keys import parameter_names
from simengine.study.model import label_after
from simengine.study.numbers import Form, Number, Uncertain
from simengine.study.plan import built_per_year, has_mean, plan_values, yearly_parameters
from simengine.study.units import Unit, range_fault
from simengine.study.walk import NumberAt, numbers

_BOUNDED = ("min", "mode", "max", "mean", "values")
"""Parameters that are values of the quantity itself, and so keep to its range (a spread or a weight does not)."""


def check_numbers(checker: Checker) -> None:
    """Check every number of the study against its field's unit and form."""
    for number in numbers(checker.spec):
        if isinstance(number.value, str):
            _check_driver(checker, number, number.value)
        elif isinstance(number.value, Uncertain):
            _check_distribution(checker, number.path, number.value, number.unit)
        else:
            _check_constants(checker, number.path, number.value, number.unit)
    horizon = checker.spec.horizon
    if horizon.labels is not None:
        check_length(checker, "horizon.labels", horizon.labels)
    elif label_after(horizon.base, 1) is None:
        checker.say("horizon.base", 'the years after it cannot be named: write it as 2014 or "2014/15", or give labels', horizon.base)


def check_length(checker: Checker, path: str, values: tuple[float, ...] | tuple[str, ...]) -> bool:
    """Whether a yearly list has one entry per year; a problem when it has not."""
    years = checker.years
    if years is None or len(values) == years:
        return True
    entries = f"{len(values)} value" + ("" if len(values) == 1 else "s")
    checker.say(path, f"a yearly list has one value for each of the {years} years, this one has {entries}", list(values))
    return False


def _check_constants(checker: Checker, path: str, value: float | tuple[float, ...], unit: Unit) -> None:
    """Range and, for a list, length."""
    if not isinstance(value, tuple):
        fault = range_fault(unit, value)
        if fault is not None:
            checker.say(path, fault, value)
        return
    check_length(checker, path, value)
    _check_elements(checker, path, value, unit, yearly=True)


def _check_elements(checker: Checker, path: str, values: tuple[float, ...], unit: Unit, yearly: bool) -> None:
    for at, item in enumerate(values, start=1):
        fault = range_fault(unit, item)
        if fault is not None:
            checker.say(path, (f"in year {at}: " if yearly else "") + fault, item)
            return


def _check_distribution(checker: Checker, path: str, uncertain: Uncertain, unit: Unit) -> None:
    sound = True
    lists = {name for name, parameter in parameter_names(uncertain.dist).items() if parameter.is_list}
    for name in _BOUNDED:
        value = uncertain.parameters.get(name)
        if isinstance(value, tuple):
            _check_elements(checker, f"{path}.{name}", value, unit, yearly=name not in lists)
        elif value is not None:
            _check_constants(checker, f"{path}.{name}", value, unit)
    for name, value in yearly_parameters(uncertain).items():
        sound = check_length(checker, f"{path}.{name}", value) and sound
    if uncertain.plan is not None:
        _check_constants(checker, f"{path}.plan", uncertain.plan, unit)
    if sound and checker.years is not None:
        _check_parameters(checker, path, uncertain, checker.years)


def _check_parameters(checker: Checker, path: str, uncertain: Uncertain, years: int) -> None:
    """Build the distribution as the simulation will."""
    try:
        built = built_per_year(uncertain, years)
    except ParameterError as error:
        for parameter, rule in error.faults:
            checker.say(f"{path}.{parameter}" if parameter else path, rule, _shown(uncertain.parameters.get(parameter)))
        return
    if uncertain.plan is None and not all(has_mean(one) for one in built):
        checker.say(path, "has no mean, so it needs a plan value: write plan = …")


def _check_driver(checker: Checker, number: NumberAt, name: str) -> None:
    """A declared driver keeps to the rules of every field that uses it."""
    if not checker.refer(number.path, name, "drivers") or name not in checker.spec.drivers:
        return
    declared = checker.spec.drivers[name]
    fault = _form_fault(declared, number.form) or _declared_fault(declared, number.unit)
    if fault is not None:
        checker.say(number.path, f"the driver {name} does not fit here: {fault[0]}", fault[1])


def _form_fault(declared: Number, form: Form) -> tuple[str, object] | None:
    if form != "base":
        return None
    yearly = isinstance(declared, tuple)
    if isinstance(declared, Uncertain):
        yearly = declared.path == "independent" or bool(yearly_parameters(declared)) or isinstance(declared.plan, tuple)
    return ("this belongs to the base year and has one value, not one per year", None) if yearly else None


def _declared_fault(declared: Number, unit: Unit) -> tuple[str, object] | None:
    values: list[float] = []
    if isinstance(declared, Uncertain):
        for bounded in (*(declared.parameters.get(name) for name in _BOUNDED), declared.plan):
            values.extend(bounded if isinstance(bounded, tuple) else () if bounded is None else (bounded,))
    elif not isinstance(declared, str):
        values.extend(declared if isinstance(declared, tuple) else (declared,))
    for value in values:
        fault = range_fault(unit, value)
        if fault is not None:
            return fault, value
    return None


def _shown(value: float | tuple[float, ...] | None) -> object:
    return list(value) if isinstance(value, tuple) else value


def plan_of(checker: Checker, number: Number | None) -> tuple[float, ...] | None:
    """The plan value of a number in each year; None where it has none or the horizon is not known."""
    if number is None or checker.years is None:
        return None
    return plan_values(number, checker.years, checker.spec.drivers)
