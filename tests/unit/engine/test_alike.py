"""Line variables that are multiples of others: the same numbers as when every line is worked out, and only where that is so."""

import copy
from typing import Any

import numpy as np
import pytest

from simengine.engine import runner as runner_module
from simengine.engine.alike import Alike, find_alike
from simengine.engine.block import Model
from simengine.engine.detail import LINE_VARIABLES
from simengine.engine.plan import Prepared, prepare
from simengine.engine.simulate import Settings, Simulated, simulate
from simengine.schema import DETAIL_VARIABLES
from simengine.study.load import Study
from tests.unit.engine.running import simulate_one

pytestmark = pytest.mark.unit

YEARS = 3
NAMES = tuple(LINE_VARIABLES)


def line(activity: float, price: float, **more: Any) -> dict[str, Any]:
    made = {"provider": "acute", "activity": activity, "price": price, "growth": {"population": True, "need": "need"}}
    return made | {"cost_weights": {"pay": 0.8}, "efficiency_required": 0.01, "variable_share": 0.4, "plan_includes_schemes": 0.0} | more


def study() -> dict[str, Any]:
    """Two lines of each kind that has terms of its own, after a first pair that differ in size and price only."""
    drawn = {"dist": "uniform", "min": 0.2, "max": 0.6}
    kinds: dict[str, dict[str, Any]] = {
        "plain": {},
        "block": {"variable_share": 0.0},
        "agreed_price": {"payment_price": "plan"},
        "fixed": {"fixed_share": 0.3, "release_years": 2},
        "drawn_share": {"variable_share": drawn},
        "costly": {"unit_cost": 33.0},
        "own_provider": {"provider": "ccg"},
        "stated": {"payment_baseline": 900_000.0},
        "with_scheme": {},
        "noisy": {"volatility": {"cv_floor": 0.02}},
    }
    lines: dict[str, dict[str, Any]] = {"nothing": line(0.0, 50.0)}
    lines |= {f"{kind}_{k}": line(1000.0 + 700.0 * k, 50.0 + 7.0 * k, **more) for kind, more in kinds.items() for k in range(2)}
    for k in range(2):
        # the one key takes the place of the other
        del lines[f"stated_{k}"]["plan_includes_schemes"]
    lines["by_year"] = {"provider": "acute", "spend_by_year": [10.0, 0.0, 30.0], "variable_share": 0.4, "plan_includes_schemes": 0.0}
    return {
        "horizon": {"base": 2014, "years": YEARS},
        "money": {"unit": "GBP"},
        "population": {"size": 100_000.0, "growth": {"dist": "uniform", "min": 0.0, "max": 0.02}},
        "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}},
        "drivers": {"need": {"dist": "normal", "mean": 0.01, "sd": 0.01, "path": "independent"}},
        "inflation": {"pay": {"dist": "normal", "mean": 0.02, "sd": 0.01, "path": "ar1", "rho": 0.5}},
        "services": lines,
        "schemes": {
            "team": {"effects": {f"with_scheme_{k}": {"impact": {"dist": "uniform", "min": 0.05, "max": 0.15}} for k in range(2)}},
        },
        "arrangements": {
            "deal": {
                "services": ["plain_0", "plain_1", "with_scheme_0"],
                "baseline": "plan",
                "plan_includes_schemes": 0.0,
                "gain_share": {"acute": 0.5},
            }
        },
        "scenarios": {
            "bigger": {"services": {"plain_1": {"activity": 2500.0}}},
            "no_schemes": {"schemes": {"team": {"enabled": False}}},
        },
    }


@pytest.fixture(scope="module")
def ready() -> Prepared:
    made = Study.from_dict(study())
    return prepare(made, made.scenario_names)


def found_in(ready: Prepared, scenario: int) -> Alike:
    return find_alike(ready.model(scenario, 1, "random", True, np.arange(ready.layout.detail_count)))


def leaders(ready: Prepared, scenario: int) -> dict[str, str]:
    """The line whose activity each line's is a multiple of."""
    rows = ready.layout.detail_rows("activity_do_nothing")
    source = found_in(ready, scenario).source[rows]
    at = {int(row): ready.layout.services[s] for s, row in enumerate(rows[0])}
    return {name: at[int(row)] for name, row in zip(ready.layout.services, source[0], strict=True)}


