"""Reads the rows of ``[tables.NAME]`` into the tables of the study that take them."""

import copy
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from simengine.study.checker import UNKNOWN_NAMES
from simengine.study.csv_table import SCALES, CsvTable, number_in
from simengine.study.distribution_keys import nearest
from simengine.study.import_actuals import place_actuals
from simengine.study.imported import Imported, Origin
from simengine.study.numbers import NumberRule
from simengine.study.places import place_at
from simengine.study.scenarios import deep_merge
from simengine.study.structure import Finding, Path, Tree, form_faults
from simengine.study.table import name_fault
from simengine.study.tables import ACTUALS, TARGETS, TEXT_COLUMNS, WHOLE_COLUMNS, Sources, TableSource, flat_keys, study_name
from simengine.study.units import FRACTIONS

Rows = dict[str, dict[str, Any]]
"""Entries by table of the study and name."""


def read_tables(tree: Tree, folder: FilePath | None) -> Imported:
    """The study with the rows of its tables in place; ``folder`` is the one that files are relative to, None where none may be read."""
    made = Imported(dict(tree), folder)
    if "tables" not in tree:
        return made
    sources, made.findings = _sources(tree["tables"])
    rows: Rows = {target: {} for target in TARGETS}
    for name in tree["tables"] if isinstance(tree["tables"], dict) else ():
        if name in sources and sources[name].into != ACTUALS:
            _read_rows(made, name, sources[name], rows[sources[name].into])
    if made.findings:
        # Rows of a table that could not be read in full may be named elsewhere.
        made.lost += [(target, UNKNOWN_NAMES) for target in TARGETS]
    _place(made, rows)
    place_actuals(made, {name: source for name, source in sources.items() if source.into == ACTUALS})
    return made


def _sources(written: object) -> tuple[dict[str, TableSource], list[Finding]]:
    """The tables in which no fault was found, and the faults."""
    whole = {"tables": _with_defaults(written)}
    try:
        return Sources.model_validate(whole).tables, []
    except ValidationError as error:
        faults = form_faults(error, whole)
    findings = [_not_yet(finding) for finding, _ in faults if finding is not None]
    bad = {path[1] for _, path in faults if len(path) > 1}
    if not isinstance(written, dict) or not bad:
        return {}, findings
    sound = {name: table for name, table in whole["tables"].items() if name not in bad}
    return Sources.model_validate({"tables": sound}).tables, findings


def _with_defaults(written: Any) -> Any:
    """The tables with the column names that a table of actuals may leave out."""
    if not isinstance(written, dict):
        return written
    return {
        name: {"key": "service", **table} if isinstance(table, dict) and table.get("into") == ACTUALS else table
        for name, table in written.items()
    }


def _not_yet(finding: Finding) -> Finding:
    if finding.path[-1:] == ("into",) and isinstance(finding.value, str) and finding.value in ("schemes", "inflation"):
        return Finding(finding.path, 'not yet: rows become drivers or service lines, into = "drivers" or "services"', finding.value)
    return finding


def _place(made: Imported, rows: Rows) -> None:
    """Put the rows behind the entries of the file, or where the tables stood when it has none."""
    tree: Tree = {}
    for key, value in made.tree.items():
        if key == "tables":
            tree.update({target: entries for target, entries in rows.items() if entries and target not in made.tree})
        elif key in rows and isinstance(value, dict):
            tree[key] = {**value, **rows[key]}
        else:
            tree[key] = value
    made.tree = tree


def _read_rows(made: Imported, name: str, source: TableSource, rows: dict[str, Any]) -> None:
    """The entries of one table, added to ``rows``."""
    place: Path = ("tables", name)
    table = made.table_at((*place, "file"), source.file, source.sheet)
    if source.into == "drivers" and "dist" not in source.constants and "dist" not in source.columns:
        made.say((*place, "set"), 'rows become distributions: needs dist, as in set = { dist = "percentiles" }')
        return
    if table is None or not _columns_known(made, place, source, table) or not _scale_known(made, place, source):
        return
    written = made.tree.get(source.into)
    taken: dict[str, int] = {}
    wanted = None if source.rows is None else {study_name(text) for text in source.rows}
    groups = {study_name(group): group for group in source.groups}
    for line, cells in table.rows:
        key = table.cell(cells, source.key)
        entry = study_name(key)
        if wanted is not None and entry not in wanted:
            continue
        fault = _name_problem(source.into, key, entry, taken, written if isinstance(written, dict) else {}, rows)
        if fault is not None:
            made.findings.append(Finding((*place, "key"), fault, key or None, file=table.file, line=line))
            continue
        taken[entry] = line
        group = None if source.group is None else groups.get(study_name(table.cell(cells, source.group)))
        if source.group is not None and group is None:
            _say_no_group(made, place, source, table, line, table.cell(cells, source.group))
        rows[entry] = _entry(made, name, source, group, table, line, cells, entry)
        if source.into == "drivers" and source.scale is None and source.columns:
            made.unscaled[source.into, entry] = (*place, "scale")
    for at, text in enumerate(source.rows or ()):
        if study_name(text) not in taken:
            names = [table.cell(cells, source.key) for _, cells in table.rows]
            made.say((*place, "rows", at), f'is not in the column "{source.key}" of {table.file}', text, nearest(text, names))


def _say_no_group(made: Imported, place: Path, source: TableSource, table: CsvTable, line: int, group: str) -> None:
    rule = "names no group" if not group else "is not one of the groups"
    near = nearest(group, list(source.groups)) if group else None
    made.findings.append(Finding((*place, "group"), rule, group or None, near, file=table.file, line=line))


