"""What ``configs/budget_ten_years.toml`` quotes, against the sources: unit costs, activity, elicited ranges, growth, weights, deflator.

The sources are read in place (``SIMRISK_SHARED``), and the tests are skipped, saying so, where they are not to be had.
"""

import csv
import json
import re
from pathlib import Path

import pytest

from simengine.study.load import Study, load_study
from simengine.study.plan_lines import PlanLines

pytestmark = pytest.mark.golden

PEOPLE = 300_000
QUOTED = re.compile(r"NCC 2024/25; (?P<department>.+); (?P<code>[^;]+); unit cost (?P<cost>[\d.]+)")
REST = re.compile(r"NCC 2024/25; (?P<department>.+); sum of the other (?P<lines>\d+) lines")
OTHERS = re.compile(r"NCC 2024/25; sum of the lines of the other (?P<departments>\d+) departments")


@pytest.fixture(scope="module")
def study(configs: Path) -> Study:
    return load_study(configs / "budget_ten_years.toml")


def rows(file: Path) -> list[dict[str, str]]:
    if not file.is_file():
        pytest.skip(f"no file {file}: the sources are not complete")
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def collection(shared_folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The lines of the National Cost Collection 2024/25 by department and currency code."""
    found = rows(shared_folder / "data" / "nhs" / "national_cost_collection_2024_25.csv")
    return {(row["department_code"], row["currency_code"]): row for row in found}


@pytest.fixture(scope="module")
def part(shared_folder: Path) -> float:
    """The place's share of the people on all lists."""
    found = rows(shared_folder / "data" / "nhs" / "icb_weighted_populations_2024_25.csv")
    return PEOPLE / sum(float(row["pop 2022/23"]) for row in found)


def quoted(study: Study) -> dict[str, tuple[str, str]]:
    """Department and code of every line with a quoted unit cost."""
    found = {name: QUOTED.fullmatch(line.source or "") for name, line in study.spec.services.items()}
    return {name: (match["department"], match["code"]) for name, match in found.items() if match is not None}


def test_every_unit_cost_is_that_of_the_collection(study: Study, collection: dict[tuple[str, str], dict[str, str]]) -> None:
    places = quoted(study)
    assert len(places) > 100
    assert [place for place in places.values() if place not in collection] == []
    wrong = {}
    for name, place in places.items():
        line, cost = study.spec.services[name], float(collection[place]["unit_cost"])
        stated = re.search(r"unit cost ([\d.]+)$", line.source or "")
        if line.price != round(cost, 2) or stated is None or float(stated[1]) != line.price:
            wrong[name] = (line.price, cost)
    assert wrong == {}


def test_every_label_names_what_the_collection_names(study: Study, collection: dict[tuple[str, str], dict[str, str]]) -> None:
    """A code that was quoted for another thing shows in its description."""
    for name, place in quoted(study).items():
        words = " ".join(collection[place]["currency_desc"].split())
        assert words[:40] in (study.spec.services[name].label or ""), name


def test_activity_is_the_national_one_by_people(study: Study, collection: dict[tuple[str, str], dict[str, str]], part: float) -> None:
    """Activity is given to four digits or to a whole number, the finer of the two."""
    for name, place in quoted(study).items():
        activity, national = study.spec.services[name].activity, float(collection[place]["activity"])
        assert isinstance(activity, float)
        assert activity == pytest.approx(national * part, rel=5e-4, abs=0.051), name


def test_what_is_left_of_a_department_is_the_sum_of_its_other_lines(
    study: Study, collection: dict[tuple[str, str], dict[str, str]], part: float
) -> None:
    taken, seen = set(quoted(study).values()), 0
    for name, line in study.spec.services.items():
        match = REST.fullmatch(line.source or "")
        if match is None:
            continue
        left = [row for place, row in collection.items() if place[0] == match["department"] and place not in taken]
        assert len(left) == int(match["lines"]), name
        assert line.spend == pytest.approx(sum(float(row["cost"]) for row in left) * part / 1e3, abs=0.51), name
        seen += 1
    assert seen == 18


def test_the_departments_that_have_no_line_of_their_own(
    study: Study, collection: dict[tuple[str, str], dict[str, str]], part: float
) -> None:
    line = study.spec.services["other_rest"]
    match = OTHERS.fullmatch(line.source or "")
    named = {department for department, _ in quoted(study).values()}
    left = {place: float(row["cost"]) for place, row in collection.items() if place[0] not in named}
    assert match is not None
    assert int(match["departments"]) == len({department for department, _ in left})
    assert line.spend == pytest.approx(sum(left.values()) * part / 1e3, abs=0.51)


def test_the_lines_hold_the_whole_collection(study: Study, collection: dict[tuple[str, str], dict[str, str]], part: float) -> None:
    """All but one line of it, a screening programme of 0.07 m."""
    plan = PlanLines(study.spec)
    bases = {name: plan.of(name) for name, line in study.spec.services.items() if (line.source or "").startswith("NCC")}
    total = sum(line.base for line in bases.values() if line is not None)
    assert total == pytest.approx(sum(float(row["cost"]) for row in collection.values()) * part, rel=3e-4)


def test_the_total_is_that_of_a_place(study: Study) -> None:
    """More than 2,000 a head, and every line counts: the total that the file states is the sum."""
    plan = PlanLines(study.spec)
    lines = [plan.of(name) for name in study.spec.services]
    assert len(lines) > 170
    total = sum(line.base for line in lines if line is not None)
    assert study.tree["checks"]["all_lines"] == round(total / 1e3)
    assert 2_500 < total / PEOPLE < 3_500
    population = study.spec.population
    assert population is not None
    assert sum(float(str(segment.size)) for segment in population.segments.values()) == PEOPLE


def test_elicited_impacts(study: Study, configs: Path, shared_folder: Path) -> None:
    source = {row["param_name"]: row for row in rows(shared_folder / "data" / "nhs" / "nhp_nee_labels.csv")}
    used = rows(configs / "budget_ten_years_mitigators.csv")
    assert len(used) >= 20
    for row in used:
        of = source[row["name"]]
        for key, column in (("mean", "mean"), ("p10", "percentile10"), ("p90", "percentile90")):
            assert float(row[key]) == round(float(of[column]) / 100.0, 6), (row["name"], key)
        assert row["label"] == of["strategyLabel"]
        assert row["source"].endswith(row["name"])
    assert not [warning for warning in study.warnings if "never used" in warning.rule]


@pytest.mark.parametrize(
    ("driver", "group", "kind"),
    [
        ("emergency_growth", "ip", "non-elective"),
        ("elective_growth", "ip", "elective"),
        ("attendance_growth", "aae", "walk-in"),
        ("outpatient_growth", "op", "first"),
    ],
)
def test_growth_beyond_population_and_need(study: Study, shared_folder: Path, driver: str, group: str, kind: str) -> None:
    with (shared_folder / "data" / "nhs" / "nhp_non_demographic_growth.json").open(encoding="utf-8") as file:
        low, high = json.load(file)["variant_3"]["values"][group][kind]
    assert study.tree["drivers"][driver]["range"] == pytest.approx([low - 1.0, high - 1.0], abs=1e-9)
    assert study.tree["drivers"][driver]["coverage"] == 0.8


def test_weights_and_deflator(study: Study, shared_folder: Path) -> None:
    weights = {row["cost_area"]: float(row["weight_pct"]) for row in rows(shared_folder / "tables" / "wpb_table4_cost_weights_pct.csv")}
    areas = {"pay": "Pay", "drugs": "HCHS", "capital": "Capital", "litigation": "Litigation", "other": "Other"}
    printed = {key: next(value for area, value in weights.items() if area.startswith(start)) for key, start in areas.items()}
    assert study.tree["cost_weights"]["hospital"] == pytest.approx({key: value / 100.0 for key, value in printed.items()}, abs=1e-12)
    deflator = {row["financial_year"]: row for row in rows(shared_folder / "data" / "nhs" / "gdp_deflator_hmt_dec2025.csv")}
    conversions = {line.conversion.inflation for line in study.spec.services.values() if line.conversion is not None}
    assert conversions == {float(deflator["2024-25"]["growth_pct"]) / 100.0}
    assert all(line.conversion is not None for line in study.spec.services.values())


def test_outpatients_cost_what_the_handbook_has_carried_on(study: Study, shared_folder: Path) -> None:
    """110 GBP in 2015/16 (figure 15) by the deflator; first and follow-up attendances together."""
    deflator = {row["financial_year"]: row for row in rows(shared_folder / "data" / "nhs" / "gdp_deflator_hmt_dec2025.csv")}
    first, later = (study.tree["services"][name] for name in ("op_first", "op_follow_up"))
    mean = (first["activity"] * first["price"] + later["activity"] * later["price"]) / (first["activity"] + later["activity"])
    assert mean == pytest.approx(110.0 * 100.0 / float(deflator["2015-16"]["index_2024_25_100"]), abs=0.5)
