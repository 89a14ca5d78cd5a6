"""``simrisk init``: a study to start from."""

from pathlib import Path

import click

from simengine.cli.output import common_options, envelope
from simengine.errors import ResultError

EXAMPLE = """\b
Example:
  simrisk init my_study
  simrisk run my_study/study.toml
"""


@click.command("init", epilog=EXAMPLE)
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@common_options
def command(folder: Path, *, as_json: bool, quiet: bool) -> None:
    """Write a small working study with comments into a folder (default: this one), ready to run."""
    from importlib.resources import files

    text = (files("simengine.study") / "starter" / "study.toml").read_text(encoding="utf-8")
    target = folder / "study.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        message = f"{target} is there already and is left alone"
        raise ResultError(message) from None
    except OSError as problem:
        message = f"cannot write {target}: {(problem.strerror or str(problem)).lower()}"
        raise ResultError(message) from None
    if as_json:
        click.echo(envelope("init", {"file": str(target)}))
    elif not quiet:
        click.echo(f"{target} written; next: simrisk run {target}")
