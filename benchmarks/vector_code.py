"""Does the assembly of every pass hold vector code? A loop over draws that became scalar is slow, and nothing else says so.

Passes are found by themselves: every kernel that is compiled apart and has a loop over the draws of a tile, or asks to be kept apart. Each
is compiled once more, without the cache (assembly cannot be read from cached code), and its instructions are counted.
"""

import ast
import contextlib
import inspect
import os
import platform
import re
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numba

from benchmarks.engine_side import EngineSide
from benchmarks.machine import machine_class
from benchmarks.result_phases import ResultSide
from benchmarks.subjects import SUBJECTS
from simengine import jit_apart

_LOOK_UP = "every draw looks up numbers of its own, which are loaded one by one"
_BANDS = "payment in bands: a loop over the bands of a line, draw by draw"
_ONE_AREA = "rows of one area, of which the compiler cannot tell that they are apart"
_RARE = "done for hardly any draw"
#: Passes that are scalar, by name, with the reason. One that has become vector code must be taken out.
KNOWN_SCALAR = {
    "simengine.distributions.empirical.fill_empirical": _LOOK_UP,
    "simengine.distributions.discrete._look_up": _LOOK_UP,
    "simengine.distributions.unit_poisson.fill_poisson": "a search that takes as many steps as each draw needs",
    "simengine.special._fill_far_cdf": _RARE,
    "simengine.special._fill_far_quantile": _RARE,
    "simengine.engine.covered_lines._add_banded_line": _BANDS,
    "simengine.engine.special_lines._activity_and_money": _BANDS,
    "simengine.engine.pool.carry_loss": _ONE_AREA,
    "simengine.engine.schemes._weigh_independent": _ONE_AREA,
    "simengine.statistics.histogram._set_apart": _LOOK_UP,
    "simengine.statistics.histogram.gather": "each draw that is wanted goes behind the one before",
    "simengine.engine.sketch_draws._place": "every draw is added to a count of its own, and two of a vector may have the same",
    "simengine.engine.sketch_draws._to_groups": "sixty-four additions a batch of 256 draws, to counts that may be one and the same",
}
#: Passes that are vector code where a processor can load numbers from many places at once as fast as one by one.
GATHERED = {
    "simengine.distributions.inverse_table.evaluate": _LOOK_UP,
    "simengine.distributions.unit_gamma.fill_unit_gamma": _LOOK_UP,
    "simengine.distributions.pieces.fill_pieces": _LOOK_UP,
    "simengine.distributions.pieces._locate_segment": _LOOK_UP,
}
#: Registers that a loop of vector code works in: wider ones than those that single numbers are in, where there are any.
_WIDE = {"AVX-512": "[yz]mm", "AVX2": "[yz]mm", "SSE2": "xmm"}
_OPERATIONS = r"add|sub|mul|div|max|min|sqrt|round|rndscale|cmp\w*|cvt\w+2|p(?:add|sub|mul|srl|sll|sra)\w*?"
_ARITHMETIC = rf"^\s+v?(?:{_OPERATIONS})(?:pd|[dq]q?)\s.*%{{wide}}"
_MOVES = r"^\s+v?mov(?:[au]p[sd]|dq[au]\d*)\s.*%{wide}"
_SINGLE = r"^\s+v?(?:add|sub|mul|div|max|min|sqrt)sd\s"
#: Products contracted with sums: other bits on processors without them.
_CONTRACTED = r"^\s+vfn?m(?:add|sub)\w*\s"


@dataclass(frozen=True)
class Pass:
    """One pass and how often each kind of instruction stands in its assembly; ``copies`` are calls of memory routines."""

    name: str
    vector: int
    moves: int
    single: int
    contracted: int
    copies: int

    @property
    def is_vector(self) -> bool:
        """Whether it computes in vectors, or computes nothing and moves in vectors."""
        return self.vector > 0 or (self.single == 0 and (self.moves > 0 or self.copies > 0))


@dataclass(frozen=True)
class Looked:
    """All passes that could be compiled, and the names of those that nothing calls; ``known`` are those that may be scalar here."""

    checked: bool
    passes: tuple[Pass, ...]
    uncalled: tuple[str, ...]
    known: dict[str, str] = field(default_factory=lambda: dict(KNOWN_SCALAR))

    @property
    def scalar(self) -> list[Pass]:
        """Passes without vector code that should have it."""
        return [one for one in self.passes if not one.is_vector and one.name not in self.known]

    @property
    def contracted(self) -> list[Pass]:
        """Passes with products contracted with sums."""
        return [one for one in self.passes if one.contracted]

    @property
    def outdated(self) -> list[str]:
        """Passes that are listed as scalar and are not, or are not there."""
        there = {one.name: one for one in self.passes}
        return [name for name in self.known if name not in there or there[name].is_vector] if self.checked else []

    @property
    def good(self) -> bool:
        """Whether every pass is as it should be."""
        return not (self.scalar or self.contracted or self.outdated)

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return asdict(self) | {"good": self.good}


