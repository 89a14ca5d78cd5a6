"""Changes by --set: values as in TOML, bare words, and paths that are not in the study."""

from pathlib import Path
from typing import Any

import pytest

from simengine.errors import StudyError
from simengine.study.load import UNPLACED, Study, load_study
from simengine.study.numbers import Uncertain
from simengine.study.overrides import parse_value

pytestmark = pytest.mark.unit


def changed(folder: Path, text: str, *overrides: str) -> Study:
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return load_study(file, overrides)


def refused(folder: Path, text: str, *overrides: str) -> list[str]:
    with pytest.raises(StudyError) as caught:
        changed(folder, text, *overrides)
    return [str(problem) for problem in caught.value.problems]


def test_numbers_lists_distributions_and_words(tmp_path: Path, full: str) -> None:
    study = changed(
        tmp_path,
        full,
        "services.emergency.fixed_share=0.25",
        "schemes.care.captured = [0.1, 0.2, 0.3]",
        'services.elective.growth={ dist = "uniform", min = 0, max = 0.02 }',
        "services.drugs.variable_share=split",
        "schemes.care.enabled=false",
        "drivers.pay.max=0.05",
        "scenarios.bold.schemes.care.delivery=0.9",
        "arrangements.deal.loss_share.acute=0.5",
        "correlation.0.rank=0.1",
    )
    assert study.spec.services["emergency"].fixed_share == 0.25
    assert study.spec.schemes["care"].captured == (0.1, 0.2, 0.3)
    assert isinstance(study.spec.services["elective"].growth, Uncertain)
    assert study.spec.services["drugs"].variable_share == "split"
    assert not study.spec.schemes["care"].enabled
    assert study.scenario("bold").schemes["care"].delivery == 0.9
    assert study.spec.arrangements["deal"].loss_share == {"acute": 0.5}
    assert study.spec.correlation[0].rank == 0.1
    assert study.tree["services"]["emergency"]["fixed_share"] == 0.25


def test_a_replaced_key_keeps_its_place_and_a_new_one_comes_last(tmp_path: Path, full: str) -> None:
    study = changed(tmp_path, full, "services.emergency.fixed_share=0.25", "services.emergency.efficiency_achieved=0.01")
    assert study.position("services.emergency.fixed_share")[0] == study.line("services.emergency.fixed_share")
    assert study.position("services.emergency.efficiency_achieved")[0] == UNPLACED


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "schemes.care.captred=1",
            '--set: schemes.care.captred: unknown path: schemes.care.captred is not in the study. Did you mean "schemes.care.captured"?',
        ),
        ("schemes.cares.delivery=1", 'Did you mean "schemes.care.delivery"?'),
        ("drivers.pays=0.02", 'Did you mean "drivers.pay"?'),
        ("drivers.pay.maxi=0.02", 'Did you mean "drivers.pay.max"?'),
        ("drivers.split.max=0.02", "drivers.split is one value here, it has no keys"),
        ("nonsense=1", "unknown path: nonsense is not in the study"),
        ("services.emergency.fixed_share", "--set takes path=value"),
        ("services.emergency.fixed_share=", "--set takes path=value"),
        ("drivers.pay={ dist = ", "is not a value: "),
        ("services.emergency.fixed_share=5%", '--set: services.emergency.fixed_share: a share is a fraction: write 0.05 (found "5%")'),
        ("services.emergency.fixed_share=1.5", "--set: services.emergency.fixed_share: a share is a fraction from 0 to 1 (found 1.5)"),
        ("horizon.years=4", "a yearly list has one value for each of the 4 years"),
    ],
)
def test_overrides_that_are_refused(tmp_path: Path, full: str, override: str, message: str) -> None:
    found = refused(tmp_path, full, override)
    assert message in found[0]


def test_problems_of_the_file_and_of_overrides_come_together(tmp_path: Path, full: str) -> None:
    found = refused(tmp_path, full.replace("years = 3", "years = 51"), "drivers.pays=1", "services.emergency.provider=acuet")
    assert len(found) == 3


def test_values_cannot_smuggle_in_other_keys() -> None:
    assert parse_value("1\nother = 2") == ("1\nother = 2", None)
    assert parse_value("2014/15") == ("2014/15", None)
    assert parse_value('"text"') == ("text", None)


def test_from_dict_leaves_the_tree_of_the_caller_alone(minimal: dict[str, Any]) -> None:
    minimal["services"]["emergency"]["growth"] = (0.01, 0.02, 0.03)
    study = Study.from_dict(minimal)
    study.tree["services"]["emergency"]["growth"].append(1)
    assert minimal["services"]["emergency"]["growth"] == (0.01, 0.02, 0.03)
