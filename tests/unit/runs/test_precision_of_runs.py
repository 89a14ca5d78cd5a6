"""Targets of every form, looked up in the summary of a run."""

import pytest

import simengine as se
from simengine.results.frame import as_frame
from simengine.runs.precision import parse_targets, places_of, reached
from tests.unit.cli.care import study_file

pytestmark = [pytest.mark.unit, pytest.mark.plain]

DRAWS = 64
T15 = 2.1314495


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The study, and the summary of its base and scenarios."""
    study = se.load_study(study_file(tmp_path_factory.mktemp("study")))
    return study, se.summarise(se.run(study, draws=DRAWS, scenarios=("all",)))


@pytest.mark.parametrize(
    ("text", "output", "place"),
    [
        ("1%", "net_position", {"statistic": "mean", "period": "term", "scenario": "base"}),
        ("net_position[slow].q05.2026=2", "net_position", {"statistic": "q05", "period": "2026", "scenario": "slow"}),
        ("gain.sd=1%", "gain", {"statistic": "sd", "period": "term", "arrangement": "deal", "scenario": "base"}),
        (
            "settlement[deal,trust,high_pay]=0.1",
            "settlement",
            {"statistic": "mean", "period": "term", "arrangement": "deal", "party": "trust", "scenario": "high_pay"},
        ),
        ("msr_met=0.5", "msr_met", {"statistic": "p_above_zero", "period": "term", "arrangement": "deal", "scenario": "base"}),
        (
            "party_position_difference[trust,slow]=1%",
            "party_position_difference",
            {"statistic": "mean", "period": "term", "party": "trust", "scenario": "slow"},
        ),
    ],
)
def test_a_target_is_found_in_the_summary(run, text, output, place):
    study, summary = run
    (target,) = parse_targets([text], places_of(study, study.scenario_names))
    found = reached(as_frame(summary), target, DRAWS)
    assert found.value == float(summary[output].sel(place))
    assert found.half_width == pytest.approx(T15 * float(summary[f"{output}_se"].sel(place)), rel=1e-6)
    assert found.half_width > 0.0


def test_every_output_that_is_offered_is_in_the_summary(run):
    study, summary = run
    places = places_of(study, study.scenario_names)
    assert set(places.outputs()) == {name for name in map(str, summary.data_vars) if not name.endswith("_se")}
