"""The one list of what is benchmarked."""

from collections.abc import Callable
from typing import Any

Tree = dict[str, Any]
#: Every subject by name: a function that builds the tree of a study (what its TOML file would hold).
SUBJECTS: dict[str, Callable[[], Tree]] = {}


def register(build: Callable[[], Tree]) -> Callable[[], Tree]:
    """Add a subject under its function's name."""
    SUBJECTS[build.__name__] = build
    return build
