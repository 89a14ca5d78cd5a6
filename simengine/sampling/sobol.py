"""Sobol' nets: Joe-Kuo direction numbers, linear matrix scrambles with digital shifts, and the tables that kernels read.

Sixteen independently scrambled copies (replicates) of the sequence are interleaved: draw n is point n // 16 of replicate
n % 16, in natural binary order, so that standard errors come from the replicates. A point is the XOR of the scrambled
direction numbers at the bits of its index; for a tile of 512 draws (32 points) the low five bits are tabulated.

Sources: S. Joe and F. Y. Kuo (2008), SIAM J. Sci. Comput. 30, 2635-2654 (direction numbers, joe_kuo_128.csv);
J. Matousek (1998), On the L2-discrepancy for anchored boxes, J. Complexity 14, 527-556 (linear matrix scramble).
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.errors import ParameterError
from simengine.jit import bits_float, float_bits, keep_apart, kernel, rows_apart
from simengine.sampling.streams import PURPOSE_SCRAMBLE, open_unit, philox4x32

#: Columns (drivers) that have direction numbers.
COLUMNS: Final = 128
#: Independent copies of the sequence.
REPLICATES: Final = 16
#: Bits of a point's index; the design holds 2^36 draws, after which it repeats.
INDEX_BITS: Final = 32
#: Bits of a coordinate.
OUTPUT_BITS: Final = 52
MAX_DRAWS: Final = REPLICATES << INDEX_BITS

_TILE = 512
_TILE_BITS = 5
_CALLS = OUTPUT_BITS // 4 + 1


class SobolTables(NamedTuple):
    """What the kernel reads, one row per column in use; whole numbers below 2^52.

    ``directions[column, bit, replicate]``, ``shift[column, replicate]``, ``tile[column, draw]`` (unshifted, draws 0..511).
    """

    directions: NDArray[np.int64]
    shift: NDArray[np.int64]
    tile: NDArray[np.int64]


@cache
def direction_numbers() -> NDArray[np.int64]:
    """Return the direction numbers, shape (128 columns, 32 index bits), as 32-bit fractions."""
    text = files("simengine.sampling").joinpath("joe_kuo_128.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")][1:]
    table = np.empty((COLUMNS, INDEX_BITS), np.int64)
    for column, polynomial, initial in rows:
        numbers = _recurrence(int(polynomial), [int(m) for m in initial.split()])
        table[int(column)] = [m << (INDEX_BITS - 1 - bit) for bit, m in enumerate(numbers)]
    table.flags.writeable = False
    return table


def _recurrence(polynomial: int, initial: Sequence[int]) -> list[int]:
    """Return m_1 ... m_32: m_j = 2 a_1 m_(j-1) ^ 4 a_2 m_(j-2) ^ ... ^ 2^s m_(j-s) ^ m_(j-s) (Joe and Kuo, equation 3)."""
    degree = len(initial)
    if degree == 0:
        return [1] * INDEX_BITS
    numbers = list(initial)
    for j in range(degree, INDEX_BITS):
        value = numbers[j - degree]
        for k in range(1, degree + 1):
            if polynomial >> (degree - k) & 1:
                value ^= numbers[j - k] << k
        numbers.append(value)
    return numbers


@kernel
def _fill_scramble_words(words: NDArray[np.int64], key_low: int, key_high: int) -> None:
    """Random 32-bit words of one driver's scramble, ``words[replicate, 56]``: 52 matrix rows, then the shift."""
    for replicate in range(words.shape[0]):
        for call in range(words.shape[1] // 4):
            a, b, c, d = philox4x32(call, replicate, 0, PURPOSE_SCRAMBLE, key_low, key_high)
            words[replicate, 4 * call] = a
            words[replicate, 4 * call + 1] = b
            words[replicate, 4 * call + 2] = c
            words[replicate, 4 * call + 3] = d


def scramble_rows(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn random words (..., 52) into rows of lower triangular matrices with unit diagonal; input bit k stands at bit 31 - k."""
    row = np.arange(OUTPUT_BITS)
    diagonal = np.where(row < INDEX_BITS, 1 << np.maximum(INDEX_BITS - 1 - row, 0), 0)
    below = (2**INDEX_BITS - 1) ^ (np.maximum(diagonal, 1) * 2 - 1)
    below = np.where(row < INDEX_BITS, below, 2**INDEX_BITS - 1)
    rows: NDArray[np.int64] = (words & below) | diagonal
    return rows


def apply_rows(rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Multiply 32-bit fractions (bits,) by matrices over GF(2) (replicates, 52); returns 52-bit fractions (bits, replicates)."""
    parity = np.bitwise_count(rows[:, :, None] & numbers[None, None, :]).astype(np.int64) & 1
    weight = np.int64(1) << np.arange(OUTPUT_BITS - 1, -1, -1, dtype=np.int64)
    product: NDArray[np.int64] = (parity * weight[None, :, None]).sum(axis=1)
    return np.ascontiguousarray(product.T)


def sobol_tables(columns: Sequence[int], keys: Sequence[int]) -> SobolTables:
    """Build the tables of the columns in use, each scrambled by the key of the driver that owns it.

    Raises
    ------
    ParameterError
        When a column is not a whole number from 0 to 127.
    """
    if any(not 0 <= column < COLUMNS for column in columns):
        raise ParameterError([("column", f"must be a whole number from 0 to {COLUMNS - 1}")])
    count = len(columns)
    tables = SobolTables(
        np.zeros((count, INDEX_BITS, REPLICATES), np.int64),
        np.zeros((count, REPLICATES), np.int64),
        np.zeros((count, _TILE), np.int64),
    )
    words = np.empty((REPLICATES, 4 * _CALLS), np.int64)
    for k, (column, key) in enumerate(zip(columns, keys, strict=True)):
        _fill_scramble_words(words, key & 0xFFFFFFFF, key >> 32)
        rows = scramble_rows(words[:, :OUTPUT_BITS])
        tables.directions[k] = apply_rows(rows, direction_numbers()[column])
        tables.shift[k] = words[:, OUTPUT_BITS] << 20 | words[:, OUTPUT_BITS + 1] >> 12
        tables.tile[k] = _tile(tables.directions[k])
    return tables


def _tile(directions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the unshifted points of draws 0..511: XOR over the low bits of draw >> 4, replicate draw & 15."""
    points = np.zeros((_TILE // REPLICATES, REPLICATES), np.int64)
    index = np.arange(_TILE // REPLICATES)
    for bit in range(_TILE_BITS):
        points[(index >> bit & 1) == 1] ^= directions[bit]
    return points.ravel()


@kernel
def _repeat_point(u: NDArray[np.float64]) -> None:
    """Write the first values, one for each replicate, again for every other point of a tile."""
    keep_apart()
    for i in range(REPLICATES, _TILE):
        u[i] = u[i - REPLICATES]


@kernel
def _shift_points(u: NDArray[np.float64], points: NDArray[np.int64], n: int) -> None:
    """Turn the bits of ``u[i]`` and the unshifted ``points[i]`` into coordinates."""
    keep_apart()
    rows_apart()
    for i in range(n):
        u[i] = open_unit(points[i] ^ float_bits(u[i]))


@kernel
def fill_sobol(u: NDArray[np.float64], tables: SobolTables, row: int, first: int, n: int) -> None:
    """``u[i]`` = coordinate of draw ``first + i`` in table row ``row``, i < n; ``first`` is a multiple of 512, n <= 512.

    Values beyond n are written too: ``u`` has room for a tile. What the tile's points are shifted by stands in ``u`` itself, as bits.
    """
    for r in range(REPLICATES):
        start, block, bit = tables.shift[row, r], first >> 9, _TILE_BITS
        while block > 0 and bit < INDEX_BITS:
            start ^= tables.directions[row, bit, r] if block & 1 else 0
            block >>= 1
            bit += 1
        u[r] = bits_float(start)
    _repeat_point(u)
    _shift_points(u, tables.tile[row], n)
