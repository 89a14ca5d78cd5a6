"""Numba in one place: the ``@kernel`` decorator, bit casts, and the compile cache.

Nothing else in the package imports numba or llvmlite. Kernels are compiled with ``error_model="numpy"``
(a float division that may raise stops vectorisation), without the interpreter lock, and never with
``fastmath`` (it drops NaN checks and reorders sums). With ``NUMBA_DISABLE_JIT=1`` every kernel is the plain
Python function that it was written as, and gives the same bits.
"""

import hashlib
import os
import platform
import re
import struct
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

_KEPT_CACHES = 4
_MARK = "simrisk-kernels"
_OURS = re.compile(r"simrisk-[0-9a-f]{16}")


def _cpu_name() -> str:
    """The processor as far as compiled code depends on it."""
    asked = os.environ.get("NUMBA_CPU_NAME", "") + os.environ.get("NUMBA_CPU_FEATURES", "")
    if asked:
        return asked
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return "".join(line for line in lines[:40] if line.startswith(("model name", "flags")))


def _cache_key() -> str:
    """Hash of everything that compiled code depends on: numba's own key does not see an edited callee."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    for name in (version("numba"), version("llvmlite"), sys.version, _cpu_name()):
        digest.update(name.encode())
    return digest.hexdigest()[:16]


def _cache_root() -> Path:
    """The folder under which compiled kernels are kept: ``SIMRISK_CACHE_DIR``, else the user's cache folder."""
    named = os.environ.get("SIMRISK_CACHE_DIR")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path("~/.cache").expanduser())
    return Path(base) / "simrisk"


def _prepare_cache() -> bool:
    """Point numba at a folder of this exact package and machine; False (and one notice) where none can be written."""
    root = _cache_root()
    folder = root / f"simrisk-{_cache_key()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).touch()
    except OSError as problem:
        sys.stderr.write(
            f"simrisk: compiled kernels are not kept between runs ({problem.strerror}: {root}); "
            "set SIMRISK_CACHE_DIR to a folder that can be written\n"
        )
        return False
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    _drop_old_caches(root, folder)
    return True


def _drop_old_caches(root: Path, current: Path) -> None:
    """Keep the few cache folders used last (each edit of the package makes a new one); folders that are not ours are left alone."""
    import shutil

    others = [p for p in root.iterdir() if p.is_dir() and p != current and _OURS.fullmatch(p.name) and (p / _MARK).exists()]
    for stale in sorted(others, key=lambda p: (p / _MARK).stat().st_mtime, reverse=True)[_KEPT_CACHES:]:
        shutil.rmtree(stale, ignore_errors=True)


JIT_OFF = os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}
_CACHE = False if JIT_OFF else _prepare_cache()

# Imported here and not at the top: numba reads its cache folder when it is imported. llvmlite has no annotations.
import numba  # noqa: E402
import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
from llvmlite import ir  # type: ignore[import-untyped]  # noqa: E402
from numba.core import types  # noqa: E402
from numba.extending import intrinsic  # noqa: E402

from simengine.jit_apart import compile_apart  # noqa: E402

if _CACHE:
    # numba reads its environment when it is first imported, which may have been before us
    _settings: Any = numba.config
    _settings.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]

#: What kernels work on: flat float64 rows, int64 tables, uint64 words.
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_F = TypeVar("_F", bound=Callable[..., Any])
_OPTIONS = {"error_model": "numpy", "nogil": True, "_nrt": False}


def kernel(function: _F) -> _F:
    """Compile ``function`` for the engine: no lock, no fastmath, division by zero gives inf or NaN.

    A kernel allocates nothing, so it is compiled without numba's reference counts: a view costs no atomic instruction. One that returns
    nothing is a pass over rows: it is compiled once, on its own, when it is first called (see ``jit_apart``).
    """
    if function.__annotations__.get("return", function) is None and not JIT_OFF:
        return cast(_F, compile_apart(function, _OPTIONS, _CACHE))
    njit: Any = numba.njit  # its annotations leave some options out
    return cast(_F, njit(cache=_CACHE, **_OPTIONS)(function))


def allocating_kernel(function: _F) -> _F:
    """A kernel that makes small arrays of its own, and so needs numba's reference counts."""
    njit: Any = numba.njit
    return cast(_F, njit(error_model="numpy", nogil=True, cache=_CACHE, _nrt=True)(function))


def inlined(function: _F) -> _F:
    """A one-line kernel that is written into its callers: the only kind that may return a view."""
    return cast(_F, numba.njit(error_model="numpy", nogil=True, inline="always")(function))


def inner_kernel(function: _F) -> _F:
    """A pass that only kernels call; it returns nothing."""
    return kernel(function)


def compiled_before() -> bool:
    """Whether this version has been compiled on this machine before (always so with the compiler off)."""
    return JIT_OFF or (_CACHE and next(Path(os.environ["NUMBA_CACHE_DIR"]).rglob("block.run_blocks-*.nbc"), None) is not None)


if JIT_OFF:

    def float_bits(x: float) -> int:
        """The 64 bits of ``x`` as a signed integer."""
        return cast(int, struct.unpack("<q", struct.pack("<d", x))[0])

    def bits_float(bits: int) -> float:
        """The float64 that has these 64 bits (a signed integer)."""
        return cast(float, struct.unpack("<d", struct.pack("<q", bits))[0])

    def keep_apart() -> None:
        """Nothing, with the compiler off."""

    def rows_apart() -> None:
        """Nothing, with the compiler off."""

else:

    @intrinsic
    def float_bits(typing_context: Any, x: Any) -> Any:
        """The 64 bits of ``x`` as a signed integer."""

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(args[0], ir.IntType(64))

        return types.int64(types.float64), generate

    @intrinsic
    def bits_float(typing_context: Any, bits: Any) -> Any:
        """The float64 that has these 64 bits (a signed integer)."""

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(args[0], ir.DoubleType())

        return types.float64(types.int64), generate

    @intrinsic
    def keep_apart(typing_context: Any) -> Any:
        """Mark the function that calls this one as a pass over rows: its loop is vectorised on its own, for the widest vectors.

        By itself LLVM uses half of the width on some processors. The bits are the same.
        """

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            builder.function.attributes.add("noinline")
            # llvmlite knows LLVM's own attributes only, and would refuse one that is text
            set.add(builder.function.attributes, '"prefer-vector-width"="512"')
            return context.get_dummy_value()

        return types.void(), generate

    @intrinsic
    def rows_apart(typing_context: Any) -> Any:
        """Promise that what the function that calls this one writes to is no other argument's memory.

        Then no such thing has to be ruled out as the loop is entered, and one loop can write to many rows and still become vector code.
        A row that is only read may be given twice. Stands beside ``keep_apart``: in its caller's code the promise would be forgotten.
        """

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            for argument in builder.function.args:
                if isinstance(argument.type, ir.PointerType):
                    argument.add_attribute("noalias")
            return context.get_dummy_value()

        return types.void(), generate
