"""A scenario as a function of its units: design A is the run, the plan is the plan, and given draws keep their joint distribution."""

import numpy as np
import pytest

from simengine import api
from simengine.engine.plan import prepare
from simengine.runs.study_subject import StudySubject
from simengine.sensitivity_analysis.measures import TERM
from simengine.sensitivity_analysis.subject import FROM_A, FROM_B, FROM_PLAN
from simengine.study.load import load_study

pytestmark = pytest.mark.unit

STUDIES = ("minimal", "bettercaretown")


def same(subject, source):
    return np.full((1, len(subject.units), 1), source, dtype=np.uint8)


@pytest.fixture(scope="module", params=STUDIES)
def made(request, configs):
    study = load_study(configs / f"{request.param}.toml")
    scenarios = study.scenario_names[:1]
    return study, prepare(study, scenarios)


@pytest.mark.parametrize("sampler", ["sobol", "random"])
@pytest.mark.parametrize("scenario", [0, -1])
def test_design_a_is_the_run_bit_for_bit(made, sampler, scenario):
    study, ready = made
    name = ready.scenarios[scenario]
    subject = StudySubject(ready, ready.scenarios.index(name), 7, sampler)
    run = api.run(study, draws=1024, seed=7, sampler=sampler, scenarios=[] if name == "base" else [name], threads=1)
    found = subject.piece(512, 512).evaluate(same(subject, FROM_A))[0]
    for k, output in enumerate(subject.outputs):
        drawn = run[output.name].sel(scenario=name, **dict(output.entity)).values[512:]
        expected = drawn.sum(axis=1) if output.year == TERM else drawn[:, list(run["year"].values).index(output.year)]
        if output.year == TERM:
            assert np.allclose(found[k], expected, rtol=1e-12, atol=1e-3)
        else:
            assert np.array_equal(found[k], expected), output


def test_all_at_plan_is_the_plan(made):
    study, ready = made
    subject = StudySubject(ready, 0, 7, "sobol")
    run = api.run(study, draws=16, threads=1)
    found = subject.piece(0, 512).evaluate(same(subject, FROM_PLAN))[0]
    assert (np.ptp(found, axis=1) == 0.0).all()
    for k, output in enumerate(subject.outputs):
        plan = run[f"plan_{output.name}"].sel(**dict(output.entity)).values
        expected = plan.sum() if output.year == TERM else plan[list(run["year"].values).index(output.year)]
        assert found[k, 0] == pytest.approx(expected, rel=1e-9, abs=1e-3), output


def test_a_selection_by_point_is_the_selections_of_its_points(made):
    _, ready = made
    subject = StudySubject(ready, 0, 7, "sobol")
    piece, units = subject.piece(1024, 512), len(subject.units)
    source = np.random.default_rng(3).integers(0, 3, (4, units)).astype(np.uint8)
    alike = piece.evaluate(source[:, :, np.newaxis]).copy()
    point = np.arange(512) % 4
    mixed = piece.evaluate(source[point].T[np.newaxis])[0]
    assert np.array_equal(mixed, alike[point, :, np.arange(512)].T)


def test_places_are_the_drivers_of_the_run(made):
    study, ready = made
    subject = StudySubject(ready, 0, 7, "sobol", ("net_position",))
    run, places = api.run(study, draws=512, seed=7, threads=1), subject.piece(0, 512).places()
    known = [k for k, unit in enumerate(subject.units) if unit.name in run["driver"].values and np.isfinite(places[0, k]).all()]
    assert known
    for k in known:
        assert np.array_equal(places[0, k], run["driver_value"].sel(driver=subject.units[k].name, scenario="base").values), subject.units[
            k
        ].name
    assert (places[0, known] != places[1, known]).any()


def test_the_two_designs_are_independent(made):
    _, ready = made
    subject = StudySubject(ready, 0, 7, "sobol", ("net_position",))
    term = next(k for k, output in enumerate(subject.outputs) if output.year == TERM)
    pairs = []
    for first in range(0, 4096, 512):
        piece = subject.piece(first, 512)
        pairs.append([piece.evaluate(same(subject, source))[0, term].copy() for source in (FROM_A, FROM_B)])
    a, b = np.concatenate(pairs, axis=1)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.05
    assert np.std(a) == pytest.approx(np.std(b), rel=0.1)


def test_a_part_of_a_piece_is_the_beginning_of_a_whole_one(made):
    _, ready = made
    subject = StudySubject(ready, 0, 7, "sobol")
    whole = subject.piece(0, 512).evaluate(same(subject, FROM_B))[0].copy()
    assert np.array_equal(subject.piece(0, 48).evaluate(same(subject, FROM_B))[0], whole[:, :48])


def test_given_everything_is_the_run_and_given_nothing_the_second_design(configs):
    ready = prepare(load_study(configs / "bettercaretown.toml"))
    subject = StudySubject(ready, 0, 7, "sobol", ("net_position",))
    piece = subject.piece(0, 512)
    plain = [piece.evaluate(same(subject, source))[0].copy() for source in (FROM_A, FROM_B)]
    given = [piece.evaluate(same(subject, source), conditional=True)[0].copy() for source in (FROM_A, FROM_B)]
    assert np.array_equal(plain[0], given[0])
    assert np.allclose(plain[1], given[1], rtol=1e-7)
