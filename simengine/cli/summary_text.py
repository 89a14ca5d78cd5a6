"""The summary of a run on one screen: the system by year, each party, how often the contract's terms bind, and scenarios less the base."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simengine.cli.drawn_text import correlation_lines, register_line
from simengine.cli.figures import money, probability, span
from simengine.cli.statistics_json import COUNTED_WITHIN, counted_outputs
from simengine.results.frame import Frame, as_frame
from simengine.schema import POSITION_VARIABLES

if TYPE_CHECKING:
    import xarray as xr

_SCALES = {"": 1.0, "k": 1e3, "m": 1e6}
_LABEL = 24
#: Outputs that a line names before it says how many more there are.
_NAMED = 3
_BASE = "base"
Rows = list[tuple[str, list[str]]]


def _line(label: str, cells: Sequence[str], first: int, width: int) -> str:
    return f"{label:<{first}}" + "".join(f"{cell:>{width}}" for cell in cells)


def counted_line(summary: Frame) -> str:
    """Which outputs were only counted, how close their figures are and how to have them exactly; empty where every figure is exact."""
    outputs = counted_outputs(summary)
    if not outputs:
        return ""
    every = {name for name in POSITION_VARIABLES if name in summary} <= set(outputs)
    more = len(outputs) - _NAMED
    named = ", ".join(outputs) if more <= 1 else f"{', '.join(outputs[:_NAMED])} and {more} more"
    which = "all outputs" if every else f"{named} (draws not stored)"
    return f"Counted: {which}. Quantiles and tail means within {COUNTED_WITHIN:.1%} of their distance from the plan, exact with --exact"


class SummaryText:
    """The printed tables of one scenario of a run."""

    def __init__(self, result: Frame, summary: Frame, scenario: str) -> None:
        self.result, self.summary, self.scenario = result, summary, scenario
        self.unit = str(result.attrs["money_unit"])
        self.scale = _SCALES[self.unit.partition(" ")[2]]
        self.years = result.labels("year")
        self.columns = [*self.years, "term"]
        self.parties = summary.labels("party")
        self.lines: list[str] = []

    def _values(self, name: str, statistic: str, **entity: str) -> tuple[list[float], list[float]]:
        chosen, errors = (
            self.summary.at(one, scenario=self.scenario, statistic=statistic, **entity).tolist() for one in (name, f"{name}_se")
        )
        return chosen, errors

    def _money(self, name: str, statistic: str, **entity: str) -> list[str]:
        values, errors = self._values(name, statistic, **entity)
        return [money(value / self.scale, error / self.scale) for value, error in zip(values, errors, strict=True)]

    def _plan(self, name: str, **entity: str) -> list[str]:
        values = np.asarray(self.result.at(f"plan_{name}", **entity), dtype=np.float64)
        return [money(float(value) / self.scale) for value in (*values, values.sum())]

    def _chance(self, name: str, statistic: str, **entity: str) -> list[str]:
        values, errors = self._values(name, statistic, **entity)
        return [probability(value, error) for value, error in zip(values, errors, strict=True)]

    def _range(self, name: str, **entity: str) -> list[str]:
        low, low_errors = self._values(name, "q05", **entity)
        high, high_errors = self._values(name, "q95", **entity)
        ends = zip(low, high, low_errors, high_errors, strict=True)
        return [span(a / self.scale, b / self.scale, c / self.scale, d / self.scale) for a, b, c, d in ends]

    def _varies(self, name: str, **entity: str) -> bool:
        low, high = self._values(name, "q05", **entity)[0], self._values(name, "q95", **entity)[0]
        return any(a != b for a, b in zip(low, high, strict=True))

    def _table(self, title: str, rows: Rows) -> None:
        width = max(2 + max(len(cell) for _, cells in rows for cell in cells), 10)
        # a long name moves the columns of its table and not only those of its row
        first = max(_LABEL, len(title), *(2 + len(label) for label, _ in rows))
        self.lines += ["", _line(title, self.columns, first, width)]
        self.lines += [_line(f"  {label}", cells, first, width) for label, cells in rows]

    def _block(self, name: str) -> Rows:
        return [
            ("plan", self._plan(name)),
            ("mean", self._money(name, "mean")),
            ("P5", self._money(name, "q05")),
            ("P50", self._money(name, "q50")),
            ("P95", self._money(name, "q95")),
            ("chance below zero", self._chance(name, "p_below_zero")),
        ]

    def _system(self) -> None:
        self._table("System net position", self._block("net_position"))
        self._table("Net saving, at price", self._block("net_saving"))
        rows: Rows = [
            ("saving at price", self._money("gross_saving_total", "mean")),
            ("cost released", self._money("cost_released_total", "mean")),
        ]
        if self._varies("cost_released_total"):
            rows.append(("  P5 to P95", self._range("cost_released_total")))
        rows.append(("stranded cost", self._money("stranded_cost_total", "mean")))
        rows.append(("net benefit", self._money("net_benefit", "mean")))
        self._table("What schemes do, means", rows)

    def _parties(self) -> None:
        rows: Rows = []
        for party in self.parties:
            at = {"party": party}
            plan, mean = self._plan("party_position", **at), self._money("party_position", "mean", **at)
            if not self._varies("party_position", **at):
                rows += [(party, mean)] if mean == plan else [(f"{party}, plan", plan), ("  mean", mean)]
            else:
                rows += [(f"{party}, plan", plan), ("  mean", mean)]
                rows.append(("  P5 to P95", self._range("party_position", **at)))
                rows.append(("  chance below zero", self._chance("party_position", "p_below_zero", **at)))
            rows += self._settlements(party)
        self._table("Position after settlement" if "settlement" in self.summary else "Position", rows)

    def _settlements(self, party: str) -> Rows:
        if "settlement" not in self.summary:
            return []
        found: Rows = []
        deals = self.summary.labels("arrangement")
        for deal in deals:
            at = {"party": party, "arrangement": deal}
            if any(self._values("settlement", "sd", **at)[0]) or any(self._values("settlement", "mean", **at)[0]):
                label = "  settlement" if len(deals) == 1 else f"  settlement, {deal}"
                found.append((f"{label}, mean", self._money("settlement", "mean", **at)))
                if self._varies("settlement", **at):
                    found.append(("    P5 to P95", self._range("settlement", **at)))
        return found

    def _arrangements(self) -> None:
        for arrangement in self.summary.labels("arrangement"):
            at = {"arrangement": arrangement}
            rows = [
                ("gain, plan", self._plan("gain", **at)),
                ("gain, mean", self._money("gain", "mean", **at)),
                ("MSR met", self._chance("msr_met", "p_above_zero", **at)),
                ("MLR met", self._chance("msr_met", "p_below_zero", **at)),
            ]
            for name, label in (("cap_hit", "cap binds"), ("collar_hit", "collar binds")):
                for party in self.parties:
                    if any(value > 0.0 for value in self._values(name, "p_above_zero", party=party, **at)[0]):
                        rows.append((f"{label}: {party}", self._chance(name, "p_above_zero", party=party, **at)))
            self._table(f"Arrangement: {arrangement}", rows)
        self.lines.append("  In the term column the chances of an arrangement are those of any year.")

    def _budgets(self) -> None:
        """What each budget is worth, pays and leaves unidentified; what funding streams are short of."""
        for budget in self.summary.labels("budget") if "budget" in self.summary.sizes else ():
            at = {"budget": budget}
            rows: Rows = [("value, plan", self._plan("budget_value", **at))]
            if self._varies("budget_value", **at):
                rows += [("value, mean", self._money("budget_value", "mean", **at)), ("  P5 to P95", self._range("budget_value", **at))]
            if any(self._values("ips_earned", "mean", **at)[0]):
                rows.append(("  earned", self._money("ips_earned", "mean", **at)))
            rows.append(("paid to the holder", self._money("budget_paid", "mean", **at)))
            expected = json.loads(self.result.attrs.get("unidentified_savings", "{}")).get(budget)
            if expected is not None:
                amounts = [*expected["amount"], sum(expected["amount"])]
                rows.append(("savings not identified", [money(0.0 - amount / self.scale) for amount in amounts]))
            self._table(f"Budget: {budget}", rows)
            if expected is not None:
                self.lines.append(f"  Savings not identified lower the budget and no activity: a planned deficit of {expected['holder']}.")
        if "stream" in self.summary.sizes:
            rows = []
            for stream in self.summary.labels("stream"):
                rows.append((f"{stream}, gap", self._money("affordability_gap", "mean", stream=stream)))
                if self._varies("affordability_gap", stream=stream):
                    rows.append(("  chance of a gap", self._chance("affordability_gap", "p_above_zero", stream=stream)))
            self._table("Affordability", rows)

    def _head(self) -> list[str]:
        about = self.result.attrs
        draws, failed = int(about["draws"]), int(about["failed"])
        # the seed and design are part of the number: a figure without them cannot be repeated
        lines = [
            f"{about['title']}" + ("" if self.scenario == _BASE else f", scenario {self.scenario}"),
            f"{self.unit}; {draws:,} {'draw' if draws == 1 else 'draws'} ({about['sampler']}, seed {about['seed']}); "
            "± is the Monte Carlo standard error, left out where it is below the last digit",
            "Position: what is left in a year, positive is good. Nine draws in ten lie between P5 and P95. Term: all years together.",
        ]
        if not any(np.isfinite(self._values("net_position", "mean")[1])):
            fewest = 16 if about["sampler"] == "sobol" else 512
            lines.append(f"Too few draws to know the sampling error ({about['sampler']} takes {fewest}): any figure may be far off")
        assumed = json.loads(about.get("funding_assumed", "[]"))
        if assumed:
            lines.append(f"Funding of {', '.join(assumed)} is not stated: taken as the planned do-nothing spend of the lines they pay")
        lines += [line[:1].upper() + line[1:] for line in json.loads(about.get("observed", "[]"))]
        if failed:
            lines.append(f"{failed:,} {'draw was' if failed == 1 else 'draws were'} not finite and left out")
        if int(about["clipped"]):
            lines.append(f"in {int(about['clipped']):,} draws schemes would have saved more than all of a line: held at all of it")
        return lines

    def text(self) -> str:
        """Every table of the scenario."""
        self.lines = self._head()
        self._system()
        self._parties()
        self._budgets()
        if "arrangement" in self.summary.sizes:
            self._arrangements()
        if self.scenario == _BASE:
            drawn = [*correlation_lines(self.result.attrs), register_line(self.result.attrs), counted_line(self.summary)]
            self.lines += ["", *(line for line in drawn if line)] if any(drawn) else []
        return "\n".join(self.lines)

    def difference(self) -> str:
        """The scenario against the base: what it changes, draw by draw, then its own net position."""
        rows: Rows = []
        if "net_position_difference" in self.summary:
            name = "net_position_difference"
            rows += [("less base: net position", self._money(name, "mean")), ("    P5 to P95", self._range(name))]
            rows.append(("    chance of more", self._chance(name, "p_above_zero")))
            rows.append(("  net saving", self._money("net_saving_difference", "mean")))
            rows += [(f"  {party}", self._money("party_position_difference", "mean", party=party)) for party in self.parties]
        rows.append(("net position, mean", self._money("net_position", "mean")))
        rows.append(("  P5 to P95", self._range("net_position")))
        rows.append(("  chance below zero", self._chance("net_position", "p_below_zero")))
        self.lines = []
        self._table(f"Scenario {self.scenario}", rows)
        return "\n".join(self.lines[1:])


def summary_text(run: "Frame | xr.Dataset", statistics: "Frame | xr.Dataset", scenario: str | None = None) -> str:
    """The summary of a run: the base, then every scenario as paired differences from it; or all tables of one scenario."""
    result, summary = as_frame(run), as_frame(statistics)
    if scenario is not None:
        return SummaryText(result, summary, scenario).text()
    others = [name for name in result.labels("scenario") if name != _BASE]
    parts = [SummaryText(result, summary, _BASE).text(), *(SummaryText(result, summary, name).difference() for name in others)]
    if others:
        parts.append("Less base: mean difference on the same draws, with its own error. All tables: simrisk summary RESULT --scenario NAME")
    return "\n\n".join(parts)
