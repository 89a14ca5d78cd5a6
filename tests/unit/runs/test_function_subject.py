"""A function of the user's own: its draws are those of a study's drivers, correlated ones given others keep their joint law, bad input."""

import numpy as np
import pytest

import simengine as se
from simengine.errors import SimulationError, StudyError
from simengine.runs.function_subject import FunctionSubject
from simengine.sampling.design import uniforms
from simengine.sensitivity_analysis.subject import FROM_A, FROM_B

pytestmark = pytest.mark.unit

UNIT = {"dist": "uniform", "min": 0.0, "max": 1.0}
NORMAL = {"dist": "normal", "mean": 0.0, "sd": 1.0}
NAMES = ("a", "b", "c")


def together(x):
    return np.stack([x[name] for name in NAMES])


@pytest.mark.plain
@pytest.mark.parametrize("sampler", ["sobol", "lhs", "random"])
def test_draws_are_those_of_the_streams(sampler):
    subject = FunctionSubject(together, dict.fromkeys(NAMES, UNIT), seed=3, sampler=sampler)
    found = subject.piece(0, 64).evaluate(np.zeros((1, 3, 1), dtype=np.uint8))[0]
    for k, name in enumerate(NAMES):
        assert np.allclose(found[k], uniforms(3, name, 64, sampler, k), atol=1e-15)


@pytest.mark.plain
def test_places_are_what_is_drawn():
    subject = FunctionSubject(together, dict.fromkeys(NAMES, UNIT), seed=3)
    piece = subject.piece(0, 48)
    found = piece.evaluate(np.array([FROM_A, FROM_B], dtype=np.uint8)[:, np.newaxis, np.newaxis].repeat(3, axis=1))
    assert np.array_equal(piece.places(), found)


def test_screening_of_a_function_knows_straight_lines():
    found = se.sensitivity(lambda x: x["a"] + 0.0 * x["b"] + 3.0 * (x["c"] - 0.5) ** 2, method="morris", drivers=dict.fromkeys(NAMES, UNIT))
    nonlinear = found["output"].sel(measure="nonlinearity", year="term", scenario="base")
    assert nonlinear.sel(driver="a").item() == pytest.approx(0.0, abs=1e-9)
    assert nonlinear.sel(driver="c").item() > 0.9


COPULAS = [{}, {"copula": "student_t", "df": 3.0}]


@pytest.mark.parametrize("copula", COPULAS, ids=["gaussian", "student t"])
def test_draws_given_others_keep_the_joint_law(copula):
    # (a from A; b, c given a) is distributed as (a, b, c); b and c from B are not
    correlation = [{"drivers": list(NAMES), "rank": [[1, 0.8, 0.5], [0.8, 1, 0.3], [0.5, 0.3, 1]], **copula}]
    subject = FunctionSubject(together, dict.fromkeys(NAMES, UNIT), correlation=correlation, seed=3)
    take = np.array([FROM_A, FROM_B, FROM_B], dtype=np.uint8).reshape(1, 3, 1)
    drawn, given, blind = (
        np.concatenate([subject.piece(first, 512).evaluate(chosen, conditional=how)[0].copy() for first in range(0, 32768, 512)], axis=1)
        for chosen, how in ((np.zeros_like(take), False), (take, True), (take, False))
    )
    assert np.array_equal(drawn[0], given[0])
    assert not np.allclose(drawn[1], given[1])
    assert np.allclose(np.corrcoef(given), np.corrcoef(drawn), atol=0.02)
    assert abs(np.corrcoef(blind)[0, 1]) < 0.05
    # extremes come together as often as they should: the two copulas differ in that
    assert _tail(given) == pytest.approx(_tail(drawn), rel=0.06)
    assert np.allclose(np.sort(given[1]), (np.arange(32768) + 0.5) / 32768, atol=0.01)


def _tail(found):
    return float(((found[0] > 0.95) & (found[1] > 0.95)).mean())


def test_points_of_their_own_sets_of_given_drivers():
    correlation = [{"drivers": list(NAMES), "rank": 0.6}]
    subject = FunctionSubject(together, dict.fromkeys(NAMES, NORMAL), correlation=correlation, seed=3)
    piece = subject.piece(512, 512)
    alike = np.random.default_rng(1).integers(0, 2, (5, 3)).astype(np.uint8)
    of_each = piece.evaluate(alike[:, :, np.newaxis], conditional=True).copy()
    point = np.arange(512) % 5
    mixed = piece.evaluate(alike[point].T[np.newaxis], conditional=True)[0]
    assert np.allclose(mixed, of_each[point, :, np.arange(512)].T, rtol=1e-12)


