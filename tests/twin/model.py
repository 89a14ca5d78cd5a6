"""The twin of the model: one study, its plan and its draws, in plain floats (MODEL.md, docs/model-notes.md)."""

from __future__ import annotations

from .activity import price
from .affordability import affordability_gap
from .budgets import Budget, paid_by, paid_to, work_out_budget
from .contract import Memory, settle_arrangement
from .costs import Cost, all_investments, all_running_costs
from .payment import Plan, funding, payment, provider_cost
from .population import population_by_segment
from .reading import Reader, merged, scenario_tree
from .scopes import payer
from .worked_lines import Lines, end_state_savings, planned_end, work_out

LINE_VARIABLES = [
    "activity_do_nothing",
    "activity",
    "spend_pressure",
    "spend_do_nothing",
    "spend",
    "gross_saving",
    "payment",
    "provider_cost",
    "cost_released",
    "stranded_cost",
    "price",
    "unit_cost",
]
SCHEME_VARIABLES = ["scheme_saving", "scheme_cost", "investment"]
YEAR_VARIABLES = ["net_saving", "net_benefit", "net_position", "leakage"]
PARTY_VARIABLES = ["party_position", "party_position_before", "party_position_do_nothing", "funding"]
ARRANGEMENT_VARIABLES = ["baseline", "outturn", "gain", "pool", "msr_met"]
MEMBER_VARIABLES = ["payout", "windfall", "settlement", "cap_hit", "collar_hit"]
BUDGET_VARIABLES = ["budget_value", "budget_paid", "ips_earned"]
OTHER_VARIABLES = ["affordability_gap", "population"]
NAMED_VARIABLES = (
    LINE_VARIABLES + SCHEME_VARIABLES + PARTY_VARIABLES + ARRANGEMENT_VARIABLES + MEMBER_VARIABLES + BUDGET_VARIABLES + OTHER_VARIABLES
)
FLAGS = ("msr_met", "cap_hit", "collar_hit")


def make_plan(tree: dict, plan_values: dict[str, list[float]], drawn_tree: dict | None = None) -> Plan:
    """The plan: the study as written with every driver at its plan value and no volatility.

    What is reinvested of planned savings by a scheme that only the drawn study has on is what it would have saved, had it been on.
    """
    reader = Reader(tree, plan_values, is_plan=True)
    end = planned_end(reader)
    worked = work_out(reader, end)
    savings = end_state_savings(reader, end)
    for scheme in reader.names("schemes"):
        if drawn_tree and drawn_tree["schemes"][scheme].get("enabled", True) and not tree["schemes"][scheme].get("enabled", True):
            with_scheme = merged(tree, {"schemes": {scheme: {"enabled": True}}})
            savings[scheme] = end_state_savings(Reader(with_scheme, plan_values, is_plan=True), end)[scheme]

    plan = Plan(reader, worked.activity_do_nothing, worked.activity, worked.price, savings, end)
    budgets = {name: work_out_budget(reader, plan, name) for name in reader.names("budgets")}
    paid = {line: payment(reader, plan, line, worked.activity[line], worked.price_after[line]) for line in worked.activity}
    for party in reader.names("parties"):
        income = funding(reader, plan, party)
        for t in reader.years:
            income[t] += sum(paid[line][t] for line in paid if reader.provider(line) == party) + paid_to(budgets, party, t)
        plan.income[party] = income
    return plan


def pressure(reader: Reader, line: str, paid: list[float]) -> list[float]:
    """The price without the required efficiency; where a price was observed, above it as much as it is drawn above the price."""
    without = price(reader, line, with_efficiency=False)
    if reader.is_plan or not reader.has(f"services.{line}.actual.price"):
        return without
    drawn = price(reader, line)
    return [without[0]] + [without[t] * (paid[t] / drawn[t]) for t in reader.years]


