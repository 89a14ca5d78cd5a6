"""Who is judged: each unit of chance by itself, or groups of units (risk categories, schemes, a user's own) as one player each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.errors import Problem, StudyError
from simengine.sensitivity.subject import FROM_A, Take, Unit
from simengine.study.distribution_keys import nearest

#: Groups by name, each a list of names of units; or a way to group by.
Groups = Mapping[str, Sequence[str]]
CATEGORY, SCHEME = "category", "scheme"
#: Units that are in no group of the user's, and what is drawn outside all schemes.
REST = "everything else"
_SCHEMES = "schemes."


@dataclass(frozen=True)
class Players:
    """The players by name, and the player of each unit (shape: unit); ``kind`` is ``driver`` or ``group``."""

    names: tuple[str, ...]
    of_unit: npt.NDArray[np.int64]
    kind: str

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def take(self, source: Take) -> Take:
        """Where units come from, (selection, unit, point), given where players come from."""
        return np.ascontiguousarray(source[:, self.of_unit])

    def coalitions(self, other: int) -> Take:
        """Every coalition from A, the rest from ``other``: selection s has player k from A if bit k of s is set."""
        joined = (np.arange(1 << len(self))[:, None] >> np.arange(len(self))) & 1
        return np.where(joined == 1, FROM_A, other).astype(np.uint8)[:, :, None]

    def apart(self, units: Sequence[Unit]) -> list[tuple[str, str]]:
        """Units and the player of others that they are correlated with, where that is another player than their own."""
        owner: dict[int, int] = {}
        pairs = [(unit, int(k)) for unit, k in zip(units, self.of_unit, strict=True) if unit.cluster >= 0]
        return [(unit.name, self.names[owner[unit.cluster]]) for unit, k in pairs if owner.setdefault(unit.cluster, k) != k]

    def refuse_split(self, units: Sequence[Unit]) -> None:
        """Raise StudyError where correlated units belong to different players."""
        own = {unit.name: self.names[k] for unit, k in zip(units, self.of_unit, strict=True)}
        rule = 'is correlated with drivers of "{}", and so cannot be drawn anew apart from them: put them in one group'
        problems = [Problem(f"groups.{own[name]}", rule.format(other), name) for name, other in self.apart(units)]
        if problems:
            raise StudyError(problems)


def players_of(units: Sequence[Unit], groups: Groups | str | None = None) -> Players:
    """The players of a method.

    ``groups`` is None (each unit), ``category`` (risk categories in use, in the order of the units), ``scheme`` (the units of each scheme;
    all others together), or groups by name; units that are in none of these are one more group.

    Raises
    ------
    StudyError
        With everything that is wrong: a name that is no unit, a unit in two groups, a group of nothing.
    """
    if groups is None:
        return Players(tuple(unit.name for unit in units), np.arange(len(units)), "driver")
    if isinstance(groups, str):
        return _by_label([_label(unit, groups) for unit in units])
    place = {unit.name: k for k, unit in enumerate(units)}
    owner: dict[str, str] = {}
    problems: list[Problem] = []
    for group, members in groups.items():
        if not members:
            problems.append(Problem(f"groups.{group}", "is a group of nothing"))
        for member in members:
            if member not in place:
                problems.append(Problem(f"groups.{group}", "is no driver that is drawn", member, nearest(member, list(place))))
            elif owner.setdefault(member, group) != group:
                problems.append(Problem(f"groups.{group}", f'is in the group "{owner[member]}" as well', member))
    if problems:
        raise StudyError(problems)
    names = [*groups, *([REST] if len(owner) < len(place) else [])]
    return Players(tuple(names), np.array([names.index(owner.get(unit.name, REST)) for unit in units], dtype=np.int64), "group")


def whole_clusters(units: Sequence[Unit]) -> Players:
    """Each unit by itself, but correlated units together: none of them can be drawn anew by itself."""
    members: dict[int, list[str]] = {}
    for unit in units:
        members.setdefault(unit.cluster, []).append(unit.name)
    players = _by_label([unit.name if unit.cluster < 0 else _together(members[unit.cluster]) for unit in units])
    return Players(players.names, players.of_unit, "driver" if len(players) == len(units) else "group")


def _together(names: list[str]) -> str:
    return " + ".join(names) if len(names) <= 3 else f"{names[0]} + {len(names) - 1} correlated with it"


def _label(unit: Unit, way: str) -> str:
    if way == CATEGORY:
        return unit.category
    if way != SCHEME:
        raise StudyError([Problem("groups", "must be category, scheme, or groups by name", way, nearest(way, (CATEGORY, SCHEME)))])
    return unit.name.split(".")[1] if unit.name.startswith(_SCHEMES) else REST


def _by_label(labels: list[str]) -> Players:
    names = list(dict.fromkeys(labels))
    return Players(tuple(names), np.array([names.index(label) for label in labels], dtype=np.int64), "group")
