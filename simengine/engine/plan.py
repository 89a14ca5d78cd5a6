"""From a study to the flat arrays of the hot loop, and the plan: the model with every driver at its plan value (MODEL.md section 1).

The plan is computed once, by the hot loop itself on a single draw, from the study as written; scenarios change the draws only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simengine.distributions import Tables
from simengine.engine.block import Model, run_blocks
from simengine.engine.build_baselines import Baselines, build_baselines
from simengine.engine.build_budgets import BudgetPlan, Budgets, build_budgets
from simengine.engine.build_contract import build_arrangements, build_covered
from simengine.engine.build_effects import (
    Segment,
    build_effects,
    build_segments,
    build_shifts,
    changed_lines,
    planned_outturn,
    segment_shares,
)
from simengine.engine.build_groups import build_groups
from simengine.engine.build_lines import LinePlan, LineSlots, Noise, build_lines, line_slots, pairs_of
from simengine.engine.build_observed import ObservedLine, build_observed
from simengine.engine.build_parties import build_parties, build_reported, planned_funding, planned_income
from simengine.engine.build_population import planned_base_size, population
from simengine.engine.build_schemes import CostSlot, build_actual, build_costs, end_state_savings
from simengine.engine.build_terms import register_terms
from simengine.engine.detail import DETAIL_WANTED, LINE_VARIABLES, Detail
from simengine.engine.drivers import DriverSet, assign_columns, build_variates, noise_rows
from simengine.engine.lines import Effects
from simengine.engine.outputs import ARRANGEMENT, MEMBER, PARTY, REPORTED, SYSTEM, Layout
from simengine.engine.rows import RowBook, Slot
from simengine.engine.scratch import new_scratch
from simengine.engine.shifts import Shifts
from simengine.engine.tile import STRIDE
from simengine.engine.variates import Variates
from simengine.engine.variates_builder import VariatesBuilder
from simengine.engine.volatility import Noises, build_noises
from simengine.errors import Problem, StudyError
from simengine.jit import Floats, Ints
from simengine.jit_apart import reasons_raised
from simengine.schema import DETAIL_VARIABLES
from simengine.study.check_actuals import observed_order
from simengine.study.defaults import covered_lines
from simengine.study.load import Study
from simengine.study.model import StudySpec


@dataclass(frozen=True)
class BasePlan:
    """What of the base study's plan its scenarios rest on."""

    lines: LinePlan
    shares: dict[tuple[str, str], float]
    end_state: Floats
    funding: dict[str, Floats]
    income: dict[str, Floats]
    population: float | None
    budgets: BudgetPlan


@dataclass(frozen=True)
class Draft:
    """A study (base or scenario) with every number in its slot, before seeds and designs."""

    spec: StudySpec
    book: RowBook
    slots: dict[str, LineSlots]
    noises: dict[str, Noise]
    segments: dict[str, dict[str, Segment]]
    effects: Effects
    shifts: Shifts
    costs: list[CostSlot]
    budgets: Budgets
    baselines: Baselines
    plan: BasePlan


def _line_plan(book: RowBook, slots: Sequence[LineSlots], required: Sequence[Slot], base: BasePlan | None) -> LinePlan:
    """Planned activity, price and efficiency of the lines before schemes; a scenario keeps those of the base study."""
    if base is not None:
        return base.lines
    do_nothing = np.array([book.planned(line.activity) for line in slots])
    price = np.array([book.planned(line.price) for line in slots])
    cost = np.array([book.planned(line.unit_cost) for line in slots])
    return LinePlan(do_nothing, do_nothing, price, price, cost, np.array([book.planned(slot) for slot in required]))


