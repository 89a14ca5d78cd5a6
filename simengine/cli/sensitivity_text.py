"""Sensitivity in words and tables of 100 columns: a table for each output, figures to the digits that their intervals support."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from simengine.cli.figures import money, probability
from simengine.sensitivity_analysis.discovery import Conditions, percent
from simengine.sensitivity_analysis.events import MEASURES as OF_EVENTS
from simengine.sensitivity_analysis.events import EventDrivers
from simengine.sensitivity_analysis.given_data import MEASURES as OF_GIVEN
from simengine.sensitivity_analysis.given_data import GivenData
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_KNOWN, PLAIN, Measures
from simengine.sensitivity_analysis.tornado import Tornado

WIDTH = 100
_NAME, _CELL, _BAR = 38, 12, 17
_NOUGHT = "~0"
_MOST = 12
#: Half of a 95 % interval in standard errors: figures are rounded by the error.
_ERRORS = 2.0
_COLUMNS = (("rank corr.", "rank"), ("partial", "prcc"), ("regression", "src"), ("first order", "first"), ("delta", "delta"))


def short(name: str, room: int = _NAME) -> str:
    """A name that fits: its middle left out where it is too long."""
    if len(name) <= room:
        return name
    ahead = (room - 1) // 3
    return f"{name[:ahead]}…{name[len(name) - (room - 1 - ahead) :]}"


def wrapped(text: str, indent: str = "  ") -> list[str]:
    """A sentence on lines of 100 columns."""
    from textwrap import wrap

    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False, break_long_words=False)


def plain(value: float, half: float) -> str:
    """A measure to the first digit of its error, three decimals at most."""
    if not math.isfinite(value):
        return "-"
    error = half / _ERRORS
    places = min(max(-math.floor(math.log10(error)), 1), 3) if math.isfinite(error) and error > 0.0 else 3
    shown = f"{value:.{places}f}"
    return shown.removeprefix("-") if float(shown) == 0.0 else shown


def amount(value: float, half: float = math.nan) -> str:
    """An amount to the first digit of its error, without the error itself."""
    return money(value, half / _ERRORS).partition(" ")[0] if math.isfinite(half) and half > 0.0 else money(value)


def number(value: float, spread: float) -> str:
    """A driver's value as written in the study, to a hundredth or so of its spread."""
    if not math.isfinite(value):
        return "-"
    places = min(max(1 - math.floor(math.log10(spread)), 0), 12) if spread > 0.0 else 12
    return f"{round(value, places) + 0.0:.{places}f}" if spread > 0.0 else f"{value:.6g}"


def _half(found: Measures, place: tuple[int, int, int]) -> float:
    return float(max(found.high[place] - found.value[place], found.value[place] - found.low[place]))


def _title(found: Measures, k: int, what: str) -> str:
    failed = int(found.attrs.get("failed", 0))
    left_out = f", {failed:,} failed and left out" if failed else ""
    return f"{found.outputs[k].text()}: {what} ({found.attrs['draws']:,} draws{left_out})"


def _nothing(found: Measures, k: int) -> list[str]:
    """What is said in place of a table; empty where there is one."""
    verdicts = found.verdict[:, :, k]
    if found.units and (verdicts == NO_VARIATION).all():
        return ["  It is the same in all draws: nothing that is drawn matters to it."]
    if not found.units or (verdicts == NOT_KNOWN).all():
        return ["  Not known: too few draws that count, or none in which it differs."]
    return []


def _rest(names: Sequence[str], why: str) -> Iterable[str]:
    if names:
        yield from wrapped(f"{why}: {', '.join(names)}")


