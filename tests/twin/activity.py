"""Do nothing: activity, price and unit cost (MODEL.md section 2, notes 3, 4, 21 and 22)."""

from __future__ import annotations

from .population import population, population_by_segment
from .qipp import lowered
from .reading import NAN, Reader, is_table


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
        if factor == "population" and isinstance(raw, (bool, str)):
            size = population(reader) if raw is True else population_by_segment(reader)[raw]
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
    """A[0]: the activity, or the spend of a spend line; with `conversion` the figure of the current year carried to the base year."""
    path = f"services.{line}.conversion"
    growth = reader.base_number(f"{path}.growth", 0.0)
    if reader.has(f"services.{line}.activity"):
        return reader.base_number(f"services.{line}.activity") * (1 + growth)
    spend = reader.base_number(f"services.{line}.spend") * reader.money_factor
    added = reader.base_number(f"{path}.service_investment", 0.0) + reader.base_number(f"{path}.one_off", 0.0)
    return spend * converted_price(reader, line) * (1 + growth) + added * reader.money_factor


def converted_price(reader: Reader, line: str) -> float:
    """What inflation and efficiency of the current year make of a price: 1 without `conversion`."""
    path = f"services.{line}.conversion"
    return (1 + reader.base_number(f"{path}.inflation", 0.0)) * (1 - reader.base_number(f"{path}.efficiency", 0.0))


def activity_do_nothing(reader: Reader, line: str) -> list[float]:
    """A0[0..T], less planned efficiency programmes; entry 0 is not a number where spend is given by year."""
    epsilon = noise(reader, line)
    expected = lowered(reader, line, expected_activity(reader, line), price(reader, line))
    return [expected[0]] + [expected[t] * epsilon[t] for t in reader.years]


def expected_activity(reader: Reader, line: str) -> list[float]:
    """A0[0..T] before noise and planned efficiency programmes."""
    if reader.has(f"services.{line}.spend_by_year"):
        return [NAN] + reader.money(f"services.{line}.spend_by_year")[1:]
    expected = [base_activity(reader, line)]
    rates = [] if growth_moves_price(reader, line) else growth_rates(reader, line)
    for t in reader.years:
        value = expected[t - 1]
        for rate in rates:
            value = value * (1 + rate[t])
        expected.append(value)
    return expected


def cost_inflation(reader: Reader, line: str) -> list[float]:
    """The weighted inflation of a line: the sum over categories of w_c · inflation_c[t]."""
    total = reader.zeros()
    given = reader.get(f"services.{line}.cost_weights", {})
    path = f"cost_weights.{given}" if isinstance(given, str) else f"services.{line}.cost_weights"
    for category in reader.names(path):
        weight = reader.get(f"{path}.{category}")
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
    if not reader.has(f"services.{line}.price"):
        return 1.0
    return reader.base_number(f"services.{line}.price") * converted_price(reader, line)


def price(reader: Reader, line: str, with_efficiency: bool = True) -> list[float]:
    """P[0..T], what is paid per unit; or what it would be without the required efficiency."""
    if reader.has(f"services.{line}.spend_by_year"):
        return [1.0] * (reader.last_year + 1)
    inflation = cost_inflation(reader, line)
    required = reader.number(f"services.{line}.efficiency_required", 0.0) if with_efficiency else reader.zeros()
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
