"""The printed summary: what stands where, and that it says what the stored summary says."""

import json
import re

import pytest
import xarray as xr

from tests.unit.cli.care import STUDY, simrisk, study_file

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def text(stored):
    done = simrisk("summary", stored)
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def summary(stored):
    return xr.load_dataset(stored, engine="h5netcdf", group="summary")


def row(text, title, label):
    """The cells of one row of a table."""
    lines = text.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith(title))
    found = next(line for line in lines[start + 1 :] if line.startswith(f"  {label} ") or line == f"  {label}")
    return re.split(r"\s{2,}", found.strip())[1:]


def number(cell):
    return float(cell.split(" ±")[0].replace(",", "").rstrip("%"))


def test_head(text):
    lines = text.splitlines()
    assert lines[0] == "Three providers"
    assert lines[1].startswith("GBP m; 256 draws (sobol, seed 3); ± is the Monte Carlo standard error")


def test_summary_of_the_file_is_that_of_the_run(folder, text):
    done = simrisk("run", "care.toml", "--scenario", "all", "--out", "again.nc")
    assert done.stdout == text
    assert simrisk("summary", "again.nc").stdout == text


def test_figures_are_those_of_the_stored_summary(text, summary):
    cells = row(text, "System net position", "mean")
    values = summary["net_position"].sel(statistic="mean", scenario="base").to_numpy() / 1e6
    errors = summary["net_position_se"].sel(statistic="mean", scenario="base").to_numpy() / 1e6
    assert [number(cell) for cell in cells] == pytest.approx(values, abs=float(max(errors)))
    assert [float(cell.split(" ±")[1]) for cell in cells] == pytest.approx(errors, rel=0.5)


def test_the_base_is_whole_and_scenarios_are_differences(text, summary):
    assert text.count("System net position") == 1
    assert re.findall(r"^Scenario (\w+)", text, re.MULTILINE) == ["high_pay", "slow"]
    cells = row(text, "Scenario high_pay", "less base: net position")
    values = summary["net_position_difference"].sel(statistic="mean", scenario="high_pay").to_numpy() / 1e6
    assert [number(cell) for cell in cells] == pytest.approx(values, abs=0.01)
    assert number(row(text, "Scenario slow", "  trust")[0]) == pytest.approx(
        float(summary["party_position_difference"].sel(statistic="mean", scenario="slow", party="trust", period="2025")) / 1e6, abs=0.01
    )


def test_all_tables_of_a_scenario_on_request(stored):
    done = simrisk("summary", stored, "--scenario", "slow")
    assert done.stdout.startswith("Three providers, scenario slow\n")
    assert "System net position" in done.stdout
    assert "less base" not in done.stdout


def test_the_chance_over_the_term_is_never_below_that_of_a_year(text):
    for label in ("MSR met", "MLR met", "collar binds: trust"):
        first, second, term = (number(cell) for cell in row(text, "Arrangement: deal", label))
        assert term >= max(first, second)


def test_one_base_fits_a_screen_of_its_own(text):
    base = text.partition("\nScenario ")[0].splitlines()
    assert len(base) <= 60
    assert max(len(line) for line in text.splitlines()) <= 140


def test_a_study_without_a_deal_or_a_driver(folder):
    plain = STUDY.partition("[arrangements.deal]")[0]
    study_file(folder, plain, "plain.toml")
    done = simrisk("run", "plain.toml", "--out", "plain.nc")
    assert done.exit_code == 0
    assert "Deal" not in done.stdout
    assert "\nPosition  " in done.stdout


def test_failed_draws_are_named(folder):
    from tests.unit.cli.care import SOMETIMES_EMPTY

    study_file(folder, SOMETIMES_EMPTY, "empty.toml")
    done = simrisk("run", "empty.toml", "--out", "empty.nc")
    assert done.exit_code == 0
    assert "\n16 draws were not finite and left out\n" in done.stdout


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """Runs that count: all outputs, all but one, and none."""
    place, found = tmp_path_factory.mktemp("counted"), {}
    for name, options in {
        "summary": ("--store", "summary"),
        "some": ("--store", "net_position"),
        "few": (),
        "none": ("--store", "summary", "--exact"),
    }.items():
        found[name] = simrisk("run", study_file(place), "--json", "--out", place / f"{name}.nc", *options), place / f"{name}.nc"
    return found


def test_a_summary_says_what_was_counted_and_how_close_it_is(counted):
    close = "Quantiles and tail means within 0.2% of their distance from the plan, exact with --exact"
    said = {name: simrisk("summary", path).stdout.splitlines() for name, (_, path) in counted.items()}
    lines = {name: [line for line in lines if line.startswith("Counted: ")] for name, lines in said.items()}
    assert lines["summary"] == [f"Counted: all outputs. {close}"]
    assert lines["few"] == [f"Counted: payout, windfall (draws not stored). {close}"]
    assert re.fullmatch(r"Counted: \w+, \w+, \w+ and \d+ more \(draws not stored\)\. .*", lines["some"][0])
    assert lines["none"] == []


def test_json_names_what_was_counted(counted):
    for name, (done, path) in counted.items():
        for text in (done.stdout, simrisk("summary", path, "--json").stdout):
            found = json.loads(text)["result"].get("counted")
            if name == "none":
                assert found is None
                continue
            assert found["within"] == 0.002
            assert (found["of"], found["exact_with"]) == ("distance from the plan", "--exact")
            with xr.open_dataset(path, engine="h5netcdf", group="summary") as summary:
                assert found["outputs"] == json.loads(summary.attrs["counted"])


def test_a_long_name_moves_all_columns(folder):
    long = "a_hospice_with_a_long_name"
    other = STUDY.replace("[parties.hospice]", f"[parties.{long}]").replace('provider = "hospice"', f'provider = "{long}"')
    text = simrisk("run", study_file(folder, other)).stdout
    table = text[text.index("\nPosition after") :].strip().split("\n\n")[0].splitlines()
    assert any(long in line for line in table)
    assert {len(line) for line in table} == {len(table[0])}
