"""Screening: measures against what formulae give, classes on Morris's own function, and what correlated units may not be."""

import numpy as np
import pytest
from scipy.special import ndtri

from simengine.errors import StudyError
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_KNOWN, Output
from simengine.sensitivity_analysis.morris import CLASSES, UNKNOWN, morris
from simengine.sensitivity_analysis.subject import Unit
from tests.convergence.reference_functions import ishigami, morris_function, product_and_sum
from tests.unit.sensitivity.toy import Toy

pytestmark = pytest.mark.unit


class Nowhere(Toy):
    """A toy that does not say where values lie."""

    def piece(self, first, count):
        return _Hidden(super().piece(first, count))


class _Hidden:
    def __init__(self, piece):
        self.piece = piece

    def evaluate(self, take, *, conditional=False):
        return self.piece.evaluate(take, conditional=conditional)


def test_morris_function_falls_into_its_groups():
    names = [f"x{k + 1}" for k in range(20)]
    found = morris(Toy(morris_function(seed=1), names, 128), 128, negligible=0.2)
    classes = [found.class_of(name) for name in names]
    assert classes[:6] == ["interacting"] * 6
    assert classes[6] == "acts alone"  # a curve, but no product with others that counts
    assert classes[7:10] == ["linear"] * 3
    assert set(classes[10:]) == {"negligible"}
    assert found.lasting() == tuple(names[:10])
    assert found.found.attrs["runs"] == 128 * 42


def test_measures_are_those_of_the_variance():
    """Spread² is total · V, interaction 1 − first/total: x1 x2 + x3 and Ishigami have closed forms."""
    for reference in (product_and_sum(), ishigami()):
        found = morris(Toy(reference.f, reference.names, 8192, marginal=reference.marginal), 8192).found
        for k, unit in enumerate(reference.names):
            for measure, exact in (
                ("spread", np.sqrt(reference.total[k] * reference.variance)),
                ("interaction", 1.0 - reference.first[k] / reference.total[k]),
            ):
                value, low, high = found.at(measure, unit)
                assert abs(value - exact) <= 1.5 * (high - low) / 2 + 1e-9, (reference.name, unit, measure, value, exact)
                assert high - low < 0.15 * max(exact, 1.0)


def test_a_step_up_of_a_straight_line():
    """For 3u: D = 3h, so mu_star = mu = 3 E|h| = 1 and nonlinearity 0; for −Φ⁻¹(u): E[D h] = −1/√π, E[D²] = 2, E[h²] = 1/6, so 1 − 3/π."""
    found = morris(Toy(lambda x: np.stack([3 * x[0], -ndtri(x[0])]), ["u", "idle"], 4096), 4096).found
    assert found.at("mu_star", "u")[0] == pytest.approx(1.0, abs=0.01)
    assert found.at("mu", "u")[0] == pytest.approx(1.0, abs=0.01)
    assert found.at("nonlinearity", "u")[0] == pytest.approx(0.0, abs=1e-12)
    assert found.at("mu", "u", 1)[0] == pytest.approx(-2 / np.sqrt(np.pi), abs=0.01)
    assert found.at("nonlinearity", "u", 1)[0] == pytest.approx(1 - 3 / np.pi, abs=0.01)
    assert [found.at(measure, "idle")[0] for measure in found.measures] == [0.0] * 5


@pytest.mark.plain
def test_sums_of_redraws_written_down():
    subject = Toy(lambda x: np.stack([x[0] * x[1], x[1] ** 2]), ["a", "b"], 32)
    found = morris(subject, 32, threads=1).found
    (a, b), f = subject.u, subject.f
    for k, unit in enumerate(subject.units):
        here, there = (np.where(np.arange(2)[:, None] == k, y, x) for x, y in ((a, b), (b, a)))
        d, e = f(here) - f(a), f(b) - f(there)
        for o in range(2):
            square = (d[o] ** 2 + e[o] ** 2).mean() / 2
            step = (b - a)[k]
            wanted = {
                "mu_star": (abs(d[o]) + abs(e[o])).mean() / 2,
                "spread": np.sqrt(square / 2),
                "mu": ((d[o] + e[o]) * np.sign(step)).mean() / 2,
                "interaction": 1 - (d[o] * e[o]).mean() / square if square else 0.0,
                "nonlinearity": 1 - ((d[o] + e[o]) * step).mean() ** 2 / 4 / square / (step**2).mean() if square else 0.0,
            }
            for measure, value in wanted.items():
                bounded = np.clip(value, 0, 1) if measure in ("interaction", "nonlinearity") else value
                assert found.at(measure, unit.name, o)[0] == pytest.approx(bounded, rel=1e-12, abs=1e-12), (unit, measure, o)


