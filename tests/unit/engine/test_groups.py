"""Lines worked off together: the same results as line by line, and together only where that is so."""

from typing import Any

import numpy as np
import pytest

from simengine.engine import build_groups as groups_module
from simengine.engine.block import Model, run_blocks
from simengine.engine.lines_together import SHARED_REDUCTION, Groups
from simengine.engine.outputs import ARRANGEMENT, MEMBER, PARTY, SYSTEM
from simengine.engine.plan import Prepared, prepare
from simengine.engine.scratch import new_scratch
from simengine.jit import Floats, Ints
from simengine.study.load import Study

pytestmark = pytest.mark.unit

DRAWS, YEARS, COPIES = 600, 4, 7
#: Terms that keep lines apart from the plain ones, and whether lines that have them are of one group.
KINDS: dict[str, tuple[dict[str, Any], bool]] = {
    "plain": ({}, True),
    "block": ({"variable_share": 0.0}, True),
    "agreed_price": ({"payment_price": "plan"}, True),
    "fixed": ({"fixed_share": 0.4, "release_years": 2}, True),
    "drawn_share": ({"variable_share": {"dist": "uniform", "min": 0.2, "max": 0.6}}, False),
    "dear": ({"unit_cost": 33.0}, False),
    "own_growth": ({"growth": {"dist": "uniform", "min": 0.0, "max": 0.04}}, True),
    "noisy": ({"volatility": {"cv_floor": 0.05}}, True),
    "own": ({"provider": "ccg"}, True),
    "banded": ({"marginal_bands": {"above": {"side": "above", "from": 0.02, "share": 0.7}}}, False),
}


def tree() -> dict[str, Any]:
    """Lines of every kind that differ in size and price, two schemes on some of each, an arrangement over most."""
    plain = {"provider": "acute", "growth": "need", "cost_weights": {"pay": 0.8}, "efficiency_required": 0.01, "variable_share": 0.4}
    lines = {
        f"{kind}_{k}": plain | {"activity": 900.0 + 400.0 * k, "price": 40.0 + 9.0 * k, "plan_includes_schemes": 0.5} | terms
        for kind, (terms, _) in KINDS.items()
        for k in range(COPIES)
    }
    impacts = ({"dist": "uniform", "min": 0.02, "max": 0.1}, {"dist": "uniform", "min": 0.0, "max": 0.2})
    return {
        "horizon": {"base": 2014, "years": YEARS},
        "money": {"unit": "GBP"},
        "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}},
        "drivers": {"need": {"dist": "normal", "mean": 0.01, "sd": 0.01, "path": "independent"}, "impact": impacts[0]},
        "inflation": {"pay": {"dist": "normal", "mean": 0.02, "sd": 0.01, "path": "independent"}},
        "services": lines,
        "schemes": {
            "first": {"ramp": {"years": 2}, "effects": {f"{kind}_{k}": {"impact": "impact"} for kind in KINDS for k in (1, 2, 5)}},
            "second": {"effects": {f"{kind}_{k}": {"impact": impacts[1]} for kind in KINDS for k in (2, 3)}},
        },
        "arrangements": {
            "deal": {
                "services": [name for k, name in enumerate(lines) if k % COPIES != 6],
                "baseline": "plan",
                "plan_includes_schemes": 0.5,
                "residual": "ccg",
                "msr": 0.01,
                "msr_kind": "excess",
                "gain_share": {"acute": 0.4},
            }
        },
    }


@pytest.fixture(scope="module")
def ready() -> Prepared:
    return prepare(Study.from_dict(tree()))


def model_of(ready: Prepared) -> Model:
    return ready.model(0, 3, "random", False, np.full(ready.layout.detail_count, -1, dtype=np.int64))


def results(ready: Prepared, model: Model, kept: tuple[str, ...] | None = None) -> Floats:
    """The output rows that are kept."""
    outputs = ready.layout.outputs([], kept)
    scratch = new_scratch(model, ready.layout, ready.drafts[0].book.rows, np.empty((0, 0)), 1)
    store = np.full((int(outputs.keep.max()) + 1, DRAWS), np.nan)
    run_blocks(model, outputs, scratch, 0, 1, DRAWS, store, 0)
    return store


def members(groups: Groups, names: list[str]) -> dict[str, int]:
    """The number of parts of the group that each first line leads."""
    return {names[s]: int(n) for s, n in zip(groups.line, np.diff(groups.first_part), strict=True)}


def test_lines_that_differ_in_size_only_are_one_group(ready: Prepared) -> None:
    found = members(model_of(ready).groups, list(ready.layout.services))
    leads = [name.rsplit("_", 1)[0] for name in found]
    for kind, (_, together) in KINDS.items():
        # covered lines are one group, and those that are not another; the noisy and those with a growth of their own go with the plain
        joined = kind in {"own_growth", "noisy"}
        assert leads.count(kind) == (0 if joined else 2 if together else COPIES), kind
    # none, the first scheme, both, the second; a growth or a noise of its own makes a part of every line
    assert found["plain_0"] == 4 + 2 * (COPIES - 1)


def test_shared_reductions_are_worked_out_once(ready: Prepared) -> None:
    groups = model_of(ready).groups
    # the first scheme, and what both or the second do to a line: the impact of the second is each line's own
    assert groups.shared.size == 1
    assert (groups.part[:, 4] == SHARED_REDUCTION).sum() > 10


def test_results_are_those_of_every_line_by_itself(ready: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    together = results(ready, model_of(ready))

    def alone(lines: Any, covered: Any) -> Ints:
        return np.arange(lines.pair.shape[0])

    monkeypatch.setattr(groups_module, "_leads", alone)
    model = model_of(ready)
    assert model.groups.line.size == len(KINDS) * COPIES
    apart = results(ready, model)
    assert np.abs(together - apart).max() <= 1e-13 * np.abs(apart).max()
    # what is shared is decided by a threshold: no draw may fall on its other side
    met = ready.layout.rows("msr_met")[:, 0]
    np.testing.assert_array_equal(together[met], apart[met])
    assert 0.0 < apart[met].mean() < 1.0


@pytest.mark.parametrize(
    "kept", [("net_position", "gain", "settlement"), ("gross_saving_total",), ("payout",), (*PARTY,), (*ARRANGEMENT, *MEMBER)]
)
def test_what_is_asked_for_is_the_same_when_the_rest_is_not(ready: Prepared, kept: tuple[str, ...]) -> None:
    model, layout = model_of(ready), ready.layout
    everything = results(ready, model)
    rows = sorted({int(row) for name in kept for row in layout.rows(name).ravel() if row >= 0})
    np.testing.assert_array_equal(results(ready, model, kept), everything[rows])
    assert (
        len(rows)
        < len(everything)
        == len({int(r) for name in (*SYSTEM, *PARTY, *ARRANGEMENT, *MEMBER) for r in layout.rows(name).ravel()} - {-1})
    )
