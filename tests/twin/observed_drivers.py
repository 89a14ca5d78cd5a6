"""What was observed of drivers, which a scenario keeps."""

from __future__ import annotations


def keep_observed(tree: dict, scenario: dict, years: int) -> dict:
    """The study of a scenario in which a distribution or a constant in the place of an observed driver has its observed values."""
    result = dict(scenario)
    for key, value in tree.items():
        here = result.get(key)
        if isinstance(value, dict) and "dist" in value and "actual" in value:
            known = value["actual"]
            if isinstance(here, dict):
                result[key] = {"actual": known, **here}
            elif isinstance(here, list):
                result[key] = known[: len(here)] + here[len(known) :]
            elif isinstance(here, float | int):
                result[key] = known + [here] * (years - len(known))
        elif isinstance(value, dict) and isinstance(here, dict):
            result[key] = keep_observed(value, here, years)
    return result
