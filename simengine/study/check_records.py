"""Rules about planned efficiency programmes, the risk log and printed totals: what they name."""

from collections.abc import Sequence

from simengine.study.check_correlation import full_name
from simengine.study.checker import UNKNOWN_NAMES, Checker
from simengine.study.distribution_keys import nearest


def check_records(checker: Checker, drivers: Sequence[str]) -> None:
    """Check ``[qipp]``, ``[risks]`` and ``[checks]``; ``drivers`` are the paths of everything that is drawn."""
    for name, total in checker.spec.checks.items():
        for at, line in enumerate(total.services or ()):
            checker.refer(f"checks.{name}.services.{at}", line, "services")
    for name, programme in checker.spec.qipp.items():
        checker.refer(f"qipp.{name}.service", programme.service, "services")
    for name, risk in checker.spec.risks.items():
        checker.refer(f"risks.{name}.scheme", risk.scheme, "schemes")
        for at, driver in enumerate(risk.drivers):
            refer_driver(checker, f"risks.{name}.drivers.{at}", driver, drivers)


def refer_driver(checker: Checker, path: str, written: str, drivers: Sequence[str]) -> str | None:
    """The full name of a driver that is drawn; a problem, and None, where there is none of this name."""
    declared = checker.names("drivers")
    name = full_name(written, declared)
    if name in drivers:
        return name
    if checker.lost_part_of(name) or checker.is_cut(("drivers", UNKNOWN_NAMES)):
        return None
    if name.removeprefix("drivers.") in declared:
        checker.say(path, "is a constant: nothing of it is drawn", written)
        return None
    bare = [driver.removeprefix("drivers.") for driver in drivers if driver.startswith("drivers.")]
    checker.say(path, "is not a driver of this study", written, nearest(written, [*drivers, *bare]))
    return None
