"""The keys of a distribution table: those of its family, as the family declares them, and those that every distribution takes."""

import datetime
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from simengine.study import reserved
from simengine.study.table import Fault
from simengine.study.units import Unit, constant_fault

RISKS = ("population", "demographic", "utilisation", "volatility", "efficiency", "quality", "cost", "delivery", "other")
PATHS = ("constant", "independent")
TEXT_KEYS = ("stream", "label", "source", "owner", "date")
COMMON_KEYS = ("path", "plan", "risk", *TEXT_KEYS)


def families() -> dict[str, Any]:
    """The distribution families by name. Imported when first needed: they bring numerical packages, which a constant study does without."""
    from simengine.distributions import FAMILIES

    return dict(FAMILIES)


def parameter_names(dist: object) -> dict[str, Any]:
    """The parameters that a family declares, by name; none for an unknown family."""
    family = families().get(str(dist))
    return {} if family is None else {parameter.name: parameter for parameter in family.parameters}


def distribution_faults(table: Mapping[str, Any], unit: Unit, base_year: bool) -> list[Fault]:
    """Everything wrong with the form of a distribution table; the values of its parameters are checked with the rest of the study."""
    if "dist" not in table:
        return [Fault((), "a table in place of a number is a distribution and needs dist")]
    faults = list(_family_faults(table["dist"]))
    if faults:
        return faults
    parameters = parameter_names(table["dist"])
    for key, value in table.items():
        if key == "dist":
            continue
        if key in parameters:
            faults.extend(_parameter_faults(key, value, parameters[key].is_list, unit, base_year))
        elif key in COMMON_KEYS:
            faults.extend(_common_faults(key, value, unit, base_year))
        else:
            faults.append(_unknown_key(key, value, table["dist"], [*parameters, *COMMON_KEYS]))
    missing = [name for name, parameter in parameters.items() if parameter.required and name not in table]
    # A parameter that is misspelt is missing too, but one report is enough.
    misspelt = {str(fault.nearest) for fault in faults}
    faults.extend(Fault((name,), f"is required by the {table['dist']} distribution") for name in missing if name not in misspelt)
    return faults


def _family_faults(dist: object) -> Iterator[Fault]:
    known = families()
    if isinstance(dist, str) and dist in known:
        return
    if isinstance(dist, str) and dist in reserved.FAMILIES:
        yield Fault(("dist",), reserved.message(reserved.FAMILIES[dist]), dist)
    else:
        yield Fault(("dist",), "is not a distribution", dist, nearest(dist, known))


def _unknown_key(key: str, value: object, dist: str, valid: list[str]) -> Fault:
    if key in reserved.PARAMETERS:
        return Fault((key,), reserved.message(reserved.PARAMETERS[key]), value)
    return Fault((key,), f"unknown key: the {dist} distribution has none of this name", value, nearest(key, valid))


def _parameter_faults(key: str, value: object, is_list: bool, unit: Unit, base_year: bool) -> Iterator[Fault]:
    if is_list and not isinstance(value, list | tuple):
        yield Fault((key,), "must be a list of numbers", value)
    else:
        yield from _numeric_faults(key, value, unit, base_year and not is_list)


def _common_faults(key: str, value: object, unit: Unit, base_year: bool) -> Iterator[Fault]:
    if key == "plan":
        yield from _numeric_faults(key, value, unit, base_year)
    elif key == "path":
        if isinstance(value, str) and value in reserved.PATHS:
            yield Fault((key,), reserved.message(reserved.PATHS[value]), value)
        elif value not in PATHS:
            yield Fault((key,), 'must be "constant" or "independent"', value, nearest(value, PATHS))
        elif base_year and value == "independent":
            yield Fault((key,), "belongs to the base year: there is one draw of it, not one per year", value)
    elif key == "risk" and value not in RISKS:
        yield Fault((key,), "must be one of " + ", ".join(RISKS), value, nearest(value, RISKS))
    elif key == "date" and isinstance(value, datetime.date):
        return
    elif not isinstance(value, str):
        yield Fault((key,), "must be text", value)


def _numeric_faults(key: str, value: object, unit: Unit, base_year: bool) -> Iterator[Fault]:
    if isinstance(value, list | tuple):
        if base_year:
            yield Fault((key,), "belongs to the base year: give one number, not a list", list(value))
            return
        for at, item in enumerate(value):
            fault = constant_fault(item, unit)
            if fault is not None:
                yield Fault((key, at), fault, item)
        return
    fault = constant_fault(value, unit)
    if fault is not None:
        yield Fault((key,), fault, value if isinstance(value, bool | int | float | str) else None)


def nearest(word: object, valid: Mapping[str, Any] | tuple[str, ...] | list[str]) -> str | None:
    """The valid word that most resembles ``word``; None when none does."""
    found = difflib.get_close_matches(str(word), list(valid), n=1)
    return found[0] if found else None
