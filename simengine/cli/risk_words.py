"""In words, who bears what of a line when its volume or its cost differs from plan (WPB 1.1.2; MODEL.md section 5)."""

from collections.abc import Iterator, Sequence

from simengine.engine.plan import Prepared
from simengine.study.defaults import payers_of
from simengine.study.services import Service

_MOST_LINES = 4


def risk_words(ready: Prepared) -> str:
    """One sentence for all lines with the same terms: who bears volume, price and unit cost."""
    spec = ready.study.spec
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, line in spec.services.items():
        alike.setdefault(tuple(_sentences(ready, name, line)), []).append(name)
    lines = ["\nwho bears a difference from plan, before any gain or loss is shared"]
    for sentences, names in alike.items():
        lines.append(f"  {_named(names)}: {'; '.join(sentences)}")
    return "\n".join(lines)


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_LINES
    return ", ".join(names) if rest <= 1 else f"{', '.join(names[:_MOST_LINES])} and {rest} more"


def _sentences(ready: Prepared, name: str, line: Service) -> Iterator[str]:
    spec = ready.study.spec
    payers = [str(payer) for payer in payers_of(spec, name)]
    if set(payers) == {line.provider}:
        yield f"{line.provider} provides what it pays for and bears all"
        return
    payer = payers[0] if len(set(payers)) == 1 else " then ".join(dict.fromkeys(payers))
    yield _volume(ready, name, line, payer)
    yield _price(line, payer)
    fixed = ready.drafts[0].book.planned(ready.drafts[0].slots[name].fixed_share)
    if fixed.any():
        years = f"over {line.release_years} year{'' if line.release_years == 1 else 's'}" if line.release_years else "at once"
        yield f"unit cost is {line.provider}'s, {fixed[0]:.0%} of it fixed and released {years}"
    else:
        yield f"unit cost is {line.provider}'s"


def _volume(ready: Prepared, name: str, line: Service, payer: str) -> str:
    share = float(ready.drafts[0].book.planned(ready.drafts[0].slots[name].variable_share)[0])
    if line.marginal_bands:
        edges = [f"{band.side} {band.from_edge:.0%}" for band in line.marginal_bands.values()]
        return f"volume: {payer} pays {share:.0%} of it, and other shares in bands ({', '.join(edges)} of plan)"
    if share == 1.0:
        return f"volume is {payer}'s (paid by activity)"
    if share == 0.0:
        return f"volume is {line.provider}'s (block)"
    return f"volume: {payer} {share:.0%}, {line.provider} {1.0 - share:.0%} (blended)"


def _price(line: Service, payer: str) -> str:
    if line.payment_price == "plan":
        return f"price is {line.provider}'s (paid at the planned price)"
    return f"price is {payer}'s for the volume it pays (tariff)"
