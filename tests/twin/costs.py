"""Running costs and investments of schemes (MODEL.md section 4, notes 9 and 10)."""

from __future__ import annotations

from dataclasses import dataclass

from .activity import inflation_index
from .reading import NAN, Reader
from .schemes import enabled_schemes, ramp


@dataclass
class Cost:
    """A cost of a scheme over the years, and the party that funds it."""

    scheme: str
    party: str
    amount: list[float]


def pay_cost(reader: Reader, path: str) -> list[float]:
    """Bottom-up: people × intensity tiers × contacts × hours, over the hours a WTE delivers, times the cost of a WTE."""
    people = reader.number(f"{path}.people")
    hours_per_wte = reader.number(f"{path}.hours_per_wte")
    utilisation = reader.number(f"{path}.utilisation")
    cost_per_wte = reader.number(f"{path}.cost_per_wte")
    hours_a_person = reader.zeros()
    if reader.has(f"{path}.tiers"):
        for tier in reader.names(f"{path}.tiers"):
            share = reader.number(f"{path}.tiers.{tier}.share")
            contacts = reader.number(f"{path}.tiers.{tier}.contacts")
            hours = reader.number(f"{path}.tiers.{tier}.hours")
            for t in reader.years:
                hours_a_person[t] += share[t] * contacts[t] * hours[t]
    else:
        contacts = reader.number(f"{path}.contacts")
        hours = reader.number(f"{path}.hours")
        for t in reader.years:
            hours_a_person[t] = contacts[t] * hours[t]
    result = [NAN]
    for t in reader.years:
        wte = people[t] * hours_a_person[t] / (hours_per_wte[t] * utilisation[t])
        result.append(wte * cost_per_wte[t])
    return result


def running_cost(reader: Reader, path: str, end_state_saving: list[float], actual_saving: list[float]) -> list[float]:
    """One running cost over the years, by its approach."""
    approach = reader.get(f"{path}.approach")
    steps = ramp(reader, f"{path}.ramp")
    index = inflation_index(reader, reader.get(f"{path}.inflation"))
    absorbed = reader.number(f"{path}.absorbed", 0.0)
    result = reader.zeros()
    if approach == "budget":
        amount = reader.money(f"{path}.amount")
        for t in reader.years:
            result[t] = amount[t] * steps[t] * index[t] * (1 - absorbed[t])
    elif approach == "bottom_up":
        pay = pay_cost(reader, path)
        non_pay = reader.money(f"{path}.non_pay", 0.0)
        for t in reader.years:
            result[t] = (pay[t] + non_pay[t]) * steps[t] * index[t] * (1 - absorbed[t])
    elif approach == "reinvestment":
        share = reader.number(f"{path}.share")
        actual = reader.get(f"{path}.of", "plan") == "actual"
        for t in reader.years:
            saving = max(actual_saving[t], 0.0) if actual else end_state_saving[t]
            result[t] = share[t] * saving * steps[t] * (1 - absorbed[t])
    else:
        raise ValueError(approach)
    return result


def investment(reader: Reader, path: str) -> list[float]:
    """One investment over the years: cash as spent, or a capital charge on it."""
    amount = reader.money(f"{path}.amount")
    index = inflation_index(reader, reader.get(f"{path}.inflation"))
    only_year = reader.get(f"{path}.year")
    spent = reader.zeros()
    for t in reader.years:
        if only_year is None or t == only_year:
            spent[t] = amount[t] * index[t]
    life = reader.get(f"{path}.life")
    if life is None:
        return spent
    rate = reader.get(f"{path}.charge_rate", 0.0)
    charge = reader.zeros()
    for t in reader.years:
        for k in reader.years:
            if k <= t <= k + life - 1:
                charge[t] += spent[k] * (1 / life + rate * (1 - (t - k) / life))
    return charge


def funder(reader: Reader, path: str) -> str:
    """The party that funds a cost or an investment."""
    return reader.get(f"{path}.funded_by") or reader.only_commissioner()


def all_running_costs(reader: Reader, end_state_savings: dict[str, list[float]], actual_savings: dict[str, list[float]]) -> list[Cost]:
    """Every running cost of every enabled scheme; `actual_savings` are what the schemes save in each year."""
    result = []
    for scheme in enabled_schemes(reader):
        for name in reader.names(f"schemes.{scheme}.costs"):
            path = f"schemes.{scheme}.costs.{name}"
            amount = running_cost(reader, path, end_state_savings[scheme], actual_savings[scheme])
            result.append(Cost(scheme, funder(reader, path), amount))
    return result


def all_investments(reader: Reader) -> list[Cost]:
    """Every investment of every enabled scheme."""
    result = []
    for scheme in enabled_schemes(reader):
        for name in reader.names(f"schemes.{scheme}.investments"):
            path = f"schemes.{scheme}.investments.{name}"
            result.append(Cost(scheme, funder(reader, path), investment(reader, path)))
    return result
