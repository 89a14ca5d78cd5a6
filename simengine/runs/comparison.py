"""Whether two stored runs are on the same draws, and how they differ (``simrisk compare``)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from simengine.errors import ResultError
from simengine.results.frame import Frame, as_frame
from simengine.results.store import read_result
from simengine.schema import VARIABLES
from simengine.statistics.paired import OF_DIFFERENCES, Difference, Run, common_outputs, paired_differences
from simengine.statistics.series import STATISTICS

_SHOWN = 5


@dataclass(frozen=True)
class Side:
    """One of the runs that are compared."""

    path: Path
    scenario: str
    frame: Frame
    summary: Frame

    @property
    def about(self) -> Mapping[str, Any]:
        """The attributes of the file."""
        return self.frame.attrs

    @property
    def draws(self) -> int:
        """How many draws it has."""
        return int(self.about["draws"])

    def described(self) -> dict[str, object]:
        """What a row of JSON says of it."""
        about = {"study": str(self.about["study_name"]), "hash": str(self.about["study_hash"]), "seed": int(self.about["seed"])}
        return {"file": str(self.path), **about, "scenario": self.scenario, "draws": self.draws, "failed": int(self.about["failed"])}


@dataclass(frozen=True)
class Comparison:
    """The second run less the first.

    Attributes
    ----------
    first, second
        The two runs.
    paired
        Whether draw by draw; otherwise differences of the two runs' own statistics.
    draws
        How many draws were compared.
    failed
        Draws left out because one of the runs failed there.
    differences
        By output, entity and period.
    notes
        What a reader should know: drivers that only one of them has, and the like.
    """

    first: Side
    second: Side
    paired: bool
    draws: int
    failed: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = field(default_factory=tuple)


def compare(first: Path, second: Path, *, scenarios: tuple[str, str] = ("base", "base"), paired: bool = True) -> Comparison:
    """How the second stored run differs from the first, on common draws.

    Parameters
    ----------
    first, second
        Results; they may be the same file, for two of its scenarios.
    scenarios
        The scenario of each.
    paired
        Draw by draw; without, the runs count as independent of each other.

    Raises
    ------
    ResultError
        Where a file is no result or lacks the scenario, where the amounts cannot be compared, and, of a paired comparison, where the runs
        are not on the same draws or hold none: with every reason.
    """
    opened = [read_result(path) for path in (first, second)]
    try:
        sides = [
            Side(path, scenario, as_frame(run), as_frame(summary))
            for path, scenario, (run, summary) in zip((first, second), scenarios, opened, strict=True)
        ]
        _check_comparable(*sides)
        return _paired(*sides) if paired else _unpaired(*sides)
    finally:
        for run, summary in opened:
            run.close()
            summary.close()


def _check_comparable(first: Side, second: Side) -> None:
    for side in (first, second):
        known = side.summary.labels("scenario")
        if side.scenario not in known:
            msg = f"{side.path} has no scenario {side.scenario}: it has {', '.join(known)}"
            raise ResultError(msg)
    units = [str(side.about["money_unit"]).partition(" ")[0] for side in (first, second)]
    if units[0] != units[1]:
        msg = f"amounts in {units[0]} and {units[1]} cannot be compared: {first.path} and {second.path}"
        raise ResultError(msg)
    if not set(first.frame.labels("year")) & set(second.frame.labels("year")):
        msg = f"{first.path} and {second.path} have no year in common"
        raise ResultError(msg)


def not_common(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Every reason why two runs, by the attributes of their files, are not on the same draws."""
    reasons = []
    for key, name in (("seed", "seed"), ("sampler", "design"), ("stream_version", "version of the random streams")):
        if str(first[key]) != str(second[key]):
            reasons.append(f"the {name} is {first[key]} in the first and {second[key]} in the second")
    columns = [json.loads(str(about["column_map"])) for about in (first, second)]
    both = [name for name in columns[0] if name in columns[1]]
    if any(columns) and not both:
        reasons.append("they have no driver in common")
    if str(first["sampler"]) == "sobol":
        moved = [name for name in both if columns[0][name] != columns[1][name]]
        if moved:
            reasons.append(
                f"{_listed(moved)} {'has' if len(moved) == 1 else 'have'} another column of the design (columns = [...] keeps them)"
            )
    return reasons


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more drivers" if len(names) > _SHOWN else "")


