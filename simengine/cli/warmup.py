"""``simrisk warmup``: the engine compiled beforehand."""

from typing import TYPE_CHECKING

import click

from simengine.cli.output import common_options, envelope, say

if TYPE_CHECKING:
    from simengine.warm_up import WarmUp

EXAMPLE = """\b
Example:
  simrisk warmup
  SIMRISK_CACHE_DIR=/opt/simrisk/cache simrisk warmup   (in an image: set it for the runs too)
"""


@click.command("warmup", epilog=EXAMPLE)
@common_options
def command(*, as_json: bool, quiet: bool) -> None:
    """Compile the engine for this machine now, so that no later run has to: about half a minute, once after an install or an update."""
    from simengine.cli.quick_start import load_compiler
    from simengine.jit import JIT_OFF

    load_compiler()
    from simengine.warm_up import warm_up

    done = warm_up(lambda name: say(f"warming up: {name}", quiet or as_json))
    if as_json:
        steps = [{"step": one.name, "compiled": one.compiled, "seconds": one.seconds, "cpu_seconds": one.cpu_seconds} for one in done.steps]
        folder = None if done.folder is None else str(done.folder)
        result = {"compiled": done.compiled, "kernels": done.kernels, "bytes": done.size, "folder": folder, "steps": steps}
        click.echo(envelope("warmup", result, warnings=[] if done.folder else [_not_kept(JIT_OFF)]))
    else:
        click.echo(_text(done, _not_kept(JIT_OFF)))


def _text(done: "WarmUp", not_kept: str) -> str:
    """What was compiled, how long it took and where it is kept."""
    width = max(len(one.name) for one in done.steps)
    lines = [f"{'':<{width}}  compiled  seconds"]
    lines += [f"{one.name:<{width}}  {one.compiled:>8}  {one.seconds:>7.1f}" for one in done.steps]
    seconds, cpu = (sum(getattr(one, key) for one in done.steps) for key in ("seconds", "cpu_seconds"))
    lines.append(f"{'total':<{width}}  {done.compiled:>8}  {seconds:>7.1f}   ({cpu:.1f} s of the processor)")
    if done.folder is None:
        return "\n".join([*lines, "", not_kept])
    new = "" if done.compiled else ", all of them from before"
    return "\n".join([*lines, "", f"{done.kernels} kernels{new}, {done.size / 2**20:.1f} MiB, kept in {done.folder}"])


def _not_kept(jit_off: bool) -> str:
    """Why nothing that was compiled is there for the next run."""
    if jit_off:
        return "the compiler is off (NUMBA_DISABLE_JIT): nothing is compiled"
    return "nothing is kept for later runs: set SIMRISK_CACHE_DIR to a folder that can be written"
