"""What the study means where it leaves something out: who pays, who funds, who takes the rest, which line an effect acts on."""

from collections.abc import Mapping

from simengine.study.arrangements import Arrangement
from simengine.study.budgets import Budget
from simengine.study.model import StudySpec
from simengine.study.numbers import Number
from simengine.study.schemes import Cost, Effect, Investment


def only_commissioner(spec: StudySpec) -> str | None:
    """The one party of role commissioner; None when there are none or several."""
    found = [name for name, party in spec.parties.items() if party.role == "commissioner"]
    return found[0] if len(found) == 1 else None


def payer_of(spec: StudySpec, service: str) -> str | None:
    """The line's own payer: who pays for it where no budget does."""
    return spec.services[service].payer or only_commissioner(spec)


def payers_of(spec: StudySpec, service: str) -> tuple[str | None, ...]:
    """Who pays for a line in years 1 to T: the holder of the budget it is in scope of, else its own payer."""
    own = payer_of(spec, service)
    found: list[str | None] = [own] * spec.years
    for budget in spec.budgets.values():
        for year, inside in enumerate(scope_of(budget, service, spec.years)):
            if inside:
                found[year] = budget.holder
    return tuple(found)


def scope_of(budget: Budget, service: str, years: int) -> tuple[bool, ...]:
    """Whether a line is in scope of a budget in years 1 to T."""
    return budget.scope_of(service, years)


def covered_lines(spec: StudySpec, arrangement: Arrangement) -> Mapping[str, tuple[bool, ...]]:
    """Whether each line is covered in years 1 to T: the lines listed, else those in scope of the budget that is the baseline.

    A line that is listed beside a budget is covered in the years in which it is in scope.
    """
    budget = spec.budgets.get(arrangement.budget or "")
    if arrangement.baseline != "budget" or budget is None:
        return {name: (True,) * spec.years for name in arrangement.services}
    scope = budget.in_scope(spec.years)
    listed = arrangement.services or budget.lines
    return {name: scope[name] for name in listed if name in scope}


def weights_of(spec: StudySpec, service: str) -> Mapping[str, float]:
    """The cost weights of a line by inflation category: its own, or those of the set it names (none where there is no such set)."""
    weights = spec.services[service].cost_weights
    return spec.cost_weights.get(weights, {}) if isinstance(weights, str) else weights


def segment_growth(spec: StudySpec, segment: str) -> Number:
    """The growth of a population segment: its own, or that of the list."""
    if spec.population is None:
        return 0.0
    own = spec.population.segments[segment].growth
    return spec.population.growth if own is None else own


def unearned_to(budget: Budget) -> str:
    """Who gets the improvement payments that are not earned."""
    return budget.unearned_to or budget.commissioner


def funder_of(spec: StudySpec, item: Cost | Investment) -> str | None:
    """Who funds a running cost or an investment."""
    return item.funded_by or only_commissioner(spec)


def effect_service(name: str, effect: Effect) -> str:
    """The line that an effect acts on: the one it states, or the one it is named after."""
    return effect.service or name


def lines_with_effects(spec: StudySpec) -> set[str]:
    """The lines that a scheme acts on, disabled schemes included: a scenario may switch them on."""
    return {effect_service(name, effect) for scheme in spec.schemes.values() for name, effect in scheme.effects.items()}


def residual_of(spec: StudySpec, arrangement: Arrangement) -> str | None:
    """The party that takes what the others do not.

    The stated one; with a budget its commissioner; else the only commissioner among the payers of the covered lines.
    """
    if arrangement.residual is not None:
        return arrangement.residual
    if arrangement.baseline == "budget":
        budget = spec.budgets.get(arrangement.budget or "")
        return None if budget is None else budget.commissioner
    payers = {payer for service in arrangement.services if service in spec.services for payer in payers_of(spec, service)}
    found = [name for name, party in spec.parties.items() if name in payers and party.role == "commissioner"]
    return found[0] if len(found) == 1 else None


def arrangement_parties(spec: StudySpec, arrangement: Arrangement) -> tuple[str, ...]:
    """The parties of an arrangement, in the order of the file: those with a share, the residual party, and that of a fund."""
    members = {*arrangement.gain_share, *(arrangement.loss_share or {}), residual_of(spec, arrangement), fund_of(arrangement)}
    return tuple(name for name in spec.parties if name in members)


def fund_of(arrangement: Arrangement) -> str | None:
    """The party that gets the fund's share."""
    return None if arrangement.fund is None else arrangement.fund.party


def provider_side(spec: StudySpec, arrangement: Arrangement) -> tuple[str, ...]:
    """The parties of an arrangement that are neither the residual party nor that of a fund."""
    others = (residual_of(spec, arrangement), fund_of(arrangement))
    return tuple(name for name in arrangement_parties(spec, arrangement) if name not in others)
