"""The twin of the model: one study, its plan and its draws, in plain floats (MODEL.md, docs/model-notes.md)."""

from __future__ import annotations

from .activity import activity_do_nothing, population, price, unit_cost
from .contract import members, settle_arrangement
from .costs import all_investments, all_running_costs
from .payment import Plan, funding, payment, provider_cost
from .reading import Reader, scenario_tree
from .schemes import all_effects, combine

LINE_VARIABLES = [
    "activity_do_nothing",
    "activity",
    "spend_do_nothing",
    "spend",
    "gross_saving",
    "payment",
    "provider_cost",
    "cost_released",
    "price",
    "unit_cost",
]
SCHEME_VARIABLES = ["scheme_saving", "scheme_cost", "investment"]
YEAR_VARIABLES = ["net_saving", "net_benefit", "net_position", "leakage"]
PARTY_VARIABLES = ["party_position", "party_position_before", "party_position_do_nothing", "funding"]
ARRANGEMENT_VARIABLES = ["baseline", "outturn", "gain", "pool", "msr_met"]
MEMBER_VARIABLES = ["payout", "windfall", "settlement", "cap_hit", "collar_hit"]
NAMED_VARIABLES = LINE_VARIABLES + SCHEME_VARIABLES + PARTY_VARIABLES + ARRANGEMENT_VARIABLES + MEMBER_VARIABLES
FLAGS = ("msr_met", "cap_hit", "collar_hit")


def make_plan(tree: dict, plan_values: dict[str, list[float]]) -> Plan:
    """The plan: the study as written with every driver at its plan value and no volatility."""
    reader = Reader(tree, plan_values, is_plan=True)
    lines = reader.names("services")
    before = {line: activity_do_nothing(reader, line) for line in lines}
    prices = {line: price(reader, line) for line in lines}
    effects = all_effects(reader, reader, before, prices)
    after = {line: activity_after(reader, line, before[line], effects) for line in lines}

    end = reader.last_year
    end_effects = all_effects(reader, reader, before, prices, end_state=True)
    end_savings = {scheme: reader.zeros() for scheme in reader.names("schemes")}
    for line in lines:
        for scheme, part in combine(reader, line, end_effects, end).parts.items():
            for t in reader.years:
                end_savings[scheme][t] += part * before[line][end] * prices[line][t]

    plan = Plan(reader, before, after, prices, end_savings)
    for party in reader.names("parties"):
        income = funding(reader, plan, party)
        for line in lines:
            if reader.provider(line) == party:
                paid = payment(reader, plan, line, after[line], prices[line])
                income = [income[t] + paid[t] for t in range(end + 1)]
        plan.income[party] = income
    return plan


def activity_after(reader: Reader, line: str, before: list[float], effects: list) -> list[float]:
    """A1 = A0 · (1 - rho)."""
    return [before[0]] + [before[t] * (1 - combine(reader, line, effects, t).share) for t in reader.years]


