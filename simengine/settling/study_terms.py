"""The terms of a row under a study: those of the arrangement that is its contract, in the year that is its year."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from simengine.contract.quality import GAIN_RULES, LOSS_RULES
from simengine.contract.quality_standard import STANDARDS
from simengine.settling.actual import Actual, CannotSettle
from simengine.settling.sizes import decimal_of, rates_by_size
from simengine.settling.study_plan import StudyPlan
from simengine.settling.terms import ZERO, Band, Limit, QualityTerms, Terms
from simengine.study.arrangements import Arrangement
from simengine.study.arrangements import Limit as StudyLimit
from simengine.study.budgets import Budget
from simengine.study.defaults import arrangement_parties, covered_lines, payers_of, residual_of, scope_of
from simengine.study.distribution_keys import nearest
from simengine.study.load import Study
from simengine.study.programme_sets import programmes
from simengine.study.terms import PoolLimit


class StudyTerms:
    """The arrangements of a study as terms in decimal numbers, each arrangement and year once."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.spec = study.spec
        self.labels = study.spec.horizon.year_labels
        self._known: dict[tuple[str, int], Terms] = {}

    @property
    def parties(self) -> tuple[str, ...]:
        """Every party of every arrangement."""
        found = [party for item in self.spec.arrangements.values() for party in arrangement_parties(self.spec, item)]
        return tuple(dict.fromkeys(found))

    @cached_property
    def plan(self) -> StudyPlan:
        """Planned baselines and incomes, worked out only where terms need them."""
        return StudyPlan(self.study)

    def terms(self, actual: Actual) -> tuple[Terms, int]:
        """Terms and number of the year (from 0) of a row; CannotSettle where the study has no such arrangement or year."""
        arrangements = self.spec.arrangements
        if actual.contract not in arrangements:
            known = ", ".join(arrangements) or "none"
            rule = f"is not an arrangement of the study, which has {known}"
            raise CannotSettle(column="contract", rule=rule, value=actual.contract, nearest=nearest(actual.contract, list(arrangements)))
        if actual.year not in self.labels:
            rule = f"is not a year of the study, which has {', '.join(self.labels)}"
            raise CannotSettle(column="year", rule=rule, value=actual.year, nearest=nearest(actual.year, list(self.labels)))
        year = self.labels.index(actual.year)
        self._check_lines(actual, arrangements[actual.contract], year)
        key = (actual.contract, year)
        if key not in self._known:
            self._known[key] = self._make(actual.contract, arrangements[actual.contract], year)
        return self._known[key], year

    def _check_lines(self, actual: Actual, arrangement: Arrangement, year: int) -> None:
        covered = [name for name, years in covered_lines(self.spec, arrangement).items() if years[year]]
        for line in actual.lines:
            if line.name and line.name not in covered:
                rule = f"is not a line that {actual.contract} covers in {actual.year}"
                raise CannotSettle(column="service", rule=rule, value=line.name, nearest=nearest(line.name, covered))
        if arrangement.line_by_line and len(covered) > 1 and [line.name for line in actual.lines] == [""]:
            rule = f"is required: {actual.contract} settles line by line, one row for each of {', '.join(covered)}"
            raise CannotSettle(column="service", rule=rule)

    def _make(self, name: str, own: Arrangement, year: int) -> Terms:
        fund = None if own.fund is None else (own.fund.party, _at(own.fund.share, year))
        residual = str(residual_of(self.spec, own))
        parties = tuple(p for p in arrangement_parties(self.spec, own) if p != residual and (fund is None or p != fund[0]))
        gain = _shares(own.gain_share, year)
        loss = _shares(own.loss_share, year) if own.loss_share is not None else gain
        sides = own.sides[year] if isinstance(own.sides, tuple) else own.sides
        mlr_kind = own.mlr_kind or own.msr_kind
        below = own.below_msr
        return Terms(
            name,
            residual,
            parties,
            gain,
            dict.fromkeys(loss, ZERO) if sides == "one" else loss,
            _bands(own.gain_bands, year),
            _bands(own.loss_bands, year),
            one_sided=sides == "one",
            stretch=_at(own.stretch, year),
            proration=_at(own.proration, year),
            msr=None if own.msr_table is not None else _at(own.msr, year),
            mlr=None if own.mlr is None else _at(own.mlr, year),
            msr_table=rates_by_size(own.msr_table),
            mlr_table=rates_by_size(own.mlr_table),
            excess_gain=own.msr_kind == "excess",
            excess_loss=mlr_kind == "excess",
            below_part=ZERO if below is None else _at(below.part, year),
            below_from=None if below is None or below.from_size is None else decimal_of(below.from_size),
            guardrail=True,
            guardrail_raised=_flag(own.guardrail, year, ZERO) or ZERO,
            pool_cap=self._limit(own.pool_cap, year),
            pool_collar=self._limit(own.pool_collar, year),
            carry_years=0 if own.carry_forward is None else own.carry_forward.years,
            fund=fund,
            quality=_quality(own, year),
            deduction=_at(own.deduction, year),
            cap={party: self._limit(limit, year) for party, limit in own.cap.items()},
            collar={party: self._limit(limit, year) for party, limit in own.collar.items()},
            include_ips=self._holders(own),
            loss_adjustment=self._constant_money(own.loss_adjustment, year),
            term_cap=self._over_term(name, own.term_cap),
            term_collar=self._over_term(name, own.term_collar),
            income=self._incomes(own, year),
            payment="block" if self._pays_block(own) else "activity",
            stated={} if self._pays_block(own) else self._stated(own, year),
            payers=self._payers(own, year),
            line_by_line=own.line_by_line,
            order=own.order,
        )

    def _limit(self, own: StudyLimit | PoolLimit | None, year: int) -> Limit:
        if own is None:
            return Limit()
        of_income = getattr(own, "of_income", None)
        amount = None if own.amount is None else _at(own.amount, year) * self._scale
        return Limit(
            None if own.of_baseline is None else _at(own.of_baseline, year), None if of_income is None else _at(of_income, year), amount
        )

    @property
    def _scale(self) -> Decimal:
        return decimal_of(self.spec.money.scale)

    def _constant_money(self, number: Any, year: int) -> Decimal:
        """An amount that the study states as a constant; one that is drawn is not known before the row says it."""
        constant = isinstance(number, float | int) or (isinstance(number, tuple) and isinstance(number[year], float | int))
        return _at(number, year) * self._scale if constant else ZERO

    def _holders(self, own: Arrangement) -> tuple[str, ...]:
        """Holders of budgets over the covered lines, whose unearned improvement payments count towards their collar."""
        if not own.include_ips:
            return ()
        lines = covered_lines(self.spec, own)
        return tuple(budget.holder for budget in self.spec.budgets.values() if set(budget.lines) & set(lines))

    def _over_term(self, name: str, limits: Mapping[str, StudyLimit]) -> dict[str, Decimal]:
        """Limits over the term in money: shares are of planned baselines and incomes over the term, an amount is for all of it."""
        found = {}
        for party, limit in limits.items():
            parts = []
            if limit.amount is not None:
                parts.append(_at(limit.amount, 0) * self._scale)
            if limit.of_baseline is not None:
                parts.append(_at(limit.of_baseline, 0) * decimal_of(self.plan.baseline_over_term(name)))
            if limit.of_income is not None:
                own = self.spec.arrangements[name].proration
                incomes = (decimal_of(value) * _at(own, year) for year, value in enumerate(self.plan.income(party)))
                parts.append(_at(limit.of_income, 0) * sum(incomes, ZERO))
            found[party] = min(parts)
        return found

    def _incomes(self, own: Arrangement, year: int) -> dict[str, Decimal]:
        """Planned income of the parties whose limits are a share of it, in the currency."""
        limits = [*own.cap.items(), *own.collar.items()]
        return {party: decimal_of(self.plan.income(party)[year]) for party, limit in limits if limit.of_income is not None}

    def _stated(self, own: Arrangement, year: int) -> dict[str, tuple[str, ...]]:
        """Who is paid for a covered line in another way than by activity: the holder of a budget over it, and its provider."""
        found = {}
        for name in self._covered(own, year):
            line, holders = self.spec.services[name], [budget.holder for budget in self._budgets(name, year)]
            by_activity = line.variable_share in (1.0, (1.0,) * self.spec.years) and not line.marginal_bands
            own_line = line.provider == payers_of(self.spec, name)[year]
            found[name] = tuple(dict.fromkeys([*holders, *([] if by_activity or own_line else [str(line.provider)])]))
        return found

    def _payers(self, own: Arrangement, year: int) -> dict[str, str]:
        """Who pays for each covered line; for one in a budget who pays the budget, as its holder is one of those who are paid."""
        found = {}
        for name in self._covered(own, year):
            commissioners = [budget.commissioner for budget in self._budgets(name, year)]
            found[name] = str(commissioners[0] if commissioners else payers_of(self.spec, name)[year])
        return found

    def _covered(self, own: Arrangement, year: int) -> list[str]:
        return [name for name, years in covered_lines(self.spec, own).items() if years[year]]

    def _budgets(self, line: str, year: int) -> list[Budget]:
        """The budgets that a line is in scope of, whatever the baseline is."""
        return [budget for budget in self.spec.budgets.values() if scope_of(budget, line, self.spec.years)[year]]

    def _pays_block(self, own: Arrangement) -> bool:
        """Whether a programme says that payment is a block."""
        return own.programme is not None and any(item.term == "payment" for item in programmes()[own.programme].parameters)


