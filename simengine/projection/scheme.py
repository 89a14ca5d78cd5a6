"""Schemes: how effects reduce activity, combine on a segment and on a line, and share the saving (MODEL.md section 3; BCF 3a).

Effects on one segment compound, ``ρ_seg = share · (1 - Π_i (1 - r_i))``; segments of a line add where they are disjoint,
``1 - Π (1 - ρ_seg)`` where they are independent. The saving of a segment, and that of a line over independent segments, is attributed by
the log-mean rule, which adds up exactly.
"""

from collections.abc import Sequence

from simengine.jit import kernel
from simengine.special import log

OVERLAPS = {"disjoint": 0, "independent": 1, "additive": 2}

#: Largest relative effect: an effect of 1 would leave nothing to take a logarithm of.
LARGEST_EFFECT = 1.0 - 1e-12


@kernel
def effect_size(impact: float, ramp: float, delivery: float, captured: float) -> float:
    """``r = impact · ramp · delivery · captured``, a share of the segment's activity, held below 1."""
    r = impact * ramp * delivery * captured
    return r if not r > LARGEST_EFFECT else LARGEST_EFFECT


@kernel
def join_segment(line_reduction: float, segment_share: float, remaining: float, independent: bool) -> float:
    """Add a segment, of which ``remaining = Π (1 - r_i)`` is left, to the reduction of its line."""
    rho = segment_share * (1.0 - remaining)
    return line_reduction + rho - line_reduction * rho if independent else line_reduction + rho


@kernel
def outturn_activity(do_nothing: float, reduction: float) -> float:
    """``A1 = A0 (1 - ρ)``."""
    return do_nothing * (1.0 - reduction)


@kernel
def log_mean_factor(remaining: float, log_remaining: float) -> float:
    """``L(1, remaining) = (1 - remaining) / -ln(remaining)``, by its series where the two are close: L(a, a) = a.

    The saving of effect i in a segment is ``share · A0 · P · L · (-ln(1 - r_i))``; it adds up whatever the order and the signs.
    """
    if abs(log_remaining) < 1e-3:
        x = log_remaining
        return 1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0))))
    return (1.0 - remaining) / -log_remaining


@kernel
def left_of(reduction: float) -> float:
    """What is left of a segment, held above 0 as the effects on it are: there is a logarithm of it to share a saving by."""
    return 1.0 - (reduction if not reduction > LARGEST_EFFECT else LARGEST_EFFECT)


@kernel
def independent_ratio(reduction: float, line_reduction: float, remaining: float, log_remaining: float) -> float:
    """What a segment's part of the reduction of a line of independent segments is over its own ``reduction`` ρ_seg.

    ``remaining = Π (1 - ρ_seg)`` is left of the line. The line's reduction is shared by the log-mean rule, as that of a segment is: the
    part of each is ``L(1, remaining) · (-ln(1 - ρ_seg))``, over ρ_seg. So the parts add up also where segments of both signs cancel.
    """
    left = left_of(reduction)
    ratio = log_mean_factor(remaining, log_remaining) / log_mean_factor(left, log(left))
    if remaining < 1e-9:
        # next to nothing is left: what was held above 0 is put back
        ratio *= line_reduction / (1.0 - remaining)
    return ratio if not reduction > LARGEST_EFFECT else ratio * (LARGEST_EFFECT / reduction)


@kernel
def proportional_ratio(reduction: float, total: float) -> float:
    """The reduction of a line, as held at 1, over ``total = Σ ρ_seg``: one where segments just add, whatever the rounding."""
    return reduction / total if total not in (0.0, reduction) else 1.0


def segment_ratios(reductions: Sequence[float], independent: bool) -> list[float]:
    """What the parts of the segments in the reduction of their line (held at 1) are over their own reductions ρ_seg."""
    joined, total, remaining, logs = 0.0, 0.0, 1.0, 0.0
    for own in reductions:
        joined, total = join_segment(joined, own, 0.0, independent), total + own
        remaining, logs = remaining * left_of(own), logs + log(left_of(own))
    held = min(joined, 1.0)
    return [independent_ratio(own, held, remaining, logs) if independent else proportional_ratio(held, total) for own in reductions]


@kernel
def effective_price(price: float, activity_reduction: float, spend_reduction: float) -> float:
    """Price after effects on price: what is left of spend over what is left of activity; the price itself where no activity is left."""
    left = 1.0 - activity_reduction
    return price if left == 0.0 else price * ((1.0 - spend_reduction) / left)
