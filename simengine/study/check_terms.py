"""Rules about further terms of gain/loss sharing: one-sided years, tables by size, pool, fund, order, what the baseline follows."""

from collections.abc import Sequence
from itertools import pairwise

from simengine.contract.order import MOVABLE, PARTY_STEPS, POOL_STEPS
from simengine.study.arrangements import Arrangement
from simengine.study.check_distributions import check_length
from simengine.study.check_records import refer_driver
from simengine.study.checker import Checker
from simengine.study.defaults import arrangement_parties, covered_lines, residual_of
from simengine.study.distribution_keys import nearest
from simengine.study.numbers import Uncertain, any_above_zero, in_year, least
from simengine.study.size_tables import size_rows, size_table, size_table_names
from simengine.study.terms import SizeRow
from simengine.study.walk import numbers

_NOT_BY_LINE = ("pool_cap", "pool_collar", "carry_forward", "below_msr", "guardrail")
_LIMITS = ("cap", "collar", "term_cap", "term_collar")
_KIND = 'is required with {}: "first_pound" shares all of {}, "excess" what is beyond the rate'


def check_terms(checker: Checker, path: str, arrangement: Arrangement, drivers: Sequence[str]) -> None:
    """Check the further terms of one arrangement; ``drivers`` are the paths of what is drawn."""
    _check_one_sided(checker, path, arrangement)
    _check_rates(checker, path, arrangement)
    _check_pool(checker, path, arrangement)
    _check_fund(checker, path, arrangement)
    _check_standard(checker, path, arrangement)
    _check_events(checker, path, arrangement)
    _check_order(checker, path, arrangement)
    _check_by_line(checker, path, arrangement)
    _check_follows(checker, path, arrangement, drivers)
    _check_exposure(checker, path, arrangement)
    _warn_of_flags(checker, path, arrangement)
    for table in ("term_cap", "term_collar"):
        for party, limit in getattr(arrangement, table).items():
            for key in ("of_baseline", "of_income", "amount"):
                value = getattr(limit, key)
                if isinstance(value, tuple):
                    checker.say(f"{path}.{table}.{party}.{key}", "is for the whole term: one number, not a list", value)


def _warn_of_flags(checker: Checker, path: str, arrangement: Arrangement) -> None:
    """A flag counts as raised above 0, so a drawn one without a plan value of its own is raised in the plan, whatever its chance."""
    quality = arrangement.quality
    flags = {"guardrail": arrangement.guardrail}
    if quality is not None:
        flags |= {"quality.met": quality.met or 0.0, "quality.alternative_met": quality.alternative_met or 0.0}
    for key, number in flags.items():
        drawn = checker.spec.drivers.get(number) if isinstance(number, str) else number
        if isinstance(drawn, Uncertain) and drawn.plan is None:
            rule = "its plan value is its mean, which is above 0 and so counts as raised in the plan: write plan = 0 or plan = 1"
            checker.warn(f"{path}.{key}", rule)


def _check_one_sided(checker: Checker, path: str, arrangement: Arrangement) -> None:
    """No loss share where losses are not shared: a plain number stands for the two-sided years."""
    years = checker.years
    if years is None or (isinstance(arrangement.sides, tuple) and len(arrangement.sides) != years):
        return
    sides = arrangement.sides if isinstance(arrangement.sides, tuple) else (arrangement.sides,) * years
    if "two" not in sides:
        if arrangement.loss_share is not None:
            checker.say(f"{path}.loss_share", "shares losses, and no year is two-sided: a loss is the residual party's alone")
        if arrangement.loss_bands:
            checker.say(f"{path}.loss_bands", "share losses, and no year is two-sided: a loss is the residual party's alone")
        return
    residual = residual_of(checker.spec, arrangement)
    tables = {f"{path}.loss_share": arrangement.loss_share or {}}
    tables |= {f"{path}.loss_bands.{name}.share": band.share for name, band in arrangement.loss_bands.items()}
    for place, shares in tables.items():
        for party, share in shares.items():
            charged = [year for year in range(years) if sides[year] == "one" and isinstance(share, tuple) and in_year(share, year) != 0]
            if charged and party != residual:
                rule = f"is {in_year(share, charged[0]):g} in year {charged[0] + 1}, which is one-sided: its losses are not shared"
                checker.say(f"{place}.{party}", rule, share)


