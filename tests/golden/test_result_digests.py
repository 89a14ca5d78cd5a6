"""Every number of every shipped study and of one with all uncertainty, bit for bit (result_digests/why.md: what to do when this fails)."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

import simengine

pytestmark = pytest.mark.golden

EXPECTED = Path(__file__).parent / "result_digests" / "expected.csv"
STUDIES = ["minimal", "wpb_acute", "bettercaretown", "elicited_schemes", "budget_ten_years"]
DRAWS = 4096


def digests(study, configs):
    result = simengine.run(simengine.load_study(configs / f"{study}.toml"), draws=DRAWS)
    numeric = [str(name) for name in result.data_vars if result[name].dtype.kind in "fiub"]
    return {(study, name): digest(result[name]) for name in sorted(numeric)}


def digest(variable):
    """The digest of a variable: its dimensions in order, then its values as little-endian bytes."""
    values = np.ascontiguousarray(variable.to_numpy())
    text = hashlib.sha256(" ".join(str(name) for name in variable.dims).encode())
    text.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return text.hexdigest()[:16]


def kept():
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return {(row["study"], row["variable"]): row["digest"] for row in csv.DictReader(file)}


def test_update(request, configs):
    if not request.config.getoption("--update-golden"):
        pytest.skip("only with --update-golden")
    with EXPECTED.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["study", "variable", "digest"])
        for study in STUDIES:
            writer.writerows((*place, value) for place, value in digests(study, configs).items())


@pytest.mark.parametrize("study", STUDIES)
def test_result_is_the_kept_one_bit_for_bit(study, configs):
    assert EXPECTED.is_file(), "no digests are kept: pytest tests/golden/test_result_digests.py --update-golden"
    assert digests(study, configs) == {place: value for place, value in kept().items() if place[0] == study}
