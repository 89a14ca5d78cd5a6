"""Rules about correlation groups: their drivers, and that the stated correlations can hold together."""

import math
from collections.abc import Sequence

from simengine.study.checker import Checker
from simengine.study.distribution_keys import nearest
from simengine.study.model import Correlation

_TOLERANCE = 1e-9


def check_correlation(checker: Checker, drivers: Sequence[str]) -> None:
    """Check every group; ``drivers`` are the paths of everything that is drawn, in the study or one of its scenarios."""
    grouped: dict[str, int] = {}
    for at, group in enumerate(checker.spec.correlation):
        path = f"correlation.{at}"
        for place, written in enumerate(group.drivers):
            name = full_name(written, checker.names("drivers"))
            if name not in drivers:
                _say_not_drawn(checker, f"{path}.drivers.{place}", written, name, drivers)
            elif name in grouped:
                where = "twice in this group" if grouped[name] == at else "in another correlation group as well"
                checker.say(f"{path}.drivers.{place}", f"is {where}; a driver is in one group at most", written)
            grouped.setdefault(name, at)
        if len(group.drivers) < 2:
            checker.say(f"{path}.drivers", "needs at least two drivers", list(group.drivers), whole=f"{path}.drivers")
        else:
            _check_values(checker, path, group)


def full_name(written: str, declared: Sequence[str]) -> str:
    """The full path of a driver named in a correlation group: a declared one may go by its bare name."""
    return f"drivers.{written}" if written in declared else written


def _say_not_drawn(checker: Checker, path: str, written: str, name: str, drivers: Sequence[str]) -> None:
    place = checker.place(name)
    if checker.is_cut(place) or checker.lost_part_of(name):
        return
    bare = [driver.removeprefix("drivers.") for driver in drivers if driver.startswith("drivers.")]
    if name.removeprefix("drivers.") in checker.spec.drivers:
        checker.say(path, "is a constant: only what is drawn can be correlated", written)
    else:
        checker.say(path, "is not a driver of this study", written, nearest(written, [*drivers, *bare]))


def _check_values(checker: Checker, path: str, group: Correlation) -> None:
    given = [key for key in ("rank", "kendall") if group.gives(key)]
    if len(given) != 1:
        checker.say(path, "needs rank or kendall, one of them", whole=path)
        return
    key = given[0]
    value = group.rank if group.rank is not None else group.kendall
    if value is None:
        return
    size = len(group.drivers)
    if isinstance(value, float):
        rows: tuple[tuple[float, ...], ...] = tuple(tuple(1.0 if i == j else value for j in range(size)) for i in range(size))
    else:
        rows = value
    fault = matrix_fault(rows, size, kendall=key == "kendall")
    if fault is not None:
        checker.say(f"{path}.{key}", fault, value if isinstance(value, float) else [list(row) for row in value])


def matrix_fault(rows: Sequence[Sequence[float]], size: int, kendall: bool) -> str | None:
    """Why the rows are no correlation matrix of so many drivers under a Gaussian copula; None when they are one."""
    if len(rows) != size or any(len(row) != size for row in rows):
        return f"needs {size} rows of {size} values, one for each driver"
    if any(not -1 <= value <= 1 for row in rows for value in row):
        return "a correlation is between -1 and 1"
    if any(row[at] != 1 for at, row in enumerate(rows)):
        return "must have 1 on its diagonal: a driver goes with itself"
    if any(rows[i][j] != rows[j][i] for i in range(size) for j in range(i)):
        return "must be symmetric: the same value for a pair whichever comes first"
    if not positive_semidefinite([[gaussian_correlation(value, kendall) for value in row] for row in rows]):
        return "is no correlation matrix: these values contradict each other (it is not positive semi-definite)"
    return None


def gaussian_correlation(value: float, kendall: bool) -> float:
    """The correlation of two normal variables with this rank correlation (Spearman, or Kendall's tau)."""
    return math.sin(math.pi * value / 2) if kendall else 2 * math.sin(math.pi * value / 6)


def positive_semidefinite(rows: Sequence[Sequence[float]]) -> bool:
    """Whether a symmetric matrix is positive semi-definite, by Cholesky's method with the largest remaining pivot first."""
    left = [list(row) for row in rows]
    open_rows = list(range(len(left)))
    while open_rows:
        pivot = max(open_rows, key=lambda at: left[at][at])
        open_rows.remove(pivot)
        size = left[pivot][pivot]
        if size <= _TOLERANCE:
            # Nothing is left to explain: what remains must be zero, on the diagonal and off it.
            rest = [pivot, *open_rows]
            return all(left[i][i] >= -_TOLERANCE for i in rest) and all(abs(left[i][j]) <= 1e-6 for i in rest for j in rest if i != j)
        for i in open_rows:
            for j in open_rows:
                left[i][j] -= left[i][pivot] * left[pivot][j] / size
    return True
