"""What the study means where it leaves something out: who pays, who funds, who takes the rest, which line an effect acts on."""

from simengine.study.arrangements import Arrangement
from simengine.study.model import StudySpec
from simengine.study.schemes import Cost, Effect, Investment


def only_commissioner(spec: StudySpec) -> str | None:
    """The one party of role commissioner; None when there are none or several."""
    found = [name for name, party in spec.parties.items() if party.role == "commissioner"]
    return found[0] if len(found) == 1 else None


def payer_of(spec: StudySpec, service: str) -> str | None:
    """Who pays for a line."""
    return spec.services[service].payer or only_commissioner(spec)


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
    """The party that takes what the others do not: the stated one, or the only commissioner among the payers of the covered lines."""
    if arrangement.residual is not None:
        return arrangement.residual
    payers = {payer_of(spec, service) for service in arrangement.services if service in spec.services}
    found = [name for name, party in spec.parties.items() if name in payers and party.role == "commissioner"]
    return found[0] if len(found) == 1 else None


def arrangement_parties(spec: StudySpec, arrangement: Arrangement) -> tuple[str, ...]:
    """The parties of an arrangement, in the order of the file: those with a share, and the residual party."""
    members = {*arrangement.gain_share, *(arrangement.loss_share or {}), residual_of(spec, arrangement)}
    return tuple(name for name in spec.parties if name in members)
