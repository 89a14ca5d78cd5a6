"""Where the risk sits, in words and tables of 100 columns: parties beside risk categories, before settlement and after."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simengine.cli.sensitivity_text import WIDTH, amount, short, wrapped
from simengine.sensitivity_analysis.attribution import Attribution
from simengine.sensitivity_analysis.carried import AFTER, BEFORE, Carried
from simengine.sensitivity_analysis.discovery import percent
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, Array, Codes, Measures

_NAME, _NOUGHT, _UNKNOWN, _ARROW = 22, "~0", "-", " → "
_SYSTEM = "net_position"
#: Categories and parties named in a sentence, and the share of what is moved below which they are not.
_NAMED, _MINOR = 3, 0.05


class _Column(NamedTuple):
    """A column of the matrix: its heading, and places of its outputs: before settlement (or None) and after."""

    label: str
    before: int | None
    after: int


def attribution_text(
    found: Attribution, unit: str = "", scale: float = 1.0, *, year: str | None = None, title: str = "Where the risk sits"
) -> str:
    """For each year that was asked for, or one: shortfall and share of variance by category and party, and what the contract moves.

    Money is in ``unit``, of which one is ``scale`` in the currency. What has no position before settlement stands by itself.
    """
    times = list(dict.fromkeys((output.year, output.scenario) for output in found.parts.outputs))
    parts = [_of_year(found, when, (unit, scale), title) for when in times if year in (None, when[0])]
    if not parts:
        return f"{title}: no output of {year} was asked for"
    return "\n\n".join([*parts, "\n".join(line for note in found.parts.notes for line in wrapped(note))])


def _of_year(found: Attribution, when: tuple[str, str], money: tuple[str, float], title: str) -> str:
    """The tables and sentences of one year (or the term) and scenario."""
    (year, scenario), (unit, scale), attrs = when, money, found.parts.attrs
    columns = _columns(found.parts, year, scenario)
    shown = [column for column in columns if not (_verdicts(found.parts, column) == NO_VARIATION).all()]
    still = [column.label for column in columns if column not in shown]
    failed = f", {attrs['failed']:,} failed and left out" if attrs["failed"] else ""
    lines = [f"{title}: {year}{'' if scenario == 'base' else f' ({scenario})'}, {attrs['points']:,} draws{failed}"]
    tail = percent(float(attrs["tail"]))
    both = "; before settlement → after" if any(column.before is not None for column in columns) else ""
    if shown:
        lines += ["", f"Loss against plan in the worst {tail} of its own draws{f', {unit}' if unit else ''}{both}"]
        lines += _matrix(found, shown, "shortfall", scale)
        lines += ["", f"Share of variance{both}", *_matrix(found, shown, "variance_share", 0.01)]
    if still:
        lines += ["", *wrapped(f"The same in all draws, so without risk: {', '.join(still)}.")]
    if found.carried is not None:
        lines += ["", *_moved(found.carried, when, scale)]
    return "\n".join(lines)


def _columns(parts: Measures, year: str, scenario: str) -> list[_Column]:
    """Parties in their order, then everything else."""
    place = {output: k for k, output in enumerate(parts.outputs)}
    mine = [(k, output) for k, output in enumerate(parts.outputs) if (output.year, output.scenario) == (year, scenario)]
    parties, others = [], []
    for k, output in mine:
        entity = ".".join(label for _, label in output.entity)
        if output.name == AFTER:
            parties.append(_Column(entity, place.get(output._replace(name=BEFORE)), k))
        elif output.name != BEFORE or output._replace(name=AFTER) not in place:
            name = "system" if output.name == _SYSTEM else output.name
            others.append(_Column(f"{name} {entity}".strip(), None, k))
    return parties + others


def _verdicts(parts: Measures, column: _Column) -> Codes:
    places = [place for place in (column.before, column.after) if place is not None]
    return np.asarray(parts.verdict[:, :, places])


def _matrix(found: Attribution, columns: Sequence[_Column], measure: str, scale: float) -> list[str]:
    """A row for each category, largest first, and one for the whole; as many columns beside each other as there is room for."""
    parts, m = found.parts, found.parts.measures.index(measure)
    sizes = np.nansum(np.abs(parts.value[m][:, [column.after for column in columns]]), axis=1)
    order = np.argsort(-sizes, kind="stable").tolist()
    rows = [(parts.units[u], [_cell(parts, (m, u), column, scale) for column in columns]) for u in order]
    rows.append(("all together", [_cell(found.whole, (m, 0), column, scale) for column in columns]))
    widths = [2 + max(len(column.label), *(len(cells[k]) for _, cells in rows)) for k, column in enumerate(columns)]
    lines: list[str] = []
    first = 0
    while first < len(columns):
        last = first + 1
        while last < len(columns) and _NAME + 2 + sum(widths[first : last + 1]) <= WIDTH:
            last += 1
        heading = "".join(f"{columns[k].label:>{widths[k]}}" for k in range(first, last))
        lines += [f"  {'':<{_NAME}}{heading}"]
        for name, cells in rows:
            lines.append(f"  {short(name, _NAME):<{_NAME}}" + "".join(f"{cells[k]:>{widths[k]}}" for k in range(first, last)))
        first = last
    return lines


def _cell(found: Measures, row: tuple[int, int], column: _Column, scale: float) -> str:
    after = _figure(found, (*row, column.after), scale)
    return after if column.before is None else f"{_figure(found, (*row, column.before), scale)}{_ARROW}{after}"


def _figure(found: Measures, place: tuple[int, int, int], scale: float) -> str:
    """A figure to the digits that its interval supports."""
    verdict = found.verdict[place]
    if verdict in (NO_VARIATION, NOT_DISTINGUISHABLE):
        return _NOUGHT
    if verdict == NOT_KNOWN and not math.isfinite(found.value[place]):
        return _UNKNOWN
    value, half = found.value[place] / scale, (found.high[place] - found.value[place]) / scale
    if found.measures[place[0]] == "variance_share":
        return f"{value:.{1 if 0.0 < half < 1.0 else 0}f}%"
    return amount(value, half)


def _moved(carried: Carried, when: tuple[str, str], scale: float) -> list[str]:
    """A sentence for each party that the contract relieves or burdens in its worst draws."""
    lines, idle = ["What the contract moves in the draws that are worst for a party before settlement"], []
    places = [t for t, pair in enumerate(carried.pairs) if (carried.outputs[pair.worst].year, carried.outputs[pair.worst].scenario) == when]
    for worst in dict.fromkeys(carried.pairs[t].worst for t in places):
        mine = [t for t in places if carried.pairs[t].worst == worst]
        sentence = _sentence(carried, mine, worst, scale)
        name = _party(carried, worst)
        if sentence:
            lines += wrapped(f"{name}: {sentence}")
        else:
            idle.append(name)
    if idle and len(lines) > 1:
        lines += wrapped(f"Nothing that can be told from nothing for {', '.join(idle)}.")
    if len(lines) == 1:
        return wrapped("No contract moves money between parties in any party's worst draws.", "")
    return lines + wrapped("Whatever a contract moves from one party goes to others: it leaves the risk of the system as it is.")


def _sentence(carried: Carried, mine: Sequence[int], worst: int, scale: float) -> str:
    """What a party is paid in its worst draws, for what, and by whom; empty where it is nothing."""
    to_itself = next(t for t in mine if carried.pairs[t].before == worst)
    parts = _sure(carried, to_itself)
    paid = float(parts.sum())
    if paid == 0.0:
        return ""
    others = {_party(carried, carried.pairs[t].before): float(_sure(carried, t).sum()) for t in mine if t != to_itself}
    half = sum(float(carried.high[c, to_itself] - carried.value[c, to_itself]) for c in np.flatnonzero(parts)) / scale
    causes = _largest(dict(zip(carried.categories, parts.tolist(), strict=True)), paid, half, scale) or "many causes"
    other_side = _largest({name: -value for name, value in others.items()}, paid, half, scale) or "many"
    stated = amount(abs(paid) / scale, half)
    return f"it is paid {stated}, for {causes}; by {other_side}." if paid > 0.0 else f"it pays {stated}, for {causes}; to {other_side}."


def _sure(carried: Carried, pair: int) -> Array:
    """What is paid by category, 0 where it cannot be told from nothing."""
    value = carried.value[:, pair]
    return np.asarray(np.where(np.isfinite(value) & (carried.verdict[:, pair] != NOT_DISTINGUISHABLE), value, 0.0))


def _largest(amounts: dict[str, float], whole: float, half: float, scale: float) -> str:
    """The largest few; what goes the other way than the whole has a minus."""
    order = sorted(amounts, key=lambda name: -abs(amounts[name]))
    kept = [name for name in order if abs(amounts[name]) > _MINOR * abs(whole)][:_NAMED]
    sign = 1.0 if whole > 0.0 else -1.0
    return ", ".join(f"{name} {amount(sign * amounts[name] / scale, half)}" for name in kept)


def _party(carried: Carried, place: int) -> str:
    return ".".join(label for _, label in carried.outputs[place].entity)
