"""An arrangement for the term sheet: its record with its planned figures, and terms, shares and limits in words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from simengine.study.arrangements import Arrangement, Limit
from simengine.study.defaults import arrangement_parties, residual_of
from simengine.study.model import StudySpec
from simengine.study.numbers import Term
from simengine.study.terms import PoolLimit


class Terms(NamedTuple):
    """An arrangement and what its words need: the study, its planned baselines by year (currency) and planned quality scores by party."""

    spec: StudySpec
    name: str
    arrangement: Arrangement
    baselines: Sequence[float]
    scores: Mapping[str, Sequence[float]]

    @property
    def years(self) -> tuple[str, ...]:
        """Labels of years 1 to T."""
        return self.spec.horizon.year_labels

    @property
    def residual(self) -> str:
        """The party that takes what the others do not."""
        return residual_of(self.spec, self.arrangement) or ""

    @property
    def side(self) -> tuple[str, ...]:
        """The parties that share, without the residual one and the fund."""
        fund = self.arrangement.fund
        apart = {self.residual, None if fund is None else fund.party}
        return tuple(party for party in arrangement_parties(self.spec, self.arrangement) if party not in apart)

    def amount(self, value: float) -> str:
        """An amount of the currency in the study's unit of money."""
        return f"{self.spec.money.unit} {value / self.spec.money.scale:,.2f}"


def at(term: Term | None, year: int) -> float:
    """The value of a term in a year (from 0)."""
    return 0.0 if term is None else term[year] if isinstance(term, tuple) else term


def percent(share: float) -> str:
    """``2.5 %``: a share as a percentage, without noughts that say nothing."""
    return f"{100 * share:.10g} %"


def word_at(words: str | tuple[str, ...], year: int) -> str:
    """The word of a year."""
    return words if isinstance(words, str) else words[year]


def any_above_zero(term: Term) -> bool:
    """Whether a term is above 0 in any year."""
    return any(value > 0 for value in term) if isinstance(term, tuple) else term > 0


def limit_words(terms: Terms, limit: Limit | PoolLimit, year: int, whole: str = "the baseline", when: str = "of the year") -> str:
    """A cap or a collar, or a limit on the pool: its bases, of several the smaller."""
    parts = []
    if limit.of_baseline is not None:
        parts.append(f"{percent(at(limit.of_baseline, year))} of {whole}")
    if isinstance(limit, Limit) and limit.of_income is not None:
        parts.append(f"{percent(at(limit.of_income, year))} of its planned income {when}")
    if limit.amount is not None:
        parts.append(terms.amount(at(limit.amount, year) * terms.spec.money.scale))
    return parts[0] if len(parts) == 1 else f"the smaller of {listed(parts)}"


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
