"""The text of a study tree reads back as the tree, keys in their order."""

import datetime
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.study.load import load_study
from simengine.study.toml_text import toml_text

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
plain = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), texts, st.dates(), st.just(datetime.time(9, 30))
)
values = st.recursive(plain, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)), max_leaves=12)


def ordered(node):
    """A value with the order of its keys, and whole numbers told from floats."""
    if isinstance(node, dict):
        return [(key, ordered(value)) for key, value in node.items()]
    return [ordered(item) for item in node] if isinstance(node, list) else repr(node)


@pytest.mark.property
@settings(deadline=None, max_examples=60)
@given(st.dictionaries(texts, st.dictionaries(texts, values, max_size=4), max_size=4))
def test_any_tree_reads_back(tree):
    assert ordered(tomllib.loads(toml_text(tree))) == ordered(tree)


@pytest.mark.unit
@pytest.mark.parametrize("name", ["minimal", "wpb_acute", "bettercaretown", "elicited_schemes", "budget_ten_years"])
def test_shipped_studies_read_back(configs, name):
    tree = load_study(configs / f"{name}.toml").tree
    read = tomllib.loads(toml_text(tree))
    assert read == tree
    assert all(ordered(read[key]) == ordered(tree[key]) for key in tree)
