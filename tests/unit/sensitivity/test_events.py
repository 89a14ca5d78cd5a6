"""Which driver brings an event about."""

import numpy as np
import pytest
from scipy import stats

from simengine.errors import DataError
from simengine.sensitivity_analysis.events import MEASURES, Event, event_drivers, stored_events
from simengine.sensitivity_analysis.measures import NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Output
from simengine.sensitivity_analysis.stored import StoredDraws
from tests.unit.sensitivity.stored_subjects import drawn, normals, stored_run, table

pytestmark = pytest.mark.unit

EVENT = [Event("it happens", Output("event"))]


def of(found, name, driver=0):
    return found.found.value[MEASURES.index(name), driver, 0]


def test_an_event_that_one_driver_decides():
    u = drawn(16384, 2)
    found = event_drivers(table(u), EVENT, [u[:, 0] > 0.9])
    assert found.chance[0] == pytest.approx(0.1, abs=1e-3)
    # the distributions with and without it do not overlap; its mean rank is in the middle of the highest tenth
    assert of(found, "distance") == pytest.approx(1.0, abs=0.01)
    assert of(found, "rank") == pytest.approx(0.95, abs=1e-3)
    assert of(found, "chance_low") == 0.0
    assert of(found, "chance_high") == pytest.approx(1.0, abs=0.01)
    assert of(found, "first") == pytest.approx(1.0, abs=0.01)
    assert (found.found.verdict[:, 0, 0] == PLAIN).all()
    assert (found.found.verdict[:, 1, 0] == NOT_DISTINGUISHABLE).all()


def test_measures_of_a_threshold_on_a_sum_of_normals():
    x = normals(65536, 3)
    found = event_drivers(table(x), EVENT, [x[:, 0] + x[:, 1] > 1.0])
    given = stats.norm.cdf(stats.norm.ppf((np.arange(100000) + 0.5) / 100000) - 1.0)  # chance at quantiles of x1
    chance = given.mean()
    apart = np.abs(np.cumsum(given) / given.sum() - np.cumsum(1.0 - given) / (1.0 - given).sum()).max()
    exact = {
        "distance": apart,
        "rank": (given * (np.arange(100000) + 0.5) / 100000).sum() / given.sum(),
        "chance_low": given[:10000].mean(),
        "chance_high": given[-10000:].mean(),
        "first": given.var() / (chance * (1.0 - chance)),
    }
    for name, value in exact.items():
        m = MEASURES.index(name)
        assert of(found, name) == pytest.approx(value, abs=0.006), name
        assert found.found.low[m, 0, 0] - 0.002 <= value <= found.found.high[m, 0, 0] + 0.002, name
    assert abs(of(found, "distance", 2)) < 0.01


def test_an_event_in_the_middle_of_a_driver_is_seen_though_its_rank_is_not():
    u = drawn(16384, 2)
    found = event_drivers(table(u), EVENT, [np.abs(u[:, 0] - 0.5) < 0.1])
    verdict = dict(zip(MEASURES, found.found.verdict[:, 0, 0].tolist(), strict=True))
    assert verdict["distance"] == verdict["first"] == PLAIN
    assert verdict["rank"] == verdict["chance_low"] == NOT_DISTINGUISHABLE


@pytest.mark.parametrize(
    ("flag", "note"),
    [
        (lambda u: u < 0.0, "it happens: in none of 4,096 draws, so its chance is below 0.073% (at 95%)"),
        (lambda u: u >= 0.0, "it happens: in all of 4,096 draws, so nothing decides it here"),
        (lambda u: u < 0.005, "it happens: in 21 of 4,096 draws, too few to tell what decides it (at least 64 of either kind)"),
        (lambda u: u > 0.005, "it happens: in all but 21 of 4,096 draws, too few to tell what decides it (at least 64 of either kind)"),
    ],
)
def test_events_that_say_nothing_are_explained(flag, note):
    u = drawn(4096, 2)
    found = event_drivers(table(u), EVENT, [flag(u[:, 0])])
    assert found.found.notes == (note,)
    assert (found.found.verdict == NOT_KNOWN).all()
    assert found.chance[0] == flag(u[:, 0]).mean()


def test_events_of_a_stored_run():
    stored = StoredDraws(stored_run(4096))
    events = stored_events(stored, "2027")
    growth = stored.run["driver_value"].values[:, 0, 0]
    flags = {event.text: flag for event, flag in events}
    assert list(flags) == [
        "deal: minimum savings rate met in 2027",
        "deal: minimum loss rate met in 2027",
        "ccg: position below zero in 2027",
        "ccg: position below plan in 2027",
        "ccg: loses by the contract in 2027",
        "acute: position below zero in 2027",
    ]
    assert np.array_equal(flags["deal: minimum savings rate met in 2027"], growth > 0.8)
    assert np.array_equal(flags["deal: minimum loss rate met in 2027"], growth < 0.1)
    position = stored.run["party_position"].values[:, 1, 0, 0]
    assert np.array_equal(flags["ccg: position below plan in 2027"], position < 0.05)
    assert flags["ccg: loses by the contract in 2027"].all()
    assert [event.text for event, _ in stored_events(stored, "term", ["acute"])][2:] == ["acute: position below zero over the term"]
    found = event_drivers(stored.table("2027"), [event for event, _ in events], (flag for _, flag in events))
    assert found.found.units[int(found.found.value[0, :, 0].argmax())] == "drivers.growth"
    with pytest.raises(DataError, match="year: must be one of 2026, 2027, term"):
        stored_events(stored, "2031")
