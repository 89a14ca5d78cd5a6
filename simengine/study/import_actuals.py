"""Reads ``[tables.NAME] into = "actuals"``: rows of service, year, activity, price and unit cost become what the lines were observed at."""

import copy
from pathlib import Path as FilePath
from typing import Any

from simengine.study.csv_table import CsvTable, number_in
from simengine.study.distribution_keys import nearest
from simengine.study.imported import Imported
from simengine.study.model import horizon_labels
from simengine.study.structure import Finding, Path, Tree
from simengine.study.tables import ACTUALS, TableSource, study_name

FIGURES = ("activity", "price", "unit_cost")
Rows = dict[str, dict[int, tuple[int, dict[str, float]]]]
"""By line and year (0 is the first): the row's line in the file, and its figures."""


def place_actuals(made: Imported, sources: dict[str, TableSource]) -> None:
    """Put the rows of all tables of actuals into the lines that they are about."""
    for name, source in sources.items():
        table = made.table_at(("tables", name, "file"), source.file, source.sheet)
        if table is None or not _columns_known(made, name, source, table):
            continue
        rows = _rows(made, name, source, table)
        for service, years in rows.items():
            _place(made, name, table, service, years)


def add_actuals(tree: Tree, file: FilePath) -> str | None:
    """Add a table of actuals to a study as it was read, and give its name; the file is relative to the current folder."""
    tables = tree.setdefault("tables", {})
    if not isinstance(tables, dict):
        return None
    name = next(name for name in (ACTUALS, *(f"{ACTUALS}_{k}" for k in range(2, len(tables) + 3))) if name not in tables)
    tables[name] = {"into": ACTUALS, "file": str(file.absolute())}
    return name


def _figures(source: TableSource, table: CsvTable) -> dict[str, str]:
    """Column by figure: as the study says, or the columns of these names that the file has."""
    return dict(source.columns) if source.columns else {key: key for key in FIGURES if key in table.header}


def _columns_known(made: Imported, name: str, source: TableSource, table: CsvTable) -> bool:
    place: Path = ("tables", name)
    before = len(made.findings)
    for key in ("label", "scale", "rows", "group"):
        if getattr(source, key) is not None:
            made.say((*place, key), 'is not for into = "actuals"')
    for key, given in (("set", source.constants), ("groups", source.groups)):
        if given:
            made.say((*place, key), 'is not for into = "actuals"')
    columns = _figures(source, table)
    for key in columns:
        if key not in FIGURES:
            made.say((*place, "columns", key), "unknown key: actuals are activity, price and unit_cost", None, nearest(key, FIGURES))
    asked = [((*place, "key"), source.key), ((*place, "year"), source.year or "year")]
    asked += [((*place, "columns", key), column) for key, column in {"activity": "activity", **columns}.items()]
    for path, column in asked:
        fault = table.column_fault(column)
        if fault is not None:
            made.say(path, fault[0], column, fault[1])
    return len(made.findings) == before


def _rows(made: Imported, name: str, source: TableSource, table: CsvTable) -> Rows:
    """The rows by line and year; what cannot be read is reported with its line in the file."""
    labels = horizon_labels(made.tree.get("horizon")) or ()
    services = made.tree.get("services")
    known = list(services) if isinstance(services, dict) else []
    columns = _figures(source, table)
    found: Rows = {}
    for line, cells in table.rows:

        def say(key: str, rule: str, value: object = None, near: str | None = None, line: int = line) -> None:
            made.findings.append(Finding(("tables", name, key), rule, value, near, file=table.file, line=line))

        text, year = table.cell(cells, source.key), table.cell(cells, source.year or "year")
        service = study_name(text)
        if service not in known:
            say("key", "is not a service line of this study", text or None, nearest(service, known))
        elif year not in labels:
            if labels:
                say("year", f"is not a year of this study, which has {', '.join(labels)}", year or None, nearest(year, labels))
        elif labels.index(year) in found.get(service, {}):
            first = found[service][labels.index(year)][0]
            say("year", f"the row is about {text} in {year}, and so is line {first}", year)
        else:
            figures = {key: table.cell(cells, column) for key, column in columns.items()}
            read = {key: number_in(figure) for key, figure in figures.items() if figure or key == "activity"}
            for key, value in read.items():
                if isinstance(value, str):
                    say(f"columns.{key}", f'the column "{columns[key]}" holds {value} here, where a number is needed')
                elif value < 0.0:
                    say(f"columns.{key}", f"{text} in {year}: what was observed is at least 0", value)
            sound = {key: value for key, value in read.items() if not isinstance(value, str)}
            found.setdefault(service, {})[labels.index(year)] = (line, sound)
    return found


def _place(made: Imported, name: str, table: CsvTable, service: str, years: dict[int, tuple[int, dict[str, float]]]) -> None:
    """Put the rows of one line into the study, unless a year is missing before one that is there."""
    labels = horizon_labels(made.tree.get("horizon")) or ()
    line = made.tree["services"][service]
    if not isinstance(line, dict):
        return
    if "actual" in line:
        first = min(row for row, _ in years.values())
        rule = f"{service} has actuals already: give them in the study or in one table"
        made.findings.append(Finding(("tables", name, "key"), rule, service, file=table.file, line=first))
        return
    made_of: Tree = {}
    for key in FIGURES:
        at = sorted(year for year, (_, figures) in years.items() if key in figures)
        holes = [year for year in range(len(at)) if year not in at]
        if holes:
            late = next(year for year in at if year > holes[0])
            said = f"{service} has {key} of {labels[late]} but none of {labels[holes[0]]}"
            rule = f"{said}: years are observed from the first on, without a hole"
            made.findings.append(Finding(("tables", name, "year"), rule, labels[late], file=table.file, line=years[late][0]))
        elif at:
            made_of[key] = [years[year][1][key] for year in at]
    if "activity" not in made_of:
        return
    services: dict[str, Any] = dict(made.tree["services"])
    services[service] = {**copy.deepcopy(line), "actual": made_of}
    made.tree = {**made.tree, "services": services}
