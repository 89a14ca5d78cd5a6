"""Tables kept between processes: found again bit for bit, never in place of those of another distribution or a damaged file."""

import numpy as np
import pytest

from simengine.distributions import Tables, tables
from simengine.distributions.base import TABLE, Encoded
from simengine.results.kept_tables import KeptTables

pytestmark = pytest.mark.unit

PERT = {"min": 0.0, "mode": 0.3, "max": 1.0}


@pytest.fixture
def fresh(monkeypatch):
    """Nothing is known in this process."""
    monkeypatch.setattr(tables, "_made", type(tables._made)())


def test_what_was_kept_is_found_bit_for_bit(tmp_path):
    one = Encoded(TABLE, (0.1, -2.0, 1e-300, 4.0), np.array([0.1, -0.0, 1e300]))
    kept = KeptTables(tmp_path / "tables")
    assert kept.get("pert") is None
    kept.keep("pert", one)
    found = KeptTables(tmp_path / "tables").get("pert")
    assert found is not None
    assert found[:2] == one[:2]
    assert found.table.tobytes() == one.table.tobytes()
    assert kept.get("another") is None


@pytest.mark.parametrize("content", [b"", b"no numbers", b"\x93NUMPY"])
def test_a_damaged_file_is_none(tmp_path, content):
    kept = KeptTables(tmp_path)
    kept.keep("pert", Encoded(TABLE, (0.0, 1.0, 1.0, -1.0), np.ones(3)))
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert kept.get("pert") is None


def test_numbers_that_are_no_table_are_none(tmp_path):
    kept = KeptTables(tmp_path)
    for table in (np.array([1.0, np.nan]), None):
        kept.keep("pert", Encoded(TABLE, (0.0, 1.0, 1.0, -1.0), table))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    kept = KeptTables(tmp_path / "file" / "tables")
    kept.keep("pert", Encoded(TABLE, (0.0, 1.0, 1.0, -1.0), np.ones(3)))
    assert kept.get("pert") is None


def test_the_book_takes_what_another_process_kept(tmp_path, fresh, monkeypatch):
    first = Tables(kept=KeptTables(tmp_path)).encode("pert", PERT)
    monkeypatch.setattr(tables, "_made", type(tables._made)())
    monkeypatch.setattr(tables, "build", None)
    book = Tables(kept=KeptTables(tmp_path))
    again = book.encode("pert", PERT, build=lambda dist, parameters: pytest.fail("was tabulated again"))
    assert again[:2] == first[:2]
    np.testing.assert_array_equal(again.table, first.table)
    assert list(book.used().values()) == [again]


def test_what_does_not_depend_on_scipy_is_not_kept(tmp_path, fresh):
    book = Tables(kept=KeptTables(tmp_path))
    book.encode("normal", {"mean": 0.0, "sd": 1.0})
    book.encode("uniform", {"min": 0.0, "max": 1.0})
    assert list(tmp_path.iterdir()) == []
    assert book.used() == {}


def test_a_stored_run_comes_first(tmp_path, fresh):
    key = tables.table_key("pert", PERT)
    KeptTables(tmp_path).keep(key, Encoded(TABLE, (0.0, 1.0, 1.0, -1.0), np.ones(3)))
    stored = Encoded(TABLE, (0.0, 1.0, 1.0, -1.0), np.full(3, 2.0))
    assert Tables({key: stored}, KeptTables(tmp_path)).encode("pert", PERT) is stored
