"""Start-up stays quick: help and the package root load no numerical package."""

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