def given_data_text(given: GivenData, k: int, most: int = _MOST) -> str:
    """The measures of one output, the drivers with the largest share of the variance first."""
    found = given.found
    lines = wrapped(_title(found, k, "what goes with it"), "")
    if nothing := _nothing(found, k):
        return "\n".join(lines + nothing)
    first, delta = (found.value[OF_GIVEN.index(name), :, k] for name in ("first", "delta"))
    order = sorted(range(len(found.units)), key=lambda u: (-_or_least(float(first[u])), -_or_least(float(delta[u]))))
    shown = [u for u in order if (found.verdict[:, u, k] == PLAIN).any()]
    lines.append("  " + f"{'driver':<{_NAME}}" + "".join(f"{head:>{_CELL}}" for head, _ in _COLUMNS))
    for u in shown[:most]:
        cells = []
        for _, name in _COLUMNS:
            place = OF_GIVEN.index(name), u, k
            known = found.verdict[place]
            cells.append(plain(found.value[place], _half(found, place)) if known == PLAIN else "-" if known == NOT_KNOWN else _NOUGHT)
        lines.append(f"  {short(found.units[u]):<{_NAME}}" + "".join(f"{cell:>{_CELL}}" for cell in cells))
    if len(shown) > most:
        lines.append(f"  and {len(shown) - most} more that matter less")
    lines += _rest([found.units[u] for u in order if u not in shown], "Not distinguishable from zero at this size, by any measure")
    lines += wrapped(_given_summary(given, k, shown))
    return "\n".join(lines + [line for note in found.notes for line in wrapped(note)])


def _or_least(value: float) -> float:
    return float(value) if math.isfinite(value) else -math.inf


def _given_summary(given: GivenData, k: int, shown: Sequence[int]) -> str:
    """What the table says, in a sentence or two."""
    found, m = given.found, OF_GIVEN.index("first")
    known = [u for u in shown if found.verdict[m, u, k] == PLAIN][:3]
    if not known:
        return "No driver by itself moves its mean beyond what chance does at this size."
    shares = ", ".join(f"{found.units[u]} {percent(found.value[m, u, k])}" for u in known)
    explained = given.explained[0, k]
    straight = f" A straight line in all drivers explains {percent(explained)}." if math.isfinite(explained) else ""
    return f"By itself, of the variance: {shares}.{straight}"


def tornado_text(bars: Tornado, k: int, unit: str = "", scale: float = 1.0, most: int = _MOST) -> str:
    """The bars of one output, with the driver's values at both ends, in units of ``scale``."""
    found = bars.found
    lines = wrapped(
        _title(found, k, f"{bars.statistic.text()}{f', {unit}' if unit else ''}, where a driver is low and where it is high"), ""
    )
    if nothing := _nothing(found, k):
        return "\n".join(lines + nothing)
    order = np.argsort(bars.rank[:, k], kind="stable").tolist()
    shown = [u for u in order if found.verdict[2, u, k] == PLAIN]
    base = f"  All draws: {amount(bars.base[k] / scale, bars.base_half[k] / scale)}"
    stated = f"; plan: {amount(bars.plan[k] / scale)}" if math.isfinite(bars.plan[k]) and bars.statistic.name == "mean" else ""
    lines += [f"{base}{stated}", f"  {'':4}{'driver':<28}{'from':>10}{'to':>10}{'low':>{_CELL}}{'high':>{_CELL}}  - low, + high"]
    ends = found.value[:2][:, shown[:most], k] if shown else np.array([[bars.base[k]]])
    room = min(float(ends.min()), float(bars.base[k])), max(float(ends.max()), float(bars.base[k]))
    for u in shown[:most]:
        tied = (bars.rank[shown, k] == bars.rank[u, k]).sum() > 1
        place = f"{bars.rank[u, k]}{'=' if tied else ''}"
        low, high = (float(found.value[m, u, k]) for m in (0, 1))
        cells = [amount(value / scale, _half(found, (m, u, k)) / scale) for m, value in enumerate((low, high))]
        spread = float(bars.inputs[0, 2, u, k] - bars.inputs[0, 1, u, k])
        inputs = [number(float(bars.inputs[end, 0, u, k]), spread) for end in (0, 1)]
        name = short(found.units[u], 26) + ("*" if bars.companions[u] else "")
        bar = _bar(low, high, float(bars.base[k]), room)
        lines.append(f"  {place:<4}{name:<28}{inputs[0]:>10}{inputs[1]:>10}{cells[0]:>{_CELL}}{cells[1]:>{_CELL}}  {bar}".rstrip())
    if len(shown) > most:
        lines.append(f"  and {len(shown) - most} more with shorter bars")
    return "\n".join(lines + _tornado_notes(bars, k, order, shown, most))


