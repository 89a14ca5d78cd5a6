"""The account of the worked examples is complete and true: every table, every single number, every discrepancy, every printed cell."""

import csv
import pydoc
import tomllib

import pytest

from tests.golden.worked_examples.account import (
    ACCOUNT,
    CASES,
    COUNTS,
    DIFFERENCES_ACCOUNT,
    DOCUMENTS,
    LEFT_OUT,
    NO_EXAMPLE,
    PAGE,
    differences_account,
    page,
    read,
)
from tests.golden.worked_examples.tally import TABLES, differences, unread

pytestmark = pytest.mark.golden


@pytest.fixture(scope="module")
def account():
    return {row["example"] or row["name"]: row for row in read(ACCOUNT)}


@pytest.fixture(scope="module")
def tallies():
    return {}


@pytest.fixture
def tally_of(tallies):
    """The tally of a case, computed once."""

    def found(name):
        if name not in tallies:
            tallies[name] = CASES[name]()
        return tallies[name]

    return found


def test_update(request, tally_of):
    if not request.config.getoption("--update-golden"):
        pytest.skip("only with --update-golden")
    PAGE.write_text(page(), encoding="utf-8")
    with DIFFERENCES_ACCOUNT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["source", "item", "example", "how"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(differences_account({name: tally_of(name) for name in CASES}))


@pytest.mark.parametrize("name", CASES)
def test_printed_cells_are_reproduced_as_often_as_the_account_says(name, account, tally_of):
    row, tally = account[name], tally_of(name)
    assert (*tally.counts, len(tally.differences)) == tuple(int(row[count]) for count in COUNTS)
    # what is not exact, and what is an input only, is explained in words
    assert row["why"] or (tally.explained, tally.not_reproduced, len(tally.differences)) == (0, 0, 0)
    assert sum(tally.counts) > 0


@pytest.mark.parametrize("name", CASES)
def test_every_column_and_key_is_looked_at(name, tally_of):
    left = set(unread(tally_of(name)))
    assert {column for _, column in left} <= set(LEFT_OUT), left


def test_reasons_for_leaving_out_are_of_use(tally_of):
    assert {column for name in CASES for _, column in unread(tally_of(name))} == set(LEFT_OUT)


def test_every_table_has_a_case(account):
    files = {path.name for path in TABLES.iterdir()} - NO_EXAMPLE
    with (TABLES / "scalars.toml").open("rb") as file:
        sections = tomllib.load(file)
    assert {f"{name}.csv" for name in CASES if not name.startswith("scalars_")} == files
    assert {name.removeprefix("scalars_") for name in CASES if name.startswith("scalars_")} == set(sections)
    assert [name for name in CASES if name not in account] == []


def test_every_row_of_the_account_is_a_case_or_a_picture(account):
    tables = (TABLES / "README.md").read_text(encoding="utf-8")
    (pictures,) = [line for line in tables.splitlines() if line.startswith("Not recoverable: ")]
    for name, row in account.items():
        assert row["source"][:3] in DOCUMENTS
        if name not in CASES:
            assert (row["example"], row["why"].split(":")[0]) == ("", "Pictures")
            assert name in pictures
    assert pictures.count("exhibits") + pictures.count("figures") == len(account) - len(CASES)


def test_functions_that_compute_are_those_of_the_product(account):
    for row in account.values():
        for name in filter(None, (part.strip() for part in row["computed_by"].split(";"))):
            assert name.startswith("simengine.")
            assert callable(pydoc.locate(name)), name


def test_every_discrepancy_is_accounted_for(tally_of):
    found = differences_account({name: tally_of(name) for name in CASES})
    assert found == read(DIFFERENCES_ACCOUNT)
    assert [(row["source"], row["item"]) for row in found] == [(row["source"], row["item"]) for row in differences()]
    assert all(row["how"] in {"recomputed", "asserted", "no number"} for row in found)
    assert [row["item"] for row in found if row["how"] == "no number"] == ["CNST sentence", '"HCBS"', "section 5.4 IPS timeline / 5.5"]


def test_page_is_in_step_with_the_account():
    assert PAGE.read_text(encoding="utf-8") == page(), "pytest tests/golden/test_worked_examples.py --update-golden writes it"


def test_tables_are_the_shared_ones(shared_folder):
    theirs = {path.name: path.read_bytes() for path in (shared_folder / "tables").iterdir()}
    ours = {path.name: path.read_bytes() for path in TABLES.iterdir() if path.name not in {ACCOUNT.name, DIFFERENCES_ACCOUNT.name}}
    assert ours == theirs
