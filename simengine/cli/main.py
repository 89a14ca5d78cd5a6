"""``simrisk``: the program and its commands (INTERFACE.md, "Commands")."""

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from simengine.version import VERSION

EXAMPLE = """\b
Example:
  simrisk check configs/bettercaretown.toml
  simrisk run configs/bettercaretown.toml
"""

#: Command name -> module and one line of help; a module is imported when its command is asked for.
COMMANDS = {
    "init": ("simengine.cli.init", "Write a small working study to start from."),
    "check": ("simengine.cli.check", "Read and validate a study; show its drivers and who bears a gain or a loss."),
    "run": ("simengine.cli.run", "Simulate a study, store the result and print the summary."),
    "summary": ("simengine.cli.summary", "Print the summary of a stored run."),
    "explain": ("simengine.cli.explain", "One draw of a stored run, from its drivers to each party's settlement."),
    "verify": ("simengine.cli.verify", "Check the digests of a stored run, draw blocks of it again, compare bit for bit."),
    "compare": ("simengine.cli.compare", "Two stored runs on the same draws: paired differences with their errors."),
    "sensitivity": ("simengine.cli.sensitivity", "What matters, where the risk sits, what is worth finding out."),
    "seek": ("simengine.cli.seek", "At which value of a number of the study a simulated statistic is as wanted."),
    "benefits": ("simengine.cli.benefits", "The benefits plan of a study or a stored run; value for money, cost per outcome, risk log."),
    "waterfall": ("simengine.cli.waterfall", "Spend from the base year to the last: each factor, efficiency, each scheme."),
    "terms": ("simengine.cli.terms", "The contract in plain words, year by year, with each party's payoff curve."),
    "settle": ("simengine.cli.settle", "Settle actual outturns to the penny, with every step shown."),
    "fit": ("simengine.cli.fit", "Fit distributions to data or to the judgements of experts."),
    "baseline": ("simengine.cli.baseline", "Build service lines, and scheme impacts, from contract and activity tables."),
    "warmup": ("simengine.cli.warmup", "Compile the engine for this machine now, so that no later run has to."),
    "schema": ("simengine.cli.schema", "Print the JSON Schema of the study file."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def main(self, *arguments: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run a command line and leave the program: errors in it are JSON where that is asked for, an interrupt has its own exit code."""
        parse_and_run: Callable[..., Any] = super().main  # its overloads know no arguments that are handed on
        if not standalone_mode:
            return parse_and_run(*arguments, standalone_mode=False, **extra)
        from simengine.cli.output import INTERRUPTED, INTERRUPTED_TEXT, error_json
        from simengine.errors import Problem

        try:
            code = parse_and_run(*arguments, standalone_mode=False, **extra)
        except click.ClickException as error:
            if "--json" in (arguments[0] if arguments else extra.get("args") or sys.argv[1:]):
                click.echo(error_json("usage", [Problem("", error.format_message())]))
            else:
                error.show()
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo(f"error: {INTERRUPTED_TEXT}", err=True)
            sys.exit(INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    epilog=EXAMPLE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "auto_envvar_prefix": "SIMRISK"},
)
@click.version_option(VERSION, prog_name="simrisk")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Monte Carlo risk and sensitivity for the money of health-and-care systems."""
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def main() -> None:
    """Entry point of the program."""
    cli(prog_name="simrisk")
