"""All rules between the parts of a study, in the order of the file's tables."""

from collections.abc import Sequence

from simengine.schema import DRIVER_VARIABLES, VARIABLES
from simengine.study.advice import advise
from simengine.study.check_actuals import check_actuals
from simengine.study.check_arrangements import check_arrangements
from simengine.study.check_budgets import check_budgets
from simengine.study.check_correlation import check_correlation
from simengine.study.check_drivers import check_drivers, driver_paths
from simengine.study.check_numbers import check_numbers
from simengine.study.check_population import check_population
from simengine.study.check_records import check_records
from simengine.study.check_schemes import check_schemes
from simengine.study.check_sensitivity import check_sensitivity
from simengine.study.check_services import check_services
from simengine.study.checker import Checker
from simengine.study.distribution_keys import nearest


def check_rules(checker: Checker, scenario_drivers: Sequence[str] = (), base_drivers: Sequence[str] | None = None) -> None:
    """Collect every finding; ``scenario_drivers`` are drawn in a scenario only, and may be correlated all the same.

    ``base_drivers`` are those of the study as written, where what is checked is a scenario of it: a reset may observe one that the scenario
    holds constant, and it works out the plan as written; a baseline that follows one likewise.
    """
    if not checker.names("parties"):
        checker.say("parties", "a study needs at least one party", whole="parties")
    _check_store(checker)
    drivers = [*driver_paths(checker.spec), *scenario_drivers]
    check_numbers(checker)
    check_population(checker)
    check_services(checker)
    check_schemes(checker)
    check_actuals(checker)
    check_budgets(checker, [*drivers, *(base_drivers or ())], as_written=base_drivers is None)
    check_arrangements(checker, [*drivers, *(base_drivers or ())])
    check_records(checker, drivers)
    check_sensitivity(checker, checker.spec.sensitivity, (*drivers, *(base_drivers or ())))
    check_drivers(checker)
    check_correlation(checker, drivers)
    advise(checker)


def _check_store(checker: Checker) -> None:
    """A list of variables to store names variables of the result."""
    store = checker.spec.simulation.store
    known = [*VARIABLES, *DRIVER_VARIABLES]
    for at, name in enumerate(store if isinstance(store, tuple) else ()):
        if name not in known:
            checker.say(f"simulation.store.{at}", "is not a variable of the result", name, nearest(name, known))
