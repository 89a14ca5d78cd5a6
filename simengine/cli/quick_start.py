"""The compiler's own start-up, without what no kernel of this package uses."""

import sys
from typing import Any

#: What numba asks SciPy for when it loads its functions of arrays: half of the time that this takes.
_BLAS = "scipy.linalg.cython_blas"


def load_compiler() -> None:
    """Have numba load the functions that it knows, without SciPy's linear algebra.

    No kernel multiplies matrices (INTERFACE.md, Determinism: no BLAS on the result path), and a run whose inverse tables are kept needs
    nothing else of SciPy. For a program of our own only: a process that has other numba functions in it wants what numba gives them.
    """
    from simengine.special import log

    compiled: Any = log
    if not hasattr(compiled, "typingctx") or _BLAS in sys.modules:
        return
    # an import of a name that stands for None fails at once, which numba takes for a SciPy without it
    absent: Any = None
    sys.modules[_BLAS] = absent
    try:
        compiled.typingctx.refresh()
        compiled.targetctx.refresh()
    finally:
        del sys.modules[_BLAS]
