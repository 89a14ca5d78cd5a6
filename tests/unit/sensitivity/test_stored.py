"""A stored run as drivers and series."""

import numpy as np
import pytest

from simengine.errors import DataError, ResultError
from simengine.results.frame import Frame
from simengine.sensitivity_analysis.given_data import MEASURES
from simengine.sensitivity_analysis.measures import PLAIN, Output
from simengine.sensitivity_analysis.stored import StoredDraws, given_stored
from tests.unit.sensitivity.stored_subjects import stored_run

pytestmark = pytest.mark.unit


def values(table, name):
    """A driver's values in the order of the draws."""
    row = table.names.index(name)
    found = np.empty(table.groups.draws)
    found[table.groups.order] = table.values[row] + table.centre[row]
    return found


@pytest.mark.parametrize(("year", "years", "own"), [("2026", [0], [0]), ("2027", [0, 1], [1]), ("term", [0, 1], [0, 1])])
def test_yearly_drivers_stand_for_the_years_that_they_act_in(year, years, own):
    run = stored_run()
    paths = run["driver_path"].values[..., 0]
    table = StoredDraws(run).table(year)
    assert values(table, "drivers.inflation") == pytest.approx(paths[:, years, 0].mean(axis=1), abs=1e-6)
    assert values(table, "services.beds.volatility") == pytest.approx(paths[:, own, 1].mean(axis=1), abs=1e-6)
    assert values(table, "arrangements.deal.quality.score") == pytest.approx(paths[:, own, 2].mean(axis=1), abs=1e-6)
    assert values(table, "drivers.growth") == pytest.approx(run["driver_value"].values[:, 0, 0], abs=1e-6)


def test_outputs_are_chosen_by_name_year_and_entity():
    stored = StoredDraws(stored_run())
    assert len(stored.outputs()) == 3 * 3
    chosen = stored.outputs(["party_position"], ["2027", "term"], {"party": ["acute"]})
    assert [output.text() for output in chosen] == ["party_position[acute].2027", "party_position[acute].term"]
    assert chosen[0].unit == "GBP"
    position = stored.run["party_position"].values[:, :, 1, 0]
    assert np.array_equal(stored.series(chosen[0]), position[:, 1])
    assert np.array_equal(stored.series(chosen[1]), position.sum(axis=1))
    assert stored.plan(Output("party_position", entity=(("party", "ccg"),))) == pytest.approx(0.1)
    assert np.isnan(stored.plan(Output("net_position")))
    # what has no party is not chosen by one, unless it is named alone
    assert [output.name for output in stored.outputs((), ["term"], {"party": ["ccg"]})] == ["net_position", "party_position"]


def test_everything_that_a_run_does_not_have_is_said_at_once():
    stored = StoredDraws(stored_run())
    with pytest.raises(DataError) as caught:
        stored.outputs(["party_positon", "net_position"], ["2028"], {"party": ["cgg"]})
    assert [(problem.path, problem.value, problem.nearest) for problem in caught.value.problems] == [
        ("output", "party_positon", "party_position"),
        ("year", "2028", "2027"),
        ("party", "cgg", "ccg"),
    ]
    assert "must be one of 2026, 2027, term" in str(caught.value)


def test_measures_of_a_stored_run():
    stored = StoredDraws(stored_run(4096, failed=(3, 77)))
    given = given_stored(stored, stored.outputs(["party_position"], ["2026", "term"]))
    found = given.found
    assert found.attrs["failed"] == 2
    assert [output.text() for output in found.outputs][:2] == ["party_position[ccg].2026", "party_position[ccg].term"]
    growth, shock = (found.units.index(name) for name in ("drivers.growth", "services.beds.volatility"))
    first = MEASURES.index("first")
    # variances 1/12 and 0.01/12, in the term 4/12 and 2 · 0.01/12
    assert found.value[first, growth, :2] == pytest.approx([1 / 1.01, 4 / 4.02], abs=0.005)
    assert found.verdict[MEASURES.index("src"), shock, 0] == PLAIN
    assert found.value[first, shock, 2] == pytest.approx(0.0, abs=0.005)


def test_a_driver_that_a_scenario_switches_off_is_left_out():
    stored = StoredDraws(stored_run(), "bold")
    given = given_stored(stored, stored.outputs(["net_position"], ["term"]))
    assert "schemes.hub.impact" not in given.found.units
    assert "schemes.hub.impact: without a value in some draws, left out" in given.found.notes
    assert given.found.outputs[0].scenario == "bold"


def test_errors_say_what_is_wrong():
    run = stored_run()
    with pytest.raises(ResultError, match="run the study with --store positions"):
        StoredDraws(Frame({"plan_party_position": run["plan_party_position"]}, run.coords, run.attrs))
    with pytest.raises(DataError, match='scenario: must be one of base, bold \\(found "bald"\\). Did you mean "bold"?'):
        StoredDraws(run, "bald")
    with pytest.raises(DataError, match=r"output: has no series of arrangement deal \(found \"party_position\"\)"):
        StoredDraws(run).outputs(["party_position"], (), {"arrangement": ["deal"]})
    with pytest.raises(ValueError, match="no output was chosen"):
        given_stored(StoredDraws(run), [])
