"""Ratios against those of before: what is noise, what is said, what fails; records; lines through growing sizes; vector code."""

import json
import math
from dataclasses import replace

import pytest

from benchmarks import history
from benchmarks.growth import GrowthSettings, fitted, growth_table, measure_growth
from benchmarks.harness import Phase, Timings
from benchmarks.machine import machine_class
from benchmarks.processes import interleave_processes, run_process
from benchmarks.start_up import measure_start_up
from benchmarks.vector_code import KNOWN_SCALAR, Looked, Pass, counted, loops_over_draws, vector_table
from benchmarks.verdicts import Ratio, Verdict, as_json, from_json, verdict_table, verdicts

pytestmark = pytest.mark.unit


def ratio(*rounds, clock="cpu"):
    return Ratio.of(rounds, clock)


STEADY = ratio(9.9, 10.0, 10.1, 10.0, 10.05)


@pytest.mark.parametrize(
    ("new", "word", "loud", "fails"),
    [
        (ratio(9.8, 9.9, 10.0, 9.9, 9.9), "same", False, False),
        (ratio(12.9, 13.0, 13.1), "faster", False, False),
        (ratio(7.9, 8.0, 8.1), "slower", False, False),
        (ratio(4.0, 8.0, 16.0), "same", False, False),
        (ratio(6.0, 6.1, 6.2), "slower", True, False),
        (ratio(4.8, 4.9, 4.95), "slower", True, True),
        (ratio(4.8, 4.9, 4.95, clock="wall"), "slower", True, False),
        (ratio(9.0), "same", False, False),
    ],
)
def test_verdict_knows_the_noise(new, word, loud, fails):
    found = Verdict("x", STEADY, new)
    assert (found.word, found.loud, found.fails) == (word, loud, fails)


def test_error_of_a_median_of_normal_values_is_about_right():
    # the range of nine normal values is 2.97 standard deviations at the mean: exp of 0.1 times their scores
    scores = [-1.485, -0.93, -0.57, -0.27, 0.0, 0.27, 0.57, 0.93, 1.485]
    found = ratio(*(math.exp(0.1 * z) for z in scores))
    assert found.error == pytest.approx(0.1 * 1.2533 / 3.0, rel=0.01)


def test_what_is_printed_names_what_changed():
    found = verdicts({"a": STEADY, "b": STEADY, "gone": STEADY}, {"a": STEADY, "b": ratio(3.0, 3.1, 3.2), "new": STEADY})
    text = verdict_table(found, "before", judged=True)
    assert "2 ratios, 0 faster, 1 slower, 1 same" in text
    assert "BELOW HALF" in text
    assert "THIS FAILS THE RUN" in text
    assert "THIS FAILS THE RUN" not in verdict_table(found, "before", judged=False)


def test_records_are_found_again_by_kind_and_machine(tmp_path, monkeypatch):
    file = tmp_path / "history" / "ratios.jsonl"
    assert history.last(quick=True, file=file) is None
    history.record({"a": STEADY}, quick=True, file=file)
    history.record({"a": ratio(1.0, 1.0)}, quick=False, file=file)
    found = history.last(quick=True, file=file)
    assert found.alike
    assert found.ratios["a"].median == 10.0
    monkeypatch.setattr("benchmarks.history.machine_class", lambda: {"architecture": "other", "vectors": "none"})
    other = history.last(quick=True, file=file)
    assert not other.alike
    assert "another class of machine" in str(other)


def test_a_record_does_not_tell_the_machine(tmp_path):
    import platform

    file = tmp_path / "ratios.jsonl"
    history.record({"a": STEADY}, quick=True, file=file)
    text = file.read_text(encoding="utf-8")
    assert platform.node() not in text
    assert "/" not in text.replace("a/", "")
    assert set(json.loads(text)) == {"date", "version", "machine", "quick", "ratios"}
    assert set(machine_class()) == {"architecture", "maker", "vectors", "cores"}


def test_ratios_survive_their_file():
    found = from_json(json.loads(json.dumps(as_json({"a": STEADY}))))["a"]
    assert found == Ratio(10.0, 9.9, 10.1, 5, "cpu")


