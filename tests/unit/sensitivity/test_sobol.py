"""Sobol' indices: known answers under every design, the same bits for any threads, failed points, correlated and grouped drivers."""

import numpy as np
import pytest

from simengine.errors import SimulationError, StudyError
from simengine.runs.function_subject import FunctionSubject
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, PLAIN
from simengine.sensitivity_analysis.sobol import DUMMY, sobol

pytestmark = pytest.mark.unit

ANGLE = {"dist": "uniform", "min": -np.pi, "max": np.pi}
UNIT = {"dist": "uniform", "min": 0.0, "max": 1.0}
NORMAL = {"dist": "normal", "mean": 0.0, "sd": 1.0}
# Ishigami and Homma 1990; variances of the parts: a²/8 + b π⁴/5 + b² π⁸/18 + 1/2, with a = 7, b = 0.1
A, B = 7.0, 0.1
ALONE = {"x1": 0.5 * (1 + B * np.pi**4 / 5) ** 2, "x2": A**2 / 8, "x3": 0.0}
TOGETHER = B**2 * np.pi**8 * (1 / 18 - 1 / 50)
VARIANCE = sum(ALONE.values()) + TOGETHER


def ishigami(x):
    return np.sin(x["x1"]) + A * np.sin(x["x2"]) ** 2 + B * x["x3"] ** 4 * np.sin(x["x1"])


def subject(function=ishigami, sampler="sobol", seed=5, names=("x1", "x2", "x3"), dist=ANGLE, **more):
    return FunctionSubject(function, dict.fromkeys(names, dist), sampler=sampler, seed=seed, **more)


@pytest.mark.parametrize("sampler", ["sobol", "lhs", "random"])
def test_ishigami(sampler):
    found, pairs = sobol(subject(sampler=sampler), 2**14, closed=[0])
    exact = {"first": ALONE, "total": {name: part + (TOGETHER if name != "x2" else 0.0) for name, part in ALONE.items()}}
    for measure, parts in exact.items():
        for name, part in parts.items():
            value, low, high = found.at(measure, name)
            assert low - 0.004 < part / VARIANCE < high + 0.004, (measure, name, value)
            assert value == pytest.approx(part / VARIANCE, abs=0.02)
    closed = {"x1 × x2": ALONE["x1"] + ALONE["x2"], "x1 × x3": ALONE["x1"] + TOGETHER, "x2 × x3": ALONE["x2"]}
    for name, part in closed.items():
        assert pairs.at("closed", name)[0] == pytest.approx(part / VARIANCE, abs=0.025)
    assert pairs.at("interaction", "x1 × x3")[1] > 0.15
    assert pairs.at("interaction", "x1 × x2")[1] < 0.0 < pairs.at("interaction", "x1 × x2")[2]


def test_what_cannot_be_told_from_none_is_said():
    found, _ = sobol(subject(), 2**12)
    first, total = found.verdict[:, :, 0]
    assert list(first) == [PLAIN, PLAIN, NOT_DISTINGUISHABLE, NOT_DISTINGUISHABLE]
    assert list(total[:3]) == [PLAIN] * 3
    # the product form, which others use, gives a driver of no effect something
    value, low, high = found.at("first", DUMMY)
    assert value != 0.0
    assert low < 0.0 < high


def test_a_driver_of_no_effect_gets_nothing_at_all():
    found, _ = sobol(subject(lambda x: x["x1"] + 0.0 * x["x2"]), 1024)
    assert found.at("first", "x2") == (0.0, 0.0, 0.0)
    assert found.at("total", "x2") == (0.0, 0.0, 0.0)
    assert found.at("first", "x1")[0] == pytest.approx(1.0, abs=1e-12)


def test_all_outputs_at_once_are_those_of_each_alone():
    functions = [ishigami, lambda x: x["x1"] * x["x2"] + x["x3"], lambda x: np.exp(x["x3"])]
    together, _ = sobol(subject(lambda x: np.stack([f(x) for f in functions])), 1024)
    for k, function in enumerate(functions):
        alone, _ = sobol(subject(function), 1024)
        assert np.array_equal(together.value[:, :, k], alone.value[:, :, 0])
        assert np.array_equal(together.low[:, :, k], alone.low[:, :, 0])


@pytest.mark.parametrize("points", [48, 1040, 9216])
def test_threads_change_no_bit(points):
    one, two = (sobol(subject(), points, threads=threads, closed=[0]) for threads in (1, 3))
    for a, b in zip(one, two, strict=True):
        assert a.attrs["points"] == points
        assert np.array_equal(a.value, b.value)
        assert np.array_equal(a.high, b.high)


def test_the_mean_of_an_output_costs_no_digits():
    # an offset of a billion leaves the indices of differences alone (ECOSYSTEM.md section 7, trap 4)
    plain, _ = sobol(subject(), 1024)
    high, _ = sobol(subject(lambda x: ishigami(x) + 2.0**30), 1024)
    assert np.allclose(plain.value, high.value, atol=1e-6)


