"""The model after the drivers in JAX: years by ``lax.scan``, every line a row of its own within a year, which XLA fuses into few loops.

Import it where jax is installed only (``benchmarks.jax_twin.available``). Other shapes that were tried and are slower stand in
benchmarks/NOTES.md. Arrays have the draws last. Read ``Model.outputs`` first.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from benchmarks.twin_constants import LARGEST_EFFECT, Distinct, plan_of, weights_of
from benchmarks.twin_reading import Floats, Ref, Terms

jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - the option has no name

Rows = list[Array]
Drivers = Mapping[str, Array]


class Lines(NamedTuple):
    """Sums over lines, each row (year, draw) after the scan: money without and with schemes, reference values, fixed cost, its release."""

    before: Rows
    after: Rows
    reference: Rows
    fixed_cost: Rows
    fixed_released: Rows


class Model:
    """One subject; ``outputs`` is pure, to be compiled by the caller."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.weights = weights_of(terms, plan_of(terms))
        self.growth = Distinct([line.growth for line in terms.lines])
        self.mix = Distinct([line.weights for line in terms.lines])
        self.effect = list(dict.fromkeys(effect for line in terms.lines for effect in line.effects))
        self.bundle = Distinct([line.effects for line in terms.lines])
        w = self.weights
        self.money_lines, self.reference_lines, self.fixed_lines = (_used(table) for table in (w.money, w.reference, w.fixed_cost))

    def outputs(self, drivers: Drivers) -> dict[str, Array]:
        """Every output, (year, draw) or (year, party, draw), from drivers by name: (1 or year, draw)."""
        sums = self._lines(drivers)
        n = _draws(drivers)
        steps = jnp.ones(n) if self.terms.achieved is None else 1.0 - drivers[self.terms.achieved][0]
        achieved = _running([steps] * self.terms.years)
        return self._finish(sums, achieved, drivers)

    def _lines(self, drivers: Drivers) -> Lines:
        """Lines year by year; gaps and avoided activity of the last years are carried for as long as release takes."""
        w, n = self.weights, _draws(drivers)
        growth = [_value(ref, drivers, n) + 1.0 for ref in self.growth.items]
        kept_of = self._effects(drivers)
        rates = jnp.stack([drivers[f"inflation.{category}"] for category in self.terms.categories], axis=1)

        def year(carry: Any, given: Any) -> tuple[Any, Lines]:
            index, price, gaps, avoided = carry
            t, rate, money, reference, fixed_cost, capacity = given
            index = [a * b for a, b in zip(index, growth, strict=True)]
            price = [p * (_weighted(mix, rate, range(len(mix)), n) + 1.0) for p, mix in zip(price, self.mix.items, strict=True)]
            kept = kept_of(t)
            before = [index[row] for row in self.growth.row]
            after = [b * kept[row] for b, row in zip(before, self.bundle.row, strict=True)]
            prices = [price[row] for row in self.mix.row]
            ours = [after[s] * a for s, a in zip(w.fixed, w.activity[:, 0], strict=True)]
            held = [capacity[f] - _mean([old[f] for old in gaps]) for f in range(len(w.fixed))]
            freed = [_mean([old[f] for old in avoided]) for f in range(len(w.fixed))]
            sums = Lines(
                _products(money, [b * p for b, p in zip(before, prices, strict=True)], self.money_lines, n),
                _products(money, [a * p for a, p in zip(after, prices, strict=True)], self.money_lines, n),
                _products(reference, after, self.reference_lines, n),
                _products(fixed_cost, [c * prices[s] for c, s in zip(held, w.fixed, strict=True)], self.fixed_lines, n),
                _products(fixed_cost, [c * prices[s] for c, s in zip(freed, w.fixed, strict=True)], self.fixed_lines, n),
            )
            gap = [capacity[f] - mine for f, mine in enumerate(ours)]
            spared = [before[s] * w.activity[f, 0] - ours[f] for f, s in enumerate(w.fixed)]
            return (index, price, [*gaps, gap][1:], [*avoided, spared][1:]), sums

        one, nothing = jnp.ones(n), [[jnp.zeros(n)] * len(w.fixed)] * w.release
        start = ([one] * len(growth), [one] * len(self.mix.items), nothing, nothing)
        years = jnp.arange(1.0, self.terms.years + 1)
        return lax.scan(year, start, (years, rates, w.money, w.reference, w.fixed_cost, w.capacity))[1]

    def _effects(self, drivers: Drivers) -> Callable[[Array], Rows]:
        """Share of activity left in a year, by distinct bundle of effects."""
        n, schemes = _draws(drivers), self.terms.schemes
        size = [_value(impact, drivers, n) * _value(schemes[j].delivery, drivers, n) for j, impact in self.effect]
        delay = [_value(schemes[j].delay, drivers, n) for j, _ in self.effect]

        def kept(t: Array) -> Rows:
            ramps = [jnp.clip((t - d) / schemes[j].years, 0.0, 1.0) for d, (j, _) in zip(delay, self.effect, strict=True)]
            left = [1.0 - jnp.minimum(ramp * s, LARGEST_EFFECT) for ramp, s in zip(ramps, size, strict=True)]
            return [math.prod((left[self.effect.index(effect)] for effect in effects), start=jnp.ones(n)) for effects in self.bundle.items]

        return kept

    def _finish(self, sums: Lines, achieved: Array, drivers: Drivers) -> dict[str, Array]:
        """All years at once: payments, costs, positions and the arrangement."""
        w, p = self.weights, len(self.weights.providers)
        fixed = [w.payment[:, k, None] for k in range(p)]
        pay, pay_before = ([rows[2 + k] + fixed[k] for k in range(p)] for rows in (sums.after, sums.before))
        cost = [(sums.after[2 + p + k] + sums.fixed_cost[k]) * achieved for k in range(p)]
        released = [(sums.before[2 + p + k] - sums.after[2 + p + k] + sums.fixed_released[k]) * achieved for k in range(p)]
        funding, running = self._funding(drivers), self._running_costs(drivers)
        before, without = list(funding), list(funding)
        for k, party in enumerate(w.providers):
            before[self.terms.payer] -= pay[k]
            without[self.terms.payer] -= pay_before[k]
            before[party] += pay[k] - cost[k]
            without[party] += pay_before[k] - cost[k] - released[k]
        before = [position - team for position, team in zip(before, running, strict=True)]
        deal, settlement = self._settle(sums.reference)
        saving, avoided, total = sums.before[0] - sums.after[0], (sums.before[1] - sums.after[1]) * achieved, sum(released)
        position = [a + b for a, b in zip(before, settlement, strict=True)]
        inside, outside = (np.flatnonzero(np.array(self.terms.in_system) == here) for here in (True, False))
        leaks = [pay[k] for k, party in enumerate(w.providers) if party in outside] + [settlement[party] for party in outside]
        net = sum(position[party] for party in inside)
        return deal | {
            "net_saving": saving - sum(running),
            "gross_saving_total": saving,
            "cost_released_total": total,
            "stranded_cost_total": avoided - total,
            "leakage": sum(leaks, jnp.zeros_like(saving)),
            "net_position": net,
            "net_benefit": net - sum(without[party] for party in inside),
            "party_position": jnp.stack(position, axis=1),
            "party_position_before": jnp.stack(before, axis=1),
            "party_position_do_nothing": jnp.stack(without, axis=1),
            "funding": jnp.stack(funding, axis=1),
        }

    def _funding(self, drivers: Drivers) -> Rows:
        """Funding by party."""
        shape = (self.terms.years, _draws(drivers))
        drawn = [drivers[ref.driver] * self.terms.unit if ref is not None and ref.driver else None for ref in self.terms.funding]
        stated = self.weights.funding[:, :, None]
        return [jnp.broadcast_to(stated[:, party] if row is None else row, shape) for party, row in enumerate(drawn)]

    def _running_costs(self, drivers: Drivers) -> Rows:
        """Costs of schemes' teams by the party that pays them."""
        terms, n = self.terms, _draws(drivers)
        found = [jnp.zeros((terms.years, n))] * len(terms.parties)
        indices = {name: _running([1.0 + rate for rate in drivers[name]]) for name in {scheme.inflation for scheme in terms.schemes}}
        for scheme in terms.schemes:
            share = np.minimum(np.arange(1, terms.years + 1) / scheme.cost_years, 1.0) * (terms.unit if scheme.amount.driver else 1.0)
            found[scheme.funder] += _value(scheme.amount, drivers, n) * share[:, None] * indices[scheme.inflation]
        return found

    def _settle(self, reference: Rows) -> tuple[dict[str, Array], Rows]:
        """The arrangement's outputs, and the settlement by party."""
        deal, w, parties = self.terms.deal, self.weights, range(len(self.terms.parties))
        baseline, outturn = w.baseline[:, None], reference[0]
        gain = baseline - outturn
        met = (gain > 0.0) & (gain >= deal.msr * baseline)
        lost = (gain < 0.0) & (-gain >= deal.mlr * baseline)
        pool = jnp.where(met | lost, gain, 0.0)
        wanted = [jnp.where(pool < 0.0, deal.loss_share[q], deal.gain_share[q]) * pool for q in parties]
        payout = [jnp.clip(wanted[q], -deal.collar[q] * baseline, deal.cap[q] * baseline) for q in parties]
        payout[deal.residual] = pool - sum(payout[q] for q in parties if q != deal.residual)
        held = [jnp.zeros_like(gain) for _ in parties]
        for k, party in enumerate(w.providers):
            held[party] = reference[1 + k] + w.payment[:, k, None]
        held[self.terms.payer] = gain - sum(held)
        windfall = [jnp.where(met | lost, row, 0.0) for row in held]
        settlement = [payout[q] - windfall[q] for q in parties]
        found = {
            "baseline": jnp.broadcast_to(baseline, gain.shape),
            "outturn": outturn,
            "gain": gain,
            "pool": pool,
            "msr_met": met.astype(float) - lost.astype(float),
            "payout": jnp.stack(payout, axis=1),
            "windfall": jnp.stack(windfall, axis=1),
            "settlement": jnp.stack(settlement, axis=1),
            "cap_hit": jnp.stack([wanted[q] > deal.cap[q] * baseline for q in parties], axis=1).astype(float),
            "collar_hit": jnp.stack([wanted[q] < -deal.collar[q] * baseline for q in parties], axis=1).astype(float),
        }
        return found, settlement


