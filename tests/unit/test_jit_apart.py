"""Passes compiled apart: resolved when they are first called, kept on disk with the types of their call, refused where they do not fit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simengine.jit import JIT_OFF

pytestmark = [pytest.mark.unit, pytest.mark.skipif(JIT_OFF, reason="nothing is compiled")]

PASSES = """
from typing import NamedTuple
import numpy as np
from simengine.jit import Floats, kernel, keep_apart, rows_apart

class Weights(NamedTuple):
    each: Floats
    count: int

class Whole(NamedTuple):
    weights: Weights
    rows: Floats

@kernel
def total(weights: Weights) -> float:
    found = 0.0
    for k in range(weights.count):
        found += weights.each[k]
    return found

@kernel
def add(out: Floats, whole: Whole, n: int) -> None:
    keep_apart()
    rows_apart()
    weight = total(whole.weights)
    for i in range(n):
        out[i] += weight * whole.rows[i]

@kernel
def never(out: Floats) -> None:
    out[0] = 1.0

@kernel
def returns(out: Floats) -> None:
    return out[0]

@kernel
def top(out: Floats, whole: Whole, which: int) -> int:
    if which == 0:
        add(out, whole, 4)
    elif which == 1:
        never(out)
    else:
        returns(out)
    return 1

out, whole = np.zeros(8), Whole(Weights(np.arange(3.0), 3), np.ones(8))
"""


def run(tmp_path: Path, code: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run code after the passes, in a process of its own and with a cache of its own."""
    module, script = tmp_path / "passes_of_a_test.py", tmp_path / "uses_them.py"
    if not module.exists():  # what is kept on disk goes by the time of the source
        module.write_text(PASSES)
    script.write_text("from passes_of_a_test import *\n" + code)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    environment |= {"SIMRISK_CACHE_DIR": str(tmp_path / "cache"), **more}
    return subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False)


def test_a_pass_is_compiled_when_it_is_first_called_and_loaded_by_the_next_process(tmp_path: Path) -> None:
    code = "top(out, whole, 0); print(out.tolist(), add.apart.cell.value != 0, never.apart.cell.value != 0)\n"
    code += "print(len(add.apart.entries))"  # the compilers that were asked for
    first, second = run(tmp_path, code), run(tmp_path, code)
    assert first.stdout.split("\n")[0] == "[3.0, 3.0, 3.0, 3.0, 0.0, 0.0, 0.0, 0.0] True False", first.stderr
    assert first.stdout.split()[-1] == "1"
    assert second.stdout.split("\n")[0] == first.stdout.split("\n")[0], second.stderr
    assert second.stdout.split()[-1] == "0"


@pytest.mark.parametrize("spoil", ["cut", "empty", "one byte", "gone"])
def test_machine_code_that_is_not_whole_is_compiled_again(tmp_path: Path, spoil: str) -> None:
    code = "top(out, whole, 0); print(out.tolist(), len(add.apart.entries))"
    run(tmp_path, code)
    (kept,) = tmp_path.glob("cache/*/passes/*_add.code")
    content = kept.read_bytes()
    if spoil == "gone":
        kept.unlink()
    else:
        kept.write_bytes({"cut": content[:-40], "empty": b"", "one byte": content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]}[spoil])
    found = run(tmp_path, code)
    assert found.stdout.strip() == "[3.0, 3.0, 3.0, 3.0, 0.0, 0.0, 0.0, 0.0] 1", found.stderr


def test_with_the_compiler_off_it_is_the_plain_function(tmp_path: Path) -> None:
    found = run(tmp_path, "top(out, whole, 0); print(out.tolist())", NUMBA_DISABLE_JIT="1")
    assert found.stdout.strip() == "[3.0, 3.0, 3.0, 3.0, 0.0, 0.0, 0.0, 0.0]", found.stderr


def test_from_python_it_runs_like_any_function(tmp_path: Path) -> None:
    found = run(tmp_path, "add(out, whole, 2); print(out[:3].tolist(), add.py_func.__name__)")
    assert found.stdout.strip() == "[3.0, 3.0, 0.0] add", found.stderr


def test_what_cannot_be_compiled_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    found = run(tmp_path, "top(out, whole, 2)")
    assert found.returncode == 1
    assert "returns something: it cannot be compiled apart" in found.stderr
    assert "RuntimeError" in found.stderr
    assert "returns could not be compiled" in found.stderr


def test_a_second_signature_is_refused(tmp_path: Path) -> None:
    code = """
@kernel
def other(out: Floats, whole: Whole) -> int:
    add(out, whole, 4)
    add(out[::2], whole, 4)
    return 1
other(out, whole)
"""
    found = run(tmp_path, code)
    assert found.returncode == 1
    assert "is compiled apart for" in found.stderr


def test_a_second_signature_is_refused_in_a_later_process_too(tmp_path: Path) -> None:
    assert run(tmp_path, "top(out, whole, 0)").returncode == 0
    code = """
@kernel
def other(out: Floats, whole: Whole) -> int:
    add(out[::2], whole, 4)
    return 1
other(out, whole)
"""
    found = run(tmp_path, code)
    assert found.returncode == 1
    assert "is compiled apart for" in found.stderr


def test_types_that_are_lost_are_not_needed(tmp_path: Path) -> None:
    code = "top(out, whole, 0); print(out.tolist())"
    first = run(tmp_path, code)
    for kept in tmp_path.glob("cache/*/passes/*"):
        kept.unlink()
    again = run(tmp_path, code)
    assert again.stdout == first.stdout, again.stderr
    assert list(tmp_path.glob("cache/*/passes/*_add.code"))


def test_an_interrupt_while_compiling_is_an_interrupt(tmp_path: Path) -> None:
    code = """
import signal
from simengine.jit_apart import reasons_raised, when_compiling
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background process may have been started without
when_compiling.append(lambda: signal.raise_signal(signal.SIGINT))
try:
    with reasons_raised():
        top(out, whole, 0)
except KeyboardInterrupt:
    print("interrupted")
top(out, whole, 0)
print(out[0])
"""
    found = run(tmp_path, code)
    assert found.stdout.split() == ["interrupted", "3.0"], found.stderr


def test_threads_may_ask_for_a_pass_at_the_same_time(tmp_path: Path) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
outs = [np.zeros(8) for _ in range(8)]
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda o: top(o, whole, 0), outs))
print({tuple(o) for o in outs} == {(3.0,) * 4 + (0.0,) * 4})
"""
    assert run(tmp_path, code).stdout.strip() == "True"
