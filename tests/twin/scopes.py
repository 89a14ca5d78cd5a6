"""Which lines a whole population budget holds in which years, and who pays for a line (note 30)."""

from __future__ import annotations

from .reading import Reader


def is_in_scope(reader: Reader, budget: str, line: str, t: int) -> bool:
    """Whether a line is in scope of a budget in year t."""
    services = reader.get(f"budgets.{budget}.services")
    if line not in services:
        return False
    if isinstance(services, list):
        return True
    return services[line].get("from", 1) <= t <= services[line].get("to", reader.last_year)


def lines_in_scope(reader: Reader, budget: str, t: int) -> list[str]:
    """The lines in scope of a budget in year t."""
    return [line for line in reader.names("services") if is_in_scope(reader, budget, line, t)]


def budget_of(reader: Reader, line: str, t: int) -> str | None:
    """The budget that a line is in scope of in year t, or none."""
    for budget in reader.names("budgets"):
        if is_in_scope(reader, budget, line, t):
            return budget
    return None


def payer(reader: Reader, line: str, t: int) -> str:
    """Who pays for a line in year t: the holder of its budget, else its own payer."""
    budget = budget_of(reader, line, t)
    return reader.payer(line) if budget is None else reader.get(f"budgets.{budget}.holder")
