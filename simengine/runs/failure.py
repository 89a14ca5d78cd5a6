"""An error on its way from the worker that met it to the coordinator: errors that explain themselves arrive as themselves.

Exceptions do not travel well: pickling makes one again from its text, so that a StudyError would lose its problems, and what another
package raises may not exist on the other side.
"""

import pickle
import traceback
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from simengine.errors import Problem, SimriskError, SimulationError

_C = TypeVar("_C")


class FarTraceback(Exception):
    """The traceback of an error as the worker saw it, shown with ``--debug``."""

    def __str__(self) -> str:
        return "\n" + "".join(str(part) for part in self.args)


@dataclass(frozen=True)
class _AsShown:
    """A value that cannot travel, as it would be shown."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Done(Generic[_C]):
    """What a worker answers when all went well, and how many seconds it took to make."""

    chunk: _C
    seconds: float = 0.0


@dataclass(frozen=True)
class Failure:
    """An error as plain data.

    ``made`` is the class of an error of ours and ``content`` what it is made of; None for any other, of which ``text`` is all that is told.
    """

    made: type[SimriskError] | None
    content: tuple[Any, ...]
    text: str
    trace: str

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """The error that was raised, ready to travel."""
        trace = "".join(traceback.format_exception(error))
        if isinstance(error, SimriskError):
            content = _content(error)
            if _travels(content) and _made_again(type(error), content) is not None:
                return cls(type(error), content, str(error), trace)
            return cls(SimulationError, (str(error),), str(error), trace)
        if isinstance(error, MemoryError):
            return cls(None, (), "not enough memory", trace)
        return cls(None, (), ": ".join(part for part in (type(error).__name__, str(error)) if part), trace)

    def error(self, what: str, where: str) -> SimriskError:
        """The error to raise here; ``what`` could not be done ``where``, in words."""
        found: SimriskError | None = None if self.made is None else _made_again(self.made, self.content)
        if found is None:
            found = SimulationError(f"{what} could not be worked on {where}: {self.text}")
        found.__cause__ = FarTraceback(self.trace)
        return found


def _content(error: SimriskError) -> tuple[Any, ...]:
    """What an error is made of: its problems or faults where it has any, else what it was called with."""
    problems = getattr(error, "problems", None)
    if problems is not None:
        return (tuple(_plain(problem) for problem in problems),)
    faults = getattr(error, "faults", None)
    return error.args if faults is None else (faults,)


def _plain(problem: Problem) -> Problem:
    return problem if _travels(problem.value) else replace(problem, value=_AsShown(repr(problem.value)))


def _travels(value: object) -> bool:
    try:
        pickle.loads(pickle.dumps(value))
    except Exception:  # whatever a stranger's object raises
        return False
    return True


def _made_again(made: type[SimriskError], content: tuple[Any, ...]) -> SimriskError | None:
    try:
        return made(*content)
    except TypeError:
        return None
