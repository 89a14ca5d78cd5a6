"""Who is judged: every unit by itself, or groups of units (by risk category, by correlation, or as the user says)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simengine.errors import Problem, StudyError
from simengine.sensitivity_analysis.subject import Subject, Take, Unit
from simengine.study.distribution_keys import nearest
from simengine.study.sensitivity import GROUPINGS

#: What is drawn outside all schemes, where schemes are judged.
OUTSIDE: Final = "outside schemes"
_SCHEMES = "schemes."
Groups = str | Mapping[str, Sequence[str]] | None


@dataclass(frozen=True)
class Players:
    """Disjoint sets of units that are judged: their names, and ``member`` (player, unit), 1 where a unit belongs to a player."""

    names: tuple[str, ...]
    member: Take
    kind: str

    def taken(self, source: int, other: int) -> Take:
        """For each player a selection (player, unit, 1): its own units from ``source``, all others from ``other``."""
        chosen = np.where(self.member == 1, source, other).astype(np.uint8)
        return chosen[:, :, np.newaxis]


def players(subject: Subject, groups: Groups = None, *, independent: bool = True) -> Players:
    """The players of an analysis.

    Parameters
    ----------
    groups
        Nothing: every unit is a player. ``"category"``: units of one risk category. ``"correlation"``: units that are correlated with each
        other, the rest one by one. ``"scheme"``: units of one scheme, and all others together. Or names of units by group; what no group
        names is left as it is.
    independent
        Whether players have to be independent of each other.

    Raises
    ------
    StudyError
        Where a group names what is no unit, a unit is in two groups, or players are correlated and may not be.
    """
    units = subject.units
    if groups is None:
        found = {unit.name: [unit.name] for unit in units}
    elif groups == "category":
        found = _by(units, [unit.category for unit in units])
    elif groups == "scheme":
        found = _by(units, [unit.name.split(".")[1] if unit.name.startswith(_SCHEMES) else OUTSIDE for unit in units])
    elif groups == "correlation":
        clusters = {k: [u.name for u in units if u.cluster == k] for k in {unit.cluster for unit in units} - {-1}}
        found = _by(units, [" + ".join(clusters[unit.cluster]) if unit.cluster >= 0 else unit.name for unit in units])
    elif isinstance(groups, str):
        rule = f"must be one of {', '.join(GROUPINGS)}, or a table of groups"
        raise StudyError([Problem("groups", rule, groups, nearest(groups, GROUPINGS))])
    else:
        found = _stated(units, groups)
    index = {unit.name: k for k, unit in enumerate(units)}
    member = np.zeros((len(found), len(units)), dtype=np.uint8)
    for p, names in enumerate(found.values()):
        member[p, [index[name] for name in names]] = 1
    made = Players(tuple(found), member, "driver" if groups is None else "group")
    if independent:
        _check_independent(units, made)
    return made


def _by(units: Sequence[Unit], keys: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for unit, key in zip(units, keys, strict=True):
        found.setdefault(key, []).append(unit.name)
    return found


def _stated(units: Sequence[Unit], groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The groups as stated, then every unit in none of them by itself."""
    names = [unit.name for unit in units]
    problems, owner = [], dict[str, str]()
    for group, members in groups.items():
        for name in members:
            if name not in names:
                problems.append(Problem(f"groups.{group}", "is not a driver in use", name, nearest(name, names)))
            elif name in owner:
                problems.append(Problem(f"groups.{group}", f"is in group {owner[name]} already", name))
            else:
                owner[name] = group
    if problems:
        raise StudyError(problems)
    return _by(units, [owner.get(name, name) for name in names])


def _check_independent(units: Sequence[Unit], made: Players) -> None:
    """Refuse players that are correlated with each other: variance then has no split into their own shares and interactions."""
    of_unit = [made.names[int(p)] for p in made.member.argmax(axis=0)]
    problems = []
    for cluster in sorted({unit.cluster for unit in units} - {-1}):
        apart = dict.fromkeys(of_unit[k] for k, unit in enumerate(units) if unit.cluster == cluster)
        if len(apart) > 1:
            rule = (
                "are correlated: first-order and total indices have no meaning for them one by one. "
                'Group them (groups = "correlation"), or use the method shapley'
            )
            problems.append(Problem("drivers", rule, ", ".join(apart)))
    if problems:
        raise StudyError(problems)
