"""The keys of a distribution table: those of its family, as the family declares them, and those that every distribution takes."""

import datetime
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from simengine.study.table import Fault
from simengine.study.units import Unit, constant_fault

RISKS = ("population", "demographic", "utilisation", "volatility", "efficiency", "quality", "cost", "delivery", "other")
PATHS = ("constant", "independent", "ar1", "random_walk", "mean_reversion")
PATH_KEYS = {"ar1": ("rho", "start"), "random_walk": ("start",), "mean_reversion": ("level", "speed", "start")}
"""The keys that belong to a path."""
NEEDED_BY_PATH = {"ar1": ("rho",), "mean_reversion": ("level", "speed")}
DATE_KEY = "date"
TEXT_KEYS = ("stream", "label", "source", "owner", DATE_KEY)
ACTUAL_KEY = "actual"
COMMON_KEYS = ("path", "plan", ACTUAL_KEY, "risk", *TEXT_KEYS)
ALL_PATH_KEYS = tuple(dict.fromkeys(key for keys in PATH_KEYS.values() for key in keys))
FILE_KEYS = ("file", "column", "scale", "sheet")
"""What an empirical distribution may have instead of values, until its file has been read."""


def families() -> dict[str, Any]:
    """The distribution families by name. Imported when first needed: they bring numerical packages, which a constant study does without."""
    from simengine.distributions import FAMILIES

    return dict(FAMILIES)


def parameter_names(dist: object) -> dict[str, Any]:
    """The parameters that a family declares, by name, and the truncation that every family takes; none for an unknown family."""
    return _declared(str(dist))


@cache
def _declared(dist: str) -> dict[str, Any]:
    from simengine.distributions.truncated import TRUNCATION

    family = families().get(dist)
    if family is None:
        return {}
    return {parameter.name: parameter for parameter in (*family.parameters, *TRUNCATION)}


def patterns(dist: object) -> tuple[tuple[re.Pattern[str], Any], ...]:
    """Regular expressions of the parameters that a family has in any number (the percentiles p1, p2_5, …), each with its record."""
    return tuple(getattr(families().get(str(dist)), "patterns", ()))


def parameter_of(dist: object, key: str) -> Any:
    """The record of one parameter of a family; None where the family has none of this name."""
    found = parameter_names(dist).get(key)
    if found is not None:
        return found
    return next((parameter for pattern, parameter in patterns(dist) if pattern.fullmatch(key)), None)


def distribution_faults(table: Mapping[str, Any], unit: Unit, base_year: bool) -> list[Fault]:
    """Everything wrong with the form of a distribution table; the values of its parameters are checked with the rest of the study."""
    if "dist" not in table:
        return [Fault((), "a table in place of a number is a distribution and needs dist")]
    faults = list(_family_faults(table["dist"]))
    if faults:
        return faults
    dist = table["dist"]
    for key, value in table.items():
        parameter = parameter_of(dist, key)
        if key == "dist":
            continue
        if parameter is not None:
            faults.extend(_parameter_faults(key, value, parameter, unit, base_year))
        elif key in COMMON_KEYS:
            faults.extend(_common_faults(key, value, unit, base_year))
        elif key in ALL_PATH_KEYS:
            faults.extend(_path_key_faults(key, value, table.get("path", "constant"), unit))
        else:
            faults.append(_unknown_key(key, value, dist, [*parameter_names(dist), *COMMON_KEYS, *ALL_PATH_KEYS]))
    faults.extend(_missing(table, faults))
    path = table.get("path")
    for key in NEEDED_BY_PATH.get(path, ()) if isinstance(path, str) else ():
        if key not in table:
            faults.append(Fault((key,), f'is required with path = "{path}"'))
    return faults


def _missing(table: Mapping[str, Any], faults: Sequence[Fault]) -> list[Fault]:
    """Required parameters that are not given."""
    dist = table["dist"]
    missing = [name for name, parameter in parameter_names(dist).items() if parameter.required and name not in table]
    # A parameter that is misspelt is missing too, but one report is enough.
    misspelt = {str(fault.nearest) for fault in faults}
    return [Fault((name,), f"is required by the {dist} distribution") for name in missing if name not in misspelt]


def _family_faults(dist: object) -> Iterator[Fault]:
    known = families()
    if not (isinstance(dist, str) and dist in known):
        yield Fault(("dist",), "is not a distribution", _shown(dist), nearest(dist, known))


def _unknown_key(key: str, value: object, dist: str, valid: list[str]) -> Fault:
    return Fault((key,), f"unknown key: the {dist} distribution has none of this name", _shown(value), nearest(key, valid))


def _parameter_faults(key: str, value: object, parameter: Any, unit: Unit, one: bool) -> Iterator[Fault]:
    """Faults of one parameter; ``one``: of a number, so no yearly list."""
    if parameter.kind == "number":
        yield from _numeric_faults(key, value, unit, one)
    elif parameter.kind == "list":
        if isinstance(value, list | tuple):
            yield from _numeric_faults(key, value, unit, base_year=False)
        else:
            yield Fault((key,), "must be a list of numbers", _shown(value))
    elif parameter.kind == "text":
        yield from _choice_faults(key, value, parameter.choices)
    elif parameter.kind == "distribution":
        yield from _part_faults((key,), value, unit)
    elif not isinstance(value, list | tuple):
        yield Fault((key,), "must be a list of distributions and numbers", _shown(value))
    else:
        for at, item in enumerate(value):
            yield from _part_faults((key, at), item, unit)


