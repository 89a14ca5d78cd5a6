"""``simrisk verify``: whether a stored run is what it says."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.output import FAILED, WrongInput, common_options, envelope, say
from simengine.errors import ResultError

if TYPE_CHECKING:
    from simengine.runs.verify import Verified

EXAMPLE = """\b
Example:
  simrisk verify results/bettercaretown-1a2b3c4d-s1.nc
  simrisk verify results/bettercaretown-1a2b3c4d-s1.nc --all
"""


@click.command("verify", epilog=EXAMPLE)
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--blocks", type=click.IntRange(min=0), default=8, metavar="K", help="Blocks of 4,096 draws to draw again [8].")
@click.option("--all", "every", is_flag=True, help="Draw every block again.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use [one per core].")
@common_options
def command(result: Path, *, blocks: int, every: bool, threads: int | None, as_json: bool, quiet: bool) -> None:
    """Check every digest of a stored run, draw some of its blocks again, and compare bit for bit.

    Exit code 0: all as it was written; 1: something differs, and is named; 2: not a result that this version can check.
    """
    from simengine.cli.progress import progress_bar
    from simengine.cli.quick_start import load_compiler
    from simengine.cli.run import announce_compilation

    load_compiler()
    announce_compilation(quiet)
    from simengine.runs.verify import verify

    try:
        with progress_bar(quiet, "drawing again", "blocks") as progress:
            found = verify(result, sys.maxsize if every else blocks, threads=threads, progress=progress)
    except ResultError as error:
        raise WrongInput(str(error)) from None
    for note in found.notes:
        say(f"note: {note}", quiet)
    if as_json:
        told: dict[str, object] = {
            "file": str(result),
            "differences": [asdict(one) for one in found.differences],
            "blocks": list(found.blocks),
            "of_blocks": found.of_blocks,
            "draws": found.draws,
            "compared": list(found.compared),
            "block_digests": found.digested,
        }
        click.echo(envelope("verify", told, warnings=list(found.notes)))
    else:
        click.echo(verified_text(result, found))
    if found.differences:
        sys.exit(FAILED)


def verified_text(path: Path, found: "Verified") -> str:
    """What was checked and what was found, a line each."""
    again = "no block was drawn again"
    if found.blocks:
        what = [*(["block digests"] if found.digested else []), *([f"{len(found.compared)} stored variables"] if found.compared else [])]
        again = f"{len(found.blocks):,} of {found.of_blocks:,} blocks drawn again ({found.draws:,} draws): {' and '.join(what)} compared"
    if not found.differences:
        return f"{path}: every digest holds; {again}; every bit is the same"
    lines = [f"{path}: {again}", *(f"  {one.words}" for one in found.differences)]
    return "\n".join([*lines, f"{len(found.differences)} difference{'s' if len(found.differences) > 1 else ''}"])
