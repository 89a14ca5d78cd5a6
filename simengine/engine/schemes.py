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

#: Rows of the scheme work area: of a segment; of its line, Σ ρ_seg, Π (1 - ρ_seg) and the logarithm of that; then of each effect.
REMAINING, LOG_SUM, WEIGHT, SUM_SIMPLE, LINE_LEFT, LINE_LOG, SIZE_LOG = range(7)
INDEPENDENT = OVERLAPS["independent"]
#: In place of a scheme: no scheme acts on the line, or more than one.
NONE, SEVERAL = -1, -2
#: Line, segment and effect.
Place = tuple[int, int, int]
TwoRows = tuple[Floats, Floats]


def scheme_work_rows(effects: Effects) -> int:
    """Rows of the scheme work area: those of a segment and a line, and one for each effect of the segment that has most of them."""
    most = effects.last_effect.max(axis=1, initial=0) - effects.first_effect[: effects.last_effect.shape[0]]
    return SIZE_LOG + int(most.max(initial=1))


@inner_kernel
def _take_effect(work: Floats, size: Floats, x: Floats, effects: Effects, e: int, t: int, n: int) -> None:
    """``-ln(1 - r)`` of an effect, into the row ``size``; it is added to the segment's sum, and 1 - r to its product."""
    keep_apart()
    slot, scale = effects.slot[e], effects.scale[e]
    impact, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    ramp, b = row_view(x, slot[1, 0] + slot[1, 1] * t), scale[1, t]
    delivery, c = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    captured, d = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    for i in range(n):
        left = 1.0 - effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i])
        own = -log(left)
        size[i] = own
        work[REMAINING * STRIDE + i] *= left
        work[LOG_SUM * STRIDE + i] += own


@inner_kernel
def _segment(work: Floats, x: Floats, effects: Effects, g: int, acts_on: int, t: int, n: int) -> None:
    """What remains of segment ``g``, the sum of its logarithms, and those of its effects in the rows from SIZE_LOG on."""
    fill_row(row_view(work, REMAINING), 1.0, n)
    fill_row(row_view(work, LOG_SUM), 0.0, n)
    first, last = effect_range(effects, g, acts_on)
    for e in range(first, last):
        _take_effect(work, row_view(work, SIZE_LOG + e - first), x, effects, e, t, n)


@inner_kernel
def _weigh(work: Floats, base: Floats, reduction: Floats, share: Floats, scale: float, n: int) -> None:
    """``base`` (spend, or activity) of the segment times its log-mean, scaled so that the segments add to the line's reduction."""
    keep_apart()
    for i in range(n):
        ratio = proportional_ratio(reduction[i], work[SUM_SIMPLE * STRIDE + i])
        factor = log_mean_factor(work[REMAINING * STRIDE + i], -work[LOG_SUM * STRIDE + i])
        work[WEIGHT * STRIDE + i] = scale * share[i] * factor * base[i] * ratio


@inner_kernel
def _weigh_independent(work: Floats, base: Floats, reduction: Floats, share: Floats, scale: float, n: int) -> None:
    """As ``_weigh``, on a line of independent segments."""
    keep_apart()
    for i in range(n):
        own = join_segment(0.0, scale * share[i], work[REMAINING * STRIDE + i], False)
        ratio = independent_ratio(own, reduction[i], work[LINE_LEFT * STRIDE + i], work[LINE_LOG * STRIDE + i])
        factor = log_mean_factor(work[REMAINING * STRIDE + i], -work[LOG_SUM * STRIDE + i])
        work[WEIGHT * STRIDE + i] = scale * share[i] * factor * base[i] * ratio


