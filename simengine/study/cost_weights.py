"""Cost weights: the share of each inflation category in a line's price and unit cost, written in the line or taken from a named set."""

from typing import Annotated, Any, TypeAlias

from pydantic import ValidationError

from simengine.study.numbers import NumberRule, ShareConstant
from simengine.study.table import Fault, Name, faults_error, name_fault, nested_faults


class WeightsRule(NumberRule):
    """Reads weights by inflation category, each a constant share, or the name of a set of them."""

    kind = "weights"

    def is_number(self, value: object) -> bool:
        """The name of a set is no number."""
        return super().is_number(value) and not isinstance(value, str)

    def read(self, value: object) -> object:
        """The weights, or the name of a set."""
        if isinstance(value, str) and name_fault(value) is None:
            return value
        if not isinstance(value, dict) or "dist" in value:
            rule = "must be a table of weights by inflation category, or the name of a set of [cost_weights]"
            raise faults_error([Fault((), rule, value if isinstance(value, bool | int | float | str | list) else None)])
        made: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, weight in value.items():
            fault = name_fault(name)
            try:
                made[name] = super().read(weight)
            except ValidationError as error:
                faults.extend(nested_faults(error, name))
            if fault is not None:
                faults.append(Fault((name,), fault))
        if faults:
            raise faults_error(faults)
        return made


Weights: TypeAlias = Annotated[dict[str, float] | str, WeightsRule("share", "constant")]
"""The weights of one line."""
WeightSet: TypeAlias = dict[Name, ShareConstant]
"""``[cost_weights.NAME]``: weights that several lines take by name."""
