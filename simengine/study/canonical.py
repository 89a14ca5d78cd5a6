"""The identity of a study: one text for all studies that mean the same, whatever their comments, labels and number of draws."""

import json
from collections.abc import Sequence
from typing import Any

from simengine.study.places import ROOT, Place, is_distribution, step

_TEXTS = ("label", "notes", "title", "source", "owner", "date", "evidence", "need", "organisation", "calculation", "monitoring")
_NO_RESULT = ("simulation", "assumptions", "risks", "checks", "sensitivity")
"""Tables that change no result: the assumptions of a set are in the tree themselves."""


def canonical_text(tree: dict[str, Any], sampler: str, drivers: Sequence[str]) -> str:
    """Canonical JSON of a valid study tree with its scenarios.

    Left out: texts, and the number of draws, the seed and what is stored. Kept: the order of keys, which is the order of sums, and
    the order of the drivers in the file, which is that of their columns (a table opened twice leaves the tree alone and moves a driver).
    """
    study = {key: value for key, value in _stripped(tree, ROOT).items() if key not in _NO_RESULT}
    content = {"simulation": {"sampler": sampler}, "drivers": list(drivers), "study": study}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _stripped(node: Any, place: Place) -> Any:
    if isinstance(node, dict):
        # A name may be spelt like a text key: only where keys are words of the language is it one.
        words = place.table is not None or is_distribution(node)
        return {key: _stripped(value, step(place, key, node) or Place()) for key, value in node.items() if not (words and key in _TEXTS)}
    if isinstance(node, list | tuple):
        return [_stripped(item, step(place, at, node) or Place()) for at, item in enumerate(node)]
    if isinstance(node, int | float) and not isinstance(node, bool):
        # 1 and 1.0 are one number, and so are 0.0 and -0.0.
        return float(node) + 0.0
    return node
