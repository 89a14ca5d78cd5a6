"""Shared set-up of the tests: one folder of compiled kernels, the project folder, and the folder of source documents."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent

# Set before anything imports simengine. Test processes, and the programs they start, share what one of them has compiled.
os.environ.setdefault("SIMRISK_CACHE_DIR", str(PROJECT / ".cache" / "kernels"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what tests/golden keeps anew: digests, page of worked examples")


@pytest.fixture(scope="session")
def project() -> Path:
    """The top folder of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def configs(project: Path) -> Path:
    """The folder of shipped studies."""
    return project / "configs"


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of source documents and tables: SIMRISK_SHARED, else ``shared`` beside the project. Skips when there is none."""
    folder = Path(os.environ.get("SIMRISK_SHARED") or PROJECT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no folder of source documents at {folder}; name one with SIMRISK_SHARED")
    return folder
