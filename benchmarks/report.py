"""What is printed: ratios first, then rates."""

from collections.abc import Iterable, Mapping

from benchmarks.harness import Phase, Spread, spread
from benchmarks.run import Outcome
from benchmarks.start_up import StartUp
from benchmarks.timed_command import STAGES
from benchmarks.verdicts import Ratio

#: Draws from which on what a summary costs by itself, however few the draws, is a small part of it.
_ENOUGH = 16_384


def ratios_of(outcome: Outcome) -> dict[str, Ratio]:
    """Every ratio of a subject by subject, phase and twin."""
    return _ratios(outcome.phases.values(), outcome.name)


def start_ratios(found: StartUp) -> dict[str, Ratio]:
    """Every ratio of the starts."""
    return _ratios(found.phases, "")


def _ratios(phases: Iterable[Phase], subject: str) -> dict[str, Ratio]:
    return {
        "/".join(part for part in (subject, phase.name, twin) if part): Ratio.of(rounds, phase.timings.clock)
        for phase in phases
        for twin, rounds in phase.ratios().items()
    }


def figure(value: float) -> str:
    """A ratio with three digits or so."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 4
    return f"{value:,.{digits}f}"


def _ratio_line(phase: str, twin: str, ratio: Spread) -> str:
    return f"  {phase:16s}{twin:36s}{figure(ratio.median):>10s}   ({figure(ratio.least)} .. {figure(ratio.most)})"


def _rate_line(phase: Phase, name: str, line_years: int) -> str:
    seconds = phase.timings.seconds(name)
    per = f"{seconds.median * 1e9 / phase.per_draw:10.3f} ns/{phase.unit}" if phase.per_draw else ""
    spread_of = f"({1.0 / seconds.most:.3g} .. {1.0 / seconds.least:.3g})"
    return (
        f"  {phase.name:16s}{name:24s}{seconds.median * 1e9 / line_years:12.3f}{seconds.median * 1e9:14,.0f}"
        f"{1.0 / seconds.median:14.3g}   {spread_of:24s}{per}"
    )


def _numbers(outcome: Outcome) -> list[str]:
    """Whether the numbers are the same, and against what."""
    bits = ", ".join(f"{'the same bits' if same else 'OTHER BITS'} with {what}" for what, same in outcome.same_bits.items())
    comparison = outcome.comparison
    if comparison is None:
        return [f"  {bits}; no NumPy twin to compare with"]
    flags = f"flags: {comparison.wrong} wrong, {comparison.excused} within rounding of a threshold"
    verdict = "numbers equal" if comparison.equal else "NUMBERS DIFFER"
    lines = [f"  {verdict}: largest deviation from NumPy {comparison.deviation:.1e} of gross spend; {flags}; {bits}"]
    if not comparison.equal:
        worst = sorted(comparison.largest.items(), key=lambda item: -item[1])[:5]
        lines += [f"    {name}: {value:.1e}" for name, value in worst]
    return lines


def table(outcome: Outcome) -> str:
    """The result of one subject as text."""
    size, phases = outcome.sizes, outcome.phases.values()
    lines = [f"{outcome.name}: " + ", ".join(f"{value:,} {key.replace('_', ' ')}" for key, value in size.items()), *_numbers(outcome)]
    if not outcome.phases:
        return "\n".join(lines)
    if outcome.best_chunk:
        lines.append("  NumPy at its best chunk: " + ", ".join(f"{mode} {chunk:,}" for mode, chunk in outcome.best_chunk.items()))
    lines.append("  times as fast as its twins (median of rounds, and range); one thread and CPU time but for threads and store (wall)")
    lines += [_ratio_line(phase.name, twin, spread(rounds)) for phase in phases for twin, rounds in phase.ratios().items()]
    lines += [f"  {phase.name}: {note}" for phase in phases for note in phase.notes]
    lines.append(f"  {'':40s}{'ns/line-yr-draw':>15s}{'ns/draw':>11s}{'draws/s':>14s}")
    lines += [_rate_line(phase, name, size["line_years"]) for phase in phases for name in phase.timings.rounds]
    return "\n".join(lines + _rest(outcome))


def _rest(outcome: Outcome) -> list[str]:
    """The share of statistics, the stages of the command, and memory."""
    lines, phases = [], outcome.phases
    if {"statistics", "whole loop"} <= phases.keys() and outcome.result_draws >= _ENOUGH:
        summary, loop = (phases[name].timings.seconds("engine").median for name in ("statistics", "whole loop"))
        lines.append(f"  statistics take {summary / (summary + loop):.0%} of loop and statistics together")
    if outcome.commands:
        best = min(outcome.commands, key=lambda run: run.cpu)
        stages = ", ".join(f"{stage} {best.stages[stage]['cpu']:.2f}" for stage in STAGES)
        lines.append(f"  simrisk run: {best.wall:.2f} s on the wall, {best.cpu:.2f} s CPU ({stages}), peak {best.peak:,.0f} MiB")
    if outcome.memory is not None:
        memory = outcome.memory
        peak, kept = memory["peak_mb"], memory["kept_mb"]
        lines.append(f"  peak memory of a run of {memory['draws']:,.0f} draws: {peak:.0f} MB (the draws kept: {kept:.0f} MB)")
    return lines


def start_table(found: StartUp) -> str:
    """Start-up as text: seconds, and how many times the compiler's own start."""
    text = [f"start-up, fresh processes, kernels compiled before (median of rounds){'CPU s':>20s}{'wall s':>10s}{'x import numba':>16s}"]
    ratios: Mapping[str, list[float]] = found.cpu.ratios()
    for name in found.cpu.timings.rounds:
        cpu, wall = found.cpu.timings.seconds(name).median, found.wall.timings.seconds(name).median
        own = next((spread(rounds) for twin, rounds in ratios.items() if twin.endswith(f"/ {name}")), None)
        times = "" if own is None else f"{1.0 / own.median:16.2f}"
        text.append(f"  {name:84s}{cpu:9.3f}{wall:10.3f}{times}")
    for name, used in found.cold.items():
        text.append(f"  {name + ', nothing compiled before':84s}{used.cpu:9.1f}{used.wall:10.1f}")
    return "\n".join(text)