def all_worked(model: Model) -> Alike:
    rows = np.arange(model.detail.plan.size)
    return Alike(rows, rows, np.ones(rows.size))


def pair(ready: Prepared, scenario: int, sampler: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Simulated, Simulated]:
    """A run as it is, and one that works out every line."""
    one = simulate_one(ready, scenario, 5000, 3, sampler)
    with monkeypatch.context() as patch:
        patch.setattr(runner_module, "find_alike", all_worked)
        other = simulate_one(ready, scenario, 5000, 3, sampler)
    return one, other


def test_only_lines_that_differ_in_size_alone_follow_another(ready: Prepared) -> None:
    base = leaders(ready, 0)
    for kind in ("plain", "block", "agreed_price", "fixed", "own_provider"):
        assert base[f"{kind}_1"] == f"{kind}_0"
    # a unit cost of its own is one more constant
    assert base["costly_0"] == base["costly_1"] == "plain_0"
    # shares, payments and noise of its own, a scheme; no activity at all, although it is the first
    for name in ("drawn_share_1", "stated_0", "stated_1", "with_scheme_0", "with_scheme_1", "noisy_0", "noisy_1", "nothing", "by_year"):
        assert base[name] == name
    bigger = leaders(ready, 1)
    assert bigger["plain_1"] == "plain_1", "its plan is still the base study's"
    assert bigger["block_1"] == "block_0"


@pytest.mark.parametrize("scenario", [0, 1, 2])
@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
def test_the_numbers_are_those_of_every_line_worked_out(
    ready: Prepared, scenario: int, sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair(ready, scenario, sampler, monkeypatch)
    assert one.store.tobytes() == other.store.tobytes()
    for name in DETAIL_VARIABLES:
        rows = ready.layout.detail_rows(name)
        got, wanted = one.detail[one.detail_row[rows]], other.detail[other.detail_row[rows]]
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=0.0, err_msg=name)
        # sums about the plan: those of a variable that does not vary are rounding
        size = np.abs(wanted).max() + 1.0
        np.testing.assert_allclose(one.moments[rows], other.moments[rows], rtol=1e-9, atol=1e-10 * size * size * 5000, err_msg=name)
    assert not np.signbit(one.detail[one.detail_row[ready.layout.detail_rows("gross_saving")]]).all()


def test_a_line_without_schemes_is_worked_out_once(ready: Prepared) -> None:
    worked = set(found_in(ready, 0).worked.tolist())
    layout = ready.layout
    for name, expected in (("plain_0", 5), ("plain_1", 0), ("with_scheme_0", len(NAMES)), ("stated_1", 5), ("nothing", 5)):
        s = layout.services.index(name)
        assert sum(int(layout.detail_rows(v)[t, s]) in worked for v in NAMES for t in range(YEARS)) == expected * YEARS, name


def test_what_is_stored_does_not_move_a_number(ready: Prepared) -> None:
    """A variable that is stored alone is that of a run that stores all; positions and moments are the same."""
    every = simulate_one(ready, 0, 3000, 3, "sobol")
    for kept in ((), ("cost_released",), ("payment", "spend")):
        some = simulate(ready, 0, Settings(3000, 3, "sobol", 2), kept, lambda done: None)
        assert some.store.tobytes() == every.store.tobytes()
        assert some.moments.tobytes() == every.moments.tobytes()
        for name in kept:
            rows = ready.layout.detail_rows(name)
            assert some.detail[some.detail_row[rows]].tobytes() == every.detail[every.detail_row[rows]].tobytes()


def test_a_failed_draw_fails_in_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that sometimes dies out, 0 people of 0: left out of the moments of lines that follow as of those worked out."""
    tree = copy.deepcopy(study())
    tree["drivers"]["list"] = {"dist": "discrete", "values": [5e-324, 10_000.0], "weights": [0.1, 0.9]}
    tree["population"] = {"segments": {"young": {"size": "list", "growth": -0.8}, "old": {"size": "list", "growth": -0.9}}}
    ready = prepare(Study.from_dict(tree))
    with np.errstate(all="ignore"):
        one, other = pair(ready, 0, "random", monkeypatch)
    for name in ("activity", "payment", "cost_released", "gross_saving"):
        rows = ready.layout.detail_rows(name).ravel()
        assert 4000 < one.moments[rows, 0].min() < 4700
        assert one.moments[rows, 0].tolist() == other.moments[rows, 0].tolist()
