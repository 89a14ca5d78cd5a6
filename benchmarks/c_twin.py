"""The hot loop in C (benchmarks/reference): built on the spot, run on the very arrays of the engine, compared bit for bit.

The same algorithm, generator, tables and order of operations, written as a C programmer would for these arrays: what the compiled
Python is measured against. No part of the package needs it; without a compiler there is no such contender.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np

from benchmarks.c_twin_layout import array, header, struct_of
from benchmarks.engine_side import EngineSide
from simengine.distributions import base, margins
from simengine.engine import ops, volatility
from simengine.engine.block import Model
from simengine.engine.simulate import TASK_BLOCKS
from simengine.engine.tile import BLOCK
from simengine.sampling.design import DESIGNS

SOURCES = Path(__file__).with_name("reference")
#: Plain IEEE arithmetic, as the engine's: no contraction; errno and traps, which nobody reads, keep no loop from becoming vector code.
STRICT = ("-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
#: What a compiler makes of it that may reorder sums and contract products: its numbers are near, not equal.
FAST = ("-O3", "-march=native", "-ffast-math")
#: What the C code knows of each kind, by code.
_OPERATIONS = set(range(ops.AT_MOST + 1))
_FAMILIES = set(range(base.WHOLE_PIECES + 1)) | {
    margins.NORMAL_MARGIN,
    margins.LOGNORMAL_MARGIN,
    margins.TABLE_MARGIN,
    margins.COUNT_MARGIN,
}
_VOLATILITIES = set(range(volatility.NEGATIVE_BINOMIAL + 1))
_COMMON = ("-std=gnu11", "-fPIC", "-c", "-Wall", "-Wextra")


def compiler() -> str | None:
    """The C compiler: ``CC``, else gcc or clang on the path; None where there is none."""
    for name in (os.environ.get("CC", ""), "gcc", "clang"):
        found = shutil.which(name) if name else None
        if found:
            return found
    return None


def available() -> bool:
    """Whether there is a compiler."""
    return compiler() is not None


def build(flags: tuple[str, ...] = STRICT) -> Path:
    """Compile the twin; returns the library, which is kept by its sources, flags, compiler and machine.

    Raises
    ------
    RuntimeError
        When there is no compiler, or it fails; the message is its own.
    """
    found = compiler()
    if found is None:
        msg = "no C compiler: install gcc or name one in CC"
        raise RuntimeError(msg)
    layout = header()
    key = hashlib.sha256(layout.encode())
    for source in sorted(SOURCES.iterdir()):
        key.update(source.read_bytes())
    key.update("".join((*_COMMON, "linked apart", *flags, _target(found, flags))).encode())
    folder = _folder() / f"c-twin-{key.hexdigest()[:16]}"
    library = folder / "block.so"
    if library.exists():
        return library
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "layout.h").write_text(layout, encoding="utf-8")
    part, made = folder / f"block.{os.getpid()}.o", folder / f"block.{os.getpid()}.so"
    _call([found, *_COMMON, *flags, f"-I{folder}", f"-I{SOURCES}", str(SOURCES / "block.c"), "-o", str(part)])
    # linked without the flags: with -ffast-math gcc links start-up code that sets subnormal numbers to 0 in the whole process
    _call([found, "-shared", str(part), "-o", str(made), "-lm"])
    part.unlink()
    made.replace(library)
    return library


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        msg = f"the C twin did not compile:\n{done.stderr}"
        raise RuntimeError(msg)


def _target(found: str, flags: tuple[str, ...]) -> str:
    """What the compiler says of itself and of the processor that it compiles for: its predefined macros."""
    command = [found, *flags, "-E", "-dM", "-xc", os.devnull]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _folder() -> Path:
    """Where libraries are kept: beside the compiled kernels."""
    named = os.environ.get("SIMRISK_CACHE_DIR")
    return Path(named) if named else Path("~/.cache/simrisk").expanduser()


def covers(model: Model) -> list[str]:
    """What of a model the twin lacks, by name; nothing where it has all. It has what there is today: new kinds are noticed."""
    parts = (
        ("operation", _OPERATIONS, model.ops.kind),
        ("family", _FAMILIES, model.variates.code),
        ("volatility", _VOLATILITIES, model.noises.family),
        ("design", set(DESIGNS.values()), [model.variates.uniforms.design]),
    )
    return [f"{part} {code}" for part, known, codes in parts for code in sorted(set(np.asarray(codes).tolist()) - known)]


class CTwin:
    """The C twin of one subject: the engine's arrays, the C code on them, the engine's store."""

    def __init__(self, side: EngineSide, flags: tuple[str, ...] = STRICT) -> None:
        lacking = covers(side.model)
        if lacking:
            msg = "the C twin has no " + ", ".join(lacking)
            raise ValueError(msg)
        self._side = side
        self._run = ctypes.CDLL(str(build(flags))).run_draws
        self._run.restype = ctypes.c_int64
        self._records = [struct_of(record) for record in (side.model, side.outputs, side.scratches[0])]
        self._store = array(side.store)

    def run_whole(self) -> int:
        """All draws on this thread, into the engine's store; returns how many draws were clipped."""
        return self.run_parts(15)

    def run_parts(self, parts: int) -> int:
        """Only some parts of the hot loop (see ``phases``), task by task as the engine runs them."""
        pointers = [ctypes.byref(record) for record in (*self._records, self._store)]
        draws, task, clipped = self._side.draws, TASK_BLOCKS * BLOCK, 0
        for first in range(0, draws, task):
            clipped += self._run(*pointers, *map(ctypes.c_int64, (first, min(first + task, draws), parts)))
        return clipped
