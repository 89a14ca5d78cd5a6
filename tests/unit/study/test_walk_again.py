"""walk.py: what was found in a study is not found again, and never taken for what another study has."""

import gc

import pytest

from simengine.study import walk
from simengine.study.services import Service
from simengine.study.walk import numbers

pytestmark = pytest.mark.unit


def prices(spec):
    return [number.value for number in numbers(spec) if number.path == "price"]


def test_a_table_is_walked_once(monkeypatch):
    spec = Service.model_validate({"provider": "trust", "activity": 10, "price": 5})
    found = numbers(spec)
    monkeypatch.setattr(walk, "_numbers", lambda *_: pytest.fail("walked again"))
    assert numbers(spec) is found


def test_a_changed_copy_has_numbers_of_its_own():
    spec = Service.model_validate({"provider": "trust", "activity": 10, "price": 5})
    assert (prices(spec), prices(spec.model_copy(update={"price": 7.0}))) == ([5.0], [7.0])


def test_a_table_in_the_place_of_one_that_is_gone():
    for price in range(1, 200):
        spec = Service.model_validate({"provider": "trust", "activity": 10, "price": price})
        assert prices(spec) == [float(price)]
        del spec
        gc.collect()


def test_no_more_than_a_few_are_kept():
    kept = [Service.model_validate({"provider": "trust", "activity": 10, "price": 5}) for _ in range(50)]
    assert all(prices(spec) == [5.0] for spec in kept)
    assert len(walk._found) <= walk._KEPT
