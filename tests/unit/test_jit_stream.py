"""Stores past the cache: the same numbers at the same places, whatever the ends are."""

import numpy as np
import pytest

from simengine.jit_stream import LINE, stream_row

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("n", [0, 1, LINE - 1, LINE, 3 * LINE + 5])
def test_a_row_is_stored_whole_and_nothing_beside_it(n: int) -> None:
    values = np.arange(1.0, 4 * LINE + 1.0)
    for first in range(LINE + 1):
        target = np.full(6 * LINE, -1.0)
        stream_row(target, first, values, n)
        expected = np.full(6 * LINE, -1.0)
        expected[first : first + n] = values[:n]
        np.testing.assert_array_equal(target, expected)
