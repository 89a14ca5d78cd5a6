"""Parties of a study as arrays: funding, who pays whom, who funds what; their planned funding and income (MODEL.md section 5)."""

from collections.abc import Mapping, Sequence

import numpy as np

from simengine.engine.build_baselines import members_of
from simengine.engine.build_budgets import Budgets, Flow
from simengine.engine.build_lines import LinePlan, LineSlots, build_lines, pairs_of, payers_by_line
from simengine.engine.build_schemes import CostSlot
from simengine.engine.positions import Parties, Reported
from simengine.engine.rows import RowBook, Slot
from simengine.engine.special_lines import special_payment
from simengine.jit import Floats
from simengine.study.model import StudySpec


def planned_funding(book: RowBook, spec: StudySpec, lines: LinePlan) -> dict[str, Floats]:
    """Planned funding of each party by year: as stated, or else the planned do-nothing spend of the lines it pays.

    A line in the scope of a budget is funded through its commissioner: the holder is paid the budget for it.
    """
    spend, payers = lines.do_nothing * lines.price, list(payers_by_line(spec, who="commissioner").values())
    found: dict[str, Floats] = {}
    for name, party in spec.parties.items():
        if party.funding is not None:
            found[name] = book.planned(book.number(party.funding, f"parties.{name}.funding", spec.money.scale))
            continue
        paid = [np.where([own == name for own in payers[s]], spend[s], 0.0) for s in range(len(payers)) if name in payers[s]]
        found[name] = np.sum(paid, axis=0) if paid else np.zeros(spec.years)
    return found


def planned_income(
    book: RowBook,
    spec: StudySpec,
    slots: Mapping[str, LineSlots],
    lines: LinePlan,
    funding: Mapping[str, Floats],
    flows: Sequence[Flow],
) -> dict[str, Floats]:
    """Planned funding and payments received of each party by year."""
    income = {name: values.copy() for name, values in funding.items()}
    made = build_lines(book, spec, list(slots.values()), lines)
    for s, (name, line) in enumerate(spec.services.items()):
        if made.paid[s].any():
            v, payment = book.planned(slots[name].variable_share), made.plan_payment[s]
            worth = lines.outturn[s] * (lines.price[s] if made.planned_price[s] else lines.outturn_price[s])
            more = v * (worth - payment)
            if line.marginal_bands:
                paid = [special_payment(made.special, s, t, payment[t], v[t], worth[t]) for t in range(spec.years)]
                more = np.array(paid) - payment
            income[line.provider] = income[line.provider] + np.where(made.paid[s], payment, 0.0) + np.where(made.paid[s], more, 0.0)
    for flow in flows:
        income[flow.receiver] = income[flow.receiver] + book.planned(flow.amount)
    return income


def build_parties(
    book: RowBook, spec: StudySpec, funding: Mapping[str, Floats], costs: Sequence[CostSlot], flows: Sequence[Flow]
) -> Parties:
    """The parties as arrays; ``funding`` is what was planned, for those that state none."""
    names, years = list(spec.parties), spec.years
    funds = [
        book.constant(tuple(funding[name]))
        if party.funding is None
        else book.number(party.funding, f"parties.{name}.funding", spec.money.scale)
        for name, party in spec.parties.items()
    ]
    pairs = [(names.index(payer), names.index(provider)) for payer, provider in pairs_of(spec)]
    members = [names.index(party) for arrangement in spec.arrangements for party in members_of(spec, arrangement)]
    return Parties(
        pair=np.array(pairs, dtype=np.int64).reshape(len(pairs), 2),
        in_system=np.array([party.in_system for party in spec.parties.values()], dtype=np.int64),
        funding=np.array([(slot.row, slot.stride) for slot in funds], dtype=np.int64),
        funding_scale=np.array([slot.scale for slot in funds]),
        cost=np.array([(c.amount.row, c.amount.stride) for c in costs], dtype=np.int64).reshape(len(costs), 2),
        cost_scale=np.array([c.amount.scale for c in costs]).reshape(len(costs), years),
        cost_scheme=np.array([c.scheme for c in costs], dtype=np.int64),
        cost_funder=np.array([names.index(c.funder) for c in costs], dtype=np.int64),
        cost_is_investment=np.array([c.is_investment for c in costs], dtype=np.int64),
        flow=np.array([(f.amount.row, f.amount.stride) for f in flows], dtype=np.int64).reshape(len(flows), 2),
        flow_scale=np.array([f.amount.scale for f in flows], dtype=np.float64).reshape(len(flows), years),
        flow_from=np.array([names.index(f.payer) for f in flows], dtype=np.int64),
        flow_to=np.array([names.index(f.receiver) for f in flows], dtype=np.int64),
        member_party=np.array(members, dtype=np.int64),
    )


def build_reported(budgets: Budgets, years: int) -> Reported:
    """The numbers that are results as they are, in the order of ``outputs.REPORTED``."""
    slots: list[Slot] = [slot for made in budgets.slots.values() for slot in (made.value, made.paid, made.earned)]
    slots += [*budgets.gaps.values(), *budgets.people.values()]
    return Reported(
        slot=np.array([(slot.row, slot.stride) for slot in slots], dtype=np.int64).reshape(len(slots), 2),
        scale=np.array([slot.scale for slot in slots], dtype=np.float64).reshape(len(slots), years),
    )
