"""What a summary says of how the numbers were drawn: rank correlations asked and got, and what the assumption register lacks."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_PAIRS = 6
_REGISTER = ("source", "owner", "date")


def correlation_lines(attributes: Mapping[str, Any]) -> Iterator[str]:
    """Each correlation group of a run: its pairs where they are few, else the pair whose draws lie farthest from what was asked."""
    for group in json.loads(attributes.get("correlations", "[]")):
        names, asked, used, got = group["drivers"], group["asked"], group["used"], group["got"]
        measure = "Spearman's rank correlation" if group["measure"] == "rank" else "Kendall's tau"
        yield f"{measure} asked and got ({str(group['copula']).replace('_', ' ')} copula)"
        pairs = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
        if len(pairs) > _PAIRS:
            worst = max(pairs, key=lambda pair: abs(got[pair[0]][pair[1]] - used[pair[0]][pair[1]]))
            yield f"  {len(pairs)} pairs of {len(names)} drivers; the farthest apart:"
            pairs = [worst]
        for i, j in pairs:
            repaired = "" if used[i][j] == asked[i][j] else f", repaired to {used[i][j]:.3f}"
            yield f"  {names[i]}, {names[j]}: {asked[i][j]:g}{repaired}, got {got[i][j]:.3f}"


def register_line(attributes: Mapping[str, Any]) -> str:
    """How complete the assumption register is; empty without drivers."""
    drivers = json.loads(attributes.get("drivers", "{}"))
    lacking = {key: sum(1 for driver in drivers.values() if not driver.get(key)) for key in _REGISTER}
    if not drivers:
        return ""
    stated = ", ".join(f"{count} without {key}" for key, count in lacking.items() if count)
    rest = f", {stated} (simrisk check STUDY --strict lists them)" if stated else ", each with source, owner, date"
    return f"Assumptions: {len(drivers)} drivers{rest}"
