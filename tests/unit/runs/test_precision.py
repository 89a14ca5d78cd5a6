"""When a run is precise enough to stop, and about how many more draws it would take."""

import json
import math

import numpy as np
import pytest

from simengine.results.frame import Frame, Series
from simengine.runs.precision import FIRST, Reached, draws_needed, reached, steps, until
from simengine.runs.target import Target
from simengine.statistics.series import STATISTICS

pytestmark = pytest.mark.unit

SHARE = Target("net_position", "mean", "term", (), "base", 0.01, True, "GBP", "GBP k", 1e3)
AMOUNT = Target("net_position", "mean", "term", (), "base", 500.0, False, "GBP", "GBP k", 1e3)
T15, T63 = 2.1314495, 1.9983405


def summary(value, error, sampler="sobol", counted=()):
    """A summary of one year of one output; the mean of the term, and its error, are those given."""
    dims, shape = ("statistic", "period", "scenario"), (len(STATISTICS), 2, 1)
    values, errors = np.full(shape, np.nan), np.full(shape, np.nan)
    values[0, 1, 0], errors[0, 1, 0] = value, error
    coordinates = {"statistic": Series(("statistic",), np.array(STATISTICS)), "period": Series(("period",), np.array(["2025", "term"]))}
    coordinates["scenario"] = Series(("scenario",), np.array(["base"]))
    attributes = {"sampler": sampler, "counted": json.dumps(list(counted))}
    return Frame({"net_position": Series(dims, values), "net_position_se": Series(dims, errors)}, coordinates, attributes)


def test_half_width_is_student_s_t_times_the_error():
    found = reached(summary(1000.0, 2.0), SHARE, 65_536)
    assert found.half_width == pytest.approx(2.0 * T15, rel=1e-6)
    assert (found.value, found.wanted, found.ok, found.remark) == (1000.0, 10.0, True, "")


@pytest.mark.parametrize(("sampler", "counted", "t"), [("random", (), T63), ("lhs", (), T63), ("random", ("net_position",), T15)])
def test_degrees_of_freedom_are_those_of_the_error(sampler, counted, t):
    assert reached(summary(1.0, 1.0, sampler, counted), SHARE, 16_384).half_width == pytest.approx(t, rel=1e-6)


def test_a_share_is_of_the_value_whatever_its_sign_and_an_amount_is_not():
    assert reached(summary(-1000.0, 4.0), SHARE, 65_536).ok
    assert not reached(summary(-1000.0, 5.0), SHARE, 65_536).ok
    assert reached(summary(0.0, 234.0), AMOUNT, 65_536).ok
    assert not reached(summary(1e9, 235.0), AMOUNT, 65_536).ok


@pytest.mark.parametrize(
    ("value", "error", "draws", "remark"),
    [
        (math.nan, 0.0, 65_536, "it has no value in this run"),
        (1000.0, math.nan, 65_536, "its error is not known from 65,536 draws"),
        (1000.0, 0.0, 8, "its error is not known from 8 draws"),
        (1000.0, math.inf, 65_536, "its error is not known from 65,536 draws"),
        (0.0, 1.0, 65_536, "its value is 0, of which every share is 0: state an amount instead of a share"),
        (1.0, 1.0, 65_536, "its value may be 0, of which no share is ever reached: state an amount instead of a share"),
    ],
)
def test_what_is_not_known_is_never_reached_and_says_why(value, error, draws, remark):
    found = reached(summary(value, error), SHARE, draws)
    assert (found.ok, found.remark) == (False, remark)


def test_what_does_not_vary_is_reached_and_says_so():
    for value in (0.0, 5.0):
        found = reached(summary(value, 0.0), SHARE, 16_384)
        assert (found.ok, found.remark) == (True, "it has not varied in 16,384 draws")