class Outcome:
    """Everything the model computes for one value of every driver."""

    def __init__(self, reader: Reader, plan: Plan):
        self.reader, self.plan = reader, plan
        self.lines: Lines = work_out(reader, plan.end)
        lines = self.lines
        names = reader.names("services")
        self.pressure = {line: pressure(reader, line, lines.price[line]) for line in names}
        self.paid = {line: payment(reader, plan, line, lines.activity[line], lines.price_after[line]) for line in names}
        self.paid_before = {line: payment(reader, plan, line, lines.activity_do_nothing[line], lines.price[line]) for line in names}
        self.cost = {line: provider_cost(reader, plan, line, lines.activity[line], lines.unit_cost_after[line]) for line in names}
        self.cost_before = {
            line: provider_cost(reader, plan, line, lines.activity_do_nothing[line], lines.unit_cost[line]) for line in names
        }
        # what activity not there any more would still cost, at the unit cost that schemes leave
        at_new_cost = {
            line: provider_cost(reader, plan, line, lines.activity_do_nothing[line], lines.unit_cost_after[line]) for line in names
        }
        self.volume_released = {line: [at_new_cost[line][t] - self.cost[line][t] for t in range(reader.last_year + 1)] for line in names}
        self.running: list[Cost] = all_running_costs(reader, plan.end_state_savings, lines.scheme_saving)
        self.investments: list[Cost] = all_investments(reader)
        self.funds = {party: funding(reader, plan, party) for party in reader.names("parties")}
        self.budgets: dict[str, Budget] = {name: work_out_budget(reader, plan, name) for name in reader.names("budgets")}
        self.people = population_by_segment(reader)
        self.memories = {name: Memory() for name in reader.names("arrangements")}
        self.result: dict = {name: [{} for _ in reader.years] for name in NAMED_VARIABLES}
        self.result |= {name: [] for name in YEAR_VARIABLES}
        self.gross_scale: list[float] = []
        self.gap_scale: list[float] = []
        for t in reader.years:
            self.work_out_year(t)
        self.result["scale"] = scales(self.result, self.gross_scale) | {"affordability_gap": self.gap_scale}

    def work_out_year(self, t: int) -> None:
        """All variables of year t."""
        year = {name: self.result[name][t - 1] for name in NAMED_VARIABLES}
        self.line_variables(year, t)
        for scheme in self.reader.names("schemes"):
            year["scheme_saving"][scheme] = self.lines.scheme_saving[scheme][t]
            year["scheme_cost"][scheme] = sum(item.amount[t] for item in self.running if item.scheme == scheme)
            year["investment"][scheme] = sum(item.amount[t] for item in self.investments if item.scheme == scheme)
        for name, budget in self.budgets.items():
            year["budget_value"][name] = budget.value[t]
            year["budget_paid"][name] = budget.paid[t]
            year["ips_earned"][name] = budget.earned[t]
        for segment, size in self.people.items():
            year["population"][segment] = size[t]
        for name in self.reader.names("arrangements"):
            settled = settle_arrangement(self.reader, self.plan, self.budgets, name, self.lines.activity, t, self.memories[name])
            for variable in ARRANGEMENT_VARIABLES + MEMBER_VARIABLES:
                year[variable][name] = getattr(settled, variable)
        self.positions(year, t)
        savings, costs, investments = (sum(year[name].values()) for name in ("gross_saving", "scheme_cost", "investment"))
        self.result["net_saving"].append(savings - costs - investments)
        self.gross_scale.append(self.size(year, t))
        self.gaps(year, t)

    def line_variables(self, year: dict, t: int) -> None:
        """What each line has in year t."""
        lines = self.lines
        for line in lines.activity:
            before, after = lines.activity_do_nothing[line][t], lines.activity[line][t]
            year["activity_do_nothing"][line] = before
            year["activity"][line] = after
            year["price"][line] = lines.price[line][t]
            year["unit_cost"][line] = lines.unit_cost[line][t]
            year["spend_pressure"][line] = before * self.pressure[line][t]
            year["spend_do_nothing"][line] = before * lines.price[line][t]
            year["spend"][line] = after * lines.price_after[line][t]
            year["gross_saving"][line] = before * lines.price[line][t] - after * lines.price_after[line][t]
            year["payment"][line] = self.paid[line][t]
            year["provider_cost"][line] = self.cost[line][t]
            year["cost_released"][line] = self.cost_before[line][t] - self.cost[line][t]
            year["stranded_cost"][line] = lines.unit_cost_after[line][t] * (before - after) - self.volume_released[line][t]

    def through_contracts(self, payments: dict[str, list[float]], party: str, t: int) -> float:
        """What a party is paid for lines and out of budgets, less what it pays, in year t."""
        paid_in = sum(payments[line][t] for line in payments if self.reader.provider(line) == party)
        paid_out = sum(payments[line][t] for line in payments if payer(self.reader, line, t) == party)
        return paid_in + paid_to(self.budgets, party, t) - paid_out - paid_by(self.budgets, party, t)

    def positions(self, year: dict, t: int) -> None:
        """What each party and the system has in year t."""
        net_position = net_do_nothing = leakage = 0.0
        for party, funds in self.funds.items():
            provided = [line for line in self.cost if self.reader.provider(line) == party]
            own_cost = sum(self.cost[line][t] for line in provided)
            own_cost_before = sum(self.cost_before[line][t] for line in provided)
            funded = sum(item.amount[t] for item in self.running + self.investments if item.party == party)
            settlement = sum(by_party.get(party, 0.0) for by_party in year["settlement"].values())
            through = self.through_contracts(self.paid, party, t)
            year["funding"][party] = funds[t]
            year["party_position_before"][party] = funds[t] + through - own_cost - funded
            year["party_position"][party] = year["party_position_before"][party] + settlement
            do_nothing = funds[t] + self.through_contracts(self.paid_before, party, t) - own_cost_before
            year["party_position_do_nothing"][party] = do_nothing
            if self.reader.in_system(party):
                net_position += funds[t] - own_cost - funded
                net_do_nothing += do_nothing
            else:
                leakage += through + settlement
        self.result["leakage"].append(leakage)
        self.result["net_position"].append(net_position - leakage)
        self.result["net_benefit"].append(net_position - leakage - net_do_nothing)

    def gaps(self, year: dict, t: int) -> None:
        """The affordability gap of each stream in year t."""
        size = 0.0
        for stream in self.reader.names("allocations"):
            gap, terms = affordability_gap(self.reader, self.plan, self.budgets, stream, t)
            year["affordability_gap"][stream] = gap
            size += terms
        self.gap_scale.append(size)

    def size(self, year: dict, t: int) -> float:
        """A magnitude of the money of year t."""
        return (
            sum(abs(value) for name in ("spend_do_nothing", "payment", "provider_cost", "funding") for value in year[name].values())
            + sum(abs(item.amount[t]) for item in self.running + self.investments)
            + sum(abs(value) for value in year["baseline"].values())
            + sum(budget.scale[t] for budget in self.budgets.values())
        )


