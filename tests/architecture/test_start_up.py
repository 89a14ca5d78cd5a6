"""Start-up stays quick: help and the package root load no numerical package, other commands no more than they need."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.architecture

HEAVY = {"numpy", "scipy", "numba", "llvmlite", "xarray", "pandas", "h5py", "h5netcdf"}


def loaded_by(project, *command):
    """Top-level packages that a fresh Python loads while it runs ``command``, and what it writes to standard output."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    names = [line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {name.split(".")[0] for name in names}, done.stdout


def test_help_loads_no_numerical_package(project):
    loaded, text = loaded_by(project, "-m", "simengine", "--help")
    assert "simengine" in loaded
    assert loaded & HEAVY == set()
    assert "Usage" in text


def test_package_root_loads_no_numerical_package(project):
    loaded, _ = loaded_by(project, "-c", "import simengine; simengine.__version__")
    assert "simengine" in loaded
    assert loaded & HEAVY == set()


def test_a_baseline_method_loads_no_numerical_package(project):
    loaded, text = loaded_by(project, "-m", "simengine", "baseline", "provider-cost", "--help")
    assert loaded & HEAVY == set()
    assert "--contract-value" in text


def test_a_check_loads_no_package_of_results(project):
    loaded, text = loaded_by(project, "-m", "simengine", "check", "configs/minimal.toml")
    assert "pydantic" in loaded
    assert loaded & {"xarray", "pandas", "h5py", "h5netcdf"} == set()
    assert "services.emergency.growth" in text


def test_a_run_is_simulated_summarised_and_stored_without_xarray(project, tmp_path):
    again = ("-m", "simengine", "run", "configs/minimal.toml", "--draws", "64", "--quiet", "--out", str(tmp_path / "x.nc"))
    loaded, text = loaded_by(project, *again)
    assert "h5py" in loaded
    assert loaded & {"xarray", "pandas", "h5netcdf", "rich"} == set()
    assert "System net position" in text
    assert loaded_by(project, *again)[1] == text


def test_a_run_whose_inverse_tables_are_kept_loads_no_function_of_scipy(project, tmp_path):
    command = ["run", "configs/minimal.toml", "--draws", "64", "--quiet", "--out", str(tmp_path / "x.nc")]
    loaded_by(project, "-m", "simengine", *command)
    code = f"""
import sys
from simengine.cli.main import cli
cli({command}, prog_name="simrisk", standalone_mode=False)
assert not sys.modules.keys() & {{"scipy.special", "scipy.linalg", "scipy.stats", "scipy.optimize"}}
import scipy.linalg.cython_blas  # the compiler was loaded without it, and whoever wants it has it
"""
    _, text = loaded_by(project, "-c", code)
    assert "System net position" in text
