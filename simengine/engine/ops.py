"""Derived rows: the short list of operations that turn drivers into indices, ramps and costs, one tile at a time.

Every number of a study is a *slot*: in year t its value is ``scale[t] · X[row + stride · t]`` of the tile matrix X, with row 0 all ones:
a constant is (row 0, stride 0, scale = its values) and kernels never ask what kind a number was. An operation writes one row per
year; operations that depend on no driver run once per thread, the others once per tile.
"""

from typing import NamedTuple

from simengine.engine.tile import STRIDE, TILE
from simengine.jit import Floats, Ints, inlined, keep_apart, kernel, rows_apart
from simengine.projection.budget import reset_scale
from simengine.projection.growth import grow
from simengine.projection.ramp import ramp_in_year
from simengine.projection.volatility import coefficient_of_variation

PRODUCT, LINEAR, INDEX, RAMP, VARIATION, RESET, RATE, HELD, AT_MOST = range(9)
#: Roles of an input: of a product (times x, divided by x, times 1 - x); of an index (first rate of a factor, further rate).
#: Of a reset the role is the year that it takes place in.
TIMES, DIVIDE, LESS = 0, 1, 2
FIRST, FURTHER = 0, 1
#: The row of ones.
ONES = 0

FourRows = tuple[Floats, Floats, Floats, Floats]
FourScales = tuple[float, float, float, float]


class Ops(NamedTuple):
    """Operations: first those that depend on no driver, up to ``constant``, then what every tile needs, up to ``needed``.

    What comes after is for line and scheme variables only.
    """

    constant: int
    needed: int
    kind: Ints  # (op,)
    target: Ints  # (op,): first row written
    years: Ints  # (op,): rows written, 1 or the horizon
    parameter: Floats  # (op, 4)
    first_input: Ints  # (op + 1,)
    row: Ints  # (input,)
    stride: Ints  # (input,)
    role: Ints  # (input,)
    scale: Floats  # (input, year)


@inlined
def row_view(x: Floats, row: int) -> Floats:
    """Row ``row`` of a flat matrix of rows, as a view that starts at 0 (so that loops over it vectorise)."""
    return x[row * STRIDE : row * STRIDE + TILE]


@kernel
def fill_row(out: Floats, value: float, n: int) -> None:
    """Set the first ``n`` entries of a row."""
    keep_apart()
    for i in range(n):
        out[i] = value


@kernel
def clear_rows(rows: Floats, count: int) -> None:
    """Zero the first rows of a flat matrix."""
    keep_apart()
    for i in range(count * STRIDE):
        rows[i] = 0.0


@kernel
def copy_row(out: Floats, x: Floats, n: int) -> None:
    """``out = x``."""
    keep_apart()
    for i in range(n):
        out[i] = x[i]


@kernel
def add_row(out: Floats, x: Floats, n: int) -> None:
    """``out += x``."""
    keep_apart()
    for i in range(n):
        out[i] += x[i]


@kernel
def subtract_row(out: Floats, x: Floats, n: int) -> None:
    """``out -= x``."""
    keep_apart()
    for i in range(n):
        out[i] -= x[i]


@kernel
def add_scaled_row(out: Floats, x: Floats, scale: float, n: int) -> None:
    """``out += scale · x``."""
    keep_apart()
    for i in range(n):
        out[i] += scale * x[i]


@kernel
def _multiply(out: Floats, x: Floats, scale: float, role: int, n: int) -> None:
    keep_apart()
    if role == TIMES:
        for i in range(n):
            out[i] *= scale * x[i]
    elif role == DIVIDE:
        for i in range(n):
            out[i] /= scale * x[i]
    else:
        for i in range(n):
            out[i] *= 1.0 - scale * x[i]


@kernel
def _grow_row(index: Floats, previous: Floats, rate: Floats, scale: float, n: int) -> None:
    """One factor with a single rate: ``index = previous · (1 + scale · rate)``."""
    keep_apart()
    rows_apart()
    for i in range(n):
        index[i] = grow(previous[i], scale * rate[i])


@kernel
def _grow_on(index: Floats, rate: Floats, scale: float, n: int) -> None:
    """As ``_grow_row``, for a further factor of the same year."""
    keep_apart()
    rows_apart()
    for i in range(n):
        index[i] = grow(index[i], scale * rate[i])


