"""Rules about ``[sensitivity]``: what it names."""

from simengine.schema import POSITION_VARIABLES
from simengine.study.check_records import refer_driver
from simengine.study.checker import Checker
from simengine.study.distribution_keys import nearest
from simengine.study.sensitivity import METHODS, Sensitivity


def check_sensitivity(checker: Checker, stated: Sensitivity, drivers: tuple[str, ...]) -> None:
    """Check what ``[sensitivity]`` names; ``drivers`` are the paths of everything that is drawn."""
    for key, written, known in (("methods", stated.methods, tuple(METHODS)), ("outputs", stated.outputs, tuple(POSITION_VARIABLES))):
        for at, one in enumerate(written):
            if one not in known:
                checker.say(f"sensitivity.{key}.{at}", f"must be one of {', '.join(known)}", one, nearest(one, known))
    if stated.groups and stated.group_by is not None:
        checker.say("sensitivity.group_by", "stands beside groups: give one of them", stated.group_by)
    seen: dict[str, str] = {}
    for group, members in stated.groups.items():
        for at, member in enumerate(members):
            path = f"sensitivity.groups.{group}.{at}"
            name = refer_driver(checker, path, member, drivers)
            if name is not None and name in seen:
                checker.say(path, f"is in group {seen[name]} already", member)
            elif name is not None:
                seen[name] = group
