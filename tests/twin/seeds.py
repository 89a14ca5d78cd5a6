"""How many random studies (or other cases) an ordinary run of the tests takes; the others are for slow ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def quick(cases: Iterable[Any], ordinary: int) -> list[Any]:
    """The cases as parameters, of which all but the first ``ordinary`` ones are run only when slow tests are asked for."""
    return [pytest.param(case, marks=[pytest.mark.slow] if k >= ordinary else []) for k, case in enumerate(cases)]
