"""Uniform and interpolated lists whose upper end is near 0: accurate in proportion to their range, not to the value itself."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from simengine.distributions import build
from tests.unit.distributions.cases import fill

pytestmark = [pytest.mark.unit, pytest.mark.plain]

# Uniforms as they are drawn, multiples of 2^-53, up to the last one below 1.
U = np.array([0.1, 0.3, 0.5, 0.7, 0.9, *(1.0 - 2.0 ** -np.arange(4.0, 54.0))])
LISTS = {
    "end at 0": [-3e6, -1e6, -7e5, 0.0],
    "end just above 0": [-3.0, -1.0, -0.1, 1e-9],
    "long steps to the end": [-8.1, -8.0, -7.9, 0.0],
    "seven": [-0.7, -0.6, -0.5, -0.4, -0.3, -0.2, 1e-17],
}


def exact(values: list[float], u: float) -> Fraction:
    """The line through the ordered values at u, in fractions."""
    x = [Fraction(value) for value in values]
    place = Fraction(u) * (len(x) - 1)
    k = min(int(place), len(x) - 2)
    return x[k] + (place - k) * (x[k + 1] - x[k])


def largest_error(dist: str, parameters: dict[str, Any], values: list[float]) -> tuple[float, float]:
    """Largest error of what the kernel draws, over the range; and over the value itself."""
    drawn = fill(build(dist, parameters), U)
    wanted = [exact(values, float(u)) for u in U]
    apart = [abs(Fraction(float(x)) - right) for x, right in zip(drawn, wanted, strict=True)]
    spread = Fraction(values[-1]) - Fraction(values[0])
    return float(max(apart) / spread), float(max(a / abs(right) for a, right in zip(apart, wanted, strict=True) if right))


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_accurate_to_its_range(name: str) -> None:
    """The place on the line is u (n - 1) rounded once: 2^-53 of u times the steepest step, and one rounding of the value."""
    values = LISTS[name]
    steepest = float(np.diff(values).max()) * (len(values) - 1) / (values[-1] - values[0])
    assert largest_error("empirical", {"values": values}, values)[0] <= 2.0**-53 * steepest + 2.0**-52


@pytest.mark.parametrize("ends", [(-1e6, 0.0), (-0.3, 1e-9), (-7.1, 1e-17), (0.1, 0.7), (-2.0, -1e-12)])
def test_a_uniform_is_accurate_to_its_range(ends: tuple[float, float]) -> None:
    written = {"min": ends[0], "max": ends[1]}
    assert largest_error("uniform", written, list(ends))[0] <= 2.0**-52


def test_that_is_all_it_is() -> None:
    """What the page on the study file says: next to an upper end near 0 a value has few right digits of its own."""
    ends = [-7.1, 1e-9]
    absolute, relative = largest_error("uniform", {"min": ends[0], "max": ends[1]}, ends)
    assert absolute <= 2.0**-52
    assert relative > 1e-8
    # The lower end keeps its digits, so that a range written from 0 upwards loses nothing.
    mirrored = fill(build("uniform", {"min": 0.0, "max": 7.1}), 1.0 - U)
    np.testing.assert_allclose(mirrored, (1.0 - U) * 7.1, rtol=2.0**-52)
