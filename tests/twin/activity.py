"""Do nothing: population, activity, price and unit cost (MODEL.md section 2, notes 3 and 4)."""

from __future__ import annotations

from .reading import NAN, Reader, is_table


def population(reader: Reader) -> list[float]:
    """N[0..T]: N[t] = N[t-1] (1 + growth[t])."""
    growth = reader.number("population.growth", 0.0)
    size = [reader.base_number("population.size")]
    for t in reader.years:
        size.append(size[t - 1] * (1 + growth[t]))
    return size


def inflation_index(reader: Reader, category: str | None) -> list[float]:
    """I[0..T] of a cost category; 1 in every year when none is named."""
    if category is None:
        return [1.0] * (reader.last_year + 1)
    inflation = reader.number(f"inflation.{category}")
    index = [1.0]
    for t in reader.years:
        index.append(index[t - 1] * (1 + inflation[t]))
    return index


def growth_rates(reader: Reader, line: str) -> list[list[float]]:
    """The growth factors of a line, each a rate over the years, in file order."""
    growth = reader.get(f"services.{line}.growth")
    if growth is None:
        return []
    if not is_table(growth):
        return [reader.number(f"services.{line}.growth")]
    rates = []
    for factor, raw in growth.items():
        if raw is False:
            continue
        if raw is True:
            size = population(reader)
            rates.append([NAN] + [size[t] / size[t - 1] - 1 for t in reader.years])
        else:
            rates.append(reader.number(f"services.{line}.growth.{factor}"))
    return rates


def noise(reader: Reader, line: str) -> list[float]:
    """epsilon · common of a line, over the years; 1 in the plan and for a line without volatility."""
    if reader.is_plan or not reader.has(f"services.{line}.volatility"):
        return [1.0] * (reader.last_year + 1)
    epsilon = reader.values[f"services.{line}.volatility"]
    common = reader.number("volatility.common", 1.0)
    return [NAN] + [epsilon[t - 1] * common[t] for t in reader.years]


def growth_moves_price(reader: Reader, line: str) -> bool:
    """Whether the growth of a spend line moves its price instead of its activity."""
    return reader.get(f"services.{line}.growth_is", "activity") == "price"


def base_activity(reader: Reader, line: str) -> float:
    """A[0]: the activity, or the spend of a spend line."""
    if reader.has(f"services.{line}.activity"):
        return reader.base_number(f"services.{line}.activity")
    return reader.base_number(f"services.{line}.spend") * reader.money_factor


def activity_do_nothing(reader: Reader, line: str) -> list[float]:
    """A0[0..T]; entry 0 is not a number where spend is given by year."""
    epsilon = noise(reader, line)
    if reader.has(f"services.{line}.spend_by_year"):
        spend = reader.money(f"services.{line}.spend_by_year")
        return [NAN] + [spend[t] * epsilon[t] for t in reader.years]
    expected = [base_activity(reader, line)]
    rates = [] if growth_moves_price(reader, line) else growth_rates(reader, line)
    for t in reader.years:
        value = expected[t - 1]
        for rate in rates:
            value = value * (1 + rate[t])
        expected.append(value)
    return [expected[0]] + [expected[t] * epsilon[t] for t in reader.years]


def cost_inflation(reader: Reader, line: str) -> list[float]:
    """The weighted inflation of a line: the sum over categories of w_c · inflation_c[t]."""
    total = reader.zeros()
    for category in reader.names(f"services.{line}.cost_weights"):
        weight = reader.get(f"services.{line}.cost_weights.{category}")
        inflation = reader.number(f"inflation.{category}")
        for t in reader.years:
            total[t] += weight * inflation[t]
    return total


def price_growth_factor(reader: Reader, line: str) -> list[float]:
    """The further factor on price and unit cost of a line whose growth is price."""
    factor = [1.0] * (reader.last_year + 1)
    if growth_moves_price(reader, line):
        for rate in growth_rates(reader, line):
            for t in reader.years:
                factor[t] *= 1 + rate[t]
    return factor


def base_price(reader: Reader, line: str) -> float:
    """P[0]: the price of an activity line, 1 for a spend line."""
    return reader.base_number(f"services.{line}.price") if reader.has(f"services.{line}.price") else 1.0


def price(reader: Reader, line: str) -> list[float]:
    """P[0..T], what is paid per unit."""
    if reader.has(f"services.{line}.spend_by_year"):
        return [1.0] * (reader.last_year + 1)
    inflation = cost_inflation(reader, line)
    required = reader.number(f"services.{line}.efficiency_required", 0.0)
    further = price_growth_factor(reader, line)
    by_tariff = reader.has(f"services.{line}.tariff_change")
    tariff = reader.number(f"services.{line}.tariff_change", 0.0)
    on_top = reader.get(f"services.{line}.tariff_change_on_top", False)
    result = [base_price(reader, line)]
    for t in reader.years:
        if by_tariff and on_top:
            factor = (1 + inflation[t]) * (1 - required[t]) * (1 + tariff[t])
        elif by_tariff:
            factor = 1 + tariff[t]
        else:
            factor = (1 + inflation[t]) * (1 - required[t])
        result.append(result[t - 1] * factor * further[t])
    return result


def unit_cost(reader: Reader, plan_reader: Reader, line: str) -> list[float]:
    """C[0..T], what a unit costs the provider. Efficiency achieved defaults to the plan value of the efficiency required."""
    if reader.has(f"services.{line}.spend_by_year"):
        return [reader.base_number(f"services.{line}.unit_cost", 1.0)] * (reader.last_year + 1)
    inflation = cost_inflation(reader, line)
    if reader.has(f"services.{line}.efficiency_achieved"):
        achieved = reader.number(f"services.{line}.efficiency_achieved")
    else:
        achieved = plan_reader.number(f"services.{line}.efficiency_required", 0.0)
    further = price_growth_factor(reader, line)
    if reader.has(f"services.{line}.unit_cost"):
        result = [reader.base_number(f"services.{line}.unit_cost")]
    else:
        result = [base_price(reader, line)]
    for t in reader.years:
        result.append(result[t - 1] * (1 + inflation[t]) * (1 - achieved[t]) * further[t])
    return result
