"""Assumption sets: as the handbook prints them, under the study's own numbers."""

import copy
import csv
import math
from pathlib import Path
from typing import Any

import pytest

from simengine.errors import StudyError
from simengine.study.assumption_sets import AssumptionSet, assumption_set, set_names
from simengine.study.defaults import weights_of
from simengine.study.load import Study, load_study

pytestmark = pytest.mark.unit


@pytest.fixture
def handbook() -> AssumptionSet:
    found = assumption_set("wpb_2016")
    assert found is not None
    return found


@pytest.fixture
def place(minimal: dict[str, Any]) -> dict[str, Any]:
    minimal["horizon"] = {"base": "2015/16", "years": 5}
    minimal["assumptions"] = "wpb_2016"
    minimal["services"]["emergency"] |= {"cost_weights": "hospital_and_community", "growth": "community_activity"}
    return minimal


def test_every_entry_has_its_years_a_label_and_a_source(handbook: AssumptionSet) -> None:
    assert set_names() == ["wpb_2016"]
    for entry in handbook.entries:
        assert entry.label
        assert entry.source.startswith("table ")
        assert len(entry.values) == (0 if entry.weights else 5)
        assert all(0 < value < 0.2 for value in entry.values)


def test_weights_are_a_whole_and_give_the_uplift_that_is_printed(handbook: AssumptionSet) -> None:
    weights = handbook.entry("cost_weights", "hospital_and_community")
    uplift = handbook.entry("drivers", "hospital_cost_uplift")
    assert weights is not None
    assert weights.weights is not None
    assert uplift is not None
    assert math.isclose(sum(weights.weights.values()), 1.0)
    for year, printed in enumerate(uplift.values):
        rates = {name: handbook.entry("inflation", name) for name in weights.weights}
        found = sum(weight * rates[name].values[year] for name, weight in weights.weights.items())  # type: ignore[union-attr]
        assert abs(found - printed) <= 1.2e-4


def test_a_set_goes_under_the_tables_of_the_study(place: dict[str, Any]) -> None:
    place["inflation"] = {"pay": 0.01}
    place["drivers"] = {"community_activity": [0.01] * 5}
    spec = Study.from_dict(place).spec
    assert (spec.inflation["pay"], spec.inflation["drugs"]) == (0.01, (0.045, 0.046, 0.036, 0.041, 0.041))
    assert (spec.drivers["community_activity"], spec.drivers["social_care_cost"]) == ((0.01,) * 5, (0.015, 0.018, 0.021, 0.019, 0.02))
    assert weights_of(spec, "emergency")["litigation"] == 0.0146


def test_years_go_by_their_labels(place: dict[str, Any]) -> None:
    place["horizon"] = {"base": "2017/18", "years": 2}
    assert Study.from_dict(place).spec.inflation["pay"] == (0.016, 0.016)
    place["horizon"] = {"base": 2019, "years": 1, "labels": ["2020/21"]}
    assert Study.from_dict(place).spec.inflation["pay"] == (0.029,)


def test_what_a_set_holds_beyond_the_needs_of_the_study_is_no_slip(place: dict[str, Any]) -> None:
    assert Study.from_dict(place).warnings == ()
    place["inflation"] = {"beds": 0.01}
    assert [warning.path for warning in Study.from_dict(place).warnings] == ["inflation.beds"]


def test_a_set_that_does_not_fit_is_the_only_problem(place: dict[str, Any]) -> None:
    place["horizon"]["years"] = 6
    with pytest.raises(StudyError) as caught:
        Study.from_dict(place)
    assert [str(problem) for problem in caught.value.problems] == [
        'assumptions: has values for 2016/17 to 2020/21 only, and the study needs 2021/22 (found "wpb_2016").'
    ]


def test_the_identity_is_that_of_the_numbers(place: dict[str, Any]) -> None:
    study = Study.from_dict(place)
    written = copy.deepcopy(study.tree)
    del written["assumptions"]
    assert Study.from_dict(written).digest == study.digest == Study.from_dict(study.tree).digest


def test_overrides_reach_a_set_and_choose_one(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(
        'horizon = { base = "2015/16", years = 5 }\nmoney.unit = "GBP"\n'
        'parties = { a = { role = "commissioner" }, b = { role = "provider" } }\n'
        'services.beds = { provider = "b", spend = 1 }\n',
        encoding="utf-8",
    )
    spec = load_study(file, ['assumptions="wpb_2016"', "inflation.pay=0.5", "services.beds.cost_weights=hospital_and_community"]).spec
    assert spec.inflation["pay"] == 0.5
    assert load_study(file, ["assumptions=wpb_2016", "horizon.base=2016/17", "horizon.years=1"]).spec.inflation["pay"] == (0.02,)


def test_printed_tables_agree(handbook: AssumptionSet) -> None:
    # Table 3 as it stands in the handbook, in per cents.
    rows = csv.reader(["pay,3.3,2.0,1.6,1.6,2.9", "drugs,4.5,4.6,3.6,4.1,4.1", "capital,3.1,3.2,3.2,3.1,3.1", "other,1.7,1.8,2.1,1.9,2.0"])
    for name, *printed in rows:
        entry = handbook.entry("inflation", name)
        assert entry is not None
        assert [round(100 * value, 9) for value in entry.values] == [float(text) for text in printed]
