"""The benchmarks' studies are valid, and the NumPy twin gives the engine's numbers on them."""

import numpy as np
import pytest

from benchmarks.engine_side import EngineSide
from benchmarks.numpy_draw import Sampler, driver_rows
from benchmarks.numpy_side import driver_matrix
from benchmarks.numpy_twin import Twin, new_outputs
from benchmarks.run import check
from benchmarks.subjects import SUBJECTS
from benchmarks.twin_reading import read_terms

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("name", "draws"), [("small", 700), ("medium", 600), ("large", 300)])
@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_twin_gives_the_engines_numbers(name, draws, sampler):
    tree = SUBJECTS[name]()
    found = check(EngineSide(tree, draws, sampler, 1), read_terms(tree), 256)
    assert found.equal, found.largest


def test_a_changed_number_is_noticed():
    tree = SUBJECTS["small"]()
    engine = EngineSide(tree, 300, "random", 1)
    tree["services"]["line_2"]["fixed_share"] = 0.61
    assert not check(engine, read_terms(tree), 128).equal


@pytest.mark.parametrize("quantiles", ["exact", "tables", "ppf"])
def test_the_twins_own_draws_have_the_engines_distributions(quantiles):
    tree = SUBJECTS["medium"]()
    terms, draws = read_terms(tree), 8_192
    rows = driver_rows(terms)
    own = np.empty((sum(row.stop - row.start for row in rows.values()), draws))
    Sampler(terms, rows, quantiles, 7).fill(own)
    engine = EngineSide(tree, draws, "sobol", 1)
    engine.run_whole()
    theirs = driver_matrix(engine, Twin(terms, 1))
    spread = theirs.std(axis=1)
    assert np.all(np.abs(own.mean(axis=1) - theirs.mean(axis=1)) < 6.0 * spread / np.sqrt(draws))
    assert own.std(axis=1) == pytest.approx(spread, rel=0.1)
    assert np.corrcoef(own[:20])[0, 1:12] == pytest.approx(np.corrcoef(theirs[:20])[0, 1:12], abs=0.08)
    outputs = new_outputs(terms, draws)
    Twin(terms, 1_000).run(own, outputs)
    assert all(np.all(np.isfinite(values)) for values in outputs.values())