def counted(name: str, assembly: str, wide: str) -> Pass:
    """The instructions of a pass."""
    counts = [len(re.findall(pattern.replace("{wide}", wide), assembly, re.MULTILINE)) for pattern in (_ARITHMETIC, _MOVES)]
    single, contracted = (len(re.findall(pattern, assembly, re.MULTILINE)) for pattern in (_SINGLE, _CONTRACTED))
    return Pass(name, *counts, single, contracted, len(re.findall(r"\bmem(?:cpy|set|move)\b", assembly)))


def loops_over_draws(source: str) -> bool:
    """Whether a function has a loop of its own over the draws of a tile: one that ends at ``n``, or any in a function kept apart."""
    tree = ast.parse(textwrap.dedent(source))
    apart = any(isinstance(node, ast.Call) and ast.unparse(node.func) == "keep_apart" for node in ast.walk(tree))
    return any(isinstance(node, ast.For) and _works(node) and (apart or _ends_at_n(node)) for node in ast.walk(tree))


def _works(loop: ast.For) -> bool:
    """Whether a loop is an innermost one that computes, and does not just call passes."""
    inside = [node for statement in loop.body for node in ast.walk(statement)]
    return not any(isinstance(node, ast.For) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)) for node in inside)


def _ends_at_n(loop: ast.For) -> bool:
    if not (isinstance(loop.iter, ast.Call) and ast.unparse(loop.iter.func) == "range"):
        return False
    return ast.unparse(loop.iter.args[0 if len(loop.iter.args) == 1 else 1]) == "n"


def _arguments(one: jit_apart.Apart) -> Any:
    """The types that a pass is called with; None where nothing has called it so far."""
    with contextlib.suppress(FileNotFoundError):
        one.resolve()
    if one.types is None and True in one.entries:
        return next(iter(one.entries[True].signatures), None)
    return one.types


def _called() -> tuple[dict[jit_apart.Apart, Any], list[jit_apart.Apart]]:
    """Every pass of the package with its arguments' types, once all that can be is compiled, and those that nothing calls."""
    waiting = [one for one in jit_apart._passes.values() if one.name.startswith("simengine.")]
    found: dict[jit_apart.Apart, Any] = {}
    while True:
        # what is compiled now tells the types of what it calls
        known = {one: types for one in waiting if (types := _arguments(one)) is not None}
        found |= known
        waiting = [one for one in waiting if one not in known]
        if not known or not waiting:
            return found, waiting


def _assembly(one: jit_apart.Apart, types: Any) -> str:
    """The assembly of a pass, compiled anew."""
    compiled = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **one.options)(one.function)
    compiled.compile(types)
    return "\n".join(compiled.inspect_asm().values())


def look_at_passes() -> Looked:
    """Compile the engine's passes and look at what became of each."""
    vectors = "SSE2" if os.environ.get("NUMBA_CPU_NAME") else str(machine_class()["vectors"])
    if platform.machine() not in ("x86_64", "AMD64") or vectors not in _WIDE:
        return Looked(False, (), ())
    engine = EngineSide(SUBJECTS["small"](), 512, "random", 1)
    engine.run_whole()
    ResultSide(engine.prepared, 512)
    called, others = _called()
    rows = {one: types for one, types in called.items() if loops_over_draws(inspect.getsource(one.function))}
    passes = [counted(one.name, _assembly(one, types), _WIDE[vectors]) for one, types in rows.items()]
    known = KNOWN_SCALAR | ({} if vectors == "AVX-512" else GATHERED)
    uncalled = [one.name for one in others if loops_over_draws(inspect.getsource(one.function))]
    return Looked(True, tuple(passes), tuple(uncalled), known)


def _listed(found: Looked) -> list[str]:
    return [
        f"  {one.name:62s}{one.vector:8d}{one.moves:8d}{one.single:8d}{one.copies:8d}"
        + ("" if one.is_vector else f"  scalar: {found.known.get(one.name, 'IT SHOULD NOT BE')}")
        for one in found.passes
    ]


def vector_table(found: Looked) -> str:
    """What was found as text."""
    if not found.checked:
        return f"vector code is looked for in x86-64 assembly only; this machine is {platform.machine()}: nothing was checked"
    vector = sum(one.is_vector for one in found.passes)
    text = [f"{len(found.passes)} passes: {vector} in vector code, {len(found.passes) - vector} scalar"]
    text.append(f"  {'instructions':62s}{'vector':>8s}{'moves':>8s}{'single':>8s}{'copies':>8s}")
    text += _listed(found)
    text += _said("called by nothing so far, and not looked at", found.uncalled)
    text += _said("listed as scalar, and not so or not there", found.outdated)
    text += _said("PRODUCTS CONTRACTED WITH SUMS (other bits elsewhere)", [one.name for one in found.contracted])
    text += _said("WITHOUT VECTOR CODE", [one.name for one in found.scalar])
    return "\n".join(text)


def _said(what: str, names: Sequence[str]) -> list[str]:
    return [f"  {what}: {', '.join(names)}"] if names else []
