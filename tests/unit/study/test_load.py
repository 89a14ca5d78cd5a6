"""Reading a study: the file itself, the models, and where its keys stand."""

from pathlib import Path
from typing import Any

import pytest

from simengine.errors import StudyError
from simengine.study.load import Study, load_study
from simengine.study.numbers import Uncertain
from simengine.study.ramps import RampTable
from simengine.study.walk import numbers

pytestmark = pytest.mark.unit


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "study.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def only_problem(path: str | Path) -> str:
    with pytest.raises(StudyError) as caught:
        load_study(path)
    (problem,) = caught.value.problems
    return str(problem)


def test_a_study_with_every_key_loads_without_warnings(tmp_path: Path, full: str) -> None:
    study = load_study(write(tmp_path, full))
    assert study.name == "study"
    assert study.warnings == ()
    assert study.spec.years == 3
    assert study.spec.horizon.year_labels == ("2015/16", "2016/17", "2017/18")
    assert (study.spec.money.currency, study.spec.money.scale) == ("GBP", 1e6)
    assert isinstance(study.spec.schemes["care"].ramp, RampTable)
    assert study.spec.arrangements["deal"].gain_bands["high"].from_edge == 0.05
    quality = study.spec.arrangements["deal"].quality
    assert quality is not None
    assert quality.scores == {"community": 0.9}
    assert study.text == full


def test_models_are_frozen_and_equal_when_the_file_is(minimal: dict[str, Any]) -> None:
    study = Study.from_dict(minimal)
    with pytest.raises(ValueError, match="frozen"):
        study.spec.services["emergency"].provider = "ccg"
    assert study.spec == Study.from_dict(minimal).spec


def test_numbers_come_in_the_order_of_the_file_with_unit_and_form(minimal: dict[str, Any]) -> None:
    minimal["services"]["emergency"] = {"price": 1_500, "provider": "acute", "activity": 40_000, "growth": {"need": 0.01, "age": 0.02}}
    minimal["schemes"] = {"care": {"effects": {"emergency": {"impact": 3, "impact_is": "money"}}, "ramp": {"years": 2}}}
    found = [(number.path, number.value, number.unit, number.form) for number in numbers(Study.from_dict(minimal).spec)]
    assert found == [
        ("services.emergency.price", 1500.0, "currency", "base"),
        ("services.emergency.activity", 40000.0, "count", "base"),
        ("services.emergency.growth.need", 0.01, "rate", "number"),
        ("services.emergency.growth.age", 0.02, "rate", "number"),
        ("schemes.care.effects.emergency.impact", 3.0, "money", "number"),
        ("schemes.care.ramp.years", 2.0, "years", "number"),
    ]


def test_a_distribution_keeps_its_parameters_and_notes(tmp_path: Path, full: str) -> None:
    pay = load_study(write(tmp_path, full)).spec.drivers["pay"]
    assert pay == Uncertain(
        "pert", {"min": (0.01, 0.01, 0.02), "mode": 0.02, "max": 0.04}, path="independent", plan=0.02, date="2014-04-01"
    )


def test_drivers_come_in_the_order_of_the_file_even_where_a_table_is_taken_up_again(tmp_path: Path, full: str) -> None:
    again = full.replace(
        "\n[parties.ccg]", '\n[services.late]\nprovider = "acute"\nspend = { dist = "uniform", min = 1, max = 2 }\n[parties.ccg]'
    )
    study = load_study(write(tmp_path, again))
    assert study.drivers[:5] == ("population.size", "drivers.pay", "inflation.drugs", "volatility.common", "services.late.spend")
    assert list(study.drivers) == sorted(study.drivers, key=study.position)


def test_lines_and_positions(tmp_path: Path, full: str) -> None:
    study = load_study(write(tmp_path, full))
    lines = full.splitlines()
    assert lines[(study.line("services.emergency.growth.demographic.dist") or 0) - 1].startswith("growth = {")
    line, column = study.position("schemes.care.effects.emergency.impact")
    assert lines[line - 1][column - 1 :].startswith("impact = { dist")
    assert study.line("services.emergency.segments.frail.people") == study.line("services.emergency.segments.frail")
    assert lines[(study.line("services") or 0) - 1] == "[services.emergency]"
    assert lines[(study.line("correlation.0.rank") or 0) - 1].startswith("rank =")


def test_a_study_from_a_dict_has_no_lines_and_the_order_of_the_tree(minimal: dict[str, Any]) -> None:
    minimal["services"]["emergency"]["growth"] = {"dist": "uniform", "min": 0.0, "max": 0.02}
    minimal["drivers"] = {"demand": {"dist": "uniform", "min": 0.0, "max": 0.02}}
    study = Study.from_dict(minimal, name="built")
    assert (study.name, study.file, study.line("services.emergency")) == ("built", None, None)
    assert study.drivers == ("services.emergency.growth", "drivers.demand")
    assert [str(warning) for warning in study.warnings] == ["drivers.demand: is declared and never used."]


def test_unused_category_and_common_shock_are_warned_of(minimal: dict[str, Any]) -> None:
    study = Study.from_dict({**minimal, "inflation": {"pay": 0.02}, "volatility": {"common": 1}})
    assert [warning.path for warning in study.warnings] == ["inflation.pay", "volatility.common"]


def test_warnings_have_lines(tmp_path: Path, full: str) -> None:
    study = load_study(write(tmp_path, full.replace("[drivers]", "[drivers]\nspare = 0.1")))
    (warning,) = study.warnings
    assert (warning.path, warning.line) == ("drivers.spare", study.line("drivers.spare"))


def test_no_such_file(tmp_path: Path) -> None:
    assert only_problem(tmp_path / "absent.toml").endswith("absent.toml: there is no such file.")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder, not a study file" in only_problem(tmp_path)


def test_not_utf8(tmp_path: Path) -> None:
    assert "is not UTF-8 text (byte 10 cannot be read)" in only_problem(write(tmp_path, b'title = "\xff"\n'))


def test_empty_files(tmp_path: Path) -> None:
    assert "is empty" in only_problem(write(tmp_path, ""))
    assert "is empty" in only_problem(write(tmp_path, "  \n# nothing\n"))


def test_broken_toml_names_line_and_column(tmp_path: Path) -> None:
    file = write(tmp_path, 'title = "x"\nnotes = = 3\n')
    assert only_problem(file) == f"{file}:2: is not valid TOML: invalid value (column 9)."


def test_deep_nesting_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    assert "nested too deeply" in only_problem(write(tmp_path, "x = " + "[" * 5000 + "]" * 5000))


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path, full: str) -> None:
    study = load_study(write(tmp_path, b"\xef\xbb\xbf" + full.replace("\n", "\r\n").encode()))
    assert study.line("title") == 2


def test_labels_of_years(minimal: dict[str, Any]) -> None:
    for base, last in ((2014, "2017"), ("1997/98", "2000/01"), ("2014-15", "2017-18"), ("FY2014", "FY2017"), ("2014/2015", "2017/2018")):
        minimal["horizon"]["base"] = base
        assert Study.from_dict(minimal).spec.horizon.year_labels[-1] == last
    minimal["horizon"] = {"base": "before", "years": 1, "labels": ["after"]}
    assert Study.from_dict(minimal).spec.horizon.year_labels == ("after",)
