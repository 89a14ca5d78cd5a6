"""All random values of a tile in one compiled pass: uniforms by design, copulas, quantiles of the families.

``VariatesBuilder`` turns drivers into flat arrays (``Variates``); ``draw_tile`` fills the rows of a tile from them. Nothing in the
pass is compiled for one study: families are chosen by code. Uniforms are worked off in batches, each a single one, two consecutive
components of one stream (one call of the generator gives both), or a correlation group; a batch's values are made right after it.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.distributions import base
from simengine.distributions.base import Encoded, Row
from simengine.distributions.bernoulli import fill_bernoulli
from simengine.distributions.discrete import fill_discrete
from simengine.distributions.lognormal import fill_lognormal
from simengine.distributions.normal import fill_normal
from simengine.distributions.pert import fill_pert
from simengine.distributions.triangular import fill_triangular
from simengine.distributions.uniform import fill_uniform as fill_even
from simengine.distributions.unit_gamma import fill_unit_gamma_fixed
from simengine.distributions.unit_lognormal import fill_unit_lognormal_fixed
from simengine.engine.tile import STRIDE, TILE
from simengine.errors import ParameterError
from simengine.jit import allocating_kernel, inlined, kernel
from simengine.sampling import design as designs
from simengine.sampling.design import Uniforms, fill_uniform_pair, make_uniforms
from simengine.sampling.streams import stream_key
from simengine.special import fill_normal_cdf, fill_normal_quantile

Index = NDArray[np.int64]

_SINGLE: Final = 0
_PAIR: Final = 1
_GROUP: Final = 2


class Variates(NamedTuple):
    """What to draw, as arrays. Batch b takes the uniforms ``order[batch_start[b]:batch_start[b + 1]]``.

    ``factors`` holds the packed rows of lower triangular factors, that of batch b from ``factor_start[b]``. The values made from
    uniform k are ``value_start[k]`` ... ``value_start[k + 1] - 1``: family code, arguments ``args[value, 4]``, ``table_start`` and
    ``table_size`` in ``tables``, and the target ``row``. ``scratch_rows`` is the largest number of uniforms of a batch.
    """

    uniforms: Uniforms
    batch_kind: Index
    batch_start: Index
    order: Index
    factor_start: Index
    factors: Row
    value_start: Index
    code: Index
    args: Row
    table_start: Index
    table_size: Index
    row: Index
    tables: Row
    scratch_rows: int


class VariateScratch(NamedTuple):
    """Working rows of one thread: uniforms (or scores) of a batch, one more row, and the two of the inverse tables."""

    u: Row
    spare: Row
    place: Row
    pieces: Index


@allocating_kernel
def new_variate_scratch(variates: Variates) -> VariateScratch:
    """Return working rows for ``draw_tile``; one set per thread."""
    return VariateScratch(np.empty(variates.scratch_rows * STRIDE), np.empty(STRIDE), np.empty(STRIDE), np.empty(STRIDE, np.int64))


@inlined
def tile_row(rows: Row, k: int) -> Row:
    """Return row ``k`` of a tile array as a view that starts at index 0."""
    return rows[k * STRIDE : k * STRIDE + STRIDE]


@kernel
def fill_uniform(u: Row, variates: Variates, index: int, first: int, n: int) -> None:
    """``u[i]`` = uniform ``index`` (as ``add_uniform`` returned it) at draw ``first + i``, before any correlation.

    ``first`` is a multiple of 512, n <= 512; ``u`` has room for a whole tile.
    """
    designs.fill_uniform(u, variates.uniforms, index, first, n)


@kernel
def _fill_value(x: Row, u: Row, variates: Variates, value: int, scratch: VariateScratch, n: int) -> None:
    """Fill ``x`` with the quantiles of ``u`` under one value's distribution."""
    code = variates.code[value]
    args = variates.args[value]
    start = variates.table_start[value]
    table = variates.tables[start : start + variates.table_size[value]]
    if code == base.UNIFORM:
        fill_even(x, u, args[0], args[1], n)
    elif code == base.TRIANGULAR:
        fill_triangular(x, u, args[0], args[1], args[2], args[3], n)
    elif code == base.PERT:
        fill_pert(x, u, scratch.pieces, scratch.place, table, args[0], args[1], n)
    elif code == base.NORMAL:
        fill_normal(x, u, scratch.pieces, scratch.place, table, args[0], args[1], n)
    elif code == base.LOGNORMAL:
        fill_lognormal(x, u, scratch.pieces, scratch.place, table, args[0], args[1], n)
    elif code == base.DISCRETE:
        fill_discrete(x, u, table, int(args[0]), n)
    elif code == base.BERNOULLI:
        fill_bernoulli(x, u, args[0], n)
    elif code == base.UNIT_GAMMA:
        fill_unit_gamma_fixed(x, u, args[0], scratch.pieces, scratch.place, table, n)
    elif code == base.UNIT_LOGNORMAL:
        fill_unit_lognormal_fixed(x, u, args[0], n)
    else:
        x[:n] = args[0]


