"""The C twin gives the engine's numbers bit for bit, and reads the engine's arrays as they are."""

import ctypes
import subprocess
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import c_twin
from benchmarks.c_twin_layout import ROOTS, array, header, struct_of
from benchmarks.engine_side import EngineSide
from benchmarks.subjects import SUBJECTS
from simengine.engine.scratch import new_scratch
from simengine.engine.simulate import TASK_BLOCKS

pytestmark = pytest.mark.unit

needs_compiler = pytest.mark.skipif(not c_twin.available(), reason="no C compiler: gcc, clang or CC")


def by_both(side: EngineSide, flags: tuple[str, ...] = c_twin.STRICT) -> tuple[np.ndarray, np.ndarray]:
    """The store after a run of the engine, and after one of the twin."""
    side.run_whole()
    engine = side.store.copy()
    side.store[:] = -1.0
    c_twin.CTwin(side, flags).run_whole()
    return engine, side.store


@needs_compiler
@pytest.mark.parametrize("sampler", ["random", "sobol", "lhs"])
@pytest.mark.parametrize("subject", ["small", "medium", "large"])
def test_the_same_bits(subject, sampler):
    engine, twin = by_both(EngineSide(SUBJECTS[subject](), 2_048 if subject == "medium" else 700, sampler, 1))
    assert np.array_equal(engine.view(np.int64), twin.view(np.int64))


@needs_compiler
def test_the_same_bits_by_parts():
    side = EngineSide(SUBJECTS["small"](), 1_500, "sobol", 1)
    side.run_whole()
    engine = side.store.copy()
    twin = c_twin.CTwin(side)
    for part in (1, 2):
        twin.run_parts(part)
    # the last tile alone has its slots filled: the others are written with its numbers
    twin.run_parts(12)
    assert np.array_equal(engine[:, 1_024:], side.store[:, 1_024:])


@needs_compiler
def test_a_build_that_may_reorder_is_near():
    engine, twin = by_both(EngineSide(SUBJECTS["small"](), 700, "random", 1), c_twin.FAST)
    money = np.abs(engine).max(axis=1, keepdims=True)
    # flags (caps and collars hit, rates met) may differ where a draw is on an edge; a row of money may not
    flags = np.isin(engine, (-1.0, 0.0, 1.0)).all(axis=1)
    assert np.all(np.abs(twin - engine)[~flags] <= 1e-9 * np.maximum(money, 1.0)[~flags])


@needs_compiler
def test_c_and_python_lay_records_out_alike():
    library = ctypes.CDLL(str(c_twin.build()))
    sizes = (ctypes.c_int64 * len(ROOTS)).in_dll(library, "record_sizes")
    side = EngineSide(SUBJECTS["small"](), 16, "random", 1)
    found = [ctypes.sizeof(struct_of(record)) for record in (side.model, side.outputs, side.scratches[0])]
    assert list(sizes)[: len(found)] == found


def test_every_field_is_in_the_header():
    text = header()
    for record in ROOTS:
        assert f"}} {record.__name__};" in text
        for field in record._fields:
            assert f" {field};" in text


def test_an_array_that_c_would_misread_is_refused():
    with pytest.raises(ValueError, match="not as the C twin reads it"):
        array(np.zeros((4, 4))[:, ::2])
    with pytest.raises(ValueError, match="not as the C twin reads it"):
        array(np.zeros(4, np.float32))


def with_line_variables(side: EngineSide) -> EngineSide:
    """The side with line and scheme variables, every draw of them kept."""
    rows, made = side.layout.detail_count, side.prepared.drafts[0]
    side.model = side.prepared.model(0, 1, side.sampler, True, np.arange(rows))
    side.scratches = [new_scratch(side.model, side.layout, made.book.rows, np.zeros((rows, side.draws)), TASK_BLOCKS)]
    return side


@needs_compiler
@pytest.mark.parametrize("subject", ["small", "medium"])
def test_the_same_moments_and_draws_of_line_variables(subject):
    engine, twin = (with_line_variables(EngineSide(SUBJECTS[subject](), 1_000, "random", 1)) for _ in range(2))
    engine.run_whole()
    c_twin.CTwin(twin).run_whole()
    kept, other = engine.scratches[0].detail, twin.scratches[0].detail
    assert kept.partial.any()
    assert np.array_equal(kept.partial.view(np.int64), other.partial.view(np.int64))
    assert np.array_equal(kept.store.view(np.int64), other.store.view(np.int64))


def test_what_the_twin_lacks_is_said_and_not_run():
    side = EngineSide(SUBJECTS["small"](), 16, "random", 1)
    kinds, codes = side.model.ops.kind.copy(), side.model.variates.code.copy()
    kinds[0], codes[0] = 77, 99
    later = side.model._replace(ops=side.model.ops._replace(kind=kinds), variates=side.model.variates._replace(code=codes))
    assert c_twin.covers(side.model) == []
    assert c_twin.covers(later) == ["operation 77", "family 99"]
    with pytest.raises(ValueError, match="the C twin has no operation 77, family 99"):
        c_twin.CTwin(SimpleNamespace(**(vars(side) | {"model": later})))


#: Loops over draws that stay scalar in C, by file: searches, walks of a list, marginal bands and rules of rare terms.
SCALAR = {
    "covered_lines.h": 1,
    "detail.h": 1,
    "families.h": 1,
    "lines.h": 2,
    "ops.h": 2,
    "payouts.h": 1,
    "pieces.h": 2,
    "pool.h": 1,
    "volatility.h": 1,
}


@pytest.mark.skipif("gcc" not in Path(c_twin.compiler() or "").name, reason="gcc alone says which loops it made vector code of")
def test_the_loops_that_count_are_vector_code(tmp_path):
    """A twin left scalar would flatter the engine."""
    (tmp_path / "layout.h").write_text(header(), encoding="utf-8")
    # passes that come out alike are not folded into one, so that each is reported
    command = ["gcc", *c_twin.STRICT, "-std=gnu11", "-fno-ipa-icf", "-fopt-info-vec-optimized", "-fno-tree-loop-distribute-patterns"]
    command += [f"-I{tmp_path}", "-c", str(c_twin.SOURCES / "block.c"), "-o", str(tmp_path / "block.o")]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    vector = {tuple(line.split(":")[:2]) for line in report.splitlines()}
    scalar = Counter(
        source.name
        for source in c_twin.SOURCES.glob("*.h")
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), start=1)
        if "for (int64_t i = 0; i < n; i++)" in line and (str(source), str(number)) not in vector
    )
    assert not {name: count for name, count in scalar.items() if count > SCALAR.get(name, 0)}


def test_without_a_compiler_there_is_no_twin(monkeypatch):
    monkeypatch.setattr(c_twin.shutil, "which", lambda name: None)
    assert not c_twin.available()
    with pytest.raises(RuntimeError, match="no C compiler"):
        c_twin.build()


@needs_compiler
def test_an_error_of_the_compiler_is_passed_on():
    with pytest.raises(RuntimeError, match="did not compile"):
        c_twin.build(("-no-such-flag",))
