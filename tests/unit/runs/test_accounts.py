"""Ledgers and grids as they are printed: every figure within one of its last place, and all of them adding up."""

import math
import random

import pytest

from simengine.runs.accounts import ROUNDING, Entry, Grid, Ledger, Line, shortened

pytestmark = [pytest.mark.unit, pytest.mark.plain]


def test_a_ledger_adds_up_as_it_is_printed():
    parts = [Entry(f"part {k}", amount) for k, amount in enumerate((0.344, 0.344, 0.344))]
    made = Ledger("sum", (*parts, Entry("sum", 1.032, total=True), Entry("less", -0.03), Entry("rest", 1.002, total=True))).printed(0.01)
    assert [(one.words, one.amount) for one in made.entries] == [
        ("part 0", 34.0),
        ("part 1", 34.0),
        ("part 2", 34.0),
        (ROUNDING, 1.0),
        ("sum", 103.0),
        ("less", -3.0),
        ("rest", 100.0),
    ]


def test_what_is_not_finite_stays():
    made = Ledger("sum", (Entry("part", math.nan), Entry("other", 2.0), Entry("sum", math.nan, total=True))).printed(1.0)
    assert [one.amount for one in made.entries[1:2]] == [2.0]
    assert math.isnan(made.entries[0].amount)
    assert math.isnan(made.entries[2].amount)
    grid = Grid("t", ("a", "b"), (Line("x", (math.nan, 1.0)),), Line("all", (math.nan, 1.0))).printed(1.0)
    assert [line.label for line in grid.lines] == ["x"]


def test_a_grid_adds_up_across_and_down():
    generator = random.Random(3)
    for _ in range(50):
        rows = [(a, b, a - b, None if k == 0 else a) for k in range(7) for a, b in [(generator.uniform(-9, 9), generator.uniform(-9, 9))]]
        total = tuple(math.fsum(row[k] or 0.0 for row in rows) for k in range(4))
        lines = tuple(Line(str(k), row) for k, row in enumerate(rows))
        made = Grid("t", ("a", "b", "c", "d"), lines, Line("all", total), {2: {0: 1, 1: -1}}).printed(0.01)
        for line in (*made.lines, made.total):
            assert line.amounts[2] == line.amounts[0] - line.amounts[1]
        for k in range(4):
            assert sum(line.amounts[k] or 0.0 for line in made.lines) == made.total.amounts[k]
            assert made.total.amounts[k] == pytest.approx(100 * total[k], abs=1.01)


def test_the_largest_rows_stay_in_their_order_and_the_others_are_one():
    lines = [Line(str(k), (float(k % 4), 1.0, None)) for k in range(8)]
    assert shortened(lines, 8, (0,)) == tuple(lines)
    found = shortened(lines, 2, (0,))
    assert [line.label for line in found] == ["3", "7", "6 others"]
    assert found[-1].amounts == (6.0, 6.0, None)
