"""All rules between the parts of a study, in the order of the file's tables."""

from collections.abc import Sequence

from simengine.schema import DRIVER_VARIABLES, VARIABLES
from simengine.study.check_arrangements import check_arrangements
from simengine.study.check_correlation import check_correlation
from simengine.study.check_drivers import check_drivers, driver_paths
from simengine.study.check_numbers import check_numbers
from simengine.study.check_schemes import check_schemes
from simengine.study.check_services import check_services
from simengine.study.checker import Checker
from simengine.study.distribution_keys import nearest


def check_rules(checker: Checker, scenario_drivers: Sequence[str] = ()) -> None:
    """Collect every finding; ``scenario_drivers`` are drawn in a scenario only, and may be correlated all the same."""
    if not checker.names("parties"):
        checker.say("parties", "a study needs at least one party", whole="parties")
    _check_store(checker)
    check_numbers(checker)
    check_services(checker)
    check_schemes(checker)
    check_arrangements(checker)
    check_drivers(checker)
    check_correlation(checker, [*driver_paths(checker.spec), *scenario_drivers])


def _check_store(checker: Checker) -> None:
    """A list of variables to store names variables of the result."""
    store = checker.spec.simulation.store
    known = [*VARIABLES, *DRIVER_VARIABLES]
    for at, name in enumerate(store if isinstance(store, tuple) else ()):
        if name not in known:
            checker.say(f"simulation.store.{at}", "is not a variable of the result", name, nearest(name, known))