def _columns_known(made: Imported, place: Path, source: TableSource, table: CsvTable) -> bool:
    single = (("key", source.key), ("label", source.label), ("group", source.group))
    asked: list[tuple[Path, str]] = [((*place, key), column) for key, column in single if column is not None]
    asked += [((*place, "columns", parameter), column) for parameter, column in source.columns.items()]
    faults = [(path, column, table.column_fault(column)) for path, column in asked]
    for path, column, fault in faults:
        if fault is not None:
            made.say(path, fault[0], column, fault[1])
    both = [parameter for parameter in source.columns if source.into == "drivers" and parameter in source.constants]
    for parameter in both:
        made.say((*place, "set", parameter), "is a column as well: give one or the other")
    grouped = _groups_known(made, place, source)
    return not both and grouped and all(fault is None for _, _, fault in faults)


def _groups_known(made: Imported, place: Path, source: TableSource) -> bool:
    """Whether groups, where there are any, can be told from a column and serve lines."""
    before = len(made.findings)
    for key, given in (("group", source.group is not None), ("groups", bool(source.groups))):
        if given and source.into == "drivers":
            made.say((*place, key), 'is for into = "services"')
    if source.year is not None:
        made.say((*place, "year"), 'is for into = "actuals"')
    if source.into == "services" and (source.group is None) == bool(source.groups):
        missing, other = ("group", "groups") if source.group is None else ("groups", "group")
        made.say((*place, missing), f"is required with {other}")
    names: dict[str, str] = {}
    for group in source.groups:
        if names.setdefault(study_name(group), group) != group:
            made.say((*place, "groups", group), f"is spelt like the group {names[study_name(group)]}")
    return len(made.findings) == before


def _scale_known(made: Imported, place: Path, source: TableSource) -> bool:
    """Whether the columns of lines that hold rates or shares say how."""
    if source.into == "drivers" or source.scale is not None:
        return True
    for key in source.columns:
        rule = rule_at(key)
        if rule is not None and rule.unit in FRACTIONS:
            kind = "rate" if rule.unit in ("rate", "charge_rate") else "share"
            words = f'is required: the column is used as a {kind} ({key}); write scale = "fraction", or "pct" for per cents'
            made.say((*place, "scale"), words)
            return False
    return True


@lru_cache(maxsize=1024)
def rule_at(key: str) -> NumberRule | None:
    """The number rule of a dotted key of a service line; None where it holds no number, or there is no such key."""
    place = place_at(("services", "line", *key.split(".")), {})
    return None if place is None else place.rule


def _name_problem(
    into: str, key: str, entry: str, taken: Mapping[str, int], written: Mapping[str, Any], rows: Mapping[str, Any]
) -> str | None:
    if not key:
        return "a row has no name"
    if entry in taken:
        return f'the row is called "{entry}", and so is line {taken[entry]}: rows need names of their own'
    if entry in written:
        return f'the row is called "{entry}", and so is a {"driver" if into == "drivers" else "line"} of the study'
    if entry in rows:
        return f'the row is called "{entry}", and so is a row of another table'
    return name_fault(entry)


def _entry(  # noqa: PLR0913, PLR0917
    made: Imported, name: str, source: TableSource, group: str | None, table: CsvTable, line: int, cells: tuple[str, ...], entry: str
) -> dict[str, Any]:
    """The entry of one row: constants, then what its group shares, then columns."""
    shared = {} if group is None else source.groups[group]
    found: dict[str, Any] = deep_merge(source.constants, shared) if shared else copy.deepcopy(source.constants)
    path = (source.into, entry)
    if source.label is not None and table.cell(cells, source.label):
        found.setdefault("label", table.cell(cells, source.label))
    filled: list[str] = []
    for key, column in source.columns.items():
        text = table.cell(cells, column)
        value = _driver_value(key, text, source) if source.into == "drivers" else line_value(key, text, source.scale)
        if value is None:
            continue
        filled.append(key)
        if source.into == "drivers" and key not in TEXT_COLUMNS and isinstance(value, str):
            rule = f'the column "{column}" holds {value} here, where a number is needed'
            made.findings.append(Finding((*path, key), rule, file=table.file, line=line))
            made.lost.append(path)
        else:
            _put(found, key, value)
    empty = tuple(key for key in source.columns if key not in filled)
    made.origins[path] = Origin(name, table.file, line, tuple(filled), flat_keys(source.constants), group, flat_keys(shared), empty)
    return found


def _driver_value(key: str, text: str, source: TableSource) -> float | str | None:
    """A parameter of a distribution; of a number, what stands in its place in words."""
    if key in TEXT_COLUMNS:
        return text or None
    value = number_in(text)
    return value if isinstance(value, str) else value / SCALES[source.scale or "fraction"]


def line_value(key: str, text: str, scale: str | None) -> float | str | bool | None:
    """A value of a service line: a number, true or false, or text (a name); nothing where the cell is empty."""
    if not text:
        return None
    if text.lower() in ("true", "false") and key not in ("label", "notes", "source", "need"):
        return text.lower() == "true"
    rule, value = rule_at(key), number_in(text)
    if rule is not None and isinstance(value, float):
        return value / SCALES[scale or "fraction"] if rule.unit in FRACTIONS else value
    whole = key in WHOLE_COLUMNS and isinstance(value, float) and value.is_integer()
    return int(value) if whole and isinstance(value, float) else text


def _put(entry: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key; what stands in the way of it is replaced."""
    *above, last = key.split(".")
    node = entry
    for part in above:
        below = node.get(part)
        if not isinstance(below, dict):
            below = node[part] = {}
        node = below
    node[last] = value
