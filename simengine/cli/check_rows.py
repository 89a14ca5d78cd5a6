"""What ``simrisk check`` knows of each driver and correlation: figures of the first year, for the table and for ``--json``."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from simengine.engine.plan import Prepared
from simengine.jit import Floats
from simengine.study.load import Study
from simengine.study.numbers import Component, Uncertain
from simengine.study.plan import built_per_year, path_means, per_year, plain_parameter, plan_values, start_score
from simengine.study.walk import numbers

POINTS = (0.1, 0.5, 0.9)
_BARS = "▁▂▃▄▅▆▇█"
Quantile = Callable[[Floats], Floats]


def driver_rows(study: Study, ready: Prepared) -> list[dict[str, Any]]:
    """Every driver of the base study in file order: name, family, mean, P10, P50, P90 (of the first year), shape, and a pool's experts."""
    found = {}
    for number in numbers(study.spec):
        if isinstance(number.value, Uncertain):
            found[number.path] = _driver_row(number.path, number.value, _unit(number.unit, study), study.spec.years)
    found |= {row["name"]: row for row in _volatility_rows(study, ready)}
    return [found[name] for name in study.drivers if name in found]


def _driver_row(name: str, uncertain: Uncertain, unit: str, years: int) -> dict[str, Any]:
    built = built_per_year(uncertain, years)
    means, plan = path_means(uncertain, built, years), plan_values(uncertain, years, {})
    quantile = _first_year(uncertain, built[0], years)
    row = _row(name, uncertain.dist, math.nan if means is None else means[0], quantile, unit, uncertain.path)
    row["plan"] = math.nan if plan is None else plan[0]
    if uncertain.actual:
        row["actual"] = list(uncertain.actual)
    experts = uncertain.parameters.get("experts")
    if uncertain.dist == "pool" and isinstance(experts, tuple):
        row["experts"] = [_expert_row(f"{name}.experts.{at}", expert, unit) for at, expert in enumerate(experts)]
    return row


def _first_year(uncertain: Uncertain, built: Any, years: int) -> Quantile:
    """The quantile of the value of year 1, which a path may move away from the distribution as it is written."""
    if uncertain.path == "random_walk":
        return lambda u: (uncertain.start or 0.0) + built.quantile(u)
    if uncertain.path == "mean_reversion":
        level, speed = per_year(uncertain.level, years)[0], per_year(uncertain.speed, years)[0]
        start = level if uncertain.start is None else uncertain.start
        return lambda u: start + speed * (level - start) + built.quantile(u)
    if uncertain.path == "ar1" and uncertain.start is not None:
        from scipy.special import ndtr, ndtri

        rho, score = per_year(uncertain.rho, years)[0], start_score(built, uncertain.start)
        return lambda u: built.quantile(ndtr(rho * score + math.sqrt(1.0 - rho * rho) * ndtri(u)))
    found: Quantile = built.quantile
    return found


def _expert_row(name: str, expert: Component | float, unit: str) -> dict[str, Any]:
    from simengine.distributions import build

    if isinstance(expert, float):
        return _row(name, "number", expert, lambda u: np.full_like(u, expert), unit, "constant")
    built = build(expert.dist, {key: plain_parameter(value) for key, value in expert.parameters.items()})
    return _row(name, expert.dist, float(built.mean()), built.quantile, unit, "constant")


def _row(name: str, dist: str, mean: float, quantile: Quantile, unit: str, path: str) -> dict[str, Any]:
    low, middle, high = (float(value) for value in quantile(np.array(POINTS)))
    return {
        "name": name,
        "dist": dist,
        "mean": mean,
        "p10": low,
        "p50": middle,
        "p90": high,
        "unit": unit,
        "path": path,
        "shape": _shape(quantile),
        "plan": mean,
    }


def _volatility_rows(study: Study, ready: Prepared) -> list[dict[str, Any]]:
    """The chance variation of each line as a factor of mean 1, with the spread of the planned population and activity of year 1."""
    rows, book = [], ready.drafts[0].book
    for noise in ready.drafts[0].noises.values():
        cv, activity = float(book.planned(noise.variation)[0]), float(book.planned(noise.activity)[0])
        line = study.spec.services[noise.name.split(".")[1]]
        path = "independent" if line.volatility is None else line.volatility.path
        rows.append(_row(noise.name, noise.family, 1.0, _noise_quantile(noise.family, cv, activity), "1", path))
    return rows


def _noise_quantile(family: str, cv: float, activity: float) -> Quantile:
    from scipy.stats import nbinom, poisson

    from simengine.distributions.unit_gamma import UnitGamma
    from simengine.distributions.unit_lognormal import UnitLognormal

    if family == "lognormal":
        return lambda u: UnitLognormal(cv).quantile(u, cv)
    if family in ("poisson", "negative_binomial") and activity <= 0.0:
        return np.ones_like
    if family == "poisson" or (family == "negative_binomial" and cv == 0.0):
        return lambda u: np.asarray(poisson.ppf(u, activity) / activity, np.float64)
    if family == "negative_binomial":
        size = 1.0 / (cv * cv)
        return lambda u: np.asarray(nbinom.ppf(u, size, size / (size + activity)) / activity, np.float64)
    return lambda u: UnitGamma(cv).quantile(u, cv)


def _unit(kind: str, study: Study) -> str:
    """The unit that a driver is written in: the study's unit of money, the currency, or 1 for rates, shares and counts."""
    if kind in ("money", "limit"):
        return study.spec.money.unit
    return study.spec.money.currency if kind == "currency" else "1"


def _shape(quantile: Quantile) -> str:
    """A small histogram of a distribution between its 1 % and 99 % points."""
    draws = quantile(np.arange(0.5, 400.0, dtype=np.float64) / 400.0)
    low, high = float(draws[4]), float(draws[-5])
    if not math.isfinite(low) or not math.isfinite(high) or high <= low:
        return _BARS[-1]
    counts = np.histogram(np.clip(draws, low, high), bins=12, range=(low, high))[0]
    return "".join(_BARS[int(round(7 * count / counts.max()))] if count else " " for count in counts)


def correlation_rows(study: Study) -> list[dict[str, Any]]:
    """Every correlation group: its copula, its drivers, the rank correlations asked for and those in use where they were repaired."""
    from simengine.study.copulas import copulas

    return [
        {
            "name": group.name or f"correlation.{at}",
            "copula": group.copula,
            "df": made.df,
            "measure": made.measure,
            "drivers": list(made.names),
            "asked": [list(row) for row in made.asked],
            "used": [list(row) for row in made.used],
        }
        for at, (group, made) in enumerate(zip(study.spec.correlation, copulas(study.spec, study.drivers), strict=True))
    ]
