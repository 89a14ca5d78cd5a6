"""Terms of an arrangement as a whole as arrays: which steps are used, rates, pool limits, carry-forward, fund (MODEL.md section 6)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.contract.order import CODES, full_order
from simengine.contract.savings_rate import KINDS
from simengine.engine.build_baselines import Baselines, lines_apart
from simengine.engine.build_lines import term_values
from simengine.engine.build_members import Member, quality_slots, two_sided
from simengine.engine.build_population import population
from simengine.engine.rows import RowBook, Slot
from simengine.engine.terms import (
    BELOW,
    BELOW_FROM,
    BELOW_PART,
    BY_DRAW,
    CARRY_FORWARD,
    CONTRACT_WORK_ROWS,
    DEDUCTION,
    DEDUCTION_RATE,
    DRAWN,
    FLAGS,
    FULL_SHARE,
    FUND,
    FUND_SHARE,
    GUARDED,
    LIMITED,
    LIMITS,
    LINE_STORE_ROWS,
    LOSS_ADJUSTMENT,
    MLR,
    MSR,
    POOL_CAP,
    POOL_CAP_SHARE,
    POOL_COLLAR,
    POOL_COLLAR_SHARE,
    POOL_LIMITS,
    PRORATED,
    PRORATION,
    QUALITY,
    TERM_LIMITS,
    TERMS,
    TWO_SIDED,
)
from simengine.jit import Floats, Ints
from simengine.study.arrangements import Arrangement
from simengine.study.defaults import arrangement_parties, provider_side
from simengine.study.model import StudySpec
from simengine.study.size_tables import size_rows
from simengine.study.terms import PoolLimit, SizeRow


@dataclass(frozen=True)
class Whole:
    """Terms of one arrangement; see ``terms.Arrangements`` for the arrays."""

    uses: Ints  # (year, FLAGS)
    order: tuple[int, ...]
    slots: tuple[Slot, Slot, Slot, Slot]
    term: Floats  # (year, TERMS)
    excess: tuple[int, int]
    sizes: tuple[tuple[SizeRow, ...], tuple[SizeRow, ...]]


@dataclass(frozen=True)
class WorkRows:
    """Where the work rows of arrangements are that hold more than one year: carried losses, and lines that settle by themselves."""

    carried: dict[str, int]
    lines: dict[tuple[str, str], int]
    count: int


def work_rows(spec: StudySpec) -> WorkRows:
    """The work rows of a study."""
    made, count = WorkRows({}, {}, 0), CONTRACT_WORK_ROWS
    for name, terms in spec.arrangements.items():
        if terms.carry_forward is not None:
            made.carried[name] = count
            count += spec.years
    for place in lines_apart(spec):
        made.lines[place] = count
        count += spec.years * LINE_STORE_ROWS
    return WorkRows(made.carried, made.lines, count)


def register_terms(book: RowBook, spec: StudySpec) -> None:
    """Give the drawn numbers of arrangements their slots while drivers are still being gathered."""
    for name, terms in spec.arrangements.items():
        path = f"arrangements.{name}"
        if terms.quality is not None:
            if terms.quality.score is not None:
                book.number(terms.quality.score, f"{path}.quality.score")
            for member in (*terms.quality.scores, *arrangement_parties(spec, terms)):
                quality_slots(book, terms.quality, f"{path}.quality", member)
        book.number(terms.guardrail, f"{path}.guardrail")
        book.number(terms.loss_adjustment, f"{path}.loss_adjustment", spec.money.scale)
        for line, amount in terms.adjustment.items():
            book.number(amount, f"{path}.adjustment.{line}", spec.money.scale)


def _pool_limit(limit: PoolLimit | None, baseline: Slot, unit: float, years: int) -> tuple[Floats, Floats]:
    """A limit on the pool as an amount and as a share of B, which may be drawn; infinite where there is none."""
    amount, share = np.full(years, math.inf), np.full(years, math.inf)
    if limit is not None and limit.amount is not None:
        amount = term_values(limit.amount, years) * unit
    if limit is not None and limit.of_baseline is not None:
        of = term_values(limit.of_baseline, years)
        if baseline.is_constant:
            amount = np.minimum(amount, of * np.array(baseline.scale))
        else:
            share = of
    return amount, share


def _sizes(terms: Arrangement) -> tuple[tuple[SizeRow, ...], tuple[SizeRow, ...]]:
    """The tables of rates for gains and for losses, empty where the rate is a term."""
    gain = () if terms.msr_table is None else size_rows(terms.msr_table)
    if terms.mlr is not None:
        return gain, ()
    return gain, gain if terms.mlr_table is None else size_rows(terms.mlr_table)


def _term(terms: Arrangement, spec: StudySpec, baseline: Slot) -> Floats:
    """Terms by year (year, TERMS)."""
    years, found = spec.years, np.zeros((spec.years, TERMS))
    found[:, MSR] = term_values(terms.msr, years)
    found[:, MLR] = term_values(terms.msr if terms.mlr is None else terms.mlr, years)
    if terms.below_msr is not None:
        found[:, BELOW_PART] = term_values(terms.below_msr.part, years)
        found[:, BELOW_FROM] = terms.below_msr.from_size or 0.0
    if terms.fund is not None:
        found[:, FUND_SHARE] = term_values(terms.fund.share, years)
    found[:, DEDUCTION_RATE] = term_values(terms.deduction, years)
    found[:, PRORATION] = term_values(terms.proration, years)
    for party in provider_side(spec, terms):
        found[:, FULL_SHARE] += term_values(terms.gain_share.get(party), years)
    found[:, POOL_CAP], found[:, POOL_CAP_SHARE] = _pool_limit(terms.pool_cap, baseline, spec.money.scale, years)
    found[:, POOL_COLLAR], found[:, POOL_COLLAR_SHARE] = _pool_limit(terms.pool_collar, baseline, spec.money.scale, years)
    return found


def _uses(terms: Arrangement, whole: Floats, baseline: Slot, slots: Sequence[Slot], sizes: bool, members: Sequence[Member]) -> Ints:
    """Which steps change anything, by year (year, FLAGS)."""
    years, some = whole.shape[0], np.array([scale != 0.0 for scale in baseline.scale])
    _, guardrail, relief, _ = slots
    found = np.zeros((years, FLAGS), dtype=np.int64)
    pool = whole[:, [POOL_CAP, POOL_CAP_SHARE, POOL_COLLAR, POOL_COLLAR_SHARE]]
    found[:, POOL_LIMITS] = np.isfinite(pool).any(axis=1) & some
    found[:, CARRY_FORWARD] = terms.carry_forward is not None
    found[:, FUND] = whole[:, FUND_SHARE] > 0.0
    found[:, QUALITY] = any(member.quality[2] for member in members)
    found[:, DEDUCTION] = whole[:, DEDUCTION_RATE] > 0.0
    found[:, LIMITS] = np.any([member.limited[:, LIMITED] for member in members], axis=0)
    found[:, TWO_SIDED] = two_sided(terms, years)
    found[:, LOSS_ADJUSTMENT] = np.array([scale != 0.0 for scale in relief.scale]) & (found[:, TWO_SIDED] > 0)
    found[:, TERM_LIMITS] = any(min(member.over_term) < math.inf for member in members)
    found[:, DRAWN] = some & (not baseline.is_constant)
    found[:, BELOW] = whole[:, BELOW_PART] > 0.0
    found[:, GUARDED] = [scale != 0.0 for scale in guardrail.scale]
    found[:, PRORATED] = whole[:, PRORATION] != 1.0
    changed = found[:, [POOL_LIMITS, CARRY_FORWARD, FUND, BELOW, GUARDED]].any(axis=1)
    # marginal shares are worked out from the gain itself where the pool is nothing but what its rate leaves of it
    found[:, BY_DRAW] = sizes | (bool(terms.gain_bands or terms.loss_bands) & changed)
    return found


def read_terms(book: RowBook, spec: StudySpec, name: str, baselines: Baselines, members: Sequence[Member]) -> Whole:
    """The terms of an arrangement, given those of its parties."""
    terms, path, baseline = spec.arrangements[name], f"arrangements.{name}", baselines.total[name]
    guardrail = book.number(terms.guardrail, f"{path}.guardrail")
    relief = book.number(terms.loss_adjustment, f"{path}.loss_adjustment", spec.money.scale)
    size = population(book, spec)
    slots = (baseline, guardrail, relief, book.constant(1.0) if size is None else size)
    sizes, term = _sizes(terms), _term(terms, spec, baseline)
    kinds = (terms.msr_kind or "first_pound", terms.mlr_kind or terms.msr_kind or "first_pound")
    return Whole(
        uses=_uses(terms, term, baseline, slots, any(sizes), members),
        order=tuple(CODES[step] for step in full_order(terms.order)),
        slots=slots,
        term=term,
        excess=(KINDS[kinds[0]], KINDS[kinds[1]]),
        sizes=sizes,
    )


def size_array(wholes: Sequence[Whole]) -> tuple[Floats, Ints]:
    """Rates by size (arrangement, 2, 4, row): first and last size, rate at each; and how many rows each has."""
    rows = np.array([[len(table) for table in whole.sizes] for whole in wholes], dtype=np.int64).reshape(len(wholes), 2)
    array = np.zeros((len(wholes), 2, 4, max(rows.max(initial=0), 1)))
    for a, whole in enumerate(wholes):
        for side, table in enumerate(whole.sizes):
            for r, row in enumerate(table):
                array[a, side, :, r] = (row.from_size, math.inf if row.to_size is None else row.to_size, row.low, row.high)
    return array, rows
