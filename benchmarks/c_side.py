"""The C twin of the hot loop where there is one: a compiler on the machine, and a study whose features it has."""

import importlib
from types import ModuleType
from typing import Any

from benchmarks.engine_side import EngineSide
from benchmarks.harness import Contender

#: The twin as the engine computes, and with everything that a C compiler may be let do, which gives other bits.
EXACT, FAST = "C", "C, fast-math"


def _module() -> ModuleType | None:
    """The module of the twin, None where it is not there or nothing can be built."""
    try:
        module = importlib.import_module("benchmarks.c_twin")
    except ModuleNotFoundError:
        return None
    return module if module.available() else None


class CSide:
    """The twin in its builds, ready to run what the engine runs; empty, with the reason, where it cannot."""

    def __init__(self, engine: EngineSide) -> None:
        self.engine, self.twins, self.reason = engine, dict[str, Any](), ""
        module = _module()
        if module is None:
            self.reason = "no C twin: there is no compiler on this machine"
            return
        missing = module.covers(engine.model)
        if missing:
            self.reason = "no C twin: it lacks " + ", ".join(missing)
            return
        try:
            self.twins = {EXACT: module.CTwin(engine, module.STRICT), FAST: module.CTwin(engine, module.FAST)}
        except RuntimeError as problem:  # another compiler than those it was written with
            self.reason = "NO C TWIN: " + "; ".join(str(problem).splitlines()[:2])

    @property
    def notes(self) -> list[str]:
        """Why there is none, if there is none."""
        return [self.reason] if self.reason else []

    def same_bits(self) -> bool:
        """Whether the twin's draws are the engine's bit for bit; True where there is no twin."""
        if not self.twins:
            return True
        return self.engine.same_bits(self.twins[EXACT].run_whole)

    def contenders(self, parts: int | None = None) -> dict[str, Contender]:
        """The builds, running the parts of the loop asked for (see ``phases``), by default all of it."""
        draws = self.engine.draws
        if parts is None:
            return {name: Contender(twin.run_whole, draws) for name, twin in self.twins.items()}
        return {name: Contender(lambda t=twin: t.run_parts(parts), draws) for name, twin in self.twins.items()}
