"""What ``simrisk fit --experts`` says: each expert and the pool in figures, how far they differ, and the TOML."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from simengine.cli.fit_toml import comment, inline, table
from simengine.fitting.elicitation import Elicited, Pooled, normalised
from simengine.fitting.names import driver_names

#: Share of the pool's variance beyond which it is said in words that the experts differ.
_WIDE = 0.5


def expert_rows(experts: Sequence[Elicited]) -> list[dict[str, Any]]:
    """Experts for programs."""
    keys = ("weight", "mean", "sd", "p10", "p50", "p90", "parameters")
    return [{"name": expert.name, "dist": expert.family, **{key: getattr(expert, key) for key in keys}} for expert in experts]


def experts_text(experts: Sequence[Elicited], pooled: Pooled | None) -> str:
    """A table of the experts, the pool below them, and how far they differ."""
    shown = list(experts) if pooled is None else [*experts, pooled.pool]
    width = max(len("expert"), *(len(row.name) for row in shown))
    shares = normalised([row.weight / sum(expert.weight for expert in experts) for row in experts]) if pooled else []
    lines = [f"{'expert':<{width}}  {'weight':>6}  {'mean':>10} {'P10':>10} {'P50':>10} {'P90':>10}  family"]
    for at, row in enumerate(shown):
        weight = f"{shares[at]:.3f}" if at < len(shares) else ""
        figures = " ".join(f"{getattr(row, key):>10.4g}" for key in ("mean", "p10", "p50", "p90"))
        lines.append(f"{row.name:<{width}}  {weight:>6}  {figures}  {row.family}")
    return "\n".join([*lines, "", *_differences(pooled)]) if pooled is not None else "\n".join(lines)


def _differences(pooled: Pooled) -> list[str]:
    word = "; ask them why before pooling" if pooled.disagreement > _WIDE or pooled.apart else ""
    lines = [f"{pooled.disagreement:.0%} of the pool's variance is disagreement between the experts' means{word}"]
    return lines + [f"apart: P90 of {low} is below P10 of {high}" for low, high in pooled.apart]


def _written(expert: Elicited) -> dict[str, Any]:
    return {"dist": expert.family, **expert.parameters}


def pool_toml(pooled: Pooled, file: str, driver: str | None) -> str:
    """The pool as a table of a study file."""
    today = date.today().isoformat()
    about = f"# {comment(file)}: {len(pooled.experts)} experts, weighted linear pool"
    if driver is None:
        return f"{about}; {today}\n{inline({'dist': 'pool', **pooled.pool.parameters})}"
    lines = [f"  {inline(_written(expert))}, # {comment(expert.name)}" for expert in pooled.experts]
    weights = inline(pooled.pool.parameters["weights"])
    head = [about, f"[drivers.{driver}]", 'dist = "pool"', "experts = [", *lines, "]", f"weights = {weights}"]
    source = f"{file}: {len(pooled.experts)} experts"
    return "\n".join([*head, f"source = {inline(source)}", f"date = {today}"])


def each_toml(experts: Sequence[Elicited], file: str) -> str:
    """A driver for each expert (or each row of whatever the table holds)."""
    plain = {"date": date.today().isoformat()}
    names = driver_names([expert.name for expert in experts])
    entries = [{**_written(expert), "label": expert.name, "source": file} for expert in experts]
    return "\n\n".join(table(name, entry, plain) for name, entry in zip(names, entries, strict=True))
