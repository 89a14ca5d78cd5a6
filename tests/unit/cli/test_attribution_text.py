"""Where the risk sits, in print: the figures are those found, the page is 100 columns wide, sentences say who pays whom."""

import re

import numpy as np
import pytest

from simengine.cli.attribution_text import attribution_text
from simengine.sensitivity_analysis.attribution import attribute
from simengine.sensitivity_analysis.measures import Output
from simengine.sensitivity_analysis.subject import Unit
from tests.unit.sensitivity.test_attribution import POINTS, outputs, subject, system
from tests.unit.sensitivity.toy import Toy

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def found():
    return attribute(subject(), POINTS)


def row(text, label, which=0):
    lines = [line for line in text.splitlines() if line.startswith(f"  {label} ")]
    return re.split(r"\s{2,}", lines[which].strip())[1:]


def test_figures_are_those_found(found):
    text = attribution_text(found, "GBP k", 1e-3)
    parts = found.parts
    for category in parts.units:
        for party, (before, after) in enumerate(zip(range(3), range(3, 6), strict=True)):
            cell = row(text, category)[party]
            for shown, output in zip(cell.split(" → "), (before, after), strict=True):
                value, low, high = parts.at("shortfall", category, output)
                if shown == "~0":
                    assert low <= 0.0 <= high
                else:
                    assert float(shown) == pytest.approx(value * 1e3, abs=max(high - low, 1e-3) * 1e3)
    whole = [float(figure) for cell in row(text, "all together") for figure in cell.split(" → ")]
    wanted = found.whole.value[3, 0, [0, 3, 1, 4, 2, 5, 6]] * 1e3
    assert whole == pytest.approx(wanted, rel=0.03)
    shares = row(text, "all together", 1)
    assert shares == ["100% → 100%"] * 3 + ["100%"]


def test_the_page_has_a_hundred_columns_and_a_heading_that_says_what_it_is(found):
    text = attribution_text(found, "GBP m")
    assert max(len(line) for line in text.splitlines()) <= 100
    assert text.startswith("Where the risk sits: 2027, 4,096 draws\n")
    assert "Loss against plan in the worst 5% of its own draws, GBP m; before settlement → after" in text
    assert "add up to the whole" in text


def test_many_parties_are_set_below_each_other():
    names = [f"a_party_with_a_name_{k}" for k in range(7)]
    made = tuple(Output("party_position", "base", "term", (("party", name),)) for name in names)
    model = Toy(lambda x: np.stack([x[0] * (k + 1) for k in range(7)]), [Unit("a", "cost")], 64, outputs=made)
    text = attribution_text(attribute(model, 64))
    assert max(len(line) for line in text.splitlines()) <= 100
    assert all(f"  {name}" in text for name in names)
    assert "→" not in text


def test_sentences_say_who_pays_whom_for_what(found):
    text = re.sub(r"\s+", " ", attribution_text(found, "GBP k", 1e-3))
    paid, causes, to = re.search(r"trust: it pays ([\d.]+), for ([^;]+); to ([^a-z]*buyer [^a-z]+)", text).groups()
    rows = {(r["worst_for"], r["paid_to"], r["group"]): r["value"] for r in found.carried.rows()}
    total = -sum(rows["trust", "trust", category] for category in found.parts.units) * 1e3
    assert float(paid) == pytest.approx(total, rel=0.05)
    assert causes.startswith("utilisation ")
    assert float(to.split()[1].rstrip(",")) == pytest.approx(sum(rows["trust", "buyer", c] for c in found.parts.units) * 1e3, rel=0.05)
    assert "leaves the risk of the system as it is" in text


def test_what_is_the_same_in_all_draws_is_named_not_tabled():
    def still(x):
        y = system(x)
        y[2] = y[5] = 1.0
        return y

    text = attribution_text(attribute(subject(256, f=still), 256))
    assert "The same in all draws, so without risk: outsider." in text
    assert "outsider" not in text.split("Share of variance")[0]


def test_no_contract_moves_nothing():
    def same(x):
        y = system(x)
        return np.stack([*y[:3], *y[:3], y[6]])

    text = attribution_text(attribute(subject(256, f=same), 256))
    assert "No contract moves money between parties in any party's worst draws." in text


def test_every_year_that_was_asked_for_stands_by_itself():
    made = tuple(Output("net_position", scenario, year) for year, scenario in (("2027", "base"), ("term", "bold")))
    found = attribute(Toy(lambda x: np.stack([x[0], x[0] - x[1]]), [Unit("a", "cost"), Unit("b", "quality")], 64, outputs=made), 64)
    text = attribution_text(found)
    assert re.findall(r"^Where the risk sits: (.*), 64 draws$", text, re.MULTILINE) == ["2027", "term (bold)"]
    assert text.count("add up to the whole") == 1
    assert "term (bold)" not in attribution_text(found, year="2027")
    assert attribution_text(found, year="2031") == "Where the risk sits: no output of 2031 was asked for"


def test_without_positions_before_settlement_there_are_single_figures():
    model = subject(256, f=lambda x: system(x)[[0, 1, 2, 6]], names=outputs(settled=False))
    text = attribution_text(attribute(model, 256), title="Risk")
    assert text.startswith("Risk: 2027, 256 draws")
    assert "→" not in text
    assert "party_position_before buyer" in text
