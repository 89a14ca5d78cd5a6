"""docs/baselines.md: every method has an example there, and every example runs."""

import re
import shlex

import pytest

from simengine.cli.baseline import METHODS
from tests.unit.cli.care import simrisk

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def page(project):
    return (project / "docs" / "baselines.md").read_text(encoding="utf-8")


def commands(page):
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def test_every_method_has_an_example(page):
    assert {command[2] for command in commands(page)} == set(METHODS)


def test_every_example_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"^```csv (\S+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    for command in commands(page):
        done = simrisk(*command[1:])
        assert (command[0], done.exit_code) == ("simrisk", 0), done.stderr


def test_figure_4_is_as_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "costs.csv").write_text(re.search(r"^```csv costs.csv\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1], encoding="utf-8")
    done = simrisk("baseline", "provider-cost", "costs.csv", "--cost", "direct", "--contract-value", "500,000")
    assert all(figure in done.stdout for figure in ("153,846.15", "269,230.77", "76,923.08"))
