"""Chunks on their way: a sketch travels without its empty pages and says the same."""

import copyreg
import pickle
import subprocess
import sys

import numpy as np
import pytest

from simengine.engine.sketch import Sketch, empty_sketch
from simengine.engine.sketch_draws import add_rows
from simengine.engine.sketch_stored import sketch_arrays
from simengine.runs.sent import send_small

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_a_sketch_arrives_with_the_same_counts_in_fewer_bytes(sampler, monkeypatch):
    monkeypatch.delitem(copyreg.dispatch_table, Sketch, raising=False)
    values = np.linspace(-3.0, 5.0, 2 * 4096).reshape(2, 4096)
    sketch = add_rows(empty_sketch(2, sampler), values, np.array([1.0, -0.5]), 0)
    before = len(pickle.dumps(sketch, 5))
    send_small()
    sent = pickle.dumps(sketch, 5)
    arrived = pickle.loads(sent)
    assert type(arrived) is Sketch
    assert arrived.by_batch == sketch.by_batch
    there, here = sketch_arrays(arrived), sketch_arrays(sketch)
    assert there.keys() == here.keys()
    for name, values_here in here.items():
        np.testing.assert_array_equal(there[name], values_here)
    assert len(sent) < before / 4
    del copyreg.dispatch_table[Sketch]


def test_whoever_has_no_sketch_is_spared_the_compiler():
    code = "import sys; from simengine.runs import dask_worker, process_worker, sent; sent.send_small(); assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
