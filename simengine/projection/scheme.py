"""Schemes: how effects reduce activity, combine on a segment and on a line, and share the saving (MODEL.md section 3; BCF 3a).

Effects on one segment compound, ``ρ_seg = share · (1 - Π_i (1 - r_i))``; segments of a line add where they are disjoint,
``1 - Π (1 - ρ_seg)`` where they are independent. The saving of a segment is attributed by the log-mean rule, which adds up exactly.
"""

from simengine.jit import kernel

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
def effective_price(price: float, activity_reduction: float, spend_reduction: float) -> float:
    """Price after effects on price: what is left of spend over what is left of activity; the price itself where no activity is left."""
    left = 1.0 - activity_reduction
    return price if left == 0.0 else price * ((1.0 - spend_reduction) / left)
