"""What a competent analyst writes in NumPy for the subjects: vectorised over a chunk of draws, buffers kept, sums by matrix product.

It uses what the subjects have in common: growth, price and scheme effects are worked out once for all lines that share them; constants are
gathered into weights, so that payments and costs of parties are products of a weight matrix with two arrays (line, draw).
Arrays have the draws last. Read ``Twin.project`` first.
"""

import numpy as np

from benchmarks.numpy_draw import Sampler, driver_rows
from benchmarks.twin_constants import LARGEST_EFFECT, Distinct, plan_of, weights_of
from benchmarks.twin_reading import Floats, Ref, Terms

SYSTEM = ("net_saving", "net_benefit", "net_position", "leakage", "gross_saving_total", "cost_released_total", "stranded_cost_total")
PARTY = ("party_position", "party_position_before", "party_position_do_nothing", "funding")
DEAL = ("baseline", "outturn", "gain", "pool", "msr_met")
MEMBER = ("payout", "windfall", "settlement", "cap_hit", "collar_hit")


def new_outputs(terms: Terms, draws: int) -> dict[str, Floats]:
    """Arrays of every output: (year, draw), or (year, party, draw)."""
    plain = {name: np.zeros((terms.years, draws)) for name in (*SYSTEM, *DEAL)}
    return plain | {name: np.zeros((terms.years, len(terms.parties), draws)) for name in (*PARTY, *MEMBER)}


