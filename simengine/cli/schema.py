"""``simrisk schema``: JSON Schema of the study file."""

import json

import click

from simengine.cli.output import common_options

EXAMPLE = """\b
Example:
  simrisk schema > simrisk.schema.json
and as the first line of a study:  #:schema ./simrisk.schema.json
"""


@click.command("schema", epilog=EXAMPLE)
@common_options
def command(*, as_json: bool, quiet: bool) -> None:
    """Print the JSON Schema (2020-12) of the study file, for completion and checks in an editor."""
    from simengine.study.schema_json import json_schema

    del as_json, quiet
    click.echo(json.dumps(json_schema(), indent=2))
