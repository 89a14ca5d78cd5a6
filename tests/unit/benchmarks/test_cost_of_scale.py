"""The reckoning of time and price, on numbers that can be worked out by hand."""

import json
from dataclasses import replace

import pytest

from benchmarks.cost_of_scale import BLOCK, INPUTS, Assumed, Inputs, duration, most_cores, reckon, size, text

pytestmark = pytest.mark.unit

INPUT = Inputs(
    subject="hand",
    machine="none",
    worker_of_draw=5e-6,
    fold_of_block=1e-4,
    fold_of_chunk=1.6e-3,
    bytes_of_block=1e5,
    bytes_of_chunk=1.6e6,
    stored_bytes_of_draw=4000.0,
    start_up=2.0,
    summary=1.0,
    write_bytes_of_second=1e9,
)
SURE = Assumed(efficiency=0.5, network_bytes_of_second=1e9, core_hour=(0.01, 0.05), start_of_workers=57.0)


def test_few_cores_wait_for_the_work():
    run = reckon(INPUT, SURE, 10**9, 10, 16, stored=False)
    assert run.work == pytest.approx(10**9 * 5e-6 / 5)  # 1,000 s
    assert run.held_up_by == "work"
    assert run.seconds == pytest.approx(1000.0 + 60.0)
    assert run.price == pytest.approx((10 * 1060.0 / 3600.0 * 0.01, 10 * 1060.0 / 3600.0 * 0.05))


def test_many_cores_wait_for_the_one_that_folds():
    run = reckon(INPUT, SURE, 10**9, 100_000, 16, stored=False)
    # by block: 0.1 ms and a sixteenth of 1.6 ms; 100 kB and a sixteenth of 1.6 MB at 1 GB/s
    assert run.fold == pytest.approx(10**9 / BLOCK * 2e-4)
    assert run.transfer == pytest.approx(10**9 / BLOCK * 2e-4)
    assert run.held_up_by != "work"
    assert run.seconds == pytest.approx(run.fold + 60.0)


def test_from_so_many_cores_on_the_fold_is_as_slow_as_the_work():
    cores = most_cores(INPUT, SURE, 16)
    assert cores == pytest.approx(BLOCK * 5e-6 / 0.5 / 2e-4)
    run = reckon(INPUT, SURE, 10**9, round(cores * 1000) // 1000, 16, stored=False)
    assert run.work == pytest.approx(run.fold, rel=0.01)
    assert most_cores(INPUT, SURE, 256) > cores


def test_what_is_stored_is_sent_once_and_written_twice():
    without, with_ = (reckon(INPUT, SURE, 10**8, 10, 16, stored=stored) for stored in (False, True))
    assert with_.stored_bytes == 4e11
    assert with_.transfer - without.transfer == pytest.approx(400.0)
    assert with_.seconds - max(with_.work, with_.transfer) - 60.0 == pytest.approx(800.0)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(59.0, "59 s"), (100.0, "1.67 min"), (7200.0, "2 h"), (5 * 86_400.0, "5 days"), (6.3e7, "2 years")]
)
def test_durations_are_in_the_unit_that_reads_best(seconds, shown):
    assert duration(seconds) == shown


def test_sizes_are_in_units_of_a_thousand():
    assert [size(4e3), size(4.4e15), size(1e20)] == ["4 kB", "4.4 PB", "1e+05 PB"]


def test_the_table_has_every_case_and_the_page_has_the_table(project):
    kept = Inputs(**json.loads(INPUTS.read_text(encoding="utf-8")))
    found = text(kept, Assumed())
    assert sum(line.startswith("| 10^") for line in found.splitlines()) == 12
    page = (project / "docs" / "cost-of-scale.md").read_text(encoding="utf-8")
    assert [line for line in found.splitlines() if line.startswith("| 10^") and line not in page] == []


def test_a_quicker_worker_is_never_slower():
    for cores in (1, 64, 1000):
        slow, quick = (reckon(replace(INPUT, worker_of_draw=cost), SURE, 10**9, cores, 16, stored=False) for cost in (5e-6, 2e-6))
        assert quick.seconds <= slow.seconds
