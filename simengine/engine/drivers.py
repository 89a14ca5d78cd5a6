"""Drivers of a study: order in the file, columns of the Sobol' design, streams and dependence (INTERFACE.md, Determinism)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simengine.distributions import Tables
from simengine.distributions.uniform import Uniform
from simengine.engine.build_lines import Noise
from simengine.engine.paths import SUMMED, ar1_carries, carries, sums
from simengine.engine.rows import Driver, RowBook
from simengine.engine.variates import NONE, Variates
from simengine.engine.variates_builder import VariatesBuilder
from simengine.engine.volatility import NoiseRow
from simengine.errors import Problem, StudyError
from simengine.sampling.dependence import factor
from simengine.study.copulas import copulas
from simengine.study.load import Study
from simengine.study.model import StudySpec
from simengine.study.numbers import Uncertain
from simengine.study.plan import built_per_year, written_per_year
from simengine.study.walk import numbers

COLUMNS = 128


@dataclass(frozen=True)
class DriverSet:
    """Every driver of a study and its scenarios: file order, Sobol' column (-1: its stream), whether drawn by year, stream name."""

    order: tuple[str, ...]
    column: Mapping[str, int]
    by_year: Mapping[str, bool]
    stream: Mapping[str, str]


def assign_columns(study: Study) -> DriverSet:
    """Columns by position in the file, for everything that is drawn in the study or in one of its scenarios."""
    by_year: dict[str, bool] = {}
    stream: dict[str, str] = {}
    for spec in (study.spec, *(study.scenario(name) for name in study.scenario_names)):
        for number in numbers(spec):
            if isinstance(number.value, Uncertain) and number.path not in by_year:
                by_year[number.path] = number.value.path != "constant"
                stream[number.path] = number.value.stream or number.path
        for name, line in spec.services.items():
            if line.volatility is not None:
                by_year.setdefault(f"services.{name}.volatility", line.volatility.path != "constant")
                stream.setdefault(f"services.{name}.volatility", f"services.{name}.volatility")
    column = {name: k if k < COLUMNS else -1 for k, name in enumerate(study.drivers)}
    return DriverSet(study.drivers, column, by_year, stream)


class _Uniforms:
    """Uniforms of the drivers, each asked for once."""

    def __init__(self, builder: VariatesBuilder, drivers: DriverSet) -> None:
        self._builder, self._drivers = builder, drivers
        self._index: dict[tuple[str, int], int] = {}

    def of(self, name: str, year: int) -> int:
        """The uniform of a driver in a year (0 is the first): the same in all years where its path is constant."""
        component = year if self._drivers.by_year[name] else 0
        key = (name, component)
        if key not in self._index:
            column = self._drivers.column[name] if component == 0 else -1
            self._index[key] = self._builder.add_uniform(self._drivers.stream[name], component, column)
        return self._index[key]


def _add_groups(spec: StudySpec, uniforms: _Uniforms, builder: VariatesBuilder, drivers: DriverSet, years: int) -> None:
    for k, group in enumerate(copulas(spec, drivers.order)):
        by_year = {drivers.by_year[name] for name in group.names}
        if len(by_year) > 1:
            rule = "must all be drawn once, or all in each year: one value for all years has no partner in each year"
            raise StudyError([Problem(f"correlation[{k}].drivers", rule, value=", ".join(group.names))])
        lower = factor(group.names, group.matrix)
        for year in range(years if by_year == {True} else 1):
            mixing = NONE if group.df is None else builder.add_uniform(group.stream, year)
            builder.add_group([uniforms.of(name, year) for name in group.names], lower, mixing, group.df or 0.0)


def _add_driver(driver: Driver, years: int, uniforms: _Uniforms, builder: VariatesBuilder, tables: Tables) -> None:
    """The values of a driver in each of its rows, and its path over the years."""
    spec = driver.spec
    encoded = [tables.encode(dist, parameters) for dist, parameters in written_per_year(spec, years)]
    for k in range(driver.rows):
        builder.add_value(uniforms.of(driver.name, k), encoded[k if len(encoded) > 1 else 0], driver.row + k)
    if spec.path == "ar1":
        built = built_per_year(spec, years)
        builder.add_path([uniforms.of(driver.name, k) for k in range(years)], ar1_carries(spec, built, years))
    elif spec.path in SUMMED:
        builder.add_sum(driver.row, *sums(spec, years))


def _add_noise(noise: Noise, years: int, uniforms: _Uniforms, builder: VariatesBuilder) -> None:
    """The uniforms of a volatility, after any correlation; the noise is made from them once the tile's spread is known."""
    even = Uniform(min=0.0, max=1.0).encode()
    rows = years if noise.by_year else 1
    for k in range(rows):
        builder.add_value(uniforms.of(noise.name, k), even, noise.uniform + k)
    if noise.rho is not None:
        builder.add_path([uniforms.of(noise.name, k) for k in range(rows)], carries(noise.rho, None))
    if noise.count_uniform != noise.uniform:
        for k in range(years):
            builder.add_value(builder.add_uniform(f"{noise.name}.count", k), even, noise.count_uniform + k)


def own_drivers(drivers: DriverSet, spec: StudySpec) -> DriverSet:
    """The drivers with the paths and streams that this study (or scenario) gives them."""
    by_year, stream = dict(drivers.by_year), dict(drivers.stream)
    for number in numbers(spec):
        if isinstance(number.value, Uncertain):
            by_year[number.path] = number.value.path != "constant"
            stream[number.path] = number.value.stream or number.path
    for name, line in spec.services.items():
        if line.volatility is not None:
            by_year[f"services.{name}.volatility"] = line.volatility.path != "constant"
    return DriverSet(drivers.order, drivers.column, by_year, stream)


def build_variates(
    made: tuple[StudySpec, RowBook, Mapping[str, Noise]], drivers: DriverSet, seed: int, sampler: str, tables: Tables
) -> Variates:
    """Streams, columns, copulas, paths and inverse distributions of one draft, as arrays."""
    spec, book, noises = made
    drivers = own_drivers(drivers, spec)
    builder = VariatesBuilder(sampler, seed)
    uniforms = _Uniforms(builder, drivers)
    for name in drivers.order:
        if name in book.drivers and drivers.by_year[name]:
            for year in range(book.years):
                uniforms.of(name, year)
    _add_groups(spec, uniforms, builder, drivers, book.years)
    for driver in book.drivers.values():
        _add_driver(driver, book.years, uniforms, builder, tables)
    for noise in noises.values():
        _add_noise(noise, book.years, uniforms, builder)
    return builder.build()


def noise_rows(noises: Iterable[Noise], years: int) -> list[NoiseRow]:
    """The rows of the volatilities in the years in which they are drawn."""
    rows = []
    for noise in noises:
        own, activity = (1 if noise.by_year else 0), noise.activity
        second = own if noise.count_uniform == noise.uniform else 1
        rows += [
            NoiseRow(
                noise.uniform + t * own,
                noise.count_uniform + t * second,
                activity.row + activity.stride * t,
                activity.scale[t],
                noise.variation.row + t,
                noise.row + t,
                noise.family,
                noise.low[t],
                noise.high[t],
            )
            for t in range(noise.observed, years)
        ]
    return rows
