"""Growth of a service line: one rate, or named factors applied one after another; and the population segments that a factor may follow."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ValidationError

from simengine.study.numbers import Number, NumberRule
from simengine.study.table import Fault, faults_error, name_fault, nested_faults


@dataclass(frozen=True)
class SegmentGrowth:
    """Stands for N_seg[t] / N_seg[t-1] - 1 of one population segment: ``population = "SEGMENT"``."""

    segment: str


class GrowthRule(NumberRule):
    """Reads a rate of growth, or named factors that apply one after another, each a rate; ``population`` is true or a segment."""

    kind = "growth"

    def is_number(self, value: object) -> bool:
        """The growth of the list, or of a segment, is no number of the line's own."""
        return super().is_number(value) and not isinstance(value, SegmentGrowth)

    def read(self, value: object) -> object:
        """One number, or the factors in the order of the file."""
        if not isinstance(value, dict) or "dist" in value:
            return super().read(value)
        made: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, factor in value.items():
            try:
                made[name] = self._factor(name, factor)
            except ValidationError as error:
                faults.extend(nested_faults(error, name))
        if faults:
            raise faults_error(faults)
        return made

    def _factor(self, name: str, factor: object) -> object:
        fault = name_fault(name)
        if fault is None and name == "population":
            return self._population(factor)
        if fault is not None:
            raise faults_error([Fault((), fault, factor if not isinstance(factor, dict) else None)])
        return super().read(factor)

    @staticmethod
    def _population(factor: object) -> object:
        """The growth of the list itself, or of a part of it."""
        if factor is True or isinstance(factor, SegmentGrowth):
            return factor
        if isinstance(factor, str) and name_fault(factor) is None:
            return SegmentGrowth(factor)
        rule = "is true, the growth of the list itself, or the name of a population segment; give a rate of your own another name"
        raise faults_error([Fault((), rule, factor if not isinstance(factor, dict) else None)])


Growth: TypeAlias = Annotated[Number | dict[str, Number | Literal[True] | SegmentGrowth], GrowthRule("rate")]
