"""Rules about service lines: how they are defined, priced and paid, and their segments."""

from collections.abc import Mapping

from simengine.study.check_numbers import plan_of
from simengine.study.check_paths import check_rho
from simengine.study.check_payment_bands import check_payment_bands
from simengine.study.checker import Checker
from simengine.study.defaults import lines_with_effects, payer_of, payers_of
from simengine.study.growth import SegmentGrowth
from simengine.study.services import LineVolatility, Service

TOLERANCE = 1e-9
"""How far sums of shares may be off because decimal fractions have no exact binary form."""

COUNTS = ("poisson", "negative_binomial")
"""Families of a line's volatility that are whole numbers of its activity."""

_PRICE_KEYS = ("growth", "growth_is", "cost_weights", "efficiency_required", "efficiency_achieved", "tariff_change", "tariff_change_on_top")


def check_services(checker: Checker) -> None:
    """Check every service line."""
    acted_on = lines_with_effects(checker.spec)
    if not checker.names("services"):
        checker.say("services", "a study needs at least one service line")
    for name, weights in checker.spec.cost_weights.items():
        check_weights(checker, f"cost_weights.{name}", weights)
    for name, service in checker.spec.services.items():
        path = f"services.{name}"
        _check_quantity(checker, path, service)
        _check_conversion(checker, path, service)
        _check_growth(checker, path, service)
        _check_price(checker, path, service)
        _check_payment(checker, path, name, service, name in acted_on)
        _check_segments(checker, path, service)
        _check_volatility(checker, path, service)


def _check_quantity(checker: Checker, path: str, service: Service) -> None:
    given = [key for key in ("activity", "spend", "spend_by_year") if service.gives(key)]
    if not given:
        checker.say(path, "needs activity and price, or spend, or spend_by_year", whole=path)
    elif len(given) > 1:
        checker.say(path, f"gives {' and '.join(given)}: a line has one of them", whole=path)
    elif given == ["activity"] and service.price is None:
        checker.say(f"{path}.price", "is required with activity", whole=path)
    elif given != ["activity"] and service.gives("price"):
        checker.say(f"{path}.price", f"goes with activity; a line with {given[0]} has no price", whole=path)
    if given == ["spend_by_year"]:
        for key in _PRICE_KEYS:
            if service.gives(key):
                checker.say(f"{path}.{key}", "does not go with spend_by_year, which already says the spend of every year")
    if given == ["activity"] and service.gives("growth_is"):
        checker.say(f"{path}.growth_is", "is for a line with spend", service.growth_is)


def _check_conversion(checker: Checker, path: str, service: Service) -> None:
    """A current year's figure becomes the base year's; money comes in where the figure is money."""
    if service.conversion is not None and service.gives("spend_by_year"):
        checker.say(f"{path}.conversion", "does not go with spend_by_year, which has no base year")
    elif service.conversion is not None and service.gives("activity"):
        for key in ("service_investment", "one_off"):
            if service.conversion.gives(key):
                rule = "is money, and this line has activity and price: give it as a line with spend of its own"
                checker.say(f"{path}.conversion.{key}", rule, getattr(service.conversion, key))
    if service.history is not None and service.gives("spend_by_year"):
        checker.say(f"{path}.history", "does not go with spend_by_year, which has no base year")


def _check_growth(checker: Checker, path: str, service: Service) -> None:
    if not isinstance(service.growth, dict):
        return
    population = service.growth.get("population")
    if population is not None and checker.spec.population is None:
        checker.say(f"{path}.growth.population", "needs the table population", whole="population")
    elif isinstance(population, SegmentGrowth):
        checker.refer(f"{path}.growth.population", population.segment, "population_segments", within="population.segments")
    if service.growth_is == "price":
        checker.say(f"{path}.growth", 'is one rate with growth_is = "price", not a table of factors', whole=f"{path}.growth_is")


def _check_price(checker: Checker, path: str, service: Service) -> None:
    if isinstance(service.cost_weights, str):
        checker.refer(f"{path}.cost_weights", service.cost_weights, "cost_weights")
    else:
        check_weights(checker, f"{path}.cost_weights", service.cost_weights)
    if service.tariff_change is not None and not service.tariff_change_on_top:
        also = [key for key in ("cost_weights", "efficiency_required") if service.gives(key)]
        if also:
            rule = f"is net of inflation and efficiency, so it does not go with {' and '.join(also)} (unless tariff_change_on_top = true)"
            checker.say(f"{path}.tariff_change", rule, whole=f"{path}.tariff_change_on_top")
    if service.tariff_change is None and service.tariff_change_on_top:
        checker.say(f"{path}.tariff_change_on_top", "needs tariff_change", whole=path)


def check_weights(checker: Checker, path: str, weights: Mapping[str, float]) -> None:
    """Weights name inflation categories and are at most the whole."""
    for category in weights:
        checker.refer(f"{path}.{category}", category, "inflation")
    total = sum(weights.values())
    if total > 1 + TOLERANCE:
        checker.say(path, f"the weights sum to {total:.6g}, which is more than 1", whole=path)