def draft(spec: StudySpec, base: BasePlan | None = None, *, as_is: bool = False) -> Draft:
    """Give every number of a study its slot; ``base`` is the plan of the study that a scenario belongs to.

    ``as_is`` leaves out what schemes that are off would save if they were on.
    """
    book = RowBook(spec.years, spec.drivers)
    slots: dict[str, LineSlots] = {}
    noises: dict[str, Noise] = {}
    required: list[Slot] = []
    for s, name in enumerate(spec.services):
        planned = None if base is None else base.lines.efficiency_required[s]
        slots[name], noise, efficiency = line_slots(book, spec, name, planned, None if base is None else base.population)
        required.append(efficiency)
        if noise is not None:
            noises[name] = noise
    lines = _line_plan(book, list(slots.values()), required, base)
    segments = build_segments(book, spec, slots, lines, {} if base is None else base.shares)
    effects, shifts = build_effects(spec, segments, spec.years), build_shifts(spec, segments, spec.years)
    if base is None:
        outturn, paid = planned_outturn(book, effects, shifts, lines.do_nothing, lines.price)
        lines = replace(lines, outturn=outturn, outturn_price=paid)
    if base is not None:
        end_state = base.end_state
    else:
        end_state = end_state_savings(book, spec, segments, lines)
        if not as_is:
            _add_schemes_off(end_state, spec)
    costs = build_costs(book, spec, end_state)
    _register_scores(book, spec)
    budgets = build_budgets(book, spec, slots, lines, None if base is None else base.budgets)
    baselines = build_baselines(book, spec, lines, budgets)
    if base is None:
        funding = planned_funding(book, spec, lines)
        income = planned_income(book, spec, slots, lines, funding, budgets.flows)
        shares, size = segment_shares(book, segments), planned_base_size(book, spec)
        base = BasePlan(lines, shares, end_state, funding, income, size, budgets.plan)
    return Draft(spec, book, slots, noises, segments, effects, shifts, costs, budgets, baselines, base)


def _add_schemes_off(end_state: Floats, spec: StudySpec) -> None:
    """Planned end-state saving of each scheme that is off, had it alone been on as well: a scenario may switch it on."""
    for i, (name, scheme) in enumerate(spec.schemes.items()):
        if not scheme.enabled and any(cost.approach == "reinvestment" for cost in scheme.costs.values()):
            schemes = {**spec.schemes, name: scheme.model_copy(update={"enabled": True})}
            on = draft(spec.model_copy(update={"schemes": schemes}), as_is=True)
            end_state[i] = on.plan.end_state[i]


def _register_scores(book: RowBook, spec: StudySpec) -> None:
    """Give population, funding and terms that may be drawn their slots while drivers are still being gathered."""
    population(book, spec)
    for name, party in spec.parties.items():
        if party.funding is not None:
            book.number(party.funding, f"parties.{name}.funding", spec.money.scale)
    register_terms(book, spec)


def _detail(made: Draft, layout: Layout, wanted: bool, plan: Floats | None, keep: Ints | None) -> Detail:
    count, own = layout.detail_count, len(LINE_VARIABLES) * len(layout.services) * layout.years
    pressure = [slots.pressure for slots in made.slots.values()]
    return Detail(
        wanted=DETAIL_WANTED if wanted else 0,
        row=np.arange(0, own, layout.years, dtype=np.int64).reshape(len(LINE_VARIABLES), len(layout.services)),
        scheme_row=own,
        pressure=np.array([(slot.row, slot.stride) for slot in pressure], dtype=np.int64).reshape(len(pressure), 2),
        pressure_scale=np.array([slot.scale for slot in pressure]).reshape(len(pressure), made.spec.years),
        schemes=len(layout.schemes),
        plan=np.zeros(count) if plan is None else plan,
        keep=np.arange(count) if keep is None else keep,
    )


def noises_in_order(made: Draft) -> list[Noise]:
    """The volatilities as they are drawn: those of lines without actuals, then of each line with them."""
    order = {name: k for k, name in enumerate(observed_order(made.spec), start=1)}
    return sorted(made.noises.values(), key=lambda noise: order.get(noise.line, 0))


