"""What ``--precision`` says, and its JSON."""

import json
import math

import click
import pytest
from click.testing import CliRunner

from simengine.cli.output import clean
from simengine.cli.precision_option import end_lines, precision_option, precision_rows, start_line, step_line
from simengine.runs.precision import Look, Outcome, Reached
from simengine.runs.target import Target

pytestmark = pytest.mark.unit

SHARE = Target("net_position", "mean", "term", (), "base", 0.005, True, "GBP", "GBP m", 1e6)
AMOUNT = Target("settlement", "q05", "2026", (("arrangement", "deal"), ("party", "trust")), "slow", 250e3, False, "GBP", "GBP m", 1e6)
CHANCE = Target("net_position", "p_below_zero", "term", (), "base", 0.01, False, "1", "1", 1.0)


def outcome(*found):
    return Outcome((Look(65_536, found),), "sobol", 65_536)


def test_a_run_says_what_it_stops_at():
    line = start_line([SHARE, AMOUNT], 65_536)
    assert line == (
        "until the 95% interval is as tight as asked (net_position, mean, term ±0.5%; "
        "settlement of deal, trust, q05, 2026, scenario slow ±0.25 GBP m), or 65,536 draws"
    )


def test_a_step_says_how_far_the_worst_target_is():
    found = (Reached(SHARE, 65_536, 12.34e6, 0.061e6, 0.0617e6, True), Reached(AMOUNT, 65_536, -1.5e6, 0.3e6, 0.25e6, False))
    line = step_line(Look(65_536, found))
    assert line == (
        "65,536 draws: settlement of deal, trust, q05, 2026, scenario slow: -1.50 ±0.30 GBP m, wanted ±0.25 GBP m, 1 of 2 targets hold"
    )


def test_the_end_says_what_was_reached_and_what_it_would_take():
    lines = list(
        end_lines(outcome(Reached(SHARE, 65_536, 12.34e6, 0.061e6, 0.0617e6, True), Reached(AMOUNT, 65_536, -1.5e6, 0.3e6, 0.25e6, False)))
    )
    assert lines == [
        "precision reached at 65,536 draws: net_position, mean, term: 12.340 ±0.061 GBP m (0.49%), wanted ±0.5%",
        "precision not reached at 65,536 draws: settlement of deal, trust, q05, 2026, scenario slow: -1.50 ±0.30 GBP m, "
        "wanted ±0.25 GBP m; about 131,072 draws would reach it (--draws 131072)",
    ]


def test_a_remark_stands_in_place_of_an_estimate():
    one = Reached(
        SHARE, 65_536, 1e3, 2e3, 5.0, False, "its value may be 0, of which no share is ever reached: state an amount instead of a share"
    )
    (line,) = end_lines(outcome(one))
    assert line.endswith("wanted ±0.5%: " + one.remark)


def test_what_is_not_known_is_said_without_a_number():
    unknown = Reached(CHANCE, 8, math.nan, math.nan, 0.01, False, "it has no value in this run")
    no_error = Reached(CHANCE, 8, 0.25, math.nan, 0.01, False, "its error is not known from 8 draws")
    assert list(end_lines(outcome(unknown)))[0].endswith("p_below_zero, term: no value, wanted ±0.01: it has no value in this run")
    assert "p_below_zero, term: 0.2500, wanted ±0.01: its error" in list(end_lines(outcome(no_error)))[0]


def test_rows_of_json_have_every_figure():
    found = outcome(Reached(AMOUNT, 65_536, -1.5e6, 0.3e6, 0.25e6, False), Reached(CHANCE, 65_536, math.nan, math.nan, 0.01, False, "why"))
    first, second = json.loads(json.dumps(clean(list(precision_rows(found))), allow_nan=False))
    assert first == {
        "output": "settlement",
        "scenario": "slow",
        "year": "2026",
        "party": "trust",
        "arrangement": "deal",
        "service": None,
        "scheme": None,
        "statistic": "quantile",
        "level": 0.05,
        "value": -1.5e6,
        "half_width": 0.3e6,
        "confidence": 0.95,
        "wanted": 0.25e6,
        "tolerance": 250e3,
        "relative": False,
        "unit": "GBP",
        "draws": 65_536,
        "reached": False,
        "draws_needed": 131_072,
        "remark": None,
    }
    assert (second["value"], second["half_width"], second["draws_needed"], second["remark"]) == (None, None, None, "why")


def test_the_option_gives_every_text():
    @click.command()
    @precision_option
    def command(precision):
        click.echo(repr(precision))

    assert CliRunner().invoke(command, ["--precision", "1%", "--precision", "gain=2"]).output == "('1%', 'gain=2')\n"
    assert CliRunner().invoke(command, []).output == "()\n"
    assert "[WHAT=]TOLERANCE" in CliRunner().invoke(command, ["--help"]).output
