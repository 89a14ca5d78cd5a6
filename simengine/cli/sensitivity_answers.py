"""The text of ``simrisk sensitivity``: each method's tables, one after another."""

from collections.abc import Iterator, Sequence

import numpy as np

from simengine.cli.information_text import information_text
from simengine.cli.sensitivity_text import (
    amount,
    conditions_text,
    events_text,
    given_data_text,
    plain,
    short,
    spider_text,
    tornado_text,
    wrapped,
)
from simengine.runs.analyses import Answer
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, VERDICTS, Measures
from simengine.sensitivity_analysis.morris import Screening
from simengine.sensitivity_analysis.sobol import DUMMY
from simengine.study.model import MoneyUnit

_MOST = 15
_WORDS = {"first": "alone", "total": "in all", "shapley": "share", "closed": "together", "interaction": "beyond both"}


def answers_text(answers: Sequence[Answer], money: MoneyUnit) -> str:
    """Every answer in words and tables; amounts in the study's unit."""
    return "\n\n".join(part for answer in answers for part in _parts(answer, money))


def _parts(answer: Answer, money: MoneyUnit) -> Iterator[str]:
    found, unit, scale = answer.detail, money.unit, money.scale
    if answer.method in ("sobol", "shapley"):
        for measures in answer.measures:
            yield from (shares_text(measures, k) for k in range(len(measures.outputs)))
    elif answer.method == "morris":
        yield from (screening_text(found, k, unit, scale) for k in range(len(found.found.outputs)))
    elif answer.method == "risk":
        from simengine.cli.attribution_text import attribution_text

        yield attribution_text(found, unit, scale)
    elif answer.method == "tornado":
        for bars in found:
            for k, output in enumerate(bars.found.outputs):
                own = (unit, scale) if output.unit == money.currency else ("", 1.0)
                yield tornado_text(bars, k, *own)
                yield spider_text(bars, k, *own)
    elif answer.method == "given-data":
        yield from (given_data_text(found, k) for k in range(len(found.found.outputs)))
    elif answer.method == "events":
        yield from (events_text(one, k) for one in found for k in range(len(one.events)))
    elif answer.method == "discovery":
        yield from (conditions_text(one, event.text) for event, one in zip(found.events, found.found, strict=True))
    else:
        yield information_text(found, unit, scale)


def shares_text(found: Measures, k: int) -> str:
    """Shares of the variance of one output, the largest first."""
    about, last = found.attrs, len(found.measures) - 1
    lines = wrapped(f"{found.outputs[k].text()}: {_title(found)} ({about['points']:,} points, {about['runs']:,} runs of the model)", "")
    verdicts = found.verdict[:, :, k]
    judged = [u for u, unit in enumerate(found.units) if unit != DUMMY]
    if (verdicts[:, judged] == NO_VARIATION).all():
        return "\n".join([*lines, f"  {VERDICTS[NO_VARIATION]}"])
    key = last if found.measures[last] != "interaction" else found.measures.index("interaction")
    order = sorted(judged, key=lambda u: -_known(found.value[key, u, k]))
    clear = [u for u in order if verdicts[key, u] == PLAIN]
    lines.append(f"  {'':<40}" + "".join(f"{_WORDS[name]:>20}" for name in found.measures))
    for u in clear[:_MOST]:
        cells = [_cell(found, (m, u, k)) for m in range(len(found.measures))]
        lines.append(f"  {short(found.units[u], 40):<40}" + "".join(f"{cell:>20}" for cell in cells))
    if len(clear) > _MOST:
        lines += wrapped(f"{len(clear) - _MOST} others have smaller shares (--json has them all)")
    lines += _small(found, k, order, verdicts[key], clear)
    return "\n".join([*lines, *_summary(found, k, judged)])


def _title(found: Measures) -> str:
    names = {"sobol": "share of the variance that each driver brings", "shapley": "shares of the variance, interactions shared equally"}
    return "pairs of drivers" if "closed" in found.measures else names[found.method]


def _small(
    found: Measures, k: int, order: Sequence[int], verdict: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", clear: Sequence[int]
) -> list[str]:
    """What cannot be told from none, named where it is little."""
    names = [found.units[u] for u in order if verdict[u] == NOT_DISTINGUISHABLE]
    unknown = [found.units[u] for u in order if verdict[u] == NOT_KNOWN]
    lines = []
    if names:
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        lines += wrapped(f"{VERDICTS[NOT_DISTINGUISHABLE]}: {shown}")
    return lines + (wrapped(f"{VERDICTS[NOT_KNOWN]}: {', '.join(unknown)}") if unknown else [])


def _summary(found: Measures, k: int, judged: Sequence[int]) -> list[str]:
    """The table in a sentence."""
    if found.measures[0] == "first":
        alone = float(np.nansum(found.value[0, judged, k]))
        dummy = found.value[0, found.units.index(DUMMY), k]
        half = found.high[0, found.units.index(DUMMY), k] - dummy
        text = f"Alone, the drivers bring {100 * alone:.0f}% of the variance; {100 * (1 - alone):.0f}% comes from drivers acting together."
        return wrapped(f"{text} A driver without effect would get {plain(dummy, half)} ± {half:.3f} from a plain product estimate.")
    if found.measures[0] == "shapley":
        return wrapped(f"The shares add up to {float(np.nansum(found.value[0, :, k])):.3f}.")
    return []


def _cell(found: Measures, place: tuple[int, int, int]) -> str:
    value, half = float(found.value[place]), float(found.high[place] - found.value[place])
    if not np.isfinite(value):
        return "-"
    return f"{plain(value, half)} ± {half:.3f}" if half >= 0.0005 else plain(value, half)


def _known(value: float) -> float:
    return value if np.isfinite(value) else -np.inf


def screening_text(found: Screening, k: int, unit: str, scale: float) -> str:
    """Effects of one output, the largest first, with what each driver is."""
    measures, about = found.found, found.found.attrs
    lines = wrapped(f"{measures.outputs[k].text()}: screening ({about['points']:,} points, {about['runs']:,} runs), effects in {unit}", "")
    size = measures.measures.index("mu_star")
    order = sorted(range(len(measures.units)), key=lambda u: -_known(measures.value[size, u, k]))
    kept = [u for u in order if found.class_of(measures.units[u], k) != "negligible"]
    lines.append(f"  {'':<40}{'mean effect':>16}{'interaction':>16}  class")
    interaction = measures.measures.index("interaction")
    for u in kept[:_MOST]:
        value, half = float(measures.value[size, u, k]), float(measures.high[size, u, k] - measures.value[size, u, k])
        shown = amount(value / scale, half / scale)
        cells = f"{shown:>16}{_cell(measures, (interaction, u, k)):>16}  {found.class_of(measures.units[u], k)}"
        lines.append(f"  {short(measures.units[u], 40):<40}{cells}")
    if len(order) > len(kept):
        lines += wrapped(f"negligible: {', '.join(measures.units[u] for u in order if u not in kept)}")
    return "\n".join(lines)
