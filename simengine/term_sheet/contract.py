"""Contracts of a study with what their term sheets need: planned figures, planned quality scores, payoff curves by year."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simengine.engine.payoff import NOT_LESS, payoffs, planned_baselines, planned_scores
from simengine.engine.plan import Prepared
from simengine.term_sheet.payoff_curves import Curves, curves, grid, rate_range
from simengine.term_sheet.words import Terms


@dataclass(frozen=True)
class Contract:
    """One arrangement: its terms, the planned incomes of its parties by year (currency), and its payoff curves by year."""

    terms: Terms
    incomes: Mapping[str, Sequence[float]]
    curves: Sequence[Curves]

    def distinct_curves(self) -> Iterator[tuple[str, Curves]]:
        """The curves of each year with the label of the year; years that follow each other with the same curves are one."""
        labels = self.terms.years
        first = 0
        for year in range(1, len(labels) + 1):
            if year == len(labels) or self.curves[year] != self.curves[first]:
                span = labels[first] if year - 1 == first else f"{labels[first]} to {labels[year - 1]}"
                yield span, self.curves[first]
                first = year


def contracts(ready: Prepared, names: Sequence[str], widest: float | None = None) -> list[Contract]:
    """The contracts of some arrangements; ``widest`` is the largest gain rate of the curves, from the terms where it is left out."""
    made = []
    spec, places = ready.study.spec, list(ready.study.spec.arrangements)
    totals, scores = planned_baselines(ready), planned_scores(ready)
    for name in names:
        terms = Terms(spec, name, spec.arrangements[name], totals[places.index(name)].tolist(), scores[name])
        rates = grid(rate_range(terms) if widest is None else widest)
        # a threshold is met at the rate itself: rounding must not decide which side of it a mark falls on
        found = payoffs(ready, [rate * NOT_LESS for rate in rates])
        by_year = [curves(terms, places.index(name), year, rates, found, ready.layout.parties) for year in range(spec.years)]
        incomes = {party: values.tolist() for party, values in ready.drafts[0].plan.income.items()}
        made.append(Contract(terms, incomes, by_year))
    return made
