"""A fitted distribution as a table of the study file, with the digits that the data support."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

#: Significant digits that a value has at least, and that its standard error has.
_DIGITS: Final = 2
#: Digits of a value whose standard error is not known.
_PLAIN_DIGITS: Final = 6


def supported(value: float, error: float | None) -> float:
    """The value to the second digit of its standard error, but with two digits of its own at least."""
    if value == 0.0 or not math.isfinite(value):
        return value
    own = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    if error is None or not math.isfinite(error) or error <= 0.0:
        return round(value, own + _PLAIN_DIGITS - _DIGITS)
    return round(value, max(own, _DIGITS - 1 - math.floor(math.log10(error))))


def rounded_parameters(parameters: Mapping[str, float], errors: Mapping[str, float]) -> dict[str, float]:
    """Every estimated parameter to the digits the data support; an estimated end is moved outwards, so that no value falls out."""
    found = {name: supported(value, errors[name]) if name in errors else value for name, value in parameters.items()}
    for name, outward in (("min", -1.0), ("max", 1.0)):
        if name in errors and outward * (found[name] - parameters[name]) < 0.0:
            place = math.floor(math.log10(errors[name])) - _DIGITS + 1 if errors[name] > 0.0 else -_PLAIN_DIGITS
            found[name] = round(found[name] + outward * 10.0**place, -place)
            if outward * (found[name] - parameters[name]) < 0.0:
                found[name] = parameters[name]
    if "mode" in found:
        found["mode"] = min(max(found["mode"], found["min"]), found["max"])
    return found


def number(value: float) -> str:
    """A number as TOML writes it: the shortest text that reads back as the same float64."""
    value = float(value) + 0.0
    return f"{int(value)}.0" if value.is_integer() and abs(value) < 1e15 else repr(value)


def text(value: str) -> str:
    """A text as TOML writes it."""
    import tomlkit

    return str(tomlkit.item(value).as_string())


def comment(value: str) -> str:
    """A text that can stand behind ``#``: one line, no control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in value)


def inline(value: object) -> str:
    """A value on one line: a number, a text, a list, or a table ``{ dist = "gamma", shape = 2.3 }``."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {inline(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    if isinstance(value, int):
        return str(value)
    return number(float(value))  # type: ignore[arg-type]  # what is left of the above is a number


def table(driver: str, entries: Mapping[str, object], plain: Mapping[str, str]) -> str:
    """``[drivers.NAME]`` with its entries below each other; ``plain`` are entries that are written already (a date)."""
    lines = [f"[drivers.{driver}]", *(f"{key} = {inline(item)}" for key, item in entries.items())]
    return "\n".join([*lines, *(f"{key} = {item}" for key, item in plain.items())])
