"""Correlation groups as copulas: what was asked of each pair, and the correlation of the scores that gives it."""

from collections.abc import Sequence
from dataclasses import dataclass

from simengine.sampling.correlation_repair import offenders, repaired
from simengine.sampling.dependence import (
    kendall_to_pearson,
    pearson_to_kendall,
    pearson_to_spearman,
    spearman_to_pearson,
    spearman_to_student_t,
    student_t_spearman,
)
from simengine.study.model import Correlation, StudySpec

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Copula:
    """A correlation group in full: its drivers by full name, what is asked of them, and the matrix of the scores in use.

    ``asked`` and ``used`` are rank correlations (``measure`` tells which); they differ where the matrix was repaired. ``df`` is None
    for a Gaussian copula; ``stream`` names the random stream of a Student t copula's common factor.
    """

    names: tuple[str, ...]
    measure: str
    asked: Rows
    used: Rows
    matrix: Rows
    df: float | None
    stream: str


def members(group: Correlation) -> tuple[str, ...]:
    """The drivers of a group as written, those of pairs in order of appearance."""
    found = dict.fromkeys(group.drivers or ())
    for first, second, _ in group.pairs or ():
        found |= {first: None, second: None}
    return tuple(found)


def asked_matrix(group: Correlation) -> tuple[str, Rows]:
    """The measure of a group (``rank`` or ``kendall``) and its values as a full matrix; pairs that are not mentioned are 0."""
    names = members(group)
    size = len(names)
    if group.pairs is not None:
        values = {frozenset((first, second)): value for first, second, value in group.pairs}
        rows = tuple(tuple(1.0 if i == j else values.get(frozenset((names[i], names[j])), 0.0) for j in range(size)) for i in range(size))
        return group.measure, rows
    measure, given = ("rank", group.rank) if group.rank is not None else ("kendall", group.kendall)
    if isinstance(given, tuple):
        return measure, given
    return measure, tuple(tuple(1.0 if i == j else given or 0.0 for j in range(size)) for i in range(size))


def score_correlation(measure: str, value: float, df: float | None) -> float:
    """The correlation of the copula's scores that gives this rank correlation."""
    if measure == "kendall":
        return kendall_to_pearson(value)
    return spearman_to_pearson(value) if df is None else spearman_to_student_t(value, df)


def rank_correlation(measure: str, score: float, df: float | None) -> float:
    """The rank correlation that scores of this correlation give."""
    if measure == "kendall":
        return pearson_to_kendall(score)
    return pearson_to_spearman(score) if df is None else student_t_spearman(score, df)


def score_matrix(measure: str, asked: Rows, df: float | None) -> Rows:
    """The matrix of the scores for the rank correlations asked."""
    size = len(asked)
    return tuple(tuple(1.0 if i == j else score_correlation(measure, asked[i][j], df) for j in range(size)) for i in range(size))


def degrees(group: Correlation) -> float | None:
    """Degrees of freedom of a Student t copula, None for a Gaussian one."""
    return group.df if group.copula == "student_t" else None


def contradiction(names: Sequence[str], measure: str, asked: Rows, df: float | None) -> tuple[str, ...]:
    """The names whose correlations contradict each other; nothing for a matrix that can hold."""
    return offenders(names, score_matrix(measure, asked, df))


def copula(group: Correlation, drivers: Sequence[str]) -> Copula:
    """A group of a checked study; ``drivers`` are the full names of everything that is drawn."""
    names = tuple(name if name in drivers else f"drivers.{name}" for name in members(group))
    measure, asked = asked_matrix(group)
    df = degrees(group)
    matrix = score_matrix(measure, asked, df)
    used = asked
    if group.repair and offenders(names, matrix):
        matrix = tuple(tuple(float(value) for value in row) for row in repaired(matrix))
        size = len(names)
        used = tuple(tuple(1.0 if i == j else rank_correlation(measure, matrix[i][j], df) for j in range(size)) for i in range(size))
    return Copula(names, measure, asked, used, matrix, df, f"correlation.{group.name or '+'.join(names)}")


def copulas(spec: StudySpec, drivers: Sequence[str]) -> tuple[Copula, ...]:
    """Every correlation group of a checked study."""
    return tuple(copula(group, drivers) for group in spec.correlation)
