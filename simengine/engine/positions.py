"""Positions of the parties and of the system in a tile of draws (MODEL.md section 5).

party = funding + payments in - payments out - provider cost - costs it funds ± settlements. Payments are those for lines and the money that
moves between two parties as a budget does. The net position of the system is worked out
from funding, costs and leakage, not from the parties, so that the two can be held against each other.
"""

from typing import NamedTuple

from simengine.engine.lines import (
    SUM_COST,
    SUM_PAY,
    SUM_PAY_DN,
    SUM_RELEASED,
    SUM_SAVING,
    SUM_STRANDED,
)
from simengine.engine.ops import add_row, add_scaled_row, clear_rows, copy_row, fill_row, row_view, subtract_row
from simengine.engine.terms import MEMBER_ROWS, SETTLEMENT
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, Ints, inner_kernel, keep_apart, rows_apart

#: Output rows of the system by year, and of a party and year.
NET_SAVING, NET_BENEFIT, NET_POSITION, LEAKAGE, TOTAL_SAVING, TOTAL_RELEASED, TOTAL_STRANDED = range(7)
SYSTEM_ROWS = 7
POSITION, BEFORE, DO_NOTHING, FUNDING = range(4)
PARTY_ROWS = 4


class Parties(NamedTuple):
    """Parties, the (payer, provider) pairs that lines fall into, the costs that parties fund, and money that moves between two of them."""

    pair: Ints  # (pair, 2): payer, provider
    in_system: Ints  # (party,)
    funding: Ints  # (party, 2): slot
    funding_scale: Floats  # (party, year)
    cost: Ints  # (cost, 2): slot
    cost_scale: Floats  # (cost, year)
    cost_scheme: Ints  # (cost,)
    cost_funder: Ints  # (cost,)
    cost_is_investment: Ints  # (cost,)
    flow: Ints  # (flow, 2): slot
    flow_scale: Floats  # (flow, year)
    flow_from: Ints  # (flow,): party
    flow_to: Ints  # (flow,): party
    member_party: Ints  # (member,): party of each member of an arrangement


class Reported(NamedTuple):
    """Numbers that are results just as they are drawn: values of budgets, affordability gaps, list sizes."""

    slot: Ints  # (number, 2)
    scale: Floats  # (number, year)


@inner_kernel
def _fund(party: Floats, funding: Floats, scale: float, n: int) -> None:
    """Start a party's year from its funding."""
    keep_apart()
    for i in range(n):
        value = scale * funding[i]
        party[FUNDING * STRIDE + i] = value
        party[BEFORE * STRIDE + i] = value
        party[DO_NOTHING * STRIDE + i] = value


@inner_kernel
def start_positions(system: Floats, rows: Floats, x: Floats, parties: Parties, t: int, n: int) -> None:
    """Zero the system's rows of year t and start every party from its funding."""
    clear_rows(system, SYSTEM_ROWS)
    for p in range(parties.in_system.shape[0]):
        here = rows[p * PARTY_ROWS * STRIDE :]
        funding = row_view(x, parties.funding[p, 0] + parties.funding[p, 1] * t)
        _fund(here, funding, parties.funding_scale[p, t], n)
        if parties.in_system[p]:
            add_row(row_view(system, NET_POSITION), row_view(here, FUNDING), n)


@inner_kernel
def _fund_cost(before: Floats, saving: Floats, net: Floats, cost: Floats, scale: float, n: int) -> None:
    """Take a cost off its funder's position, and off the saving and the net position of the system."""
    keep_apart()
    rows_apart()
    for i in range(n):
        amount = scale * cost[i]
        before[i] += amount
        saving[i] += amount
        net[i] += amount


@inner_kernel
def _pay(payer: Floats, sums: Floats, n: int) -> None:
    """What a pair's payer pays, with schemes and without."""
    keep_apart()
    for i in range(n):
        payer[BEFORE * STRIDE + i] -= sums[SUM_PAY * STRIDE + i]
        payer[DO_NOTHING * STRIDE + i] -= sums[SUM_PAY_DN * STRIDE + i]


@inner_kernel
def _provide(provider: Floats, sums: Floats, n: int) -> None:
    """What a pair's provider is paid and what its services cost it, with schemes and without."""
    keep_apart()
    for i in range(n):
        cost = sums[SUM_COST * STRIDE + i]
        provider[BEFORE * STRIDE + i] += sums[SUM_PAY * STRIDE + i] - cost
        provider[DO_NOTHING * STRIDE + i] += sums[SUM_PAY_DN * STRIDE + i] - (cost + sums[SUM_RELEASED * STRIDE + i])


@inner_kernel
def _total(system: Floats, sums: Floats, n: int) -> None:
    """Add a pair's saving, cost released and stranded cost to the system's."""
    keep_apart()
    for i in range(n):
        saving = sums[SUM_SAVING * STRIDE + i]
        system[NET_SAVING * STRIDE + i] += saving
        system[TOTAL_SAVING * STRIDE + i] += saving
        system[TOTAL_RELEASED * STRIDE + i] += sums[SUM_RELEASED * STRIDE + i]
        system[TOTAL_STRANDED * STRIDE + i] += sums[SUM_STRANDED * STRIDE + i]


