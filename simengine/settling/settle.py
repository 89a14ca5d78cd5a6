"""Settles a whole file of actuals: each row under its own terms, a contract's years in order, and the table of transfers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any

from simengine.errors import DataError, Problem
from simengine.settling.actual import Actual, CannotSettle
from simengine.settling.actuals import Read, read_actuals, table_of
from simengine.settling.outcome import History, Outcome, Step, rounded, to_penny, transfers
from simengine.settling.programme import PAYER, PROVIDER, known_programme, programme_terms
from simengine.settling.steps import settle_year
from simengine.settling.study_terms import StudyTerms
from simengine.settling.terms import ZERO, Terms
from simengine.study.distribution_keys import nearest
from simengine.study.load import Study, load_study
from simengine.study.programme_terms import performance_year_in

#: Digits that are carried: far more than a penny of any budget needs, through every division on the way.
PRECISION = 60
_RATE_PLACES = Decimal(1).scaleb(-9)


@dataclass(frozen=True)
class SettledRow:
    """One contract's year: its keys, the figures of INTERFACE.md, what each party is paid, to the penny, and every step."""

    actual: Actual
    terms: Terms
    outcome: Outcome
    settlements: Mapping[str, Decimal]

    @property
    def values(self) -> dict[str, object]:
        """Column -> value: money to the penny, rates to nine decimals; positive is paid to the provider side or to the party."""
        outcome, actual = self.outcome, self.actual
        side = [party for party in self.terms.parties if party in self.settlements]
        return {
            "contract": actual.contract,
            "year": actual.year,
            "programme": actual.programme or self.terms.name,
            "baseline": to_penny(outcome.baseline),
            "outturn": to_penny(outcome.outturn),
            "gain": to_penny(outcome.gain),
            "gain_rate": _rate(outcome.gain_rate),
            "msr_applied": _rate(outcome.rate_applied),
            "msr_met": outcome.met,
            "share": _rate(outcome.share),
            "before_limits": to_penny(outcome.before_limits),
            "limit_applied": outcome.limit_applied,
            "deduction": to_penny(outcome.deduction),
            "settlement": sum((self.settlements[party] for party in side), ZERO),
            **{f"settlement_{party}": amount for party, amount in self.settlements.items()},
            "notes": "; ".join(outcome.notes),
        }

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step in words, with its figures."""
        return self.outcome.steps

    @property
    def transfers(self) -> list[dict[str, object]]:
        """Who pays whom how much."""
        keys = {"contract": self.actual.contract, "year": self.actual.year}
        return [{**keys, "payer": payer, "payee": payee, "amount": amount} for payer, payee, amount in transfers(self.settlements)]


@dataclass
class Settlements:
    """What ``settle`` returns: the rows that could be settled, in the order of the file, and the problems of the others."""

    settled: list[SettledRow] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def parties(self) -> list[str]:
        """Every party with a settlement."""
        return list(dict.fromkeys(party for row in self.settled for party in row.settlements))

    @property
    def rows(self) -> list[dict[str, object]]:
        """The settled rows by column, money as decimal numbers."""
        return [row.values for row in self.settled]

    @property
    def transfers(self) -> list[dict[str, object]]:
        """The table of transfers: contract, year, payer, payee, amount."""
        return [transfer for row in self.settled for transfer in row.transfers]

    def to_frame(self) -> Any:
        """The rows as a pandas data frame, money as decimal numbers."""
        import pandas as pd

        return pd.DataFrame(self.rows)


def settle(actuals: str | Path | Any, terms: Study | str | Path | None = None, programme: str | None = None) -> Settlements:
    """Settle actual outturns to the penny, in decimal numbers.

    Parameters
    ----------
    actuals
        A CSV or XLSX file, or a data frame: a row for each contract and year, money in the currency, rates as fractions (docs/settling.md).
    terms
        A study, or its file: a row's contract is one of its arrangements, its year the label of one of its years.
    programme
        A programme by name, for rows that name none themselves.

    Returns
    -------
    The settled rows, the problems of rows that cannot be settled, and warnings.

    Raises
    ------
    DataError
        Where the file cannot be read, lacks a column, or no terms are given at all; StudyError where the study has no arrangements.
    """
    if isinstance(terms, str | Path):
        terms = load_study(terms)
    with localcontext(Context(prec=PRECISION)):
        table = table_of(actuals)
        _check_choice(terms, programme, table.header, table.file)
        of_study = None if terms is None else StudyTerms(terms)
        parties = [PROVIDER, PAYER] if of_study is None else list(dict.fromkeys([*of_study.parties, PROVIDER, PAYER]))
        read = read_actuals(table, parties)
        return _settle_all(read, of_study, programme)


def _check_choice(terms: Study | None, programme: str | None, header: Sequence[str], file: str) -> None:
    if terms is not None and programme is not None:
        raise DataError([Problem("", "give either the terms of a study or a programme, not both", file=file)])
    if terms is None and programme is None and "programme" not in header:
        raise DataError([Problem("", "no terms are given: name a study or a programme, or give the file a column programme", file=file)])
    if programme is not None:
        try:
            known_programme(programme)
        except CannotSettle as fault:
            raise DataError([Problem("programme", fault.rule, fault.value, fault.nearest)]) from None


def _settle_all(read: Read, of_study: StudyTerms | None, programme: str | None) -> Settlements:
    made = Settlements(errors=list(read.errors), warnings=list(read.warnings))
    contracts: dict[str, list[tuple[Actual, Terms, int]]] = {}
    for case in read.cases:
        try:
            terms, at = _terms_of(case, of_study, programme)
            _check_parties(case, terms)
        except CannotSettle as fault:
            made.errors.append(_problem(fault, case, read.file))
            read.unsound.append((case.contract, case.year, case.line))
        else:
            contracts.setdefault(case.contract, []).append((case, terms, at))
    gaps = {contract: (year, line) for contract, year, line in reversed(read.unsound)}
    for contract, years in contracts.items():
        _settle_contract(made, read.file, sorted(years, key=lambda item: item[2]), gaps.get(contract))
    made.settled.sort(key=lambda row: row.actual.line)
    made.errors.sort(key=lambda problem: problem.line or 0)
    told = dict.fromkeys((note, row.actual.contract) for row in made.settled for note in row.outcome.notes)
    for note in dict.fromkeys(note for note, _ in told):
        contracts_told = list(dict.fromkeys(contract for text, contract in told if text == note))
        more = f" and {len(contracts_told) - 3} more" if len(contracts_told) > 3 else ""
        made.warnings.append(Problem(", ".join(contracts_told[:3]) + more, note, file=read.file))
    return made


def _settle_contract(made: Settlements, file: str, years: Sequence[tuple[Actual, Terms, int]], gap: tuple[str, int] | None) -> None:
    """A contract's years in their order: what one carries over reaches the next only when all could be settled."""
    past, expected = History(), 0
    for case, terms, at in years:
        if terms.over_years and at != expected and gap is None:
            rule = "needs the rows of all years before it: the terms look at all years of the contract"
            made.errors.append(Problem("year", rule, case.year, line=case.line, file=file))
            continue
        expected = at + 1
        if gap is not None and terms.over_years:
            rule = f"the row on line {gap[1]} (year {gap[0]}) cannot be settled, and the terms look at all years of the contract"
            made.errors.append(Problem("year", rule, case.year, line=case.line, file=file))
            continue
        try:
            outcome = settle_year(case, terms, past, at)
        except CannotSettle as fault:
            made.errors.append(_problem(fault, case, file))
            gap = gap or (case.year, case.line)
        else:
            made.settled.append(SettledRow(case, terms, outcome, rounded(outcome.settlements, terms.residual)))


