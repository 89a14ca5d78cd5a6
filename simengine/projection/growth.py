"""Growth: an index that starts at 1 in the base year and is multiplied by (1 + rate) each year (MODEL.md section 2)."""

from simengine.jit import kernel


@kernel
def grow(index: float, rate: float) -> float:
    """The index one year on, at a yearly ``rate`` given as a fraction; named factors apply one after the other."""
    return index * (1.0 + rate)