class Twin:
    """One subject at one size of chunk."""

    def __init__(self, terms: Terms, chunk: int) -> None:
        self.terms, self.chunk = terms, chunk
        self.rows = driver_rows(terms)
        self.weights = weights_of(terms, plan_of(terms))
        self.growth = Distinct([line.growth for line in terms.lines])
        self.mix = Distinct([line.weights for line in terms.lines])
        self.effect = list(dict.fromkeys(effect for line in terms.lines for effect in line.effects))
        self.bundle = Distinct([line.effects for line in terms.lines])
        count, fixed = len(terms.lines), len(self.weights.fixed)
        self.line_buffers = [np.empty((count, chunk)) for _ in range(6)]
        self.history = np.empty((2, terms.years, fixed, chunk))
        self.mixes = np.array(self.mix.items)
        self.system_parties = np.flatnonzero(terms.in_system)
        self.outsiders = np.flatnonzero(~np.array(terms.in_system))

    def run(self, drivers: Floats, out: dict[str, Floats], references: Floats | None = None) -> None:
        """Outputs of all draws from a driver matrix (row, draw); ``references`` as for ``project``."""
        for first in range(0, drivers.shape[1], self.chunk):
            last = min(first + self.chunk, drivers.shape[1])
            here = {name: array[..., first:last] for name, array in out.items()}
            self.project(drivers[:, first:last], here, None if references is None else references[..., first:last])

    def run_whole(self, sampler: Sampler, draws: int, out: dict[str, Floats]) -> None:
        """Draw the drivers as well, chunk by chunk."""
        count = sum(row.stop - row.start for row in self.rows.values())
        drivers = np.empty((count, min(self.chunk, draws)))
        for first in range(0, draws, self.chunk):
            last = min(first + self.chunk, draws)
            here = drivers[:, : last - first]
            sampler.fill(here)
            self.project(here, {name: array[..., first:last] for name, array in out.items()})

    def run_settlement(self, references: Floats, out: dict[str, Floats]) -> None:
        """The arrangement of all draws from what lines come to at reference price: (year, sum and what each provider holds, draw)."""
        for first in range(0, references.shape[2], self.chunk):
            last = min(first + self.chunk, references.shape[2])
            here = {name: array[..., first:last] for name, array in out.items()}
            for t in range(self.terms.years):
                self._settle(t, references[t, :, first:last], here)

    def project(self, drivers: Floats, out: dict[str, Floats], references: Floats | None = None) -> None:
        """The model for one chunk: year by year, lines first, then positions, then the arrangement.

        Where ``references`` is given, the arrangement is left out, and what it would start from goes there.
        """
        n = drivers.shape[1]
        growth = np.array([np.broadcast_to(self._value(ref, drivers), n) for ref in self.growth.items]) + 1.0
        index, price, categories = np.ones_like(growth), np.ones((len(self.mixes), n)), np.ones((len(self.terms.categories), n))
        achieved = np.ones(n)
        step = 1.0 if self.terms.achieved is None else 1.0 - drivers[self.rows[self.terms.achieved]][0]
        prepared = self._effects(drivers)
        for t in range(self.terms.years):
            index *= growth
            rates = np.array([drivers[self.rows[f"inflation.{c}"].start + t] for c in self.terms.categories])
            price *= self.mixes @ rates + 1.0
            categories *= rates + 1.0
            achieved *= step
            sums = self._lines(t, index, price, self._kept(t, prepared, n), achieved, n)
            self._positions(t, sums, drivers, categories, out)
            if references is None:
                self._settle(t, sums["reference"], out)
            else:
                references[t] = sums["reference"]
        self._system(out)

    def _value(self, ref: Ref, drivers: Floats) -> Floats | float:
        return drivers[self.rows[ref.driver].start] if ref.driver else ref.value

    def _effects(self, drivers: Floats) -> tuple[Floats, Floats, Floats]:
        """Size at full ramp, delay and length of each distinct effect."""
        n, schemes = drivers.shape[1], self.terms.schemes
        size, delay = np.empty((len(self.effect), n)), np.empty((len(self.effect), n))
        for k, (j, impact) in enumerate(self.effect):
            np.multiply(self._value(impact, drivers), self._value(schemes[j].delivery, drivers), out=size[k])
            delay[k] = self._value(schemes[j].delay, drivers)
        return size, delay, np.array([schemes[j].years for j, _ in self.effect])[:, None]

    def _kept(self, t: int, prepared: tuple[Floats, Floats, Floats], n: int) -> Floats:
        """Share of activity left, by distinct bundle of effects."""
        size, delay, years = prepared
        kept = np.subtract(t + 1.0, delay)
        kept /= years
        np.clip(kept, 0.0, 1.0, out=kept)
        kept *= size
        np.minimum(kept, LARGEST_EFFECT, out=kept)
        np.subtract(1.0, kept, out=kept)
        found = np.ones((len(self.bundle.items), n))
        for row, effects in enumerate(self.bundle.items):
            for effect in effects:
                found[row] *= kept[self.effect.index(effect)]
        return found

    @staticmethod
    def _spread(shared: Floats, distinct: Distinct, buffer: Floats) -> Floats:
        """Give every line the row that it shares with others."""
        return shared if distinct.is_plain else np.take(shared, distinct.row, axis=0, out=buffer, mode="clip")

    def _lines(self, t: int, index: Floats, price: Floats, kept: Floats, achieved: Floats, n: int) -> dict[str, Floats]:
        """Activity and its worth by line, summed by party."""
        w, buffers = self.weights, [buffer[:, :n] for buffer in self.line_buffers]
        before = self._spread(index, self.growth, buffers[0])
        left = self._spread(kept, self.bundle, buffers[1])
        after = np.multiply(before, left, out=buffers[2])
        prices = self._spread(price, self.mix, buffers[3])
        worth_before = np.multiply(before, prices, out=buffers[4])
        worth_after = np.multiply(after, prices, out=buffers[5])
        money_before, money_after = w.money[t] @ worth_before, w.money[t] @ worth_after
        p = len(w.providers)
        cost, cost_before = money_after[2 + p :] * achieved, money_before[2 + p :] * achieved
        released = cost_before - cost
        if len(w.fixed):
            more_cost, more_released = self._fixed(t, before, after, prices, n)
            cost += more_cost * achieved
            released += more_released * achieved
        return {
            "saving": money_before[0] - money_after[0],
            "avoided": (money_before[1] - money_after[1]) * achieved,
            "pay": money_after[2 : 2 + p] + w.payment[t][:, None],
            "pay_before": money_before[2 : 2 + p] + w.payment[t][:, None],
            "cost": cost,
            "released": released,
            "reference": w.reference[t] @ after,
        }

    def _fixed(self, t: int, before: Floats, after: Floats, prices: Floats, n: int) -> tuple[Floats, Floats]:
        """Cost of capacity and what of it schemes released, of the lines whose cost is partly fixed, before achieved efficiency."""
        w = self.weights
        gap, avoided = self.history[0][..., :n], self.history[1][..., :n]
        ours = after[w.fixed] * w.activity
        np.subtract(w.capacity[t][:, None], ours, out=gap[t])
        np.subtract(before[w.fixed] * w.activity, ours, out=avoided[t])
        first = max(t - w.release, 0)
        capacity = w.capacity[t][:, None] - gap[first:t].sum(axis=0) / w.release
        released = avoided[first:t].sum(axis=0) / w.release
        at_price = prices[w.fixed]
        return w.fixed_cost[t] @ (capacity * at_price), w.fixed_cost[t] @ (released * at_price)

    def _positions(self, t: int, sums: dict[str, Floats], drivers: Floats, categories: Floats, out: dict[str, Floats]) -> None:
        """Positions before settlement, and totals; running costs are left in ``net_saving`` as a negative amount."""
        terms, w = self.terms, self.weights
        before, without = out["party_position_before"][t], out["party_position_do_nothing"][t]
        for p, ref in enumerate(terms.funding):
            out["funding"][t, p] = drivers[self.rows[ref.driver].start] * terms.unit if ref is not None and ref.driver else w.funding[t, p]
        before[...] = out["funding"][t]
        without[...] = out["funding"][t]
        for k, p in enumerate(w.providers):
            before[terms.payer] -= sums["pay"][k]
            without[terms.payer] -= sums["pay_before"][k]
            before[p] += sums["pay"][k] - sums["cost"][k]
            without[p] += sums["pay_before"][k] - sums["cost"][k] - sums["released"][k]
        net = out["net_saving"][t]
        net[...] = sums["saving"]
        for scheme in terms.schemes:
            share = min((t + 1) / scheme.cost_years, 1.0)
            unit = terms.unit if scheme.amount.driver else 1.0
            amount = self._value(scheme.amount, drivers) * (share * unit) * categories[terms.categories.index(scheme.inflation[10:])]
            before[scheme.funder] -= amount
            net -= amount
        out["gross_saving_total"][t] = sums["saving"]
        np.sum(sums["released"], axis=0, out=out["cost_released_total"][t])
        np.subtract(sums["avoided"], out["cost_released_total"][t], out=out["stranded_cost_total"][t])
        self._leak(t, sums, out)

    def _leak(self, t: int, sums: dict[str, Floats], out: dict[str, Floats]) -> None:
        """Payments to providers outside the system."""
        leak = out["leakage"][t]
        leak[...] = 0.0
        for k, p in enumerate(self.weights.providers):
            if not self.terms.in_system[p]:
                leak += sums["pay"][k]

    def _settle(self, t: int, reference: Floats, out: dict[str, Floats]) -> None:
        """Share the gain or loss against the baseline and settle for what is already held."""
        deal, w = self.terms.deal, self.weights
        baseline = w.baseline[t]
        out["baseline"][t] = baseline
        out["outturn"][t] = reference[0]
        gain = np.subtract(baseline, reference[0], out=out["gain"][t])
        met = (gain > 0.0) & (gain >= deal.msr * baseline)
        lost = (gain < 0.0) & (-gain >= deal.mlr * baseline)
        np.subtract(met, lost, out=out["msr_met"][t], dtype=np.float64)
        pool = np.multiply(gain, met | lost, out=out["pool"][t])
        phi = np.divide(pool, gain, out=np.zeros_like(gain), where=gain != 0.0)
        wanted = np.where(pool < 0.0, deal.loss_share[:, None], deal.gain_share[:, None]) * pool
        cap, collar = deal.cap[:, None] * baseline, deal.collar[:, None] * baseline
        payout = np.clip(wanted, -collar, cap, out=out["payout"][t])
        np.greater(wanted, cap, out=out["cap_hit"][t], casting="unsafe")
        np.less(wanted, -collar, out=out["collar_hit"][t], casting="unsafe")
        payout[deal.residual] = 0.0
        np.subtract(pool, payout.sum(axis=0), out=payout[deal.residual])
        held = out["windfall"][t]
        held[...] = 0.0
        held[list(w.providers)] = reference[1:] + w.payment[t][:, None]
        np.subtract(gain, held.sum(axis=0), out=held[self.terms.payer])
        held *= phi
        np.subtract(payout, held, out=out["settlement"][t])

    def _system(self, out: dict[str, Floats]) -> None:
        """Positions after settlement and of the system, all years at once."""
        np.add(out["party_position_before"], out["settlement"], out=out["party_position"])
        out["leakage"] += out["settlement"][:, self.outsiders].sum(axis=1)
        np.sum(out["party_position"][:, self.system_parties], axis=1, out=out["net_position"])
        np.subtract(out["net_position"], out["party_position_do_nothing"][:, self.system_parties].sum(axis=1), out=out["net_benefit"])
