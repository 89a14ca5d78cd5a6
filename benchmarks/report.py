"""What is printed: ratios first, then rates."""

from benchmarks.harness import Spread, Timings
from benchmarks.run import Outcome

_PAIRS = (
    ("whole run, copula by betaincinv", "numpy whole", "engine whole"),
    ("whole run, copula by prepared tables", "numpy whole, tables", "engine whole"),
    ("after the drivers", "numpy projection", "engine after drivers"),
)


def _ratio(what: str, ratio: Spread) -> str:
    return f"  {what:44s} {ratio.median:8.2f}   ({ratio.least:.2f} .. {ratio.most:.2f})"


def _rate(what: str, timings: Timings, name: str, line_years: int) -> str:
    seconds = timings.seconds(name)
    return (
        f"  {what:44s} {seconds.median * 1e9 / line_years:8.2f} ns/line-year-draw   {seconds.median * 1e9:9.0f} ns/draw"
        f"   {1.0 / seconds.median:10.3g} draws/s   ({1.0 / seconds.most:.3g} .. {1.0 / seconds.least:.3g})"
    )


def _threads(outcome: Outcome) -> list[str]:
    timings = outcome.threaded
    if timings is None:
        return []
    one = next(iter(timings.rounds))
    lines = [_ratio(f"engine, {name} against {one} (wall)", timings.ratio(one, name)) for name in timings.rounds if name != one]
    return lines + [_rate(f"engine, {name} (wall)", timings, name, outcome.sizes["line_years"]) for name in timings.rounds]


def table(outcome: Outcome) -> str:
    """The result of one subject as text."""
    size = outcome.sizes
    lines = [f"{outcome.name}: " + ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in size.items())]
    comparison = outcome.comparison
    verdict = "numbers equal" if comparison.equal else "NUMBERS DIFFER"
    flags = f"flags: {comparison.wrong} wrong, {comparison.excused} within rounding of a threshold"
    lines.append(f"  {verdict}: largest deviation {comparison.deviation:.1e} of gross spend; {flags}")
    if outcome.single is None:
        worst = sorted(comparison.largest.items(), key=lambda item: -item[1])[:5]
        return "\n".join([*lines, *(f"    {name}: {value:.1e}" for name, value in worst)])
    single = outcome.single
    chunks = ", ".join(f"{mode} {chunk:,}" for mode, chunk in outcome.best_chunk.items())
    lines.append(f"  NumPy at its best chunk: {chunks}")
    lines.append("  times as fast as NumPy, one thread, CPU time (median of rounds, and range)")
    lines += [_ratio(what, single.ratio(slow, fast)) for what, slow, fast in _PAIRS if slow in single.rounds]
    lines += [_rate(name, single, name, size["line_years"]) for name in single.rounds]
    lines += _threads(outcome)
    if outcome.memory is not None:
        memory = outcome.memory
        peak, kept = memory["peak_mb"], memory["kept_mb"]
        lines.append(f"  peak memory of a run of {memory['draws']:,.0f} draws: {peak:.0f} MB (the draws kept: {kept:.0f} MB)")
    return "\n".join(lines)
