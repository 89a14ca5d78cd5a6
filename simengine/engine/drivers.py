"""Drivers of a study: order in the file, columns of the Sobol' design, streams and dependence (INTERFACE.md, Determinism)."""

from collections.abc import Mapping
from dataclasses import dataclass

from simengine.distributions.uniform import Uniform
from simengine.engine.build_lines import Noise
from simengine.engine.rows import RowBook
from simengine.engine.variates import Variates, VariatesBuilder
from simengine.engine.volatility import NoiseRow
from simengine.errors import Problem, StudyError
from simengine.sampling.dependence import factor, kendall_to_pearson, spearman_to_pearson
from simengine.study.load import Study
from simengine.study.model import Correlation, StudySpec
from simengine.study.numbers import Uncertain
from simengine.study.plan import built_per_year
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
                by_year[number.path] = number.value.path == "independent"
                stream[number.path] = number.value.stream or number.path
        for name, line in spec.services.items():
            if line.volatility is not None:
                by_year.setdefault(f"services.{name}.volatility", line.volatility.path == "independent")
                stream.setdefault(f"services.{name}.volatility", f"services.{name}.volatility")
    column = {name: k if k < COLUMNS else -1 for k, name in enumerate(study.drivers)}
    return DriverSet(study.drivers, column, by_year, stream)


def _group_matrix(group: Correlation) -> list[list[float]]:
    """Pearson correlation of the underlying normals."""
    given, convert = (group.rank, spearman_to_pearson) if group.rank is not None else (group.kendall, kendall_to_pearson)
    size = len(group.drivers)
    if isinstance(given, tuple):
        return [[1.0 if i == j else convert(given[i][j]) for j in range(size)] for i in range(size)]
    return [[1.0 if i == j else convert(given or 0.0) for j in range(size)] for i in range(size)]


def _full_names(group: Correlation, drivers: DriverSet) -> list[str]:
    return [name if name in drivers.by_year else f"drivers.{name}" for name in group.drivers]


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
    for k, group in enumerate(spec.correlation):
        names = _full_names(group, drivers)
        yearly = {drivers.by_year[name] for name in names}
        if len(yearly) > 1:
            rule = "must all have the path constant or all independent: one value for all years has no partner in each year"
            raise StudyError([Problem(f"correlation[{k}].drivers", rule, value=", ".join(names))])
        lower = factor(names, _group_matrix(group))
        for year in range(years if yearly == {True} else 1):
            builder.add_group([uniforms.of(name, year) for name in names], lower)


def build_variates(spec: StudySpec, book: RowBook, noises: Mapping[str, Noise], drivers: DriverSet, seed: int, sampler: str) -> Variates:
    """Streams, columns, copula groups and inverse distributions of one draft, as arrays."""
    builder = VariatesBuilder(sampler, seed)
    uniforms = _Uniforms(builder, drivers)
    for name in drivers.order:
        if name in book.drivers and drivers.by_year[name]:
            for year in range(book.years):
                uniforms.of(name, year)
    _add_groups(spec, uniforms, builder, drivers, book.years)
    for name, driver in book.drivers.items():
        encoded = [built.encode() for built in built_per_year(driver.spec, book.years)]
        for k in range(driver.rows):
            builder.add_value(uniforms.of(name, k), encoded[k if len(encoded) > 1 else 0], driver.row + k)
    for noise in noises.values():
        # the uniform itself, after any correlation; the noise is made from it once the tile's spread is known
        for k in range(book.years if noise.by_year else 1):
            builder.add_value(uniforms.of(noise.name, k), Uniform(min=0.0, max=1.0).encode(), noise.uniform + k)
    return builder.build()


def noise_rows(noises: Mapping[str, Noise], years: int) -> list[NoiseRow]:
    """The rows of every volatility."""
    return [
        NoiseRow(
            noise.uniform + (t if noise.by_year else 0), noise.variation.row + t, noise.row + t, noise.family, noise.low[t], noise.high[t]
        )
        for noise in noises.values()
        for t in range(years)
    ]
