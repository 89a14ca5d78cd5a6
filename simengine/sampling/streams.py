"""Counter-based random streams: a uniform is a pure function of (seed, driver name, draw, component).

Generator: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy as 1, 2, 3, SC'11). The key is a
hash of the seed and the driver's name, the counter is (draw low, draw high, component // 2, purpose), each word 32 bits; the
four output words are two 64-bit numbers, for the components 2j and 2j + 1. All arithmetic is on int64 that hold 32-bit words,
so that compiled and plain Python give the same bits: a product that wraps when compiled is masked right after.
"""

from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simengine.errors import ParameterError
from simengine.jit import bits_float, keep_apart, kernel, rows_apart

#: Part of every key: a change to anything that alters draws must change it.
STREAM_VERSION: Final = "simrisk-stream-1"

#: Last counter word: what the numbers are for.
PURPOSE_UNIFORM: Final = 0
PURPOSE_PERMUTATION: Final = 1
PURPOSE_SCRAMBLE: Final = 2

_WORD = 0xFFFFFFFF
# Bits of 1.0, and 1 - 2^-53: a float in [1, 2) with the mantissa k, less this, is (k + 1/2) 2^-52 exactly.
_ONE_BITS = 0x3FF0000000000000
_ALMOST_ONE = 0.9999999999999999


def stream_key(seed: int, name: str) -> int:
    """Return the 64-bit key of a driver's stream: the first 8 bytes (little endian) of BLAKE2b over version, seed and name.

    Raises
    ------
    ParameterError
        When the seed is not a whole number from 0 to 2^64 - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**64:
        raise ParameterError([("seed", "must be a whole number from 0 to 2^64 - 1")])
    digest = blake2b(STREAM_VERSION.encode() + b"\0" + seed.to_bytes(8, "little") + name.encode())
    return int.from_bytes(digest.digest()[:8], "little")


def second_seed(seed: int) -> int:
    """Return the seed of the second, independent design that sensitivity analysis draws beside that of a run.

    Raises
    ------
    ParameterError
        As ``stream_key``.
    """
    return stream_key(seed, "\0second design")


@kernel
def philox_round(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int, int, int]:
    """One round: the new counter words and the bumped key."""
    p0 = 0xD2511F53 * c0
    p1 = 0xCD9E8D57 * c2
    c0 = ((p1 >> 32) & _WORD) ^ c1 ^ k0
    c2 = ((p0 >> 32) & _WORD) ^ c3 ^ k1
    return c0, p1 & _WORD, c2, p0 & _WORD, (k0 + 0x9E3779B9) & _WORD, (k1 + 0xBB67AE85) & _WORD


@kernel
def philox4x32(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Return the four 32-bit words of Philox4x32-10 for a counter of four and a key of two 32-bit words."""
    # Masks tell the compiler that the upper halves are zero: 32-bit multiplications, hence vector code.
    c0, c1, c2, c3, k0, k1 = c0 & _WORD, c1 & _WORD, c2 & _WORD, c3 & _WORD, k0 & _WORD, k1 & _WORD
    for _ in range(10):
        c0, c1, c2, c3, k0, k1 = philox_round(c0, c1, c2, c3, k0, k1)
    return c0, c1, c2, c3


@kernel
def open_unit(bits: int) -> float:
    """Return (bits + 1/2) 2^-52 for 0 <= bits < 2^52: strictly inside (0, 1) and exact."""
    return bits_float(bits | _ONE_BITS) - _ALMOST_ONE


@kernel
def uniform_of_words(low: int, high: int) -> float:
    """Return the uniform made of the top 52 bits of the 64-bit number with these two 32-bit words."""
    return open_unit((high << 20) | (low >> 12))


@kernel
def fill_stream(u: NDArray[np.float64], key_low: int, key_high: int, component: int, first: int, n: int) -> None:
    """``u[i]`` = the uniform of draw ``first + i`` and one component, i < n; the key as two 32-bit words."""
    keep_apart()
    rows_apart()
    pair = (component >> 1) & _WORD
    # All ones for an odd component: chosen by bits, as a branch in the loop would keep it from becoming vector code.
    odd = -(component & 1)
    for i in range(n):
        draw = first + i
        a, b, c, d, k0, k1 = draw & _WORD, (draw >> 32) & _WORD, pair, PURPOSE_UNIFORM, key_low & _WORD, key_high & _WORD
        # The ten rounds stand here, not in a call of philox4x32: unrolled, that is too long to be inlined.
        for _ in range(10):
            a, b, c, d, k0, k1 = philox_round(a, b, c, d, k0, k1)
        u[i] = uniform_of_words(a ^ ((a ^ c) & odd), b ^ ((b ^ d) & odd))


@kernel
def fill_stream_pair(u: NDArray[np.float64], v: NDArray[np.float64], key_low: int, key_high: int, pair: int, first: int, n: int) -> None:
    """Fill ``u`` with component 2 ``pair`` and ``v`` with the next: one call of the generator gives both."""
    keep_apart()
    rows_apart()
    for i in range(n):
        draw = first + i
        a, b, c, d, k0, k1 = draw & _WORD, (draw >> 32) & _WORD, pair & _WORD, PURPOSE_UNIFORM, key_low & _WORD, key_high & _WORD
        for _ in range(10):
            a, b, c, d, k0, k1 = philox_round(a, b, c, d, k0, k1)
        u[i] = uniform_of_words(a, b)
        v[i] = uniform_of_words(c, d)
