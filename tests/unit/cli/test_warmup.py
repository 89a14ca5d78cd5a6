"""simrisk warmup: everything that a run compiles is there afterwards; what it says of it."""

import json
import os
import subprocess
import sys

import pytest

from tests.unit.cli.care import simrisk, study_file

pytestmark = pytest.mark.unit

#: A command in a process of its own; on standard error the kernels that were compiled for it.
AFTERWARDS = """
import sys
from simengine.cli.main import cli
from simengine.jit_apart import kept_in
import simengine.jit
before = {file.name for file in kept_in().rglob("*") if file.suffix in {".nbc", ".code"}}
cli(sys.argv[1].split(), prog_name="simrisk", standalone_mode=False)
print(*sorted({file.name for file in kept_in().rglob("*") if file.suffix in {".nbc", ".code"}} - before), sep="\\n", file=sys.stderr)
"""
compiler = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}, reason="the compiler is off")


@pytest.fixture(scope="module")
def warm():
    done = simrisk("warmup", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    return json.loads(done.stdout)


@compiler
def test_what_was_done_where_it_is_kept_and_its_size(warm):
    found = warm["result"]
    kept = [os.path.join(place, name) for place, _, names in os.walk(found["folder"]) for name in names if name.endswith((".nbc", ".code"))]
    assert (warm["command"], warm["warnings"]) == ("warmup", [])
    assert found["kernels"] == len(kept) > 100
    assert found["bytes"] == sum(os.path.getsize(file) for file in kept)
    assert [step["step"] for step in found["steps"]] == [
        "the study of simrisk init",
        "every kind of number",
        "sensitivity analysis",
        "what other studies use",
    ]
    assert found["compiled"] == sum(step["compiled"] for step in found["steps"])
    assert all(step["seconds"] > 0 and step["cpu_seconds"] > 0 for step in found["steps"])


@compiler
def test_a_second_time_nothing_is_compiled(warm):
    done = simrisk("warmup", "--quiet")
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"{warm['result']['kernels']} kernels, all of them from before, " in done.stdout
    assert done.stdout.rstrip().endswith(f"MiB, kept in {warm['result']['folder']}")


@compiler
def test_progress_is_on_standard_error(warm):
    assert warm
    assert simrisk("warmup").stderr.splitlines() == [
        "warming up: the study of simrisk init",
        "warming up: every kind of number",
        "warming up: sensitivity analysis",
        "warming up: what other studies use",
    ]


@compiler
@pytest.mark.parametrize("study", ["care", "bettercaretown", "elicited_schemes", "wpb_acute"])
def test_a_run_after_it_compiles_nothing(warm, study, tmp_path, configs):
    assert warm
    file = study_file(tmp_path) if study == "care" else configs / f"{study}.toml"
    run = f"run {file} --draws 64 --scenario all --quiet --json --out {tmp_path / 'x.nc'}"
    done = subprocess.run([sys.executable, "-c", AFTERWARDS, run], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stderr.split() == []


@compiler
def test_every_pass_that_a_call_was_compiled_of_is_compiled(warm):
    from simengine.jit_apart import _passes

    assert warm
    assert [one.name for one in _passes.values() if one.is_known and not one.cell.value] == []


def test_without_the_compiler_it_says_that_nothing_is_compiled(tmp_path):
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "SIMRISK_CACHE_DIR": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-m", "simengine", "warmup"], env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "the compiler is off (NUMBA_DISABLE_JIT): nothing is compiled"
    assert not (tmp_path / "none").exists()
