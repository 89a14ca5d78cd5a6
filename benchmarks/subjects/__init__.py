"""Studies of many sizes, the same on every machine. Importing this package fills ``SUBJECTS`` and ``ALL``."""

from benchmarks.subjects import files, large, medium, small  # noqa: F401  (each registers itself)
from benchmarks.subjects.registry import ALL, SUBJECTS, Subject, Tree

__all__ = ["ALL", "SUBJECTS", "Subject", "Tree"]