def _bar(low: float, high: float, base: float, room: tuple[float, float]) -> str:
    """A bar about the base: minus signs to where a low driver takes the output, plus signs to where a high one does."""
    least, most = room
    width = most - least or 1.0
    places = [round((value - least) / width * (_BAR - 1)) for value in (low, high, base)]
    cells = [" "] * _BAR
    # the farther end first: where both are on one side the nearer one stays visible
    for mark, end in sorted((("-", places[0]), ("+", places[1])), key=lambda one: -abs(one[1] - places[2])):
        for place in range(min(end, places[2]), max(end, places[2]) + 1):
            cells[place] = mark
    cells[places[2]] = "|"
    return "".join(cells)


def _tornado_notes(bars: Tornado, k: int, order: Sequence[int], shown: Sequence[int], most: int) -> list[str]:
    found, lines = bars.found, []
    if any((bars.rank[shown, k] == bars.rank[u, k]).sum() > 1 for u in shown[:most]):
        lines += ["  =: swings that differ by no more than their error share a place."]
    told: set[frozenset[str]] = set()
    for u in shown[:most]:
        other = bars.companions[u][:1]
        if other and frozenset((found.units[u], other[0].name)) not in told:
            told.add(frozenset((found.units[u], other[0].name)))
            pair = f"{found.units[u]} and {other[0].name} move together (rank correlation {other[0].correlation:.2f})"
            lines += wrapped(f"* {pair}: the bar of each holds what the other does with it")
    moved = bars.moved_by(k)
    bent = [found.units[u] for u in order if u not in shown and moved[u]]
    lines += _rest(bent, "Without a bar, but it moves with what is between the ends (see the curve)")
    lines += _rest([found.units[u] for u in order if u not in shown and not moved[u]], "Not distinguishable from zero at this size")
    uneven = [found.units[u] for u in shown[:most] if abs(bars.shares[:, u, k] - 0.1).max() > 0.02]
    lines += _rest(uneven, "Values come up again and again, so the ends are not tenths of the draws")
    if not shown:
        return [*lines, "  No driver moves it beyond what chance does at this size."]
    most_of = [found.units[u] for u in shown if bars.rank[u, k] == 1]
    matter = "matters" if len(most_of) == 1 else "matter"
    tenths = "From and to: the driver's mean in its lowest and highest tenth of the draws."
    return [*lines, f"  {tenths}", *wrapped(f"{', '.join(most_of)} {matter} most.")]


def spider_text(bars: Tornado, k: int, unit: str = "", scale: float = 1.0, most: int = 6) -> str:
    """The statistic of one output in each tenth of the drivers that matter most, in units of ``scale``."""
    found = bars.found
    lines = wrapped(
        _title(found, k, f"{bars.statistic.text()}{f', {unit}' if unit else ''}, by tenth of a driver from lowest to highest"), ""
    )
    if nothing := _nothing(found, k):
        return "\n".join(lines + nothing)
    moved, span = bars.moved_by(k), np.nan_to_num(np.nanmax(bars.curve[..., k], axis=0) - np.nanmin(bars.curve[..., k], axis=0))
    shown = [u for u in np.argsort(-span, kind="stable").tolist() if moved[u]][:most]
    lines.append(f"  {'driver':<24}" + "".join(f"{band:>7}" for band in range(1, len(bars.curve) + 1)))
    for u in shown:
        pairs = zip(bars.curve[:, u, k] / scale, bars.curve_half[:, u, k] / scale, strict=True)
        cells = [amount(float(value), float(half)) for value, half in pairs]
        lines.append(f"  {short(found.units[u], 23):<24}" + "".join(f"{cell:>7}" if len(cell) < 7 else f" {cell}" for cell in cells))
    return "\n".join([*lines, *_bends(bars, k, shown)])


