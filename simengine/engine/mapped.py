"""Large arrays in memory of their own, which goes back to the system as soon as the last view of it is gone."""

import math
import mmap
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

#: Bytes from which an array gets memory of its own: a huge page.
LARGE = 2**21


def mapped_zeros(shape: tuple[int, ...], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Zeros of a shape; pages of it that are not written take no memory.

    Left to the allocator of C, large blocks that threads take and give back stay with the process: after the first of them was freed, it
    keeps all of up to 32 MiB for itself, and has holes in which the next ones do not fit. A run of many chunks then needs hundreds of MiB
    more than one of few.
    """
    dtype = np.dtype(kind)
    count = math.prod(shape)
    if count * dtype.itemsize < LARGE:
        return np.zeros(shape, dtype=dtype)
    try:
        memory = _mapped(count * dtype.itemsize)
    except OSError:  # a system that has none, or has no more: numpy knows what to say
        return np.zeros(shape, dtype=dtype)
    return np.frombuffer(memory, dtype, count).reshape(shape)


def _mapped(size: int) -> mmap.mmap:
    """Anonymous memory of this process alone, in huge pages where there are any: counting goes to and fro in it."""
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    found = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if sys.platform == "linux":
        found.madvise(mmap.MADV_HUGEPAGE)
    return found
