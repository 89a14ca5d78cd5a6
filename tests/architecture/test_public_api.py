"""The public names, frozen, and the one version number."""

import re
import tomllib

import pytest

import simengine

pytestmark = pytest.mark.architecture

#: What users hold on to. A name is added here when it is meant to stay; one that goes is a breaking change.
PUBLIC = ["Study", "__version__", "load_study", "run", "sensitivity", "settle", "simulate", "summarise"]


def test_public_names_are_these_and_no_others():
    assert sorted(simengine.__all__) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_is_there(name):
    assert getattr(simengine, name) is not None


def test_tab_completion_shows_the_public_names():
    assert set(PUBLIC) <= set(dir(simengine))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = simengine.no_such_name


def test_version_is_the_same_everywhere(project):
    version = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    citation = re.search(r"^version: (\S+)$", (project / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    changelog = re.search(r"^## (\d\S*)", (project / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert simengine.__version__ == version
    assert citation is not None
    assert citation[1] == version
    assert changelog is not None
    assert changelog[1] == version
