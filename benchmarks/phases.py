"""The engine's parts one at a time: a compiled loop over tiles that runs only the parts asked for, on slots that stay as they are."""

from simengine.engine.arrangements import settle_year, start_settlement
from simengine.engine.block import Model, Outputs, Scratch, _area, project_year, start_tile, store_drivers, store_year
from simengine.engine.ops import run_ops
from simengine.engine.tile import TILE
from simengine.engine.variates import PAIR, Variates, VariateScratch, draw_tile, tile_row
from simengine.engine.volatility import draw_noises
from simengine.jit import Floats, kernel
from simengine.sampling.design import fill_uniform, fill_uniform_pair

#: What ``run_parts`` can be asked for; add them up. The C twin's has the streams alone as well (here: ``run_streams``).
DRAW, DERIVE, PROJECT, STORE, SETTLE, STREAMS = 1, 2, 4, 8, 16, 32


@kernel
def run_streams(variates: Variates, scratch: VariateScratch, draws: int) -> None:
    """Make every uniform of every draw, each tile in the same rows: what ``draw_tile`` starts from."""
    for first in range(0, draws, TILE):
        n = min(TILE, draws - first)
        for batch in range(variates.batch_kind.shape[0]):
            start, end = variates.batch_start[batch], variates.batch_start[batch + 1]
            if variates.batch_kind[batch] == PAIR:
                fill_uniform_pair(tile_row(scratch.u, 0), tile_row(scratch.u, 1), variates.uniforms, variates.order[start], first, n)
            else:
                for k in range(start, end):
                    fill_uniform(tile_row(scratch.u, k - start), variates.uniforms, variates.order[k], first, n)


@kernel
def run_parts(model: Model, outputs: Outputs, scratch: Scratch, draws: int, store: Floats, parts: int) -> None:
    """Run the parts asked for on every tile of ``draws`` draws; settling alone starts each year from outturns of nothing."""
    for first in range(0, draws, TILE):
        n = min(TILE, draws - first)
        if parts & DRAW:
            draw_tile(model.variates, first, n, scratch.x, scratch.variates)
        if parts & DERIVE:
            run_ops(model.ops, model.ops.constant, model.ops.needed, scratch.x, n)
            draw_noises(model.noises, 0, model.noises.target.shape[0], scratch.x, scratch.variates, n)
        if parts & PROJECT:
            start_tile(model, scratch, n)
        for t in range(model.lines.plan_price.shape[1]):
            if parts & PROJECT:
                project_year(model, outputs, scratch, t, n)
            if parts & SETTLE:
                area = _area(outputs, scratch)
                start_settlement(area, n)
                for a in range(model.arrangements.residual.shape[0]):
                    settle_year(area, model.arrangements, a, t, n)
            if parts & STORE:
                store_year(outputs, scratch, store, t, first, n)
        if parts & STORE:
            store_drivers(outputs, scratch, store, first, n)
