"""Targets of precision: which statistic of which output is to be known how well, as it is written on the command line.

``0.5%`` · ``net_position=0.5%`` · ``net_position.q05=1%`` · ``party_position[trust].expected_shortfall=0.25`` ·
``settlement[acute,trust].mean.2027=1%`` · ``net_position[bold]=1%``: an output, names along its dimensions in the order of the result
(a scenario last, by default the base), a statistic (mean; of a flag its chance), a year (by default the term), and the half width of
the 95 % interval, as a share of the value or as an amount: in the study's unit of money, or what else the output is measured in.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from simengine.engine.series import COMPARED
from simengine.errors import DataError, Problem
from simengine.schema import CURRENCY, DETAIL_VARIABLES, FLAGS, VARIABLES
from simengine.statistics.series import STATISTICS
from simengine.statistics.summary import TERM
from simengine.study.defaults import arrangement_parties
from simengine.study.distribution_keys import nearest
from simengine.study.load import Study
from simengine.study.units import percent

OPTION = "--precision"
BASE = "base"
#: What is meant where only a tolerance is stated.
DEFAULT_OUTPUT = "net_position"
_DIFFERENCE = "_difference"
_CHANCES = ("p_below_zero", "p_above_zero")
_OTHER_NAMES = {
    "median": "q50",
    "average": "mean",
    "std": "sd",
    "var": "value_at_risk",
    "es": "expected_shortfall",
    "cvar": "expected_shortfall",
}
_WHAT = re.compile(r"\s*([^.\[\]]*?)\s*(?:\[([^\]]*)\])?\s*(?:\.(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Target:
    """A statistic and how well it is to be known.

    ``tolerance`` is a share of the absolute value where ``relative``, else in ``unit``, that of the result (currency, people, 1);
    ``scale`` is how many of it are one of ``shown_unit``, in which amounts are stated and shown.
    """

    output: str
    statistic: str
    period: str
    entity: tuple[tuple[str, str], ...]
    scenario: str
    tolerance: float
    relative: bool
    unit: str
    shown_unit: str
    scale: float

    @property
    def place(self) -> dict[str, str]:
        """Where it is found in a summary: the label along every dimension of the output."""
        return {"statistic": self.statistic, "period": self.period, **dict(self.entity), "scenario": self.scenario}

    @property
    def name(self) -> str:
        """What it is a precision of, in words."""
        names = ", ".join(label for _, label in self.entity)
        where = f" of {names}" if names else ""
        scenario = "" if self.scenario == BASE else f", scenario {self.scenario}"
        return f"{self.output}{where}, {self.statistic}, {self.period}{scenario}"

    @property
    def tolerance_text(self) -> str:
        """The tolerance as it would be written: ``±0.5%`` or ``±250 GBP k``."""
        if self.relative:
            return f"±{100.0 * self.tolerance:.12g}%"
        unit = "" if self.shown_unit == "1" else f" {self.shown_unit}"
        return f"±{self.tolerance / self.scale:.12g}{unit}"


@dataclass(frozen=True)
class Places:
    """What a study has to name: labels along every dimension, the parties of each arrangement, its money, and what a run stores."""

    labels: Mapping[str, Sequence[str]]
    members: Mapping[str, Sequence[str]]
    currency: str
    money_unit: str
    scale: float
    stored: Sequence[str]

    def outputs(self) -> list[str]:
        """The outputs that a run of the study summarises."""
        there = [name for name, variable in VARIABLES.items() if all(self.labels[dimension] for dimension in variable.entity)]
        return [*there, *(name + _DIFFERENCE for name in COMPARED)] if len(self.labels["scenario"]) > 1 else there


def places_of(study: Study, scenarios: Sequence[str] = (), stored: Sequence[str] = ()) -> Places:
    """What a run of a study has to name; ``scenarios`` are those beside the base, ``stored`` the variables whose draws are stored."""
    spec = study.spec
    labels = {
        "year": spec.horizon.year_labels,
        "service": tuple(spec.services),
        "scheme": tuple(spec.schemes),
        "party": tuple(spec.parties),
        "arrangement": tuple(spec.arrangements),
        "budget": tuple(spec.budgets),
        "stream": tuple(spec.allocations),
        "segment": () if spec.population is None else tuple(spec.population.segments),
        "scenario": (BASE, *scenarios),
    }
    members = {name: arrangement_parties(spec, arrangement) for name, arrangement in spec.arrangements.items()}
    return Places(labels, members, spec.money.currency, spec.money.unit, spec.money.scale, tuple(stored))


def parse_targets(texts: Sequence[str], places: Places) -> tuple[Target, ...]:
    """The targets that texts state, all of which must hold; DataError with every problem in any of them."""
    found, problems = [], []
    for text in texts:
        reading = _Reading(text, places)
        target = reading.target()
        problems += reading.problems
        if target is not None and not reading.problems:
            found.append(target)
    if problems:
        raise DataError(problems)
    return tuple(dict.fromkeys(found))


def parse_amounts(texts: Sequence[str], places: Places, option: str) -> tuple[tuple[Target, float], ...]:
    """Statistics and an amount for each, from texts such as ``party_position[trust].p_below_zero=0.1``, as an option has them.

    The amount is one of the unit of the result; in the text money is in the study's unit, and a chance may be a percentage. Raises
    DataError with every problem in any of them.
    """
    found, problems = [], []
    for text in texts:
        what, _, stated = text.rpartition("=")
        reading = _Reading(text, places, option)
        target = reading.output(what)
        amount = _amount(stated)
        if not what or amount is None:
            problems.append(Problem(text, "is not of the form OUTPUT[NAMES].STATISTIC.YEAR=AMOUNT", stated or None, file=option))
        problems += reading.problems
        if target is not None and amount is not None and not reading.problems:
            found.append((target, amount * target.scale))
    if problems:
        raise DataError(problems)
    return tuple(found)


class _Reading:
    """One text being read; ``problems`` holds what is wrong with it."""

    def __init__(self, text: str, places: Places, option: str = OPTION) -> None:
        self.text, self.places, self.option = text, places, option
        self.problems: list[Problem] = []

    def _wrong(self, rule: str, value: object = None, near: str | None = None) -> None:
        self.problems.append(Problem(self.text, rule, value, near, file=self.option))

    def target(self) -> Target | None:
        """The target; None where its output is not known, and of no use where there are problems."""
        what, equals, stated = self.text.rpartition("=")
        if not equals and _tolerance(stated) is None and _WHAT.fullmatch(stated) and re.match(r"\s*[A-Za-z]", stated):
            what, stated = stated, ""
        tolerance = _tolerance(stated)
        if tolerance is None:
            rule = "states no tolerance: =0.5% for half a per cent of the value, or =AMOUNT, above 0, on either side"
            self._wrong(rule, stated.strip() or None)
        found = self.output(what if equals or what else DEFAULT_OUTPUT)
        if tolerance is None or found is None:
            return None
        relative, amount = tolerance
        return replace(found, tolerance=amount if relative else amount * found.scale, relative=relative)

    def output(self, what: str) -> Target | None:
        """Which statistic of which output is meant, with a tolerance of 0; of no use where there are problems, None where it is none."""
        parts = _WHAT.fullmatch(what)
        if parts is None:
            self._wrong("is not of the form OUTPUT[NAMES].STATISTIC.YEAR=TOLERANCE", what)
            return None
        output, names, rest = parts[1], parts[2], parts[3]
        if output not in self.places.outputs():
            self._unknown_output(output)
            return None
        entity, scenario = self._labels(output, [] if names is None else [name.strip() for name in names.split(",")])
        statistic, period = self._statistic_and_period(output, rest)
        unit, shown, scale = self._units(output, statistic)
        return Target(output, statistic, period, entity, scenario, 0.0, False, unit, shown, scale)

    def _units(self, output: str, statistic: str) -> tuple[str, str, float]:
        """Unit of the result, unit in which amounts are stated, and how many of the first are one of the second."""
        unit = VARIABLES[output.removesuffix(_DIFFERENCE)].unit
        if statistic in _CHANCES:
            return "1", "1", 1.0
        if unit == CURRENCY:
            return self.places.currency, self.places.money_unit, self.places.scale
        return unit, unit, 1.0

    def _unknown_output(self, output: str) -> None:
        known = self.places.outputs()
        if output in VARIABLES:
            lacking = next(dimension for dimension in VARIABLES[output].entity if not self.places.labels[dimension])
            self._wrong(f"has no value in this study, which has no {lacking}", output)
        elif output.removesuffix(_DIFFERENCE) in COMPARED:
            self._wrong("is a difference from the base: name a scenario to run beside it (--scenario)", output)
        else:
            self._wrong("is not an output of this study", output, nearest(output, known))

    def _labels(self, output: str, names: list[str]) -> tuple[tuple[tuple[str, str], ...], str]:
        """Labels along the dimensions of the output, and the scenario."""
        dimensions, given = VARIABLES[output.removesuffix(_DIFFERENCE)].entity, list(names)
        scenario = given.pop() if len(given) == len(dimensions) + 1 else BASE
        if not given and all(len(self.places.labels[dimension]) == 1 for dimension in dimensions):
            given = [self.places.labels[dimension][0] for dimension in dimensions]
        if len(given) != len(dimensions):
            expected = f"[{', '.join((*dimensions, 'scenario'))}]"
            first = ", ".join(self.places.labels[dimensions[0]][:8]) if dimensions else ", ".join(self.places.labels["scenario"])
            what = "the last may be left out" if dimensions else "which may be left out"
            which = dimensions[0] if dimensions else "scenario"
            self._wrong(f"{output} takes {expected}, {what}; {which}: {first}", ", ".join(names) or None)
            return (), BASE
        for dimension, name in zip((*dimensions, "scenario"), (*given, scenario), strict=True):
            known = list(self.places.labels[dimension])
            if name not in known:
                asked = "that is run (--scenario)" if dimension == "scenario" else "of this study"
                article = "an" if dimension[0] in "aeiou" else "a"
                self._wrong(f"is not {article} {dimension} {asked}; it has {_listed(known)}", name, nearest(name, known))
        if output.endswith(_DIFFERENCE) and scenario == BASE:
            self._wrong(f"is a difference from the base: name one of {_listed(self.places.labels['scenario'][1:])} in brackets, last")
        entity = tuple(zip(dimensions, given, strict=True))
        self._member(dict(entity))
        return entity, scenario

    def _member(self, entity: Mapping[str, str]) -> None:
        """A party must be one of the arrangement's: of others there is nothing to know."""
        members = self.places.members.get(entity.get("arrangement", ""))
        party = entity.get("party")
        if members is not None and party in self.places.labels["party"] and party not in members:
            rule = f"is not a party of {entity['arrangement']}, whose parties are {_listed(members)}"
            self._wrong(rule, party, nearest(party, list(members)))

    def _statistic_and_period(self, output: str, rest: str | None) -> tuple[str, str]:
        statistic = "p_above_zero" if output in FLAGS else "mean"
        period, periods = TERM, [*self.places.labels["year"], TERM]
        words = [] if rest is None else [rest.strip()]
        # either may come first; a year's own name may hold a dot
        for at in (0, -1):
            parts = words[0].split(".") if words else []
            if parts and parts[at].strip() in STATISTICS:
                statistic = parts.pop(at).strip()
                words = [".".join(parts).strip()] if parts else []
                break
        if words and words[0] in periods:
            period = words[0]
        elif words:
            rule = f"is neither a statistic ({', '.join(STATISTICS)}) nor a year of this study ({_listed(periods)})"
            self._wrong(rule, words[0], _meant(words[0]) or nearest(words[0], [*STATISTICS, *periods]))
            return statistic, period
        self._has_an_error(output, statistic, period)
        return statistic, period

    def _has_an_error(self, output: str, statistic: str, period: str) -> None:
        """Refuse what no number of draws would tell the error of."""
        if output in DETAIL_VARIABLES and output not in self.places.stored and (statistic != "mean" or period == TERM):
            years = _listed(self.places.labels["year"])
            rule = f"only the mean by year of {output} has an error ({years}) unless its draws are stored (--store)"
            self._wrong(rule, f"{statistic}.{period}")
        if output in FLAGS and period == TERM and statistic not in _CHANCES:
            self._wrong(f"of {output} over the term only {' and '.join(_CHANCES)} are known", statistic, _CHANCES[1])


def _tolerance(text: str) -> tuple[bool, float] | None:
    """Whether it is a share of the value, and how much; None where the text states no tolerance above 0."""
    value = _amount(text)
    return (percent(text) is not None, value) if value is not None and value > 0.0 else None


def _amount(text: str) -> float | None:
    """A finite number, or a percentage; None where the text is neither."""
    share = percent(text)
    try:
        value = float(text.replace("_", "")) if share is None else share
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _meant(word: str) -> str | None:
    """The statistic that another name of it stands for: a percentile with another letter or fewer figures, a common short name."""
    found = re.fullmatch(r"[pPqQ](\d{1,2})", word)
    name = f"q{int(found[1]):02}" if found else _OTHER_NAMES.get(word.lower(), "")
    return name if name in STATISTICS else None


def _listed(names: Sequence[str]) -> str:
    """Names as a list, the first of many."""
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