@kernel
def _grow_by_four(index: Floats, previous: Floats, rates: FourRows, scales: FourScales, n: int) -> None:
    """One factor with up to four rates (the rest have scale 0): ``index = previous · (1 + Σ scale · rate)``."""
    keep_apart()
    rows_apart()
    r, q, p, o = rates
    a, b, c, d = scales
    for i in range(n):
        index[i] = grow(previous[i], ((a * r[i] + b * q[i]) + c * p[i]) + d * o[i])


@kernel
def _grow_on_by_four(index: Floats, rates: FourRows, scales: FourScales, n: int) -> None:
    """As ``_grow_by_four``, for a further factor of the same year."""
    keep_apart()
    rows_apart()
    r, q, p, o = rates
    a, b, c, d = scales
    for i in range(n):
        index[i] = grow(index[i], ((a * r[i] + b * q[i]) + c * p[i]) + d * o[i])


@kernel
def _ramp_year(ops: Ops, op: int, t: int, out: Floats, x: Floats, n: int) -> None:
    """The ramp of year t from its two inputs, delay and years."""
    keep_apart()
    a = ops.first_input[op]
    b = a + 1
    delay, delay_scale = row_view(x, ops.row[a] + ops.stride[a] * t), ops.scale[a, t]
    years, years_scale = row_view(x, ops.row[b] + ops.stride[b] * t), ops.scale[b, t]
    shape, average = int(ops.parameter[op, 0]), ops.parameter[op, 1] > 0.0
    for i in range(n):
        out[i] = ramp_in_year(t + 1.0, delay_scale * delay[i], years_scale * years[i], shape, average)


@kernel
def _variation_year(ops: Ops, op: int, t: int, out: Floats, x: Floats, n: int) -> None:
    """The coefficient of variation of year t for the population drawn."""
    keep_apart()
    a = ops.first_input[op]
    population, scale = row_view(x, ops.row[a] + ops.stride[a] * t), ops.scale[a, t]
    floor, ref, n_ref = ops.parameter[op, 0], ops.parameter[op, 1], ops.parameter[op, 2]
    for i in range(n):
        out[i] = coefficient_of_variation(floor, ref, n_ref, scale * population[i])


@kernel
def _reset_row(out: Floats, observed: Floats, scale: float, threshold: float, n: int) -> None:
    """Scale of a budget in the year of a reset; ``out`` holds that of the year before."""
    keep_apart()
    for i in range(n):
        out[i] = reset_scale(out[i], scale * observed[i], threshold)


@kernel
def _reset_year(ops: Ops, op: int, t: int, out: Floats, x: Floats, n: int) -> None:
    """The scale of a budget in year t: that of the year before, moved where t is a reset year."""
    fill_row(out, 0.0, n)
    add_row(out, row_view(x, ops.target[op] + t - 1 if t > 0 else ONES), n)
    for j in range(ops.first_input[op], ops.first_input[op + 1]):
        if ops.role[j] == t:
            observed = row_view(x, ops.row[j] + ops.stride[j] * t)
            _reset_row(out, observed, ops.scale[j, t], ops.parameter[op, 0], n)


@kernel
def _rate_row(out: Floats, now: Floats, scale: float, before: Floats, scale_before: float, n: int) -> None:
    keep_apart()
    for i in range(n):
        out[i] = scale * now[i] / (scale_before * before[i]) - 1.0


@kernel
def _rate_year(ops: Ops, op: int, t: int, out: Floats, x: Floats, n: int) -> None:
    """The rate of growth of the first input in year t; the second is its value in the base year."""
    a = ops.first_input[op]
    now = row_view(x, ops.row[a] + ops.stride[a] * t)
    j, k = (a, t - 1) if t > 0 else (a + 1, 0)
    _rate_row(out, now, ops.scale[a, t], row_view(x, ops.row[j] + ops.stride[j] * k), ops.scale[j, k], n)


@kernel
def _factor_end(ops: Ops, j: int, last: int) -> int:
    """The input after the last one of the factor that starts at input ``j``."""
    end = j + 1
    while end < last and ops.role[end] == FURTHER:
        end += 1
    return end


@kernel
def _rate(ops: Ops, j: int, end: int, t: int) -> tuple[int, float]:
    """Row and scale of input ``j`` in year t; the row of ones at scale 0 where the factor has no such rate."""
    if j < end:
        return ops.row[j] + ops.stride[j] * t, ops.scale[j, t]
    return ONES, 0.0