@inner_kernel
def pair_year(system: Floats, rows: Floats, sums: Floats, parties: Parties, q: int, n: int) -> None:
    """Payments and provider costs of pair ``q`` in the year at hand; a pair whose two parties are one pays nothing (its sums are 0)."""
    payer, provider = parties.pair[q, 0], parties.pair[q, 1]
    _pay(rows[payer * PARTY_ROWS * STRIDE :], sums, n)
    _provide(rows[provider * PARTY_ROWS * STRIDE :], sums, n)
    _total(system, sums, n)
    if parties.in_system[payer] and not parties.in_system[provider]:
        add_row(row_view(system, LEAKAGE), row_view(sums, SUM_PAY), n)
    if parties.in_system[provider] and not parties.in_system[payer]:
        subtract_row(row_view(system, LEAKAGE), row_view(sums, SUM_PAY), n)
    if parties.in_system[provider]:
        subtract_row(row_view(system, NET_POSITION), row_view(sums, SUM_COST), n)


@inner_kernel
def _move_money(system: Floats, rows: Floats, x: Floats, parties: Parties, t: int, n: int) -> None:
    """Money from one party to another, the same with schemes and without."""
    leakage = row_view(system, LEAKAGE)
    for k in range(parties.flow.shape[0]):
        amount, scale = row_view(x, parties.flow[k, 0] + parties.flow[k, 1] * t), parties.flow_scale[k, t]
        payer, receiver = parties.flow_from[k], parties.flow_to[k]
        if scale != 0.0:
            for row in (BEFORE, DO_NOTHING):
                add_scaled_row(row_view(rows, payer * PARTY_ROWS + row), amount, -scale, n)
                add_scaled_row(row_view(rows, receiver * PARTY_ROWS + row), amount, scale, n)
            if parties.in_system[payer] and not parties.in_system[receiver]:
                add_scaled_row(leakage, amount, scale, n)
            if parties.in_system[receiver] and not parties.in_system[payer]:
                add_scaled_row(leakage, amount, -scale, n)


@inner_kernel
def _fund_costs(system: Floats, rows: Floats, x: Floats, parties: Parties, t: int, n: int) -> None:
    """Take running costs and investments off whoever funds them and off the system's saving."""
    for c in range(parties.cost.shape[0]):
        cost, scale = row_view(x, parties.cost[c, 0] + parties.cost[c, 1] * t), -parties.cost_scale[c, t]
        if scale != 0.0:
            funder = parties.cost_funder[c]
            before, saving = row_view(rows, funder * PARTY_ROWS + BEFORE), row_view(system, NET_SAVING)
            if parties.in_system[funder]:
                _fund_cost(before, saving, row_view(system, NET_POSITION), cost, scale, n)
            else:
                add_scaled_row(before, cost, scale, n)
                add_scaled_row(saving, cost, scale, n)


@inner_kernel
def _add_settlements(system: Floats, rows: Floats, members: Floats, parties: Parties, n: int) -> None:
    for m in range(parties.member_party.shape[0]):
        party = parties.member_party[m]
        amount = row_view(members, m * MEMBER_ROWS + SETTLEMENT)
        add_row(row_view(rows, party * PARTY_ROWS + POSITION), amount, n)
        if not parties.in_system[party]:
            add_row(row_view(system, LEAKAGE), amount, n)


@inner_kernel
def finish_positions(system: Floats, rows: Floats, members: Floats, x: Floats, parties: Parties, t: int, n: int) -> None:
    """All positions of year ``t``, the pairs being in; ``members`` holds the settlements."""
    _move_money(system, rows, x, parties, t, n)
    _fund_costs(system, rows, x, parties, t, n)
    for p in range(parties.in_system.shape[0]):
        here = rows[p * PARTY_ROWS * STRIDE :]
        copy_row(row_view(here, POSITION), row_view(here, BEFORE), n)
    _add_settlements(system, rows, members, parties, n)
    subtract_row(row_view(system, NET_POSITION), row_view(system, LEAKAGE), n)
    add_row(row_view(system, NET_BENEFIT), row_view(system, NET_POSITION), n)
    for p in range(parties.in_system.shape[0]):
        if parties.in_system[p]:
            subtract_row(row_view(system, NET_BENEFIT), row_view(rows, p * PARTY_ROWS + DO_NOTHING), n)


@inner_kernel
def report_year(out: Floats, x: Floats, reported: Reported, t: int, n: int) -> None:
    """Copy year ``t`` of the numbers that are results as they are to their output rows."""
    for k in range(reported.slot.shape[0]):
        target = row_view(out, k)
        fill_row(target, 0.0, n)
        add_scaled_row(target, row_view(x, reported.slot[k, 0] + reported.slot[k, 1] * t), reported.scale[k, t], n)
