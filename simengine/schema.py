"""Every dimension and variable of a result: name, dimensions, unit and meaning, declared once (INTERFACE.md, "The result").

``CURRENCY`` in a unit stands for the study's currency. A variable over draws also has the dimension ``scenario``, last; a ``plan_``
variable has neither. The declaration validates what is stored and annotates it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

SCHEMA_VERSION = "1"

CURRENCY = "currency"
DIMENSIONS = {
    "draw": "draw of the simulation, from 0",
    "year": "year in which flows accrue; the base year is before the first",
    "service": "service line",
    "scheme": "scheme",
    "party": "payer, provider, funder or fund",
    "arrangement": "gain/loss sharing arrangement",
    "budget": "whole population budget",
    "stream": "funding stream with an allocation",
    "segment": "population segment",
    "driver": "uncertain number with one value for all years",
    "path_driver": "uncertain number with a value for each year",
    "scenario": "scenario on common draws, base first",
    "statistic": "statistic over draws",
}


@dataclass(frozen=True)
class Variable:
    """One variable: its dimensions after ``draw`` and ``year``, its unit, its meaning, and whether a default run stores it."""

    name: str
    entity: tuple[str, ...]
    unit: str
    meaning: str
    stored: bool = False

    def long_name(self) -> str:
        """The meaning as a title."""
        return self.meaning


_POSITIONS = (
    Variable("net_saving", (), CURRENCY, "gross saving less running costs and investments, at price", True),
    Variable("net_benefit", (), CURRENCY, "net position less do-nothing net position", True),
    Variable("net_position", (), CURRENCY, "net position of the system: sum over parties in the system", True),
    Variable("leakage", (), CURRENCY, "payments and settlements that leave the system", True),
    Variable("gross_saving_total", (), CURRENCY, "gross saving of all lines, at price", True),
    Variable("cost_released_total", (), CURRENCY, "provider cost taken out by schemes, all lines", True),
    Variable("stranded_cost_total", (), CURRENCY, "cost of avoided activity not yet released, all lines", True),
    Variable("party_position", ("party",), CURRENCY, "position of a party after settlement", True),
    Variable("party_position_before", ("party",), CURRENCY, "position of a party before settlement", True),
    Variable("party_position_do_nothing", ("party",), CURRENCY, "position of a party without schemes and settlement", True),
    Variable("funding", ("party",), CURRENCY, "funding of a party", True),
    Variable("baseline", ("arrangement",), CURRENCY, "baseline of the covered lines", True),
    Variable("outturn", ("arrangement",), CURRENCY, "outturn of the covered lines at reference price", True),
    Variable("gain", ("arrangement",), CURRENCY, "gain (loss if negative): baseline less outturn", True),
    Variable("pool", ("arrangement",), CURRENCY, "shareable gain or loss", True),
    Variable("msr_met", ("arrangement",), "1", "1: minimum savings rate met, -1: minimum loss rate met, 0: neither", True),
    Variable("payout", ("arrangement", "party"), CURRENCY, "economic share of the pool after quality and limits"),
    Variable("windfall", ("arrangement", "party"), CURRENCY, "part of the shared gain already held through payment"),
    Variable("settlement", ("arrangement", "party"), CURRENCY, "settlement; positive: the party receives", True),
    Variable("cap_hit", ("arrangement", "party"), "1", "1 where the cap changed the payout", True),
    Variable("collar_hit", ("arrangement", "party"), "1", "1 where the collar changed the payout", True),
    Variable("budget_value", ("budget",), CURRENCY, "value of the budget after update and resets, before improvement payments", True),
    Variable("budget_paid", ("budget",), CURRENCY, "what the commissioner pays the holder of the budget", True),
    Variable("ips_earned", ("budget",), CURRENCY, "improvement payments earned", True),
    Variable("affordability_gap", ("stream",), CURRENCY, "budgets and other planned spend less the allocation", True),
    Variable("population", ("segment",), "people", "registered list", True),
)
_DETAILS = (
    Variable("activity_do_nothing", ("service",), "activity", "do-nothing activity (spend lines: in currency of the base year)"),
    Variable("activity", ("service",), "activity", "outturn activity (spend lines: in currency of the base year)"),
    Variable("spend_pressure", ("service",), CURRENCY, "do-nothing spend before required efficiency"),
    Variable("spend_do_nothing", ("service",), CURRENCY, "do-nothing spend at price"),
    Variable("spend", ("service",), CURRENCY, "outturn spend at price"),
    Variable("gross_saving", ("service",), CURRENCY, "do-nothing spend less outturn spend, at price"),
    Variable("payment", ("service",), CURRENCY, "payment for the line"),
    Variable("provider_cost", ("service",), CURRENCY, "what the line costs its provider"),
    Variable("cost_released", ("service",), CURRENCY, "provider cost taken out by schemes"),
    Variable("scheme_saving", ("scheme",), CURRENCY, "gross saving attributed to the scheme"),
    Variable("scheme_cost", ("scheme",), CURRENCY, "running cost of the scheme"),
    Variable("investment", ("scheme",), CURRENCY, "investment in the scheme"),
)
POSITION_VARIABLES = {variable.name: variable for variable in _POSITIONS}
DETAIL_VARIABLES = {variable.name: variable for variable in _DETAILS}
VARIABLES = POSITION_VARIABLES | DETAIL_VARIABLES
#: Variables that hold 0 and 1 (or -1): stored as small integers.
FLAGS = ("msr_met", "cap_hit", "collar_hit")
DRIVER_VARIABLES = ("driver_value", "driver_path")


def stored_variables(store: str | Iterable[str]) -> tuple[str, ...]:
    """The variables that a ``store`` setting keeps: "positions", "all", "summary", or a list of names (MODEL order is kept)."""
    if store == "summary":
        return ()
    if store == "all":
        return tuple(VARIABLES)
    if store == "positions":
        return tuple(name for name, variable in VARIABLES.items() if variable.stored)
    asked = {store} if isinstance(store, str) else set(store)
    return tuple(name for name in VARIABLES if name in asked)