def _at(term: Any, year: int) -> Decimal:
    return decimal_of(term[year] if isinstance(term, tuple) else term)


def _shares(shares: Mapping[str, Any], year: int) -> dict[str, Decimal]:
    return {party: _at(share, year) for party, share in shares.items()}


def _bands(bands: Mapping[str, Any], year: int) -> tuple[Band, ...]:
    found = [Band(_at(band.from_edge, year), _shares(band.share, year)) for band in bands.values()]
    return tuple(sorted(found, key=lambda band: band.edge))


def _quality(own: Arrangement, year: int) -> QualityTerms:
    quality = own.quality
    if quality is None:
        return QualityTerms()
    standard = quality.standard[year] if isinstance(quality.standard, tuple) else quality.standard
    terms: dict[str, Any] = {
        key: ZERO if value is None else _at(value, year)
        for key, value in (
            ("gate", quality.gate),
            ("soften", quality.soften),
            ("share_max", quality.loss_share_max),
            ("floor", quality.loss_floor),
            ("ceiling", quality.loss_ceiling),
        )
    }
    return QualityTerms(
        GAIN_RULES[quality.gain],
        loss=LOSS_RULES[quality.loss],
        standard=STANDARDS[standard],
        met=_flag(quality.met, year, Decimal(1)),
        alternative=_flag(quality.alternative_met, year, ZERO),
        **terms,
    )


def _flag(number: Any, year: int, without: Decimal) -> Decimal | None:
    """A flag of the study where it is a constant, ``without`` where it is left out, None where it is drawn and so has to be told."""
    if number is None:
        return without
    value = number[year] if isinstance(number, tuple) else number
    return decimal_of(value) if isinstance(value, float | int) else None
