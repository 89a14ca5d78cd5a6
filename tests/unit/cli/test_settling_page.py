"""docs/settling.md: its example runs and gives what it says, and its tables name every column and programme."""

import re
import shlex

import pytest

from simengine.settling.columns import COLUMNS, PARTIES
from simengine.study.programme_sets import programmes
from tests.unit.cli.care import simrisk

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def page(project):
    return (project / "docs" / "settling.md").read_text(encoding="utf-8")


def test_example_runs_and_gives_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"^```csv (\S+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = re.search(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1].splitlines()
    done = [simrisk(*shlex.split(line)[1:]) for line in lines]
    assert [each.exit_code for each in done] == [0] * len(lines)
    shown = re.search(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]
    assert done[0].stdout.endswith("\n" + shown)
    assert (tmp_path / "settled.transfers.csv").exists()


def test_every_column_and_programme_is_named(page):
    assert [name for name in COLUMNS if f"`{name}`" not in page] == []
    assert [start for start in PARTIES if f"`{start}PARTY`" not in page] == []
    named = page + " ".join(f"`mssp.basic_{letter}`" for letter in "bcd")
    assert [name for name in programmes() if f"`{name}`" not in named] == []
