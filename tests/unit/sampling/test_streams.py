"""streams.py: known answers of the generator, keys, and uniforms that depend on nothing but their counter."""

import numpy as np
import pytest

from simengine.errors import ParameterError
from simengine.sampling.design import uniforms
from simengine.sampling.streams import fill_stream, fill_stream_pair, open_unit, philox4x32, stream_key, uniform_of_words

pytestmark = [pytest.mark.unit, pytest.mark.plain]

KNOWN_UNIFORMS = ["0x1.db29d1bbfd83ap-2", "0x1.dd06cdf21d78cp-3", "0x1.0d8fa9783febep-2"]
ONES = 0xFFFFFFFF
# Random123, kat_vectors, philox4x32 10 (counter, key, answer).
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_known_answers(counter: tuple[int, ...], key: tuple[int, int], answer: tuple[int, ...]) -> None:
    assert philox4x32(*counter, *key) == answer


def test_keys_differ_by_seed_and_name() -> None:
    keys = {stream_key(seed, name) for seed in range(20) for name in ("a", "b", "schemes.x.effects.y.impact")}
    assert len(keys) == 60
    assert all(0 <= key < 2**64 for key in keys)
    assert stream_key(1, "drivers.pay_inflation") == 0x1B809CD98D8BF360
    assert stream_key(2**64 - 1, "a") != stream_key(0, "a")


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True, "1"])
def test_seed_out_of_range(seed: object) -> None:
    with pytest.raises(ParameterError, match=r"seed: must be a whole number from 0 to 2\^64 - 1"):
        stream_key(seed, "a")  # type: ignore[arg-type]


def test_uniforms_are_strictly_inside() -> None:
    assert open_unit(0) == 2.0**-53
    assert open_unit(2**52 - 1) == 1.0 - 2.0**-53
    assert uniform_of_words(0, 0) == 2.0**-53
    assert uniform_of_words(ONES, ONES) == 1.0 - 2.0**-53
    assert uniform_of_words(0, 1 << 31) == 0.5 + 2.0**-53


def test_uniform_is_made_of_the_words() -> None:
    key = stream_key(9, "x")
    words = philox4x32(5, 3, 2, 0, key & ONES, key >> 32)
    for component, low, high in ((4, words[0], words[1]), (5, words[2], words[3])):
        u = np.empty(1)
        fill_stream(u, key & ONES, key >> 32, component, (3 << 32) + 5, 1)
        assert u[0] == ((high << 32 | low) // 4096 + 0.5) / 2.0**52


def test_pairs_equal_singles() -> None:
    u, v, single = np.empty(40), np.empty(40), np.empty(40)
    fill_stream_pair(u, v, 11, 22, 3, 1000, 40)
    fill_stream(single, 11, 22, 6, 1000, 40)
    assert np.array_equal(u, single)
    fill_stream(single, 11, 22, 7, 1000, 40)
    assert np.array_equal(v, single)


def test_known_uniforms() -> None:
    """Draws of a version never change: these fail when STREAM_VERSION ought to."""
    assert [float(x).hex() for x in uniforms(1, "drivers.pay_inflation", 3)] == KNOWN_UNIFORMS


@pytest.mark.parametrize("first", [0, 1, 511, 2**33 + 17])
def test_a_draw_stands_alone(first: int) -> None:
    run = uniforms(3, "a", 30, first=first)
    assert np.array_equal(run[10:], uniforms(3, "a", 20, first=first + 10))