def test_steps_double_from_four_blocks_to_the_limit():
    assert list(steps(FIRST, 100_000)) == [16_384, 32_768, 65_536, 100_000]
    assert list(steps(FIRST, 65_536)) == [16_384, 32_768, 65_536]
    assert list(steps(FIRST, 16_384)) == [16_384]
    assert list(steps(FIRST, 1_000)) == [1_000]
    assert list(steps(10_000, 20_000)) == [8_192, 16_384, 20_000]
    assert list(steps(100, 5_000)) == [4_096, 5_000]


def test_steps_before_the_draws_that_are_there_are_left_out():
    assert list(steps(FIRST, 100_000, done=32_768)) == [32_768, 65_536, 100_000]
    assert list(steps(FIRST, 100_000, done=40_960)) == [65_536, 100_000]
    assert list(steps(FIRST, 100_000, done=100_000)) == [100_000]


def history(halves, wanted=10.0, remark=""):
    return [Reached(SHARE, 16_384 * 2**k, 1000.0, half, wanted, half <= wanted, remark) for k, half in enumerate(halves)]


def test_draws_needed_go_by_the_square_of_the_width_without_sobol():
    assert draws_needed(history([30.0, 20.0]), "random") == 140_000  # 32,768 · 2² = 131,072, to two figures upwards
    assert draws_needed(history([20.0, 20.0]), "lhs") == 140_000


def test_draws_needed_go_by_the_observed_rate_for_sobol_in_doubled_steps():
    # error over draws: halved by each doubling, so half as wide takes twice the draws
    assert draws_needed(history([80.0, 40.0, 20.0]), "sobol") == 131_072
    # over the root of the draws: four times
    assert draws_needed(history([20.0 * 2.0**0.5, 20.0]), "sobol") == 131_072
    # one step: taken to be the root
    assert draws_needed(history([20.0]), "sobol") == 65_536
    # no quicker than the number itself, whatever two steps seem to say
    assert draws_needed(history([2000.0, 20.0]), "sobol") == 65_536
    # no slower than the root, also where the last step was the wider
    assert draws_needed(history([15.0, 20.0]), "sobol") == 131_072


@pytest.mark.parametrize("halves", [[math.nan], [20.0, math.nan], [20.0, math.inf], [1e30]])
def test_draws_needed_are_not_known_without_a_width_or_beyond_all_runs(halves):
    assert draws_needed(history(halves), "sobol") is None


def test_draws_needed_are_not_known_for_a_share_of_nothing():
    assert draws_needed(history([20.0], wanted=0.0), "sobol") is None


def test_a_run_stops_at_the_first_step_that_meets_every_target():
    asked, told = [], []

    def summary_at(draws):
        asked.append(draws)
        return summary(1000.0, 1e5 / draws)

    found = until([SHARE, AMOUNT], 1_000_000, summary_at, told.append)
    # 10 / 2.131 = 4.69 = 1e5 / draws at 21,314: the step after it
    assert asked == [16_384, 32_768]
    assert [look.draws for look in told] == asked
    assert found.ok
    assert found.last.draws == 32_768
    assert found.needed() == {}


def test_a_run_ends_at_its_limit_with_what_it_would_have_taken():
    found = until([SHARE, AMOUNT], 40_000, lambda draws: summary(1000.0, 1e6 / draws))
    assert [look.draws for look in found.looks] == [16_384, 32_768, 40_000]
    assert not found.ok
    # at rate 1: 40,000 · (25 · 2.1314 / 10) = 213,145, the step from there on
    assert found.needed() == {SHARE: 262_144}


def test_a_run_goes_on_from_the_draws_that_are_there():
    asked = []

    def summary_at(draws):
        asked.append(draws)
        return summary(1000.0, 1e9)

    until([SHARE], 70_000, summary_at, done=20_480)
    assert asked == [32_768, 65_536, 70_000]


def test_precision_does_not_depend_on_a_target_that_is_not_known():
    found = until([SHARE], 16_384, lambda draws: summary(1000.0, math.nan))
    assert not found.ok
    assert found.needed() == {SHARE: None}
