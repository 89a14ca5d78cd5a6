"""The rules as plain Python, so that they can be called with decimal numbers as `settle` does."""

from collections.abc import Callable
from typing import Any


def body(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The Python function of a rule: what numba compiled, or the function itself where the compiler is off."""
    return getattr(rule, "py_func", rule)
