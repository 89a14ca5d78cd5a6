"""From a study to the flat arrays of the hot loop, and the plan: the model with every driver at its plan value (MODEL.md section 1).

The plan is computed once, by the hot loop itself on a single draw, from the study as written; scenarios change the draws only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.engine.block import Model, run_blocks
from simengine.engine.build_contract import build_arrangements, build_covered, line_baselines
from simengine.engine.build_lines import LinePlan, LineSlots, Noise, build_lines, line_slots, pairs_of, payer, population
from simengine.engine.build_schemes import (
    CostSlot,
    Segment,
    build_costs,
    build_effects,
    build_segments,
    end_state_savings,
    planned_reductions,
    segment_shares,
)
from simengine.engine.detail import DETAIL_WANTED, Detail
from simengine.engine.drivers import DriverSet, assign_columns, build_variates, noise_rows
from simengine.engine.lines import Effects
from simengine.engine.outputs import ARRANGEMENT, MEMBER, PARTY, SYSTEM, Layout
from simengine.engine.positions import Parties
from simengine.engine.rows import RowBook, Slot
from simengine.engine.scratch import new_scratch
from simengine.engine.variates import Variates, VariatesBuilder
from simengine.engine.volatility import Noises, build_noises
from simengine.errors import Problem, StudyError
from simengine.jit import Floats, Ints
from simengine.schema import DETAIL_VARIABLES
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


@dataclass(frozen=True)
class Draft:
    """A study (base or scenario) with every number in its slot, before seeds and designs."""

    spec: StudySpec
    book: RowBook
    slots: dict[str, LineSlots]
    noises: dict[str, Noise]
    segments: dict[str, dict[str, Segment]]
    effects: Effects
    costs: list[CostSlot]
    plan: BasePlan


def _line_plan(book: RowBook, slots: Sequence[LineSlots], required: Sequence[Slot], base: BasePlan | None) -> LinePlan:
    """Planned activity, price and efficiency of the lines before schemes; a scenario keeps those of the base study."""
    if base is not None:
        return base.lines
    do_nothing = np.array([book.planned(line.activity) for line in slots])
    price = np.array([book.planned(line.price) for line in slots])
    return LinePlan(do_nothing, do_nothing, price, np.array([book.planned(slot) for slot in required]))


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
    effects = build_effects(spec, segments, spec.years)
    if base is None:
        outturn = lines.do_nothing * (1.0 - planned_reductions(book, effects))
        lines = LinePlan(lines.do_nothing, outturn, lines.price, lines.efficiency_required)
    if base is not None:
        end_state = base.end_state
    else:
        end_state = end_state_savings(book, spec, segments, lines)
        if not as_is:
            _add_schemes_off(end_state, spec)
    costs = build_costs(book, spec, end_state)
    _register_scores(book, spec)
    plan = _base_plan(book, spec, lines, segments, slots, end_state) if base is None else base
    return Draft(spec, book, slots, noises, segments, effects, costs, plan)


def _add_schemes_off(end_state: Floats, spec: StudySpec) -> None:
    """Planned end-state saving of each scheme that is off, had it alone been on as well: a scenario may switch it on."""
    for i, (name, scheme) in enumerate(spec.schemes.items()):
        if not scheme.enabled and any(cost.approach == "reinvestment" for cost in scheme.costs.values()):
            schemes = {**spec.schemes, name: scheme.model_copy(update={"enabled": True})}
            on = draft(spec.model_copy(update={"schemes": schemes}), as_is=True)
            end_state[i] = on.plan.end_state[i]


def _register_scores(book: RowBook, spec: StudySpec) -> None:
    """Give population, funding and quality scores their slots while drivers are still being gathered."""
    population(book, spec)
    for name, party in spec.parties.items():
        if party.funding is not None:
            book.number(party.funding, f"parties.{name}.funding", spec.money.scale)
    for name, terms in spec.arrangements.items():
        if terms.quality is not None:
            if terms.quality.score is not None:
                book.number(terms.quality.score, f"arrangements.{name}.quality.score")
            for member, score in terms.quality.scores.items():
                book.number(score, f"arrangements.{name}.quality.{member}")


def _base_plan(
    book: RowBook, spec: StudySpec, lines: LinePlan, segments: dict[str, dict[str, Segment]], slots: dict[str, LineSlots], end_state: Floats
) -> BasePlan:
    """Planned funding and income of the parties (funding left out: planned do-nothing spend of the lines paid, MODEL.md section 5)."""
    spend = lines.do_nothing * lines.price
    funding: dict[str, Floats] = {}
    for name, party in spec.parties.items():
        if party.funding is not None:
            funding[name] = book.planned(book.number(party.funding, f"parties.{name}.funding", spec.money.scale))
        else:
            paid = [spend[s] for s, line in enumerate(spec.services) if payer(spec, line) == name]
            funding[name] = np.sum(paid, axis=0) if paid else np.zeros(spec.years)
    income = {name: values.copy() for name, values in funding.items()}
    payments = build_lines(book, spec, list(slots.values()), lines).plan_payment
    for s, (name, line) in enumerate(spec.services.items()):
        if payer(spec, name) != line.provider:
            v = book.planned(slots[name].variable_share)
            worth = lines.outturn[s] * lines.price[s]
            income[line.provider] = income[line.provider] + payments[s] + v * (worth - payments[s])
    size = None if spec.population is None else float(book.planned(book.number(spec.population.size, "population.size"))[0])
    return BasePlan(lines, segment_shares(book, segments), end_state, funding, income, size)


def _parties(made: Draft) -> Parties:
    spec, book = made.spec, made.book
    names = list(spec.parties)
    funding = []
    for name, party in spec.parties.items():
        if party.funding is not None:
            funding.append(book.number(party.funding, f"parties.{name}.funding", spec.money.scale))
        else:
            funding.append(book.constant(tuple(made.plan.funding[name])))
    members = [p for _, p in Layout.of(spec).members]
    pairs = [(names.index(payer), names.index(provider)) for payer, provider in pairs_of(spec)]
    return Parties(
        pair=np.array(pairs, dtype=np.int64).reshape(len(pairs), 2),
        in_system=np.array([party.in_system for party in spec.parties.values()], dtype=np.int64),
        funding=np.array([(slot.row, slot.stride) for slot in funding], dtype=np.int64),
        funding_scale=np.array([slot.scale for slot in funding]),
        cost=np.array([(c.amount.row, c.amount.stride) for c in made.costs], dtype=np.int64).reshape(len(made.costs), 2),
        cost_scale=np.array([c.amount.scale for c in made.costs]).reshape(len(made.costs), spec.years),
        cost_scheme=np.array([c.scheme for c in made.costs], dtype=np.int64),
        cost_funder=np.array([names.index(c.funder) for c in made.costs], dtype=np.int64),
        cost_is_investment=np.array([c.is_investment for c in made.costs], dtype=np.int64),
        member_party=np.array(members, dtype=np.int64),
    )


def _detail(made: Draft, layout: Layout, wanted: bool, plan: Floats | None, keep: Ints | None) -> Detail:
    count = layout.detail_count
    pressure = [slots.pressure for slots in made.slots.values()]
    return Detail(
        wanted=DETAIL_WANTED if wanted else 0,
        pressure=np.array([(slot.row, slot.stride) for slot in pressure], dtype=np.int64).reshape(len(pressure), 2),
        pressure_scale=np.array([slot.scale for slot in pressure]).reshape(len(pressure), made.spec.years),
        schemes=len(layout.schemes),
        plan=np.zeros(count) if plan is None else plan,
        keep=np.arange(count) if keep is None else keep,
    )


def build_model(made: Draft, variates: Variates, noises: Noises, detail: Detail) -> Model:
    """The arrays of a draft."""
    spec, book = made.spec, made.book
    parts, baselines = line_baselines(spec, made.plan.lines)
    arrangements = build_arrangements(book, spec, baselines, made.plan.income)
    parties = _parties(made)
    return Model(
        variates=variates,
        noises=noises,
        ops=book.build_ops(),
        lines=build_lines(book, spec, list(made.slots.values()), made.plan.lines),
        effects=made.effects,
        covered=build_covered(spec, parts),
        arrangements=arrangements,
        parties=parties,
        detail=detail,
    )


@dataclass(frozen=True)
class Prepared:
    """Everything a run needs: one model per scenario, where outputs are found, the plan, and the drivers with their columns."""

    study: Study
    layout: Layout
    scenarios: tuple[str, ...]
    drafts: tuple[Draft, ...]
    drivers: DriverSet
    plan: dict[str, Floats]
    plan_detail: Floats

    def model(self, scenario: int, seed: int, sampler: str, wanted: bool, keep: Ints) -> Model:
        """The arrays of a scenario (0 is the base) for a seed and design; ``keep`` says which line and scheme rows are stored."""
        made = self.drafts[scenario]
        variates = build_variates(made.spec, made.book, made.noises, self.drivers, seed, sampler)
        noises = build_noises(noise_rows(made.noises, made.spec.years))
        return build_model(made, variates, noises, _detail(made, self.layout, wanted, self.plan_detail, keep))


def driver_rows(made: Draft) -> dict[str, tuple[int, int, bool]]:
    """First row, number of rows and whether yearly of every driver in use, volatilities among them."""
    found = {name: (driver.row, driver.rows, driver.by_year) for name, driver in made.book.drivers.items()}
    return found | {noise.name: (noise.row, made.book.years, True) for noise in made.noises.values()}


def prepare(study: Study, scenarios: Sequence[str] = ()) -> Prepared:
    """Lay out a study and the named scenarios, and compute its plan.

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
    return Prepared(study, layout, ("base", *scenarios), drafts, drivers, plan, detail)


