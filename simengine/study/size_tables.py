"""Tables of rates by size of the list that come with simrisk, each a CSV file in ``by_size``, rates there in per cent."""

import csv
from decimal import Decimal
from functools import cache
from importlib import resources

from simengine.study.terms import SizeRow


def size_table_names() -> list[str]:
    """The names of the tables, in alphabetical order."""
    files = (file.name for file in (resources.files("simengine.study") / "by_size").iterdir())
    return sorted(name.removesuffix(".csv") for name in files if name.endswith(".csv"))


@cache
def size_table(name: str) -> tuple[SizeRow, ...] | None:
    """The rows of a table by its name, rates as fractions; None where there is none of this name."""
    if name not in size_table_names():
        return None
    text = (resources.files("simengine.study") / "by_size" / f"{name}.csv").read_text(encoding="utf-8")
    rows: list[dict[str, float]] = []
    for row in csv.DictReader(text.splitlines()):
        # 8.7 % is the float nearest to 0.087, not a hundredth of that nearest to 8.7
        rates = {"low": float(Decimal(row["low_pct"]) / 100), "high": float(Decimal(row["high_pct"]) / 100)}
        rows.append({"from": float(row["first"]), **rates} | ({"to": float(row["last"])} if row["last"] else {}))
    return tuple(SizeRow.model_validate(row) for row in rows)


def size_rows(table: str | tuple[SizeRow, ...]) -> tuple[SizeRow, ...]:
    """The rows that a term stands for: its own, or those of the table that it names (none where there is no such table)."""
    return (size_table(table) or ()) if isinstance(table, str) else table
