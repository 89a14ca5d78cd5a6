"""Rules about correlation groups: their drivers, and that the stated correlations can hold together."""

from collections.abc import Mapping, Sequence

from simengine.study.checker import UNKNOWN_NAMES, Checker
from simengine.study.distribution_keys import nearest
from simengine.study.model import Correlation, StudySpec
from simengine.study.numbers import Uncertain
from simengine.study.plan import YEARLY_PATHS
from simengine.study.walk import numbers

LEAST_DF = 1.0
"""Fewer degrees of freedom give scores of which hardly anything but extremes is left."""


def check_correlation(checker: Checker, drivers: Sequence[str]) -> None:
    """Check every group; ``drivers`` are the paths of everything that is drawn, in the study or one of its scenarios."""
    grouped: dict[str, int] = {}
    named: dict[str, int] = {}
    yearly = yearly_drivers(checker.spec)
    for at, group in enumerate(checker.spec.correlation):
        path = f"correlation.{at}"
        if group.name is not None and named.setdefault(group.name, at) != at:
            checker.say(f"{path}.name", "is the name of another correlation group as well", group.name)
        _check_copula(checker, path, group)
        members = written_members(group)
        for name, (place, written) in _placed(path, group, checker.names("drivers")).items():
            if name not in drivers:
                _say_not_drawn(checker, place, written, name, drivers)
            elif grouped.setdefault(name, at) != at:
                checker.say(place, "is in another correlation group as well; a driver is in one group at most", written)
        repeated = _check_repeats(checker, path, group)
        known = [full_name(name, checker.names("drivers")) for name in members]
        _check_paths(checker, path, [name for name in known if name in yearly], yearly)
        if len(members) < 2:
            key = "pairs" if group.drivers is None else "drivers"
            checker.say(f"{path}.{key}", "needs at least two drivers", list(members), whole=f"{path}.{key}")
        elif not repeated and _check_given(checker, path, group):
            _check_values(checker, path, group)


def full_name(written: str, declared: Sequence[str]) -> str:
    """The full path of a driver named in a correlation group: a declared one may go by its bare name."""
    return f"drivers.{written}" if written in declared else written


def written_members(group: Correlation) -> tuple[str, ...]:
    """The drivers of a group as written: those listed, else those of the pairs in order of appearance."""
    if group.drivers is not None:
        return group.drivers
    return tuple(dict.fromkeys(name for first, second, _ in group.pairs or () for name in (first, second)))


def yearly_drivers(spec: StudySpec) -> Mapping[str, bool]:
    """Whether each driver is drawn in each year (or once), by its path."""
    found = {number.path: number.value.path in YEARLY_PATHS for number in numbers(spec) if isinstance(number.value, Uncertain)}
    lines = {f"services.{name}.volatility": line.volatility.path for name, line in spec.services.items() if line.volatility is not None}
    return found | {name: path in YEARLY_PATHS for name, path in lines.items()}


