"""What a contract moves, by risk category, from whom to whom, in the worst draws of each party before it settles.

A party's position after settlement less that before is what it is paid, and the split over categories is linear, so the difference of the
parts is the split of the settlement. Settlements of all parties sum to zero on every draw; so do these differences in every category.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity_analysis.measures import VERDICTS, Array, Codes, Output

BEFORE, AFTER = "party_position_before", "party_position"


class Pair(NamedTuple):
    """Whose worst draws (place of its position before settlement), and who is paid (places before and after)."""

    worst: int
    before: int
    after: int


def pairs_of(outputs: Sequence[Output]) -> tuple[Pair, ...]:
    """Every party with every party, by scenario and year, of those whose position is there before and after settlement."""
    place = {output: k for k, output in enumerate(outputs)}
    both = [(k, place.get(output._replace(name=AFTER))) for k, output in enumerate(outputs) if output.name == BEFORE]
    known = [(before, after) for before, after in both if after is not None]
    same = {k: (outputs[k].scenario, outputs[k].year) for k, _ in known}
    return tuple(Pair(worst, before, after) for worst, _ in known for before, after in known if same[worst] == same[before])


@kernel
def add_carried(sums: Floats, parts: Floats, tail: Floats, near: Floats, pairs: Ints, group: Ints) -> None:
    """Add to ``sums`` (2, player, pair, group) what is paid in the tail of the pair's worst draws, and about its threshold.

    ``parts`` (row, output, point), the first rows are the players; ``pairs`` (pair, 3); ``group`` is −1 at a point that is left out.
    """
    for c in range(sums.shape[1]):
        for t in range(pairs.shape[0]):
            w, b, a = pairs[t, 0], pairs[t, 1], pairs[t, 2]
            for p in range(group.shape[0]):
                g = group[p]
                if g >= 0:
                    paid = parts[c, a, p] - parts[c, b, p]
                    sums[0, c, t, g] += tail[w, p] * paid
                    sums[1, c, t, g] += near[w, p] * paid


@dataclass(frozen=True)
class Carried:
    """Mean of what parties are paid in each other's worst draws, by category, with 95 % intervals.

    Attributes
    ----------
    categories
        Risk categories (or whatever the groups were).
    pairs
        Whose worst draws and who is paid, as places in ``outputs``.
    outputs
        The outputs of the analysis.
    value, low, high
        Shape (category, pair), money: positive where the party is paid. Over all who are paid they sum to zero.
    verdict
        Shape (category, pair), place in ``measures.VERDICTS``.
    """

    categories: tuple[str, ...]
    pairs: tuple[Pair, ...]
    outputs: tuple[Output, ...]
    value: Array
    low: Array
    high: Array
    verdict: Codes

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """A row for each category, party whose worst draws they are, and party that is paid."""
        for t, pair in enumerate(self.pairs):
            output = self.outputs[pair.worst]
            parties = {"worst_for": _name(output), "paid_to": _name(self.outputs[pair.before])}
            for c, category in enumerate(self.categories):
                numbers = {name: _known(getattr(self, name)[c, t]) for name in ("value", "low", "high")}
                place = {"scenario": output.scenario, "year": output.year, **parties, "group": category}
                yield {**place, **numbers, "verdict": VERDICTS[int(self.verdict[c, t])]}


def _name(output: Output) -> str:
    return ".".join(label for _, label in output.entity)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