def _check_rates(checker: Checker, path: str, arrangement: Arrangement) -> None:
    for side, rate, kind in (("msr", arrangement.msr_table, arrangement.msr_kind), ("mlr", arrangement.mlr_table, arrangement.mlr_kind)):
        if rate is None:
            continue
        place = f"{path}.{side}_table"
        if arrangement.gives(side):
            checker.say(place, f"takes the place of {side}: give one of the two", whole=place)
        if kind is None and (side == "msr" or arrangement.msr_kind is None):
            what = "the gain" if side == "msr" else "the loss"
            checker.say(f"{path}.{side}_kind", _KIND.format(f"{side}_table", what), whole=f"{path}.{side}_kind")
        _check_sizes(checker, place, rate)
        _needs_population(checker, place)
    below = arrangement.below_msr
    if below is None:
        return
    if not any_above_zero(arrangement.msr) and arrangement.msr_table is None:
        checker.say(f"{path}.below_msr", "is about gains below the minimum savings rate: needs msr or msr_table", whole=f"{path}.msr")
    if below.from_size is not None:
        _needs_population(checker, f"{path}.below_msr.from")


def _needs_population(checker: Checker, place: str) -> None:
    if checker.spec.population is None:
        checker.say(place, "goes by the size of the list: needs the table population", whole="population")


def _check_sizes(checker: Checker, place: str, table: str | tuple[SizeRow, ...]) -> None:
    """Rows of a table by size follow one another without overlap or hole, the last without an end."""
    if isinstance(table, str):
        if size_table(table) is None:
            known = size_table_names()
            checker.say(place, f"is not a table that comes with simrisk, which has {', '.join(known)}", table, nearest(table, known))
        return
    rows = size_rows(table)
    for at, row in enumerate(rows):
        last = at == len(rows) - 1
        if last and row.to_size is not None:
            checker.say(f"{place}.{at}.to", "is the end of the last row, which has none: longer lists need a rate too", row.to_size)
        elif last and row.low != row.high:
            checker.say(f"{place}.{at}.high", f"is the rate of a row without an end, which has one rate: low is {row.low:g}", row.high)
        elif not last and row.to_size is None:
            checker.say(f"{place}.{at}", "needs `to`: only the last row has no end", whole=f"{place}.{at}")
        elif row.to_size is not None and row.to_size <= row.from_size:
            checker.say(f"{place}.{at}.to", f"is not above `from`, which is {row.from_size:.12g}", row.to_size)
    for at, (before, row) in enumerate(pairwise(rows), start=1):
        if before.to_size is None:
            continue
        if row.from_size <= before.to_size:
            checker.say(f"{place}.{at}.from", f"overlaps the row before, which goes to {before.to_size:.12g}", row.from_size)
        elif row.from_size > before.to_size + 1:
            checker.say(f"{place}.{at}.from", f"leaves a hole after the row before, which goes to {before.to_size:.12g}", row.from_size)


def _check_pool(checker: Checker, path: str, arrangement: Arrangement) -> None:
    for key in ("pool_cap", "pool_collar"):
        limit = getattr(arrangement, key)
        if limit is not None and limit.of_baseline is None and limit.amount is None:
            checker.say(f"{path}.{key}", "needs of_baseline or amount", whole=f"{path}.{key}")


def _check_fund(checker: Checker, path: str, arrangement: Arrangement) -> None:
    if arrangement.fund is None:
        return
    place, party = f"{path}.fund.party", arrangement.fund.party
    if not checker.refer(place, party, "parties"):
        return
    if party == residual_of(checker.spec, arrangement):
        checker.say(place, "is the residual party, which takes what the others and the fund do not", party)
    bands = [band.share for table in (arrangement.gain_bands, arrangement.loss_bands) for band in table.values()]
    if any(party in shares for shares in (arrangement.gain_share, arrangement.loss_share or {}, *bands)):
        checker.say(place, "has a share as well: the party of a fund gets the fund's share and no other", party)
    if any(party in getattr(arrangement, table) for table in _LIMITS):
        checker.say(place, "has a cap or a collar: the party of a fund has no limit", party)


def _check_standard(checker: Checker, path: str, arrangement: Arrangement) -> None:
    quality, place = arrangement.quality, f"{path}.quality"
    if quality is None:
        return
    words = quality.standard if isinstance(quality.standard, tuple) else (quality.standard,)
    if isinstance(quality.standard, tuple):
        check_length(checker, f"{place}.standard", quality.standard)
    if quality.met is not None and set(words) <= {"none"}:
        checker.say(f"{place}.met", 'is for standard = "required" or "full"', whole=f"{place}.standard")
    if quality.alternative_met is not None and "full" not in words:
        checker.say(f"{place}.alternative_met", 'is for standard = "full"', whole=f"{place}.standard")


