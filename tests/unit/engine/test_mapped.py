"""Memory of its own for large arrays: zeros that can be written, given back at once, nobody else's."""

import os
import subprocess
import sys

import numpy as np
import pytest

from simengine.engine import mapped
from simengine.engine.mapped import LARGE, mapped_zeros

pytestmark = [pytest.mark.unit, pytest.mark.plain]

_KIB = 2**10
#: Prints how many KiB of memory an array takes before it is written, when it is, and when it has gone.
_TAKEN = """
import os
from simengine.engine.mapped import mapped_zeros
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
before = resident()
found = mapped_zeros((64, 2**17), "i8")
made = resident() - before
found[:] = 1
view = found[1:]
written = resident() - before
del found
kept = resident() - before
del view
print(made, written, kept, resident() - before)
"""
#: What a process sees of an array that its fork has written to.
_FORKED = """
import os
from simengine.engine.mapped import mapped_zeros
found = mapped_zeros((2**19,), "f8")
child = os.fork()
if child == 0:
    found[:] = 1.0
    os._exit(0)
os.waitpid(child, 0)
print(found.sum())
"""


def said(program, project):
    environment = {**os.environ, "PYTHONPATH": str(project)}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("shape", [(0,), (3, 0), (2, 3), (LARGE // 8,), (LARGE // 8 - 1,), (5, LARGE // 16 + 1, 3)])
@pytest.mark.parametrize("kind", [np.float64, np.int32, "u1"])
def test_zeros_of_a_shape_that_can_be_written(shape, kind):
    found = mapped_zeros(shape, kind)
    assert (found.shape, found.dtype) == (shape, np.dtype(kind))
    assert found.flags.c_contiguous
    assert found.flags.aligned
    assert not found.any()
    found[...] = 3
    assert int(found.sum(dtype=np.int64)) == 3 * found.size


def test_a_system_that_maps_nothing_gives_zeros_all_the_same(monkeypatch):
    def refused(size):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(mapped, "_mapped", refused)
    assert mapped_zeros((LARGE,), np.int64).sum() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
def test_what_is_not_written_takes_no_memory_and_all_of_it_goes_back_with_the_last_view(project):
    made, written, kept, gone = map(int, said(_TAKEN, project))
    size = 64 * 2**17 * 8 // _KIB
    assert made < 0.1 * size
    assert written > 0.95 * size
    assert kept > 0.95 * size
    assert gone < 0.1 * size


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_has_its_own(project):
    assert said(_FORKED, project) == ["0.0"]
