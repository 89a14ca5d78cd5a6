"""The passes of the hot loop that a year of a study is made of, on one tile of the medium study that has been drawn."""

import pytest

from benchmarks.engine_side import EngineSide
from benchmarks.phases import DERIVE, DRAW, PROJECT, SETTLE, STORE
from benchmarks.subjects import SUBJECTS
from simengine.engine.tile import TILE

PARTS = {"draw": DRAW, "derive": DERIVE, "project and settle": PROJECT, "settle": SETTLE, "copy to the store": STORE}


@pytest.fixture(scope="module")
def engine():
    found = EngineSide(SUBJECTS["medium"](), TILE, "random", 1)
    found.run_whole()
    return found


@pytest.mark.parametrize("part", list(PARTS))
@pytest.mark.benchmark(group="one tile of the medium study")
def test_part(benchmark, engine, part):
    benchmark(engine.run_parts, PARTS[part])
    assert engine.store[:, :TILE].any()


@pytest.mark.benchmark(group="one tile of the medium study")
def test_whole(benchmark, engine):
    benchmark(engine.run_whole)
    assert engine.store[:, :TILE].any()