def build_model(
    made: Draft, variates: Variates, noises: Noises, detail: Detail, observed: Mapping[str, ObservedLine] | None = None
) -> Model:
    """The arrays of a draft; ``observed`` has what was observed of lines, nothing in the plan."""
    spec, book = made.spec, made.book
    arrangements = build_arrangements(book, spec, made.baselines, made.plan.income)
    changed, seen = changed_lines(made.effects, made.shifts), observed or {}
    noisy = {noise.line: spec.years - noise.observed for noise in made.noises.values()} if noises.target.size else {}
    lines = build_lines(book, spec, list(made.slots.values()), made.plan.lines, changed, seen)
    covered = build_covered(book, spec, made.baselines.parts)
    return Model(
        variates=variates,
        noises=noises,
        ops=book.build_ops(),
        lines=lines,
        observed=build_observed(spec, seen, noisy),
        effects=made.effects,
        shifts=made.shifts,
        actual=build_actual(made.costs, spec.years),
        covered=covered,
        groups=build_groups(lines, covered, made.effects, len(pairs_of(spec))),
        arrangements=arrangements,
        parties=build_parties(book, spec, made.plan.funding, made.costs, made.budgets.flows),
        reported=build_reported(made.budgets, spec.years),
        detail=detail,
    )


@dataclass(frozen=True)
class Prepared:
    """Everything a run needs: a model per scenario, where outputs are found, the plan, drivers with their columns, inverse tables."""

    study: Study
    layout: Layout
    scenarios: tuple[str, ...]
    drafts: tuple[Draft, ...]
    drivers: DriverSet
    plan: dict[str, Floats]
    plan_detail: Floats
    tables: Tables

    def model(self, scenario: int, seed: int, sampler: str, wanted: bool, keep: Ints) -> Model:
        """The arrays of a scenario (0 is the base) for a seed and design; ``keep`` says which line and scheme rows are stored."""
        made = self.drafts[scenario]
        variates = build_variates((made.spec, made.book, made.noises), self.drivers, seed, sampler, self.tables)
        noises = build_noises(noise_rows(noises_in_order(made), made.spec.years), self.tables)
        observed = {name: slots.observed for name, slots in made.slots.items() if slots.observed is not None}
        return build_model(made, variates, noises, _detail(made, self.layout, wanted, self.plan_detail, keep), observed)


def driver_rows(made: Draft) -> dict[str, tuple[int, int, bool]]:
    """First row, number of rows and whether yearly of every driver in use, volatilities among them."""
    found = {name: (driver.row, driver.rows, driver.by_year) for name, driver in made.book.drivers.items()}
    return found | {noise.name: (noise.row, made.book.years, True) for noise in made.noises.values()}


def prepare(study: Study, scenarios: Sequence[str] = (), tables: Tables | None = None) -> Prepared:
    """Lay out a study and the named scenarios, and compute its plan.

    ``tables`` are inverse distributions to use as they are, those of an earlier run; others are made when they are needed.

    Raises StudyError where a study that reads well still cannot be laid out.
    """
    base = draft(study.spec)
    others = {name: draft(study.scenario(name), base.plan) for name in study.scenario_names}
    _check_members(study)
    drivers = assign_columns(study)
    layout = Layout.of(study.spec)
    plan, detail = _plan(base, layout)
    _check_plan(study, layout, plan)
    drafts = (base, *(others[name] for name in scenarios))
    return Prepared(study, layout, ("base", *scenarios), drafts, drivers, plan, detail, Tables() if tables is None else tables)


def _check_members(study: Study) -> None:
    """Refuse a scenario that changes who is a party of an arrangement, or the population segments: results have one place for each."""
    base = Layout.of(study.spec)
    problems = [
        Problem(
            f"scenarios.{name}.arrangements",
            "a scenario may not change who is a party of an arrangement: give them a share of 0 in the study",
        )
        for name in study.scenario_names
        if Layout.of(study.scenario(name)).members != base.members
    ]
    problems += [
        Problem(f"scenarios.{name}.population.segments", "a scenario has the population segments of the study")
        for name in study.scenario_names
        if Layout.of(study.scenario(name)).segments != base.segments
    ]
    if problems:
        raise StudyError(problems)


