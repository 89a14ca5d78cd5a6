"""The one list of what is benchmarked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from simengine.study.load import Study, load_study

Tree = dict[str, Any]
#: Subjects built in code by name: a function that builds the tree of a study (what its TOML file would hold). The NumPy twin knows these.
SUBJECTS: dict[str, Callable[[], Tree]] = {}


@dataclass(frozen=True)
class Subject:
    """A study that is timed: ``write`` puts its files into a folder (or leaves them where they are) and returns the path of its TOML file.

    ``tree`` builds the tree that the NumPy twin of the whole model reads; None where there is no such twin.
    """

    name: str
    write: Callable[[Path], Path]
    tree: Callable[[], Tree] | None = None

    def study(self, folder: Path) -> Study:
        """The study, read from its file as ``simrisk run`` reads it."""
        return load_study(self.write(folder))


#: All subjects by name.
ALL: dict[str, Subject] = {}


def add(subject: Subject) -> None:
    """Add a subject to the list."""
    ALL[subject.name] = subject


def register(build: Callable[[], Tree]) -> Callable[[], Tree]:
    """Add a subject built in code under its function's name."""

    def write(folder: Path) -> Path:
        path = folder / f"{build.__name__}.toml"
        path.write_text(tomlkit.dumps(build()), encoding="utf-8")
        return path

    SUBJECTS[build.__name__] = build
    add(Subject(build.__name__, write, build))
    return build
