"""design.py: strata of Latin hypercubes, independence of tiles, and that the three designs are uniform."""

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from simengine.errors import ParameterError
from simengine.sampling.design import DESIGNS, HYPERCUBE, fill_permutation, make_uniforms, stratify, uniforms

pytestmark = pytest.mark.unit

KNOWN_UNIFORMS = {
    "random": ["0x1.39bdc03685437p-1", "0x1.9b8e4a50beba4p-3"],
    "lhs": ["0x1.ce6f700da1540p-7", "0x1.58cdc725285f6p-2"],
    "sobol": ["0x1.94fe365fa143bp-1", "0x1.a134b994c61b0p-5"],
}


@pytest.mark.parametrize("component", [0, 1, 7])
@pytest.mark.parametrize("first", [0, 256, 51200])
def test_each_256_draws_are_one_latin_hypercube(component: int, first: int) -> None:
    u = uniforms(5, "a", HYPERCUBE, "lhs", component=component, first=first)
    assert np.array_equal(np.sort(np.floor(u * HYPERCUBE)), np.arange(HYPERCUBE))


def test_256_draws_across_two_hypercubes_are_none() -> None:
    u = uniforms(5, "a", HYPERCUBE, "lhs", first=128)
    assert not np.array_equal(np.sort(np.floor(u * HYPERCUBE)), np.arange(HYPERCUBE))


def test_permutations_are_uniform() -> None:
    """Each place holds each value equally often: chi-squared of counts in 16 by 16 cells over 400 permutations."""
    permutation = np.empty(HYPERCUBE, np.int64)
    counts = np.zeros((16, 16))
    for block in range(400):
        fill_permutation(permutation, 1, 2, 0, block)
        np.add.at(counts, (np.arange(HYPERCUBE) // 16, permutation // 16), 1)
    expected = 400 * HYPERCUBE / 256
    assert chi2.sf(((counts - expected) ** 2 / expected).sum(), 15 * 15) > 1e-4


@pytest.mark.plain
def test_stratum_ends_stay_inside() -> None:
    u = np.array([2.0**-53, 1 - 2.0**-53])
    stratify(u, np.array([0, 255]), 2)
    assert u[0] == 2.0**-53
    assert u[1] == 1 - 2.0**-53


@pytest.mark.plain
@pytest.mark.parametrize("design", list(DESIGNS))
def test_values_depend_on_the_draw_alone(design: str) -> None:
    run = uniforms(3, "a", 60, design, column=4, first=500)
    assert np.array_equal(run[13:], uniforms(3, "a", 47, design, column=4, first=513))
    assert np.array_equal(run[:5], uniforms(3, "a", 5, design, column=4, first=500))


@pytest.mark.parametrize("design", list(DESIGNS))
def test_a_longer_run_begins_like_a_shorter(design: str) -> None:
    assert np.array_equal(uniforms(3, "a", 2000, design, 1)[:512], uniforms(3, "a", 512, design, 1))


@pytest.mark.parametrize("design", list(DESIGNS))
def test_uniformity(design: str) -> None:
    p = [kstest(uniforms(seed, "a", 700, design, 3), "uniform").pvalue for seed in range(12)]
    assert min(p) > 1e-4


def test_drivers_seeds_and_components_are_unrelated() -> None:
    rows = [uniforms(seed, name, 4096, component=c) for seed in (1, 2) for name in ("a", "b") for c in (0, 1, 2)]
    correlation = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(correlation).max() < 5 / 64


@pytest.mark.plain
def test_sobol_serves_only_component_0_of_a_column() -> None:
    stream = uniforms(3, "a", 20)
    assert np.array_equal(uniforms(3, "a", 20, "sobol"), stream)
    assert np.array_equal(uniforms(3, "a", 20, "sobol", 4, component=1), uniforms(3, "a", 20, component=1))
    assert not np.array_equal(uniforms(3, "a", 20, "sobol", 4), stream)


@pytest.mark.plain
def test_lhs_keeps_the_place_of_the_stream() -> None:
    u, v = uniforms(3, "a", 20), uniforms(3, "a", 20, "lhs")
    np.testing.assert_allclose(v * HYPERCUBE % 1.0, u, atol=2.0**-43)


@pytest.mark.plain
def test_unknown_design() -> None:
    with pytest.raises(ParameterError, match="design: must be one of random, lhs, sobol"):
        make_uniforms("halton", [], [], [])


@pytest.mark.plain
def test_known_uniforms() -> None:
    """Draws of a version never change: these fail when STREAM_VERSION ought to."""
    found = {design: [float(x).hex() for x in uniforms(1, "drivers.pay_inflation", 2, design, 5, first=70000)] for design in DESIGNS}
    assert found == KNOWN_UNIFORMS
