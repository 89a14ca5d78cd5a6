"""Payoff of an arrangement: who ends with what of a stated gain or loss, by the same pass that settles draws."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simengine.engine.arrangements import settle_year
from simengine.engine.build_contract import build_arrangements
from simengine.engine.held_at_rates import held_at
from simengine.engine.plan import Prepared
from simengine.engine.terms import (
    ARRANGEMENT_ROWS,
    CAP_HIT,
    COLLAR_HIT,
    FLAGS,
    GAIN,
    LINE_OUTTURN,
    LINE_STORE_ROWS,
    MEMBER_ROWS,
    MET,
    OUTTURN,
    PAYOUT,
    POOL,
    PRORATED,
    PRORATION,
    Area,
    Arrangements,
)
from simengine.engine.tile import STRIDE
from simengine.jit import Floats

#: A stated rate times it is at least that rate after rounding, so that an inclusive threshold is met at it.
NOT_LESS = 1.0 + 1e-12


class Payoffs(NamedTuple):
    """Arrays over (arrangement, year, party, rate), in the currency; 0 for parties that an arrangement does not have.

    ``payout`` is what a party ends with of the gain or loss, ``settlement`` what it receives for that (positive), given what it holds
    through payment. ``met`` is (arrangement, year, rate), ``baselines`` (arrangement, year).
    """

    payout: Floats
    settlement: Floats
    cap_hit: Floats
    collar_hit: Floats
    met: Floats
    baselines: Floats


def payoffs(ready: Prepared, rates: Sequence[float]) -> Payoffs:
    """Payoffs at gain rates g (share of the baseline), at most 512 of them.

    Every covered line is off plan in the same proportion, quality is as planned.
    Each year by itself: nothing is carried into it, and nothing has been paid out over the term so far.
    """
    made, layout = ready.drafts[0], ready.layout
    years, count, asked = layout.years, len(rates), np.array(rates)
    baselines = planned_baselines(ready)
    terms = build_arrangements(made.book, made.spec, made.baselines, made.plan.income)
    whole = terms.term.copy()
    # the baselines, and so the outturns, are of the part of the year that is settled already
    whole[:, :, PRORATION] = 1.0
    terms = terms._replace(term=whole, uses=np.where(np.arange(FLAGS) == PRORATED, 0, terms.uses))
    rows = np.zeros(len(layout.arrangements) * ARRANGEMENT_ROWS * STRIDE)
    members = np.zeros(len(layout.members) * MEMBER_ROWS * STRIDE)
    nothing, paid = np.zeros((2, len(layout.members) * STRIDE))
    area = Area(rows, members, nothing, paid, np.zeros(terms.work_rows * STRIDE), _planned_slots(ready, count))
    payout, settlement, capped, collared = np.zeros((4, len(layout.arrangements), years, len(layout.parties), count))
    found = Payoffs(payout, settlement, capped, collared, np.zeros((*baselines.shape, count)), baselines)
    held = held_at(ready, baselines, asked)
    for a, t in np.ndindex(baselines.shape):
        first = (a * ARRANGEMENT_ROWS + OUTTURN) * STRIDE
        rows[first : first + count] = baselines[a, t] * (1.0 - asked)
        _fill_lines(area, terms, a, t, asked)
        settle_year(area, terms, a, t, count)
        here = {k: rows[(start := (a * ARRANGEMENT_ROWS + k) * STRIDE) : start + count] for k in (MET, POOL, GAIN)}
        found.met[a, t] = here[MET]
        shared = np.divide(here[POOL], here[GAIN], out=np.zeros(count), where=here[GAIN] != 0.0)
        for m, (arrangement, party) in enumerate(layout.members):
            if arrangement == a:
                _read_member(found, members[m * MEMBER_ROWS * STRIDE :], (a, t, party), shared * held[m, t])
        for area_rows in (members, nothing, paid, area.work):
            area_rows[:] = 0.0
    return found


def _read_member(found: Payoffs, out: Floats, place: tuple[int, int, int], windfall: Floats) -> None:
    """The rows of one member and year; settlement is what it ends with less its windfall."""
    count = len(windfall)
    for array, row in ((found.payout, PAYOUT), (found.cap_hit, CAP_HIT), (found.collar_hit, COLLAR_HIT)):
        array[place] = out[row * STRIDE : row * STRIDE + count]
    found.settlement[place] = found.payout[place] - windfall


def planned_baselines(ready: Prepared) -> Floats:
    """Planned baselines (arrangement, year) in the currency."""
    made = ready.drafts[0]
    totals = [made.book.planned(total) for total in made.baselines.total.values()]
    return np.array(totals).reshape(len(totals), ready.layout.years)


def planned_scores(ready: Prepared) -> dict[str, dict[str, list[float]]]:
    """Planned quality scores by arrangement and party, by year; parties without a score are left out."""
    made = ready.drafts[0]
    found: dict[str, dict[str, list[float]]] = {}
    for name, arrangement in made.spec.arrangements.items():
        quality = arrangement.quality
        found[name] = {}
        if quality is not None:
            own = quality.scores | ({} if quality.score is None else {"score": quality.score})
            for key, number in own.items():
                values = made.book.planned(made.book.number(number, f"arrangements.{name}.quality.{key}"))
                found[name]["all" if key == "score" else key] = values.tolist()
    return found


def _fill_lines(area: Area, terms: Arrangements, a: int, t: int, rates: Floats) -> None:
    """Outturns of the lines that settle by themselves, each at the same rates."""
    for k in range(terms.apart.first[a], terms.apart.first[a + 1]):
        planned = terms.apart.scale[k, t] * area.x[(terms.apart.slot[k, 0] + terms.apart.slot[k, 1] * t) * STRIDE]
        start = (terms.apart.store[k] + LINE_STORE_ROWS * t + LINE_OUTTURN) * STRIDE
        area.work[start : start + len(rates)] = planned * (1.0 - rates)


def _planned_slots(ready: Prepared, count: int) -> Floats:
    """The tile matrix with every slot at its plan value for ``count`` draws."""
    matrix = ready.drafts[0].book.plan_matrix().copy()
    for row in range(matrix.size // STRIDE):
        matrix[row * STRIDE : row * STRIDE + count] = matrix[row * STRIDE]
    return matrix
