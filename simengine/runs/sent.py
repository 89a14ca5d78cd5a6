"""How chunks are sent: the counts of a chunk's draws without the room that is left over, a quarter of the bytes."""

import copyreg
import sys
from typing import Any

_SKETCHES = "simengine.engine.sketch"


def send_small() -> None:
    """Have every ``Sketch`` that is pickled from now on travel without its empty pages; the same counts arrive.

    To be called when a job is open. Whoever has not imported sketches by then has none to send, and is spared the compiler.
    """
    if _SKETCHES in sys.modules:
        copyreg.pickle(sys.modules[_SKETCHES].Sketch, _reduced)


def _reduced(sketch: Any) -> tuple[Any, tuple[Any, str]]:
    from simengine.engine.sketch_stored import sketch_arrays, sketch_from_arrays

    return sketch_from_arrays, (sketch_arrays(sketch), "random" if sketch.by_batch else "sobol")
