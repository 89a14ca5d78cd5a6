"""What ``simrisk check`` says: each driver's size and shape, and in words who bears a gain and a loss."""

import math
from typing import Any

import numpy as np

from simengine.cli.figures import money
from simengine.engine.payoff import payoffs
from simengine.engine.plan import Prepared
from simengine.study.load import Study
from simengine.study.numbers import Uncertain
from simengine.study.plan import built_per_year
from simengine.study.walk import numbers

_BARS = "▁▂▃▄▅▆▇█"
_POINTS = (0.1, 0.5, 0.9)
_RATES = (0.01, 0.05)


def driver_rows(study: Study) -> list[dict[str, Any]]:
    """Every driver of the base study in file order: name, family, mean, P10, P50, P90 (of the first year), shape."""
    found = {}
    for number in numbers(study.spec):
        if isinstance(number.value, Uncertain):
            built = built_per_year(number.value, study.spec.years)[0]
            low, middle, high = (float(value) for value in built.quantile(np.array(_POINTS)))
            found[number.path] = {
                "name": number.path,
                "dist": number.value.dist,
                "mean": float(built.mean()),
                "p10": low,
                "p50": middle,
                "p90": high,
                "unit": _unit(number.unit, study),
                "path": number.value.path,
                "shape": _shape(built),
            }
    return [found[name] for name in study.drivers if name in found]


def _unit(kind: str, study: Study) -> str:
    """The unit that a driver is written in: the study's unit of money, the currency, or 1 for rates, shares and counts."""
    if kind in ("money", "limit"):
        return study.spec.money.unit
    return study.spec.money.currency if kind == "currency" else "1"


def _shape(built: Any) -> str:
    """A small histogram of a distribution between its 1 % and 99 % points."""
    draws = built.quantile((np.arange(400) + 0.5) / 400.0)
    low, high = float(draws[4]), float(draws[-5])
    if not math.isfinite(low) or high <= low:
        return _BARS[-1]
    counts = np.histogram(np.clip(draws, low, high), bins=12, range=(low, high))[0]
    return "".join(_BARS[int(round(7 * count / counts.max()))] if count else " " for count in counts)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def driver_table(rows: list[dict[str, Any]]) -> str:
    """The drivers as a table."""
    if not rows:
        return "no drivers: every number is a constant, so every draw is the plan"
    width = max(len(row["name"]) for row in rows)
    lines = ["", f"{'driver':<{width}}  {'dist':<10} {'mean':>10} {'P10':>10} {'P50':>10} {'P90':>10}  shape"]
    for row in rows:
        figures = " ".join(f"{_figure(row[key]):>10}" for key in ("mean", "p10", "p50", "p90"))
        yearly = "  by year" if row["path"] != "constant" else ""
        lines.append(f"{row['name']:<{width}}  {row['dist']:<10} {figures}  {row['shape']}{yearly}")
    return "\n".join(lines)


def contract_words(ready: Prepared) -> str:
    """In words, per arrangement and year, who ends with what of a gain and of a loss of 1 % and of 5 % of the baseline."""
    layout, spec = ready.layout, ready.study.spec
    if not layout.arrangements:
        return ""
    signed = [sign * rate for rate in _RATES for sign in (1.0, -1.0)]
    payout, met, baselines = payoffs(ready, signed)
    scale, unit = spec.money.scale, spec.money.unit
    lines = []
    for a, name in enumerate(layout.arrangements):
        lines.append(f"\n{name}: who ends with what of a gain or a loss, at planned quality")
        for t, year in enumerate(spec.horizon.year_labels):
            for k, rate in enumerate(signed):
                amount = rate * baselines[a, t]
                word = "gain" if rate > 0.0 else "loss"
                shares = [(layout.parties[p], float(payout[a, t, p, k])) for arrangement, p in layout.members if arrangement == a]
                said = _who(shares, amount, int(met[a, t, k]))
                lines.append(f"  {year}: a {word} of {abs(rate):.0%} ({money(abs(amount) / scale)} {unit}) {said}")
    return "\n".join(lines)


def _who(shares: list[tuple[str, float]], amount: float, met: int) -> str:
    """The end of the sentence: who has what part, and how much of the amount is shared at all."""
    word, total = "gain" if amount > 0.0 else "loss", sum(value for _, value in shares)
    if met == 0 or abs(total) < 1e-9 * abs(amount):
        rate = "minimum savings rate" if word == "gain" else "minimum loss rate"
        return f"does not go beyond the {rate}: it stays where payment leaves it"
    parts = ", ".join(f"{party} {value / total:.0%}" for party, value in shares if value != 0.0)
    part = abs(total / amount)
    shared = "" if part > 0.9995 else f" (of the {part:.0%} of it that is shared)"
    return f"{'goes to' if word == 'gain' else 'is borne by'} {parts}{shared}"
