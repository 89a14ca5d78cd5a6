"""Value of information: what it would be worth to know something before deciding, from stored draws.

For options with benefits ``nb[d]``, the expected value of perfect information is EVPI = E[max_d nb_d] - max_d E[nb_d], and that of knowing
only the drivers A is EVPPI(A) = E[max_d E[nb_d | A]] - max_d E[nb_d] (Raiffa and Schlaifer 1961, Applied Statistical Decision Theory;
by regression: Strong, Oakley and Brennan 2014, Medical Decision Making 34, 311-326).

The value here is that of decision rules, not of fitted means: choose on every draw the option whose fitted mean is largest, and add up
what this option in fact brings. A rule fitted on other draws than those it is applied to never gains by chance: its value is too low
by what the rule is worse than the best one (``lower``). A rule fitted on the same draws is too high by about as much (``upper``). The
estimate is the middle between the two, and half of what lies between them is part of its interval.

Whoever knows A and B can decide as if A were all: so a set is worth at least what any set within it is reported to be worth, and never
more than EVPI. Where the raw estimates differ from this by chance they are raised to it; ``lower`` and ``upper`` are as they were found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.sensitivity_analysis.conditional_mean import ConditionalMean, Folds, crossings
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Measures, Output
from simengine.statistics.student import t_quantile

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

#: Fewest draws from which a mean given anything is fitted.
FEWEST = 512
EVERYTHING = "everything"
NOTES = (
    "a driver that is correlated with others tells of these too, and its value counts that",
    "what depends on three drivers only together is not seen by the regression: a value may then be too low",
)
_CONSTANT = 1e-12


@dataclass(frozen=True)
class Decision:
    """Options between which each of several parties, or the system, would choose.

    ``benefit`` is what an option brings, shape (option, output, draw), in the unit of the outputs: which are the parties' positions.
    """

    name: str
    options: tuple[str, ...]
    outputs: tuple[Output, ...]
    benefit: Array


@dataclass(frozen=True)
class Switch:
    """The value of a driver at which the best option changes, where there is exactly one."""

    unit: str
    output: int
    value: float
    below: str
    above: str


@dataclass(frozen=True)
class Information:
    """What it is worth to know things before a decision.

    Attributes
    ----------
    decision
        ``sign`` or ``terms``; ``options`` are what there is to choose from.
    preferred
        The option with the largest mean, by output: what would be chosen now.
    mean, chance_best
        Mean benefit of each option, and the share of draws in which it is the best, shape (option, output).
    evpi
        Measure ``evpi`` of the one unit ``everything``: what a forecast without error of everything would be worth.
    evppi
        Measures ``evppi``, ``lower`` and ``upper`` of each driver.
    by_group
        The same of groups of drivers: risk categories by default.
    switches
        At which value of a single driver the best option changes.
    """

    decision: str
    options: tuple[str, ...]
    preferred: tuple[str, ...]
    mean: Array
    chance_best: Array
    evpi: Measures
    evppi: Measures
    by_group: Measures
    switches: tuple[Switch, ...] = ()

    def all_measures(self) -> tuple[Measures, ...]:
        """Everything with a value and an interval, as rows of JSON are made of it."""
        return self.evpi, self.evppi, self.by_group


def value_of_information(
    decision: Decision,
    drivers: Mapping[str, Array],
    sampler: str,
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    good: Flags | None = None,
) -> Information:
    """What it would be worth to know each driver, each group of them, and everything before a decision.

    Parameters
    ----------
    decision
        Options and what they bring.
    drivers
        Drawn values of each driver, (draw,) or (draw, year).
    sampler
        Design of the draws: ``sobol``, ``lhs`` or ``random``.
    groups
        Names of drivers by group.
    good
        Draws that count; by default those in which every benefit and driver is finite. A draw that does not keeps its place.

    Raises
    ------
    ValueError
        Where there are fewer than two options, or a group names a driver that there is none of.
    """
    named = {} if groups is None else {name: tuple(members) for name, members in groups.items()}
    _check(decision, drivers, named)
    values = {name: np.atleast_2d(np.asarray(value, dtype=np.float64).T) for name, value in drivers.items()}
    use = np.asarray(np.isfinite(decision.benefit).all(axis=(0, 1)))
    if good is not None:
        use &= good
    for value in values.values():
        use &= np.isfinite(value).all(axis=0)
    draws = decision.benefit.shape[2]
    folds = Folds.of(draws, sampler, use)
    attrs = {"decision": decision.name, "draws": draws, "failed": int(draws - use.sum()), "sampler": sampler, "level": 0.95}
    if len(folds.order) < FEWEST or not np.diff(folds.edges).all():
        return _unknown(decision, tuple(drivers), tuple(named), attrs)
    return _Valued(decision, folds, attrs).information(values, named)


def _check(decision: Decision, drivers: Mapping[str, Array], groups: Mapping[str, Sequence[str]]) -> None:
    if len(decision.options) < 2:
        msg = f"a decision needs at least two options; {decision.name} has {', '.join(decision.options) or 'none'}"
        raise ValueError(msg)
    for group, members in groups.items():
        unknown = [member for member in members if member not in drivers]
        if unknown:
            msg = f"group {group} names {', '.join(unknown)}, of which there are no draws"
            raise ValueError(msg)


class _Valued:
    """Decisions on the draws that count, group after group."""

    def __init__(self, decision: Decision, folds: Folds, attrs: Mapping[str, object]) -> None:
        self.decision, self.folds, self.attrs = decision, folds, attrs
        self.benefit = np.ascontiguousarray(decision.benefit[:, :, folds.order])
        self.mean = self.benefit.mean(axis=2)
        self.best_now = self.mean.argmax(axis=0)
        outputs = np.arange(len(decision.outputs))
        self.now = self.benefit[self.best_now, outputs]
        scale = np.abs(self.benefit).max(axis=(0, 2))
        apart = np.ptp(self.benefit - self.benefit[:1], axis=2).max(axis=0)
        self.varies = apart > _CONSTANT * np.where(scale > 0.0, scale, 1.0)
        # what each option brings more than the first: only differences matter
        self.more = (self.benefit[1:] - self.benefit[:1]).reshape(-1, self.benefit.shape[2])
        self.student = t_quantile(folds.count - 1)

    def information(self, values: Mapping[str, Array], groups: Mapping[str, Sequence[str]]) -> Information:
        gained, error = self.folds.mean_and_error(self.benefit.max(axis=0) - self.now)
        half = self.student * error
        perfect = gained[np.newaxis], np.maximum(gained - half, 0.0)[np.newaxis], (gained + half)[np.newaxis]
        evpi = self._measures("evpi", (EVERYTHING,), {"evpi": perfect}, "group")
        ordered = {name: value[:, self.folds.order] for name, value in values.items()}
        found, switches = [], []
        for name, columns in ordered.items():
            mean = ConditionalMean(columns, self.more, self.folds)
            found.append(self._of(mean))
            switches += self._switches(name, mean)
        singles = self._coherent(np.array(found).reshape(-1, 3, 3, len(self.now)), perfect, {})
        of_groups = [self._of(ConditionalMean(self._together(ordered, members), self.more, self.folds)) for members in groups.values()]
        inside = {g: [list(ordered).index(name) for name in members] for g, members in enumerate(groups.values())}
        together = np.array(of_groups).reshape(-1, 3, 3, len(self.now))
        grouped = self._coherent(together, perfect, inside, singles, list(groups.values()))
        chance = np.stack([self.benefit.argmax(axis=0) == d for d in range(len(self.mean))]).mean(axis=2)
        options = self.decision.options
        return Information(
            self.decision.name,
            options,
            tuple(options[d] for d in self.best_now),
            self.mean,
            chance,
            evpi,
            self._measures("evppi", tuple(ordered), _by_measure(singles), "driver"),
            self._measures("evppi", tuple(groups), _by_measure(grouped), "group"),
            tuple(switches),
        )

    @staticmethod
    def _together(ordered: Mapping[str, Array], members: Sequence[str]) -> Array:
        return np.concatenate([ordered[name] for name in members]) if members else np.empty((0, next(iter(ordered.values())).shape[1]))

    def _of(self, mean: ConditionalMean) -> Array:
        """Of what is known: estimate, and what rules fitted on other and on the same draws are worth; each (value, low, high) (output,)."""
        fitted, crossed = mean.values()
        (upper, above), (lower, below) = (self.folds.mean_and_error(self._gained(rule)) for rule in (fitted, crossed))
        middle, between = (lower + upper) / 2.0, (upper - lower) / 2.0
        half = np.sqrt((self.student * below) ** 2 + between**2)
        rows = [(middle, half), (lower, self.student * below), (upper, self.student * above)]
        return np.array([(value, value - width, value + width) for value, width in rows])

    def _gained(self, fitted: Array) -> Array:
        """What a rule brings more than deciding now, (output, place), from the fitted advantage of every option over the first."""
        options, outputs, draws = self.benefit.shape
        advantage = np.concatenate([np.zeros((1, outputs, draws)), fitted.reshape(options - 1, outputs, draws)])
        chosen = advantage.argmax(axis=0)
        return np.asarray(np.take_along_axis(self.benefit, chosen[np.newaxis], axis=0)[0] - self.now)

    def _coherent(
        self,
        found: Array,
        perfect: tuple[Array, Array, Array],
        inside: Mapping[int, Sequence[int]],
        singles: Array | None = None,
        members: Sequence[Sequence[str]] = (),
    ) -> Array:
        """Estimates (unit, measure, 3, output) within 0 and EVPI, and at least those of the drivers and groups within a group."""
        made = found.copy()
        made[:, 0] = np.maximum(made[:, 0], 0.0)
        # a group within another comes before it
        for g in sorted(inside, key=lambda g: len(members[g])):
            parts = [] if singles is None else [singles[k, 0] for k in inside[g]]
            parts += [made[k, 0] for k in inside if k != g and set(members[k]) < set(members[g])]
            for part in parts:
                made[g, 0] = np.maximum(made[g, 0], part)
        made[:, 0, 0] = np.minimum(made[:, 0, 0], perfect[0][0])
        made[:, 0, 1] = np.minimum(made[:, 0, 1], made[:, 0, 0])
        made[:, 0, 2] = np.maximum(np.minimum(made[:, 0, 2], perfect[2][0]), made[:, 0, 0])
        return made

    def _measures(self, method: str, units: tuple[str, ...], found: Mapping[str, tuple[Array, Array, Array]], kind: str) -> Measures:
        value, low, high = (np.array([one[k] for one in found.values()]).reshape(len(found), len(units), len(self.now)) for k in range(3))
        verdict = np.where(self.varies, np.where(low > 0.0, PLAIN, NOT_DISTINGUISHABLE), NO_VARIATION).astype(np.uint8)
        names, outputs = tuple(found), self.decision.outputs
        notes = NOTES if method == "evppi" else ()
        return Measures(method, names, units, outputs, value, low, high, verdict, kind, notes, dict(self.attrs))

    def _switches(self, unit: str, mean: ConditionalMean) -> list[Switch]:
        """The value at which the best of two options changes, by output."""
        knots, advantage = mean.at_knots()
        if len(self.decision.options) != 2 or not len(knots):
            return []
        found = []
        for output, values in enumerate(advantage):
            at = crossings(knots, values)
            if len(at) == 1:
                first, second = self.decision.options
                below, above = (second, first) if values[0] > 0.0 else (first, second)
                found.append(Switch(unit, output, at[0], below, above))
        return found


def _by_measure(found: Array) -> dict[str, tuple[Array, Array, Array]]:
    """From (unit, measure, 3, output): estimates and intervals (unit, output) by measure."""
    return {name: (found[:, m, 0], found[:, m, 1], found[:, m, 2]) for m, name in enumerate(("evppi", "lower", "upper"))}


def _unknown(decision: Decision, units: tuple[str, ...], groups: tuple[str, ...], attrs: Mapping[str, object]) -> Information:
    """Too few draws that count to know anything."""
    outputs, options = decision.outputs, len(decision.options)

    def nothing(method: str, measures: tuple[str, ...], named: tuple[str, ...], kind: str) -> Measures:
        shape = len(measures), len(named), len(outputs)
        empty, verdict = np.full(shape, np.nan), np.full(shape, NOT_KNOWN, dtype=np.uint8)
        return Measures(method, measures, named, outputs, empty, empty, empty, verdict, kind, (), dict(attrs))

    three, unknown = ("evppi", "lower", "upper"), np.full((options, len(outputs)), np.nan)
    evpi = nothing("evpi", ("evpi",), (EVERYTHING,), "group")
    of_units, of_groups = nothing("evppi", three, units, "driver"), nothing("evppi", three, groups, "group")
    return Information(decision.name, decision.options, ("",) * len(outputs), unknown, unknown, evpi, of_units, of_groups)
