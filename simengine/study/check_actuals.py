"""Rules about what was observed: the years that there are, no price of a year without activity, and shifts that can be undone."""

from simengine.study.check_distributions import check_observed_length
from simengine.study.checker import Checker
from simengine.study.defaults import effect_service
from simengine.study.model import StudySpec


def check_actuals(checker: Checker) -> None:
    """Check what was observed of every service line."""
    for name, line in checker.spec.services.items():
        if line.actual is None:
            continue
        path, seen = f"services.{name}.actual", line.actual
        whole = checker.lost_part_of(f"{path}.activity")
        for key, values in (("activity", seen.activity), ("price", seen.price), ("unit_cost", seen.unit_cost)):
            fits = check_observed_length(checker, f"{path}.{key}", values)
            if fits and not whole and len(values) > len(seen.activity):
                rule = f"has values of {len(values)} years, and activity was observed in {len(seen.activity)}"
                checker.say(f"{path}.{key}", rule, list(values))
    if len(observed_order(checker.spec)) < sum(line.actual is not None for line in checker.spec.services.values()):
        rule = "moves activity in a circle between lines with actuals: what was there without the schemes cannot be told"
        for path, source, target in _moves(checker.spec):
            if source not in observed_order(checker.spec) and target not in observed_order(checker.spec):
                checker.say(path, rule)
                return


def _moves(spec: StudySpec) -> list[tuple[str, str, str]]:
    """Place, source and target of every shift between lines with actuals, of schemes that are off too."""
    seen = {name for name, line in spec.services.items() if line.actual is not None}
    return [
        (f"schemes.{scheme}.effects.{key}.shift.{target}", effect_service(key, effect), target)
        for scheme, terms in spec.schemes.items()
        for key, effect in terms.effects.items()
        for target in effect.shift
        if effect_service(key, effect) in seen and target in seen
    ]


def observed_order(spec: StudySpec) -> tuple[str, ...]:
    """The lines with actuals, each after those that shift activity to it; lines in a circle are left out."""
    waiting = [name for name, line in spec.services.items() if line.actual is not None]
    moves = [(source, target) for _, source, target in _moves(spec)]
    found: list[str] = []
    while True:
        ready = [name for name in waiting if all(source in found for source, target in moves if target == name)]
        if not ready:
            return tuple(found)
        found.append(ready[0])
        waiting.remove(ready[0])