@kernel
def _grow_by_rates(ops: Ops, j: int, end: int, t: int, target: int, previous: int, x: Floats, n: int) -> None:
    """One factor of several rates, inputs ``j`` to ``end``, four at a time: row ``target`` from row ``previous``."""
    rows_r, a = _rate(ops, j, end, t)
    rows_q, b = _rate(ops, j + 1, end, t)
    rows_p, c = _rate(ops, j + 2, end, t)
    rows_o, d = _rate(ops, j + 3, end, t)
    rates = (row_view(x, rows_r), row_view(x, rows_q), row_view(x, rows_p), row_view(x, rows_o))
    if previous == target:
        _grow_on_by_four(row_view(x, target), rates, (a, b, c, d), n)
    else:
        _grow_by_four(row_view(x, target), row_view(x, previous), rates, (a, b, c, d), n)


@kernel
def _grow_by_many(ops: Ops, j: int, end: int, t: int, target: int, previous: int, x: Floats, n: int) -> None:
    """One factor of more than four rates: a rarity, summed draw by draw."""
    out, before = row_view(x, target), row_view(x, previous)
    for i in range(n):
        total = 0.0
        for k in range(j, end):
            total += ops.scale[k, t] * x[(ops.row[k] + ops.stride[k] * t) * STRIDE + i]
        out[i] = grow(before[i], total)


@kernel
def _index_year(ops: Ops, op: int, t: int, x: Floats, n: int) -> None:
    """The index of the year before times the factors of year t; each factor is 1 + the sum of its weighted rates."""
    j, last = ops.first_input[op], ops.first_input[op + 1]
    target = ops.target[op] + t
    previous = target - 1 if t > 0 else ONES
    while j < last:
        end = _factor_end(ops, j, last)
        if end == j + 1:
            rate = row_view(x, ops.row[j] + ops.stride[j] * t)
            if previous == target:
                _grow_on(row_view(x, target), rate, ops.scale[j, t], n)
            else:
                _grow_row(row_view(x, target), row_view(x, previous), rate, ops.scale[j, t], n)
        elif end <= j + 4:
            _grow_by_rates(ops, j, end, t, target, previous, x, n)
        else:
            _grow_by_many(ops, j, end, t, target, previous, x, n)
        previous = target
        j = end


@kernel
def _held_year(out: Floats, x: Floats, scale: float, n: int) -> None:
    """A number that cannot fall below 0: NaN stays NaN."""
    keep_apart()
    for i in range(n):
        value = scale * x[i]
        out[i] = 0.0 if value < 0.0 else value


@kernel
def _least_year(out: Floats, x: Floats, scale: float, most: Floats, scale_most: float, n: int) -> None:
    """A number that counts up to another one: NaN stays NaN."""
    keep_apart()
    for i in range(n):
        value, limit = scale * x[i], scale_most * most[i]
        out[i] = limit if value > limit else value


@kernel
def _op_year(ops: Ops, op: int, t: int, x: Floats, n: int) -> None:
    """One year of one operation (not of a volatility)."""
    out = row_view(x, ops.target[op] + t)
    first, last = ops.first_input[op], ops.first_input[op + 1]
    kind = ops.kind[op]
    if kind == PRODUCT:
        fill_row(out, 1.0, n)
        for j in range(first, last):
            _multiply(out, row_view(x, ops.row[j] + ops.stride[j] * t), ops.scale[j, t], ops.role[j], n)
    elif kind == LINEAR:
        fill_row(out, 0.0, n)
        for j in range(first, last):
            add_scaled_row(out, row_view(x, ops.row[j] + ops.stride[j] * t), ops.scale[j, t], n)
    elif kind == INDEX:
        _index_year(ops, op, t, x, n)
    elif kind == RAMP:
        _ramp_year(ops, op, t, out, x, n)
    elif kind == VARIATION:
        _variation_year(ops, op, t, out, x, n)
    elif kind == RATE:
        _rate_year(ops, op, t, out, x, n)
    elif kind == RESET:
        _reset_year(ops, op, t, out, x, n)
    elif kind == AT_MOST:
        most = row_view(x, ops.row[first + 1] + ops.stride[first + 1] * t)
        _least_year(out, row_view(x, ops.row[first] + ops.stride[first] * t), ops.scale[first, t], most, ops.scale[first + 1, t], n)
    elif kind == HELD:
        _held_year(out, row_view(x, ops.row[first] + ops.stride[first] * t), ops.scale[first, t], n)


@kernel
def run_ops(ops: Ops, first: int, last: int, x: Floats, n: int) -> None:
    """Run operations ``first`` to ``last`` on a tile."""
    for op in range(first, last):
        for t in range(ops.years[op]):
            _op_year(ops, op, t, x, n)
