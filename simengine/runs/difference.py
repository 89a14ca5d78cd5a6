"""What is not as it should be in a stored run: one thing each, a number with its place, what is stored and what it should be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.results.frame import Anything


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be; a number with its place, what is stored and what was drawn again."""

    words: str
    variable: str | None = None
    draw: int | None = None
    place: str | None = None
    stored: float | str | None = None
    recomputed: float | str | None = None
    block: int | None = None
    more: int = 0


def differences_in(
    name: str,
    dims: Sequence[str],
    stored: Anything,
    made: Anything,
    label: Callable[[str, int], str],
    *,
    first: int = 0,
    block: int | None = None,
    how: str = "drawn again",
) -> list[Difference]:
    """The first number of a variable that has other bits, and how many more have.

    ``label`` names a place along a dimension; ``first`` is the first draw in the arrays; ``how`` says how ``made`` came about.
    """
    if stored.shape != made.shape:
        return [Difference(f"{name} has the shape {stored.shape} and should have {made.shape}", name, block=block)]
    other = unequal(stored, made)
    if not other.any():
        return []
    at = tuple(int(k) for k in np.argwhere(other)[0])
    labels = [f"{dim} {label(dim, k)}" for dim, k in zip(dims, at, strict=True) if dim != "draw"]
    draw = first + at[dims.index("draw")] if "draw" in dims else None
    more, one, two = int(other.sum()) - 1, stored[at].item(), made[at].item()
    where = ", ".join([*([] if draw is None else [f"draw {draw}"]), *labels])
    words = f"{name}, {where}: stored {one!r}, {how} {two!r}" + (f", and {more:,} more of its numbers" if more else "")
    return [Difference(words, name, draw, ", ".join(labels), one, two, block, more)]


def unequal(stored: Anything, made: Anything) -> Anything:
    """Where two arrays differ in a bit; NaN is NaN, whatever its other bits."""
    if made.dtype != np.float64 or stored.dtype != np.float64:
        return np.asarray(stored != made)
    a, b = (np.ascontiguousarray(one).view(np.int64) for one in (stored, made))
    return np.asarray((a != b) & ~(np.isnan(stored) & np.isnan(made)))