def test_everything_wrong_with_drivers_at_once():
    drivers = {
        "a": {"dist": "norml", "mean": 0.0},
        "b": {"dist": "uniform", "min": 2.0, "max": 1.0},
        "c": 3.0,
        "d": {"dist": "uniform", "min": 0.0, "max": 1.0, "path": "independent"},
    }
    with pytest.raises(StudyError) as caught:
        FunctionSubject(together, drivers, sampler="sobool")
    text = str(caught.value)
    assert 'sampler: must be one of random, lhs, sobol (found "sobool"). Did you mean "sobol"?' in text
    assert "drivers.a.dist: " in text
    assert "drivers.b." in text
    assert "drivers.c: must be a distribution" in text
    assert "drivers.d.path: a function of your own has no years" in text


def test_correlations_that_cannot_be():
    with pytest.raises(StudyError) as caught:
        FunctionSubject(together, dict.fromkeys(NAMES, NORMAL), correlation=[{"drivers": ["a", "q"], "rank": 0.5}, {"ranks": 0.5}])
    text = str(caught.value)
    assert 'correlation[0].drivers: is not a driver (found "q")' in text
    assert "correlation[1].ranks" in text
    matrix = [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]
    with pytest.raises(StudyError, match=r"correlation\[0\]"):
        FunctionSubject(together, dict.fromkeys(NAMES, NORMAL), correlation=[{"drivers": list(NAMES), "rank": matrix}])


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: 1.0, "the function gave an array of shape"),
        (lambda x: x["a"][:1], "for 2 points: it must return numbers of shape"),
        (lambda x: ["x"] * len(x["a"]), "must return numbers"),
    ],
)
def test_a_function_that_is_none(function, text):
    with pytest.raises(SimulationError, match=text):
        FunctionSubject(function, {"a": UNIT})


def test_simulate():
    found = se.simulate(lambda x: {"sum": x["a"] + x["b"], "half": 0.5 * x["a"]}, {"a": NORMAL, "b": NORMAL}, draws=1000, seed=0)
    assert dict(found.sizes) == {"draw": 1000, "driver": 2}
    assert np.array_equal(found["sum"], found["driver_value"].sel(driver="a") + found["driver_value"].sel(driver="b"))
    assert int(found["failed"].sum()) == 0
    again = se.simulate(
        lambda x: {"sum": x["a"] + x["b"], "half": 0.5 * x["a"]}, {"b": NORMAL, "a": NORMAL}, draws=500, seed=0, sampler="random"
    )
    other = se.simulate(lambda x: x["a"], {"a": NORMAL}, draws=500, seed=0, sampler="random")
    # a driver's draws are its own, whatever others there are
    assert np.array_equal(again["driver_value"].sel(driver="a"), other["driver_value"].sel(driver="a"))


def test_simulate_counts_failed_draws():
    found = se.simulate(lambda x: np.where(x["a"] > 0.995, np.inf, x["a"]), {"a": UNIT}, draws=4096)
    assert found.attrs["failed"] == int(found["failed"].sum()) == pytest.approx(20, abs=2)
    with pytest.raises(SimulationError, match=r"of 4,096 draws are not finite: more than 1 %"):
        se.simulate(lambda x: np.where(x["a"] > 0.9, np.inf, x["a"]), {"a": UNIT}, draws=4096)


def test_sensitivity_of_a_function():
    found = se.sensitivity(lambda x: 2.0 * x["a"] + x["b"], drivers={"a": NORMAL, "b": NORMAL}, points=4096, second_order=True)
    assert found["output"].sel(measure="first", driver="a").item() == pytest.approx(0.8, abs=0.01)
    assert found["output_pair"].sel(measure_pair="closed").item() == pytest.approx(1.0, abs=0.01)
    shares = se.sensitivity(lambda x: 2.0 * x["a"] + x["b"], drivers={"a": NORMAL, "b": NORMAL}, points=1024, method="shapley")
    assert shares["output"].sel(measure="shapley").sum().item() == pytest.approx(1.0, abs=1e-12)
    given = se.sensitivity(se.simulate(lambda x: 2.0 * x["a"] + x["b"], {"a": NORMAL, "b": NORMAL}, draws=8192), method="given-data")
    assert given["output"].sel(measure="src", driver="a").item() == pytest.approx(np.sqrt(0.8), abs=0.02)


def test_methods_and_drivers_that_do_not_fit():
    with pytest.raises(StudyError, match=r'method: must be one of .*: the others need a study \(found "tornado"\)'):
        se.sensitivity(lambda x: x["a"], drivers={"a": UNIT}, method="tornado")
    with pytest.raises(StudyError, match=r'method: must be one of .* Did you mean "shapley"'):
        se.sensitivity(lambda x: x["a"], drivers={"a": UNIT}, method="shaply")