def _bends(bars: Tornado, k: int, shown: Sequence[int]) -> list[str]:
    """Which curves turn back beyond their error: a bar from end to end understates those."""
    turning = []
    for u in shown:
        steps = np.diff(bars.curve[:, u, k])
        error = np.hypot(bars.curve_half[1:, u, k], bars.curve_half[:-1, u, k])
        if (steps > error).any() and (steps < -error).any():
            turning.append(bars.found.units[u])
    said = list(_rest(turning, "These go up and down again, so their bars understate them"))
    return said or ["  Each goes one way all along."] if shown else ["  No driver moves it beyond what chance does at this size."]


def _chance(value: float, half: float, draws: float) -> str:
    """A chance in per cent to its error; one that no draw, or every draw, had is known to three in so many draws."""
    if value in (0.0, 1.0) and draws > 0.0:
        return probability(value, 1.0 / draws).replace("-", f"{100.0 * value:.0f}%")
    return f"{plain(100.0 * value, 100.0 * half)}%"


def events_text(drivers: EventDrivers, k: int, most: int = 6) -> str:
    """Which drivers bring one event about."""
    found, text = drivers.found, drivers.events[k].text
    own = [note for note in found.notes if note.startswith(f"{text}: ")]
    if own:
        return "\n".join(wrapped(own[0], ""))
    chance, half = float(drivers.chance[k]), float(drivers.chance_half[k])
    lines = [f"{text}: in {plain(100.0 * chance, 100.0 * half)}% of {found.attrs['draws']:,} draws"]
    if nothing := _nothing(found, k):
        return "\n".join(lines + nothing)
    m = {name: OF_EVENTS.index(name) for name in OF_EVENTS}
    shown = [u for u in np.argsort(-found.value[0, :, k], kind="stable").tolist() if found.verdict[0, u, k] == PLAIN]
    heads = ("driver low", "driver high", "distance", "first order")
    lines.append(f"  {'chance where':<{_NAME}}" + "".join(f"{head:>{_CELL}}" for head in heads))
    for u in shown[:most]:
        ends = (m["chance_low"], u, k), (m["chance_high"], u, k)
        draws = int(found.attrs["draws"])
        cells = [_chance(float(found.value[end]), _half(found, end), float(drivers.shares[e, u, k]) * draws) for e, end in enumerate(ends)]
        for name in ("distance", "first"):
            place = m[name], u, k
            cells.append(plain(found.value[place], _half(found, place)) if found.verdict[place] == PLAIN else _NOUGHT)
        lines.append(f"  {short(found.units[u]):<{_NAME}}" + "".join(f"{cell:>{_CELL}}" for cell in cells))
    if len(shown) > most:
        lines.append(f"  and {len(shown) - most} more that matter less")
    if not shown:
        return "\n".join([*lines, "  No driver decides it beyond what chance does at this size."])
    first = shown[0]
    direction = "high" if found.value[m["rank"], first, k] > 0.5 else "low"
    if found.verdict[m["rank"], first, k] != PLAIN:
        direction = "far from its middle, or near it"
    return "\n".join([*lines, *wrapped(f"{found.units[first]} decides it most: it happens where that is {direction}.")])


def conditions_text(found: Conditions, event: str) -> str:
    """The boxes of an event, one to a line, with what held on draws that had no part in finding them."""
    if not found.boxes:
        return "\n".join(wrapped(f"{event}: {found.note}", ""))
    lines = [f"{event}: in {percent(found.chance)} of the draws; mostly under these conditions"]
    for box in found.boxes:
        lines += wrapped(f"- {box.text('the event')}")
    together = f"Together {percent(found.together.coverage)} of the draws with it, {percent(found.together.density)} of such draws have it"
    return "\n".join([*lines, *wrapped(f"{together} (shares are of draws that had no part in finding the conditions).")])
