"""What is worth finding out before a decision, in words: for each party and the system, in the study's unit of money."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from simengine.cli.figures import decimals_for, money
from simengine.sensitivity_analysis.information import EVERYTHING, Information, Switch
from simengine.sensitivity_analysis.measures import NOT_DISTINGUISHABLE, NOT_KNOWN, VERDICTS, Measures

#: Drivers shown for each party unless more are asked for.
_SHOWN = 5
_WORDS = {"sign": ("before signing", "would"), "terms": ("before choosing the terms", "would choose")}


def information_text(found: Sequence[Information], unit: str, scale: float, shown: int = _SHOWN) -> str:
    """Every decision, party by party.

    Parameters
    ----------
    found
        From ``runs.decisions.information_of``.
    unit, scale
        The study's unit of money, and how many of the currency it is.
    shown
        How many drivers to list for each party.
    """
    if not found:
        return "There is no decision to inform: the contract changes no party's position, and the run has no scenarios to choose from."
    return "\n\n".join("\n".join(_decision(one, unit, scale, shown)) for one in found)


def _decision(one: Information, unit: str, scale: float, shown: int) -> Iterator[str]:
    when, does = _WORDS.get(one.decision, ("before deciding", "would choose"))
    about = one.evpi.attrs
    unit, scale = _readable(one, unit, scale)
    yield f"What is worth finding out {when} ({unit}, all years together; in brackets the 95% interval; {about['draws']:,} draws)"
    if about["failed"]:
        yield f"{about['failed']:,} of them are not finite and left out"
    for o, output in enumerate(one.evpi.outputs):
        who = dict(output.entity).get("party", "the system")
        if int(one.evpi.verdict[0, 0, o]) == NOT_KNOWN:
            yield f"{who}: {VERDICTS[NOT_KNOWN]}"
            continue
        chosen = one.options.index(one.preferred[o])
        best = f"on its mean, the best in {100 * one.chance_best[chosen, o]:.0f}% of draws"
        value, low, high = one.evpi.at("evpi", EVERYTHING, o)
        if value == 0.0:
            yield f"{who} {does} {one.preferred[o]} either way: nothing that it could find out is worth anything to it"
            continue
        yield f"{who} {does} {one.preferred[o]} ({best}); knowing everything would be worth {_range(value, low, high, scale)}"
        yield from _units(one.evppi, o, scale, shown, [switch for switch in one.switches if switch.output == o], when)
        yield from _units(one.by_group, o, scale, shown, [], when)


def _readable(one: Information, unit: str, scale: float) -> tuple[str, float]:
    """Thousands instead of millions where nothing is worth a million."""
    currency, _, size = unit.partition(" ")
    largest = max((abs(float(value)) for value in one.evpi.value.ravel()), default=0.0)
    return (f"{currency} k", scale / 1e3) if size == "m" and largest < scale else (unit, scale)


def _units(found: Measures, o: int, scale: float, shown: int, switches: Sequence[Switch], when: str) -> Iterator[str]:
    """The units that are worth most, and how many are worth nothing that can be told from none."""
    counted = [u for u in range(len(found.units)) if int(found.verdict[0, u, o]) != NOT_DISTINGUISHABLE]
    ranked = sorted(counted, key=lambda u: -float(found.value[0, u, o]))
    what = "driver" if found.kind == "driver" else "risk category"
    if not ranked:
        if found.units:
            yield f"  finding out any one {what} {when} would not change the choice"
        return
    yield f"  by {what}, worth up to"
    width = max(len(found.units[u]) for u in ranked[:shown])
    changes = {found.units.index(switch.unit): switch for switch in switches}
    for u, after in pairwise([*ranked[:shown], None]):
        assert u is not None
        value, low, high = (float(array[0, u, o]) for array in (found.value, found.low, found.high))
        line = f"    {found.units[u]:<{width}}  {_range(value, low, high, scale)}"
        if u in changes:
            line += f"  below {changes[u].value:.4g} {changes[u].below}, above {changes[u].above}"
        if after is not None and float(found.high[0, after, o]) > low:
            line += "  (may rank with the next)"
        yield line
    rest = len(found.units) - min(len(ranked), shown)
    if rest:
        less = "less, or nothing that can be told from none" if len(ranked) > shown else "nothing that can be told from none"
        yield f"    {rest} others: {less}"


def _range(value: float, low: float, high: float, scale: float) -> str:
    """``0.12 (0.10 to 0.14)``."""
    half = max((high - low) / 2.0, 0.0) / scale
    places = decimals_for(half, value / scale) if half > 0.0 else None
    if places is None:
        return money(value / scale)
    return f"{value / scale:,.{places}f} ({low / scale:,.{places}f} to {high / scale:,.{places}f})"
