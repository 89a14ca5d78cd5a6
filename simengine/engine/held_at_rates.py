"""What the parties of an arrangement hold of a stated gain through payment, all covered lines being off plan in the same proportion."""

import numpy as np

from simengine.engine.lines import Lines
from simengine.engine.plan import Prepared
from simengine.engine.special_lines import special_payment
from simengine.engine.terms import PRORATION, Arrangements
from simengine.engine.tile import STRIDE
from simengine.jit import Floats
from simengine.projection.payment import payment


def held_at(ready: Prepared, baselines: Floats, rates: Floats) -> Floats:
    """``W_p`` of every member (member, year, rate) in the currency; ``baselines`` are (arrangement, year).

    The outturn of a covered line is its planned share of the outturn ``B(1 - g)``; prices and payment terms are as planned. The sum
    over the members of an arrangement is the gain ``gB``.
    """
    made, layout = ready.drafts[0], ready.layout
    model = ready.model(0, 0, "random", False, np.full(layout.detail_count, -1, dtype=np.int64))
    lines, covered, terms = model.lines, model.covered, model.arrangements
    found = np.zeros((len(layout.members), layout.years, len(rates)))
    matrix = made.book.plan_matrix()
    planned = made.plan.lines.outturn * made.plan.lines.price
    variable = np.array([made.book.planned(slot.variable_share) for slot in made.slots.values()]).reshape(planned.shape)
    for a, t in np.ndindex(baselines.shape):
        inside = np.flatnonzero(covered.arrangement[:, t] == a)
        weights, part = planned[inside, t], terms.term[a, t, PRORATION]
        whole = weights.sum()
        spread = weights / whole if whole != 0.0 else np.full(len(inside), 1.0 / max(len(inside), 1))
        for s, share in zip(inside, spread, strict=True):
            # a baseline is that of the part of the year that is settled; payments are worked out for the whole of it
            outturn = share * baselines[a, t] * (1.0 - rates) / part
            payer, provider = covered.payer[s, t], covered.provider[s]
            paid = _paid(lines, int(s), t, variable[s, t], outturn)
            found[payer, t] += part * (covered.baseline[s, t] - paid)
            found[provider, t] += part * (paid - outturn)
        for k in _entries(terms, a):
            planned_row = terms.held[k, 0] + terms.held[k, 1] * t
            found[terms.held_member[k], t] += terms.held_scale[k, t] * matrix[planned_row * STRIDE]
    return found


def _paid(lines: Lines, s: int, t: int, variable: float, outturn: Floats) -> Floats:
    """Payment for a line at some outturns; a party that provides what it pays for pays what it costs."""
    if not lines.paid[s, t]:
        return outturn
    own = float(lines.plan_payment[s, t])
    if lines.special.line[s]:
        return np.array([special_payment(lines.special, s, t, own, variable, value) for value in outturn])
    return np.array([payment(own, variable, value) for value in outturn])


def _entries(terms: Arrangements, a: int) -> list[int]:
    """Entries of an arrangement, those of its lines included."""
    ranges = [terms.held_range[a], *(terms.apart.held[k] for k in range(terms.apart.first[a], terms.apart.first[a + 1]))]
    return sorted({k for first, end in ranges for k in range(first, end)})
