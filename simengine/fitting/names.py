"""Names of drivers, as a study file takes them."""

import re
from collections.abc import Sequence

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def driver_fault(name: str) -> str | None:
    """Why a driver cannot have this name; None when it can."""
    if _NAME.fullmatch(name) and name != "dist":
        return None
    return "a name is lower-case letters, digits and _, starts with a letter and has at most 64 of them"


def driver_names(labels: Sequence[str]) -> list[str]:
    """Names for drivers with these labels: as a study names the rows of a table; a number tells equal ones apart."""
    found: list[str] = []
    for label in labels:
        folded = re.sub(r"[^a-z0-9_]", "_", label.lower())
        base = (folded if re.match(r"[a-z]", folded) and folded != "dist" else f"x_{folded}")[:60]
        name, again = base, 2
        while name in found:
            name, again = f"{base}_{again}", again + 1
        found.append(name)
    return found
