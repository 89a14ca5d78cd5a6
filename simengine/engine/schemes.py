"""Saving of each scheme in a tile of draws, attributed by the log-mean rule (MODEL.md section 3); run only where it is asked for."""

from simengine.engine.lines import A0, ON_ACTIVITY, ON_PRICE, REDUCTION, S0, Effects, effect_range
from simengine.engine.ops import fill_row, row_view
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart, kernel
from simengine.projection.scheme import (
    OVERLAPS,
    effect_size,
    independent_ratio,
    join_segment,
    left_of,
    log_mean_factor,
    proportional_ratio,
)
from simengine.special import log

#: Rows of the scheme work area: of a segment and effect; of the line, Σ ρ_seg, Π (1 - ρ_seg) and the logarithm of that.
REMAINING, LOG_SUM, SIZE_LOG, WEIGHT, SIMPLE, SUM_SIMPLE, LINE_LEFT, LINE_LOG = range(8)
SCHEME_WORK_ROWS = 8
INDEPENDENT = OVERLAPS["independent"]
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
def _weigh(work: Floats, base: Floats, reduction: Floats, share: Floats, scale: float, independent: bool, n: int) -> None:
    """``base`` (spend, or activity) of the segment times its log-mean, scaled so that the segments add to the line's reduction."""
    keep_apart()
    for i in range(n):
        if independent:
            own = join_segment(0.0, scale * share[i], work[REMAINING * STRIDE + i], False)
            ratio = independent_ratio(own, reduction[i], work[LINE_LEFT * STRIDE + i], work[LINE_LOG * STRIDE + i])
        else:
            ratio = proportional_ratio(reduction[i], work[SUM_SIMPLE * STRIDE + i])
        factor = log_mean_factor(work[REMAINING * STRIDE + i], -work[LOG_SUM * STRIDE + i])
        work[WEIGHT * STRIDE + i] = scale * share[i] * factor * base[i] * ratio


@inner_kernel
def _add_saving(saving: Floats, work: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        saving[i] += work[WEIGHT * STRIDE + i] * work[SIZE_LOG * STRIDE + i]


@inner_kernel
def _join_independent(work: Floats, share: Floats, scale: float, n: int) -> None:
    """Add the segment at hand to what is left of a line of independent segments."""
    keep_apart()
    for i in range(n):
        left = left_of(join_segment(0.0, scale * share[i], work[REMAINING * STRIDE + i], False))
        work[LINE_LEFT * STRIDE + i] *= left
        work[LINE_LOG * STRIDE + i] += log(left)


@inner_kernel
def _sum_of_segments(work: Floats, x: Floats, effects: Effects, s: int, acts_on: int, t: int, n: int) -> None:
    """``Σ ρ_seg`` of a line, before overlap and before it is held at 1; of independent segments what is left of the line."""
    keep_apart()
    fill_row(row_view(work, SUM_SIMPLE), 0.0, n)
    fill_row(row_view(work, LINE_LEFT), 1.0, n)
    fill_row(row_view(work, LINE_LOG), 0.0, n)
    for g in range(effects.first_segment[s], effects.first_segment[s + 1]):
        _segment(work, x, effects, g, acts_on, t, n)
        share, scale = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t), effects.share_scale[g, t]
        for i in range(n):
            total = work[SUM_SIMPLE * STRIDE + i]
            work[SUM_SIMPLE * STRIDE + i] = join_segment(total, scale * share[i], work[REMAINING * STRIDE + i], False)
        if effects.overlap[s] == INDEPENDENT:
            _join_independent(work, share, scale, n)


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
        share, scale = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t), effects.share_scale[g, t]
        _weigh(work, spend, reduction, share, scale, effects.overlap[s] == INDEPENDENT, n)
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
    share, scale = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t), effects.share_scale[g, t]
    _weigh(work, row_view(line, A0), row_view(line, REDUCTION), share, scale, effects.overlap[s] == INDEPENDENT, n)
    _log_remaining(work, x, effects, e, t, n)
    fill_row(moved, 0.0, n)
    _add_saving(moved, work, n)
