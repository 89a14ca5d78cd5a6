"""Which years of a study were observed, and what is still open in the settlement of a year all of whose lines were."""

from collections.abc import Iterator, Sequence

from simengine.study.defaults import covered_lines, effect_service, weights_of
from simengine.study.model import StudySpec
from simengine.study.numbers import Number, Uncertain
from simengine.study.walk import numbers


def observed(spec: StudySpec) -> dict[str, dict[str, list[str]]]:
    """The years observed of every line and driver that was, by label; empty where nothing was."""
    labels = spec.horizon.year_labels
    lines = {name: list(labels[: len(line.actual.activity)]) for name, line in spec.services.items() if line.actual is not None}
    drawn = {number.path: number.value for number in numbers(spec) if isinstance(number.value, Uncertain)}
    drivers = {path: list(labels[: len(value.actual)]) for path, value in drawn.items() if value.actual}
    return {kind: found for kind, found in (("services", lines), ("drivers", drivers)) if found}


def settled(spec: StudySpec) -> dict[str, dict[str, list[str]]]:
    """By arrangement, the years in which every covered line was observed, each with what may still move its settlement."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, terms in spec.arrangements.items():
        carried: list[str] = []
        for t, label in enumerate(spec.horizon.year_labels):
            covered = [line for line, years in covered_lines(spec, terms).items() if years[t]]
            if not covered or not all(_seen(spec, line, t) for line in covered):
                break
            left = list(dict.fromkeys([*carried, *_open(spec, name, covered, t)]))
            found.setdefault(name, {})[label] = left
            # a later year of these terms rests on what an earlier one left
            if terms.carry_forward is not None or terms.term_cap or terms.term_collar:
                carried = left
    return found


def words(spec: StudySpec) -> list[str]:
    """Both in words; nothing where nothing was observed."""
    seen, lines = observed(spec), []
    if not seen:
        return []
    for kind in ("services", "drivers"):
        if kind in seen:
            lines.append("observed: " + "; ".join(f"{name} in {_and(years)}" for name, years in seen[kind].items()))
    for name, years in settled(spec).items():
        by_rest: dict[tuple[str, ...], list[str]] = {}
        for label, left in years.items():
            by_rest.setdefault(tuple(left), []).append(label)
        for rest, labels in by_rest.items():
            but = f" but {_and(rest)}" if rest else ""
            lines.append(f"contract {name} in {_and(labels)}: all that it settles on was observed{but}")
    return lines


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _seen(spec: StudySpec, line: str, t: int) -> bool:
    actual = spec.services[line].actual
    return actual is not None and t < len(actual.activity)


def _open(spec: StudySpec, name: str, covered: Sequence[str], t: int) -> Iterator[str]:
    """The drivers that the settlement of year t rests on and that were not observed in it."""
    terms = spec.arrangements[name]
    places = [f"arrangements.{name}."] + [f"services.{line}.variable_share" for line in covered]
    sized = terms.msr_table is not None or terms.mlr_table is not None
    if terms.baseline == "budget":
        places.append(f"budgets.{terms.budget}.")
    if terms.baseline == "budget" or terms.population_adjusted or sized:
        places.append("population.")
    places += [f"drivers.{one.driver}" if one.driver in spec.drivers else one.driver for one in terms.baseline_follows]
    yield from _drawn(spec, places, t)
    for line in covered:
        # spend is known, and so activity only where the price is
        actual = spec.services[line].actual
        priced = spec.services[line].activity is not None or (actual is not None and t < len(actual.price))
        if not priced and any(_drawn(spec, _price_places(spec, line), t)):
            yield f"the price of {line}"


def _price_places(spec: StudySpec, name: str) -> list[str]:
    """The places of the numbers that the price of a line with spend rests on."""
    line = spec.services[name]
    places = [f"services.{name}.{key}" for key in ("efficiency_required", "tariff_change")]
    places += [f"inflation.{category}" for category in weights_of(spec, name)]
    places += [f"services.{name}.growth"] if line.growth_is == "price" else []
    for scheme, one in spec.schemes.items():
        acting = [key for key, effect in one.effects.items() if effect.acts_on == "price" and effect_service(key, effect) == name]
        places += [f"schemes.{scheme}.{key}" for key in ("delivery", "captured", "ramp") if acting]
        places += [f"schemes.{scheme}.effects.{key}." for key in acting]
    return places


def _drawn(spec: StudySpec, places: Sequence[str], t: int) -> Iterator[str]:
    """The drivers at some places (or below them) that are drawn in year t."""
    for number in numbers(spec):
        if not any(number.path == place or number.path.startswith(place if place.endswith(".") else f"{place}.") for place in places):
            continue
        name = f"drivers.{number.value}" if isinstance(number.value, str) else number.path
        if not _known(spec, number.value, t):
            yield name


def _known(spec: StudySpec, value: Number, t: int) -> bool:
    """Whether a number is the same in every draw of year t (0 is the first)."""
    if isinstance(value, str):
        return _known(spec, spec.drivers[value], t)
    return not isinstance(value, Uncertain) or t < len(value.actual)