def _check_payment(checker: Checker, path: str, name: str, service: Service, acted_on: bool) -> None:
    checker.refer(f"{path}.provider", service.provider, "parties")
    if service.payer is not None:
        checker.refer(f"{path}.payer", service.payer, "parties")
    elif payer_of(checker.spec, name) is None and checker.roles_known():
        checker.say(f"{path}.payer", "is required unless exactly one party is a commissioner", whole=f"{path}.payer")
    if service.payment_baseline is not None and service.plan_includes_schemes is not None:
        checker.say(f"{path}.payment_baseline", "takes the place of plan_includes_schemes: give one of them")
    check_payment_bands(checker, f"{path}.marginal_bands", service.marginal_bands)
    in_full = service.variable_share == 1.0 or (isinstance(service.variable_share, tuple) and set(service.variable_share) == {1.0})
    blended = not in_full or bool(service.marginal_bands)
    known = service.payment_baseline is not None or service.plan_includes_schemes is not None
    paid = any(payer != service.provider for payer in payers_of(checker.spec, name))
    if acted_on and blended and not known and paid and checker.roles_known():
        rule = (
            "is required: a scheme acts on this line and its payment does not follow activity in full "
            "(how much of the planned saving is in the plan?)"
        )
        checker.say(f"{path}.plan_includes_schemes", rule, whole=path)


def _check_segments(checker: Checker, path: str, service: Service) -> None:
    for name, segment in service.segments.items():
        place = f"{path}.segments.{name}"
        if segment.share is not None and (segment.people is not None or segment.rate is not None):
            checker.say(place, "gives share as well as people and rate: give one or the other", whole=place)
        elif segment.share is None and segment.people is None and segment.rate is None:
            checker.say(place, "needs a share, or people and rate", whole=place)
        elif segment.share is None and segment.rate is None:
            checker.say(f"{place}.rate", "is required with people", whole=place)
        elif segment.share is None and segment.people is None:
            checker.say(f"{place}.people", "is required with rate", whole=place)
        if segment.people is not None and service.activity is None:
            checker.say(f"{place}.people", "needs a line with activity, of which people times rate is a share", whole=path)
    _check_disjoint(checker, path, service)


def _check_disjoint(checker: Checker, path: str, service: Service) -> None:
    """Planned shares, year by year; beyond the plan, draws in which a line would lose more than all of itself are counted."""
    if service.overlap != "disjoint" or checker.years is None:
        return
    constant = {}
    for name, segment in service.segments.items():
        values = None if segment.share is None else plan_of(checker, segment.share)
        if values is not None:
            constant[name] = values
    for year in range(checker.years):
        total = sum(values[year] for values in constant.values())
        if total > 1 + TOLERANCE:
            rule = f'the shares sum to {total:.6g} in year {year + 1}, which is more than 1 where overlap = "disjoint"'
            checker.say(f"{path}.segments", rule, whole=f"{path}.segments")
            return


def _check_volatility(checker: Checker, path: str, service: Service) -> None:
    volatility = service.volatility
    if volatility is None:
        return
    place = f"{path}.volatility"
    if not checker.lost_part_of(f"{place}.family"):
        _check_family(checker, path, service, volatility)
    if volatility.gives("cv_ref") and checker.spec.population is None:
        checker.say(f"{place}.cv_ref", "depends on the list size: needs the table population", whole="population")
    if volatility.path == "ar1" and volatility.rho is None:
        checker.say(f"{place}.rho", 'is required with path = "ar1"', whole=place)
    elif volatility.path != "ar1" and volatility.rho is not None and not checker.lost_part_of(f"{place}.path"):
        checker.say(f"{place}.rho", f'belongs to path = "ar1"; this path is "{volatility.path}"', volatility.rho)
    check_rho(checker, f"{place}.rho", volatility.rho)


def _check_family(checker: Checker, path: str, service: Service, volatility: LineVolatility) -> None:
    """A count needs an activity to count, and a Poisson count has no spread but its own."""
    place, family = f"{path}.volatility", volatility.family
    if family in COUNTS and not service.gives("activity"):
        rule = f'"{family}" counts activity: it is for a line with activity and price, not with spend'
        checker.say(f"{place}.family", rule, family, whole=f"{path}.activity")
    if family == "poisson":
        for key in ("cv_floor", "cv_ref", "n_ref"):
            if volatility.gives(key):
                rule = 'does not go with "poisson", whose spread follows from the count itself; "negative_binomial" adds one'
                checker.say(f"{place}.{key}", rule, getattr(volatility, key))
    elif not volatility.gives("cv_floor") and not volatility.gives("cv_ref"):
        checker.say(place, "needs cv_floor or cv_ref", whole=place)
