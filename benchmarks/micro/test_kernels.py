"""Each kernel of the drawing by itself, on one tile that stays in the cache, and the same with NumPy or SciPy where they have it."""

import numpy as np
import pytest
from scipy import special

from benchmarks.families import FamilySide
from benchmarks.family_subjects import FAMILY_SUBJECTS
from simengine.engine.ops import add_scaled_row
from simengine.engine.tile import STRIDE, TILE
from simengine.sampling.design import fill_uniform, make_uniforms
from simengine.sampling.streams import stream_key
from simengine.special import fill_normal_cdf, fill_normal_quantile

BY_NAME = {str(subject): subject for subject in FAMILY_SUBJECTS}


@pytest.fixture
def u():
    found = np.zeros(STRIDE)
    found[:TILE] = np.random.Generator(np.random.PCG64(1)).random(TILE)
    return found


@pytest.mark.parametrize("design", ["random", "sobol", "lhs"])
@pytest.mark.benchmark(group="uniforms of a tile")
def test_uniforms(benchmark, u, design):
    made = make_uniforms(design, [stream_key(1, "driver")], [0], [3])
    benchmark(fill_uniform, u, made, 0, TILE * 5, TILE)
    assert 0.0 < u[:TILE].min() < u[:TILE].max() < 1.0


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.Philox])
@pytest.mark.benchmark(group="uniforms of a tile")
def test_uniforms_by_numpy(benchmark, bits):
    rng, row = np.random.Generator(bits(1)), np.empty(TILE)
    benchmark(rng.random, out=row)
    assert row.max() < 1.0


@pytest.mark.benchmark(group="normal quantile")
def test_normal_quantile(benchmark, u):
    z = np.zeros(STRIDE)
    benchmark(fill_normal_quantile, z, u, TILE)
    assert z[:TILE] == pytest.approx(special.ndtri(u[:TILE]), rel=1e-12, abs=1e-12)


@pytest.mark.benchmark(group="normal quantile")
def test_normal_quantile_by_scipy(benchmark, u):
    assert benchmark(special.ndtri, u[:TILE]).size == TILE


@pytest.mark.benchmark(group="normal distribution function")
def test_normal_cdf(benchmark, u):
    z, found = 6.0 * u - 3.0, np.zeros(STRIDE)
    benchmark(fill_normal_cdf, found, z, TILE)
    assert found[:TILE] == pytest.approx(special.ndtr(z[:TILE]), abs=1e-14)


@pytest.mark.benchmark(group="normal distribution function")
def test_normal_cdf_by_scipy(benchmark, u):
    assert benchmark(special.ndtr, 6.0 * u[:TILE] - 3.0).size == TILE


@pytest.mark.parametrize("name", list(BY_NAME))
@pytest.mark.benchmark(group="quantiles of 32 tiles")
def test_family(benchmark, u, name):
    side = FamilySide(BY_NAME[name])
    # one call from Python takes as long as a tile
    benchmark(side.fill, np.tile(u[:TILE], 32))
    assert np.isfinite(side.row[:TILE]).all()


@pytest.mark.benchmark(group="rows")
def test_add_scaled_row(benchmark, u):
    out = np.zeros(STRIDE)
    benchmark(add_scaled_row, out, u, 0.5, TILE)
    assert (out[:TILE] / u[:TILE]).std() < 1e-9


@pytest.mark.benchmark(group="rows")
def test_add_scaled_row_by_numpy(benchmark, u):
    out = np.zeros(TILE)

    def add():
        np.add(out, 0.5 * u[:TILE], out=out)

    benchmark(add)
    assert (out / u[:TILE]).std() < 1e-9
