"""Rules about the list and its segments."""

from simengine.study.budgets import WHOLE_LIST
from simengine.study.check_numbers import plan_of
from simengine.study.checker import Checker
from simengine.study.numbers import Uncertain

_AGREE = 1e-9


def check_population(checker: Checker) -> None:
    """The list has a size, or segments whose sum it is."""
    population = checker.spec.population
    if population is None:
        return
    if population.size is None and not population.segments:
        checker.say("population.size", "is required, or segments whose sum is the list", whole="population")
    if WHOLE_LIST in population.segments:
        checker.say(f"population.segments.{WHOLE_LIST}", "stands for the whole list: give the segment another name")
    if not population.segments:
        return
    if population.gives("growth") and all(segment.growth is not None for segment in population.segments.values()):
        checker.warn("population.growth", "moves nothing: every segment has a growth of its own")
    if isinstance(population.size, Uncertain | str):
        checker.say("population.size", "is the sum of the segments, so what is drawn is their sizes: leave it out")
    elif population.size is not None:
        _check_sum(checker)


def _check_sum(checker: Checker) -> None:
    population = checker.spec.population
    if population is None or checker.lost_part_of("population.segments"):
        return
    size = plan_of(checker, population.size)
    parts = [plan_of(checker, segment.size) for segment in population.segments.values()]
    if size is None or any(part is None for part in parts):
        return
    total = sum(part[0] for part in parts if part is not None)
    if abs(total - size[0]) > _AGREE * abs(size[0]):
        checker.say("population.size", f"is not the sum of the segments, {total:.12g}: correct one, or leave the size out", size[0])
