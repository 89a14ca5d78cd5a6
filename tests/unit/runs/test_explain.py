"""explain: one draw again, equal to the stored one bit for bit, and laid out so that it adds up."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from simengine.cli.explain_text import explained_text
from simengine.engine.tile import BLOCK
from simengine.errors import ResultError
from simengine.results.store import read_result
from simengine.runs.accounts import Grid, Ledger
from simengine.runs.explain import Explained, explained, unusual_first
from simengine.runs.from_result import stored_run
from simengine.runs.one_draw import OneDraw, one_draw
from simengine.study.load import Study, load_study
from tests.twin.random_actuals import study_under_way
from tests.twin.random_special import special_study
from tests.twin.random_studies import plain_study
from tests.twin.random_terms import term_study
from tests.unit.cli.care import simrisk, study_file
from tests.unit.runs.files import written

pytestmark = pytest.mark.unit

DRAWS = BLOCK + 700


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("explain")
    return written(load_study(study_file(place)), place / "all.nc", DRAWS, store="all")


@pytest.mark.parametrize("draw", [0, 511, 512, BLOCK - 1, BLOCK, DRAWS - 1])
def test_a_draw_has_the_stored_bits(result, draw):
    run = stored_run(result)
    dataset, summary = read_result(result)
    with dataset, summary:
        assert len(run.scenarios) == 3
        for s, scenario in enumerate(run.scenarios):
            one = one_draw(run, draw, scenario)
            assert_stored(one, dataset.isel(scenario=s, draw=draw))


def assert_stored(one: OneDraw, stored) -> None:
    for name, values in one.values.items():
        if name in stored:
            expected = stored[name].to_numpy()
            found = values if expected.dtype == np.float64 else values.astype(expected.dtype)
            assert np.array_equal(found.view(np.int64) if found.dtype == np.float64 else found, same_kind(expected)), name
    for driver in one.drivers:
        if len(driver.values) > 1:
            assert stored["driver_path"].sel(path_driver=driver.name).to_numpy().tolist() == driver.values.tolist()
        else:
            assert float(stored["driver_value"].sel(driver=driver.name)) == driver.values[0]


def same_kind(values):
    return np.ascontiguousarray(values).view(np.int64) if values.dtype == np.float64 else values


def test_a_draw_of_a_run_that_stored_none(result, tmp_path):
    bare = written(stored_run(result).study, tmp_path / "summary.nc", DRAWS, store="summary")
    one, other = (one_draw(stored_run(path), BLOCK + 1, "slow") for path in (result, bare))
    assert all(np.array_equal(one.values[name], other.values[name]) for name in one.values)


def assert_adds_up(found: Explained) -> None:
    size = max(1.0, float(np.abs(found.one.values["provider_cost"]).sum()))
    ledgers = [*found.system, *found.parties, *(contract.pool for contract in found.contracts)]
    grids = [found.lines, found.schemes, *(contract.members for contract in found.contracts)]
    grids += [contract.by_year for contract in found.contracts if contract.by_year is not None]
    for ledger in ledgers:
        running = 0.0
        for entry in ledger.entries:
            if entry.total:
                assert entry.amount == pytest.approx(running, abs=1e-9 * size), (ledger.title, entry.words)
            else:
                running += entry.amount
        assert_printed(ledger)
    for grid in grids:
        for k in range(len(grid.columns)):
            assert grid.total.amounts[k] == pytest.approx(sum(line.amounts[k] or 0.0 for line in grid.lines), abs=1e-9 * size)
        for line in grid.lines:
            for column, parts in grid.sums.items():
                made = sum(times * line.amounts[other] for other, times in parts.items())
                assert line.amounts[column] == pytest.approx(made, abs=1e-9 * size), (grid.title, line.label)
        assert_printed(grid)


def assert_printed(one: Ledger | Grid) -> None:
    made = one.printed(10.0)
    if isinstance(made, Ledger):
        running = 0.0
        for entry in made.entries:
            assert not entry.total or entry.amount == running
            running += 0.0 if entry.total else entry.amount
    else:
        for k in range(len(made.columns)):
            assert sum(line.amounts[k] or 0.0 for line in made.lines) == made.total.amounts[k]


@pytest.mark.parametrize("scenario", ["base", "slow"])
@pytest.mark.parametrize("period", [None, 0, 1])
def test_a_draw_adds_up(result, scenario, period):
    assert_adds_up(explained(one_draw(stored_run(result), 17, scenario), period))


@pytest.mark.parametrize("made", [plain_study, special_study, term_study, study_under_way])
@pytest.mark.parametrize("seed", range(4))
def test_draws_of_random_studies_add_up(tmp_path, made, seed):
    study = Study.from_dict(made(seed))
    run = stored_run(written(study, tmp_path / "r.nc", 3, store="summary"))
    for scenario in run.scenarios:
        one = one_draw(run, 2, scenario)
        if not one.failed:
            for period in (None, *range(len(one.years))):
                assert_adds_up(explained(one, period))


def test_the_settlements_are_what_the_contract_says(result):
    """The pool and the shares of a simple contract, worked out here from baseline and outturn."""
    one = one_draw(stored_run(result), 17)
    spec, values = one.spec, one.values
    (name,) = spec.arrangements
    contract = explained(one, 1).contracts[0]
    assert contract.name == name
    assert contract.gain_rate == pytest.approx((values["gain"] / values["baseline"])[1, 0])
    settlements = [line.amounts[-1] for line in contract.members.lines]
    assert sum(settlements) == pytest.approx(0.0, abs=1e-6)
    assert sum(line.amounts[-3] for line in contract.members.lines) == pytest.approx(values["pool"][1, 0])


def test_chances_are_those_of_the_distribution(result):
    run = stored_run(result)
    ranks = {name: [] for name in run.study.drivers}
    for draw in range(40):
        for driver in one_draw(run, draw).drivers:
            ranks[driver.name] += driver.rank.tolist()
    for name, shares in ranks.items():
        assert all(0.0 < share < 1.0 for share in shares), name
        assert abs(np.mean(shares) - 0.5) < 0.2, name
    (pay,) = [driver for driver in one_draw(run, 3).drivers if driver.name == "drivers.pay"]
    from scipy.stats import norm

    assert pay.rank[0] == pytest.approx(norm.cdf(pay.values[0], 0.03, 0.01), abs=1e-12)
    listed = unusual_first(one_draw(run, 3).drivers, None)
    assert [out for _, _, out in listed] == sorted((out for _, _, out in listed), reverse=True)


NUMBER = re.compile(r"-?[\d,]+\.\d{3}(?=\s|$)")


def test_the_page_adds_up_as_it_stands(result):
    """Totals on the page are marked with "=": each is the sum of the figures above it since its ledger began."""
    page = explained_text(explained(one_draw(stored_run(result), 17), 1))
    running, totals = 0, 0
    for line in page.splitlines():
        figures = [int(found.replace(",", "").replace(".", "")) for found in NUMBER.findall(line)]
        if re.match(r" *= ", line):
            assert figures == [running], line
            totals += 1
        elif re.match(r" {4,}\S", line) and len(figures) == 1:
            running += figures[0]
        elif not figures:
            running = 0
    assert totals >= 12


def test_what_there_is_not_is_named_with_what_there_is(result):
    run = stored_run(result)
    for draw in (-1, DRAWS):
        with pytest.raises(ResultError, match=rf"no draw {draw}: its draws are 0 to {DRAWS - 1}"):
            one_draw(run, draw)
    with pytest.raises(ResultError, match="no scenario bald: it has base, "):
        one_draw(run, 0, "bald")


def test_the_command(result, tmp_path):
    done = simrisk("explain", result, "--draw", "17", "--year", "2026")
    assert done.exit_code == 0, done.stderr
    assert f"draw 17 of 0 to {DRAWS - 1}, 2026" in done.stdout
    assert "position before settlement" in done.stdout
    told = json.loads(simrisk("explain", result, "--draw", "17", "--json").stdout)["result"]
    one = one_draw(stored_run(result), 17)
    assert (told["draw"], told["year"], told["finite"]) == (17, "term", True)
    assert [row["service"] for row in told["services"]] == list(one.ready.layout.services)
    assert told["parties"][0]["entries"][-1]["amount"] == one.values["party_position"].sum(axis=0)[0]
    assert len(told["drivers"]) == sum(len(driver.values) for driver in one.drivers)
    done = simrisk("explain", result, "--draw", DRAWS)
    assert (done.exit_code, f"0 to {DRAWS - 1}" in done.stderr) == (2, True)
    done = simrisk("explain", result, "--draw", "1", "--year", "1999")
    assert (done.exit_code, "2025, 2026, term" in done.stderr) == (2, True)
    assert simrisk("explain", tmp_path / "none.nc", "--draw", "1").exit_code == 2
