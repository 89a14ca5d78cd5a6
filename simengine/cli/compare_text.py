"""Two runs side by side, in words: means of both, the difference with its error, and the error that independent draws would give it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simengine.cli.figures import decimals_for, money, probability
from simengine.schema import CURRENCY, VARIABLES

if TYPE_CHECKING:
    from simengine.runs.comparison import Comparison, Side
    from simengine.statistics.paired import Difference

_SCALES = {"": 1.0, "k": 1e3, "m": 1e6}
_LABEL = 26
#: Outputs that are shown; all others are in --json.
_SHOWN = ("net_position", "net_saving", "net_benefit", "party_position", "settlement", "gain")


def compare_text(found: "Comparison") -> str:
    """The comparison as tables: for each output that differs one, by year and for the term."""
    lines = _head(found)
    unit = str(found.first.about["money_unit"])
    scale = _SCALES[unit.partition(" ")[2]]
    together: dict[tuple[str, tuple[tuple[str, str], ...]], list[Difference]] = {}
    for one in found.differences:
        if one.name in _SHOWN and VARIABLES[one.name].unit == CURRENCY:
            together.setdefault((one.name, one.entity), []).append(one)
    alike = []
    for (name, entity), periods in sorted(together.items(), key=lambda item: _SHOWN.index(item[0][0])):
        title = name.replace("_", " ") + (f": {', '.join(label for _, label in entity)}" if entity else "")
        if all(one.first == one.second and not one.at("sd")[0] > 0.0 for one in periods):
            alike.append(title)
        else:
            lines += ["", *_table(title, periods, scale, paired=found.paired)]
    if alike:
        lines += ["", f"The same in both: {', '.join(alike)}"]
    return "\n".join(lines)


def _head(found: "Comparison") -> list[str]:
    def stated(letter: str, side: "Side") -> str:
        about = side.about
        scenario = "" if side.scenario == "base" else f", scenario {side.scenario}"
        return f"{letter}: {about['title']}{scenario} ({side.path}; {side.draws:,} draws, {about['sampler']}, seed {about['seed']})"

    lines = [stated("A", found.first), stated("B", found.second)]
    how = f"draw by draw over {found.draws:,} draws" if found.paired else "as independent runs"
    lines.append(f"{found.first.about['money_unit']}; B less A {how}; ± is the Monte Carlo standard error of the difference")
    if found.failed:
        lines.append(f"{found.failed:,} {'draw' if found.failed == 1 else 'draws'} not finite in either run and left out of both")
    return lines


def _table(title: str, periods: "Sequence[Difference]", scale: float, *, paired: bool) -> list[str]:
    rows = [
        ("A, mean", [money(one.first / scale, one.unpaired / scale).partition(" ")[0] for one in periods]),
        ("B, mean", [money(one.second / scale, one.unpaired / scale).partition(" ")[0] for one in periods]),
        ("B less A, mean", [_stated(one, scale) for one in periods]),
    ]
    if paired:
        rows.append(("  P5 to P95", [_range(one, scale) for one in periods]))
        rows.append(("  chance B is higher", [probability(*one.at("p_above_zero")) for one in periods]))
        rows.append(("  ± with other draws", [_error(one.unpaired / scale) for one in periods]))
    width = max(2 + max(len(cell) for _, cells in rows for cell in cells), *(2 + len(one.period) for one in periods), 10)
    head = f"{title:<{_LABEL}}" + "".join(f"{one.period:>{width}}" for one in periods)
    return [head, *(f"{'  ' + label:<{_LABEL}}" + "".join(f"{cell:>{width}}" for cell in cells) for label, cells in rows)]


def _stated(one: "Difference", scale: float) -> str:
    value, error = one.at("mean")
    return money(value / scale, error / scale)


def _range(one: "Difference", scale: float) -> str:
    (low, error), (high, _) = one.at("q05"), one.at("q95")
    if not (math.isfinite(low) and math.isfinite(high)):
        return "-"
    places = decimals_for(error / scale, max(abs(low), abs(high)) / scale)
    return f"{low / scale:,.{places}f} to {high / scale:,.{places}f}"


def _error(error: float) -> str:
    """An error to its first two figures."""
    if not math.isfinite(error):
        return "-"
    return f"±{error:.2g}" if error > 0.0 else "±0"
