"""The digest of a block: a plain twin in whole numbers, known answers, and that it sees what it is to see."""

from collections.abc import Sequence

import numpy as np
import pytest

from simengine.engine.block_digest import LANES, combined, digest_rows
from simengine.jit import Floats

pytestmark = [pytest.mark.unit, pytest.mark.plain]

WORD = 2**64 - 1
#: Digests of the rows of ``test_known_answers`` with the seeds 0 and 1, and of the two together; ``plain`` gives the same.
KNOWN = [0x5723BF7430BEDFD8, 0xCFBDB32F14390BDC]
KNOWN_COMBINED = 0xC44C2BFD8513B607
GOLDEN, FACTOR = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95


def some_rows(count: int, n: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(size=(count, n)) * 1e6


def finalised(word: int) -> int:
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & WORD
    return word ^ (word >> 31)


def plain(rows: Floats, seed: int) -> int:
    """The digest number by number, in whole numbers of any size."""
    lanes = [finalised((seed + GOLDEN * (k + 1)) & WORD) for k in range(64)]
    for place, number in enumerate(rows.ravel().tolist()):
        bits = 0x7FF8000000000000 if number != number else int(np.float64(number).view(np.uint64))
        mixed = lanes[place % 64] ^ bits
        lanes[place % 64] = ((mixed ^ (mixed >> 32)) * FACTOR + GOLDEN) & WORD
    word = finalised(finalised(seed) ^ rows.shape[0]) ^ rows.shape[1]
    for lane in lanes:
        word = finalised(word) ^ lane
    return finalised(word)


@pytest.mark.parametrize("shape", [(1, 1), (1, 64), (3, 64), (5, 21), (7, 100), (2, 130), (64, 1), (0, 5), (5, 0), (9, 63), (9, 65)])
def test_it_is_what_the_definition_gives(shape: tuple[int, int]) -> None:
    rows = some_rows(*shape)
    assert digest_rows(rows, 3) == plain(rows, 3)
    assert digest_rows(rows, 2**64 - 1) == plain(rows, 2**64 - 1)


@pytest.mark.parametrize("n", [1, 20, 64, 70, 128, 150])
def test_rows_that_lie_apart_have_the_digest_of_a_copy(n: int) -> None:
    store = some_rows(6, 200)
    assert digest_rows(store[1:5, 10 : 10 + n], 0) == digest_rows(store[1:5, 10 : 10 + n].copy(), 0) == plain(store[1:5, 10 : 10 + n], 0)
    assert digest_rows(store[::2, :n], 0) == plain(store[::2, :n], 0)


@pytest.mark.golden
def test_known_answers() -> None:
    rows = np.arange(300.0).reshape(3, 100) / 7.0
    assert [digest_rows(rows, seed) for seed in (0, 1)] == [plain(rows, seed) for seed in (0, 1)] == KNOWN
    assert combined(KNOWN) == KNOWN_COMBINED


def flipped(rows: Floats, place: int, bit: int) -> Floats:
    changed = rows.copy()
    changed.view(np.uint64).ravel()[place] ^= np.uint64(1 << bit)
    return changed


def test_every_flip_of_a_bit_shows_and_turns_half_of_the_digest() -> None:
    rows = some_rows(3, 70)
    own, turned = digest_rows(rows, 5), []
    for place in (0, 63, 64, 100, 209):
        for bit in range(64):
            found = digest_rows(flipped(rows, place, bit), 5)
            assert found != own
            turned.append([(found ^ own) >> k & 1 for k in range(64)])
    shares = np.array(turned).mean(axis=0)
    # 320 flips: the share of each bit of the digest that turns is 0.5 ± 0.028; five standard errors
    assert np.all(np.abs(shares - 0.5) < 0.14)
    assert abs(np.array(turned).mean() - 0.5) < 0.02


def test_signs_of_zeros_count_and_the_bits_of_nan_do_not() -> None:
    zeros = np.zeros((2, 70))
    negative = zeros.copy()
    negative[1, 3] = -0.0
    assert digest_rows(zeros, 0) != digest_rows(negative, 0)
    quiet, other, infinite = zeros.copy(), zeros.copy(), zeros.copy()
    quiet[1, 3] = np.nan
    other.view(np.uint64)[1, 3] = 0xFFF8000000001234
    infinite[1, 3] = np.inf
    assert np.isnan(other[1, 3])
    assert digest_rows(quiet, 0) == digest_rows(other, 0)
    assert len({digest_rows(one, 0) for one in (zeros, quiet, infinite, -infinite)}) == 4


def test_sizes_order_and_seed_count() -> None:
    rows = some_rows(4, 128)
    changed = [
        rows[[1, 0, 2, 3]],
        rows[:, ::-1].copy(),
        rows[:, [LANES, *range(1, LANES), 0, *range(LANES + 1, 128)]].copy(),  # two numbers of one lane
        rows.reshape(8, 64),
        rows.reshape(2, 256),
        rows[:3],
        -rows,
        rows * 2.0,
        np.zeros((4, 128)),
        np.zeros((5, 128)),
        np.zeros((4, 129)),
        np.zeros((0, 128)),
        np.zeros((0, 0)),
    ]
    found = [digest_rows(rows, 0), digest_rows(rows, 1), digest_rows(rows, 2**63), *(digest_rows(one, 0) for one in changed)]
    assert len(set(found)) == len(found)


def test_no_two_of_many_small_matrices_agree() -> None:
    """Each with one or two numbers other than 0, of few bits: what a poor mix would confuse."""
    numbers = [1.0, -1.0, 2.0, 0.5, 1.5, 5e-324, -0.0, np.inf]
    found, count = set(), 0
    for place in range(0, 12):
        for second in range(place, 12):
            for a in numbers:
                for b in numbers if second > place else [0.0]:
                    rows = np.zeros((12, 64))
                    rows[place, 0], rows[second, 0] = (a, b) if second > place else (a, a)
                    found.add(digest_rows(rows, 0))
                    count += 1
    assert len(found) == count


def test_combined_takes_each_and_their_order() -> None:
    def differ(sequences: Sequence[Sequence[int]]) -> bool:
        return len({combined(one) for one in sequences}) == len(sequences)

    assert differ([(), (0,), (0, 0), (1,), (1, 2), (2, 1), (1, 2, 0), (WORD,)])


@pytest.mark.parametrize(
    ("rows", "seed"),
    [
        (np.zeros(5), 0),
        (np.zeros((2, 5), np.float32), 0),
        (np.zeros((5, 2)).T, 0),
        (np.zeros((2, 5)), -1),
        (np.zeros((2, 5)), 2**64),
    ],
)
def test_what_it_is_not_for(rows: Floats, seed: int) -> None:
    with pytest.raises(ValueError, match="digest"):
        digest_rows(rows, seed)
