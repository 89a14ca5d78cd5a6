"""One arrangement in one draw: from baseline and outturn to the pool, and from the pool to each party's settlement."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simengine.engine.pool import ROUNDING
from simengine.jit import Floats
from simengine.runs.accounts import Entry, Grid, Ledger, Line
from simengine.runs.one_draw import OneDraw
from simengine.study.defaults import fund_of, residual_of


@dataclass(frozen=True)
class ExplainedContract:
    """An arrangement in a period: its pool, over the term also by year, what each party has of it, and the rates of the period."""

    name: str
    pool: Ledger
    by_year: Grid | None
    members: Grid
    gain_rate: float
    rates: tuple[float, float] | None
    met: int


def explain_contract(one: OneDraw, period: int | None, a: int) -> ExplainedContract:
    """Lay out arrangement ``a`` in a year (from 0), or over the term (None)."""
    look = _Contract(one, period, a)
    baseline, gain = look.of(look.value("baseline")), look.of(look.value("gain"))
    rates = None if period is None else (float(one.rates[a, period, 0]), float(one.rates[a, period, 1]))
    met = 0 if period is None else int(np.nan_to_num(look.value("msr_met")[period]))
    by_year = look.by_year() if period is None else None
    return ExplainedContract(look.name, look.pool(), by_year, look.members(), gain / baseline, rates, met)


class _Contract:
    """An arrangement as seen in one period."""

    def __init__(self, one: OneDraw, period: int | None, a: int) -> None:
        self.one, self.period, self.a = one, period, a
        self.name = one.ready.layout.arrangements[a]
        self.arrangement = one.spec.arrangements[self.name]
        self.members_of = [(m, p) for m, (own, p) in enumerate(one.ready.layout.members) if own == a]
        parties = one.ready.layout.parties
        residual, fund = residual_of(one.spec, self.arrangement), fund_of(self.arrangement)
        self.residual = parties.index(residual) if residual is not None else -1
        self.fund = parties.index(fund) if fund is not None else -1

    def of(self, values: Floats) -> float:
        """What an array by year says of the period."""
        return float(values.sum() if self.period is None else values[self.period])

    def value(self, name: str, party: int | None = None) -> Floats:
        """A variable of the arrangement by year, or of one party of it."""
        values = self.one.values[name][:, self.a]
        found: Floats = values if party is None else values[:, party]
        return found

    def by_the_rates(self) -> Floats:
        """The shareable pool by year as the minimum rates leave it, before any other step (MODEL.md section 6, step 5)."""
        gain, baseline, met = (self.value(name) for name in ("gain", "baseline", "msr_met"))
        excess, rates = self.one.terms.excess[self.a], self.one.rates[self.a]
        on_gain = gain - excess[0] * rates[:, 0] * baseline
        on_loss = gain + excess[1] * rates[:, 1] * baseline
        return np.where(met > 0, on_gain, np.where(met < 0, on_loss, gain - gain))

    def pool(self) -> Ledger:
        """Baseline less outturn is the gain; what of it is not shared; what the steps on the pool do."""
        gain, pool = self.of(self.value("gain")), self.of(self.value("pool"))
        entries = [
            Entry("baseline", self.of(self.value("baseline"))),
            Entry("outturn", -self.of(self.value("outturn"))),
            Entry("gain" if gain >= 0.0 else "loss", gain, total=True),
        ]
        if self.arrangement.line_by_line:
            entries.append(Entry("not shared, line by line", pool - gain))
        else:
            shared = self.of(self.by_the_rates())
            entries.append(Entry("not shared, by the minimum rates", shared - gain))
            if abs(pool - shared) > ROUNDING * self.of(self.value("baseline")):
                entries.append(Entry("limits on the pool, losses carried forward, other steps on it", pool - shared))
        return Ledger("Pool", (*entries, Entry("pool", pool, total=True)))

    def by_year(self) -> Grid:
        """The pool of every year of the term."""
        baseline, outturn, gain, pool = (self.value(name) for name in ("baseline", "outturn", "gain", "pool"))
        columns = (baseline, outturn, gain, gain - pool, pool)
        met = {1: "savings rate met", -1: "loss rate met", 0: "no rate met"}
        reached = np.nan_to_num(self.value("msr_met"))
        lines = tuple(
            Line(year, tuple(float(column[t]) for column in columns), f"{gain[t] / baseline[t]:+.2%}, {met[int(reached[t])]}")
            for t, year in enumerate(self.one.years)
        )
        total = Line("term", tuple(float(column.sum()) for column in columns))
        headers = ("baseline", "outturn", "gain", "not shared", "pool")
        return Grid("By year", headers, lines, total, {2: {0: 1, 1: -1}, 4: {2: 1, 3: -1}})

    def members(self) -> Grid:
        """Each party's share of the pool, what steps on it changed, what it holds already, and what it is paid for the rest."""
        shares = self._shares()
        lines = []
        for m, p in self.members_of:
            payout, windfall, settlement = (self.of(self.value(name, p)) for name in ("payout", "windfall", "settlement"))
            start: tuple[float | None, ...] = ()
            if shares is not None:
                own = self.of(shares[m])
                start = (own, payout - own)
            remark = "; ".join(self._remarks(m, p))
            lines.append(Line(self.one.ready.layout.parties[p], (*start, payout, windfall, settlement), remark))
        columns = [[line.amounts[k] or 0.0 for line in lines] for k in range(len(lines[0].amounts))]
        total = Line("all parties", tuple(float(np.sum(column)) for column in columns))
        headers = ("has of the pool", "holds already", "settlement")
        if shares is None:
            return Grid("Parties", headers, tuple(lines), total, {1: {0: 1, 2: -1}})
        return Grid("Parties", ("share", "quality, limits", *headers), tuple(lines), total, {1: {2: 1, 0: -1}, 3: {2: 1, 4: -1}})

    def _shares(self) -> dict[int, Floats] | None:
        """By member, its share of the pool before quality and limits, by year; None where shares are in bands or line by line."""
        if self.arrangement.line_by_line or (self.one.terms.bands[self.a] > 1).any():
            return None
        pool, members = self.value("pool"), self.one.terms.members
        fund = self.value("payout", self.fund) if self.fund >= 0 else np.zeros(len(pool))
        found = {}
        for m, p in self.members_of:
            if p == self.fund:
                found[m] = fund
            elif p != self.residual:
                found[m] = np.where(pool < 0.0, members.loss_share[m, :, 0], members.gain_share[m, :, 0]) * (pool - fund)
        rest = pool - sum(found.values(), np.zeros(len(pool)))
        return found | {m: rest for m, p in self.members_of if p == self.residual}

    def _remarks(self, m: int, p: int) -> Iterator[str]:
        """What is to be known of a party's part."""
        if p == self.residual:
            yield "takes what the others do not"
        elif p == self.fund:
            yield "the fund, off the top of a gain"
        elif self.period is not None and not (self.one.terms.bands[self.a] > 1).any():
            of_loss = self.value("pool")[self.period] < 0.0
            share = (self.one.terms.members.loss_share if of_loss else self.one.terms.members.gain_share)[m, self.period, 0]
            yield f"share {100 * share:.10g} %"
        for name, word in (("cap_hit", "cap"), ("collar_hit", "collar")):
            hit = self.value(name, p)
            years = [label for t, label in enumerate(self.one.years) if hit[t] > 0 and self.period in (None, t)]
            if years:
                yield f"its {word} applied" + (f" in {', '.join(years)}" if self.period is None else "")
