"""``simrisk baseline``: service lines and scheme impacts from the tables that a locality has, one command per method."""

import importlib

import click

EXAMPLE = """\b
Example:
  simrisk baseline provider-cost costs.csv --cost direct --contract-value 500000
  simrisk baseline roll-forward last_year.csv --out services.toml
  simrisk baseline variation groups.csv --population 1695599 --scheme variation
"""

#: Method -> module and one line of help, in the order of the handbook's chapter 2, then the sources of impact.
METHODS = {
    "block-contract": ("block_contract", "Overheads of a contract schedule to its services: by driver, value or equally."),
    "provider-cost": ("provider_cost", "A contract's value by the provider's direct or fully absorbed cost."),
    "map-activity": ("map_activity", "Activity that several services use, apportioned between them."),
    "weighted-activity": ("weighted_activity", "A contract's value by cost-weighted activity."),
    "reference-cost": ("reference_cost", "A contract's value by national or benchmark unit costs, scaled to it."),
    "average-cost": ("average_cost", "A contract's value by activity, one price for all of it."),
    "carve-out": ("carve_out", "The part of spend in scope: by activity, segment, prevalence or population."),
    "partial-year": ("partial_year", "Some months of a year grossed up by season."),
    "roll-forward": ("roll_forward", "Last year's spend converted to a baseline."),
    "variation": ("variation", "Cost per 1,000 population against a benchmark, opportunities ranked."),
    "pathway": ("pathway", "A costed pathway: opportunity, adjustments, profile of progress."),
    "planning": ("planning", "Plan, forecast and variance per provider."),
    "segments": ("segments", "Spend and need by segment and programme."),
    "concentration": ("concentration", "Which share of people takes most of the spend."),
}


class Methods(click.Group):
    """A group that imports a method's module only when the method is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the methods, in the order of the handbook."""
        return list(METHODS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The method of that name, None where there is none."""
        if cmd_name not in METHODS:
            return None
        command: click.Command = importlib.import_module(f"simengine.cli.baseline.{METHODS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the methods without importing them."""
        with formatter.section("Methods"):
            formatter.write_dl([(name, text) for name, (_, text) in METHODS.items()])


@click.group("baseline", cls=Methods, epilog=EXAMPLE)
def command() -> None:
    """Build service lines, and scheme impacts, from the tables that a locality has.

    Tables are CSV files with a header; every method's --help lists its columns. The working is printed line by line,
    or written with --working.
    """
