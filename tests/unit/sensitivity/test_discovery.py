"""Conditions of events: boxes that were planted are found, and hold on other draws."""

import importlib.util

import numpy as np
import pytest

from simengine.errors import SimulationError
from simengine.sensitivity_analysis import discovery
from simengine.sensitivity_analysis.discovery import Box, Limit, Share, conditions, percent
from tests.unit.sensitivity.stored_subjects import drawn, table

pytestmark = pytest.mark.unit


def test_a_planted_box_is_found_in_the_units_of_the_drivers():
    u = drawn(8192, 6, "random")
    x = u * np.array([10.0, 1.0, 0.05, 1.0, 1.0, 1.0]) + np.array([100.0, 0.0, 0.01, 0.0, 0.0, 0.0])
    inside = (x[:, 0] > 107.0) & (x[:, 2] <= 0.035)
    noise = u[:, 5] < 0.02
    found = conditions(table(x, "random"), inside | noise)
    assert len(found.boxes) == 1
    limits = {limit.driver: (limit.low, limit.high) for limit in found.boxes[0].limits}
    assert set(limits) == {"x1", "x3"}
    assert limits["x1"] == (pytest.approx(107.0, abs=0.15), None)
    assert limits["x3"] == (None, pytest.approx(0.035, abs=0.001))
    # P(inside) = 0.3 · 0.5 = 0.15, all of which have it; of all 0.167 with the event
    assert found.boxes[0].held.density > 0.97
    assert found.boxes[0].held.coverage == pytest.approx(0.15 / 0.167, abs=0.03)
    assert found.boxes[0].held.mass == pytest.approx(0.15, abs=0.02)
    assert found.together == found.boxes[0].held
    assert found.boxes[0].text("losses").startswith("x1 above 10")


def test_shares_are_those_of_the_rounded_limits_on_draws_held_out():
    u = drawn(8192, 3, "random")
    flag = (u[:, 0] > 0.612345) & (u[:, 1] > 0.25)
    box = conditions(table(u, "random"), flag).boxes[0]
    inside = np.ones(8192, dtype=bool)
    for limit in box.limits:
        value = u[:, int(limit.driver[1:]) - 1].astype(np.float32)
        inside &= (value > limit.low if limit.low is not None else True) & (value <= limit.high if limit.high is not None else True)
    held = np.arange(8192) % 16 % 2 == 1
    assert box.held.density == pytest.approx(flag[inside & held].mean(), abs=2e-3)
    assert box.held.coverage == pytest.approx(inside[flag & held].mean(), abs=2e-3)


def test_two_ways_to_lose_are_two_boxes():
    u = drawn(16384, 4, "random")
    found = conditions(table(u, "random"), (u[:, 0] > 0.8) | ((u[:, 1] < 0.2) & (u[:, 2] < 0.5)))
    assert [{limit.driver for limit in box.limits} for box in found.boxes] == [{"x1"}, {"x2", "x3"}]
    assert found.together.coverage > 0.95
    assert found.together.density > 0.95


def test_the_same_draws_give_the_same_boxes():
    u = drawn(4096, 4, "random")
    flag = u[:, 0] + u[:, 1] * u[:, 2] > 1.1
    assert conditions(table(u, "random"), flag) == conditions(table(u, "random"), flag)


def test_there_are_few_boxes_of_few_limits():
    u = drawn(8192, 8)
    found = conditions(table(u), (u * np.linspace(1.0, 0.3, 8)).sum(axis=1) > 3.0)
    assert 1 <= len(found.boxes) <= discovery.MOST_BOXES
    assert all(1 <= len(box.limits) <= discovery.MOST_LIMITS for box in found.boxes)
    assert all(box.held.density > found.chance for box in found.boxes)


def test_an_event_that_nothing_decides_has_no_box():
    u = drawn(8192, 4, "random")
    found = conditions(table(u[:, :3], "random"), u[:, 3] > 0.7)
    assert found.boxes == ()
    assert found.note == "no few conditions make the event much more likely"


def test_an_event_that_is_too_rare_or_too_common_is_explained():
    u = drawn(4096, 2)
    assert conditions(table(u), u[:, 0] < 0.01).note == "the event happens too seldom for conditions (41 of 4,096 draws)"
    assert conditions(table(u), u[:, 0] > 0.01).note == "the event happens too often for conditions (4,055 of 4,096 draws)"


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SimulationError, match=r'need the package scikit-learn: pip install "simrisk\[discovery\]"'):
        conditions(table(drawn(64, 2)), np.zeros(64, dtype=bool))


def test_sentences():
    box = Box((Limit("growth", 0.021, None), Limit("impact", None, 0.27)), Share(0.7, 0.8, 0.1), Share(0.71, 0.996, 0.1))
    assert box.text("losses") == "growth above 0.021 and impact at most 0.27: 71% of the draws with losses; 99.6% of such draws have it"
    assert Limit("growth", 0.01, 0.02).text() == "growth above 0.01 and at most 0.02"
    assert [percent(share) for share in (0.0, 0.0001, 0.004, 0.5, 0.999, 0.9999, 1.0)] == [
        "0%",
        "<0.1%",
        "0.4%",
        "50%",
        "99.9%",
        ">99.9%",
        "100%",
    ]
