"""A draw laid out: drivers, lines, schemes, the system, each arrangement and each party's position, as ledgers and grids that add up."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simengine.jit import Floats
from simengine.runs.accounts import Entry, Grid, Ledger, Line
from simengine.runs.explain_contract import ExplainedContract, explain_contract
from simengine.runs.one_draw import DriverValue, OneDraw
from simengine.study.defaults import payers_of

TERM = "term"


@dataclass(frozen=True)
class Explained:
    """A draw in one period: a year, or the term (sums over the years)."""

    one: OneDraw
    period: int | None
    drivers: tuple[DriverValue, ...]
    lines: Grid
    schemes: Grid
    system: tuple[Ledger, ...]
    contracts: tuple[ExplainedContract, ...]
    parties: tuple[Ledger, ...]

    @property
    def label(self) -> str:
        """The year, or ``term``."""
        return TERM if self.period is None else self.one.years[self.period]


def explained(one: OneDraw, period: int | None) -> Explained:
    """Lay out a draw in year ``period`` (from 0), or over the term (None)."""
    look = _Look(one, period)
    contracts = tuple(explain_contract(one, period, a) for a in range(len(one.ready.layout.arrangements)))
    return Explained(one, period, one.drivers, look.lines(), look.schemes(), tuple(look.system()), contracts, tuple(look.parties()))


def unusual_first(drivers: tuple[DriverValue, ...], period: int | None) -> list[tuple[DriverValue, int, float]]:
    """Drivers with a year of theirs and how far out they are in it (0 to 1, NaN: not known), the farthest out first.

    Of a driver with a value in each year over the term the year in which it is farthest out.
    """
    found = []
    for driver in drivers:
        out = np.abs(2.0 * driver.rank - 1.0)
        year = 0 if len(out) == 1 else int(np.argmax(np.nan_to_num(out, nan=-1.0))) if period is None else period
        found.append((driver, year, float(out[year])))
    return sorted(found, key=lambda one: -1.0 if np.isnan(one[2]) else one[2], reverse=True)


class _Look:
    """A draw as seen in one period."""

    def __init__(self, one: OneDraw, period: int | None) -> None:
        self.one, self.period, self.layout = one, period, one.ready.layout

    def of(self, values: Floats) -> Floats:
        """What an array (year, …) says of the period."""
        found: Floats = values.sum(axis=0) if self.period is None else values[self.period]
        return found

    def value(self, name: str) -> Floats:
        """A variable in the period."""
        return self.of(self.one.values[name])

    def lines(self) -> Grid:
        """Spend and money of every service line."""
        planned = self.of(self.one.plan["spend"])
        names = ("spend_do_nothing", "gross_saving", "spend", "payment", "provider_cost")
        columns = [planned, *(self.value(name) for name in names)]
        lines = tuple(Line(line, tuple(float(column[s]) for column in columns)) for s, line in enumerate(self.layout.services))
        total = Line("all lines", tuple(float(column.sum()) for column in columns))
        headers = ("planned spend", "do nothing", "saving", "with schemes", "paid for it", "cost to provider")
        return Grid("Service lines", headers, lines, total, {1: {2: 1, 3: 1}})

    def schemes(self) -> Grid:
        """Saving and cost of every scheme."""
        columns = [self.value(name) for name in ("scheme_saving", "scheme_cost", "investment")]
        columns.append(columns[0] - columns[1] - columns[2])
        lines = tuple(Line(name, tuple(float(column[i]) for column in columns)) for i, name in enumerate(self.layout.schemes))
        total = Line("all schemes", tuple(float(column.sum()) for column in columns))
        return Grid("Schemes", ("saving", "running cost", "investment", "net saving"), lines, total, {3: {0: 1, 1: -1, 2: -1}})

    def system(self) -> Iterator[Ledger]:
        """Net saving, cost released, net position and net benefit."""
        one, inside = self.one, self._in_system()
        running, investment = (float(self.value(name).sum()) for name in ("scheme_cost", "investment"))
        released, stranded = (float(self.value(name)) for name in ("cost_released_total", "stranded_cost_total"))
        yield Ledger(
            "Net saving, at price",
            (
                Entry("gross saving of all lines", float(self.value("gross_saving_total"))),
                Entry("running costs of schemes", -running),
                Entry("investments", -investment),
                Entry("net saving", float(self.value("net_saving")), total=True),
            ),
        )
        yield Ledger(
            "Cost of the activity avoided",
            (
                Entry("taken out by providers", released),
                Entry("stranded", stranded),
                Entry("cost of the activity avoided", released + stranded, total=True),
            ),
        )
        provided = np.array([one.spec.services[line].provider in inside for line in self.layout.services])
        funded = sum(float(self.of(cost.amount)) for cost in one.costs if cost.payer in inside)
        parties = [self.layout.parties.index(party) for party in inside]
        entries = [
            Entry("funding", float(self.value("funding")[parties].sum())),
            Entry("provider cost", -float(self.value("provider_cost")[provided].sum())),
            Entry("costs of schemes", -funded),
            Entry("leaves the system", -float(self.value("leakage"))),
            Entry("net position", float(self.value("net_position")), total=True),
            Entry("less the net position with nothing done", -float(self.value("party_position_do_nothing")[parties].sum())),
            Entry("net benefit", float(self.value("net_benefit")), total=True),
        ]
        yield Ledger("Net position of the system", tuple(entries))

    def _in_system(self) -> list[str]:
        return [name for name, party in self.one.spec.parties.items() if party.in_system]

    def parties(self) -> Iterator[Ledger]:
        """Each party's position, from its funding to its settlements."""
        for p, party in enumerate(self.layout.parties):
            entries = [
                Entry("funding", float(self.value("funding")[p])),
                *self._payments(party),
                *self._provided(party),
                *self._costs(party),
            ]
            entries = [entry for entry in entries if entry.amount != 0.0]
            entries.append(Entry("position before settlement", float(self.value("party_position_before")[p]), total=True))
            for a, arrangement in enumerate(self.layout.arrangements):
                if (a, p) in self.layout.members:
                    entries.append(Entry(f"settlement of {arrangement}", float(self.value("settlement")[a, p])))
            entries.append(Entry("position", float(self.value("party_position")[p]), total=True))
            yield Ledger(party, tuple(entries))

    def _payments(self, party: str) -> Iterator[Entry]:
        """What the party is paid and pays: for lines by the other party, then under budgets."""
        one, payment = self.one, self.one.values["payment"]
        others: dict[tuple[str, str], float] = {}
        for s, line in enumerate(self.layout.services):
            provider, payers = one.spec.services[line].provider, payers_of(one.spec, line)
            for t, payer in enumerate(payers):
                if payer is not None and payer != provider and party in (payer, provider) and self.period in (None, t):
                    key = ("from", payer) if party == provider else ("to", provider)
                    others[key] = others.get(key, 0.0) + float(payment[t, s])
        for way in ("from", "to"):
            for (found, other), amount in others.items():
                if found == way:
                    yield Entry(f"paid {'by' if way == 'from' else 'to'} {other} for services", amount if way == "from" else -amount)
        for flow in one.flows:
            if party == flow.receiver:
                yield Entry(f"paid by {flow.payer} under a budget", float(self.of(flow.amount)))
            if party == flow.payer:
                yield Entry(f"paid to {flow.receiver} under a budget", -float(self.of(flow.amount)))

    def _provided(self, party: str) -> Iterator[Entry]:
        own = [s for s, line in enumerate(self.layout.services) if self.one.spec.services[line].provider == party]
        if own:
            yield Entry("cost of the services it provides", -float(self.value("provider_cost")[own].sum()))

    def _costs(self, party: str) -> Iterator[Entry]:
        for cost in self.one.costs:
            if cost.payer == party:
                what = "investment in" if cost.is_investment else "running cost of"
                yield Entry(f"{what} {cost.scheme}", -float(self.of(cost.amount)))