def test_correlated_units_are_screened_together():
    rho = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
    units = [Unit("a", cluster=0), Unit("b", cluster=0), Unit("c")]
    subject = Toy(lambda x: x[0] + x[1] + x[2], units, 1024, rho=rho)
    found = morris(subject, 1024).found
    assert found.units == ("a + b", "c")
    assert found.at("spread", "a + b")[0] == pytest.approx(np.sqrt(3.0), rel=0.05)
    assert np.isnan(found.at("mu", "a + b")[0])
    with pytest.raises(StudyError, match='drivers: are correlated.*found "a, b"'):
        morris(subject, 1024, groups=None)


def test_without_places_there_is_no_direction_and_no_line():
    subject = Nowhere(lambda x: x[0] + x[1] * x[2], "abc", 64, outputs=(Output("y"),))
    found = morris(subject, 64)
    assert (found.found.verdict[3:] == NOT_KNOWN).all()
    assert [found.class_of(unit) for unit in "abc"] == ["acts alone", "interacting", "interacting"]
    placed = morris(Toy(lambda x: x[0] + x[1] * x[2], "abc", 64), 64)
    np.testing.assert_array_equal(found.found.value[:3], placed.found.value[:3])
    assert placed.class_of("a") == "linear"


def test_nothing_is_known_of_what_never_varies():
    found = morris(Toy(lambda x: np.stack([x[0], 0 * x[0]]), "ab", 16), 16)
    assert (found.found.verdict[:, :, 1] == NO_VARIATION).all()
    assert (found.classes[:, 1] == CLASSES.index(UNKNOWN)).all()
    assert found.lasting() == ("a",)


def test_three_hundred_units_at_sixty_four_points_in_one_pass():
    weights = np.where(np.arange(300) < 5, 10.0, 0.01)
    found = morris(Toy(lambda x: weights @ x, [f"u{k}" for k in range(300)], 64, sampler="random"), 64)
    assert found.lasting() == tuple(f"u{k}" for k in range(5))
    assert found.found.attrs["runs"] == 64 * 602


def test_threads_do_not_show():
    reference = product_and_sum()
    subject = Toy(reference.f, reference.names, 8192)
    one, two = (morris(subject, 8192, threads=threads).found for threads in (1, 2))
    assert one.value.tobytes() == two.value.tobytes()


@pytest.mark.slow
def test_coverage():
    """Of mu_star and spread, at 256 independent points."""
    reference, repeats = product_and_sum(), 2000
    h = np.random.default_rng(0).random((2, 3, 400_000))
    base = reference.f(h[0])
    mu_star = [np.abs(reference.f(np.where(np.arange(3)[:, None] == k, h[1], h[0])) - base).mean() for k in range(3)]
    exact = np.array([mu_star, np.sqrt(reference.total * reference.variance)])
    values, half = [], []
    for seed in range(repeats):
        found = morris(Toy(reference.f, reference.names, 256, sampler="random", seed=seed), 256, threads=1).found
        values.append(found.value[:2, :, 0])
        half.append((found.high - found.low)[:2, :, 0] / 2)
    values, half = np.array(values), np.array(half)
    covered = (np.abs(values - exact) <= half).mean(axis=0)
    assert ((covered >= 0.935) & (covered <= 0.965)).all(), covered
    assert (half.mean(axis=0) <= 1.25 * 1.96 * values.std(axis=0)).all()
