"""Every file in tests/bad_studies is refused with exactly the problems that its first lines expect."""

import re
from pathlib import Path

import pytest

from simengine.errors import StudyError
from simengine.study.load import load_study

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parents[2] / "bad_studies"
FILES = sorted(FOLDER.glob("*.toml"))


def expected(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


def as_expected(file: Path, problem: str) -> str:
    """A problem without the study's own name and line; those of another file stay, without its folder."""
    found = re.sub(r"^(\d+: )?", "", problem.removeprefix(str(file)).lstrip(": "))
    return found.replace(f"{FOLDER}/", "")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_bad_study_is_refused_with_these_problems_and_no_others(file: Path) -> None:
    with pytest.raises(StudyError) as caught:
        load_study(file)
    assert [as_expected(file, str(problem)) for problem in caught.value.problems] == expected(file)


def test_there_is_a_file_for_every_rule() -> None:
    assert len(FILES) > 100
    assert all(expected(file) for file in FILES)
