"""The whole study file as one frozen model. Every key of ``docs/study-file.md`` is a field of the same name (``from`` is ``from_edge``)."""

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, PlainValidator, ValidationError

from simengine.study.arrangements import Arrangement
from simengine.study.budgets import Allocation, Budget
from simengine.study.cost_weights import WeightSet
from simengine.study.numbers import Declared, Factor, Rate
from simengine.study.parties import Party
from simengine.study.populations import Population
from simengine.study.qipp import Qipp
from simengine.study.risks import Risk
from simengine.study.schemes import Scheme
from simengine.study.sensitivity import Sensitivity
from simengine.study.services import Service
from simengine.study.table import Fault, Name, Table, Texts, faults_error
from simengine.study.totals import Total
from simengine.study.units import constant_fault

MAX_DRAWS = 2**40
MAX_SEED = 2**64 - 1
MAX_YEARS = 50

_UNIT_SCALE = {"": 1.0, " k": 1e3, " m": 1e6}


def _label(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Label: TypeAlias = Annotated[str, BeforeValidator(_label, json_schema_input_type=str | int)]


def _read_store(value: object) -> str | tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if value in ("positions", "all", "summary"):
        return str(value)
    raise faults_error([Fault((), 'must be "positions", "all", "summary" or a list of variables', value)])


Store: TypeAlias = Annotated[str | tuple[str, ...], PlainValidator(_read_store, json_schema_input_type=str | list[str])]


class Simulation(Table):
    """How many futures are drawn, and how. None of it changes what the study says."""

    draws: int = Field(default=65_536, ge=1, le=MAX_DRAWS)
    seed: int = Field(default=1, ge=0, le=MAX_SEED)
    sampler: Literal["sobol", "lhs", "random"] = "sobol"
    store: Store = "positions"


class Horizon(Table):
    """The base year and the years that follow it; flows accrue in years 1 to T."""

    base: Label = Field(description='label of the base year, such as 2014 or "2014/15"')
    years: int = Field(ge=1, le=MAX_YEARS, description="number of years, T")
    labels: Texts | None = Field(default=None, description="own names of the T years")

    @property
    def year_labels(self) -> tuple[str, ...]:
        """The names of years 1 to T, counted on from the base year unless they are given."""
        if self.labels is not None:
            return self.labels
        return tuple(label_after(self.base, year) or f"{self.base}+{year}" for year in range(1, self.years + 1))


class MoneyUnit(Table):
    """The unit of every amount of money in the file."""

    unit: str = Field(pattern=r"^[A-Z]{3}( [km])?$", description='a currency, or thousands or millions of it: "GBP", "GBP k", "GBP m"')

    @property
    def currency(self) -> str:
        """The ISO code of the currency."""
        return self.unit[:3]

    @property
    def scale(self) -> float:
        """Currency in one unit of money: 1, a thousand or a million."""
        return _UNIT_SCALE[self.unit[3:]]


class CommonVolatility(Table):
    """A shock of mean 1 that all lines with a volatility share."""

    common: Factor | None = None


def _read_matrix(value: object) -> object:
    """One value for every pair, or the rows of a matrix."""
    if constant_fault(value, "any") is None and isinstance(value, int | float):
        return float(value)
    rows = value if isinstance(value, list | tuple) else ()
    sound = all(isinstance(row, list | tuple) and all(constant_fault(item, "any") is None for item in row) for row in rows)
    if not rows or not sound:
        raise faults_error([Fault((), "must be one number, or a matrix of numbers (a list of rows)", value)])
    return tuple(tuple(float(item) for item in row) for row in rows)


Matrix: TypeAlias = Annotated[
    float | tuple[tuple[float, ...], ...], PlainValidator(_read_matrix, json_schema_input_type=float | list[list[float]])
]


def _read_pairs(value: object) -> object:
    """Pairs of drivers with their correlation."""
    rule = 'each pair is ["driver", "driver", correlation]'
    if not isinstance(value, list | tuple) or not value:
        raise faults_error([Fault((), f"must be a list of pairs; {rule}", value)])
    faults = []
    for at, pair in enumerate(value):
        sound = isinstance(pair, list | tuple) and len(pair) == 3 and all(isinstance(name, str) for name in pair[:2])
        if not sound or constant_fault(pair[2], "any") is not None:
            faults.append(Fault((at,), rule, pair if isinstance(pair, list | tuple | str | int | float) else None))
    if faults:
        raise faults_error(faults)
    return tuple((str(first), str(second), float(correlation)) for first, second, correlation in value)


Pairs: TypeAlias = Annotated[
    tuple[tuple[str, str, float], ...],
    PlainValidator(_read_pairs, json_schema_input_type=list[tuple[str, str, float]]),
]


class Correlation(Table):
    """Drivers whose draws move together: Spearman's rank correlation or Kendall's tau of each pair."""

    name: Name | None = Field(default=None, description="names the random stream of a Student t copula; default: the names of the drivers")
    drivers: Texts | None = Field(default=None, description="names of drivers; optional with pairs")
    rank: Matrix | None = Field(default=None, description="Spearman's rank correlation: one value for every pair, or a matrix")
    kendall: Matrix | None = Field(default=None, description="Kendall's tau: one value for every pair, or a matrix")
    pairs: Pairs | None = Field(default=None, description="instead: [driver, driver, correlation] of each pair that is not 0")
    measure: Literal["rank", "kendall"] = Field(default="rank", description="what the pairs state")
    copula: Literal["gaussian", "student_t"] = "gaussian"
    df: float | None = Field(default=None, description="degrees of freedom of the Student t copula, at least 1")
    repair: bool = Field(default=False, description="use the nearest values that can hold together where the stated ones cannot")


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class StudySpec(Table):
    """A study without its scenarios: everything that one model run needs."""

    title: str | None = None
    notes: str | None = None
    source: str | None = None
    simulation: Simulation = Simulation()
    horizon: Horizon
    money: MoneyUnit
    assumptions: str | None = Field(default=None, description="a set of national assumptions that comes with simrisk")
    population: Population | None = None
    inflation: dict[Name, Rate] = Field(default={}, description="rate of each cost category")
    cost_weights: dict[Name, WeightSet] = Field(default={}, description="sets of cost weights that lines take by name")
    volatility: CommonVolatility = CommonVolatility()
    drivers: dict[Name, Declared] = Field(default={}, description="numbers declared once and used by name")
    correlation: Annotated[tuple[Correlation, ...], BeforeValidator(_as_tuple)] = ()
    parties: dict[Name, Party]
    services: dict[Name, Service]
    schemes: dict[Name, Scheme] = {}
    qipp: dict[Name, Qipp] = {}
    budgets: dict[Name, Budget] = {}
    allocations: dict[Name, Allocation] = {}
    arrangements: dict[Name, Arrangement] = {}
    risks: dict[Name, Risk] = {}
    sensitivity: Sensitivity = Sensitivity()
    checks: dict[Name, Total] = Field(default={}, description="printed totals that the lines should add up to")

    @property
    def years(self) -> int:
        """The number of years, T."""
        return self.horizon.years


def horizon_labels(written: object) -> tuple[str, ...] | None:
    """The labels of years 1 to T of a horizon as it is written; None where it is not written rightly."""
    try:
        return Horizon.model_validate(written).year_labels
    except ValidationError:
        return None


def label_after(base: str, years: int) -> str | None:
    """The label of the year so many years after the base: 2014 gives 2015, "2014/15" gives "2015/16"; None for any other form."""
    found = re.fullmatch(r"(\D*)(\d{4})(?:([/-])(\d{2}|\d{4}))?", base)
    if found is None:
        return None
    start, year, slash, end = found.groups()
    if slash is None:
        return f"{start}{int(year) + years}"
    following = int(end) + years
    return f"{start}{int(year) + years}{slash}{following % 100:02d}" if len(end) == 2 else f"{start}{int(year) + years}{slash}{following}"