def test_a_phase_names_the_other_side_where_it_is_not_the_engine():
    timings = Timings("wall", {"engine": [1.0, 2.0], "twin": [3.0, 4.0], "one": [1.0, 1.0]})
    found = Phase("p", timings, (("twin", "engine"), ("one", "twin"))).ratios()
    assert found == {"twin": [3.0, 2.0], "one / twin": [1.0 / 3.0, 0.25]}


def test_a_line_goes_through_its_points():
    found = fitted([3, 10, 3_000], [53.0, 60.0, 3_050.0])
    assert (found.intercept, found.slope, found.r_squared) == pytest.approx((50.0, 1.0, 1.0))
    bent = fitted([1, 10, 100], [10.0, 20.0, 10.0])
    assert bent.largest > 0.2
    assert bent.r_squared < 0.5


def test_growing_sizes_are_timed(monkeypatch):
    monkeypatch.setattr("benchmarks.growth.SIZES", {"parties": (2, 3)})
    settings = GrowthSettings(("parties",), 512, 2)
    (found,) = measure_growth(settings)
    assert set(found.timings.rounds) == {"2", "3"}
    assert "parties" in growth_table([found], settings)


def test_processes_are_timed_in_turns():
    cpu, wall = interleave_processes({"nothing": lambda: run_process(["-c", "pass"])}, 2)
    assert len(cpu.rounds["nothing"]) == len(wall.rounds["nothing"]) == 2
    assert all(used > 0.0 for used in cpu.rounds["nothing"])
    assert run_process(["-c", "x = bytearray(80_000_000)"]).peak > 76.0


def test_start_up_is_compared_with_the_compilers_own(monkeypatch):
    monkeypatch.setattr("benchmarks.start_up.run_process", lambda *_: run_process(["-c", "pass"]))
    found = measure_start_up([], 2, cold=False)
    assert set(found.cpu.ratios()) == {"import numba / simrisk --help"}
    assert found.cold == {}


VECTOR = "\tvaddpd\t%ymm1, %ymm2, %ymm3\n\tvmovupd\t%ymm0, (%rax)\n\tvaddsd\t%xmm1, %xmm2, %xmm3\n"
PAIRS = "\tvaddpd\t%xmm1, %xmm2, %xmm3\n\tvmulsd\t%xmm1, %xmm2, %xmm3\n"


def test_instructions_are_told_apart():
    found = counted("p", VECTOR, "[yz]mm")
    assert (found.vector, found.moves, found.single, found.is_vector) == (1, 1, 1, True)
    assert not counted("p", PAIRS, "[yz]mm").is_vector
    assert counted("p", "\taddpd\t%xmm1, %xmm2\n", "xmm").is_vector
    assert counted("p", "\tvpaddq\t(%rax), %zmm1, %zmm2\n", "[yz]mm").is_vector
    assert counted("p", "\tcallq\tmemcpy@PLT\n", "[yz]mm").is_vector
    assert counted("p", "\tvfmadd213pd\t%ymm1, %ymm2, %ymm3\n", "[yz]mm").contracted == 1


def test_a_pass_is_what_loops_over_draws():
    assert loops_over_draws("def f(x, n):\n    for i in range(n):\n        x[i] += 1.0\n")
    assert loops_over_draws("def f(x, m):\n    keep_apart()\n    for i in range(m):\n        x[i] += 1.0\n")
    assert not loops_over_draws("def f(x, m):\n    for i in range(m):\n        x[i] += 1.0\n")
    assert not loops_over_draws("def f(x, n):\n    keep_apart()\n    for i in range(3):\n        g(x, n)\n")


def test_a_pass_that_became_scalar_is_named():
    bad = counted("simengine.engine.p", PAIRS, "[yz]mm")
    found = Looked(True, (bad,), ())
    assert not found.good
    assert "WITHOUT VECTOR CODE: simengine.engine.p" in vector_table(found)
    known = Pass(next(iter(KNOWN_SCALAR)), 0, 0, 9, 0, 0)
    rest = tuple(Pass(name, 0, 0, 9, 0, 0) for name in list(KNOWN_SCALAR)[1:])
    assert Looked(True, (known, *rest), ()).good
    assert not Looked(True, rest, ()).good
    assert not Looked(True, (replace(known, vector=1), *rest), ()).good
    assert "nothing was checked" in vector_table(Looked(False, (), ()))
