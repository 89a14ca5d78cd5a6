"""Keys that a later part of simrisk brings, and keys that it refuses: named here so that their use is told apart from a slip of the pen.

A pattern is a dotted path in which ``*`` stands for any one name.
"""

from collections.abc import Iterator

PATTERNS: dict[str, tuple[str, str]] = {
    "negotiation": ("terms to negotiate come", "the negotiation part"),
    "stress": ("stress tests come", "the stress part"),
    "calibration": ("calibration settings come", "the calibration part"),
    "discount_rate": ("present values come", "the discounting part"),
    "horizon.discount_rate": ("present values come", "the discounting part"),
    "money.discount_rate": ("present values come", "the discounting part"),
    "services.*.seasonality": ("seasonality comes", "the baseline part"),
    "correlation.*.columns": ("chosen columns come", "the column maps"),
    "simulation.columns": ("chosen columns come", "the column maps"),
    "parties.*.capacity": ("capacities come", "the measures of a party's limits"),
    "parties.*.control_total": ("control totals come", "the measures of a party's limits"),
    "scenarios.*.replan": ("scenarios with a plan of their own come", "the replanning part"),
}

_CONVERSION = (
    "has no place in a baseline, which is never adjusted up to an inefficient provider's cost, "
    "nor to close the gap between tariff and reference cost"
)

REFUSED: dict[str, str] = {
    "services.*.conversion.provider_cost": _CONVERSION,
    "services.*.conversion.reference_cost": _CONVERSION,
    "services.*.conversion.tariff_gap": _CONVERSION,
}
"""Keys that no version will take, with the reason (whole population budgets, 2.2)."""


def message(what: tuple[str, str]) -> str:
    """The rule that a reserved key breaks."""
    return f"not yet: {what[0]} with {what[1]}, this version does not use it"


def reserved_parts(tree: dict[str, object]) -> Iterator[tuple[tuple[str | int, ...], object, str]]:
    """Every reserved part of a study tree without its scenarios: its path, its value and what to tell the user."""
    yield from _walk(tree, ())


def _walk(node: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], object, str]]:
    items: list[tuple[str | int, object]] = []
    if isinstance(node, dict):
        items = list(node.items())
    elif isinstance(node, list):
        items = list(enumerate(node))
    for key, value in items:
        below = (*path, key)
        found = _reserved(below)
        if found is None:
            yield from _walk(value, below)
        else:
            yield below, value, found


def _reserved(path: tuple[str | int, ...]) -> str | None:
    parts = tuple(str(part) for part in path)
    # Few keys of a study bear a name that is reserved anywhere: the others need no comparing.
    for pattern in _BY_LAST_NAME.get(parts[-1], ()):
        if _matches(parts, pattern.split(".")):
            return REFUSED[pattern] if pattern in REFUSED else message(PATTERNS[pattern])
    return None


def _by_last_name() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pattern in (*PATTERNS, *REFUSED):
        found.setdefault(pattern.rpartition(".")[2], []).append(pattern)
    return found


_BY_LAST_NAME = _by_last_name()


def _matches(parts: tuple[str, ...], wanted: list[str]) -> bool:
    return len(wanted) == len(parts) and all(name in ("*", part) for part, name in zip(parts, wanted, strict=True))
