"""Rules about drivers as a whole: the streams their draws come from, the common shock, and what is declared but never used."""

from collections.abc import Iterator, Sequence

from simengine.study.check_numbers import plan_of
from simengine.study.checker import Checker
from simengine.study.defaults import weights_of
from simengine.study.model import StudySpec
from simengine.study.numbers import Uncertain
from simengine.study.schemes import Cost, Investment
from simengine.study.walk import numbers

UNUSED = "is declared and never used"


def driver_paths(spec: StudySpec) -> Iterator[str]:
    """The path of everything that is drawn: distributions, and the volatility of lines."""
    for number in numbers(spec):
        if isinstance(number.value, Uncertain):
            yield number.path
    for name, service in spec.services.items():
        if service.volatility is not None:
            yield f"services.{name}.volatility"


def check_drivers(checker: Checker) -> None:
    """Check that no two drivers share their draws by accident, and that the common shock has a plan of 1."""
    streams: dict[str, str] = {}
    drawn = {number.path: number.value for number in numbers(checker.spec) if isinstance(number.value, Uncertain)}
    owned = [path for path in driver_paths(checker.spec) if path not in drawn or drawn[path].stream is None]
    streams.update({path: path for path in owned})
    for path, uncertain in drawn.items():
        if uncertain.stream is None:
            continue
        if uncertain.stream in streams:
            checker.say(f"{path}.stream", f"is the stream of {streams[uncertain.stream]}: both would have the same draws", uncertain.stream)
        streams.setdefault(uncertain.stream, path)
    common = checker.spec.volatility.common
    plan = plan_of(checker, common)
    if common is not None and plan is not None and any(abs(value - 1) > 1e-9 for value in plan):
        checker.say("volatility.common", "the common shock has mean 1 (or plan = 1)", plan[0])


def check_use(checker: Checker, specs: Sequence[StudySpec]) -> None:
    """Warn of what the study declares and neither it nor a scenario (``specs``) uses."""
    drivers: set[str] = set()
    categories: set[str] = set()
    for spec in specs:
        drivers.update(number.value for number in numbers(spec) if isinstance(number.value, str))
        for name in spec.services:
            categories.update(weights_of(spec, name))
        for scheme in spec.schemes.values():
            items: list[Cost | Investment] = [*scheme.costs.values(), *scheme.investments.values()]
            categories.update(item.inflation for item in items if item.inflation is not None)
    for name in checker.spec.drivers:
        if name not in drivers:
            checker.warn(f"drivers.{name}", UNUSED)
    for name in checker.spec.inflation:
        if name not in categories:
            checker.warn(f"inflation.{name}", UNUSED)
    common = checker.spec.volatility.common
    if common is not None and not any(service.volatility for spec in specs for service in spec.services.values()):
        checker.warn("volatility.common", "no line has a volatility, so the common shock moves nothing")
