"""The terms of a row under a programme by name: what its data file states for the performance year, the agreement and the organisation."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from simengine.contract.quality import GAIN_RULES, LOSS_RULES
from simengine.contract.quality_standard import STANDARDS
from simengine.settling.actual import Actual, CannotSettle
from simengine.settling.sizes import rates_by_size
from simengine.settling.terms import INFINITE, ONE, ZERO, Band, Limit, QualityTerms, Rate, Terms
from simengine.study.distribution_keys import nearest
from simengine.study.programme_sets import ELECTED, Facts, Need, Parameter, Programme, programmes
from simengine.study.programme_terms import performance_year_in

PROVIDER, PAYER = "provider", "commissioner"
"""The parties of a contract under a programme: those who deliver the care, and who pays for it and takes what is left."""
_Found = Mapping[str, Parameter | Need]


def known_programme(name: str) -> Programme:
    """A programme by its name; CannotSettle with the nearest name where there is none."""
    found = programmes().get(name)
    if found is None:
        raise CannotSettle(
            column="programme", rule="is not a programme that comes with simrisk", value=name, nearest=nearest(name, list(programmes()))
        )
    return found


def performance_year(actual: Actual, programme: Programme) -> int | None:
    """The performance year of a row: its column, else what its year begins with; CannotSettle where there are no rules for it."""
    year = actual.performance_year
    column = "year" if year is None else "performance_year"
    if year is None:
        year = performance_year_in(actual.year)
    if year is None and programme.by_year:
        raise CannotSettle(column="performance_year", rule=f"is required: the rules of {programme.name} differ by performance year")
    if programme.refuses(year):
        raise CannotSettle(
            column=column, rule=f"{programme.name} has no rules for this performance year: it ran in {programme.years}", value=year
        )
    return year


def programme_terms(actual: Actual, name: str) -> Terms:
    """The terms of a row under a programme."""
    programme = known_programme(name)
    year = performance_year(actual, programme)
    if actual.agreement_start is not None and year is not None and actual.agreement_start > year:
        raise CannotSettle(column="agreement_start", rule=f"is after the performance year, which is {year}", value=actual.agreement_start)
    return _terms(name, Facts(year, actual.agreement_start, actual.revenue_category))


@cache
def _terms(name: str, facts: Facts) -> Terms:
    programme = programmes()[name]
    found = programme.terms(facts)
    sides, limits = _word(found, "sides"), _limits(found)
    gain, gain_bands = _shares(found, "gain_share")
    loss, loss_bands = _shares(found, "loss_share")
    msr, table = _rates(found)
    notes = []
    if not programme.ran_in(facts.year):
        notes.append(f"{name} ran in {programme.years}: its rules are used for {facts.year} all the same")
    elected = found.get("pool_cap.of_baseline")
    return Terms(
        name,
        PAYER,
        (PROVIDER,),
        gain,
        loss,
        gain_bands,
        loss_bands,
        one_sided=sides == "one",
        stretch=_number(found, "stretch", ZERO),
        msr=msr,
        msr_table=table,
        excess_gain=_word(found, "msr_kind") == "excess",
        excess_loss=_word(found, "msr_kind") == "excess",
        below_part=_rate(found, "below_msr.part") or ZERO,
        below_from=_number(found, "below_msr.from_size", ZERO),
        guardrail="guardrail" in found,
        pool_cap=limits["pool_cap"],
        pool_collar=limits["pool_collar"],
        pool_elected=(elected.choices[0], elected.choices[-1]) if isinstance(elected, Parameter) and elected.value == ELECTED else None,
        quality=_quality(found),
        deduction=_number(found, "deduction", ZERO),
        cap={PROVIDER: limits["cap"]} if limits["cap"] != Limit() else {},
        collar={PROVIDER: limits["collar"]} if limits["collar"] != Limit() else {},
        block_below=_number(found, "block_below", None),
        payment="block" if _word(found, "payment") == "block" else "activity",
        notes=tuple(notes),
    )


def _word(found: _Found, term: str) -> str | None:
    stated = found.get(term)
    return stated.value if isinstance(stated, Parameter) and isinstance(stated.value, str) else None


def _rate(found: _Found, term: str) -> Rate:
    """A number, what it needs, or None where it is not stated; what is elected is a need of the column that says it."""
    stated = found.get(term)
    if stated is None or isinstance(stated, Need):
        return stated
    return Need(term) if stated.value == ELECTED else Decimal(stated.value)


def _number(found: _Found, term: str, without: Any) -> Any:
    value = _rate(found, term)
    return without if value is None or isinstance(value, Need) else value


def _rates(found: _Found) -> tuple[Rate, Any]:
    """The minimum savings rate, and the table by size that takes its place or may be elected."""
    stated, table = found.get("msr"), _word(found, "msr_table")
    if isinstance(stated, Parameter) and stated.size_table is not None:
        table = stated.size_table
    return _rate(found, "msr"), rates_by_size(table)


def _shares(found: _Found, term: str) -> tuple[dict[str, Decimal], tuple[Band, ...]]:
    """The provider's share, and the bands in which another applies; losses go by the shares of gains unless they have their own."""
    bands = found.get("bands")
    if isinstance(bands, Parameter):
        edges = [Decimal(edge) for edge, _ in bands.value]
        shares = [Decimal(share) for _, share in bands.value]
        return {PROVIDER: shares[0]}, tuple(
            Band(edge, {PROVIDER: share}) for edge, share in zip(edges[:-1], shares[1:], strict=True) if edge < INFINITE
        )
    share = _number(found, term, None)
    return {PROVIDER: _number(found, "gain_share", ZERO) if share is None else share}, ()


def _limits(found: _Found) -> dict[str, Limit]:
    made = {key: Limit(_rate(found, f"{key}.of_baseline"), _rate(found, f"{key}.of_income")) for key in ("cap", "collar")}
    for key in ("pool_cap", "pool_collar"):
        stated = found.get(f"{key}.of_baseline")
        value = stated.default if isinstance(stated, Parameter) and stated.value == ELECTED else _rate(found, f"{key}.of_baseline")
        made[key] = Limit(of_baseline=value)
    return made


def _quality(found: _Found) -> QualityTerms:
    standard = STANDARDS[_word(found, "quality.standard") or "none"]
    stated = found.get("quality.standard")
    ignored = isinstance(stated, Parameter) and "alternative_quality_met" in stated.ignores
    return QualityTerms(
        gain=GAIN_RULES[_word(found, "quality.gain") or "none"],
        loss=LOSS_RULES[_word(found, "quality.loss") or "none"],
        share_max=_number(found, "quality.loss_share_max", ZERO),
        floor=_number(found, "quality.loss_floor", ZERO),
        ceiling=_number(found, "quality.loss_ceiling", ONE),
        standard=standard,
        met=None if standard == STANDARDS["full"] else ONE,
        ignores_alternative=ignored,
    )
