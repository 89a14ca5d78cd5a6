"""Designs: how the uniforms of one driver are laid out over the draws.

``random`` takes the driver's stream as it comes. ``lhs`` makes every 256 consecutive draws one Latin hypercube (McKay,
Beckman, Conover 1979, Technometrics 21, 239-245): one draw in each of 256 equal strata, permuted by the driver's own stream,
with the stream's uniform as the place within the stratum. ``sobol`` is described in sobol.py; it serves component 0 of a
driver that owns a column, everything else stays ``random``.

Every value depends on (seed, name, draw, component, column) alone: not on other drivers, tiles or the number of draws.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.errors import ParameterError
from simengine.jit import allocating_kernel, float_bits, keep_apart, kernel, rows_apart
from simengine.sampling.sobol import SobolTables, fill_sobol, sobol_tables
from simengine.sampling.streams import (
    PURPOSE_PERMUTATION,
    fill_stream,
    fill_stream_pair,
    open_unit,
    philox_round,
    stream_key,
)

RANDOM: Final = 0
LATIN_HYPERCUBE: Final = 1
SOBOL: Final = 2
#: Designs by the name they have in a study file.
DESIGNS: Final = {"random": RANDOM, "lhs": LATIN_HYPERCUBE, "sobol": SOBOL}

#: Draws of one Latin hypercube.
HYPERCUBE: Final = 256

_TILE = 512
_WORD = 0xFFFFFFFF
_MANTISSA = 0xFFFFFFFFFFFFF
_ALMOST_ONE = 0.9999999999999999


class Uniforms(NamedTuple):
    """All uniforms of a run: design code, and per uniform its key (two 32-bit words), component and Sobol' table row (-1: none)."""

    design: int
    key_low: NDArray[np.int64]
    key_high: NDArray[np.int64]
    component: NDArray[np.int64]
    column: NDArray[np.int64]
    sobol: SobolTables