def _draws(drivers: Drivers) -> int:
    return next(iter(drivers.values())).shape[1]


def _value(ref: Ref, drivers: Drivers, n: int) -> Array:
    return drivers[ref.driver][0] if ref.driver else jnp.full(n, ref.value)


def _mean(rows: Rows) -> Array:
    return sum(rows[1:], rows[0]) / len(rows)


def _running(steps: Rows) -> Array:
    """Product of all steps so far, by year (``jnp.cumprod`` is a window over all years, much slower)."""
    found = [steps[0]]
    for step in steps[1:]:
        found.append(found[-1] * step)
    return jnp.stack(found)


def _used(table: Floats) -> list[list[int]]:
    """Columns of each row of a table (year, row, column) that are not nought in every year."""
    return [np.flatnonzero(columns).tolist() for columns in np.any(table != 0.0, axis=0)]


def _weighted(weights: Any, values: Sequence[Array] | Array, which: Sequence[int], n: int) -> Array:
    terms = [weights[k] * values[k] for k in which]
    return sum(terms[1:], terms[0]) if terms else jnp.zeros(n)


def _products(table: Array, values: Rows, used: list[list[int]], n: int) -> Rows:
    """A matrix product written out, leaving out noughts: XLA then fuses it with the making of the values."""
    return [_weighted(row, values, which, n) for row, which in zip(table, used, strict=True)]
