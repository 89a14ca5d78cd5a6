"""What ``simrisk fit`` says of data: families by AIC in words, the best one as TOML, and rows for programs."""

import math
from datetime import date
from typing import Any

import numpy as np

from simengine.cli.fit_toml import comment, inline, rounded_parameters, supported, table
from simengine.fitting.data import Column
from simengine.fitting.fit import FitResult, Fitted
from simengine.version import VERSION


def fit_rows(column: Column, result: FitResult) -> dict[str, Any]:
    """The result of a fit for programs."""
    keys = ("parameters", "standard_errors", "log_likelihood", "aic", "aicc", "bic", "weight", "statistic_name", "statistic", "p_value")
    return {
        "column": column.name,
        "n": result.n,
        "skipped": column.skipped,
        "kind": result.kind,
        "families": [{"dist": row.family, **{key: getattr(row, key) for key in keys}, "verdict": row.verdict} for row in result.fitted],
        "not_applicable": [{"dist": row.family, "reason": row.reason} for row in result.refused],
    }


def fit_text(column: Column, result: FitResult) -> str:
    """The data in one line, and the families as a table."""
    x = np.array(column.values)
    with np.errstate(over="ignore"):
        low, middle, high = np.quantile(x, (0.1, 0.5, 0.9))
        mean, sd = x.mean(), x.std(ddof=1)
    lines = [
        f"{column.file}, {column.name}: {result.n} values, mean {mean:.4g}, sd {sd:.4g}, "
        f"P10 {low:.4g}, P50 {middle:.4g}, P90 {high:.4g}, from {x.min():.4g} to {x.max():.4g}"
    ]
    if result.fitted:
        width = max(len(row.family) for row in result.fitted)
        said = max(len(row.verdict) for row in result.fitted)
        lines += ["", f"{'family':<{width}}  {'AIC':>10}  {'weight':>6}  {'p':>5}  {'verdict':<{said}}  parameters (± standard error)"]
        lines += [
            f"{row.family:<{width}}  {row.aic:>10.1f}  {row.weight:>6.3f}  {_p(row.p_value):>5}  {row.verdict:<{said}}  {_parameters(row)}"
            for row in result.fitted
        ]
        lines += ["", f"p: chance of data this far from the family, if they came from it ({_tests(result)}; bootstrap)"]
    lines += [f"not applicable: {row.family}: {row.reason}" for row in result.refused]
    return "\n".join(lines)


def _tests(result: FitResult) -> str:
    names = {"anderson_darling": "Anderson-Darling", "chi_square": "chi-square"}
    return ", ".join(names[name] for name in dict.fromkeys(row.statistic_name for row in result.fitted))


def _p(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _parameters(row: Fitted) -> str:
    written = rounded_parameters(row.parameters, row.standard_errors)
    parts = []
    for name, value in written.items():
        error = row.standard_errors.get(name)
        known = error is not None and math.isfinite(error) and error > 0.0
        parts.append(f"{name} {value:.10g}" + (f" ±{supported(error, error):.2g}" if known and error is not None else ""))
    return ", ".join(parts)


def fitted_toml(column: Column, result: FitResult, driver: str | None) -> str:
    """The best family as a table of a study file."""
    best = result.fitted[0]
    written = {"dist": best.family, **rounded_parameters(best.parameters, best.standard_errors)}
    today = date.today().isoformat()
    about = f"n = {result.n}, AIC = {best.aic:.1f}, p = {_p(best.p_value)}"
    if driver is None:
        return f"# {comment(column.file)}, {comment(column.name)}: {about}; {today}, simrisk {VERSION}\n{inline(written)}"
    source = f"{column.file}, column {column.name}: {result.n} values, maximum likelihood (simrisk {VERSION})"
    return f"# {about}\n{table(driver, {**written, 'source': source}, {'date': today})}"
