"""A first look at the plan of the lines, for advice: planned do-nothing activity and price. The engine's plan is the one that counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from simengine.study.defaults import effect_service, segment_growth, weights_of
from simengine.study.growth import SegmentGrowth
from simengine.study.model import StudySpec
from simengine.study.numbers import Number
from simengine.study.plan import plan_values
from simengine.study.ramps import Ramp, RampTable
from simengine.study.schemes import Effect, Scheme
from simengine.study.services import Service

Years = tuple[float, ...]


@dataclass(frozen=True)
class PlanLine:
    """One line: spend of the base year in the currency as stated, planned activity and price of years 1 to T."""

    base: float
    activity: Years
    price: Years

    @property
    def spend(self) -> Years:
        """Planned do-nothing spend in the currency."""
        return tuple(units * price for units, price in zip(self.activity, self.price, strict=True))


@dataclass
class PlanLines:
    """The plan of a study's lines, worked out where everything that it needs has a plan value."""

    spec: StudySpec
    _lines: dict[str, PlanLine | None] = field(default_factory=dict)
    _values: dict[int, Years | None] = field(default_factory=dict)

    def of(self, name: str) -> PlanLine | None:
        """The plan of a line; None where it cannot be worked out."""
        if name not in self._lines:
            service = self.spec.services.get(name)
            self._lines[name] = None if service is None else self._line(name, service)
        return self._lines[name]

    def values(self, number: Number | None) -> Years | None:
        """The plan values of a number."""
        if number is None:
            return None
        if isinstance(number, float):
            return (number,) * self.spec.years
        if id(number) not in self._values:
            self._values[id(number)] = plan_values(number, self.spec.years, self.spec.drivers)
        return self._values[id(number)]

    def share(self, service: str, segment: str | None) -> Years | None:
        """The planned share of a line's activity that a segment is, by year."""
        line = self.spec.services.get(service)
        if segment is None:
            return (1.0,) * self.spec.years
        part = None if line is None else line.segments.get(segment)
        if part is None or line is None:
            return None
        if part.share is not None:
            return self.values(part.share)
        people, rate, activity = self.values(part.people), self.values(part.rate), self.values(line.activity)
        if people is None or rate is None or activity is None or activity[0] == 0.0:
            return None
        return tuple(people[0] * one / activity[0] for one in rate)

    def effect(self, scheme: Scheme, name: str, effect: Effect) -> tuple[Years, Years] | None:
        """Planned share of the segment in the line, and planned reduction r of the segment, by year."""
        service = effect_service(name, effect)
        share, impact, line = self.share(service, effect.segment), self.values(effect.impact), self.of(service)
        rate = self.product([scheme.delivery, scheme.captured])
        ramp = self.ramp(effect.ramp if effect.ramp is not None else scheme.ramp)
        if share is None or impact is None or line is None or rate is None or ramp is None:
            return None
        whole = 1.0
        if effect.impact_is != "share":
            whole = share[-1] * (line.activity[-1] if effect.impact_is == "units" else line.spend[-1] / self.spec.money.scale)
        if whole == 0.0:
            return None
        return share, tuple(one / whole * part * grown for one, part, grown in zip(impact, rate, ramp, strict=True))

    def product(self, numbers: Sequence[Number]) -> Years | None:
        """The product of plan values, year by year."""
        found: Years = (1.0,) * self.spec.years
        for number in numbers:
            values = self.values(number)
            if values is None:
                return None
            found = tuple(one * other for one, other in zip(found, values, strict=True))
        return found

    def ramp(self, ramp: Ramp) -> Years | None:
        """The planned ramp at the end of each year (docs/model-notes.md, 8)."""
        if not isinstance(ramp, RampTable):
            return self.values(ramp)
        years, delay = self.values(ramp.years), self.values(ramp.delay)
        if years is None or delay is None:
            return None
        return tuple(_ramped(ramp.shape, year + 1, years[year], delay[year]) for year in range(self.spec.years))

    def list_growth(self, segment: str | None) -> Years | None:
        """The planned growth of the list, or of one of its segments."""
        population = self.spec.population
        if population is None:
            return None
        if segment is not None:
            return self.values(segment_growth(self.spec, segment)) if segment in population.segments else None
        if not population.segments:
            return self.values(population.growth)
        parts = [(self.values(part.size), self.values(segment_growth(self.spec, name))) for name, part in population.segments.items()]
        sizes, found = [], []
        for size, growth in parts:
            if size is None or growth is None:
                return None
            sizes.append(size[0])
        for year in range(self.spec.years):
            before = sum(sizes)
            sizes = [size * (1.0 + growth[year]) for size, (_, growth) in zip(sizes, parts, strict=True) if growth is not None]
            found.append(sum(sizes) / before - 1.0 if before else 0.0)
        return tuple(found)

    def factors(self, service: Service) -> dict[str, Years] | None:
        """The planned growth factors of a line by name; one rate goes by the name of growth."""
        if not isinstance(service.growth, dict):
            values = self.values(service.growth)
            return None if values is None else {"growth": values}
        found: dict[str, Years] = {}
        for name, factor in service.growth.items():
            if factor is True or isinstance(factor, SegmentGrowth):
                values = self.list_growth(None if factor is True else factor.segment)
            else:
                values = self.values(factor)
            if values is None:
                return None
            found[name] = values
        return found

    def _line(self, name: str, service: Service) -> PlanLine | None:
        years, scale = self.spec.years, self.spec.money.scale
        if service.spend_by_year is not None:
            spend = self.values(service.spend_by_year)
            return None if spend is None else PlanLine(spend[0] * scale, tuple(one * scale for one in spend), (1.0,) * years)
        units, paid = self.values(service.activity), self.values(service.price)
        if service.spend is not None:
            spend = self.values(service.spend)
            units, paid = (None if spend is None else tuple(one * scale for one in spend)), (1.0,) * years
        factors, prices = self.factors(service), self._price_changes(name, service)
        if units is None or paid is None or factors is None or prices is None:
            return None
        start, price = self._converted(service, units[0], paid[0])
        grown = [list(values) for values in factors.values()]
        moved = [_product(1.0 + values[year] for values in grown) for year in range(years)]
        on_price = service.growth_is == "price"
        activity = _index(start, (1.0,) * years if on_price else moved)
        changes = [one * other for one, other in zip(prices, moved, strict=True)] if on_price else prices
        return PlanLine(units[0] * paid[0], activity, _index(price, changes))

    def _converted(self, service: Service, units: float, price: float) -> tuple[float, float]:
        """Activity and price of the base year (docs/model-notes.md, 21)."""
        conversion = service.conversion
        if conversion is None:
            return units, price
        keys = ("inflation", "efficiency", "growth", "service_investment", "one_off")
        found = {key: (self.values(getattr(conversion, key)) or (0.0,))[0] for key in keys}
        on_price = (1.0 + found["inflation"]) * (1.0 - found["efficiency"])
        units = units * (1.0 + found["growth"])
        if service.spend is None:
            return units, price * on_price
        return units * on_price + (found["service_investment"] + found["one_off"]) * self.spec.money.scale, price

    def _price_changes(self, name: str, service: Service) -> list[float] | None:
        """The factor of each year on the price (docs/model-notes.md, 4)."""
        years = self.spec.years
        weights, inflation = weights_of(self.spec, name), self._inflation()
        required = self.values(service.efficiency_required)
        tariff = (0.0,) * years if service.tariff_change is None else self.values(service.tariff_change)
        if required is None or tariff is None or any(inflation.get(category) is None for category in weights):
            return None
        found = []
        for year in range(years):
            pressure = sum(weight * (inflation[category] or (0.0,) * years)[year] for category, weight in weights.items())
            found.append((1.0 + pressure) * (1.0 - required[year]) * (1.0 + tariff[year]))
        return found

    def _inflation(self) -> Mapping[str, Years | None]:
        return {category: self.values(rate) for category, rate in self.spec.inflation.items()}


def _product(values: Iterable[float]) -> float:
    found = 1.0
    for value in values:
        found *= value
    return found


def _index(start: float, changes: Sequence[float]) -> Years:
    found = []
    for change in changes:
        start *= change
        found.append(start)
    return tuple(found)


def _ramped(shape: str, year: int, years: float, delay: float) -> float:
    since = year - delay
    if years == 0.0:
        return 1.0 if since > 0.0 else 0.0
    x = min(max((float(int(since)) if shape == "stepped" and since > 0.0 else since) / years, 0.0), 1.0)
    return 3.0 * x * x - 2.0 * x**3 if shape == "s_curve" else x
