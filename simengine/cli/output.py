"""What every command shares: options, errors as text or JSON with the right exit code, and numbers that JSON can hold."""

import functools
import json
import math
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from simengine.errors import Problem, SimriskError, StudyError
from simengine.version import VERSION

_F = TypeVar("_F", bound=Callable[..., Any])
FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130
INTERRUPTED_TEXT = "interrupted: what was finished is kept, what was not is not written"


class WrongInput(SimriskError):
    """Raised when an input file other than a study cannot be used (exit code 2); ``problems`` holds everything found wrong with it."""

    def __init__(self, text: str = "", problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems) or (Problem("", text),)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def common_options(function: _F) -> _F:
    """``--json``, ``--quiet`` and ``--debug``; problems become messages and exit codes, never a traceback."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else on standard output.")
    @click.option("-q", "--quiet", is_flag=True, help="No progress and no messages on standard error, except errors.")
    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(function)
    def wrapped(*args: Any, as_json: bool, quiet: bool, debug: bool, **kwargs: Any) -> None:
        try:
            function(*args, as_json=as_json, quiet=quiet, **kwargs)
        except click.ClickException:
            raise
        except StudyError as error:
            _fail(error.kind, error.problems, WRONG_INPUT, as_json, debug)
        except WrongInput as error:
            _fail("input", error.problems, WRONG_INPUT, as_json, debug)
        except SimriskError as error:
            _fail("failed", [Problem("", str(error))], FAILED, as_json, debug)
        except KeyboardInterrupt as error:
            # a run that was long enough to keep something says what, and how to go on
            _fail("interrupted", [Problem("", str(error) or INTERRUPTED_TEXT)], INTERRUPTED, as_json, debug)
        except MemoryError:
            _fail("failed", [Problem("", "not enough memory: use fewer draws")], FAILED, as_json, debug)
        except BrokenPipeError:
            # the reader of our output has gone (| head): nothing more to say
            sys.stderr.close()
            sys.exit(FAILED)
        except Exception as error:  # a fault of ours: say so, and keep the traceback for --debug
            text = f"a fault in simrisk ({type(error).__name__}: {error}); please report it, with the output of --debug"
            _fail("fault", [Problem("", text)], FAILED, as_json, debug)

    # click hands the three options on by name; the type of the wrapped command stays what its decorators see
    return wrapped  # type: ignore[return-value]


def _fail(kind: str, problems: Sequence[Problem], code: int, as_json: bool, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    if as_json:
        click.echo(error_json(kind, problems))
    else:
        for problem in problems:
            click.echo(f"error: {_line(problem)}", err=True)
        if len(problems) > 1:
            click.echo(f"{len(problems)} problems", err=True)
    sys.exit(code)


def error_json(kind: str, problems: Sequence[Problem]) -> str:
    """The JSON object of an error (INTERFACE.md, "JSON")."""
    return json.dumps({"error": {"kind": kind, "problems": [problem.as_dict() for problem in problems]}})


def _line(problem: Problem) -> str:
    text = str(problem)
    return text.removeprefix(": ").removesuffix("..") if not problem.path and problem.file is None else text


def say(text: str, quiet: bool) -> None:
    """A message for the person at the terminal."""
    if not quiet:
        click.echo(text, err=True)


def clean(value: object) -> object:
    """A value as JSON holds it: NaN and infinities are null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if hasattr(value, "item"):
        return clean(value.item())
    return value


def envelope(command: str, result: object, **about: object) -> str:
    """The JSON object of a command (INTERFACE.md, "JSON")."""
    stated = {"schema": "1", "command": command, "version": VERSION, **about, "result": result}
    stated.setdefault("warnings", [])
    return json.dumps(clean(stated), allow_nan=False)