def scales(result: dict, gross_scale: list[float]) -> dict[str, list[float]]:
    """For each variable a magnitude per year that a comparison can be relative to."""
    scale = {}
    for name, by_year in result.items():
        if name in ("activity_do_nothing", "activity"):
            pairs = zip(result["activity_do_nothing"], result["activity"], strict=True)
            scale[name] = [sum(map(abs, before.values())) + sum(map(abs, after.values())) for before, after in pairs]
        elif name in ("price", "unit_cost", "population"):
            scale[name] = [sum(map(abs, by_name.values())) for by_name in by_year]
        elif name in FLAGS:
            scale[name] = [1.0 for _ in gross_scale]
        else:
            scale[name] = list(gross_scale)
    return scale


def outcome(reader: Reader, plan: Plan) -> dict:
    """Everything the model computes for one value of every driver, by variable."""
    return Outcome(reader, plan).result


def twin(tree: dict, plan_values: dict[str, list[float]], draws: list[dict[str, list[float]]], scenario: str | None = None) -> dict:
    """The plan of a study and what it computes for every draw of its drivers.

    `plan_values[name]` and each `draws[k][name]` are the T values of a driver, in the units of the file. With a scenario the draws are of
    the study with its overrides; the plan stays that of the study as written. Each variable is a list over the years 1..T, of numbers or of
    dicts by name; `scale` gives for each variable a magnitude per year.
    """
    drawn_tree = scenario_tree(tree, scenario)
    plan = make_plan(tree, plan_values, drawn_tree)
    return {
        "plan": outcome(plan.reader, plan),
        "draws": [outcome(Reader(drawn_tree, values, is_plan=False), plan) for values in draws],
    }
