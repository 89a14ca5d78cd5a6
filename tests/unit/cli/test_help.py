"""Help: every command has an example, printed as it is to be typed."""

import pytest

from simengine.cli.main import COMMANDS
from simengine.version import VERSION
from tests.unit.cli.care import simrisk

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_ends_with_an_example_on_lines_of_its_own(command):
    done = simrisk(command, "--help")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert "\\b" not in done.stdout
    assert lines[lines.index("  Example:") + 1].startswith(f"    simrisk {command}")


def test_help_of_the_program_names_every_command():
    done = simrisk("--help")
    assert done.exit_code == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert "\n    simrisk run configs/bettercaretown.toml\n" in done.stdout


def test_version():
    assert simrisk("--version").stdout == f"simrisk, version {VERSION}\n"


def test_a_command_that_is_none():
    done = simrisk("runn")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "No such command 'runn'" in done.stderr
