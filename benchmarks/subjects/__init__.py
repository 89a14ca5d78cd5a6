"""Studies of three sizes, built in code, the same on every machine. Importing this package fills ``SUBJECTS``."""

from benchmarks.subjects import large, medium, small  # noqa: F401  (each registers itself)
from benchmarks.subjects.registry import SUBJECTS, Tree

__all__ = ["SUBJECTS", "Tree"]