def test_one_output_that_is_not_a_number_leaves_the_rest_right():
    def broken(x):
        y = np.stack([ishigami(x), 2.0 * ishigami(x)])
        y[1, (x["x1"] > 3.1) & (x["x2"] > 3.0)] = np.nan
        return y

    found, _ = sobol(subject(broken), 2**13)
    assert 0 < found.attrs["failed"] < 82
    assert f"{found.attrs['failed']} of 8,192 points left out: an output was not finite (point" in found.notes[0]
    assert "output_1.term" in found.notes[0]
    for name, part in ALONE.items():
        for output in (0, 1):
            assert found.at("first", name, output)[0] == pytest.approx(part / VARIANCE, abs=0.02)


def test_a_point_that_fails_once_put_together_is_left_out_as_if_it_had_never_been():
    def mostly(x):
        return np.where(x["x1"] + x["x2"] > 6.0, np.nan, x["x1"] + x["x3"])

    found, _ = sobol(subject(mostly), 4096)
    assert found.attrs["failed"] > 0
    assert np.isfinite(found.value).all()
    assert found.at("total", "x1")[0] == pytest.approx(0.5, abs=0.03)


def test_more_than_one_in_a_hundred_failed_points_end_it():
    with pytest.raises(SimulationError, match=r"of 4,096 points left out: an output was not finite .*: more than 1 %"):
        sobol(subject(lambda x: np.where(x["x1"] > 2.5, np.inf, x["x2"])), 4096)


def test_an_output_that_does_not_vary():
    found, _ = sobol(subject(lambda x: np.stack([ishigami(x), np.full_like(x["x1"], 3.0)])), 256)
    assert (found.verdict[:, :, 1] == NO_VARIATION).all()
    assert np.isnan(found.value[:, :, 1]).all()
    assert np.isfinite(found.value[:, :, 0]).all()


CORRELATED = {"correlation": [{"drivers": ["x1", "x2"], "rank": 0.6}], "dist": NORMAL}


def test_correlated_drivers_are_refused_one_by_one():
    with pytest.raises(StudyError) as caught:
        sobol(subject(lambda x: x["x1"] + x["x2"] + x["x3"], **CORRELATED), 256)
    text = str(caught.value)
    assert "are correlated: first-order and total indices have no meaning for them one by one" in text
    assert "method shapley" in text
    assert "x1, x2" in text


def test_correlated_drivers_grouped():
    # Var(x1 + x2) = 2 + 2 r, r = 2 sin(π 0.6 / 6) the correlation of the scores; alone, as a group, and nothing together
    found, _ = sobol(subject(lambda x: x["x1"] + x["x2"] + x["x3"], **CORRELATED), 2**13, groups="correlation")
    both = 2.0 + 4.0 * np.sin(np.pi * 0.6 / 6.0)
    assert found.units == ("x1 + x2", "x3", DUMMY)
    assert found.kind == "group"
    assert found.at("first", "x1 + x2")[0] == pytest.approx(both / (both + 1.0), abs=0.01)
    assert found.at("total", "x3")[0] == pytest.approx(1.0 / (both + 1.0), abs=0.01)


def test_groups_of_the_users_own_and_what_is_wrong_with_them():
    found, _ = sobol(subject(), 2**13, groups={"both": ["x1", "x3"]})
    assert found.units == ("both", "x2", DUMMY)
    assert found.at("first", "both")[0] == pytest.approx((ALONE["x1"] + TOGETHER) / VARIANCE, abs=0.01)
    with pytest.raises(StudyError) as caught:
        sobol(subject(), 64, groups={"a": ["x1", "xx3"], "b": ["x1"]})
    first, second = map(str, caught.value.problems)
    assert first.startswith('groups.a: is not a driver in use (found "xx3"). Did you mean "x3"?')
    assert second == 'groups.b: is in group a already (found "x1").'
    with pytest.raises(StudyError, match=r'groups: must be one of .* \(found "categories"\)\. Did you mean "category"\?'):
        sobol(subject(), 64, groups="categories")


@pytest.mark.plain
def test_the_definition():
    # on sixty-four points, by the formulae of the module's text written out
    own = subject()
    found, _ = sobol(own, 64)
    drawn = own.piece(0, 64)

    def f(*source):
        return drawn.evaluate(np.array(source, dtype=np.uint8).reshape(1, 3, 1))[0, 0].copy()

    a, b = f(0, 0, 0), f(1, 1, 1)
    for k, name in enumerate(own.drivers):
        with_b, with_a = f(*np.eye(3, dtype=int)[k]), f(*(1 - np.eye(3, dtype=int)[k]))
        base = ((a - b) ** 2 + (with_a - with_b) ** 2).sum()
        assert found.at("first", name)[0] == pytest.approx(2.0 * ((with_a - b) * (a - with_b)).sum() / base, rel=1e-12)
        assert found.at("total", name)[0] == pytest.approx(((b - with_a) ** 2 + (a - with_b) ** 2).sum() / base, rel=1e-12)
