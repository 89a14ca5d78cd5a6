"""The form of a study: every key known, of the right kind and not reserved. What is at fault is cut out, so the rest can be checked."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from simengine.study.distribution_keys import nearest
from simengine.study.model import StudySpec
from simengine.study.places import Place, child, is_distribution, keys_at, place_at
from simengine.study.reserved import reserved_parts
from simengine.study.table import name_fault

Path = tuple[str | int, ...]
Tree = dict[str, Any]

_PLACEHOLDERS: dict[str, Any] = {
    "horizon": {"base": "2000", "years": 1},
    "money": {"unit": "GBP"},
    "parties": {},
    "services": {},
    "role": "provider",
    "provider": "",
    "impact": 0.0,
    "approach": "budget",
    "kind": "one_off",
    "amount": 0.0,
    "base": "2000",
    "years": 1,
    "unit": "GBP",
    "size": 1.0,
    "baseline": "plan",
    "gain_share": {},
    "from": 0.5,
    "contacts": 1.0,
    "hours": 1.0,
    "drivers": [],
    "commissioner": "",
    "holder": "",
    "service": "",
    "value": "plan",
    "weight": 0.0,
    "score": 0.0,
    "growth": 0.0,
    "spend": 0.0,
    "side": "both",
    "likelihood": 1,
}
"""What stands for a required key that is missing or wrong while the rest of its table is checked; no rule is applied to it."""


@dataclass(frozen=True)
class Finding:
    """A problem as the checks find it; the reader of the study adds file and line, unless it lies in another file."""

    path: Path
    rule: str
    value: object = None
    nearest: str | None = None
    file: str | None = None
    line: int | None = None


@dataclass
class Form:
    """A study whose form has been checked: the models of what is left, and what was found and cut out."""

    spec: StudySpec | None
    tree: Tree
    findings: list[Finding] = field(default_factory=list)
    cut: set[Path] = field(default_factory=set)


def check_form(tree: Tree, lost: Iterable[Path] = ()) -> Form:
    """Check the form of a study without scenarios; ``spec`` is None only where too little is left to go on.

    ``lost`` are parts that could not be read and are reported already.
    """
    form = Form(None, copy.deepcopy(tree))
    for path in lost:
        form.cut.add(path)
        _cut(form, path)
    for path, value, rule in list(reserved_parts(form.tree)):
        form.findings.append(Finding(path, rule, value if isinstance(value, str | int | float) else None))
        _cut(form, path)
    # Cutting a required key out makes its table incomplete, so a study settles in two or three passes.
    for _ in range(5):
        try:
            form.spec = StudySpec.model_validate(form.tree)
        except ValidationError as error:
            known = set(form.cut)
            for finding, path in form_faults(error, form.tree):
                # What an earlier pass cut out is missing now, and reported already.
                if finding is not None and not any(path[: len(cut)] == cut for cut in known):
                    form.findings.append(finding)
                _repair(form, path, missing=finding is None or finding.rule == "is required")
        else:
            break
    return form


def form_faults(error: ValidationError, tree: Tree) -> list[tuple[Finding | None, Path]]:
    """Every fault with its path; without a finding where a required key is missing because it is misspelt, which is reported."""
    faults = error.errors(include_url=False)
    bad_names = {tuple(item["loc"][:-1]) for item in faults if item["loc"] and item["loc"][-1] == "[key]"}
    unknown: set[Path] = set()
    found: list[tuple[Finding, Path]] = []
    for item in faults:
        path = _tree_path(item["loc"])
        if any(path[: len(bad)] == bad for bad in bad_names) and item["loc"][-1] != "[key]":
            continue
        finding = _finding(item, path, tree)
        if item["type"] == "extra_forbidden" and finding.nearest is not None:
            unknown.add((*path[:-1], finding.nearest))
        found.append((finding, path))
    return [(None if finding.rule == "is required" and path in unknown else finding, path) for finding, path in found]


def _tree_path(location: tuple[str | int, ...]) -> Path:
    path = tuple(part for part in location if part != "[key]")
    return tuple(part for at, part in enumerate(path) if not (part == "scores" and path[at - 1] == "quality"))


def _finding(item: Any, path: Path, tree: Tree) -> Finding:
    kind, context, value = item["type"], item.get("ctx", {}), item["input"]
    shown = None if isinstance(value, dict) or kind == "missing" else value
    if kind == "study":
        return Finding(path, str(context["rule"]), shown, context.get("nearest"))
    if item["loc"][-1:] == ("[key]",):
        return Finding(path, str(name_fault("")), None)
    if kind == "extra_forbidden":
        place = place_at(path[:-1], tree) or Place()
        return Finding(path, "unknown key", shown, nearest(path[-1], keys_at(place, None)))
    if kind == "literal_error":
        words = str(context["expected"]).replace("'", '"')
        options = list(words.split('"')[1::2])
        return Finding(path, f"must be {words}", shown, nearest(value, options) if isinstance(value, str) else None)
    return Finding(path, _plain_rule(kind, context, str(item["msg"])), shown)


def _plain_rule(kind: str, context: dict[str, Any], message: str) -> str:
    rules = {
        "missing": "is required",
        "string_type": "must be text",
        "bool_type": "must be true or false",
        "float_type": "must be a number",
        "int_type": "must be a whole number",
        "int_from_float": "must be a whole number",
        "greater_than_equal": f"must be at least {context.get('ge')}",
        "less_than_equal": f"must be at most {context.get('le')}",
        "model_type": "must be a table",
        "model_attributes_type": "must be a table",
        "dict_type": "must be a table",
        "tuple_type": "must be a list",
        "string_pattern_mismatch": 'must be a currency code, alone or with k or m, such as "GBP", "GBP k" or "GBP m"',
    }
    return rules.get(kind, message[:1].lower() + message[1:])


def _repair(form: Form, path: Path, missing: bool) -> None:
    if missing:
        _place_stand_in(form, path)
    else:
        _cut(form, path)


def _cut(form: Form, path: Path) -> None:
    """Take the part at ``path`` out, or the whole number or list that it belongs to."""
    node: object = form.tree
    for depth, part in enumerate(path):
        below = child(node, part)
        last = depth == len(path) - 1 or not isinstance(below, dict) or is_distribution(below)
        if last and isinstance(node, dict):
            node.pop(part, None)
            form.cut.add(path[: depth + 1])
            return
        node = below


def _place_stand_in(form: Form, path: Path) -> None:
    form.cut.add(path)
    node: object = form.tree
    for part in path[:-1]:
        node = child(node, part)
    if isinstance(node, dict):
        node[str(path[-1])] = copy.deepcopy(_stand_in(path))


def _stand_in(path: Path) -> Any:
    """What stands for the key at ``path``; a few words are keys of several tables."""
    key = str(path[-1])
    if key == "share":
        return 1.0 if "tiers" in path or "marginal_bands" in path else {}
    if path[-2:] == ("actual", "activity"):
        return [0.0]
    if path[-2:] == ("resets", "years") or (key == "services" and len(path) > 1):
        return []
    return 1 if path[0] == "risks" and key == "impact" else _PLACEHOLDERS.get(key)
