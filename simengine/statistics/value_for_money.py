"""Value for money of each scheme: saving, cost, benefit-cost ratio, payback, cost per outcome (MODEL.md 3, 4 and 7; HFMA exhibit 2).

Nothing here is discounted. Saving is gross saving at price; net saving is what is left of it after running costs and investments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from simengine.engine.build_effects import ramp_slot
from simengine.engine.plan import Prepared
from simengine.engine.rows import RowBook
from simengine.statistics.planned_effects import PlannedEffect
from simengine.statistics.series import STATISTICS, series_statistics
from simengine.statistics.summary import TERM

Array: TypeAlias = npt.NDArray[np.float64]
_MONEY = ("scheme_saving", "scheme_cost", "investment")


@dataclass(frozen=True)
class SchemeValue:
    """Saving, running cost and investment of a scheme by year, in the currency; their sums over the term are ``sum()`` of them."""

    saving: Array
    cost: Array
    investment: Array

    @property
    def net_saving(self) -> Array:
        """Saving less running cost and investment, by year."""
        return self.saving - self.cost - self.investment

    @property
    def by_period(self) -> dict[str, Array]:
        """Saving, cost, investment, net saving and benefit-cost ratio by year and, last, over the term."""
        found = {
            name: np.append(values, values.sum())
            for name, values in (
                ("saving", self.saving),
                ("running_cost", self.cost),
                ("investment", self.investment),
                ("net_saving", self.net_saving),
            )
        }
        spent = found["running_cost"] + found["investment"]
        found["benefit_cost_ratio"] = ratio(found["saving"], spent)
        return found

    @property
    def payback(self) -> int | None:
        """The year (1 to T) from which the scheme has paid for itself: net saving so far is 0 or more then and in all later years.

        None where it has not by the end of the term.
        """
        so_far = np.cumsum(self.net_saving)
        short = np.flatnonzero(~(so_far >= 0.0))
        first = 0 if short.size == 0 else int(short[-1]) + 1
        return first + 1 if first < so_far.size else None


def ratio(above: Array, below: Array) -> Array:
    """``above / below``; NaN where there is nothing to divide by."""
    return np.asarray(np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), np.nan))


def planned_values(ready: Prepared) -> dict[str, SchemeValue]:
    """The plan of every scheme."""
    arrays = [ready.plan[name] for name in _MONEY]
    return {name: SchemeValue(*(array[:, i] for array in arrays)) for i, name in enumerate(ready.layout.schemes)}


@dataclass(frozen=True)
class DrawnValue:
    """A scheme over the draws of a run: its means, and by year and over the term what is known of the spread of some figures.

    ``spread`` holds, by figure (``saving``, ``net_saving``) and statistic of ``simengine.statistics.summary``, arrays (year and term,); a
    statistic is NaN where it needs draws that were not stored. ``errors`` are the standard errors of the means.
    """

    mean: SchemeValue
    spread: Mapping[str, Mapping[str, Array]]
    errors: Mapping[str, Array]


def drawn_values(result: xr.Dataset, summary: xr.Dataset, scenario: str = "base") -> dict[str, DrawnValue]:
    """Every scheme of a stored run, from its draws where scheme variables are stored, else from the moments in its summary."""
    if "scheme_saving" not in summary:
        return {}
    years = [str(year) for year in result["year"].to_numpy()]
    chosen, found = summary[[*_MONEY, *(f"{name}_se" for name in _MONEY)]].sel(scenario=scenario).load(), {}
    for name in map(str, summary["scheme"].to_numpy()):
        one = chosen.sel(scheme=name)
        mean = SchemeValue(*(np.asarray(one[key].sel(statistic="mean", period=years).to_numpy(), np.float64) for key in _MONEY))
        periods = [*years, TERM]
        saving = {key: np.asarray(one["scheme_saving"].sel(statistic=key, period=periods).to_numpy(), np.float64) for key in STATISTICS}
        error = np.asarray(one["scheme_saving_se"].sel(statistic="mean", period=periods).to_numpy(), np.float64)
        net, net_error = _net_saving(result, scenario, name, len(years))
        found[name] = DrawnValue(mean, {"saving": saving, "net_saving": net}, {"saving": error, "net_saving": net_error})
    return found


def _net_saving(result: xr.Dataset, scenario: str, scheme: str, years: int) -> tuple[dict[str, Array], Array]:
    """Statistics of the net saving of a scheme by year and over the term; NaN where its parts are not stored."""
    if not all(name in result for name in _MONEY):
        unknown = np.full(years + 1, np.nan)
        return dict.fromkeys(STATISTICS, unknown), unknown
    parts = [result[name].sel(scenario=scenario, scheme=scheme).transpose("draw", "year").to_numpy() for name in _MONEY]
    net = np.asarray(parts[0] - parts[1] - parts[2], dtype=np.float64)
    failed = result["failed"].sel(scenario=scenario).to_numpy() if "failed" in result else np.zeros(net.shape[0])
    good = None if not failed.any() else np.asarray(failed == 0)
    columns = [np.ascontiguousarray(net[:, t]) for t in range(years)] + [net.sum(axis=1)]
    done = [series_statistics(column, str(result.attrs["sampler"]), good) for column in columns]
    values = {name: np.array([one[0][k] for one in done]) for k, name in enumerate(STATISTICS)}
    return values, np.array([one[1][STATISTICS.index("mean")] for one in done])


@dataclass(frozen=True)
class PlannedOutcome:
    """An outcome of a scheme in the plan: how many a year, and what each of them costs."""

    scheme: str
    name: str
    label: str
    number: Array  # (year,)
    cost: Array  # (year,), running cost and investment, in the currency

    @property
    def by_period(self) -> dict[str, Array]:
        """Number and cost of each, by year and, last, over the term; NaN where there is none to divide by."""
        number, cost = np.append(self.number, self.number.sum()), np.append(self.cost, self.cost.sum())
        return {"number": number, "cost": cost, "cost_per_outcome": ratio(cost, number)}


def planned_outcomes(ready: Prepared, effects: Sequence[PlannedEffect]) -> list[PlannedOutcome]:
    """The outcomes of the schemes that are on (note 33), in the order of the file; ``effects`` are the planned ones."""
    spec, values = ready.study.spec, planned_values(ready)
    book, found = RowBook(spec.years, spec.drivers), []
    for name, scheme in spec.schemes.items():
        if not scheme.enabled:
            continue
        for key, outcome in scheme.outcomes.items():
            path = f"schemes.{name}.outcomes.{key}"
            if outcome.counts is not None:
                avoided = [one.change for one in effects if (one.scheme, one.line, one.shifted_from) == (name, outcome.service, None)]
                number = 0.0 - np.sum(avoided, axis=0) if avoided else np.zeros(spec.years)
            else:
                number = book.planned(
                    book.product([book.number(outcome.amount or 0.0, f"{path}.amount"), ramp_slot(book, outcome.ramp, f"{path}.ramp")])
                )
            cost = values[name].cost + values[name].investment
            found.append(PlannedOutcome(name, key, outcome.label or key, np.asarray(number), cost))
    return found
