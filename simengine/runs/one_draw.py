"""One draw of a stored run, drawn again from its file: every variable, every driver, and the money that no variable shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.engine.block import Scratch
from simengine.engine.outputs import ARRANGEMENT, MEMBER, PARTY, REPORTED, SYSTEM
from simengine.engine.plan import Draft, Prepared
from simengine.engine.runner import Runner, Settings
from simengine.engine.terms import SIZE_SLOT, Arrangements
from simengine.engine.tile import BLOCK, STRIDE, TILE
from simengine.errors import ResultError
from simengine.jit import Floats
from simengine.runs.from_result import StoredRun
from simengine.schema import DETAIL_VARIABLES
from simengine.study.model import StudySpec
from simengine.study.numbers import Uncertain
from simengine.study.plan import SUMS, built_per_year

#: Bytes of draws of line and scheme variables that are held at a time: a block of a large study has gigabytes.
_MOST_BYTES = 2**28


@dataclass(frozen=True)
class DriverValue:
    """A driver's values by year, one where it has one for all years: drawn, planned, and their place in its distribution.

    ``rank`` is the chance of less and half of the chance of the value itself, from 0 to 1; NaN where it is not known.
    """

    name: str
    values: Floats
    plan: Floats
    rank: Floats


@dataclass(frozen=True)
class Money:
    """An amount by year (currency) that one party has to find: of a scheme, or for another party."""

    payer: str
    amount: Floats
    receiver: str | None = None
    scheme: str | None = None
    is_investment: bool = False


@dataclass(frozen=True)
class OneDraw:
    """A draw of one scenario.

    Attributes
    ----------
    values, plan
        Every variable of a result, drawn and planned, as arrays (year, entity…) in the currency.
    costs, flows
        Running costs and investments by scheme and funder; payments between parties that are not for a line.
    terms
        The terms of the arrangements as the hot loop has them.
    rates
        Minimum savings and loss rate of each arrangement and year (arrangement, year, 2).
    """

    run: StoredRun
    ready: Prepared
    spec: StudySpec
    scenario: str
    draw: int
    values: dict[str, Floats]
    plan: dict[str, Floats]
    drivers: tuple[DriverValue, ...]
    costs: tuple[Money, ...]
    flows: tuple[Money, ...]
    terms: Arrangements
    rates: Floats

    @property
    def years(self) -> tuple[str, ...]:
        """Labels of years 1 to T."""
        return self.spec.horizon.year_labels

    @property
    def failed(self) -> bool:
        """Whether an output of the draw is not finite, so that it is left out of the statistics."""
        return not all(np.isfinite(self.values[name]).all() for name in (*SYSTEM, *PARTY, *ARRANGEMENT, *MEMBER, *REPORTED))


def one_draw(run: StoredRun, draw: int, scenario: str = "base") -> OneDraw:
    """Draw ``draw`` (from 0) of a scenario of a stored run, again.

    Raises ResultError where the run has no such draw or scenario, naming what it has.
    """
    if not 0 <= draw < run.draws:
        msg = f"{run.path} has no draw {draw}: its draws are 0 to {run.draws - 1}"
        raise ResultError(msg)
    if scenario not in run.scenarios:
        msg = f"{run.path} has no scenario {scenario}: it has {', '.join(run.scenarios)}"
        raise ResultError(msg)
    ready = run.prepare(() if scenario == "base" else (scenario,))
    k = len(ready.scenarios) - 1
    found = _Again(run, ready, k, draw)
    values = found.values()
    made, spec = ready.drafts[k], run.study.scenario(scenario)
    return OneDraw(
        run,
        ready,
        spec,
        scenario,
        draw,
        values,
        ready.plan,
        tuple(found.drivers(made)),
        tuple(found.costs()),
        tuple(found.flows()),
        found.runner.model.arrangements,
        found.rates(),
    )


class _Again:
    """The hot loop run up to one draw; the slots of its tile stay behind in the work areas."""

    def __init__(self, run: StoredRun, ready: Prepared, k: int, draw: int) -> None:
        self.ready, self.k, self.draw = ready, k, draw
        self.settings = Settings(draw + 1, run.seed, run.sampler, 1, drivers=True)
        self.runner, self.scratch, self.store, _ = self._run(())

    def _run(self, kept: tuple[str, ...]) -> tuple[Runner, Scratch, Floats, Floats]:
        """The draw's column of the store and of the line and scheme variables that are kept."""
        runner = Runner.of(self.ready, self.k, self.settings, kept)
        block, at = self.draw // BLOCK, self.draw % BLOCK
        store, detail = np.empty((runner.rows, at + 1)), np.empty((runner.detail_rows, at + 1))
        scratch = runner.scratch(1, detail)
        runner.run(scratch, (block, block + 1), self.draw + 1, store, block * BLOCK)
        own = np.ascontiguousarray(detail[:, at:])
        runner.alike.fill_draws(own, runner.detail_row)
        return runner, scratch, store[:, at].copy(), own[:, 0]

    def values(self) -> dict[str, Floats]:
        """Every variable (year, entity…); 0 for a party that an arrangement does not have."""
        layout, found = self.ready.layout, {}
        for name in (*SYSTEM, *PARTY, *ARRANGEMENT, *MEMBER, *REPORTED):
            rows = layout.rows(name)
            found[name] = np.where(rows >= 0, self.store[rows], 0.0) if rows.size else np.zeros(rows.shape)
        for names in self._batches():
            runner, _, _, detail = self._run(names)
            for name in names:
                rows = layout.detail_rows(name)
                found[name] = detail[runner.detail_row[rows]] if rows.size else np.zeros(rows.shape)
        return found

    def _batches(self) -> Iterator[tuple[str, ...]]:
        """Line and scheme variables, as many at a time as may be held."""
        batch: list[str] = []
        size = 0
        for name in DETAIL_VARIABLES:
            more = 8 * BLOCK * self.ready.layout.detail_rows(name).size
            if batch and size + more > _MOST_BYTES:
                yield tuple(batch)
                batch, size = [], 0
            batch.append(name)
            size += more
        yield tuple(batch)

    def slot(self, row: int, stride: int, scale: Sequence[float] | Floats) -> Floats:
        """A number by year: of the tile's slots, at the draw."""
        years = np.arange(self.ready.layout.years)
        found: Floats = np.asarray(scale) * self.scratch.x[(row + stride * years) * STRIDE + self.draw % TILE]
        return found

    def costs(self) -> Iterator[Money]:
        """Running costs and investments, by scheme, funder and kind in file order."""
        parties, layout = self.runner.model.parties, self.ready.layout
        found: dict[tuple[int, int, bool], Floats] = {}
        for c, (row, stride) in enumerate(parties.cost):
            key = (int(parties.cost_scheme[c]), int(parties.cost_funder[c]), bool(parties.cost_is_investment[c]))
            found[key] = found.get(key, 0.0) + self.slot(row, stride, parties.cost_scale[c])
        for (scheme, funder, is_investment), amount in found.items():
            yield Money(layout.parties[funder], amount, None, layout.schemes[scheme], is_investment)

    def flows(self) -> Iterator[Money]:
        """Payments of budgets from one party to another."""
        parties, names = self.runner.model.parties, self.ready.layout.parties
        for k, (row, stride) in enumerate(parties.flow):
            amount = self.slot(row, stride, parties.flow_scale[k])
            yield Money(names[parties.flow_from[k]], amount, names[parties.flow_to[k]])

    def rates(self) -> Floats:
        """Minimum savings and loss rate (arrangement, year, 2), of a table by size at the draw's list."""
        from simengine.contract.size_table import rate_of_size

        terms: Arrangements = self.runner.model.arrangements
        found = np.array(terms.term[:, :, :2])
        for a, side in np.ndindex(*terms.size_rows.shape):
            rows = int(terms.size_rows[a, side])
            if rows:
                row, stride = terms.slot[a, SIZE_SLOT]
                sizes = self.slot(int(row), int(stride), terms.scale[a, SIZE_SLOT])
                columns = [np.ascontiguousarray(terms.size_table[a, side, k, :rows]) for k in range(4)]
                found[a, :, side] = [rate_of_size(float(size), *columns) for size in sizes]
        return found

    def drivers(self, made: Draft) -> Iterator[DriverValue]:
        """Every driver of the scenario in file order, volatilities among them."""
        first, years = self.ready.layout.starts[3], self.ready.layout.years
        drawn: dict[str, list[float]] = {}
        for k, (name, _) in enumerate(self.runner.driver_names):
            drawn.setdefault(name, []).append(float(self.store[first + k]))
        noises = {noise.name: noise for noise in made.noises.values()}
        for name, listed in drawn.items():
            values = np.array(listed)
            if name in noises:
                noise = noises[name]
                rank = self.slot(noise.uniform, int(noise.by_year), (1.0,) * years)
                rank[: noise.observed] = np.nan
                yield DriverValue(name, values, np.ones(len(values)), rank[: len(values)])
            else:
                driver = made.book.drivers[name]
                yield DriverValue(name, values, np.array(driver.plan), _rank(driver.spec, values))


def _rank(spec: Uncertain, values: Floats) -> Floats:
    """The place of each value in its distribution; NaN where the path adds values up, and where they were observed."""
    if spec.path in SUMS:
        return np.full(len(values), np.nan)
    built = built_per_year(spec, len(values))
    found = np.empty(len(values))
    for t, value in enumerate(values):
        ends = np.array([np.nextafter(value, -np.inf), value])
        found[t] = built[t if len(built) > 1 else 0].cdf(ends).mean()
    found[: len(spec.actual)] = np.nan
    return found
