"""Rules about gain/loss sharing: who is a party, the baseline, thresholds, shares that sum to one, bands, limits and quality."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from simengine.study.arrangements import Arrangement, Band
from simengine.study.check_distributions import check_length
from simengine.study.check_services import TOLERANCE
from simengine.study.check_terms import check_terms
from simengine.study.checker import Checker
from simengine.study.defaults import covered_lines, fund_of, lines_with_effects, payers_of, residual_of, scope_of
from simengine.study.distribution_keys import nearest
from simengine.study.numbers import Term, any_above_zero, in_year, least
from simengine.study.quality import Quality

_NO_MEMBER = "is not a party of this arrangement: it has no gain_share"
_QUALITY_NEEDS = {"soften": ("soften",), "loss_rate": ("loss_share_max", "loss_floor", "loss_ceiling")}


def check_arrangements(checker: Checker, drivers: Sequence[str]) -> None:
    """Check every arrangement, and that no line is in two in one year; ``drivers`` are the paths of what is drawn."""
    covered: dict[tuple[str, int], str] = {}
    for name, arrangement in checker.spec.arrangements.items():
        path = f"arrangements.{name}"
        _check_coverage(checker, name, arrangement, covered)
        _check_baseline(checker, path, arrangement)
        _check_thresholds(checker, path, arrangement)
        _check_members(checker, path, arrangement)
        _check_limits(checker, path, arrangement)
        if arrangement.quality is not None:
            _check_quality(checker, f"{path}.quality", arrangement, arrangement.quality)
        check_terms(checker, path, arrangement, drivers)


def _check_coverage(checker: Checker, name: str, arrangement: Arrangement, covered: dict[tuple[str, int], str]) -> None:
    path = f"arrangements.{name}"
    for at, service in enumerate(arrangement.services):
        place = f"{path}.services.{at}"
        if checker.refer(place, service, "services") and service in arrangement.services[:at]:
            checker.say(place, "is twice in this arrangement; a line is in one arrangement at most", service)
    if not arrangement.services and arrangement.baseline != "budget":
        checker.say(f"{path}.services", "needs at least one line", whole=f"{path}.services")
    told: set[str] = set()
    for line, years in covered_lines(checker.spec, arrangement).items():
        others = [covered[line, year] for year, inside in enumerate(years) if inside and (line, year) in covered]
        if others and line in arrangement.services:
            place = f"{path}.services.{arrangement.services.index(line)}"
            checker.say(place, f"is in the arrangement {others[0]} as well; a line is in one arrangement at most", line)
        elif others and others[0] not in told:
            rule = f"covers {line}, which is in the arrangement {others[0]} as well; a line is in one arrangement at most"
            checker.say(f"{path}.budget", rule, arrangement.budget)
            told.add(others[0])
        for year, inside in enumerate(years):
            if inside:
                covered.setdefault((line, year), name)


def _check_baseline(checker: Checker, path: str, arrangement: Arrangement) -> None:
    if checker.lost_part_of(f"{path}.baseline"):
        return
    for key, baseline in (("plan_includes_schemes", "plan"), ("baseline_value", "explicit"), ("budget", "budget")):
        if getattr(arrangement, key) is not None and arrangement.baseline != baseline:
            checker.say(f"{path}.{key}", f'is for baseline = "{baseline}"')
    if arrangement.baseline == "explicit" and arrangement.baseline_value is None:
        checker.say(f"{path}.baseline_value", 'is required with baseline = "explicit"', whole=f"{path}.baseline_value")
    acted_on = arrangement.baseline == "plan" and bool(lines_with_effects(checker.spec).intersection(arrangement.services))
    if acted_on and arrangement.plan_includes_schemes is None:
        rule = 'is required with baseline = "plan": a scheme acts on a covered line (how much of the planned saving is in the baseline?)'
        checker.say(f"{path}.plan_includes_schemes", rule, whole=f"{path}.plan_includes_schemes")
    if arrangement.baseline == "budget":
        _check_budget(checker, path, arrangement)


def _check_budget(checker: Checker, path: str, arrangement: Arrangement) -> None:
    if arrangement.budget is None:
        checker.say(f"{path}.budget", 'is required with baseline = "budget"', whole=f"{path}.budget")
        return
    if not checker.refer(f"{path}.budget", arrangement.budget, "budgets"):
        return
    budget = checker.spec.budgets.get(arrangement.budget)
    place = f"budgets.{arrangement.budget}.services"
    if budget is None or checker.lost_part_of(place) or checker.years is None:
        return
    for at, service in enumerate(arrangement.services):
        if service in checker.spec.services and service not in budget.lines:
            checker.say(f"{path}.services.{at}", f"is not in scope of the budget {arrangement.budget}", service)
    scopes = list(covered_lines(checker.spec, arrangement).values())
    empty = [year + 1 for year in range(checker.years) if not any(scope[year] for scope in scopes)]
    if empty and scopes:
        checker.say(f"{path}.budget", f"has no covered line in scope in year {empty[0]}, so there is no baseline", arrangement.budget)


def _check_thresholds(checker: Checker, path: str, arrangement: Arrangement) -> None:
    if isinstance(arrangement.sides, tuple):
        check_length(checker, f"{path}.sides", arrangement.sides)
    if any_above_zero(arrangement.msr) and arrangement.msr_kind is None:
        rule = 'is required where msr is above 0: "first_pound" shares all of the gain, "excess" what is beyond the rate'
        checker.say(f"{path}.msr_kind", rule, whole=f"{path}.msr_kind")
    elif arrangement.mlr is not None and any_above_zero(arrangement.mlr) and arrangement.mlr_kind is None and arrangement.msr_kind is None:
        rule = 'is required where mlr is above 0: "first_pound" shares all of the loss, "excess" what is beyond the rate'
        checker.say(f"{path}.mlr_kind", rule, whole=f"{path}.mlr_kind")


def _check_members(checker: Checker, path: str, arrangement: Arrangement) -> None:
    """Who shares, and that nobody with a part in a covered line is left out."""
    checker.refer(f"{path}.residual", arrangement.residual, "parties")
    residual = residual_of(checker.spec, arrangement)
    known = checker.roles_known() and not checker.lost_part_of(f"{path}.services") and _services_known(checker, arrangement)
    if residual is None and known:
        rule = "is required unless exactly one commissioner pays for the covered lines"
        checker.say(f"{path}.residual", rule, whole=f"{path}.residual")
    for table, shares in (("gain_share", arrangement.gain_share), ("loss_share", arrangement.loss_share or {})):
        for party in shares:
            checker.refer(f"{path}.{table}.{party}", party, "parties")
        _check_sum(checker, f"{path}.{table}", shares, residual)
    members = {*arrangement.gain_share, *(arrangement.loss_share or {}), residual, fund_of(arrangement)}
    if residual is not None and not checker.lost_part_of(f"{path}.gain_share") and not checker.lost_part_of(f"{path}.loss_share"):
        _check_covered(checker, path, arrangement, members)
    for table, bands in (("gain_bands", arrangement.gain_bands), ("loss_bands", arrangement.loss_bands)):
        _check_bands(checker, f"{path}.{table}", bands, members, residual)


def _services_known(checker: Checker, arrangement: Arrangement) -> bool:
    """Whether the payers of all covered lines can be told: one that cannot is reported where it is."""
    if arrangement.baseline == "budget":
        return arrangement.budget in checker.spec.budgets
    known = [name for name in arrangement.services if payer_known(checker, name)]
    return bool(known) and len(known) == len(arrangement.services)


def payer_known(checker: Checker, service: str) -> bool:
    """Whether a line exists and has payers that are parties."""
    return service in checker.spec.services and all(payer in checker.spec.parties for payer in payers_of(checker.spec, service))


def _check_covered(checker: Checker, path: str, arrangement: Arrangement, members: set[str | None]) -> None:
    missing: dict[str, str] = {}
    for name, years in covered_lines(checker.spec, arrangement).items():
        service = checker.spec.services.get(name)
        if service is None or checker.lost_part_of(f"services.{name}.payer") or checker.lost_part_of(f"services.{name}.provider"):
            continue
        payers = [payer for payer, inside in zip(payers_of(checker.spec, name), years, strict=True) if inside]
        for part, party in (*(("payer", payer) for payer in dict.fromkeys(payers)), ("provider", service.provider)):
            if party in checker.spec.parties and party not in members:
                missing.setdefault(str(party), f"{part} of {name}")
        for key, budget in checker.spec.budgets.items():
            # what a budget leaves with whom counts, whatever the baseline is
            if any(held and inside for held, inside in zip(scope_of(budget, name, len(years)), years, strict=True)):
                missing |= {
                    party: f"{part} of the budget {key}"
                    for part, party in (("commissioner", budget.commissioner), ("holder", budget.holder))
                    if party in checker.spec.parties and party not in members
                }
    for party, part in missing.items():
        checker.say(f"{path}.gain_share.{party}", f"is required: {party} is the {part} (a share of 0 is allowed)")


def _check_sum(checker: Checker, path: str, shares: Mapping[str, Term], residual: str | None) -> None:
    years = checker.years
    if years is None or any(isinstance(share, tuple) and len(share) != years for share in shares.values()):
        return
    if any(not 0 <= value <= 1 for share in shares.values() for value in (share if isinstance(share, tuple) else (share,))):
        return
    for year in range(years):
        total = sum(share[year] if isinstance(share, tuple) else share for share in shares.values())
        when = f" in year {year + 1}" if any(isinstance(share, tuple) for share in shares.values()) else ""
        if total > 1 + TOLERANCE:
            checker.say(path, f"the shares sum to {total:.6g}{when}, which is more than 1", whole=path)
            return
        if residual in shares and total < 1 - TOLERANCE:
            rule = f"the shares sum to {total:.6g}{when}; with a share for the residual party {residual} they sum to 1"
            checker.say(path, rule, whole=path)
            return


def _check_bands(checker: Checker, path: str, bands: Mapping[str, Band], members: set[str | None], residual: str | None) -> None:
    arrangement_path = path.rpartition(".")[0]
    _check_edges(checker, path, bands)
    for name, band in bands.items():
        place = f"{path}.{name}"
        for party in band.share:
            if checker.refer(f"{place}.share.{party}", party, "parties") and party not in members:
                checker.say(f"{place}.share.{party}", _NO_MEMBER, whole=f"{arrangement_path}.gain_share")
        _check_sum(checker, f"{place}.share", band.share, residual)


def _check_edges(checker: Checker, path: str, bands: Mapping[str, Band]) -> None:
    """Lower edges are above 0, and in the same order in every year: else bands would overlap or leave a hole."""
    edges: dict[float, str] = {}
    years = 1 if checker.years is None else checker.years
    for name, band in bands.items():
        place, first = f"{path}.{name}.from", in_year(band.from_edge, 0)
        if least(band.from_edge) <= 0 and not checker.is_cut(checker.place(place)):
            checker.say(place, "the lower edge of a band is above 0", band.from_edge)
        elif first in edges:
            checker.say(place, f"is the edge of the band {edges[first]} as well", band.from_edge, whole=place)
        edges.setdefault(first, name)
    rising = sorted(bands, key=lambda name: in_year(bands[name].from_edge, 0))
    for lower, upper in pairwise(rising):
        pair = bands[lower].from_edge, bands[upper].from_edge
        if any(isinstance(edge, tuple) and len(edge) != years for edge in pair):
            continue
        crossed = [year for year in range(years) if in_year(pair[1], year) <= in_year(pair[0], year)]
        if crossed and crossed[0] > 0:
            rule = f"is not above the edge of the band {lower} in year {crossed[0] + 1}, as it is in year 1: the bands would overlap"
            checker.say(f"{path}.{upper}.from", rule, pair[1], whole=path)


def _check_limits(checker: Checker, path: str, arrangement: Arrangement) -> None:
    residual = residual_of(checker.spec, arrangement)
    members = {*arrangement.gain_share, *(arrangement.loss_share or {}), residual, fund_of(arrangement)}
    for table in ("cap", "collar", "term_cap", "term_collar"):
        for party, limit in getattr(arrangement, table).items():
            place = f"{path}.{table}.{party}"
            if limit.of_baseline is None and limit.of_income is None and limit.amount is None:
                checker.say(place, "needs of_baseline, of_income or amount", whole=place)
            if not checker.refer(place, party, "parties"):
                continue
            if party == residual:
                checker.say(place, "is the residual party, which takes what the others do not: it has no limit")
            elif party not in members:
                checker.say(place, _NO_MEMBER, whole=f"{path}.gain_share")


def _check_quality(checker: Checker, path: str, arrangement: Arrangement, quality: Quality) -> None:
    residual = residual_of(checker.spec, arrangement)
    side = [party for party in {**arrangement.gain_share, **(arrangement.loss_share or {})} if party != residual]
    for party in quality.scores:
        place = f"{path}.{party}"
        if party not in checker.names("parties"):
            near = nearest(party, [*type(quality).model_fields, *checker.names("parties")])
            checker.say(place, "is neither a key of the quality table nor a party", near=near)
        elif party == residual:
            checker.say(place, "is the residual party: quality is about the others")
        elif party not in side:
            checker.say(place, _NO_MEMBER, whole=path.removesuffix(".quality") + ".gain_share")
    if quality.score is None and any(party not in quality.scores for party in side):
        checker.say(f"{path}.score", "is required unless every party but the residual has a score of its own", whole=path)
    if quality.gain == "gate" and not quality.gives("gate"):
        checker.say(f"{path}.gate", 'is required with gain = "gate"', whole=path)
    elif quality.gain != "gate" and quality.gives("gate"):
        checker.say(f"{path}.gate", 'is for gain = "gate"', quality.gate, whole=f"{path}.gain")
    for loss, keys in _QUALITY_NEEDS.items():
        for key in keys:
            if loss == quality.loss and not quality.gives(key):
                checker.say(f"{path}.{key}", f'is required with loss = "{loss}"', whole=path)
            elif loss != quality.loss and quality.gives(key):
                checker.say(f"{path}.{key}", f'is for loss = "{loss}"', getattr(quality, key), whole=f"{path}.loss")
    if quality.loss == "loss_rate" and arrangement.loss_bands:
        checker.say(f"{path}.loss", "a loss rate takes the place of the loss shares, so it cannot stand beside loss_bands", whole=path)
    if quality.loss_floor is not None and quality.loss_ceiling is not None:
        _check_floor(checker, path, quality.loss_floor, quality.loss_ceiling)


def _check_floor(checker: Checker, path: str, floor: Term, ceiling: Term) -> None:
    years = 1 if checker.years is None else checker.years
    if any(isinstance(term, tuple) and len(term) != years for term in (floor, ceiling)):
        return
    for year in range(years):
        most, when = in_year(ceiling, year), f" in year {year + 1}" if isinstance(floor, tuple) or isinstance(ceiling, tuple) else ""
        if in_year(floor, year) > most:
            checker.say(f"{path}.loss_floor", f"is above loss_ceiling, which is {most:g}{when}", floor)
            return
