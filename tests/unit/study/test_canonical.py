"""The identity of a study: what changes it and what does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from simengine.study.load import Study, load_study

pytestmark = pytest.mark.unit


def digest(folder: Path, text: str, *overrides: str) -> str:
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return load_study(file, overrides).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "Everything at once"', 'title = "Another title"\n# and a comment'),
        ("draws = 1_024", "draws = 2_048"),
        ("seed = 7", "seed = 8"),
        ('store = ["net_position", "gain"]', ""),
        ('label = "Emergency admissions"', 'label = "Other"\nnotes = "text"\nsource = "text"'),
        ('evidence = "three trials"', ""),
        (", date = 2014-04-01", ', owner = "finance"'),
        ('label = "Faster and further"', ""),
        ("activity = 40_000", "activity = 40000.0"),
        ("price = 1_500", "price = 1500.00"),
    ],
)
def test_what_leaves_the_identity_alone(tmp_path: Path, full: str, old: str, new: str) -> None:
    assert old in full
    assert digest(tmp_path, full.replace(old, new, 1)) == digest(tmp_path, full)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('sampler = "lhs"', 'sampler = "sobol"'),
        ("price = 1_500", "price = 1_501"),
        ("schemes.care.ramp.years = 1", "schemes.care.ramp.years = 2"),
        ("cost_weights = { pay = 0.7, drugs = 0.3 }", "cost_weights = { drugs = 0.3, pay = 0.7 }"),
        ("sides = [", "stretch = 0.01\nsides = ["),
    ],
)
def test_what_changes_the_identity(tmp_path: Path, full: str, old: str, new: str) -> None:
    assert old in full
    assert digest(tmp_path, full.replace(old, new, 1)) != digest(tmp_path, full)


def test_an_override_counts_and_the_default_sampler_is_named(tmp_path: Path, full: str) -> None:
    assert digest(tmp_path, full, "services.emergency.price=1600") != digest(tmp_path, full)
    without = full.replace('sampler = "lhs"\n', "")
    assert digest(tmp_path, without) == digest(tmp_path, full.replace('"lhs"', '"sobol"'))


def test_the_order_of_drivers_in_the_file_counts_where_the_tree_is_the_same(tmp_path: Path) -> None:
    head = '[horizon]\nbase = 2014\nyears = 1\n[money]\nunit = "GBP"\n[parties.a]\nrole = "commissioner"\n'
    line = '[services.{0}]\nprovider = "a"\nspend = {{ dist = "uniform", min = 1, max = 2 }}\n'
    drivers = '[inflation]\npay = { dist = "uniform", min = 0.0, max = 0.1 }\n'
    one = line.format("x") + drivers + line.format("y")
    two = line.format("x") + line.format("y") + drivers
    assert digest(tmp_path, head + one) != digest(tmp_path, head + two)


def test_names_that_are_spelt_like_text_keys_are_kept(minimal: dict[str, Any]) -> None:
    minimal["drivers"] = {"label": 0.01, "source": 0.02}
    minimal["services"]["emergency"]["growth"] = {"notes": "label", "date": "source"}
    study = json.loads(Study.from_dict(minimal).canonical())["study"]
    assert study["drivers"] == {"label": 0.01, "source": 0.02}
    assert study["services"]["emergency"]["growth"] == {"notes": "label", "date": "source"}


def test_the_digest_is_fixed(minimal: dict[str, Any]) -> None:
    canonical = (
        '{"simulation":{"sampler":"sobol"},"drivers":[],"study":{"horizon":{"base":"2014/15","years":3.0},"money":{"unit":"GBP m"},'
        '"parties":{"ccg":{"role":"commissioner"},"acute":{"role":"provider"}},'
        '"services":{"emergency":{"provider":"acute","activity":40000.0,"price":1500.0}}}}'
    )
    study = Study.from_dict(minimal)
    assert study.canonical() == canonical
    assert study.digest == Study.from_dict(minimal, name="other").digest
    assert len(study.digest) == 64
