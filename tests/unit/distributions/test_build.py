"""build.py and tables.py: nested distributions, truncation, dotted paths of faults; equal distributions tabulated once and stored."""

import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from simengine.distributions import FAMILIES, Tables, build, pack_tables, table_key, unpack_tables
from simengine.distributions.base import COUNT, DISCRETE, PIECES, TABLE, Encoded
from simengine.errors import ParameterError, ResultError

pytestmark = pytest.mark.unit

NORMAL = {"dist": "normal", "mean": 1, "sd": 2}
NESTED = {
    "components": [{"dist": "event", "probability": 0.25, "impact": {**NORMAL, "lower": 0}}, {**NORMAL, "upper": 5}, 3],
    "weights": [0.5, 0.25, 0.25],
}


@pytest.mark.plain
def test_nested_distributions() -> None:
    mixture = build("mixture", NESTED)
    assert mixture.atoms() == ((0.0, 0.5 * 0.75), (3.0, 0.25))
    assert mixture.breaks() == (0.0, 5.0)
    inner = build("normal", {"mean": 1, "sd": 2, "lower": 0})
    assert build("event", {"probability": 0.25, "impact": inner}).mean() == pytest.approx(0.25 * inner.mean())
    assert build("normal", {**NESTED["components"][1], "dist": None, "upper": None}).support() == (-math.inf, math.inf)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("dist", "parameters", "faults"),
    [
        ("normal", {"mean": 1, "sd": 1, "shape": 3}, [("shape", "is no parameter of normal")]),
        ("uniform", {"max": 1}, [("min", "is needed")]),
        ("uniform", {"max": 1, "min": None, "mode": 3}, [("mode", "is no parameter of uniform"), ("min", "is needed")]),
        (
            "mixture",
            {"components": [{"dist": "normal", "mean": 1, "sd": -1}, {"mean": 3}, "x"], "weights": [1]},
            [
                ("components.0.sd", "must be at least 0"),
                ("components.1.dist", "is needed"),
                ("components.2", "must be a distribution or a number"),
            ],
        ),
        (
            "event",
            {"probability": 1, "impact": {"dist": "pool", "experts": [{"dist": "uniform", "min": 2, "max": 1}]}},
            [("impact.experts.0.min", "must not be above max")],
        ),
        ("event", {"probability": 1, "impact": True}, [("impact", "must be a distribution or a number")]),
        ("pool", {"experts": 3}, [("experts", "must be a list of at least one distribution or number")]),
        ("normal", {"mean": 0, "sd": 1, "lower": 2, "upper": 1}, [("lower", "must not be above upper")]),
        ("normal", {"mean": 0, "sd": 1, "lower": "x", "upper": math.nan}, [("lower", "must be a number"), ("upper", "must be finite")]),
        ("uniform", {"min": 0, "max": 1, "lower": 2}, [("lower", "leaves nothing: no value is above 1")]),
        ("uniform", {"min": 0, "max": 1, "upper": -2}, [("upper", "leaves nothing: no value is below 0")]),
        ("normal", {"mean": 0, "sd": 1, "lower": 50}, [("lower", "leaves nothing: the probability above lower is 0")]),
        ("normal", {"mean": 0, "sd": 1, "lower": 36}, [("lower", "leaves too little: the probability above lower is 4e-284")]),
        (
            "normal",
            {"mean": 0, "sd": 1, "lower": 0.5, "upper": 0.5},
            [("lower", "leaves nothing: the probability between lower and upper is 0")],
        ),
        (
            "normal",
            {"mean": 0, "sd": 1, "lower": 0.5, "upper": 0.50001},
            [("lower", "leaves too narrow a part: the probability between lower and upper is 4e-06")],
        ),
        (
            "discrete",
            {"values": [1, 2], "weights": [0.5, 0.5], "lower": 1.2, "upper": 1.8},
            [("lower", "leaves nothing: the probability between lower and upper is 0")],
        ),
    ],
)
def test_faults_and_their_paths(dist: str, parameters: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(ParameterError) as caught:
        build(dist, parameters)
    assert list(caught.value.faults) == faults


@pytest.mark.plain
def test_unknown_family_and_depth() -> None:
    with pytest.raises(ParameterError, match=r"dist: must be one of uniform, triangular"):
        build("norml", {})
    inner: Any = 1.0
    for _ in range(12):
        inner = {"dist": "event", "probability": 1, "impact": inner}
    with pytest.raises(ParameterError, match="stands within too many others"):
        build("event", {"probability": 1, "impact": inner})


@pytest.mark.plain
def test_truncation_that_takes_nothing_away_is_none() -> None:
    assert build("uniform", {"min": 0, "max": 1, "lower": -1, "upper": 1}) == FAMILIES["uniform"](min=0, max=1)
    encoded = build("pert", {"min": 0, "mode": 1, "max": 3, "lower": 0}).encode()
    assert np.array_equal(encoded.table, FAMILIES["pert"](min=0, mode=1, max=3).encode().table)


@pytest.mark.plain
def test_importing_the_families_imports_no_functions_of_scipy() -> None:
    """The compiler imports the root of scipy; its heavy parts are imported when a table is made."""
    code = "import sys, simengine.distributions; print(bool({'scipy.special', 'scipy.stats', 'scipy.optimize'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


@pytest.mark.plain
def test_keys_are_canonical() -> None:
    key = table_key("pert", {"min": 0, "mode": 1, "max": 3, "shape": None})
    assert key == table_key("pert", {"max": 3.0, "min": -0.0, "mode": np.float64(1)})
    assert key == '[1,"pert",{"max":3.0,"min":0.0,"mode":1.0}]'
    assert key != table_key("pert", {"min": 0, "mode": 1, "max": 3, "lower": 1})
    long = table_key("empirical", {"values": list(range(1000))})
    assert len(long) < 120
    assert long == table_key("empirical", {"values": np.arange(1000.0)}) != table_key("empirical", {"values": list(range(1001))})
    with pytest.raises(ParameterError, match="cannot be written down: set"):
        table_key("empirical", {"values": {1, 2}})


def test_equal_distributions_are_tabulated_once() -> None:
    calls = []

    def counted(dist: str, parameters: Any) -> Any:
        calls.append(dist)
        return build(dist, parameters)

    tables, parameters = Tables(), {"min": 0.0, "mode": 1.0, "max": 3.0, "shape": 7.25}
    first = tables.encode("pert", parameters, counted)
    assert tables.encode("pert", dict(reversed(parameters.items())), counted) is first
    assert Tables().encode("pert", parameters, counted) is first
    assert calls == ["pert"]
    assert list(tables.used()) == [table_key("pert", parameters)]


def test_stored_tables_are_used_as_they_are() -> None:
    parameters = {"min": 0.0, "mode": 1.0, "max": 3.0, "shape": 7.5}
    kept = Encoded(TABLE, (1.0, 2.0, 3.0, 4.0), np.arange(5.0))
    tables = Tables({table_key("pert", parameters): kept, "other": kept})
    assert tables.encode("pert", parameters) is kept
    assert tables.used() == {table_key("pert", parameters): kept}
    assert Tables().encode("pert", parameters) is not kept


def test_only_what_depends_on_scipy_is_used() -> None:
    tables = Tables()
    for dist, parameters in [
        ("uniform", {"min": 0, "max": 1}),
        ("triangular", {"min": 0, "mode": 0.5, "max": 1}),
        ("normal", {"mean": 0, "sd": 1}),
        ("lognormal", {"mean": 1, "sd": 1}),
        ("discrete", {"values": [1, 2], "weights": [0.5, 0.5]}),
        ("empirical", {"values": [1, 2, 5]}),
        ("pert", {"min": 1, "mode": 1, "max": 1}),
    ]:
        tables.encode(dist, parameters)
    assert tables.used() == {}
    for dist, parameters in [
        ("pert", {"min": 0, "mode": 1, "max": 2}),
        ("normal", {"mean": 0, "sd": 1, "lower": 0}),
        ("mixture", NESTED),
        ("event", {"probability": 0.25, "impact": 3}),
    ]:
        tables.encode(dist, parameters)
    assert [encoded.code for encoded in tables.used().values()] == [TABLE, TABLE, PIECES, DISCRETE]


@pytest.mark.plain
def test_tables_survive_storage() -> None:
    table = np.array([1 / 3, 5e-324, -0.0])
    encoded = {
        "ä": Encoded(TABLE, (0.1, 1 / 3, -2e300, 5e-324), table),
        "b": Encoded(COUNT, (1.0, 2.0, 3.0, 4.0), table.copy()),
        "c": Encoded(PIECES, (0.0, 0.0, 0.0, 0.0), np.arange(4.0)),
        "d": Encoded(0, (7.0, 0.0, 0.0, 0.0)),
    }
    numbers, index = pack_tables(encoded)
    assert numbers.size == 3 + 4
    found = unpack_tables(numbers, index)
    assert list(found) == list(encoded)
    for key, one in encoded.items():
        assert found[key][:2] == one[:2]
        assert (found[key].table is None) == (one.table is None)
        assert one.table is None or found[key].table.tobytes() == one.table.tobytes()
    assert unpack_tables(*pack_tables({})) == {}


@pytest.mark.plain
@pytest.mark.parametrize(
    "change", [{"start": 3}, {"start": -1}, {"size": -1}, {"code": 99}, {"args": [1, 2]}, {"args": [1, 2, 3, math.nan]}, {"key": None}]
)
def test_stored_tables_that_cannot_be_read(change: dict[str, Any]) -> None:
    numbers, index = pack_tables({"a": Encoded(TABLE, (0.0, 1.0, 0.0, 1.0), np.arange(3.0))})
    entry = json.loads(index)[0]
    spoilt = {name: value for name, value in (entry | change).items() if value is not None}
    with pytest.raises(ResultError, match="the stored tables of distributions cannot be read"):
        unpack_tables(numbers, json.dumps([spoilt]))
    with pytest.raises(ResultError, match="the stored tables of distributions cannot be read"):
        unpack_tables(numbers, "{")
