"""Orders of joining, groups of points, and verdicts."""

import numpy as np
import pytest

from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN
from simengine.sensitivity_analysis.verdicts import divided, judged
from simengine.sensitivity_analysis.walk import group_of, orders, whole_groups
from tests.unit.sensitivity.toy import Toy

pytestmark = pytest.mark.unit


@pytest.mark.plain
def test_an_order_depends_on_its_point_alone():
    whole = orders(3, "sensitivity.shapley", 4, (0, 64))
    np.testing.assert_array_equal(whole[:, 40:], orders(3, "sensitivity.shapley", 4, (40, 24)))
    assert (np.sort(whole, axis=0) == np.arange(4)[:, None]).all()
    for other in (
        orders(4, "sensitivity.shapley", 4, (0, 64)),
        orders(3, "x", 4, (0, 64)),
        orders(3, "sensitivity.shapley", 4, (0, 64), 1),
    ):
        assert (other != whole).any()


def test_all_orders_are_as_likely():
    order = orders(1, "sensitivity.shapley", 4, (0, 24_000))
    _, counts = np.unique(order, axis=1, return_counts=True)
    assert counts.size == 24
    # chi-squared with 23 degrees of freedom: above 49.7 once in a thousand
    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 49.7


def test_groups_are_replicates_or_whole_hypercubes():
    good = np.ones(512, dtype=bool)
    good[3] = False
    assert group_of("sobol", 8192, 512, good)[:5].tolist() == [0, 1, 2, -1, 4]
    of_lhs = group_of("lhs", 8192, 512, good)
    assert (of_lhs[0], of_lhs[3], of_lhs[255], of_lhs[256]) == (2, -1, 2, 3)
    assert group_of("lhs", 64, 0, good[:20]).tolist() == [0, 1, 2, -1, *range(4, 16), 0, 1, 2, 3]


def test_points_are_rounded_up_to_whole_groups():
    subject = Toy(lambda x: x[0], "a", 16)
    assert [whole_groups(subject, points) for points in (1, 16, 17, 4097)] == [16, 16, 32, 4112]
    subject.sampler = "lhs"
    assert [whole_groups(subject, points) for points in (1, 256, 257, 4097)] == [16, 256, 4096, 8192]


@pytest.mark.plain
def test_verdicts():
    value, half = np.array([[2.0, 0.5, 1.0], [np.nan, 1e-18, 1.0]]), np.array([[1.0, 1.0, 1.0], [1.0, 1e-19, 1.0]])
    touched = np.array([[True, True, True], [True, False, True]])
    found, low, high, verdict = judged((value, half), np.array([True, True, False]), touched)
    assert verdict.tolist() == [[PLAIN, NOT_DISTINGUISHABLE, NO_VARIATION], [NOT_KNOWN, NOT_DISTINGUISHABLE, NO_VARIATION]]
    assert (found[1, 1], low[1, 1], high[1, 1]) == (0.0, 0.0, 0.0)
    assert (low[0, 0], high[0, 0]) == (1.0, 3.0)


@pytest.mark.plain
def test_a_quotient_of_nothing_is_not_known_and_does_not_warn():
    np.testing.assert_array_equal(divided(np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([2.0, 0.0])), [[0.5, np.nan], [1.5, np.nan]])
