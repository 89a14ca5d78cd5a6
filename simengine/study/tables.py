"""``[tables.NAME]``: rows of a CSV or XLSX file that become entries of a table of the study."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, PlainValidator

from simengine.study.table import Fault, Name, Table, Texts, faults_error

TEXT_COLUMNS = ("dist", "path", "method", "risk", "stream", "label", "source", "owner", "date")
"""Parameters whose column holds text; any other holds numbers."""
ACTUALS = "actuals"
"""What a table is read into whose rows say what service lines were observed at."""
TARGETS = ("drivers", "services")
"""Tables of the study that take rows of a file."""
WHOLE_COLUMNS = ("release_years",)
"""Keys of a service line whose column holds whole numbers."""


def _read_columns(value: object) -> dict[str, str]:
    """Column by dotted key; ``growth.demographic = "need"`` and ``"growth.demographic" = "need"`` are the same."""
    if not isinstance(value, dict):
        raise faults_error([Fault((), "must be a table key = column", value)])
    made = dict(_flat(value))
    faults = [Fault(tuple(key.split(".")), "must be the name of a column", item) for key, item in made.items() if not isinstance(item, str)]
    if faults:
        raise faults_error(faults)
    return made


def _flat(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


Columns: TypeAlias = Annotated[dict[str, str], PlainValidator(_read_columns, json_schema_input_type=dict[str, str | dict[str, Any]])]


class TableSource(Table):
    """One file of rows: where they go, which columns they take and what is the same in all of them."""

    into: Literal["drivers", "services", "actuals"] = Field(description="table of the study that takes the rows")
    file: str = Field(description="a CSV or XLSX file, by its path from the study")
    sheet: str | None = Field(default=None, description="XLSX: the sheet, default the first")
    key: str = Field(description="column with the names of the entries; into actuals: of the lines, default service")
    year: str | None = Field(default=None, description="into actuals: column with the labels of the years, default year")
    label: str | None = Field(default=None, description="column with their labels")
    columns: Columns = Field(default={}, description="key = column; keys of lines may be dotted, growth.demographic")
    scale: Literal["fraction", "pct"] | None = Field(default=None, description="how columns hold rates and shares; pct divides by 100")
    rows: Texts | None = Field(default=None, description="names of the rows to take; default: all")
    constants: dict[str, Any] = Field(default={}, alias="set", description="what is the same in every row")
    group: str | None = Field(default=None, description="into services: column with the group of a row")
    groups: dict[str, dict[str, Any]] = Field(default={}, description="by group, keys that its rows share")


class Sources(Table):
    """All files of rows of a study."""

    tables: dict[Name, TableSource] = {}


def study_name(text: str) -> str:
    """A name of a study for a name in a file: lower case, anything but a-z, 0-9 and _ becomes _, x_ before what is no letter."""
    made = re.sub(r"[^a-z0-9_]", "_", text.strip().lower())
    made = made if re.match(r"[a-z]", made) else f"x_{made}"
    return f"x_{made}" if made == "dist" else made


def flat_keys(table: dict[str, Any]) -> tuple[str, ...]:
    """The dotted keys of a nested table."""
    return tuple(key for key, _ in _flat(table))
