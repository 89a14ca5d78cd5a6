"""A run whose blocks are stored: its identity, and arrays that differ from block to block."""

from dataclasses import replace

import numpy as np
import pytest

from simengine.results.manifest import Identity

RUN = Identity(
    identity="1f" * 32,
    study_hash="2e" * 32,
    scenarios=("base", "kühn"),
    seed=2**64 - 1,
    sampler="sobol",
    draws=40_000,
    store=("net_saving", "pool"),
    block=4_096,
    version="0.2.0",
    schema_version="1",
    stream_version="streams-1",
)


@pytest.fixture(scope="session")
def run():
    """A run of ten blocks; ``run(seed=2)`` is one that differs in its seed."""

    def made(**changes):
        return replace(RUN, **changes)

    return made


@pytest.fixture(scope="session")
def arrays():
    """Arrays of blocks ``first`` up to but not including ``stop``, four draws each."""

    def made(first, stop):
        draws = np.arange(4 * first, 4 * stop)
        return {"store": np.stack([draws * 0.5, -1.0 / (1.0 + draws)]), "failed": draws % 3 == 0, "count": np.int64(stop - first)}

    return made
