"""Numbers and tables of a study as decimal numbers."""

from decimal import Decimal

from simengine.settling.terms import SizeRows
from simengine.study.size_tables import size_rows
from simengine.study.terms import SizeRow


def decimal_of(value: float) -> Decimal:
    """A number of a study as the decimal number that it is written as."""
    return Decimal(int(value)) if float(value).is_integer() else Decimal(repr(float(value)))


def rates_by_size(table: str | tuple[SizeRow, ...] | None) -> SizeRows | None:
    """A table of rates by size, shipped or a study's own; None where there is none."""
    if table is None:
        return None
    rows = size_rows(table)
    ends = [None if row.to_size is None else decimal_of(row.to_size) for row in rows]
    return tuple((decimal_of(row.from_size), end, decimal_of(row.low), decimal_of(row.high)) for row, end in zip(rows, ends, strict=True))
