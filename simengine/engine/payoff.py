"""Payoff of an arrangement: who ends with what of a stated gain or loss, by the same pass that settles draws."""

from collections.abc import Sequence

import numpy as np

from simengine.engine.arrangements import ARRANGEMENT_ROWS, CONTRACT_WORK_ROWS, MEMBER_ROWS, MET, OUTTURN, PAYOUT, Area, settle_year
from simengine.engine.build_contract import build_arrangements
from simengine.engine.plan import Prepared
from simengine.engine.tile import STRIDE
from simengine.jit import Floats


def payoffs(ready: Prepared, rates: Sequence[float]) -> tuple[Floats, Floats, Floats]:
    """Payouts at gain rates g (share of the baseline), planned quality scores, at most 512 rates.

    Returns
    -------
    Payouts (arrangement, year, party, rate) in the currency, whether a rate is met (arrangement, year, rate), and baselines
    (arrangement, year).
    """
    made, layout = ready.drafts[0], ready.layout
    years, count = layout.years, len(rates)
    totals = [made.book.planned(total) for total in made.baselines.total.values()]
    baselines = np.array(totals).reshape(len(totals), years)
    terms = build_arrangements(made.book, made.spec, made.baselines, made.plan.income)
    rows = np.zeros(len(layout.arrangements) * years * ARRANGEMENT_ROWS * STRIDE)
    members, held = np.zeros(len(layout.members) * years * MEMBER_ROWS * STRIDE), np.zeros(len(layout.members) * years * STRIDE)
    area = Area(rows, members, held, np.zeros(CONTRACT_WORK_ROWS * STRIDE), _planned_slots(ready, count))
    payout = np.zeros((len(layout.arrangements), years, len(layout.parties), count))
    met = np.zeros((len(layout.arrangements), years, count))
    for a in range(len(layout.arrangements)):
        for t in range(years):
            first = ((a * years + t) * ARRANGEMENT_ROWS + OUTTURN) * STRIDE
            rows[first : first + count] = baselines[a, t] * (1.0 - np.array(rates))
            settle_year(area, terms, a, t, count)
            start = ((a * years + t) * ARRANGEMENT_ROWS + MET) * STRIDE
            met[a, t] = rows[start : start + count]
            for m, (arrangement, party) in enumerate(layout.members):
                if arrangement == a:
                    start = ((m * years + t) * MEMBER_ROWS + PAYOUT) * STRIDE
                    payout[a, t, party] = members[start : start + count]
    return payout, met, baselines


def _planned_slots(ready: Prepared, count: int) -> Floats:
    """The tile matrix with every slot at its plan value for ``count`` draws."""
    matrix = ready.drafts[0].book.plan_matrix().copy()
    for row in range(matrix.size // STRIDE):
        matrix[row * STRIDE : row * STRIDE + count] = matrix[row * STRIDE]
    return matrix
