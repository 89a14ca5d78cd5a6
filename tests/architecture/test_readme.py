"""The README tells the truth: its commands are those the gate runs, its study is the shipped one, its files exist."""

import re

import pytest

pytestmark = pytest.mark.architecture


def block(text, name):
    """The code block that follows the mark ``<!-- ci: name -->``, as the gate takes it out."""
    found = re.search(rf"^<!-- ci: {name} -->\n+```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"README.md has no block marked ci: {name}"
    return found[1]


@pytest.fixture(scope="module")
def readme(project):
    return (project / "README.md").read_text(encoding="utf-8")


def test_two_commands_set_up_one_runs_one_tests(readme):
    assert [len(block(readme, name).splitlines()) for name in ("setup", "run", "test")] == [2, 1, 1]


def test_gate_takes_its_commands_from_the_readme(project):
    script = (project / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^\w.*readme_block (\w+)", script, re.MULTILINE) == ["setup", "test", "run"]


def test_quoted_study_is_the_shipped_one(project, readme):
    assert block(readme, "minimal") == (project / "configs" / "minimal.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "VISION.md", "results/README.md"])
def test_links_lead_somewhere(project, name):
    page = project / name
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_gate_names_no_host(project):
    for path in (project / ".ci").iterdir():
        assert "://" not in path.read_text(encoding="utf-8"), f"{path.name} names a host"
