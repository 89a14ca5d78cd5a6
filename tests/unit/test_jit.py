"""The compile cache: where it is kept, and that it deletes nothing but its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit


def start(root: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")} | {"SIMRISK_CACHE_DIR": str(root)}
    code = "import simengine.jit, os; print(os.environ['NUMBA_CACHE_DIR'])"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)


def test_only_old_caches_of_ours_are_dropped(tmp_path: Path) -> None:
    foreign = [tmp_path / name for name in ("project", "simrisk-0123456789abcdef", "notes")]
    for folder in foreign:
        folder.mkdir()
    ours = [tmp_path / f"simrisk-{k:016x}" for k in range(1, 8)]
    for k, folder in enumerate(ours):
        folder.mkdir()
        (folder / "simrisk-kernels").touch()
        os.utime(folder / "simrisk-kernels", (1_000_000 + k, 1_000_000 + k))
    current = Path(start(tmp_path).stdout.strip())
    assert current.parent == tmp_path
    assert all(folder.exists() for folder in foreign)
    assert [folder.exists() for folder in ours] == [False, False, False, True, True, True, True]


def test_a_cache_that_cannot_be_written_is_one_notice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code = "import simengine.jit; print(simengine.jit.compiled_before())"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    environment["SIMRISK_CACHE_DIR"] = str(tmp_path / "file")
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert done.stderr.count("compiled kernels are not kept between runs") == 1
