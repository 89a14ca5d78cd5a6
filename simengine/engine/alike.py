"""Line variables that are multiples of others, so that the hot loop works out the others only (docs/decisions/0012).

A line that no scheme touches has the same activity and spend with schemes as without. Where two such lines share every row of the tile
matrix (growth, inflation, payment terms) they differ in constants only: each variable of the one is a constant times that of the other,
in every draw. A budget of thousands of lines has few that are not of this kind.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.engine.block import Model
from simengine.engine.detail import LINE_VARIABLES, Detail
from simengine.engine.lines import Lines
from simengine.engine.moments import BATCH_SQUARES, COUNT, MOMENT_COLUMNS, SQUARES
from simengine.jit import Floats, Ints

Flags = npt.NDArray[np.bool_]

_NAMES = tuple(LINE_VARIABLES)
#: What a variable is a multiple of on a line that no scheme touches; the others stand for themselves.
_SOURCES = {
    "activity": "activity_do_nothing",
    "spend": "spend_do_nothing",
    "gross_saving": "spend_do_nothing",
    "cost_released": "provider_cost",
}
#: Nothing on such a line; not finite where its source is not.
_NOTHING = ("gross_saving", "cost_released")
#: Relative difference of planned figures up to which they are held to be in proportion: they differ by rounding only.
_ROUNDING = 1e-12
#: How often those in no proportion to the first of their rows are tried on the next; what is then left is worked out line by line.
_ROUNDS = 4


@dataclass(frozen=True)
class Alike:
    """Rows of line and scheme variables that are worked out, and what the rest are multiples of; rows as in ``Layout.detail_rows``."""

    worked: Ints  # (worked row,): rows in the order in which the hot loop has them
    source: Ints  # (row,): the row that a row is a multiple of; itself where it is worked out
    ratio: Floats  # (row,): by how much, 1 where it is worked out

    def narrowed(self, detail: Detail, keep: Ints) -> Detail:
        """What the hot loop is asked for: the rows that are worked out; ``keep`` says where each row of the layout is stored."""
        place = np.full(self.source.size, -1, dtype=np.int64)
        place[self.worked] = np.arange(self.worked.size)
        count, years = len(_NAMES), detail.pressure_scale.shape[1]
        first = np.ascontiguousarray(place[: detail.scheme_row].reshape(count, -1, years)[:, :, 0])
        schemes = self.source.size - detail.scheme_row
        return detail._replace(row=first, scheme_row=self.worked.size - schemes, plan=detail.plan[self.worked], keep=keep[self.worked])

    def all_moments(self, found: Floats) -> Floats:
        """Moments of every row (row, column) from those that were worked out: sums go with the ratio, sums of squares with its square."""
        power = np.ones(MOMENT_COLUMNS)
        power[[COUNT, SQUARES, BATCH_SQUARES]] = 0.0, 2.0, 2.0
        every = np.zeros((self.source.size, MOMENT_COLUMNS))
        every[self.worked] = found
        follow = np.flatnonzero(self.source != np.arange(self.source.size))
        ratio = self.ratio[follow, None]
        factor = np.where(power == 0.0, 1.0, np.where(power == 1.0, ratio, ratio * ratio))
        # + 0 so that nothing times a negative number is 0 and not -0
        every[follow] = every[self.source[follow]] * factor + 0.0
        return every

    def fill_draws(self, store: Floats, keep: Ints) -> None:
        """Fill the stored rows (stored row, draw) that were not worked out from those that were."""
        with np.errstate(invalid="ignore"):
            for row in np.flatnonzero((keep >= 0) & (self.source != np.arange(keep.size))):
                store[keep[row]] = self.ratio[row] * store[keep[self.source[row]]] + 0.0


def find_alike(model: Model) -> Alike:
    """What of the line variables of a model has to be worked out; ``model.detail`` holds every row and the plan of the base study."""
    lines, detail = model.lines, model.detail
    plan = detail.plan[: detail.scheme_row].reshape(len(_NAMES), *detail.pressure_scale.shape)
    source, ratio = np.arange(detail.plan.size), np.ones(detail.plan.size)
    rows = source[: detail.scheme_row].reshape(plan.shape)
    plain = _plain(model)
    like = _likes(lines, detail, plan, plain)
    factors = _factors(lines, detail, like)
    # a line that is like no other may still be the same with schemes as without
    follows = plain & _in_proportion(lines, plan, like, factors)
    for k, name in enumerate(_NAMES):
        other = rows[_NAMES.index(_SOURCES.get(name, name))][like]
        ratio[rows[k][follows]] = 0.0 if name in _NOTHING else factors[k][follows]
        source[rows[k][follows]] = other[follows]
    return Alike(np.flatnonzero(source == np.arange(source.size)), source, ratio)


def _plain(model: Model) -> Flags:
    """Lines that no scheme touches and that have no marginal bands."""
    effects, shifts = model.effects, model.shifts
    untouched = (np.diff(effects.first_segment) == 0) & (np.diff(shifts.first_into) == 0)
    found: Flags = untouched & (model.lines.special.line == 0)
    return found


def _likes(lines: Lines, detail: Detail, plan: Floats, plain: Flags) -> Ints:
    """The line that each line is like, itself where there is none.

    Where the first of those with the same rows is an odd one (no activity, a stated payment), the next leads those in no proportion to it.
    """
    own = np.arange(plain.size)
    like, left = own, plain
    for _ in range(_ROUNDS):
        first = _first_alike(lines, detail, left)
        fits = left & _in_proportion(lines, plan, first, _factors(lines, detail, first))
        like = np.where(fits, first, like)
        left = left & ~fits & (first != own)
    return like


def _first_alike(lines: Lines, detail: Detail, left: Flags) -> Ints:
    """For each line that is ``left`` the first that shares its rows, variable and fixed share and way of payment; itself for the others."""
    count = left.size
    shares = np.ascontiguousarray(lines.scale[:, 4:, :]).view(np.int64).reshape(count, -1)
    terms = (lines.paid, lines.planned_price[:, None], lines.release_years[:, None])
    keys = np.concatenate([lines.slot.reshape(count, -1), detail.pressure, shares, *terms], axis=1)
    found = np.arange(count)
    among = np.flatnonzero(left)
    if among.size:
        _, first, member = np.unique(keys[among], axis=0, return_index=True, return_inverse=True)
        found[among] = among[first[member.ravel()]]
    return found


def _factors(lines: Lines, detail: Detail, like: Ints) -> Floats:
    """Each line's variables over those of the line that it is like, (variable, line, year); not finite where that one has none."""
    itself = (like == np.arange(like.size))[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        size, price, cost = (lines.scale[:, k, :] / lines.scale[like, k, :] for k in (0, 2, 3))
        pressure = detail.pressure_scale / detail.pressure_scale[like]
        paid_at = np.where(lines.planned_price[:, None] == 1, lines.plan_price / lines.plan_price[like], price)
        spend, provided = size * price, size * cost
        found = {
            "activity_do_nothing": size,
            "activity": size,
            "spend_pressure": size * pressure,
            "spend_do_nothing": spend,
            "spend": spend,
            "gross_saving": spend,
            "payment": size * paid_at,
            "provider_cost": provided,
            "cost_released": provided,
        }
    return np.where(itself, 1.0, [found[name] for name in _NAMES])


def _in_proportion(lines: Lines, plan: Floats, like: Ints, factors: Floats) -> Flags:
    """Whether every planned figure of a line is that of the line it is like times the factor.

    A scenario keeps the plan of the base study: there a line that was changed is in no proportion to its plan.
    """
    known = np.isfinite(factors)
    factors = np.where(known, factors, 0.0)
    size, paid = (factors[_NAMES.index(name)] for name in ("activity_do_nothing", "payment"))
    sources = plan[[_NAMES.index(_SOURCES.get(name, name)) for name in _NAMES]]
    part = np.where([name in _NOTHING for name in _NAMES], 0.0, 1.0)[:, None, None]
    found = (known & _close(plan, part * factors * sources[:, like])).all(axis=(0, 2))
    found &= _close(lines.plan_payment, paid * lines.plan_payment[like]).all(axis=1)
    # capacity that is released over years goes by the activity of earlier years
    steady = _close(size, size[:, :1]) & _close(lines.plan_do_nothing, size * lines.plan_do_nothing[like])
    return np.asarray(found & ((lines.release_years < 1) | steady.all(axis=1)))


def _close(value: Floats, expected: Floats) -> Flags:
    """Equal but for rounding."""
    return np.asarray(np.abs(value - expected) <= _ROUNDING * np.abs(expected))
