"""Saving of each scheme in a tile of draws, attributed by the log-mean rule (MODEL.md section 3); run only where it is asked for."""

from simengine.engine.lines import A0, ON_ACTIVITY, ON_PRICE, REDUCTION, S0, Effects, effect_range
from simengine.engine.ops import fill_row, row_view
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart, kernel
from simengine.projection.scheme import effect_size, join_segment, log_mean_factor
from simengine.special import log

#: Rows of the scheme work area.
REMAINING, LOG_SUM, SIZE_LOG, WEIGHT, SIMPLE, SUM_SIMPLE = range(6)
SCHEME_WORK_ROWS = 6
#: Line, segment and effect.
Place = tuple[int, int, int]


@inner_kernel
def _log_remaining(work: Floats, x: Floats, effects: Effects, e: int, t: int, n: int) -> None:
    """``-ln(1 - r)`` of an effect, into SIZE_LOG, and its size into REMAINING's product."""
    keep_apart()
    slot, scale = effects.slot[e], effects.scale[e]
    impact, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    ramp, b = row_view(x, slot[1, 0] + slot[1, 1] * t), scale[1, t]
    delivery, c = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    captured, d = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    for i in range(n):
        left = 1.0 - effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i])
        work[SIMPLE * STRIDE + i] = left
        work[SIZE_LOG * STRIDE + i] = -log(left)


@inner_kernel
def _segment(work: Floats, x: Floats, effects: Effects, g: int, acts_on: int, t: int, n: int) -> None:
    """What remains of segment ``g`` and the sum of its logarithms."""
    keep_apart()
    fill_row(row_view(work, REMAINING), 1.0, n)
    fill_row(row_view(work, LOG_SUM), 0.0, n)
    first, last = effect_range(effects, g, acts_on)
    for e in range(first, last):
        _log_remaining(work, x, effects, e, t, n)
        for i in range(n):
            work[REMAINING * STRIDE + i] *= work[SIMPLE * STRIDE + i]
            work[LOG_SUM * STRIDE + i] += work[SIZE_LOG * STRIDE + i]


@inner_kernel
def _weigh(work: Floats, base: Floats, reduction: Floats, share: Floats, scale: float, n: int) -> None:
    """``base`` (spend, or activity) of the segment times its log-mean, scaled so that the segments add to the line's reduction."""
    keep_apart()
    for i in range(n):
        total = work[SUM_SIMPLE * STRIDE + i]
        held = reduction[i]
        # adding segments give ρ itself: a ratio of one, whatever the rounding
        ratio = held / total if total not in (0.0, held) else 1.0
        factor = log_mean_factor(work[REMAINING * STRIDE + i], -work[LOG_SUM * STRIDE + i])
        work[WEIGHT * STRIDE + i] = scale * share[i] * factor * base[i] * ratio


@inner_kernel
def _add_saving(saving: Floats, work: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        saving[i] += work[WEIGHT * STRIDE + i] * work[SIZE_LOG * STRIDE + i]


@inner_kernel
def _sum_of_segments(work: Floats, x: Floats, effects: Effects, s: int, acts_on: int, t: int, n: int) -> None:
    """``Σ ρ_seg`` of a line, before overlap and before it is held at 1."""
    keep_apart()
    fill_row(row_view(work, SUM_SIMPLE), 0.0, n)
    for g in range(effects.first_segment[s], effects.first_segment[s + 1]):
        _segment(work, x, effects, g, acts_on, t, n)
        share, scale = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t), effects.share_scale[g, t]
        for i in range(n):
            total = work[SUM_SIMPLE * STRIDE + i]
            work[SUM_SIMPLE * STRIDE + i] = join_segment(total, scale * share[i], work[REMAINING * STRIDE + i], False)


@inner_kernel
def add_scheme_savings(savings: Floats, work: Floats, line: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """Add the saving of line ``s`` in year ``t``, by effects on activity and on price, to its schemes (rows scheme · years + year)."""
    first, last = effects.first_segment[s], effects.first_segment[s + 1]
    if first == last:
        return
    years = effects.share_scale.shape[1]
    spend, reduction = row_view(line, S0), row_view(line, effects.spend_row[s])
    _sum_of_segments(work, x, effects, s, ON_PRICE, t, n)
    for g in range(first, last):
        _segment(work, x, effects, g, ON_PRICE, t, n)
        _weigh(work, spend, reduction, row_view(x, effects.share[g, 0] + effects.share[g, 1] * t), effects.share_scale[g, t], n)
        start, end = effect_range(effects, g, ON_PRICE)
        for e in range(start, end):
            _log_remaining(work, x, effects, e, t, n)
            _add_saving(row_view(savings, effects.scheme[e] * years + t), work, n)


@kernel
def moved_activity(moved: Floats, work: Floats, line: Floats, x: Floats, effects: Effects, place: Place, t: int, n: int) -> None:
    """Activity that an effect takes off its line in year ``t``: its part of the reduction by the log-mean rule."""
    s, g, e = place
    _sum_of_segments(work, x, effects, s, ON_ACTIVITY, t, n)
    _segment(work, x, effects, g, ON_ACTIVITY, t, n)
    share = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t)
    _weigh(work, row_view(line, A0), row_view(line, REDUCTION), share, effects.share_scale[g, t], n)
    _log_remaining(work, x, effects, e, t, n)
    fill_row(moved, 0.0, n)
    _add_saving(moved, work, n)
