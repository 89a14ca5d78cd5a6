"""Subjects that are files: the shipped studies, and the budget of thousands of lines. They have no NumPy twin of the whole model."""

from pathlib import Path

from benchmarks.subjects.huge import write_huge
from benchmarks.subjects.registry import Subject, add

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
#: Lines of the subject ``huge``; ``--huge`` has other numbers of them.
HUGE_LINES = 3_000


def _shipped(name: str) -> Subject:
    return Subject(name, lambda _: CONFIGS / f"{name}.toml")


add(_shipped("minimal"))
add(_shipped("bettercaretown"))
add(_shipped("budget_ten_years"))
add(Subject("huge", lambda folder: write_huge(folder, HUGE_LINES)))