def outcome(reader: Reader, plan: Plan) -> dict:
    """Everything the model computes for one value of every driver."""
    lines = reader.names("services")
    schemes = reader.names("schemes")
    parties = reader.names("parties")
    arrangements = reader.names("arrangements")

    before = {line: activity_do_nothing(reader, line) for line in lines}
    prices = {line: price(reader, line) for line in lines}
    unit_costs = {line: unit_cost(reader, plan.reader, line) for line in lines}
    effects = all_effects(reader, plan.reader, plan.activity_do_nothing, plan.price)
    after = {line: activity_after(reader, line, before[line], effects) for line in lines}
    paid = {line: payment(reader, plan, line, after[line], prices[line]) for line in lines}
    paid_before = {line: payment(reader, plan, line, before[line], prices[line]) for line in lines}
    cost = {line: provider_cost(reader, plan, line, after[line], unit_costs[line]) for line in lines}
    cost_before = {line: provider_cost(reader, plan, line, before[line], unit_costs[line]) for line in lines}
    running = all_running_costs(reader, plan.end_state_savings)
    investments = all_investments(reader)
    funds = {party: funding(reader, plan, party) for party in parties}

    result: dict = {}
    for name in NAMED_VARIABLES:
        result[name] = [{} for _ in reader.years]
    for name in YEAR_VARIABLES:
        result[name] = []
    if reader.has("population"):
        result["population"] = population(reader)[1:]

    gross_scale = []
    for t in reader.years:
        year = {name: result[name][t - 1] for name in NAMED_VARIABLES}
        for line in lines:
            year["activity_do_nothing"][line] = before[line][t]
            year["activity"][line] = after[line][t]
            year["price"][line] = prices[line][t]
            year["unit_cost"][line] = unit_costs[line][t]
            year["spend_do_nothing"][line] = before[line][t] * prices[line][t]
            year["spend"][line] = after[line][t] * prices[line][t]
            year["gross_saving"][line] = before[line][t] * prices[line][t] - after[line][t] * prices[line][t]
            year["payment"][line] = paid[line][t]
            year["provider_cost"][line] = cost[line][t]
            year["cost_released"][line] = cost_before[line][t] - cost[line][t]

        for scheme in schemes:
            year["scheme_saving"][scheme] = 0.0
            year["scheme_cost"][scheme] = sum(item.amount[t] for item in running if item.scheme == scheme)
            year["investment"][scheme] = sum(item.amount[t] for item in investments if item.scheme == scheme)
        for line in lines:
            for scheme, part in combine(reader, line, effects, t).parts.items():
                year["scheme_saving"][scheme] += part * before[line][t] * prices[line][t]

        settled = {name: settle_arrangement(reader, plan, name, after, t) for name in arrangements}
        for name in arrangements:
            for variable in ARRANGEMENT_VARIABLES + MEMBER_VARIABLES:
                year[variable][name] = getattr(settled[name], variable)

        net_position = 0.0
        net_do_nothing = 0.0
        leakage = 0.0
        for party in parties:
            paid_in = sum(paid[line][t] for line in lines if reader.provider(line) == party)
            paid_out = sum(paid[line][t] for line in lines if reader.payer(line) == party)
            own_cost = sum(cost[line][t] for line in lines if reader.provider(line) == party)
            funded = sum(item.amount[t] for item in running + investments if item.party == party)
            settlement = sum(settled[name].settlement[party] for name in arrangements if party in members(reader, name))
            position_before = funds[party][t] + paid_in - paid_out - own_cost - funded
            year["funding"][party] = funds[party][t]
            year["party_position_before"][party] = position_before
            year["party_position"][party] = position_before + settlement

            paid_in_before = sum(paid_before[line][t] for line in lines if reader.provider(line) == party)
            paid_out_before = sum(paid_before[line][t] for line in lines if reader.payer(line) == party)
            own_cost_before = sum(cost_before[line][t] for line in lines if reader.provider(line) == party)
            do_nothing = funds[party][t] + paid_in_before - paid_out_before - own_cost_before
            year["party_position_do_nothing"][party] = do_nothing

            if reader.in_system(party):
                net_position += funds[party][t] - own_cost - funded
                net_do_nothing += do_nothing
            else:
                leakage += paid_in - paid_out + settlement
        net_position -= leakage

        result["leakage"].append(leakage)
        result["net_position"].append(net_position)
        result["net_benefit"].append(net_position - net_do_nothing)
        result["net_saving"].append(
            sum(year["gross_saving"].values()) - sum(year["scheme_cost"].values()) - sum(year["investment"].values())
        )
        gross_scale.append(
            sum(abs(value) for name in ("spend_do_nothing", "payment", "provider_cost", "funding") for value in year[name].values())
            + sum(abs(item.amount[t]) for item in running + investments)
            + sum(abs(value) for value in year["baseline"].values())
        )

    result["scale"] = scales(result, gross_scale)
    return result


def scales(result: dict, gross_scale: list[float]) -> dict[str, list[float]]:
    """For each variable a magnitude per year that a comparison can be relative to."""
    scale = {}
    for name, by_year in result.items():
        if name in ("activity_do_nothing", "activity"):
            pairs = zip(result["activity_do_nothing"], result["activity"], strict=True)
            scale[name] = [sum(map(abs, before.values())) + sum(map(abs, after.values())) for before, after in pairs]
        elif name in ("price", "unit_cost"):
            scale[name] = [sum(map(abs, by_line.values())) for by_line in by_year]
        elif name == "population":
            scale[name] = [abs(value) for value in by_year]
        elif name in FLAGS:
            scale[name] = [1.0 for _ in gross_scale]
        else:
            scale[name] = list(gross_scale)
    return scale


def twin(tree: dict, plan_values: dict[str, list[float]], draws: list[dict[str, list[float]]], scenario: str | None = None) -> dict:
    """The plan of a study and what it computes for every draw of its drivers.

    `plan_values[name]` and each `draws[k][name]` are the T values of a driver, in the units of the file. With a scenario the draws are of
    the study with its overrides; the plan stays that of the study as written. Each variable is a list over the years 1..T, of numbers or of
    dicts by name; `scale` gives for each variable a magnitude per year.
    """
    plan = make_plan(tree, plan_values)
    drawn_tree = scenario_tree(tree, scenario)
    return {
        "plan": outcome(plan.reader, plan),
        "draws": [outcome(Reader(drawn_tree, values, is_plan=False), plan) for values in draws],
    }
