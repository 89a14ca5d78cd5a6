"""What can go wrong, as one tree.

SimriskError                 anything this package explains
├── StudyError               a study file is wrong: carries every Problem found (exit code 2)
│   └── DataError            a file of data, or the data in it, is wrong in the same way
├── ParameterError           a distribution was given parameters that describe none
├── BaselineError            amounts or counts from which no baseline can be built, or one that must not be built
├── ResultError              a result file cannot be read, written or trusted
└── SimulationError          the work itself failed (too many failed draws)
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a study: where it is, what was found, the rule it breaks, and the nearest valid name."""

    path: str
    rule: str
    value: object = None
    nearest: str | None = None
    line: int | None = None
    file: str | None = None

    def __str__(self) -> str:
        """``file:line: path: rule (found value). Did you mean …?`` with the parts that are known."""
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        found = "" if self.value is None else f" (found {_shown(self.value)})"
        hint = "" if self.nearest is None else f' Did you mean "{self.nearest}"?'
        return ": ".join(part for part in (place, self.path) if part) + f": {self.rule}{found}.{hint}"

    def as_dict(self) -> dict[str, object]:
        """The problem as a JSON object (INTERFACE.md, "JSON")."""
        found = asdict(self)
        if not isinstance(self.value, str | int | float | bool | type(None)):
            found["value"] = _shown(self.value)
        return {key: found[key] for key in ("file", "line", "path", "value", "rule", "nearest")}


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 80 else text[:77] + "..."


class SimriskError(Exception):
    """Raised when simrisk can say what went wrong; its text is meant for the user."""


class StudyError(SimriskError):
    """Raised when a study cannot be used; ``problems`` holds everything that was found wrong with it."""

    kind = "study"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(StudyError):
    """Raised when data, or the file that holds them, cannot be used; ``problems`` holds everything that was found wrong."""

    kind = "input"


class ParameterError(SimriskError):
    """Raised when parameters describe no distribution; ``faults`` are pairs (parameter, rule)."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{name}: {rule}" for name, rule in self.faults))


class BaselineError(SimriskError):
    """Raised when no baseline can be built; ``faults`` are triples (line of service or unit, column, rule), either name may be empty."""

    def __init__(self, faults: Sequence[tuple[str, str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(": ".join(part for part in fault if part) for fault in self.faults))


class ResultError(SimriskError):
    """Raised when a result file cannot be read, written or trusted."""


class SimulationError(SimriskError):
    """Raised when a run failed as a whole, for example because too many of its draws are not finite."""
