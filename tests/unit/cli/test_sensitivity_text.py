"""Sensitivity in words: columns fit, verdicts and ties are said."""

import numpy as np
import pytest

from simengine.cli.sensitivity_text import (
    WIDTH,
    amount,
    conditions_text,
    events_text,
    given_data_text,
    number,
    plain,
    short,
    spider_text,
    tornado_text,
)
from simengine.sensitivity_analysis.discovery import conditions
from simengine.sensitivity_analysis.driver_table import DriverTable
from simengine.sensitivity_analysis.events import Event, event_drivers
from simengine.sensitivity_analysis.given_data import given_data
from simengine.sensitivity_analysis.measures import Output
from simengine.sensitivity_analysis.tornado import Statistic, tornado
from tests.unit.sensitivity.stored_subjects import drawn, normals

pytestmark = pytest.mark.unit

NAMES = ["drivers.growth", "schemes.a_scheme_with_a_long_name.effects.a_long_line_of_service.impact", "inert", "drivers.twin"]
Y = [Output("party_position", "base", "2027", (("party", "acute"),), "GBP")]


@pytest.fixture(scope="module")
def made():
    """Drivers of which the first and the last matter alike, the last with the first, and money in millions."""
    z = normals(4096, 4, "random")
    z[:, 3] = 0.5 * z[:, 0] + 0.75**0.5 * z[:, 3]
    y = 1e6 * (3.0 * z[:, 0] + 0.5 * z[:, 1] + 3.0 * z[:, 3] + 20.0)
    return DriverTable.of(z, NAMES, "random"), y


def fits(text):
    return max(map(len, text.splitlines())) <= WIDTH


def test_given_data(made):
    text = given_data_text(given_data(made[0], Y, [made[1]]), 0)
    assert fits(text)
    assert text.startswith("party_position[acute].2027: what goes with it (4,096 draws)\n")
    assert "schemes.a_sc…ng_line_of_service.impact" in text
    assert "~0" in text
    assert "Not distinguishable from zero at this size, by any measure: inert" in text
    assert "By itself, of the variance: drivers." in text
    flat = " ".join(text.split())
    assert "A straight line in all drivers explains 100%." in flat
    assert "correlated: drivers.growth with drivers.twin (0.4" in flat


def test_tornado(made):
    bars = tornado(made[0], Y, [made[1]], plan=[21e6])
    text = tornado_text(bars, 0, "GBP m", 1e6)
    assert fits(text)
    lines = text.splitlines()
    assert lines[0] == "party_position[acute].2027: mean, GBP m, where a driver is low and where it is high (4,096 draws)"
    assert lines[1].startswith("  All draws: 20.")
    assert lines[1].endswith("plan: 21.00")
    assert lines[3].startswith("  1=  drivers.")
    assert lines[3].rstrip().endswith("+")
    assert "drivers.growth and drivers.twin move together (rank correlation 0.4" in text.replace("\n    ", " ")
    assert text.count("move together") == 1
    assert "  =: swings that differ by no more than their error share a place." in lines
    assert "Not distinguishable from zero at this size:" in text
    assert text.index("inert") > text.index("Not distinguishable")
    assert lines[-1] == "  drivers.growth, drivers.twin matter most."


def test_tornado_of_a_chance_and_of_nothing(made):
    text = tornado_text(tornado(made[0], Y, [made[1]], Statistic("below", 20e6)), 0)
    assert "chance below 2e+07, where" in text
    assert "plan" not in text
    still = tornado_text(tornado(made[0], Y, [np.full(4096, 1.0)]), 0)
    assert still.endswith("It is the same in all draws: nothing that is drawn matters to it.")
    few = DriverTable.of(drawn(32, 2), ["a", "b"], "sobol")
    assert tornado_text(tornado(few, Y, [drawn(32, 2)[:, 0]]), 0).endswith(
        "Not known: too few draws that count, or none in which it differs."
    )


def test_spider(made):
    text = spider_text(tornado(made[0], Y, [made[1]]), 0, "GBP m", 1e6)
    assert fits(text)
    assert text.endswith("Each goes one way all along.")


def test_what_goes_up_and_down_again_has_no_bar_and_is_named(made):
    growth = made[0].values[0].astype(float) + made[0].centre[0]
    bent = growth[np.argsort(made[0].groups.order)] ** 2
    bars = tornado(made[0], Y, [bent])
    assert "These go up and down again, so their bars understate them: drivers.growth" in spider_text(bars, 0)
    assert "Without a bar, but it moves with what is between the ends (see the curve): drivers.growth" in tornado_text(bars, 0)


def test_events(made):
    events = [Event("acute: loses", Output("loses")), Event("never", Output("never"))]
    found = event_drivers(made[0], events, [made[1] < 15e6, made[1] < -1e9])
    text = events_text(found, 0)
    assert fits(text)
    assert text.startswith("acute: loses: in 1")
    assert text.endswith("decides it most: it happens where that is low.")
    assert events_text(found, 1).startswith("never: in none of 4,096 draws")


def test_conditions(made):
    text = conditions_text(conditions(made[0], made[1] < 15e6), "acute: loses")
    assert fits(text)
    assert "- drivers." in text
    assert "draws that had no part" in text
    assert (
        conditions_text(conditions(made[0], made[1] < -1e9), "never")
        == "never: the event happens too seldom for conditions (0 of 4,096 draws)"
    )


def test_figures_have_the_digits_their_intervals_support():
    assert [plain(0.12345, half) for half in (0.2, 0.02, 0.002, 1e-9)] == ["0.1", "0.12", "0.123", "0.123"]
    assert plain(-0.0004, 0.002) == "0.000"
    assert plain(float("nan"), 0.1) == "-"
    assert [amount(1234.567, half) for half in (20.0, 0.2, float("nan"))] == ["1,230", "1,235", "1,234.57"]
    assert [number(0.0312345, spread) for spread in (0.01, 0.5, 0.0)] == ["0.031", "0.03", "0.0312345"]


def test_long_names_keep_their_end():
    assert short("a" * 20, 20) == "a" * 20
    assert short("abcdefghijklmnopqrstuvwxyz", 10) == "abc…uvwxyz"
