"""The study of a stored run, rebuilt from what its file says: the same hash, drivers and figures, without any file it once came from."""

import json
import shutil
from pathlib import Path

import pytest

from simengine.engine.drivers import assign_columns
from simengine.errors import StudyError
from simengine.run_account import _order, _resolved_text
from simengine.runs.from_result import study_of
from simengine.study.load import Study, load_study
from tests.twin.random_studies import plain_study
from tests.unit.cli.care import study_file
from tests.unit.study import test_imports, test_line_rows

pytestmark = [pytest.mark.unit, pytest.mark.plain]

#: A driver that is declared below a table that comes before it, tables opened in turn, and correlations between them.
IN_TURN = (
    test_imports.HEAD
    + """
[services.wards]
provider = "board"
spend = 10
variable_share = "late"
[drivers.early]
dist = "uniform"
min = 0.1
max = 0.3
[services.beds]
provider = "board"
spend = 20
growth = { dist = "uniform", min = 0.0, max = 0.02 }
variable_share = "early"
[[correlation]]
drivers = ["drivers.late", "drivers.early", "services.beds.growth"]
rank = 0.4
[drivers.late]
dist = "uniform"
min = 0.2
max = 0.4
[services.wards.growth]
other = { dist = "uniform", min = 0.0, max = 0.03 }
[scenarios.high.services.beds]
growth = 0.05
[scenarios.low.services.beds.growth]
dist = "uniform"
min = -0.02
max = 0.0
"""
)
EMPIRICAL = 'growth = { dist = "empirical", file = "growth.csv", column = "Rate", scale = "pct" }'


def about(study: Study) -> dict[str, object]:
    """What a file says of a study, as it stands there."""
    settings = study.spec.simulation
    return {
        "study_text": _resolved_text(study),
        "study_order": json.dumps(_order(study), sort_keys=True),
        "study_name": study.name,
        "draws": settings.draws,
        "seed": str(settings.seed),
        "sampler": settings.sampler,
    }


def assert_rebuilt(study: Study) -> None:
    again = study_of(about(study))
    assert again.digest == study.digest
    assert again.drivers == study.drivers
    assert assign_columns(again) == assign_columns(study)
    assert again.scenario_names == study.scenario_names
    for name in ("base", *study.scenario_names):
        one, other = (dict(found.scenario(name)) for found in (study, again))
        assert {**one, "simulation": None} == {**other, "simulation": None}
    # a run of what was rebuilt says the same of itself
    assert about(again) == about(study)


@pytest.mark.parametrize("name", ["minimal", "bettercaretown", "wpb_acute", "elicited_schemes", "budget_ten_years"])
def test_shipped_studies(configs: Path, name: str) -> None:
    assert_rebuilt(load_study(configs / f"{name}.toml"))


def test_without_the_files_it_was_made_of(configs: Path, tmp_path: Path) -> None:
    for file in configs.glob("budget_ten_years*"):
        shutil.copy(file, tmp_path)
    study = load_study(tmp_path / "budget_ten_years.toml")
    said = about(study)
    shutil.rmtree(tmp_path)
    assert study_of(said).digest == study.digest


def test_drivers_from_rows(tmp_path: Path) -> None:
    assert_rebuilt(load_study(test_imports.write(tmp_path, test_imports.HEAD + test_imports.LINE + test_imports.TABLE)))
    # the rows stand where the table does: before the study's own drivers in its line
    assert_rebuilt(load_study(test_imports.write(tmp_path, test_imports.HEAD + test_imports.TABLE + test_imports.LINE)))


def test_lines_from_rows(tmp_path: Path) -> None:
    assert_rebuilt(load_study(test_line_rows.write(tmp_path)))
    assert_rebuilt(load_study(test_line_rows.write(tmp_path), ["services.x_100_a.fixed_share=0.4", "drivers.need=0.02"]))


def test_values_from_a_column(tmp_path: Path) -> None:
    (tmp_path / "growth.csv").write_text("Rate\n1.5\n2\n0.25\n", encoding="utf-8")
    text = IN_TURN.replace('growth = { dist = "uniform", min = 0.0, max = 0.02 }', EMPIRICAL)
    assert text != IN_TURN
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = load_study(tmp_path / "study.toml")
    said = about(study)
    (tmp_path / "growth.csv").unlink()
    assert study_of(said).digest == study.digest
    assert_rebuilt(study)


def test_tables_opened_in_turn(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(IN_TURN, encoding="utf-8")
    assert_rebuilt(load_study(tmp_path / "study.toml"))
    # changed on the command line the study is written anew, lists of tables first: its drivers keep their columns all the same
    changed = load_study(tmp_path / "study.toml", ["services.beds.spend=21", "simulation.draws=64", "simulation.sampler=random"])
    assert changed.drivers[0] != "drivers.late"
    assert_rebuilt(changed)


def test_options_and_scenarios(tmp_path: Path) -> None:
    file = study_file(tmp_path)
    assert_rebuilt(load_study(file))
    assert_rebuilt(load_study(file, ['simulation.sampler="lhs"', "simulation.seed=9", "drivers.pay.sd=0.02"]))


@pytest.mark.parametrize("seed", range(0, 40, 3))
def test_studies_built_in_code(seed: int) -> None:
    assert_rebuilt(Study.from_dict(plain_study(seed)))


def test_actuals(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(IN_TURN, encoding="utf-8")
    (tmp_path / "seen.csv").write_text("service,year,activity\nbeds,2025,20.5\n", encoding="utf-8")
    study = load_study(tmp_path / "study.toml", actuals=tmp_path / "seen.csv")
    assert study.spec.services["beds"].actual is not None
    assert_rebuilt(study)


def test_a_text_that_is_no_study_is_refused(configs: Path) -> None:
    said = about(load_study(configs / "minimal.toml"))
    with pytest.raises(StudyError, match="services.emergency.provider"):
        study_of({**said, "study_text": str(said["study_text"]).replace('provider = "hospital"', 'provider = "hospitals"')})
