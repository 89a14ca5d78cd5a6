"""A sketch as plain arrays, to be stored or sent, and back."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.engine.mapped import mapped_zeros
from simengine.engine.sketch import BUCKETS, CELLS, DRAWS, KEYS, NARROW_DRAWS, ONE, PAGES, SOME, Sketch, empty_sketch, widened
from simengine.jit import Ints

Array = npt.NDArray[np.generic]


def sketch_arrays(sketch: Sketch) -> dict[str, Array]:
    """The sketch as plain arrays to be stored: pages in the order of rows and keys, no room left over, in the narrowest whole numbers.

    Equal, byte for byte, for the same draws in any order and any parts. Names: ``owner`` (page,), ``counts`` (page, bucket), ``groups``
    and ``offsets`` (page, group · 8 + coarse bucket), ``tallies`` (row, tally, group), ``extreme`` and ``ties`` (row, 2), ``draws`` (1,).
    A few pages at a time are worked on, so that it takes little more memory than what is returned.
    """
    pages = int(sketch.used[PAGES])
    order = 1 + np.argsort(sketch.owner[1 : 1 + pages])
    found: dict[str, Array] = {"owner": _narrowest(sketch.owner[order])}
    found["counts"] = _in_parts((pages, BUCKETS), sketch.counts, order)
    for part, name in enumerate(("groups", "offsets")):
        found[name] = _in_parts((pages, CELLS), sketch.groups, order, part)
    found |= {"tallies": _narrowest(sketch.tallies), "ties": _narrowest(sketch.ties), "draws": _narrowest(sketch.used[DRAWS:])}
    return found | {"extreme": sketch.extreme.copy()}


def _in_parts(shape: tuple[int, int], values: npt.NDArray[np.signedinteger], order: Ints, part: int | None = None) -> Array:
    """Pages of a sketch in an order, in the narrowest whole numbers; of ``Sketch.groups`` one part of each entry."""

    def pieces() -> Iterator[npt.NDArray[np.signedinteger]]:
        for first in range(0, len(order), SOME):
            some = values[order[first : first + SOME]]
            if part is None:
                yield some
            elif some.ndim == 3:
                yield some[:, part]
            else:
                yield some // ONE if part == 0 else some & (ONE - 1)

    most = max((int(piece.max()) for piece in pieces()), default=0)
    found = mapped_zeros(shape, np.min_scalar_type(most))
    for first, piece in zip(range(0, len(order), SOME), pieces(), strict=True):
        found[first : first + len(piece)] = piece
    return found


def _narrowest(values: npt.NDArray[np.signedinteger]) -> Array:
    """Whole numbers from 0 on in as few bytes as the largest needs."""
    return np.ascontiguousarray(values, dtype=np.min_scalar_type(int(values.max(initial=0))))


def sketch_from_arrays(arrays: Mapping[str, npt.NDArray[Any]], sampler: str) -> Sketch:
    """The sketch of which ``sketch_arrays`` made these; ``sampler`` is that of its draws."""
    tallies, owner, draws = arrays["tallies"], arrays["owner"].astype(np.int64), int(arrays["draws"][0])
    made = empty_sketch(len(tallies), sampler, len(owner))
    pages, wide = len(owner), draws > NARROW_DRAWS
    if wide:
        made = widened(made)
    made.owner[1 : 1 + pages], made.counts[1 : 1 + pages] = owner, arrays["counts"]
    groups, offsets = (arrays[name].astype(np.int64) for name in ("groups", "offsets"))
    made.groups[1 : 1 + pages] = np.stack([groups, offsets], axis=1) if wide else groups * ONE + offsets
    made.page_of[owner // KEYS, owner % KEYS] = 1 + np.arange(pages)
    made.tallies[:], made.extreme[:], made.ties[:], made.used[:] = tallies, arrays["extreme"], arrays["ties"], (pages, draws)
    return made
