"""Which driver brings an event about: meets the minimum savings rate, hits a cap or collar, makes a party lose.

Payoffs have kinks, and what moves the variance of a position need not be what takes it over an edge. For each driver the distribution of
its draws with the event is set against that without: how far apart the two are at most (Kolmogorov and Smirnov), in which direction,
how likely the event is where the driver is low and where it is high, and how much of the variance of the event the driver alone explains.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.sensitivity_analysis.banded import Bands
from simengine.sensitivity_analysis.binned import first_order
from simengine.sensitivity_analysis.driver_table import DriverTable, noise_floor
from simengine.sensitivity_analysis.measures import NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, TERM, Measures, Output
from simengine.sensitivity_analysis.reading import Reading, read_output
from simengine.sensitivity_analysis.regression import without_each
from simengine.sensitivity_analysis.stored import StoredDraws

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Largest distance between the distribution functions with and without the event; mean rank of the driver (0 to 1) with it; chance of
#: the event in the driver's lowest and highest band, and the one less the other; first-order index of the event.
MEASURES = ("distance", "rank", "chance_low", "chance_high", "chance_swing", "first")
#: An event that was seen, or not seen, in fewer draws is not analysed.
FEWEST = 64
#: Bins of distribution functions.
_BINS = 320


class Event(NamedTuple):
    """Something that happens in a draw or does not: in words, and the output that it is an event of."""

    text: str
    output: Output


@dataclass(frozen=True)
class EventDrivers:
    """What goes with events.

    Attributes
    ----------
    found
        ``MEASURES`` of every driver and event.
    events
        In the order of the outputs of ``found``.
    chance, chance_half
        Share of draws with the event, and the half width of its interval, shape (event,).
    shares
        Share of the draws in the lowest and highest band, shape (2, driver, event).
    """

    found: Measures
    events: tuple[Event, ...]
    chance: Array
    chance_half: Array
    shares: Array


def event_drivers(table: DriverTable, events: Sequence[Event], flags: Iterable[Flags]) -> EventDrivers:
    """Measures of every driver for events given one after another as ``flags`` (draw,) over all draws of the run."""
    drivers, count = len(table.names), len(events)
    value, half = np.full((2, len(MEASURES), drivers, count), np.nan)
    verdict = np.full((len(MEASURES), drivers, count), NOT_KNOWN, dtype=np.uint8)
    chance, shares, notes = np.full((2, count), np.nan), np.full((2, drivers, count), np.nan), []
    for k, one in enumerate(flags):
        flag = np.asarray(one, dtype=np.float64)
        seen, draws = int(flag[table.groups.order].sum()), table.groups.draws
        chance[:, k] = _chance(table, flag)
        if min(seen, draws - seen) < FEWEST or not table.groups.enough:
            notes.append(_unseen(events[k].text, seen, draws))
            continue
        reading = read_output(table, flag)
        if reading is None:  # has been ruled out: the flag takes both values
            continue
        found, halves = _measures(reading, bands := Bands.of(table, flag))
        value[..., k], half[..., k], shares[..., k] = found[:, :drivers], halves[:, :drivers], bands.shares[:, :drivers]
        verdict[..., k] = _verdicts(found, halves, drivers)
    attrs = {"draws": table.groups.draws, "failed": table.groups.failed, "level": 0.95}
    low, high = value - half, value + half
    for m, name in enumerate(MEASURES):
        low[m] = np.minimum(np.clip(low[m], -1.0 if name == "chance_swing" else 0.0, 1.0), value[m])
        high[m] = np.maximum(np.clip(high[m], -1.0, 1.0), value[m])
    outputs = tuple(event.output for event in events)
    measures = Measures("events", MEASURES, table.names, outputs, value, low, high, verdict, notes=tuple(notes), attrs=attrs)
    return EventDrivers(measures, tuple(events), chance[0], chance[1], shares)


def _chance(table: DriverTable, flag: Array) -> tuple[float, float]:
    groups = table.groups
    total = without_each(groups.sums(flag[groups.order])) / without_each(groups.sizes)
    return float(total[0]), float(groups.jackknife(total[1:])) if groups.enough else float("nan")


def _unseen(text: str, seen: int, draws: int) -> str:
    """Why there is nothing to say of an event."""
    if seen == 0:
        return f"{text}: in none of {draws:,} draws, so its chance is below {300.0 / max(draws, 1):.2g}% (at 95%)"
    if seen == draws:
        return f"{text}: in all of {draws:,} draws, so nothing decides it here"
    rare = f"in {seen:,} of {draws:,} draws" if seen < draws - seen else f"in all but {draws - seen:,} of {draws:,} draws"
    return f"{text}: {rare}, too few to tell what decides it (at least {FEWEST} of either kind)"


def _measures(reading: Reading, bands: Bands) -> tuple[Array, Array]:
    """Values and half widths, (measure, row)."""
    groups = reading.table.groups
    table, flag = reading.table, reading.deviations + reading.mean
    counts, events = (np.stack([table.by_bin(row, _BINS, values) for row in range(len(table.places))]) for values in (None, flag))
    distance = _held_out(events, counts - events)[: groups.count]
    middle = (np.arange(_BINS) + 0.5) / _BINS
    with_event = without_each(events.transpose(1, 0, 2))
    rank = with_event @ middle / with_event.sum(axis=2)
    ends = bands.at_ends(bands.means)
    single = first_order(reading)
    jackknifed = [rank, ends[..., 0], ends[..., 1], ends[..., 1] - ends[..., 0], np.concatenate([single.value[None], single.without])]
    values = [distance.mean(axis=0), *(one[0] for one in jackknifed)]
    halves = [groups.spread(distance), *(groups.jackknife(one[1:]) for one in jackknifed)]
    return np.stack(values), np.stack(halves)


def _held_out(events: Array, others: Array) -> Array:
    """Distance between two distribution functions, (group, row), from counts (row, group, bin).

    Where they are farthest apart, and which is above, is taken from all other groups, so that noise alone has distance 0 on average.
    """
    rest = [one.sum(axis=1, keepdims=True) - one for one in (events, others)]
    apart = np.subtract(*(_distribution(one) for one in rest))
    own = np.subtract(*(_distribution(one) for one in (events, others)))
    at = np.abs(apart).argmax(axis=2)[..., None]
    found = np.sign(np.take_along_axis(apart, at, axis=2)) * np.take_along_axis(own, at, axis=2)
    return np.asarray(found[..., 0].T)


def _distribution(counts: Array) -> Array:
    total = counts.sum(axis=2, keepdims=True)
    return np.asarray(counts.cumsum(axis=2) / np.where(total > 0.0, total, 1.0))


def _verdicts(found: Array, halves: Array, drivers: int) -> npt.NDArray[np.uint8]:
    """Which measures are beyond noise, (measure, driver): a chance at one end is so where the chances at both ends differ."""
    size = found.copy()
    size[MEASURES.index("rank")] = np.abs(found[MEASURES.index("rank")] - 0.5)
    swing = MEASURES.index("chance_swing")
    size[swing] = np.abs(found[swing])
    floor = noise_floor(size[:, drivers:])[:, None]
    plain = size[:, :drivers] > np.maximum(halves[:, :drivers], floor)
    plain[MEASURES.index("chance_low")] = plain[MEASURES.index("chance_high")] = plain[swing]
    return np.where(plain, PLAIN, NOT_DISTINGUISHABLE).astype(np.uint8)


def stored_events(stored: StoredDraws, year: str = TERM, parties: Sequence[str] = ()) -> list[tuple[Event, Flags]]:
    """The events of a stored run in a year, or in any year (positions: over the whole term), with the draws in which they happen.

    ``parties`` leaves out what concerns other parties. Raises DataError for an unknown year or party.
    """
    stored.outputs((), [year], {"party": parties} if parties else None)
    return [*_of_arrangements(stored, year, parties), *_of_positions(stored, year, parties)]


def _of_arrangements(stored: StoredDraws, year: str, parties: Sequence[str]) -> Iterator[tuple[Event, Flags]]:
    """The minimum rates, caps and collars."""
    run = stored.run
    columns = slice(None) if year == TERM else slice(stored.years.index(year), stored.years.index(year) + 1)
    when = "in any year" if year == TERM else f"in {year}"
    for arrangement in run.labels("arrangement") if "msr_met" in run else ():
        of_rate = stored.by_year("msr_met", {"arrangement": arrangement})[:, columns]
        output = Output("msr_met", stored.scenario, year, (("arrangement", arrangement),))
        yield Event(f"{arrangement}: minimum savings rate met {when}", output), _any(of_rate > 0)
        yield Event(f"{arrangement}: minimum loss rate met {when}", output._replace(name="mlr_met")), _any(of_rate < 0)
    for name, text in (("cap_hit", "cap binds"), ("collar_hit", "collar binds")):
        for arrangement in run.labels("arrangement") if name in run else ():
            for party in parties or run.labels("party"):
                entity = {"arrangement": arrangement, "party": party}
                hit = _any(stored.by_year(name, entity)[:, columns] > 0)
                if hit.any():  # most parties have neither
                    yield Event(f"{party}: {text} {when} ({arrangement})", Output(name, stored.scenario, year, tuple(entity.items()))), hit


def _any(flags: Flags) -> Flags:
    """Draws in which a flag (draw, year) is set in any year."""
    return np.asarray(flags.any(axis=1), dtype=np.bool_)


def _of_positions(stored: StoredDraws, year: str, parties: Sequence[str]) -> Iterator[tuple[Event, Flags]]:
    """Losing: a position below nought, below plan, and a contract that makes it worse."""
    when = "over the term" if year == TERM else f"in {year}"
    for party in (parties or stored.run.labels("party")) if "party_position" in stored.run else ():
        output = Output("party_position", stored.scenario, year, (("party", party),))
        position = stored.series(output)
        yield Event(f"{party}: position below zero {when}", output._replace(name="position_below_zero")), position < 0.0
        plan = stored.plan(output)
        if plan == plan and plan != 0.0:
            yield Event(f"{party}: position below plan {when}", output._replace(name="position_below_plan")), position < plan
        if "party_position_before" in stored.run:
            change = position - stored.series(output._replace(name="party_position_before"))
            if change.any():
                yield Event(f"{party}: loses by the contract {when}", output._replace(name="loses_by_contract")), change < 0.0
