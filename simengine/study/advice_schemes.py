"""Advice on schemes, budgets and contracts: savings beyond a line, cost shifting, chance that is shared, one score paid for twice."""

from simengine.study.arrangements import Arrangement
from simengine.study.checker import Checker
from simengine.study.defaults import covered_lines, effect_service
from simengine.study.plan_lines import PlanLines
from simengine.study.schemes import Effect, Scheme

_HALF = 0.5
_SQUARED = 0.005
"""How near a price may be to activity times unit cost before it looks like it."""


def advise_on_schemes(checker: Checker, plan: PlanLines) -> None:
    """Warn of schemes and of the contracts about them."""
    _warn_of_units(checker, plan)
    _warn_of_sums(checker, plan)
    _warn_of_shifts(checker)
    for name, arrangement in checker.spec.arrangements.items():
        _warn_of_small_segments(checker, plan, name, arrangement)
    _warn_of_scores(checker)
    _warn_of_efficiency(checker, plan)


def _effects(checker: Checker) -> list[tuple[str, Scheme, str, Effect]]:
    """Every effect of the schemes that are on: path, scheme, name, effect."""
    schemes = checker.spec.schemes.items()
    return [
        (f"schemes.{name}.effects.{key}", scheme, key, effect)
        for name, scheme in schemes
        if scheme.enabled
        for key, effect in scheme.effects.items()
    ]


def _warn_of_units(checker: Checker, plan: PlanLines) -> None:
    """An impact that is more than there is, and a price that holds the activity."""
    for path, _, key, effect in _effects(checker):
        service = effect_service(key, effect)
        line, share, impact = plan.of(service), plan.share(service, effect.segment), plan.values(effect.impact)
        if effect.impact_is == "share" or effect.acts_on == "unit_cost" or line is None or share is None or impact is None:
            continue
        units = effect.impact_is == "units"
        whole = share[-1] * (line.activity[-1] if units else line.spend[-1] / checker.spec.money.scale)
        if impact[-1] > whole > 0.0:
            what = "activity" if units else "spend"
            rule = f"is more than the planned {what} that it acts on, {whole:.6g}: is the activity multiplied in already?"
            checker.warn(f"{path}.impact", rule)
    for name, line_of in checker.spec.services.items():
        activity, price, cost = (plan.values(getattr(line_of, key)) for key in ("activity", "price", "unit_cost"))
        if activity is None or price is None or cost is None or cost[0] * activity[0] == 0.0 or activity[0] == 1.0:
            continue
        if abs(price[0] / (cost[0] * activity[0]) - 1.0) < _SQUARED:
            checker.warn(f"services.{name}.price", "is activity times unit cost: spend would be activity multiplied in twice")


def _warn_of_sums(checker: Checker, plan: PlanLines) -> None:
    """Effects that add up to more than their segment, or their line: they compound, so less is saved than their sum."""
    parts: dict[tuple[str, str | None], list[tuple[str, float, float]]] = {}
    for path, scheme, key, effect in _effects(checker):
        found = plan.effect(scheme, key, effect)
        if found is not None and effect.acts_on != "unit_cost":
            share, rate = found[0][-1], found[1][-1]
            parts.setdefault((effect_service(key, effect), effect.segment), []).append((path.split(".")[1], share, rate))
    lines: dict[str, tuple[float, list[str]]] = {}
    for (service, segment), effects in parts.items():
        total = sum(rate for _, _, rate in effects)
        names = list(dict.fromkeys(name for name, _, _ in effects))
        if segment is not None and len(effects) > 1 and total > 1.0 + 1e-9:
            rule = f"the effects on it ({', '.join(names)}) add up to {total:.0%} of it by the last year: they compound, so less is saved"
            checker.warn(f"services.{service}.segments.{segment}", rule)
        before, known = lines.get(service, (0.0, []))
        lines[service] = before + sum(share * rate for _, share, rate in effects), known + names
    for service, (total, names) in lines.items():
        if total > 1.0 + 1e-9 and len(names) > 1:
            listed = ", ".join(dict.fromkeys(names))
            rule = (
                f"the effects of schemes ({listed}) add up to {total:.0%} of the line by the last year: together they cannot save that much"
            )
            checker.warn(f"services.{service}", rule)


def _warn_of_shifts(checker: Checker) -> None:
    """Activity moved to where the contract, or the budget, does not see it."""
    years = range(checker.spec.years)
    contracts = [(f"the arrangement {name}", covered_lines(checker.spec, one)) for name, one in checker.spec.arrangements.items()]
    budgets = [(f"the budget {name}", one.in_scope(checker.spec.years)) for name, one in checker.spec.budgets.items()]
    none = (False,) * checker.spec.years
    for path, _, key, effect in _effects(checker):
        source = effect_service(key, effect)
        for target in effect.shift:
            for what, covered in [*contracts, *budgets]:
                inside, outside = covered.get(source, none), covered.get(target, none)
                if any(inside[year] and not outside[year] for year in years):
                    rule = f"{source} is in {what} and {target} is not: the saving counts there and the cost of the moved activity does not"
                    checker.warn(f"{path}.shift.{target}", rule)


def _warn_of_small_segments(checker: Checker, plan: PlanLines, name: str, arrangement: Arrangement) -> None:
    """A covered line of which schemes touch a small part."""
    touched: dict[str, dict[str | None, float]] = {}
    for _, _, key, effect in _effects(checker):
        service = effect_service(key, effect)
        share = plan.share(service, effect.segment)
        touched.setdefault(service, {})[effect.segment] = 1.0 if share is None else share[-1]
    for line in covered_lines(checker.spec, arrangement):
        segments = touched.get(line, {})
        if segments and None not in segments and sum(segments.values()) < _HALF:
            place = f"services.{arrangement.services.index(line)}" if line in arrangement.services else "budget"
            part = f"{sum(segments.values()):.0%}"
            rule = f"only {part} of {line} is in the segments that schemes act on: most of what is shared on it is chance and growth"
            checker.warn(f"arrangements.{name}.{place}", rule)


def _warn_of_scores(checker: Checker) -> None:
    """One driver that moves quality in a contract and improvement payments in a budget."""
    earned = {
        payment.score: f"budgets.{name}.improvement_payments.{key}"
        for name, budget in checker.spec.budgets.items()
        for key, payment in budget.improvement_payments.items()
        if isinstance(payment.score, str)
    }
    for name, arrangement in checker.spec.arrangements.items():
        if arrangement.quality is None:
            continue
        scores = {"score": arrangement.quality.score, **arrangement.quality.scores}
        for key, score in scores.items():
            if isinstance(score, str) and score in earned:
                rule = f"is the score of {earned[score]} as well: the same quality is paid for twice"
                checker.warn(f"arrangements.{name}.quality.{key}", rule)


def _warn_of_efficiency(checker: Checker, plan: PlanLines) -> None:
    """A planned efficiency programme of more than its line."""
    for name, programme in checker.spec.qipp.items():
        line, taken = plan.of(programme.service), plan.product([programme.amount, programme.achieved])
        if line is None or taken is None:
            continue
        over = [year + 1 for year in range(checker.spec.years) if taken[year] * checker.spec.money.scale > line.spend[year]]
        if over:
            checker.warn(f"qipp.{name}.amount", f"is more than the planned spend of {programme.service} in year {over[0]}")
