"""Collects uniforms, copulas, paths and values, and puts them into the arrays of ``variates.draw_tile``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.distributions.base import Encoded, Row
from simengine.distributions.margins import NORMAL_MARGIN, by_score
from simengine.distributions.normal import score_table
from simengine.engine.copulas import mixing_table, student_t_table
from simengine.engine.tile import STRIDE, TILE
from simengine.engine.variates import NONE, PAIR, SCORED, SINGLE, Index, Variates, draw_tile, new_variate_scratch
from simengine.errors import ParameterError
from simengine.sampling.design import make_uniforms
from simengine.sampling.streams import stream_key


class Carry(NamedTuple):
    """How a score rests on that of the year before: ``carry · before + fresh · score + shift``; the first year carries nothing."""

    carry: float
    fresh: float
    shift: float = 0.0


@dataclass(frozen=True)
class _Batch:
    """Uniforms that are drawn together."""

    kind: int
    members: tuple[int, ...]
    factor: Row = field(default_factory=lambda: np.ones((1, 1)))
    mixing: int = NONE
    df: float = 0.0


class VariatesBuilder:
    """Collects uniforms, correlation groups, paths and values, and puts them into arrays."""

    def __init__(self, design: str | int, seed: int) -> None:
        self._design = design
        self._seed = seed
        self._names: list[str] = []
        self._components: list[int] = []
        self._columns: list[int] = []
        self._groups: list[_Batch] = []
        self._carried: dict[int, tuple[int, Carry]] = {}
        self._paths = 0
        self._values: list[tuple[int, Encoded, int]] = []
        self._sums: list[tuple[int, tuple[float, ...], tuple[float, ...]]] = []
        self._tables = _Tables()

    def add_uniform(self, name: str, component: int = 0, column: int = -1) -> int:
        """Add a uniform and return its index.

        Parameters
        ----------
        name
            The driver's full name (or the one whose stream it keeps).
        component
            Year index of a path with a draw of its own in each year, else 0.
        column
            Sobol' column of the driver, -1 for none; it counts only for component 0 of the design ``sobol``.
        """
        self._names.append(name)
        self._components.append(component)
        self._columns.append(column)
        return len(self._names) - 1

    def add_group(self, indices: Sequence[int], factor: Row, mixing: int = NONE, df: float = 0.0) -> None:
        """Correlate uniforms of one year; ``factor`` is the lower triangular factor, shape (size, size).

        The copula is Gaussian, or Student's t where ``mixing`` is the uniform of its common factor and ``df`` its degrees of freedom.
        Groups are drawn in the order in which they are added: those of one path by rising year.

        Raises
        ------
        ParameterError
            When a uniform already belongs to a group or the factor has another size.
        """
        taken = {index for group in self._groups for index in group.members}
        twice = [self._names[index] for index in indices if index in taken or list(indices).count(index) > 1]
        if twice:
            raise ParameterError([(name, "stands in more than one correlation") for name in dict.fromkeys(twice)])
        if factor.shape != (len(indices), len(indices)):
            raise ParameterError([("factor", f"must have {len(indices)} rows and columns")])
        self._groups.append(_Batch(SCORED, tuple(indices), factor, mixing, df))

    def add_path(self, indices: Sequence[int], carries: Sequence[Carry]) -> None:
        """Let the scores of uniforms, one per year, each rest on the one before; uniforms in no group yet become batches of their own."""
        taken = {index for group in self._groups for index in group.members}
        for index, carry in zip(indices, carries, strict=True):
            self._carried[index] = (self._paths, carry)
            if index not in taken:
                self._groups.append(_Batch(SCORED, (index,)))
        self._paths += 1

    def add_value(self, uniform_index: int, encoded: Encoded, row: int) -> None:
        """Fill tile row ``row`` with the distribution's quantiles of a uniform; of a volatility only with one cv for all draws."""
        self._values.append((uniform_index, encoded, row))

    def add_sum(self, row: int, keep: Sequence[float], add: Sequence[float]) -> None:
        """Turn the rows from ``row`` on, one per year, into ``keep[t] · (the year before) + row + add[t]``; keep[0] is not used."""
        self._sums.append((row, tuple(keep), tuple(add)))

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
        packed = [batch.factor[np.tril_indices(len(batch.members))] if batch.kind == SCORED else np.zeros(0) for batch in batches]
        order = [index for batch in batches for index in batch.members]
        carried = [self._carried.get(index, (NONE, Carry(0.0, 1.0))) for index in order]
        values = self._by_margins()
        counts = np.bincount(np.array([index for index, _, _ in values], np.int64), minlength=len(keys))
        years = max((len(keep) for _, keep, _ in self._sums), default=0)
        return Variates(
            uniforms=uniforms,
            batch_kind=np.array([batch.kind for batch in batches], np.int64),
            batch_start=_starts([len(batch.members) for batch in batches]),
            order=np.array(order, np.int64),
            factor_start=_starts([numbers.size for numbers in packed]),
            factors=np.concatenate([np.zeros(0), *packed]),
            mixing=np.array([batch.mixing for batch in batches], np.int64),
            copula_df=np.array([batch.df for batch in batches], np.float64),
            copula_start=np.array([self._copula_tables(batch) for batch in batches], np.int64).reshape(-1, 2),
            state=np.array([path for path, _ in carried], np.int64),
            carry=np.array([carry.carry for _, carry in carried], np.float64),
            fresh=np.array([carry.fresh for _, carry in carried], np.float64),
            shift=np.array([carry.shift for _, carry in carried], np.float64),
            value_start=_starts(counts.tolist()),
            by_probability=self._by_probability(values),
            code=np.array([encoded.code for _, encoded, _ in values], np.int64),
            args=np.array([encoded.args for _, encoded, _ in values], np.float64).reshape(-1, 4),
            table_start=np.array([max(self.add_table(encoded.table), 0) for _, encoded, _ in values], np.int64),
            table_size=np.array([0 if encoded.table is None else encoded.table.size for _, encoded, _ in values], np.int64),
            row=np.array([row for _, _, row in values], np.int64),
            sum_row=np.array([row for row, _, _ in self._sums], np.int64),
            sum_keep=np.array([keep for _, keep, _ in self._sums], np.float64).reshape(len(self._sums), years),
            sum_add=np.array([add for _, _, add in self._sums], np.float64).reshape(len(self._sums), years),
            score_start=self._tables.add(score_table()) if self._groups else 0,
            tables=self._tables.joined(),
            scratch_rows=max([len(batch.members) for batch in batches], default=1),
            state_rows=max(self._paths, 1),
        )

    def _by_margins(self) -> list[tuple[int, Encoded, int]]:
        """Return every value, those of scored uniforms encoded by the score where they can be, in the order of the uniforms."""
        scored = {index for group in self._groups for index in group.members}
        found: dict[int, Encoded] = {}
        for index, encoded, _ in self._values:
            if index in scored and id(encoded) not in found:
                found[id(encoded)] = by_score(encoded) or encoded
        values = [(index, found[id(encoded)] if index in scored else encoded, row) for index, encoded, row in self._values]
        return sorted(values, key=lambda value: value[0])

    def _by_probability(self, values: Sequence[tuple[int, Encoded, int]]) -> NDArray[np.bool_]:
        """Tell of each uniform whether some value is made from its probability."""
        found = np.zeros(len(self._names), np.bool_)
        found[[index for index, encoded, _ in values if encoded.code < NORMAL_MARGIN]] = True
        return found

    def _copula_tables(self, batch: _Batch) -> tuple[int, int]:
        """Where the tables of a t copula start."""
        if batch.mixing == NONE:
            return 0, 0
        return self._tables.add(mixing_table(batch.df)), self._tables.add(student_t_table(batch.df))

    def _batches(self, keys: Sequence[int], columns: Index) -> list[_Batch]:
        """Return every batch: singles and pairs in the order added, then the groups, whose common factors are drawn with them."""
        grouped = {index for group in self._groups for index in group.members} | {group.mixing for group in self._groups}
        batches: list[_Batch] = []
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
                batches.append(_Batch(PAIR, (index, other)) if pairs else _Batch(SINGLE, (index,)))
            index += 2 if pairs else 1
        return batches + self._groups


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
