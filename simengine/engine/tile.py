"""Sizes of the engine's loops: a tile stays in the processor's cache, a block is the unit of partial sums."""

from typing import Final

#: Draws worked on at a time inside a kernel; invisible in the results.
TILE: Final = 512
#: Distance between two rows of a tile array; one cache line more than a tile, so that rows do not share cache sets.
STRIDE: Final = TILE + 8
#: Draws of one partial sum; part of what fixes the results' bits.
BLOCK: Final = 4096
