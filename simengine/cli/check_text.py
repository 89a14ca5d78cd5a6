"""What ``simrisk check`` says: each driver's size and shape, its correlations, and in words who bears a gain and a loss."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from simengine.cli.figures import money
from simengine.engine.payoff import NOT_LESS, payoffs
from simengine.engine.plan import Prepared
from simengine.study.model import StudySpec
from simengine.study.register import Entry

_RATES = (0.01, 0.05)
_MOST_PAIRS = 15
_PATHS = {"constant": "", "independent": "  by year"}


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def driver_table(rows: list[dict[str, Any]]) -> str:
    """The drivers as a table; the experts of a pool stand below it, each by itself."""
    if not rows:
        return "no drivers: every number is a constant, so every draw is the plan"
    listed = [(row, row["name"]) for row in rows]
    listed = [pair for row, name in listed for pair in [(row, name), *((one, _below(one["name"])) for one in row.get("experts", []))]]
    width = max(len(name) for _, name in listed)
    family = max(10, *(len(row["dist"]) for row, _ in listed))
    lines = ["", f"{'driver':<{width}}  {'dist':<{family}} {'mean':>10} {'P10':>10} {'P50':>10} {'P90':>10}  shape"]
    for row, name in listed:
        figures = " ".join([_mean(row), *(f"{_figure(row[key]):>10}" for key in ("p10", "p50", "p90"))])
        path = _PATHS.get(row["path"], f"  {row['path']}")
        seen = f"  observed {', '.join(_figure(value) for value in row['actual'])}" if "actual" in row else ""
        lines.append(f"{name:<{width}}  {row['dist']:<{family}} {figures}  {row['shape']}{path}{seen}")
    if any(not math.isfinite(row["mean"]) for row, _ in listed):
        lines.append("* has no mean: the plan value")
    return "\n".join(lines)


def _below(name: str) -> str:
    """An expert of a pool as it stands below the pool."""
    return f"  expert {int(name.rpartition('.')[2]) + 1}"


def _mean(row: dict[str, Any]) -> str:
    if math.isfinite(row["mean"]):
        return f"{_figure(row['mean']):>10}"
    return f"{_figure(row['plan']) + '*':>10}" if math.isfinite(row["plan"]) else f"{'-':>10}"


def correlation_words(rows: Sequence[dict[str, Any]]) -> str:
    """Each correlation group: its copula, and the rank correlation asked for (and used, where it was repaired) of each pair."""
    lines = []
    for row in rows:
        copula = "Gaussian copula" if row["df"] is None else f"Student t copula with {row['df']:g} degrees of freedom"
        measure = "rank correlation" if row["measure"] == "rank" else "Kendall's tau"
        lines.append(f"\n{row['name']}: {measure} of {len(row['drivers'])} drivers, {copula}")
        names = row["drivers"]
        places = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
        pairs = [(names[i], names[j], row["asked"][i][j], row["used"][i][j]) for i, j in places]
        shown = [pair for pair in pairs if pair[2] != 0.0 or abs(pair[3]) >= 0.0005]
        for one, other, asked, used in shown[:_MOST_PAIRS]:
            instead = "" if abs(used - asked) < 0.0005 else f" asked, {used:.3g} used"
            lines.append(f"  {one} and {other}: {asked:.3g}{instead}")
        if len(shown) > _MOST_PAIRS:
            lines.append(f"  and {len(shown) - _MOST_PAIRS} more pairs")
    return "\n".join(lines)


def register_words(entries: Sequence[Entry]) -> str:
    """The drivers whose assumptions are not on record, or out of date."""
    bad = [entry for entry in entries if entry.problems]
    if not bad:
        return f"\nassumption register: all {len(entries)} drivers have a risk, a source, an owner and a date"
    lines = [f"\nassumption register: {len(bad)} of {len(entries)} drivers are incomplete or out of date"]
    for entry in bad:
        place = ":".join(str(part) for part in (entry.file, entry.line) if part is not None)
        lines.append(f"  {place}: {entry.path}: {'; '.join(entry.problems)}")
    return "\n".join(lines)


def contract_words(ready: Prepared) -> str:
    """In words, per arrangement and year, who ends with what of a gain and of a loss of 1 % and of 5 % of the baseline."""
    layout, spec = ready.layout, ready.study.spec
    if not layout.arrangements:
        return ""
    # a threshold is met at the rate itself: rounding must not decide which side of it an example falls on
    signed = [sign * rate for rate in _RATES for sign in (1.0, -1.0)]
    found = payoffs(ready, [rate * NOT_LESS for rate in signed])
    payout, met, baselines = found.payout, found.met, found.baselines
    lines = []
    for a, name in enumerate(layout.arrangements):
        lines.append(f"\n{name}: who ends with what of a gain or a loss, at planned quality")
        said = []
        for t in range(spec.years):
            shares = [
                [(layout.parties[p], float(payout[a, t, p, k])) for arrangement, p in layout.members if arrangement == a]
                for k in range(len(signed))
            ]
            said.append([_who(shares[k], signed[k] * baselines[a, t], int(met[a, t, k])) for k in range(len(signed))])
        for _, alike in groupby(range(spec.years), key=said.__getitem__):
            years = list(alike)
            for k, rate in enumerate(signed):
                lines.append(_sentence(spec, years, rate, [float(baselines[a, t]) for t in years], said[years[0]][k]))
    return "\n".join(lines)


def _sentence(spec: StudySpec, years: Sequence[int], rate: float, baselines: Sequence[float], said: str) -> str:
    """What is said of a gain or loss of years (numbered from 0) that are all alike, with its amount in the first and the last."""
    labels, scale = spec.horizon.year_labels, spec.money.scale
    ends = sorted({years[0], years[-1]})
    amounts = dict.fromkeys(money(abs(rate) * baselines[t - years[0]] / scale) for t in ends)
    word = "gain" if rate > 0.0 else "loss"
    return f"  {' to '.join(labels[t] for t in ends)}: a {word} of {abs(rate):.0%} ({' to '.join(amounts)} {spec.money.unit}) {said}"


def _who(shares: list[tuple[str, float]], amount: float, met: int) -> str:
    """The end of the sentence: who has what part, and how much of the amount is shared at all."""
    word, total = "gain" if amount > 0.0 else "loss", sum(value for _, value in shares)
    if abs(total) < 1e-9 * abs(amount):
        rate = "minimum savings rate" if word == "gain" else "minimum loss rate"
        # a rate that is met exactly leaves rounding, a guardrail nothing at all
        why = f"does not go beyond the {rate}" if met == 0 or total != 0.0 else "leaves nothing to share"
        return f"{why}: it stays where payment leaves it"
    parts = ", ".join(f"{party} {value / total:.0%}" for party, value in shares if value != 0.0)
    part = abs(total / amount)
    shared = "" if part > 0.9995 else f" (of the {part:.0%} of it that is shared)"
    return f"{'goes to' if word == 'gain' else 'is borne by'} {parts}{shared}"
