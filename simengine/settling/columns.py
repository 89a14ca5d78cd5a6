"""The columns of the actuals, and what is wrong with a header."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simengine.errors import Problem
from simengine.settling import cells
from simengine.study.distribution_keys import nearest

COLUMNS: Mapping[str, cells.Cell] = {
    "contract": cells.word,
    "year": cells.word,
    "baseline": cells.above_zero,
    "outturn": cells.not_negative,
    "population": cells.above_zero,
    "quality": cells.fraction,
    "quality_met": cells.flag,
    "alternative_quality_met": cells.flag,
    "msr": cells.rate,
    "programme": cells.word,
    "performance_year": cells.year,
    "agreement_start": cells.year,
    "revenue": cells.not_negative,
    "revenue_category": cells.category,
    "guardrail": cells.flag,
    "proration": cells.part,
    "adjustment": cells.not_negative,
    "completion": cells.part,
    "pool_cap": cells.part,
    "service": cells.word,
}
REQUIRED = ("contract", "year", "baseline", "outturn")
PARTIES: Mapping[str, cells.Cell] = {
    "paid_": cells.not_negative,
    "outturn_": cells.not_negative,
    "revenue_": cells.not_negative,
    "quality_": cells.fraction,
    "unearned_ips_": cells.not_negative,
}
"""Beginnings of columns that name a party."""
_SURELY = 0.8
"""Likeness from which on an unknown column is taken for a misspelt one."""


@dataclass(frozen=True)
class Header:
    """The columns that are read, each with its reader of cells, in the order of the file."""

    readers: Mapping[str, cells.Cell]


def party_of(column: str) -> tuple[str, str] | None:
    """Beginning and party of a column such as ``paid_acute``; None for any other."""
    if column in COLUMNS:
        return None
    return next(((start, column.removeprefix(start)) for start in PARTIES if column.startswith(start) and column != start), None)


def check_header(header: Sequence[str], file: str, parties: Sequence[str]) -> tuple[Header, list[Problem], list[Problem]]:
    """What is read of a header, what makes the file unusable, and what is only worth telling.

    A column that is nearly one of those known makes the file unusable: an input that is silently left out would change a payment.
    """
    problems, warnings = [], []
    readers: dict[str, cells.Cell] = {}
    known = [*COLUMNS, *(f"{start}{party}" for start in PARTIES for party in parties)]
    for column in dict.fromkeys(header):
        place = party_of(column)
        if not column:
            warnings.append(Problem("", "a column without a name is not read", line=None, file=file))
        elif header.count(column) > 1:
            problems.append(Problem(column, f"is the name of {header.count(column)} columns", file=file))
        elif column in COLUMNS:
            readers[column] = COLUMNS[column]
        elif place is not None and (place[1] in parties or not parties):
            readers[column] = PARTIES[place[0]]
        elif place is not None:
            rule = f"names no party of these contracts, which are {', '.join(parties)}"
            problems.append(Problem(column, rule, None, nearest(column, known), file=file))
        elif difflib.get_close_matches(column.lower(), known, n=1, cutoff=_SURELY):
            near = difflib.get_close_matches(column.lower(), known, n=1, cutoff=_SURELY)[0]
            problems.append(Problem(column, "is not a column of actuals, and too like one to be left out", None, near, file=file))
        else:
            warnings.append(Problem(column, "is not a column of actuals and is not read", None, nearest(column, known), file=file))
    reported = [problem.nearest for problem in problems]
    for column in REQUIRED:
        if column not in header and column not in reported:
            problems.append(Problem(column, "is required: the file has no such column", None, nearest(column, list(header)), file=file))
    return Header(readers), problems, warnings