@kernel
def _add_scaled(y: Row, weight: float, x: Row, n: int) -> None:
    """``y[i] += weight * x[i]``."""
    for i in range(n):
        y[i] += weight * x[i]


@kernel
def _correlate(variates: Variates, batch: int, k: int, n: int, scratch: VariateScratch) -> None:
    """Turn the scores of a group into the uniform of its member ``k``, in the spare row.

    The members are finished from the last to the first, so that a score is overwritten only when no other needs it.
    """
    packed = variates.factor_start[batch] + k * (k + 1) // 2
    score = tile_row(scratch.u, k)
    own = variates.factors[packed + k]
    for i in range(n):
        score[i] *= own
    for q in range(k):
        _add_scaled(score, variates.factors[packed + q], tile_row(scratch.u, q), n)
    fill_normal_cdf(scratch.spare, score, n)


@kernel
def _draw_batch(variates: Variates, batch: int, first: int, n: int, scratch: VariateScratch) -> None:
    """Fill the scratch rows with a batch's uniforms, or with the normal scores of a group's."""
    kind = variates.batch_kind[batch]
    start = variates.batch_start[batch]
    if kind == _PAIR:
        fill_uniform_pair(tile_row(scratch.u, 0), tile_row(scratch.u, 1), variates.uniforms, variates.order[start], first, n)
        return
    for k in range(variates.batch_start[batch + 1] - start):
        target = scratch.spare if kind == _GROUP else tile_row(scratch.u, k)
        designs.fill_uniform(target, variates.uniforms, variates.order[start + k], first, n)
        if kind == _GROUP:
            fill_normal_quantile(tile_row(scratch.u, k), scratch.spare, n)


@kernel
def draw_tile(variates: Variates, first: int, n: int, rows: Row, scratch: VariateScratch) -> None:
    """Fill the rows of a tile with the draws ``first`` ... ``first + n - 1``.

    Parameters
    ----------
    first, n
        A multiple of 512, and at most 512.
    rows
        Flat tile array; row k stands at ``rows[k * STRIDE : k * STRIDE + n]``. Rows that no value targets are left alone.
    scratch
        From ``new_variate_scratch``; one per thread.
    """
    for batch in range(variates.batch_kind.shape[0]):
        _draw_batch(variates, batch, first, n, scratch)
        start = variates.batch_start[batch]
        grouped = variates.batch_kind[batch] == _GROUP
        for k in range(variates.batch_start[batch + 1] - start - 1, -1, -1):
            if grouped:
                _correlate(variates, batch, k, n, scratch)
            u = scratch.spare if grouped else tile_row(scratch.u, k)
            index = variates.order[start + k]
            # The only place where values are made: a second one would double the time to compile.
            for value in range(variates.value_start[index], variates.value_start[index + 1]):
                _fill_value(tile_row(rows, variates.row[value]), u, variates, value, scratch, n)