def _check_members(study: Study) -> None:
    """Refuse a scenario that changes who is a party of an arrangement: results have one place for each member."""
    base = Layout.of(study.spec).members
    problems = [
        Problem(
            f"scenarios.{name}.arrangements",
            "a scenario may not change who is a party of an arrangement: give them a share of 0 in the study",
        )
        for name in study.scenario_names
        if Layout.of(study.scenario(name)).members != base
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
    )
    for table, names, variable in tables:
        for k, name in enumerate(names):
            if not np.isfinite(plan[variable][:, k]).all():
                problems.append(Problem(f"{table}.{name}", f"its planned {variable} is not a finite number: look for a division by 0"))
    for a, name in enumerate(layout.arrangements):
        for t, year in enumerate(study.spec.horizon.year_labels):
            value = float(plan["baseline"][t, a])
            if not value > 0.0:
                problems.append(Problem(f"arrangements.{name}", f"the baseline of {year} must be above 0", value))
    if problems:
        raise StudyError(problems)


def _plan(base: Draft, layout: Layout) -> tuple[dict[str, Floats], Floats]:
    """Every output variable of the plan: the hot loop on one draw with every driver at its plan value."""
    # nothing is left to draw: the slots are filled beforehand
    nothing = VariatesBuilder("random", 0).build()
    model = build_model(base, nothing, build_noises([]), _detail(base, layout, True, None, None))
    model = model._replace(ops=model.ops._replace(constant=model.ops.kind.shape[0], needed=model.ops.kind.shape[0]))
    scratch = new_scratch(model, layout, base.book.rows, detail_store=np.empty((layout.detail_count, 1)), blocks=1)
    matrix = base.book.plan_matrix()
    scratch.x[: matrix.size] = matrix
    store = np.empty((layout.starts[3], 1))
    run_blocks(model, layout.outputs([]), scratch, 0, 1, 1, store, 0)
    out, found = store[:, 0], {}
    for name in (*SYSTEM, *PARTY, *ARRANGEMENT, *MEMBER):
        rows = layout.rows(name)
        found[name] = np.where(rows >= 0, out[rows], 0.0) if rows.size else np.zeros(rows.shape)
    detail = scratch.detail.store[:, 0].copy()
    for name in DETAIL_VARIABLES:
        found[name] = detail[layout.detail_rows(name)]
    return found, detail