def _terms_of(case: Actual, of_study: StudyTerms | None, programme: str | None) -> tuple[Terms, int]:
    """The terms of a row, and the place of its year among the years of its contract."""
    name = case.programme or programme
    if name is None and of_study is not None:
        return of_study.terms(case)
    if name is None:
        raise CannotSettle(column="programme", rule="is required where neither a study nor a programme is given for the whole file")
    terms = programme_terms(case, name)
    return terms, case.performance_year or performance_year_in(case.year) or 0


def _check_parties(case: Actual, terms: Terms) -> None:
    """Columns that name a party, filled in, for a party that is not on the provider side of these terms."""
    paid = {party for parties in terms.stated.values() for party in parties}
    allowed = list(dict.fromkeys([*terms.parties, *([terms.fund[0]] if terms.fund is not None else []), *paid]))
    for party, column in case.parties_named().items():
        if party not in allowed:
            rule = f"{party} is not on the provider side of {terms.name}, which is {', '.join(terms.parties)}"
            raise CannotSettle(column=column, rule=rule, nearest=nearest(party, allowed))


def _problem(fault: CannotSettle, case: Actual, file: str) -> Problem:
    return Problem(fault.column, fault.rule, fault.value, fault.nearest, case.line, file)


def _rate(value: Decimal) -> Decimal:
    return value.quantize(_RATE_PLACES).normalize() + ZERO