def _choice_faults(key: str, value: object, choices: Sequence[str]) -> Iterator[Fault]:
    if choices and value not in choices:
        words = " or ".join(f'"{choice}"' for choice in choices)
        yield Fault((key,), f"must be {words}", _shown(value), nearest(value, list(choices)))
    elif not isinstance(value, str):
        yield Fault((key,), "must be text", _shown(value))


def _part_faults(place: tuple[str | int, ...], value: object, unit: Unit) -> Iterator[Fault]:
    """Faults of a distribution inside another one, or of the number in its place."""
    if not isinstance(value, Mapping):
        fault = constant_fault(value, unit)
        if fault is not None:
            yield Fault(place, "must be a distribution or a number" if fault == "must be a number" else fault, _shown(value))
        return
    for nested in _nested_faults(value, unit):
        yield nested._replace(place=(*place, *nested.place))


def _nested_faults(table: Mapping[str, Any], unit: Unit) -> list[Fault]:
    if "dist" not in table:
        return [Fault((), "is a distribution and needs dist")]
    dist = table["dist"]
    faults = list(_family_faults(dist))
    if faults:
        return faults
    for key, value in table.items():
        parameter = parameter_of(dist, key)
        if key == "dist":
            continue
        if parameter is None and (key in COMMON_KEYS or key in ALL_PATH_KEYS):
            faults.append(Fault((key,), "belongs to the whole distribution, not to a part of it", _shown(value)))
        elif parameter is None:
            faults.append(_unknown_key(key, value, dist, list(parameter_names(dist))))
        elif parameter.kind == "number" and isinstance(value, list | tuple):
            faults.append(Fault((key,), "is one number inside another distribution, not a list", list(value)))
        else:
            faults.extend(_parameter_faults(key, value, parameter, unit, one=True))
    return faults + _missing(table, faults)


def _common_faults(key: str, value: object, unit: Unit, base_year: bool) -> Iterator[Fault]:
    if key == "plan":
        yield from _numeric_faults(key, value, unit, base_year)
    elif key == ACTUAL_KEY:
        yield from _actual_faults(key, value, unit, base_year)
    elif key == "path":
        if value not in PATHS:
            words = ", ".join(f'"{path}"' for path in PATHS[:-1])
            yield Fault((key,), f'must be {words} or "{PATHS[-1]}"', _shown(value), nearest(value, PATHS))
        elif base_year and value != "constant":
            yield Fault((key,), "belongs to the base year: there is one draw of it, not one per year", value)
    elif key == "risk" and value not in RISKS:
        yield Fault((key,), "must be one of " + ", ".join(RISKS), _shown(value), nearest(value, RISKS))
    elif key == DATE_KEY:
        fault = date_fault(value)
        if fault is not None:
            yield Fault((key,), fault, _shown(value))
    elif not isinstance(value, str):
        yield Fault((key,), "must be text", _shown(value))


def _actual_faults(key: str, value: object, unit: Unit, base_year: bool) -> Iterator[Fault]:
    """Faults of the values observed in the first years."""
    if base_year:
        yield Fault((key,), "belongs to the base year: there is no later year of it to observe", _shown(value))
    elif not isinstance(value, list | tuple) or not value:
        yield Fault((key,), "must be a list of the values observed, from the first year on without a hole", _shown(value))
    else:
        yield from _numeric_faults(key, value, unit, base_year=False)


def _path_key_faults(key: str, value: object, path: object, unit: Unit) -> Iterator[Fault]:
    """Faults of a key that belongs to a path."""
    takers = [name for name, keys in PATH_KEYS.items() if key in keys]
    if not isinstance(path, str) or path not in PATHS:
        return
    if path not in takers:
        words = " or ".join(f'"{name}"' for name in takers)
        yield Fault((key,), f'belongs to path = {words}; this path is "{path}"', _shown(value))
    else:
        of_unit: Unit = unit if key in ("start", "level") else "any"
        if key == "start" and isinstance(value, list | tuple):
            yield Fault((key,), "is the value of the base year: one number, not a list", list(value))
        else:
            yield from _numeric_faults(key, value, of_unit, base_year=False)


def date_fault(value: object) -> str | None:
    """Why ``value`` is no date; None when it is one, as a TOML date or as ISO text."""
    if isinstance(value, datetime.date):
        return None
    if isinstance(value, str):
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return None
    return "must be a date written as 2024-03-31"


def _numeric_faults(key: str, value: object, unit: Unit, base_year: bool) -> Iterator[Fault]:
    if isinstance(value, list | tuple):
        if base_year:
            yield Fault((key,), "belongs to the base year: give one number, not a list", list(value))
            return
        for at, item in enumerate(value):
            fault = constant_fault(item, unit)
            if fault is not None:
                yield Fault((key, at), fault, _shown(item))
        return
    fault = constant_fault(value, unit)
    if fault is not None:
        yield Fault((key,), fault, _shown(value))


def _shown(value: object) -> object:
    """A value as a message may show it: tables and dates are left out."""
    return value if isinstance(value, bool | int | float | str | list | tuple) else None


def nearest(word: object, valid: Mapping[str, Any] | tuple[str, ...] | list[str]) -> str | None:
    """The valid word that most resembles ``word``; None when none does."""
    found = difflib.get_close_matches(str(word), list(valid), n=1)
    return found[0] if found else None
