"""The engine's parts one at a time: a compiled loop over tiles that runs only the parts asked for, on slots that stay as they are."""

from simengine.engine.block import Model, Outputs, Scratch, project_tile
from simengine.engine.ops import run_ops
from simengine.engine.tile import STRIDE, TILE
from simengine.engine.variates import draw_tile
from simengine.engine.volatility import draw_noises
from simengine.jit import Floats, kernel

#: What ``run_parts`` can be asked for; add them up.
DRAW, DERIVE, PROJECT, STORE = 1, 2, 4, 8


@kernel
def _keep(outputs: Outputs, scratch: Scratch, store: Floats, first: int, n: int) -> None:
    """Copy a tile's output rows to the store, as the engine does."""
    for row in range(outputs.keep.shape[0]):
        if outputs.keep[row] >= 0:
            target, source = store[outputs.keep[row]], scratch.out[row * STRIDE : row * STRIDE + TILE]
            for i in range(n):
                target[first + i] = source[i]


@kernel
def run_parts(model: Model, outputs: Outputs, scratch: Scratch, draws: int, store: Floats, parts: int) -> None:
    """Run the parts asked for on every tile of ``draws`` draws."""
    for first in range(0, draws, TILE):
        n = min(TILE, draws - first)
        if parts & DRAW:
            draw_tile(model.variates, first, n, scratch.x, scratch.variates)
        if parts & DERIVE:
            run_ops(model.ops, model.ops.constant, model.ops.needed, scratch.x, n)
            draw_noises(model.noises, 0, model.noises.target.shape[0], scratch.x, scratch.variates, n)
        if parts & PROJECT:
            project_tile(model, outputs, scratch, n)
        if parts & STORE:
            _keep(outputs, scratch, store, first, n)