def _paired(first: Side, second: Side) -> Comparison:
    reasons = not_common(first.about, second.about)
    if reasons:
        msg = f"{first.path} and {second.path} are not on the same draws: {'; '.join(reasons)}. --unpaired compares them as independent"
        raise ResultError(msg)
    if not common_outputs(first.frame, second.frame):
        msg = (
            f"{first.path} and {second.path} hold no draws of the same output (--store positions keeps them). --unpaired compares summaries"
        )
        raise ResultError(msg)
    draws = min(first.draws, second.draws)
    one, other = Run(first.frame, first.scenario), Run(second.frame, second.scenario)
    failed = int((~(one.good(draws) & other.good(draws))).sum())
    found = tuple(paired_differences(one, other, draws, str(first.about["sampler"])))
    return Comparison(first, second, True, draws, failed, found, tuple(_notes(first, second, draws)))


def _notes(first: Side, second: Side, draws: int) -> list[str]:
    """What the runs do not have in common."""
    notes = []
    sides = (first, second)
    drivers = [set(json.loads(str(side.about["column_map"]))) for side in sides]
    for k, word in ((0, "first"), (1, "second")):
        own = sorted(drivers[k] - drivers[1 - k])
        if own:
            notes.append(f"only the {word} run draws {_listed(own)}")
    for k, word in ((0, "first"), (1, "second")):
        if sides[k].draws > draws:
            notes.append(f"of the {word} run only the first {draws:,} of {sides[k].draws:,} draws are compared")
        for dimension in ("year", "party", "arrangement", "budget"):
            labels = [set(side.frame.labels(dimension)) if dimension in side.frame.coords else set() for side in sides]
            if lacking := sorted(labels[k] - labels[1 - k]):
                notes.append(f"only the {word} run has the {dimension} {_listed(lacking)}")
    if str(first.about.get("correlations", "[]")) != str(second.about.get("correlations", "[]")):
        notes.append("the drivers are not correlated in the same way")
    return notes


def _unpaired(first: Side, second: Side) -> Comparison:
    """Differences of the two summaries, with the errors of independent runs."""
    names = [name for name in VARIABLES if all(name in side.summary and f"{name}_se" in side.summary for side in (first, second))]
    found = tuple(one for name in names for one in _of_summaries(name, first, second))
    notes = ["compared as independent runs: a difference of quantiles is not the quantile of a difference"]
    same = "; ".join(not_common(first.about, second.about))
    notes += [f"not on the same draws: {same}"] if same else ["the runs are on the same draws: without --unpaired the errors are smaller"]
    return Comparison(first, second, False, min(first.draws, second.draws), 0, found, tuple(notes))


def _of_summaries(name: str, first: Side, second: Side) -> list[Difference]:
    sides = (first, second)
    dims = VARIABLES[name].entity
    both = [[label for label in first.summary.labels(dim) if label in second.summary.labels(dim)] for dim in dims]
    periods = [period for period in first.summary.labels("period") if period in second.summary.labels("period")]
    if first.frame.labels("year") != second.frame.labels("year"):
        periods = periods[:-1]
    size, found = len(OF_DIFFERENCES), []
    for place in np.ndindex(*(len(labels) for labels in both)):
        entity = tuple((dim, labels[k]) for dim, labels, k in zip(dims, both, place, strict=True))
        for period in periods:
            at = {**dict(entity), "period": period}
            values = [side.summary.at(name, scenario=side.scenario, **at) for side in sides]
            errors = [side.summary.at(f"{name}_se", scenario=side.scenario, **at) for side in sides]
            mean = STATISTICS.index("mean")
            together = np.hypot(errors[0], errors[1])[:size]
            means = float(values[0][mean]), float(values[1][mean])
            found.append(Difference(name, entity, period, *means, (values[1] - values[0])[:size], together, float(together[mean])))
    return found