def _placed(path: str, group: Correlation, declared: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Where each driver of a group is first named, and as what, by its full name."""
    found: dict[str, tuple[str, str]] = {}
    for at, written in enumerate(group.drivers or ()):
        found.setdefault(full_name(written, declared), (f"{path}.drivers.{at}", written))
    for at, (first, second, _) in enumerate(group.pairs or ()):
        for written in (first, second):
            found.setdefault(full_name(written, declared), (f"{path}.pairs.{at}", written))
    return found


def _say_not_drawn(checker: Checker, path: str, written: str, name: str, drivers: Sequence[str]) -> None:
    place = checker.place(name)
    if checker.is_cut(place) or checker.lost_part_of(name) or checker.is_cut(("drivers", UNKNOWN_NAMES)):
        return
    bare = [driver.removeprefix("drivers.") for driver in drivers if driver.startswith("drivers.")]
    if name.removeprefix("drivers.") in checker.spec.drivers:
        checker.say(path, "is a constant: only what is drawn can be correlated", written)
    else:
        checker.say(path, "is not a driver of this study", written, nearest(written, [*drivers, *bare]))


def _check_copula(checker: Checker, path: str, group: Correlation) -> None:
    if group.copula == "student_t":
        if group.df is None:
            checker.say(f"{path}.df", 'is required with copula = "student_t"', whole=path)
        elif not LEAST_DF <= group.df < float("inf"):
            checker.say(f"{path}.df", f"must be at least {LEAST_DF:g}", group.df)
    elif group.df is not None and not checker.lost_part_of(f"{path}.copula"):
        checker.say(f"{path}.df", 'belongs to copula = "student_t"', group.df)
    if group.gives("measure") and group.pairs is None:
        checker.say(f"{path}.measure", "says what pairs state; give rank or kendall", group.measure, whole=f"{path}.pairs")


def _check_repeats(checker: Checker, path: str, group: Correlation) -> bool:
    """Whether a driver or a pair stands in the group twice; a problem where it does."""
    declared = checker.names("drivers")
    seen: set[str] = set()
    twice: list[tuple[str, str, object]] = []
    for at, written in enumerate(group.drivers or ()):
        name = full_name(written, declared)
        if name in seen:
            twice.append((f"{path}.drivers.{at}", "is twice in this group; a driver is in one group at most", written))
        seen.add(name)
    pairs: set[frozenset[str]] = set()
    for at, (first, second, _) in enumerate(group.pairs or ()):
        pair = frozenset((full_name(first, declared), full_name(second, declared)))
        if len(pair) < 2:
            twice.append((f"{path}.pairs.{at}", "is one driver twice: a driver goes with itself", [first, second]))
        elif pair in pairs:
            twice.append((f"{path}.pairs.{at}", "is given twice", [first, second]))
        elif group.drivers is not None and not pair <= seen:
            twice.append((f"{path}.pairs.{at}", "names a driver that is not among the drivers of this group", [first, second]))
        pairs.add(pair)
    for place, rule, value in twice:
        checker.say(place, rule, value)
    return bool(twice)


def _check_paths(checker: Checker, path: str, names: Sequence[str], yearly: Mapping[str, bool]) -> None:
    """A value for all years has no partner in each year."""
    once, by_year = [name for name in names if not yearly[name]], [name for name in names if yearly[name]]
    if once and by_year:
        mixed = f"drivers that are drawn once ({', '.join(once)}) with drivers drawn in each year ({', '.join(by_year)})"
        checker.say(path, f"mixes {mixed}: give all of them a path, or none", whole=path)


def _check_given(checker: Checker, path: str, group: Correlation) -> bool:
    """Whether a group states its values in one way."""
    given = [key for key in ("rank", "kendall", "pairs") if group.gives(key)]
    if len(given) != 1:
        checker.say(path, "needs rank, kendall or pairs, one of them", whole=path)
    return len(given) == 1 and not checker.lost_part_of(f"{path}.{given[0]}")


def _check_values(checker: Checker, path: str, group: Correlation) -> None:
    from simengine.study.copulas import asked_matrix, contradiction, degrees

    measure, rows = asked_matrix(group)
    names = written_members(group)
    key = "pairs" if group.pairs is not None else measure
    fault = matrix_fault(rows, len(names))
    if fault is not None:
        checker.say(f"{path}.{key}", fault, _as_given(group))
        return
    if group.copula == "student_t" and (group.df is None or not LEAST_DF <= group.df < float("inf")):
        return
    offending = contradiction(names, measure, rows, degrees(group))
    if not offending:
        return
    if group.repair:
        checker.warn(path, _repair_words(group, names, rows))
        return
    who = f"{', '.join(offending[:-1])} and {offending[-1]}"
    rule = f"is no correlation matrix: the values of {who} contradict each other (it is not positive semi-definite)"
    checker.say(f"{path}.{key}", f"{rule}; repair = true takes the nearest that is one", _as_given(group))


def matrix_fault(rows: Sequence[Sequence[float]], size: int) -> str | None:
    """Why the rows are no correlations of so many drivers, each by itself; None when they are."""
    if len(rows) != size or any(len(row) != size for row in rows):
        return f"needs {size} rows of {size} values, one for each driver"
    if any(not -1 <= value <= 1 for row in rows for value in row):
        return "a correlation is between -1 and 1"
    if any(row[at] != 1 for at, row in enumerate(rows)):
        return "must have 1 on its diagonal: a driver goes with itself"
    if any(rows[i][j] != rows[j][i] for i in range(size) for j in range(i)):
        return "must be symmetric: the same value for a pair whichever comes first"
    return None


def _as_given(group: Correlation) -> object:
    if group.pairs is not None:
        return [list(pair) for pair in group.pairs]
    value = group.rank if group.rank is not None else group.kendall
    return [list(row) for row in value] if isinstance(value, tuple) else value


def _repair_words(group: Correlation, names: Sequence[str], asked: Sequence[Sequence[float]]) -> str:
    """What a repair changes: every pair with the value asked for and the one in use, the largest change first."""
    from simengine.study.copulas import copula

    used = copula(group, names).used
    places = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    pairs = [(abs(used[i][j] - asked[i][j]), f"{names[i]} and {names[j]}: {used[i][j]:.3g} for {asked[i][j]:.3g}") for i, j in places]
    changed = [(by, words) for by, words in sorted(pairs, key=lambda pair: -pair[0]) if by >= 0.0005]
    listed = "; ".join(words for _, words in changed[:_LISTED])
    more = f" and {len(changed) - _LISTED} more" if len(changed) > _LISTED else ""
    largest = max((by for by, _ in pairs), default=0.0)
    return f"these values contradict each other and are replaced by the nearest that do not (largest change {largest:.3g}): {listed}{more}"


_LISTED = 10
