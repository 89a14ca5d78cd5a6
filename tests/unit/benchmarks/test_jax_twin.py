"""The JAX twin gives the engine's numbers, and draws the engine's distributions; skipped where JAX is not installed."""

import numpy as np
import pytest

from benchmarks.engine_side import EngineSide
from benchmarks.jax_twin import JaxTwin, available, check, jax_contenders, matrix_of
from benchmarks.run import thresholds
from benchmarks.subjects import SUBJECTS
from benchmarks.twin_reading import read_terms

pytestmark = [
    pytest.mark.unit,
    pytest.mark.skipif(not available(), reason="JAX is not installed: its twin is not held against the engine"),
]


@pytest.mark.parametrize(("name", "draws"), [("small", 700), ("medium", 600)])
def test_twin_gives_the_engines_numbers(name, draws):
    tree = SUBJECTS[name]()
    terms = read_terms(tree)
    found = check(EngineSide(tree, draws, "random", 1), terms, 256, thresholds(terms))
    assert found.equal, found.largest


def test_a_changed_number_is_noticed():
    tree = SUBJECTS["small"]()
    engine = EngineSide(tree, 300, "random", 1)
    tree["services"]["line_2"]["fixed_share"] = 0.61
    terms = read_terms(tree)
    assert not check(engine, terms, 128, thresholds(terms)).equal


def test_the_twins_own_draws_have_the_engines_distributions():
    tree = SUBJECTS["medium"]()
    terms, draws = read_terms(tree), 8_192
    engine = EngineSide(tree, draws, "sobol", 1)
    engine.run_whole()
    theirs = matrix_of(engine, terms)
    twin = JaxTwin(terms, theirs, draws)
    own, spread = twin.own_drivers(7), theirs.std(axis=1)
    assert np.all(np.abs(own.mean(axis=1) - theirs.mean(axis=1)) < 6.0 * spread / np.sqrt(draws))
    assert own.std(axis=1) == pytest.approx(spread, rel=0.1)
    assert np.corrcoef(own[:20])[0, 1:12] == pytest.approx(np.corrcoef(theirs[:20])[0, 1:12], abs=0.08)
    twin.run("whole")
    outputs, expected = twin.results(), engine.results()
    assert all(np.all(np.isfinite(values)) for values in outputs.values())
    for name in ("net_saving", "outturn", "party_position"):
        error = 6.0 * expected[name].std(axis=-1) / np.sqrt(draws)
        assert np.all(np.abs(outputs[name].mean(axis=-1) - expected[name].mean(axis=-1)) < error), name


def test_a_subject_too_large_to_be_written_out_has_no_contender():
    tree = SUBJECTS["large"]()
    assert jax_contenders(read_terms(tree), EngineSide(tree, 64, "random", 1), 64) == {}
