"""Rules on a party's amount by hand, in decimal arithmetic, and NaN: standards, deduction, relief, limits, exposure, order."""

import math

import pytest

from simengine.contract.adjustment import loss_after_adjustment
from simengine.contract.deduction import after_deduction
from simengine.contract.limits import collar_left, limit_over_term
from simengine.contract.order import CODES, MOVABLE, PARTY_STEPS, POOL_STEPS, full_order
from simengine.contract.quality_standard import STANDARDS, score_on_gains, score_on_losses
from simengine.engine import terms
from tests.unit.contract.test_pool_rules import check

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize(("amount", "wanted"), [("50", "49"), ("0", "0"), ("-50", "-50"), ("nan", "nan")])
def test_deduction(amount: str, wanted: str) -> None:
    check(after_deduction, (amount, "0.02"), wanted)


@pytest.mark.parametrize(
    ("amount", "relief", "wanted"),
    [
        ("-50", "20", "-30"),
        ("-50", "50", "0"),
        ("-50", "70", "0"),  # never a gain
        ("-50", "0", "-50"),
        ("0", "20", "0"),
        ("50", "20", "50"),
        ("nan", "20", "nan"),
        ("-50", "nan", "nan"),
        ("50", "nan", "nan"),
    ],
)
def test_relief(amount: str, relief: str, wanted: str) -> None:
    check(loss_after_adjustment, (amount, relief), wanted)


@pytest.mark.parametrize(
    ("payout", "so_far", "wanted"),
    [
        ("50", "0", "50"),
        ("50", "20", "40"),
        ("50", "60", "0"),
        ("50", "-10", "50"),
        ("-50", "0", "-30"),
        ("-50", "30", "-50"),  # what was paid out before may be lost again
        ("-50", "-30", "0"),
        ("10", "-30", "10"),
        ("nan", "0", "nan"),
        ("10", "nan", "nan"),
    ],
)
def test_limits_over_the_term(payout: str, so_far: str, wanted: str) -> None:
    """Between -30 and 60 over the term."""
    check(limit_over_term, (payout, so_far, "30", "60"), wanted)


@pytest.mark.parametrize(
    ("collar", "unearned", "wanted"), [("10", "4", "6"), ("10", "10", "0"), ("10", "12", "0"), ("10", "0", "10"), ("10", "nan", "nan")]
)
def test_collar_left(collar: str, unearned: str, wanted: str) -> None:
    check(collar_left, (collar, unearned), wanted)


def test_no_collar_is_left_as_it_is() -> None:
    assert collar_left(math.inf, 4.0) == math.inf


GAIN = {
    # standard: score .8 where (met, alternative met) is (0, 0), (1, 0), (0, 1), (1, 1)
    "none": ("0.8", "0.8", "0.8", "0.8"),
    "required": ("0", "0.8", "0", "0.8"),
    "full": ("0", "1", "0.8", "1"),
}
LOSS = {
    "none": ("0.8", "0.8", "0.8", "0.8"),
    "required": ("0", "0.8", "0", "0.8"),
    "full": ("0", "0.8", "0.8", "0.8"),
}
FLAGS = [("0", "0"), ("1", "0"), ("0", "1"), ("1", "1")]


@pytest.mark.parametrize("word", STANDARDS)
def test_what_a_score_counts_for(word: str) -> None:
    for (met, alternative), gain, loss in zip(FLAGS, GAIN[word], LOSS[word], strict=True):
        check(score_on_gains, ("0.8", STANDARDS[word], met, alternative), gain)
        check(score_on_losses, ("0.8", STANDARDS[word], met, alternative), loss)


@pytest.mark.parametrize("word", STANDARDS)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_what_is_not_known_counts_for_nothing_that_is(word: str, at: int) -> None:
    given = ["0.8", "1", "1"]
    given[at] = "nan"
    for rule in (score_on_gains, score_on_losses):
        check(rule, (given[0], STANDARDS[word], given[1], given[2]), "nan")


def test_order() -> None:
    assert full_order(()) == (*POOL_STEPS, *PARTY_STEPS) == MOVABLE
    assert full_order(tuple(reversed(MOVABLE))) == tuple(reversed(MOVABLE))
    # the engine's names of the codes
    assert [CODES[step] for step in MOVABLE] == [getattr(terms, step.upper()) for step in MOVABLE]
