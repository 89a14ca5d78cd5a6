"""What is timed is what it is called: subjects as files, studies of one growing size, the phases, and each twin's part of the work."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.engine_side import EngineSide
from benchmarks.numpy_side import NumpySide
from benchmarks.numpy_twin import Twin, new_outputs
from benchmarks.options import arguments_of, settings_of
from benchmarks.phases import DERIVE, DRAW, PROJECT, SETTLE, STORE
from benchmarks.report import ratios_of, table
from benchmarks.run import LOOP, PHASES, check, driver_matrix, measure
from benchmarks.scipy_draw import ScipySampler, frozen_distribution
from benchmarks.subjects import ALL, SUBJECTS
from benchmarks.subjects.growing import SIZES, growing, shape
from benchmarks.twin_reading import read_terms
from simengine.distributions import build
from simengine.engine.plan import prepare
from simengine.study.load import Study

pytestmark = pytest.mark.unit


def test_every_subject_of_the_issue_is_there():
    assert set(ALL) == {"minimal", "small", "medium", "large", "huge", "bettercaretown", "budget_ten_years"}
    assert set(SUBJECTS) == {name for name, subject in ALL.items() if subject.tree is not None}


@pytest.mark.parametrize("name", ["minimal", "small", "medium", "bettercaretown"])
def test_subjects_are_read_from_their_files(tmp_path, name):
    study = ALL[name].study(tmp_path)
    assert study.spec.years >= 3
    if name in SUBJECTS:
        assert study.spec.model_dump() == Study.from_dict(SUBJECTS[name]()).spec.model_dump()


@pytest.mark.parametrize("kind", list(SIZES))
def test_one_size_grows_and_the_others_stay(kind):
    found = {}
    for size in SIZES[kind][:2]:
        sizes = EngineSide(growing(shape(kind, size)), 1, "random", 1).sizes()
        assert sizes[kind] == size
        found[size] = sizes
    few, more = found.values()
    same = {"lines", "years", "drivers", "parties", "arrangements"} - {kind}
    # three lines cannot have sixteen drivers between them
    assert all(few[name] == more[name] for name in same - ({"drivers"} if kind == "lines" else set()))


def test_every_growing_study_is_valid():
    for kind, sizes in SIZES.items():
        assert not Study.from_dict(growing(shape(kind, sizes[-2]))).warnings


@pytest.fixture(scope="module")
def engine():
    found = EngineSide(SUBJECTS["small"](), 700, "random", 2)
    found.run_whole()
    return found


def test_parts_together_are_the_whole(engine):
    assert engine.same_bits(lambda: engine.run_parts(DRAW | DERIVE | PROJECT | STORE))
    assert engine.same_bits_over(2)


def test_other_bits_are_noticed(engine):
    assert not engine.same_bits(lambda: engine.run_parts(DRAW | DERIVE | STORE))


def test_the_projection_alone_settles_nothing(engine):
    engine.run_whole()
    settled = engine.results()
    engine.store[:] = 0.0
    engine.scratches[0].year[:] = 0.0
    engine.run_parts(DRAW | DERIVE | PROJECT | STORE, settled=False)
    found = engine.results()
    assert found["outturn"] == pytest.approx(settled["outturn"], rel=1e-12)
    assert found["party_position_before"] == pytest.approx(settled["party_position_before"], rel=1e-12)
    assert settled["settlement"].any()
    assert not found["settlement"].any()
    assert not found["baseline"].any()


def test_settling_alone_starts_from_nothing(engine):
    engine.run_whole()
    baseline = engine.results()["baseline"]
    engine.run_parts(SETTLE | STORE)
    found = engine.results()
    assert found["baseline"] == pytest.approx(baseline)
    assert found["gain"] == pytest.approx(baseline)


def test_the_twins_projection_and_settlement_are_its_whole():
    tree = SUBJECTS["medium"]()
    terms, engine = read_terms(tree), EngineSide(tree, 300, "random", 1)
    engine.run_whole()
    twin, whole, parts = Twin(terms, 128), new_outputs(terms, 300), new_outputs(terms, 300)
    drivers = driver_matrix(engine, twin)
    twin.run(drivers, whole)
    references = np.empty((terms.years, 1 + len(twin.weights.providers), 300))
    twin.run(drivers, parts, references)
    assert not parts["settlement"].any()
    twin.run_settlement(references, parts)
    for name in ("gain", "pool", "payout", "windfall", "settlement", "cap_hit"):
        assert np.array_equal(parts[name], whole[name])
    assert whole["settlement"].any()


def test_scipy_draws_the_same_distributions(tmp_path):
    made = prepare(ALL["bettercaretown"].study(tmp_path)).drafts[0]
    assert 0 < ScipySampler(made, 1).values <= ScipySampler(made, 1).asked
    specs = [("pert", {"min": 0.0, "mode": 1.0, "max": 4.0, "shape": 6.0}), ("lognormal", {"mean": 2.0, "sd": 0.3})]
    for dist, parameters in specs:
        frozen, ours = frozen_distribution(dist, parameters), build(dist, parameters)
        assert (frozen.mean(), frozen.var()) == pytest.approx((ours.mean(), ours.variance()))
    assert frozen_distribution("normal", {"mean": 0.0, "sd": 1.0, "lower": 0.0}) is None
    assert frozen_distribution("lognormal", {"mu": 0.0, "sigma": 1.0}) is None


def _settings(name, *options):
    return settings_of(arguments_of(["--quick", "--draws", "600", "--rounds", "2", *options]), name)


def test_a_subject_with_a_twin_has_every_phase(tmp_path):
    found = measure(ALL["small"], replace(_settings("small"), phases=(*LOOP, "threads", "statistics")))
    assert found.equal
    assert set(found.phases) == {*LOOP, "threads", "statistics", "quantiles"}
    ratios = ratios_of(found)
    assert {"small/whole loop/numpy", "small/whole loop/scipy ppf", "small/settlement/numpy", "small/streams/numpy PCG64"} <= set(ratios)
    assert all(0.0 < ratio.least <= ratio.median <= ratio.most for ratio in ratios.values())
    text = table(found)
    assert "numbers equal" in text
    assert "ns/line-yr-draw" in text


def test_a_subject_without_a_twin_says_so():
    found = measure(ALL["minimal"], replace(_settings("minimal"), phases=("variates", "whole loop", "memory")))
    assert found.equal
    assert found.comparison is None
    assert "no NumPy twin" in table(found)
    assert "minimal/variates/scipy ppf" in ratios_of(found)


def test_where_numbers_differ_nothing_is_timed(monkeypatch):
    tree = SUBJECTS["small"]()
    engine = EngineSide(tree, 200, "random", 1)
    tree["services"]["line_1"]["price"] *= 1.001
    wrong = check(engine, read_terms(tree), 128)
    monkeypatch.setattr("benchmarks.run.check", lambda *_: wrong)
    found = measure(ALL["small"], _settings("small", "--phases", "whole loop"))
    assert not found.equal
    assert not found.phases
    assert "NUMBERS DIFFER" in table(found)


def test_options_choose_subjects_and_phases():
    found = arguments_of(["--only", "small", "--phases", "streams", "--quick"])
    assert found.only == ("small",)
    assert settings_of(found, "small").phases == ("streams",)
    everything = arguments_of(["--quick"])
    assert set(settings_of(everything, "medium").phases) == set(PHASES)
    assert not {"store", "whole command"} & set(settings_of(everything, "large").phases)
    for wrong in (["--only", "nothing"], ["--phases", "nothing"], ["--compare", "/no/such/file"], ["--huge", "--growth"]):
        with pytest.raises(SystemExit):
            arguments_of(wrong)


def test_numpy_runs_each_way_at_its_best_chunk():
    tree = SUBJECTS["medium"]()
    engine = EngineSide(tree, 600, "random", 1)
    engine.run_whole()
    side = NumpySide(read_terms(tree), engine, 600, (200, 600))
    found = side.whole_contenders()
    assert set(found) == {"numpy, tables", "numpy", "scipy ppf", "numpy, one chunk"}
    assert set(side.best.values()) <= {200, 600}
    assert found["scipy ppf"].draws == 512
    found["numpy"].run()
    assert side.out["net_position"].all()
