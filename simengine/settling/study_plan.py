"""Planned figures of a study that its limits are shares of; the plan is worked out only where one is."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from simengine.study.load import Study

if TYPE_CHECKING:
    from simengine.engine.plan import Prepared


class StudyPlan:
    """The plan of a study, in the currency."""

    def __init__(self, study: Study) -> None:
        self._study = study

    @cached_property
    def _ready(self) -> "Prepared":
        from simengine.engine.plan import prepare

        return prepare(self._study, ())

    def baseline_over_term(self, arrangement: str) -> float:
        """The planned baseline of an arrangement, the sum over the years."""
        at = self._ready.layout.arrangements.index(arrangement)
        return float(sum(self._ready.plan["baseline"][:, at]))

    def income(self, party: str) -> Sequence[float]:
        """Planned funding and payments in of a party, year by year."""
        return [float(value) for value in self._ready.drafts[0].plan.income[party]]
