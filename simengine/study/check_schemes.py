"""Rules about schemes: what an effect acts on, which keys a cost takes, and investments."""

from simengine.study.checker import Checker
from simengine.study.defaults import effect_service, funder_of
from simengine.study.outcomes import Outcome
from simengine.study.schemes import Cost, Effect, Investment, Scheme

_KEYS = {
    "budget": ("amount",),
    "reinvestment": ("share", "of"),
    "bottom_up": ("people", "contacts", "hours", "tiers", "hours_per_wte", "utilisation", "cost_per_wte", "non_pay"),
}
_NEEDED = {"budget": ("amount",), "reinvestment": ("share",), "bottom_up": ("people", "hours_per_wte", "utilisation", "cost_per_wte")}


def check_schemes(checker: Checker) -> None:
    """Check every scheme."""
    for name, scheme in checker.spec.schemes.items():
        path = f"schemes.{name}"
        checker.refer(f"{path}.lead", scheme.lead, "parties")
        for key, effect in scheme.effects.items():
            _check_effect(checker, f"{path}.effects.{key}", key, effect)
        for key, cost in scheme.costs.items():
            _check_cost(checker, f"{path}.costs.{key}", cost)
        for key, investment in scheme.investments.items():
            _check_investment(checker, f"{path}.investments.{key}", investment)
        for key, outcome in scheme.outcomes.items():
            _check_outcome(checker, f"{path}.outcomes.{key}", outcome, scheme)


def _check_effect(checker: Checker, path: str, name: str, effect: Effect) -> None:
    service = effect_service(name, effect)
    place = f"{path}.service" if effect.service is not None else path
    if checker.lost_part_of(f"{path}.service"):
        return
    if checker.refer(place, service, "services") and effect.segment is not None:
        checker.refer(f"{path}.segment", effect.segment, "segments", within=f"services.{service}.segments")
    _check_acts_on(checker, path, effect)
    for target in effect.shift:
        if checker.refer(f"{path}.shift.{target}", target, "services") and target == service:
            checker.say(f"{path}.shift.{target}", "is the line that the activity is moved off")


def _check_acts_on(checker: Checker, path: str, effect: Effect) -> None:
    """Only activity is counted in units, and only activity moves."""
    if effect.acts_on == "activity" or checker.lost_part_of(f"{path}.acts_on"):
        return
    if effect.impact_is == "units":
        checker.say(f"{path}.impact_is", f'is for activity; this effect has acts_on = "{effect.acts_on}"', effect.impact_is)
    if effect.shift:
        checker.say(f"{path}.shift", f'moves activity; this effect has acts_on = "{effect.acts_on}"', whole=f"{path}.shift")


def _check_outcome(checker: Checker, path: str, outcome: Outcome, scheme: Scheme) -> None:
    if (outcome.amount is None) == (outcome.counts is None):
        checker.say(path, "needs amount or counts, one of the two", whole=path)
    elif outcome.counts is None and outcome.service is not None:
        checker.say(f"{path}.service", "goes with counts", outcome.service)
    elif outcome.counts is not None:
        if outcome.gives("ramp"):
            checker.say(f"{path}.ramp", "goes with amount: what is counted comes in as the scheme does")
        lines = {effect_service(key, effect) for key, effect in scheme.effects.items() if effect.acts_on == "activity"}
        if outcome.service is None:
            checker.say(f"{path}.service", "is required with counts", whole=path)
        elif checker.refer(f"{path}.service", outcome.service, "services") and outcome.service not in lines:
            rule = "is a line whose activity no effect of this scheme acts on"
            checker.say(f"{path}.service", rule, outcome.service, whole=path.partition(".outcomes")[0] + ".effects")


def _check_funder(checker: Checker, path: str, item: Cost | Investment) -> None:
    if item.funded_by is not None:
        checker.refer(f"{path}.funded_by", item.funded_by, "parties")
    elif funder_of(checker.spec, item) is None and checker.roles_known():
        checker.say(f"{path}.funded_by", "is required unless exactly one party is a commissioner", whole=f"{path}.funded_by")
    checker.refer(f"{path}.inflation", item.inflation, "inflation")


def _check_cost(checker: Checker, path: str, cost: Cost) -> None:
    _check_funder(checker, path, cost)
    if checker.lost_part_of(f"{path}.approach"):
        return
    for approach, keys in _KEYS.items():
        for key in keys:
            if approach != cost.approach and cost.gives(key):
                checker.say(f"{path}.{key}", f'belongs to approach = "{approach}"; this cost has approach = "{cost.approach}"')
    if cost.approach == "reinvestment" and cost.gives("inflation"):
        rule = "does not go with reinvestment, which follows the saving at the prices of the year"
        checker.say(f"{path}.inflation", rule, cost.inflation)
    for key in _NEEDED[cost.approach]:
        if not cost.gives(key):
            checker.say(f"{path}.{key}", f'is required with approach = "{cost.approach}"', whole=f"{path}.{key}")
    if cost.of == "actual" and cost.approach == "reinvestment":
        rule = "spending falls where savings do, which hides delivery risk: staff are paid whether or not a scheme delivers"
        checker.warn(f"{path}.of", rule)
    if cost.approach == "bottom_up":
        _check_intensity(checker, path, cost)


def _check_intensity(checker: Checker, path: str, cost: Cost) -> None:
    timed = [key for key in ("contacts", "hours") if cost.gives(key)]
    if cost.tiers and timed:
        checker.say(f"{path}.tiers", f"takes the place of {' and '.join(timed)}: give one or the other", whole=path)
    elif not cost.tiers and len(timed) < 2:
        checker.say(path, "needs contacts and hours, or tiers", whole=path)


def _check_investment(checker: Checker, path: str, investment: Investment) -> None:
    _check_funder(checker, path, investment)
    year, years = investment.year, checker.years
    if year is not None and years is not None and year > years:
        checker.say(f"{path}.year", f"must be a year of the study, 1 to {years}", year)
    if year is not None and isinstance(investment.amount, tuple):
        checker.say(f"{path}.year", "does not go with a yearly amount, which already says when it is spent", year)
    if investment.kind != "capital" and not checker.lost_part_of(f"{path}.kind"):
        for key in ("life", "charge_rate"):
            if investment.gives(key):
                checker.say(f"{path}.{key}", 'is for kind = "capital"', getattr(investment, key))
    elif investment.charge_rate is not None and investment.life is None:
        checker.say(f"{path}.life", "is required with charge_rate", whole=path)