class VariatesBuilder:
    """Collects uniforms, correlation groups and values, and puts them into arrays."""

    def __init__(self, design: str | int, seed: int) -> None:
        self._design = design
        self._seed = seed
        self._names: list[str] = []
        self._components: list[int] = []
        self._columns: list[int] = []
        self._groups: list[tuple[list[int], Row]] = []
        self._values: list[tuple[int, Encoded, int]] = []
        self._tables = _Tables()

    def add_uniform(self, name: str, component: int = 0, column: int = -1) -> int:
        """Add a uniform and return its index.

        Parameters
        ----------
        name
            The driver's full name (or the one whose stream it keeps).
        component
            Year index of a path with independent years, else 0.
        column
            Sobol' column of the driver, -1 for none; it counts only for component 0 of the design ``sobol``.
        """
        self._names.append(name)
        self._components.append(component)
        self._columns.append(column)
        return len(self._names) - 1

    def add_group(self, indices: Sequence[int], factor: Row) -> None:
        """Correlate uniforms by a Gaussian copula; ``factor`` is the lower triangular factor, shape (size, size).

        Raises
        ------
        ParameterError
            When a uniform already belongs to a group or the factor has another size.
        """
        taken = {index for members, _ in self._groups for index in members}
        twice = [self._names[index] for index in indices if index in taken or list(indices).count(index) > 1]
        if twice:
            raise ParameterError([(name, "stands in more than one correlation") for name in dict.fromkeys(twice)])
        if factor.shape != (len(indices), len(indices)):
            raise ParameterError([("factor", f"must have {len(indices)} rows and columns")])
        self._groups.append((list(indices), factor))

    def add_value(self, uniform_index: int, encoded: Encoded, row: int) -> None:
        """Fill tile row ``row`` with the distribution's quantiles of a uniform; of a volatility only with one cv for all draws."""
        self.add_table(encoded.table)
        self._values.append((uniform_index, encoded, row))

    def add_table(self, table: Row | None) -> int:
        """Keep a table (equal ones once) and return where it will start in ``Variates.tables``; -1 without one."""
        return -1 if table is None else self._tables.add(table)

    def build(self) -> Variates:
        """Return the arrays.

        Raises
        ------
        ParameterError
            When the design or the seed is unknown to the sampling layer.
        """
        keys = [stream_key(self._seed, name) for name in self._names]
        uniforms = make_uniforms(self._design, keys, self._components, self._columns)
        batches = self._batches(keys, uniforms.column)
        packed = [factor[np.tril_indices(len(members))] for members, factor in self._groups]
        sizes = [0] * (len(batches) - len(packed)) + [len(numbers) for numbers in packed]
        values = sorted(self._values, key=lambda value: value[0])
        counts = np.bincount(np.array([index for index, _, _ in values], np.int64), minlength=len(keys))
        return Variates(
            uniforms=uniforms,
            batch_kind=np.array([kind for kind, _ in batches], np.int64),
            batch_start=_starts([len(members) for _, members in batches]),
            order=np.array([index for _, members in batches for index in members], np.int64),
            factor_start=_starts(sizes),
            factors=np.concatenate([np.zeros(0), *packed]),
            value_start=_starts(counts.tolist()),
            code=np.array([encoded.code for _, encoded, _ in values], np.int64),
            args=np.array([encoded.args for _, encoded, _ in values], np.float64).reshape(-1, 4),
            table_start=np.array([max(self.add_table(encoded.table), 0) for _, encoded, _ in values], np.int64),
            table_size=np.array([0 if encoded.table is None else encoded.table.size for _, encoded, _ in values], np.int64),
            row=np.array([row for _, _, row in values], np.int64),
            tables=self._tables.joined(),
            scratch_rows=max([len(members) for _, members in batches], default=1),
        )

    def _batches(self, keys: Sequence[int], columns: Index) -> list[tuple[int, list[int]]]:
        """Return (kind, uniforms) of every batch: singles and pairs in the order added, then the groups."""
        grouped = {index for members, _ in self._groups for index in members}
        batches: list[tuple[int, list[int]]] = []
        index = 0
        while index < len(keys):
            other = index + 1
            pairs = (
                other < len(keys)
                and not {index, other} & grouped
                and keys[index] == keys[other]
                and self._components[index] % 2 == 0
                and self._components[other] == self._components[index] + 1
                and columns[index] < 0
            )
            if index not in grouped:
                batches.append((_PAIR, [index, other]) if pairs else (_SINGLE, [index]))
            index += 2 if pairs else 1
        return batches + [(_GROUP, members) for members, _ in self._groups]


def _starts(sizes: Sequence[int]) -> Index:
    """Return where each of consecutive pieces starts, and the end of the last."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(sizes, np.int64))])


class _Tables:
    """Tables behind each other, equal ones once."""

    def __init__(self) -> None:
        self._place: dict[bytes, int] = {}
        self._parts: list[Row] = []
        self._end = 0

    def add(self, table: Row) -> int:
        """Keep a table; return where it starts."""
        content = blake2b(table.tobytes()).digest()
        if content not in self._place:
            self._place[content] = self._end
            self._parts.append(np.asarray(table, np.float64))
            self._end += table.size
        return self._place[content]

    def joined(self) -> Row:
        """Return all tables as one array."""
        return np.concatenate([np.zeros(0), *self._parts])


def sample(variates: Variates, first: int, count: int) -> Row:
    """Return the draws ``first`` ... ``first + count - 1`` of every row, shape (rows, count); rows without a value are NaN."""
    height = int(variates.row.max(initial=-1)) + 1
    start = first - first % TILE
    out = np.full((height, first + count - start), np.nan)
    rows, scratch = np.full(height * STRIDE, np.nan), new_variate_scratch(variates)
    for tile in range(0, out.shape[1], TILE):
        n = min(TILE, out.shape[1] - tile)
        draw_tile(variates, start + tile, n, rows, scratch)
        out[:, tile : tile + n] = rows.reshape(height, STRIDE)[:, :n]
    return np.ascontiguousarray(out[:, first - start :])
