"""Scenarios: named changes to the study, merged into its tree."""

import copy
from typing import Any

from simengine.study.distribution_keys import nearest
from simengine.study.places import is_distribution
from simengine.study.reserved import PATTERNS, message
from simengine.study.scenario_actuals import RULE, keep_observed, without_observed
from simengine.study.structure import Finding, Tree
from simengine.study.table import name_fault

FIXED = {
    "horizon": "the years are the same in every scenario",
    "money": "the unit is the same in every scenario",
    "simulation": "all scenarios have the same draws",
    "correlation": "all scenarios have the same draws",
    "assumptions": "a study takes one set of assumptions",
    "risks": "the risk log is the study's",
    "sensitivity": "what is analysed is said once, for the study",
    "checks": "printed totals are those of the study as written",
    "scenarios": "a scenario has no scenarios of its own",
}
"""Tables that a scenario leaves alone, with the reason."""
_SAME_NAMES = {
    "services": "a service line",
    "schemes": "a scheme",
    "parties": "a party",
    "arrangements": "an arrangement",
    "budgets": "a budget",
    "allocations": "an allocation",
    "qipp": "a planned efficiency programme",
}
_TEXTS = ("label", "title", "notes", "source")


def split_scenarios(tree: Tree) -> tuple[Tree, dict[str, Tree], list[Finding]]:
    """The study without its scenarios, the changes of each scenario, and what is wrong with the table itself."""
    base = {key: value for key, value in tree.items() if key != "scenarios"}
    written = tree.get("scenarios", {})
    if not isinstance(written, dict):
        return base, {}, [Finding(("scenarios",), "must be a table")]
    findings: list[Finding] = []
    scenarios: dict[str, Tree] = {}
    for name, changes in written.items():
        fault = "the study as written has this name" if name == "base" else name_fault(name)
        if fault is not None or not isinstance(changes, dict):
            findings.append(Finding(("scenarios", name), fault or "must be a table"))
        else:
            scenarios[name] = changes
    return base, scenarios, findings


def merged(base: Tree, name: str, changes: Tree) -> tuple[Tree, list[Finding]]:
    """The study as the scenario changes it, and the changes that a scenario may not make (they are left out)."""
    changes, observed = without_observed(changes)
    findings = [Finding(("scenarios", name, *path), RULE) for path in observed]
    allowed: Tree = {}
    for key, value in changes.items():
        place = ("scenarios", name, key)
        if key in _TEXTS:
            if not isinstance(value, str):
                findings.append(Finding(place, "must be text", value))
        elif key == "replan":
            findings.append(Finding(place, message(PATTERNS["scenarios.*.replan"]), value if isinstance(value, bool) else None))
        elif key in FIXED:
            findings.append(Finding(place, f"a scenario may not change this: {FIXED[key]}"))
        elif key in _SAME_NAMES and isinstance(value, dict):
            allowed[key] = _known_entries(base, place, value, findings)
        else:
            allowed[key] = value
    # Printed totals and the risk log are about the study as written.
    together = copy.deepcopy({key: value for key, value in base.items() if key not in ("checks", "risks")})
    for key, value in allowed.items():
        together[key] = deep_merge(base[key], value) if key in base else copy.deepcopy(value)
    horizon = base.get("horizon")
    keep_observed(base, together, horizon.get("years") if isinstance(horizon, dict) else None)
    return together, findings


def _known_entries(base: Tree, place: tuple[str, ...], entries: Tree, findings: list[Finding]) -> Tree:
    kind = place[-1]
    known = base.get(kind, {})
    if not isinstance(known, dict):
        # Reported where it stands.
        return {}
    names = list(known)
    for entry in entries:
        if entry not in names:
            rule = f"a scenario may not add {_SAME_NAMES[kind]}: the study has none of this name"
            findings.append(Finding((*place, entry), rule, None, nearest(entry, names)))
    return {entry: value for entry, value in entries.items() if entry in names}


def deep_merge(base: Any, changes: Any) -> Any:
    """Tables merge key by key; a number, a list, a text or a distribution takes the place of what was there."""
    if not isinstance(base, dict) or not isinstance(changes, dict) or is_distribution(base) or is_distribution(changes):
        return copy.deepcopy(changes)
    together = copy.deepcopy(base)
    for key, value in changes.items():
        together[key] = deep_merge(base[key], value) if key in base else copy.deepcopy(value)
    return together
