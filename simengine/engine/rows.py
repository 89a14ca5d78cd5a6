"""The rows of the tile matrix: one book that gives every number of a study its slot, and derived rows their operations.

In year t a slot stands for ``scale[t] · X[row + stride · t]``. Row 0 is all ones: a constant is (0, 0, its values).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from simengine.engine.ops import AT_MOST, DIVIDE, FIRST, FURTHER, INDEX, LESS, LINEAR, ONES, PRODUCT, TIMES, Ops, run_ops
from simengine.engine.tile import STRIDE
from simengine.errors import Problem, StudyError
from simengine.jit import Floats
from simengine.projection.price import Change
from simengine.study.numbers import Number, Uncertain
from simengine.study.plan import plan_values, yearly_parameters


class Slot(NamedTuple):
    """Where a number lives: ``scale[t] · X[row + stride · t]`` in year t (t = 0 is the first year)."""

    row: int
    stride: int
    scale: tuple[float, ...]

    @property
    def is_constant(self) -> bool:
        """Whether the number is a constant (of each year)."""
        return self.row == ONES

    def scaled(self, factors: Sequence[float]) -> "Slot":
        """The same number times a constant of each year."""
        return Slot(self.row, self.stride, tuple(s * f for s, f in zip(self.scale, factors, strict=True)))


@dataclass(frozen=True)
class Driver:
    """A distribution in use: its name, where it is written, and the rows its values go to."""

    name: str
    spec: Uncertain
    row: int
    rows: int
    plan: tuple[float, ...]

    @property
    def by_year(self) -> bool:
        """Whether it has a value of its own in each year."""
        return self.rows > 1


@dataclass
class _Op:
    kind: int
    target: int
    years: int
    parameter: tuple[float, ...]
    slots: tuple[Slot, ...]
    roles: tuple[int, ...]
    for_detail: bool = False
    in_draws_only: bool = False


@dataclass(frozen=True)
class _Observation:
    """The drivers observed, as they are drawn; how many years of them, and how far above plan they count; which of them were met.

    ``declared`` are the declared drivers of the plan.
    """

    seen: Mapping[str, Number]
    until: int
    caps: Mapping[str, float]
    declared: Mapping[str, Number]
    met: set[str]


@dataclass
class RowBook:
    """Allots rows; knows which depend on a driver; evaluates the plan (every driver at its plan value) as it grows."""

    years: int
    declared: Mapping[str, Number]
    rows: int = 1
    drivers: dict[str, Driver] = field(default_factory=dict)
    drawn: set[int] = field(default_factory=set)
    ops: list[_Op] = field(default_factory=list)
    # plan values of rows that are not in the matrix yet
    _pending: list[tuple[int, float]] = field(default_factory=list)
    _by_target: dict[int, _Op] = field(default_factory=dict)
    _interned: dict[object, Slot] = field(default_factory=dict)
    _matrix: Floats = field(default_factory=lambda: np.ones(STRIDE))
    _evaluated: int = 0
    _for_detail: bool = False
    _observation: _Observation | None = None
    _plans: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def constant(self, value: float | Sequence[float]) -> Slot:
        """The slot of a constant, or of one constant per year."""
        values = tuple(value) if isinstance(value, Sequence) else (value,) * self.years
        return Slot(ONES, 0, tuple(float(v) for v in values))

    def number(self, value: Number, path: str, unit: float = 1.0) -> Slot:
        """The slot of a number of the study; ``unit`` turns what is written into the currency."""
        if self._observation is not None:
            return self._as_observed(self._observation, value, path, unit)
        if isinstance(value, str):
            return self.number(self.declared[value], f"drivers.{value}", unit)
        if isinstance(value, Uncertain):
            driver = self._driver(value, path)
            return Slot(driver.row, 1 if driver.by_year else 0, (unit,) * self.years)
        return self.constant(value).scaled((unit,) * self.years)

    @property
    def observing(self) -> bool:
        """Whether numbers are given as observed (see ``observed``): noise has no place there."""
        return self._observation is not None

    @contextmanager
    def observed(
        self, seen: Mapping[str, Number], until: int, declared: Mapping[str, Number], caps: Mapping[str, float] | None = None
    ) -> Iterator[set[str]]:
        """Within, a number is its plan value, but for the drivers ``seen``: as drawn in the first ``until`` years.

        A driver with one value for all years is known for all of them once the first has passed. ``seen`` holds the drivers as they are
        drawn, by name; ``declared`` the declared drivers that the plan rests on, those of the base study. A driver in ``caps`` counts up to
        so much above its plan value. Gives the names that were met.
        """
        self._observation = _Observation(seen, until, caps or {}, declared, set())
        try:
            yield self._observation.met
        finally:
            self._observation = None

    def _as_observed(self, observation: _Observation, value: Number, path: str, unit: float) -> Slot:
        if isinstance(value, str):
            return self._as_observed(observation, observation.declared[value], f"drivers.{value}", unit)
        plan = self.constant(self._plan_of(value, path))
        if path not in observation.seen:
            return plan.scaled((unit,) * self.years)
        observation.met.add(path)
        actual = observation.seen[path]
        self._observation = None
        drawn = self.number(actual, path)
        if path in observation.caps:
            drawn = self._at_most(drawn, self.constant(tuple(value + observation.caps[path] for value in plan.scale)))
        self._observation = observation
        resolved = self.declared[actual] if isinstance(actual, str) else actual
        if isinstance(resolved, Uncertain):
            at_once = resolved.path == "constant" and not yearly_parameters(resolved) and not resolved.actual
        else:
            at_once = isinstance(resolved, float)
        known = self.years if at_once and observation.until > 0 else min(observation.until, self.years)
        return self._first_years(drawn, plan, known).scaled((unit,) * self.years)

    def _at_most(self, slot: Slot, most: Slot) -> Slot:
        """A number that counts up to the constant ``most``."""
        if slot.is_constant:
            return self.constant(tuple(min(pair) for pair in zip(slot.scale, most.scale, strict=True)))
        return self.add_op(AT_MOST, [slot, most], [0, 0])

    def _first_years(self, first: Slot, then: Slot, count: int) -> Slot:
        """A number that is ``first`` in the first ``count`` years, and the constant ``then`` in the others."""
        if count in (0, self.years):
            return first if count else then
        if first.is_constant:
            return self.constant((*first.scale[:count], *then.scale[count:]))
        early = [float(t < count) for t in range(self.years)]
        return self.add_op(LINEAR, [first.scaled(early), then.scaled([1.0 - one for one in early])], [TIMES, TIMES])

    def _plan_of(self, value: Number, path: str) -> tuple[float, ...]:
        """Plan values of a number of the base study, by year."""
        if path not in self._plans:
            plan = plan_values(value, self.years, {})
            assert plan is not None, "the base study has been laid out"
            self._plans[path] = plan
        return self._plans[path]

    def _driver(self, spec: Uncertain, name: str) -> Driver:
        if name not in self.drivers:
            plan = plan_values(spec, self.years, {})
            if plan is None:
                raise StudyError([Problem(name, "has no mean: state its plan value (plan = …)")])
            by_year = spec.path != "constant" or len(set(plan)) > 1 or bool(yearly_parameters(spec) or spec.actual)
            count = self.years if by_year else 1
            row = self._take(count, drawn=True)
            self.drivers[name] = Driver(name, spec, row, count, plan[:count])
            self._pending.extend((row + k, plan[k]) for k in range(count))
            if spec.actual:
                padded = spec.actual + (0.0,) * (self.years - len(spec.actual))
                self.add_in_draws(row, len(spec.actual), [self.constant(padded)])
        return self.drivers[name]

    def _take(self, count: int, drawn: bool) -> int:
        row = self.rows
        self.rows += count
        if drawn:
            self.drawn.update(range(row, row + count))
        return row

    def filled_rows(self, count: int, plan: float | Sequence[float]) -> int:
        """First of some rows that each tile fills, by their value in the plan (a volatility's noise: 1), or their values."""
        row = self._take(count, drawn=True)
        values = plan if isinstance(plan, Sequence) else (plan,) * count
        self._pending.extend((row + k, values[k]) for k in range(count))
        return row

    def add_in_draws(self, row: int, years: int, slots: Sequence[Slot]) -> None:
        """Let the draws fill rows with the sum of some numbers, ``years`` of them; the plan has what it has."""
        self.ops.append(_Op(LINEAR, row, years, (), tuple(slots), (TIMES,) * len(slots), self._for_detail, in_draws_only=True))

    def is_drawn(self, slot: Slot) -> bool:
        """Whether the number differs between draws."""
        return slot.row in self.drawn

    def add_op(
        self, kind: int, slots: Sequence[Slot], roles: Sequence[int], parameter: tuple[float, ...] = (), *, once: bool = False
    ) -> Slot:
        """The slot of an operation's result; the same operation on the same slots is done once.

        ``once`` works it out for one year only (that of the slots' first scale), which then stands for all.
        """
        key = (kind, tuple(slots), tuple(roles), parameter, once)
        if key not in self._interned:
            drawn = any(self.is_drawn(slot) for slot in slots)
            years = 1 if once else self.years
            row = self._take(years, drawn)
            self._by_target[row] = _Op(kind, row, years, parameter, tuple(slots), tuple(roles), self._for_detail)
            self.ops.append(self._by_target[row])
            self._interned[key] = Slot(row, 0 if once else 1, (1.0,) * self.years)
        slot = self._interned[key]
        if not self._for_detail:
            # asked for before by a detail, now by the model itself
            self._by_target[slot.row].for_detail = False
        return slot

    @contextmanager
    def for_detail(self) -> Iterator[None]:
        """Operations first asked for in here serve line and scheme variables only; the rest of the model may not use them."""
        self._for_detail = True
        yield
        self._for_detail = False

    def product(self, times: Sequence[Slot], divide: Sequence[Slot] = (), less: Sequence[Slot] = ()) -> Slot:
        """``Π times · Π (1 - less) / Π divide``; constants go into the scale, so that a product with one drawn factor costs nothing."""
        factor = np.ones(self.years)
        inputs: list[tuple[Slot, int]] = []
        for slots, role in ((times, TIMES), (less, LESS), (divide, DIVIDE)):
            for slot in slots:
                values = np.array(slot.scale)
                if not slot.is_constant:
                    inputs.append((slot, role))
                elif role == DIVIDE:
                    factor = factor / values
                else:
                    factor = factor * (values if role == TIMES else 1.0 - values)
        if not inputs:
            return self.constant(tuple(factor))
        if len(inputs) == 1 and inputs[0][1] == TIMES:
            return inputs[0][0].scaled(tuple(factor))
        made = self.add_op(PRODUCT, [slot for slot, _ in inputs], [role for _, role in inputs])
        return made.scaled(tuple(factor))

    def total(self, slots: Sequence[Slot]) -> Slot:
        """The sum of some numbers."""
        if all(slot.is_constant for slot in slots):
            return self.constant(tuple(np.sum([slot.scale for slot in slots], axis=0))) if slots else self.constant(0.0)
        return slots[0] if len(slots) == 1 else self.add_op(LINEAR, slots, [TIMES] * len(slots))

    def before(self, slot: Slot, base: Slot) -> Slot:
        """A number as it was in the year before; ``base`` is its value in the base year."""
        years = self.years
        scales = [tuple(float(t == k + 1) * slot.scale[k] for t in range(years)) for k in range(years - 1)]
        parts = [Slot(slot.row + slot.stride * k, 0, scale) for k, scale in enumerate(scales)]
        first = base.scaled((1.0, *(0.0,) * (years - 1)))
        return self.add_op(LINEAR, [first, *parts], [TIMES] * (1 + len(parts)))

    def index(self, changes: Sequence[Change]) -> Slot:
        """An index that starts at 1 in the base year; factors that never change anything are left out."""
        slots: list[Slot] = []
        roles: list[int] = []
        for change in changes:
            rates = [
                rate.scaled((weight,) * self.years)
                for rate, weight in zip(change.rates, change.weights, strict=True)
                if isinstance(rate, Slot)
            ]
            rates = [rate for rate in rates if not (rate.is_constant and not any(rate.scale))]
            slots.extend(rates)
            roles.extend([FIRST] + [FURTHER] * (len(rates) - 1) if rates else [])
        return self.add_op(INDEX, slots, roles) if slots else self.constant(1.0)

    def planned(self, slot: Slot) -> Floats:
        """The plan values of a number, one per year."""
        if slot.is_constant:
            return np.array(slot.scale)
        matrix = self.plan_matrix()
        return np.array([slot.scale[t] * matrix[(slot.row + slot.stride * t) * STRIDE] for t in range(self.years)])

    def plan_matrix(self) -> Floats:
        """The tile matrix of a single draw, the first of each row, with every driver at its plan value and every operation done so far."""
        size = self.rows * STRIDE
        if self._matrix.size < size:
            # twice what is needed, so that a study of n lines copies n rows and not n²; pages that are never written take no memory
            grown = np.zeros(2 * size)
            grown[: self._matrix.size : STRIDE] = self._matrix[::STRIDE]
            self._matrix = grown
        for row, value in self._pending:
            self._matrix[row * STRIDE] = value
        self._pending.clear()
        if self._evaluated < len(self.ops):
            fresh = [op for op in self.ops[self._evaluated :] if not op.in_draws_only]
            run_ops(self._encode(fresh, 0, len(fresh)), 0, len(fresh), self._matrix, 1)
            self._evaluated = len(self.ops)
        return self._matrix[:size]

    def build_ops(self) -> Ops:
        """The operations as arrays: those that depend on no driver first."""
        fixed = [op for op in self.ops if op.target not in self.drawn]
        drawn = [op for op in self.ops if op.target in self.drawn]
        needed = [op for op in drawn if not op.for_detail]
        return self._encode([*fixed, *needed, *(op for op in drawn if op.for_detail)], len(fixed), len(fixed) + len(needed))

    def _encode(self, ops: Sequence[_Op], constant: int, needed: int) -> Ops:
        slots = [slot for op in ops for slot in op.slots]
        parameter = np.zeros((len(ops), 4))
        for k, op in enumerate(ops):
            parameter[k, : len(op.parameter)] = op.parameter
        return Ops(
            constant=constant,
            needed=needed,
            kind=np.array([op.kind for op in ops], dtype=np.int64),
            target=np.array([op.target for op in ops], dtype=np.int64),
            years=np.array([op.years for op in ops], dtype=np.int64),
            parameter=parameter,
            first_input=np.concatenate([[0], np.cumsum([len(op.slots) for op in ops])]).astype(np.int64),
            row=np.array([slot.row for slot in slots], dtype=np.int64),
            stride=np.array([slot.stride for slot in slots], dtype=np.int64),
            role=np.array([role for op in ops for role in op.roles], dtype=np.int64),
            scale=np.array([slot.scale for slot in slots], dtype=np.float64).reshape(len(slots), self.years),
        )