def _check_plan(study: Study, layout: Layout, plan: dict[str, Floats]) -> None:
    """Refuse a plan that is not a number somewhere, or has a baseline of nothing or less to share against."""
    problems = []
    tables = (
        ("services", layout.services, "activity"),
        ("schemes", layout.schemes, "scheme_cost"),
        ("parties", layout.parties, "party_position"),
        ("budgets", layout.budgets, "budget_value"),
        ("allocations", layout.streams, "affordability_gap"),
    )
    for table, names, variable in tables:
        for k, name in enumerate(names):
            if not np.isfinite(plan[variable][:, k]).all():
                problems.append(Problem(f"{table}.{name}", f"its planned {variable} is not a finite number: look for a division by 0"))
    settled = [problem for a in range(len(layout.arrangements)) for problem in _check_settled(study, layout, plan, a)]
    if any(problem.path.endswith("_table") for problem in settled):
        # what the lack of a rate leads to is no problem of its own
        problems = [problem for problem in problems if not problem.path.startswith("parties.")]
    problems += settled
    if problems:
        raise StudyError(problems)


def _check_settled(study: Study, layout: Layout, plan: dict[str, Floats], a: int) -> list[Problem]:
    """Refuse a planned baseline that is not above 0, and a list for which a table of rates has none."""
    name, problems = layout.arrangements[a], []
    terms = study.spec.arrangements[name]
    for t, year in enumerate(study.spec.horizon.year_labels):
        value = float(plan["baseline"][t, a])
        # a budget with no line in scope in a year has nothing to share in it
        covered = any(years_in[t] for years_in in covered_lines(study.spec, terms).values())
        if covered and not value > 0.0:
            problems.append(Problem(f"arrangements.{name}", f"the baseline of {year} must be above 0", value))
        elif np.isfinite(plan["gain"][t, a]) and np.isnan(plan["pool"][t, a]) and (terms.msr_table or terms.mlr_table):
            table = "msr_table" if terms.msr_table is not None else "mlr_table"
            rule = f"has no rate for the list planned for {year}: it is below the first row"
            problems.append(Problem(f"arrangements.{name}.{table}", rule))
    return problems


def _plan(base: Draft, layout: Layout) -> tuple[dict[str, Floats], Floats]:
    """Every output variable of the plan: the hot loop on one draw with every driver at its plan value."""
    # nothing is left to draw: the slots are filled beforehand
    nothing = VariatesBuilder("random", 0).build()
    model = build_model(base, nothing, build_noises([], Tables()), _detail(base, layout, True, None, None))
    # the book knows every row: no operation is run, here or where the work areas are made
    unrun = model._replace(ops=model.ops._replace(constant=0, needed=0))
    model = model._replace(ops=model.ops._replace(constant=model.ops.kind.shape[0], needed=model.ops.kind.shape[0]))
    scratch = new_scratch(unrun, layout, base.book.rows, detail_store=np.empty((layout.detail_count, 1)), blocks=1)
    matrix = base.book.plan_matrix()
    scratch.x[: matrix.size : STRIDE] = matrix[::STRIDE]
    store = np.empty((layout.starts[3], 1))
    with reasons_raised():
        run_blocks(model, layout.outputs([]), scratch, 0, 1, 1, store, 0)
    out, found = store[:, 0], {}
    for name in (*SYSTEM, *PARTY, *ARRANGEMENT, *MEMBER, *REPORTED):
        rows = layout.rows(name)
        found[name] = np.where(rows >= 0, out[rows], 0.0) if rows.size else np.zeros(rows.shape)
    detail = scratch.detail.store[:, 0].copy()
    for name in DETAIL_VARIABLES:
        found[name] = detail[layout.detail_rows(name)]
    return found, detail
