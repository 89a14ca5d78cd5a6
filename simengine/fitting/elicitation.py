"""Judgements of several experts, each a row of quantiles: every expert's distribution, and their weighted linear pool."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simengine.distributions import Distribution
from simengine.distributions.build import build
from simengine.errors import DataError, ParameterError, Problem
from simengine.fitting.data import Rows, Unit, cell_fault, value_of
from simengine.fitting.three_point import three_point

_QUANTILE: Final = re.compile(r"(?:p|percentile[ _]?)(\d{1,2}(?:[._]\d+)?)", re.IGNORECASE)
_OTHERS: Final = ("min", "max", "mean")
_FEWEST: Final = 3


@dataclass(frozen=True)
class Judgement:
    """What one expert stated, by the names of a study file (p10, p50, mean, min, ...), and the expert's weight."""

    expert: str
    stated: Mapping[str, float]
    weight: float = 1.0
    line: int | None = None


@dataclass(frozen=True)
class Elicited:
    """One distribution (an expert's or the pool) as the study file writes it, and what it comes to."""

    name: str
    family: str
    parameters: Mapping[str, object]
    weight: float
    mean: float
    sd: float
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True)
class Pooled:
    """Every expert, their pool, and how far they differ.

    ``disagreement`` is the share of the pool's variance that lies between the experts' means: 0 when all have the same mean,
    near 1 when each is sure and they contradict each other. ``apart`` are pairs of whom one's P10 is above the other's P90.
    """

    experts: tuple[Elicited, ...]
    pool: Elicited
    disagreement: float
    apart: tuple[tuple[str, str], ...]


def read_judgements(
    rows: Rows, name_column: str = "expert", *, unit: Unit = "fraction", skip_blank: bool = False, ends: Mapping[str, float] | None = None
) -> tuple[list[Judgement], list[str]]:
    """Judgements of a table, and names of its columns that are not used.

    Parameters
    ----------
    rows, name_column
        The table and its column of experts. Columns p10, p50, p2_5, ... (also percentile10), min, max, mean and weight are read.
    unit
        ``pct`` divides every value of the table by 100.
    skip_blank
        Whether an expert may leave a quantile out.
    ends
        ``min`` and ``max`` of every expert, where the table has no such column.

    Raises
    ------
    DataError
        With everything that is wrong with the columns and cells.
    """
    names = rows.texts(name_column)
    columns = {written: key for written in rows.header if (key := _key(written)) is not None}
    doubled = [key for key in dict.fromkeys(columns.values()) if list(columns.values()).count(key) > 1]
    if doubled:
        raise DataError([Problem(key, "is the meaning of more than one column", file=rows.file, line=1) for key in doubled])
    keys = set(columns.values()) - {"weight", "min", "max"}
    if len(keys) < _FEWEST:
        rule = f"an expert states at least {_FEWEST} quantiles (p10, p50, p90), of which a mean replaces one; there are columns for "
        rule += ", ".join(sorted(keys)) or "none"
        raise DataError([Problem("", rule, file=rows.file, line=1)])
    problems = [
        Problem(name_column, "is empty" if not name else "names an expert of an earlier line", name or None, line=line, file=rows.file)
        for at, (name, line) in enumerate(zip(names, rows.lines, strict=True))
        if not name or name in names[:at]
    ]
    stated: list[dict[str, float]] = [dict(ends or {}) for _ in names]
    for written, key in columns.items():
        for entry, text, line in zip(stated, rows.texts(written), rows.lines, strict=True):
            if not text and skip_blank and key != "weight":
                continue
            fault = cell_fault(text)
            if fault is None:
                entry[key] = value_of(text, "fraction" if key == "weight" else unit)
            else:
                problems.append(Problem(written, fault, text or None, line=line, file=rows.file))
    if problems:
        raise DataError(problems)
    judged = [Judgement(n, entry, entry.pop("weight", 1.0), line) for n, entry, line in zip(names, stated, rows.lines, strict=True)]
    return judged, [column for column in rows.header if column and column not in columns and column != name_column]


def _key(written: str) -> str | None:
    """The study file's name of what a column holds; None when it is nothing of a judgement."""
    found = _QUANTILE.fullmatch(written)
    if found is not None:
        share = float(found[1].replace("_", "."))
        return f"p{share:g}".replace(".", "_") if share > 0.0 else None
    folded = written.lower()
    return folded if folded in (*_OTHERS, "weight") else None


def elicit(judgements: Sequence[Judgement], file: str | None = None) -> list[Elicited]:
    """Distribution of every expert: a metalog of what was stated; of a mean, P10, P90 and two ends, as ``three_point`` says.

    Raises
    ------
    DataError
        With every expert whose numbers describe no distribution, and why.
    """
    found, problems = [], []
    for judgement in judgements:
        try:
            family, parameters = _family_of(judgement.stated)
            found.append(_elicited(judgement.expert, family, parameters, judgement.weight))
        except ParameterError as error:
            for path, rule in error.faults:
                place = f"{judgement.expert}.{path}" if path else judgement.expert
                problems.append(Problem(place, rule, judgement.stated.get(path), line=judgement.line, file=file))
        if not (math.isfinite(judgement.weight) and judgement.weight >= 0.0):
            rule = "a weight must be a number of at least 0"
            problems.append(Problem(f"{judgement.expert}.weight", rule, judgement.weight, line=judgement.line, file=file))
    if problems:
        raise DataError(problems)
    return found


def _family_of(stated: Mapping[str, float]) -> tuple[str, dict[str, float]]:
    if set(stated) == {"mean", "p10", "p90", "min", "max"}:
        numbers = {key: stated[key] for key in ("mean", "p10", "p90")}
        point = three_point(**numbers, minimum=stated["min"], maximum=stated["max"])
        return point.family, dict(point.parameters)
    return "percentiles", dict(stated)


def pool(judgements: Sequence[Judgement], file: str | None = None) -> Pooled:
    """Weighted linear pool of the experts: a draw is an expert's, chosen by weight (Stone 1961; Cooke 1991)."""
    experts = elicit(judgements, file)
    total = sum(judgement.weight for judgement in judgements)
    if total <= 0.0:
        raise DataError([Problem("weight", "at least one weight must be above 0", file=file)])
    shares = normalised([judgement.weight / total for judgement in judgements])
    tables = [{"dist": expert.family, **expert.parameters} for expert in experts]
    together = _elicited("pool", "pool", {"experts": tables, "weights": shares}, 1.0)
    means = np.array([expert.mean for expert in experts])
    between = float(np.dot(shares, (means - np.dot(shares, means)) ** 2))
    within = float(np.dot(shares, np.array([expert.sd for expert in experts]) ** 2))
    apart = [(low.name, high.name) for low in experts for high in experts if low.p90 < high.p10]
    return Pooled(tuple(experts), together, between / (between + within), tuple(apart))


def normalised(shares: Sequence[float], digits: int = 6) -> list[float]:
    """Shares to some digits that still sum to one: the largest takes what rounding leaves."""
    found = [round(share, digits) for share in shares]
    largest = max(range(len(found)), key=lambda at: found[at])
    found[largest] = round(1.0 - sum(share for at, share in enumerate(found) if at != largest), digits)
    return found


def _elicited(name: str, family: str, parameters: Mapping[str, object], weight: float) -> Elicited:
    built: Distribution = build(family, parameters)
    low, middle, high = (float(value) for value in built.quantile(np.array([0.1, 0.5, 0.9])))
    return Elicited(name, family, dict(parameters), weight, built.mean(), math.sqrt(built.variance()), low, middle, high)