@inner_kernel
def _add_product(saving: Floats, x: Floats, y: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        saving[i] += x[i] * y[i]


@inner_kernel
def _join(work: Floats, share: Floats, scale: float, n: int) -> None:
    """Add the segment at hand to ``Σ ρ_seg`` of its line."""
    keep_apart()
    for i in range(n):
        total = work[SUM_SIMPLE * STRIDE + i]
        work[SUM_SIMPLE * STRIDE + i] = join_segment(total, scale * share[i], work[REMAINING * STRIDE + i], False)


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
    """``Σ ρ_seg`` of a line, before overlap and before it is held at 1; of independent segments what is left of the line.

    The last segment is still in its rows afterwards.
    """
    fill_row(row_view(work, SUM_SIMPLE), 0.0, n)
    fill_row(row_view(work, LINE_LEFT), 1.0, n)
    fill_row(row_view(work, LINE_LOG), 0.0, n)
    for g in range(effects.first_segment[s], effects.first_segment[s + 1]):
        _segment(work, x, effects, g, acts_on, t, n)
        share, scale = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t), effects.share_scale[g, t]
        if effects.overlap[s] == INDEPENDENT:
            _join_independent(work, share, scale, n)
        else:
            _join(work, share, scale, n)


@inner_kernel
def _weigh_segment(work: Floats, of: TwoRows, x: Floats, effects: Effects, s: int, g: int, t: int, n: int) -> None:
    """The row WEIGHT of segment ``g`` of line ``s``, which stands in its rows; ``of`` are spend (or activity) and its reduction."""
    base, reduction = of
    share, scale = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t), effects.share_scale[g, t]
    if effects.overlap[s] == INDEPENDENT:
        _weigh_independent(work, base, reduction, share, scale, n)
    else:
        _weigh(work, base, reduction, share, scale, n)


@kernel
def _acting_scheme(effects: Effects, s: int) -> int:
    """The scheme that all effects on the spend of line ``s`` belong to; NONE where there are no effects, SEVERAL where they are of more."""
    found = NONE
    for g in range(effects.first_segment[s], effects.first_segment[s + 1]):
        first, last = effect_range(effects, g, ON_PRICE)
        for e in range(first, last):
            if found != NONE and effects.scheme[e] != found:
                return SEVERAL
            found = effects.scheme[e]
    return found


@inner_kernel
def add_scheme_savings(savings: Floats, work: Floats, line: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """Add the saving of line ``s`` in year ``t``, by effects on activity and on price, to its schemes (rows scheme · years + year)."""
    first, last = effects.first_segment[s], effects.first_segment[s + 1]
    years, acting = effects.share_scale.shape[1], _acting_scheme(effects, s)
    spend, reduction = row_view(line, S0), row_view(line, effects.spend_row[s])
    if acting >= 0:
        # the parts add up to the reduction of the line: the whole of it is this scheme's
        _add_product(row_view(savings, acting * years + t), spend, reduction, n)
    if acting != SEVERAL:
        return
    _sum_of_segments(work, x, effects, s, ON_PRICE, t, n)
    for g in range(first, last):
        if last - first > 1:
            _segment(work, x, effects, g, ON_PRICE, t, n)
        _weigh_segment(work, (spend, reduction), x, effects, s, g, t, n)
        start, end = effect_range(effects, g, ON_PRICE)
        for e in range(start, end):
            saving = row_view(savings, effects.scheme[e] * years + t)
            _add_product(saving, row_view(work, WEIGHT), row_view(work, SIZE_LOG + e - start), n)


@kernel
def moved_activity(moved: Floats, work: Floats, line: Floats, x: Floats, effects: Effects, place: Place, t: int, n: int) -> None:
    """Activity that an effect takes off its line in year ``t``: its part of the reduction by the log-mean rule."""
    s, g, e = place
    _sum_of_segments(work, x, effects, s, ON_ACTIVITY, t, n)
    _segment(work, x, effects, g, ON_ACTIVITY, t, n)
    _weigh_segment(work, (row_view(line, A0), row_view(line, REDUCTION)), x, effects, s, g, t, n)
    fill_row(moved, 0.0, n)
    _add_product(moved, row_view(work, WEIGHT), row_view(work, SIZE_LOG + e - effect_range(effects, g, ON_ACTIVITY)[0]), n)
