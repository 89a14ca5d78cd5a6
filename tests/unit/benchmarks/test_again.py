"""Turns of some milliseconds; what looks much slower is measured again, and fails where it fails twice; a record is the lower of two."""

import json
from collections import deque

import pytest

from benchmarks import again
from benchmarks.__main__ import main
from benchmarks.harness import Contender, interleave, seconds_a_call
from benchmarks.history import Record
from benchmarks.options import arguments_of, command_line, settings_of, start_rounds
from benchmarks.run import PHASES
from benchmarks.verdicts import Ratio, Verdict, lower, verdict_table, verdicts

pytestmark = pytest.mark.unit


def ratio(*rounds, clock="cpu"):
    return Ratio.of(rounds, clock)


STEADY, NEARLY, LOW, HALVED = (Ratio(x, x - 0.1, x + 0.1, 3, "cpu") for x in (10.0, 9.8, 6.0, 4.5))


class Clock:
    """A clock that only calls move on: the first, in cold caches, takes ten times as long."""

    def __init__(self, first, later):
        self.now, self.calls, self.steps = 0.0, 0, (first, later)

    def read(self):
        return self.now

    def run(self):
        self.now += self.steps[min(self.calls, 1)]
        self.calls += 1


def test_a_turn_is_as_many_calls_as_fill_its_time():
    short = Clock(1e-3, 1e-4)
    assert seconds_a_call(short.run, short.read, 5e-3) == pytest.approx((1e-3 + 40e-4) / 41)
    assert short.calls == 41
    long = Clock(2.0, 2.0)
    assert seconds_a_call(long.run, long.read, 5e-3) == 2.0
    assert long.calls == 1


def test_a_short_call_is_timed_many_times_and_counted_by_draw():
    calls = []
    found = interleave({"short": Contender(lambda: calls.append(1), 100)}, 2)
    assert len(calls) > 200
    assert all(0.0 < seconds < 1e-6 for seconds in found.rounds["short"])


@pytest.mark.parametrize(
    ("name", "subject", "phases"),
    [
        ("small/streams/scipy Sobol' / engine, design sobol", "small", ("streams",)),
        ("medium/quantiles/numpy quantile + sort / selection", "medium", ("statistics",)),
        ("medium/whole command/the loop alone / simrisk run", "medium", ("whole loop", "whole command")),
        ("start-up/import numba / simrisk --help", "minimal", ("start-up",)),
        ("start-up, wall/import numba / first number, large", "large", ("start-up",)),
    ],
)
def test_a_ratio_tells_what_to_measure_again(name, subject, phases):
    assert again.place(name) == (subject, phases)
    assert set(phases) <= set(PHASES)


def test_another_process_measures_what_this_one_does():
    asked = arguments_of(["--quick", "--draws", "700", "--threads", "1,2", "--sampler", "lhs", "--record", "--compare-last"])
    other = arguments_of(command_line(asked, ("small", "large"), ("streams", "whole loop"), 9))
    assert (other.only, other.phases, other.rounds) == (("small", "large"), ("streams", "whole loop"), 9)
    assert not other.record
    assert not other.compare_last
    asked.rounds, asked.phases = 9, other.phases
    assert settings_of(other, "small") == settings_of(asked, "small")
    assert arguments_of(command_line(asked, asked.only, PHASES, None)).rounds is None


def test_starts_have_rounds_of_their_own():
    assert [start_rounds(arguments_of(given)) for given in (["--quick"], [], ["--rounds", "9"])] == [3, 5, 9]


@pytest.mark.parametrize(
    ("first", "second", "counts", "fails"),
    [
        (HALVED, NEARLY, NEARLY, False),
        (HALVED, LOW, LOW, False),
        (HALVED, ratio(4.4, 4.45, 4.5), HALVED, True),
        (LOW, HALVED, LOW, False),
        # below half, but not beyond the noise of its rounds: it has not failed twice
        (HALVED, ratio(2.0, 4.0, 16.0), ratio(2.0, 4.0, 16.0), False),
    ],
)
def test_the_milder_of_two_measurements_counts(first, second, counts, fails):
    found = Verdict("x", STEADY, first).after(second)
    assert (found.new, found.fails, found.tries) == (counts, fails, (first, second))


def test_only_what_is_loud_is_measured_again_once_a_subject(capsys):
    old = dict.fromkeys(("small/streams/a", "small/variates/b", "small/parts/c", "large/streams/d", "large/streams/e"), STEADY)
    new = dict(zip(old, (HALVED, LOW, NEARLY, HALVED, HALVED), strict=True))
    asked = []

    def measure(subject, phases):
        asked.append((subject, phases))
        # one has become well, and one is not there any more
        return {"small/streams/a": STEADY, "small/variates/b": LOW, "small/parts/c": HALVED, "large/streams/d": HALVED}

    found = again.judged_again(verdicts(old, new), measure)
    assert asked == [("small", ("streams", "variates")), ("large", ("streams",))]
    assert [one.new for one in found] == [STEADY, LOW, NEARLY, HALVED, HALVED]
    assert [one.fails for one in found] == [False, False, False, True, True]
    assert [len(one.tries) for one in found] == [2, 2, 0, 2, 0]
    assert "measuring again: small (streams, variates), in a process of its own, 9 rounds" in capsys.readouterr().out
    text = verdict_table(found, "before", judged=True)
    assert "measured again: small/streams/a: 10 -> 4.5, then 10; 10 counts" in text
    assert "!!! small/streams/a" not in text
    assert text.count("THIS FAILS THE RUN") == 2


def test_another_class_of_machine_is_told_and_not_measured_again(monkeypatch, capsys):
    def fail(*_):
        pytest.fail("nothing counts here, so nothing is in doubt")

    monkeypatch.setattr(again, "measured", fail)
    monkeypatch.setattr(again.history, "last", lambda **_: Record("2026-01-01", "0", False, {"small/streams/a": STEADY}))
    assert again.compare(arguments_of(["--compare-last"]), {"small/streams/a": HALVED})
    assert "another class of machine" in capsys.readouterr().out


def test_a_record_holds_the_lower_of_two_and_the_range_of_both(monkeypatch):
    assert lower({"a": STEADY, "b": STEADY}, {"a": LOW, "c": LOW}) == {"a": Ratio(6.0, 5.9, 10.1, 6, "cpu"), "b": STEADY, "c": LOW}
    kept, asked = deque(), deque()
    monkeypatch.setattr(again, "measured", lambda _, *rest: asked.append(rest) or {"a": LOW})
    monkeypatch.setattr(again.history, "record", lambda ratios, *, quick: kept.append((ratios, quick)))
    again.record(arguments_of(["--quick", "--only", "small", "--phases", "streams"]), {"a": STEADY})
    assert asked == deque([(("small",), ("streams",), None)])
    assert kept == deque([({"a": Ratio(6.0, 5.9, 10.1, 6, "cpu")}, True)])


def _compared(tmp_path, old):
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"ratios": {"small/streams/numpy PCG64": old}}), encoding="utf-8")
    return main(["--quick", "--only", "small", "--draws", "600", "--rounds", "2", "--phases", "streams", "--compare", str(path)])


def test_exit_code_says_what_became_of_a_ratio(tmp_path, capsys):
    assert _compared(tmp_path, [1e-3, 1e-3, 1e-3, 3, "cpu"]) == 0
    assert "faster" in capsys.readouterr().out
    assert _compared(tmp_path, [1e6, 1e6, 1e6, 3, "cpu"]) == 1
    said = capsys.readouterr().out
    assert "measured again: small/streams/numpy PCG64: 1e+06 -> " in said
    assert "BELOW HALF" in said