@kernel
def _fill_words(words: NDArray[np.int64], key_low: int, key_high: int, component: int, block: int) -> None:
    """Fill 256 random 32-bit words."""
    keep_apart()
    calls = HYPERCUBE // 4
    for call in range(HYPERCUBE // 4):
        a, b, c, d = block & _WORD, block >> 32, (component * calls + call) & _WORD, PURPOSE_PERMUTATION
        k0, k1 = key_low & _WORD, key_high & _WORD
        # The rounds stand here, not in a call of philox4x32: unrolled, that is too long to be inlined.
        for _ in range(10):
            a, b, c, d, k0, k1 = philox_round(a, b, c, d, k0, k1)
        words[call] = a
        words[call + calls] = b
        words[call + 2 * calls] = c
        words[call + 3 * calls] = d


@allocating_kernel
def fill_permutation(permutation: NDArray[np.int64], key_low: int, key_high: int, component: int, block: int) -> None:
    """Fill 0..255 in the random order of Latin hypercube ``block`` (Fisher-Yates; 32-bit words scaled by a product).

    A word times the number of choices, over 2^32, favours no choice by more than 2^-24 of its probability.
    """
    words = np.empty(HYPERCUBE, np.int64)
    _fill_words(words, key_low, key_high, component, block)
    for i in range(HYPERCUBE):
        permutation[i] = i
    for i in range(HYPERCUBE - 1, 0, -1):
        # The mask says that it is a place, and costs nothing: what may be negative is tested.
        j = ((int(words[i]) * (i + 1)) >> 32) & (HYPERCUBE - 1)
        swapped = permutation[j]
        permutation[j] = permutation[i]
        permutation[i] = swapped


@kernel
def stratify(u: NDArray[np.float64], permutation: NDArray[np.int64], n: int) -> None:
    """Move ``u[i]`` into stratum ``permutation[i]`` of 256: the stratum takes the top 8 of 52 bits, ``u`` gives the other 44."""
    keep_apart()
    rows_apart()
    for i in range(n):
        place = float_bits(u[i] + _ALMOST_ONE) & _MANTISSA
        u[i] = open_unit((permutation[i] << 44) | (place >> 8))


@allocating_kernel
def _stratify_tile(u: NDArray[np.float64], key_low: int, key_high: int, component: int, first: int, n: int) -> None:
    """Turn a tile of stream uniforms into its (two) Latin hypercubes."""
    permutation = np.empty(HYPERCUBE, np.int64)
    for start in range(0, n, HYPERCUBE):
        fill_permutation(permutation, key_low, key_high, component, (first + start) >> 8)
        stratify(u[start:], permutation, min(n - start, HYPERCUBE))


@kernel
def fill_uniform(u: NDArray[np.float64], uniforms: Uniforms, index: int, first: int, n: int) -> None:
    """``u[i]`` = uniform ``index`` at draw ``first + i``, i < n; ``first`` a multiple of 512, n <= 512, room for 512 values."""
    column = int(uniforms.column[index])
    if uniforms.design == SOBOL and column >= 0:
        fill_sobol(u, uniforms.sobol, column, first, n)
        return
    key_low, key_high = int(uniforms.key_low[index]), int(uniforms.key_high[index])
    component = int(uniforms.component[index])
    fill_stream(u, key_low, key_high, component, first, n)
    if uniforms.design == LATIN_HYPERCUBE:
        _stratify_tile(u, key_low, key_high, component, first, n)


@kernel
def fill_uniform_pair(u: NDArray[np.float64], v: NDArray[np.float64], uniforms: Uniforms, index: int, first: int, n: int) -> None:
    """Fill ``u`` with uniform ``index`` and ``v`` with ``index + 1``: components 2j and 2j + 1 of one driver, neither by Sobol'."""
    key_low, key_high = int(uniforms.key_low[index]), int(uniforms.key_high[index])
    component = int(uniforms.component[index])
    fill_stream_pair(u, v, key_low, key_high, component >> 1, first, n)
    if uniforms.design == LATIN_HYPERCUBE:
        _stratify_tile(u, key_low, key_high, component, first, n)
        _stratify_tile(v, key_low, key_high, component + 1, first, n)


def make_uniforms(design: str | int, keys: list[int], components: list[int], columns: list[int]) -> Uniforms:
    """Put the uniforms of a run into arrays; a column counts only for component 0 of the design ``sobol``.

    ``design`` is a name of DESIGNS or its code.

    Raises
    ------
    ParameterError
        When the design is unknown or a column has no direction numbers.
    """
    code = DESIGNS.get(design, -1) if isinstance(design, str) else design
    if code not in DESIGNS.values():
        raise ParameterError([("design", f"must be one of {', '.join(DESIGNS)}")])
    on = [code == SOBOL and component == 0 and column >= 0 for component, column in zip(components, columns, strict=True)]
    owners = [index for index, uses in enumerate(on) if uses]
    rows = {index: row for row, index in enumerate(owners)}
    return Uniforms(
        code,
        np.array([key & _WORD for key in keys], np.int64),
        np.array([key >> 32 for key in keys], np.int64),
        np.array(components, np.int64),
        np.array([rows.get(index, -1) for index in range(len(keys))], np.int64),
        sobol_tables([columns[index] for index in owners], [keys[index] for index in owners]),
    )


def uniforms(
    seed: int, name: str, draws: int, design: str = "random", column: int = -1, component: int = 0, first: int = 0
) -> NDArray[np.float64]:
    """Return the uniforms of one driver for draws ``first`` ... ``first + draws - 1``, exactly as the engine uses them.

    Parameters
    ----------
    seed, name
        The run's seed and the driver's full name.
    design, column
        Design, and for ``sobol`` the driver's column (-1: none).
    component
        Year index of a path with independent years, else 0.
    """
    one = make_uniforms(design, [stream_key(seed, name)], [component], [column])
    start = first - first % _TILE
    end = first + draws
    out = np.empty(end - start + _TILE)
    for tile in range(start, end, _TILE):
        fill_uniform(out[tile - start : tile - start + _TILE], one, 0, tile, min(_TILE, end - tile))
    return out[first - start : end - start].copy()