def _check_events(checker: Checker, path: str, arrangement: Arrangement) -> None:
    """Events outside control, and part of a year."""
    covered = covered_lines(checker.spec, arrangement)
    for line in arrangement.adjustment:
        place = f"{path}.adjustment.{line}"
        if checker.refer(place, line, "services") and line not in covered:
            checker.say(place, "is not a covered line of this arrangement", whole=f"{path}.services")
    if least(arrangement.proration) <= 0:
        checker.say(f"{path}.proration", "is above 0: a year of which nothing is settled has no baseline", arrangement.proration)


def _check_order(checker: Checker, path: str, arrangement: Arrangement) -> None:
    order, known = arrangement.order, True
    for at, step in enumerate(order):
        if step not in MOVABLE:
            checker.say(f"{path}.order.{at}", "is not a step that can be moved", step, nearest(step, list(MOVABLE)))
            known = False
        elif step in order[:at]:
            checker.say(f"{path}.order.{at}", "is in the order already", step)
            known = False
    missing = [step for step in MOVABLE if step not in order]
    if order and known and missing:
        checker.say(f"{path}.order", f"names every step that can be moved once: {', '.join(missing)} missing", list(order))
    elif order and known and set(order[: len(POOL_STEPS)]) != set(POOL_STEPS):
        rule = f"has steps on the pool ({', '.join(POOL_STEPS)}) before steps on each party's amount ({', '.join(PARTY_STEPS)})"
        checker.say(f"{path}.order", rule, list(order))


def _check_by_line(checker: Checker, path: str, arrangement: Arrangement) -> None:
    if not arrangement.line_by_line:
        return
    rule = "is about the net gain, and with line_by_line each line settles by itself"
    for key in _NOT_BY_LINE:
        if arrangement.gives(key):
            checker.say(f"{path}.{key}", rule, whole=f"{path}.line_by_line")
    if arrangement.quality is not None and arrangement.quality.loss == "loss_rate":
        checker.say(f"{path}.quality.loss", rule, "loss_rate", whole=f"{path}.line_by_line")


def _check_follows(checker: Checker, path: str, arrangement: Arrangement, drivers: Sequence[str]) -> None:
    """A baseline follows drivers that are drawn, where it is the plan: a budget has its own update and resets."""
    for key in ("baseline_follows", "population_adjusted"):
        if getattr(arrangement, key) and arrangement.baseline != "plan":
            why = ": a budget follows by its population_update and resets" if arrangement.baseline == "budget" else ""
            checker.say(f"{path}.{key}", f'is for baseline = "plan"{why}', whole=f"{path}.baseline")
    found: set[str] = set()
    for at, one in enumerate(arrangement.baseline_follows):
        place = f"{path}.baseline_follows.{at}"
        name = refer_driver(checker, place, one.driver, drivers)
        if name is None:
            continue
        if name.endswith(".volatility") or name == "volatility.common":
            checker.say(place, "is chance of one year: a baseline that follows it would leave no gain to share", one.driver)
        elif name in found:
            checker.say(place, "is named twice", one.driver)
        found.add(name)
    if arrangement.population_adjusted and not _population_is_drawn(checker, drivers):
        rule = "needs a population that is drawn: the baseline would follow nothing"
        checker.say(f"{path}.population_adjusted", rule, whole="population")


def _population_is_drawn(checker: Checker, drivers: Sequence[str]) -> bool:
    own = [number.value for number in numbers(checker.spec) if number.path.startswith("population.")]
    named = any(isinstance(value, Uncertain) or (isinstance(value, str) and f"drivers.{value}" in drivers) for value in own)
    return named or any(driver.startswith("population.") for driver in drivers)


def _check_exposure(checker: Checker, path: str, arrangement: Arrangement) -> None:
    if not arrangement.include_ips:
        return
    members = arrangement_parties(checker.spec, arrangement)
    holders = {budget.holder for budget in checker.spec.budgets.values() if budget.improvement_payments and budget.holder in members}
    if not holders and not checker.lost_part_of("budgets"):
        rule = "counts unearned improvement payments, and no party of this arrangement holds a budget that has them"
        checker.say(f"{path}.include_ips", rule, whole=f"{path}.gain_share")
    elif holders and not holders.intersection(arrangement.collar):
        rule = f"counts unearned improvement payments towards a collar: needs one of {', '.join(sorted(holders))}"
        checker.say(f"{path}.include_ips", rule, whole=f"{path}.collar")
