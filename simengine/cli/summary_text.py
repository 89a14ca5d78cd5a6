"""The summary of a run on one screen: the system by year, each party, and how often the contract's terms bind."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from simengine.cli.figures import money, probability

_SCALES = {"": 1.0, "k": 1e3, "m": 1e6}
_LABEL = 24


def _row(label: str, cells: Sequence[str], width: int) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{cell:>{width}}" for cell in cells)


class SummaryText:
    """The printed summary of one scenario of a run."""

    def __init__(self, result: xr.Dataset, summary: xr.Dataset, scenario: str) -> None:
        self.result, self.scenario = result, scenario
        self.summary = summary.sel(scenario=scenario)
        self.unit = str(result.attrs["money_unit"])
        self.scale = _SCALES[self.unit.partition(" ")[2]]
        self.years = [str(year) for year in result["year"].to_numpy()]
        self.columns = [*self.years, "term"]
        self.lines: list[str] = []

    def _values(self, name: str, statistic: str, **entity: str) -> tuple[list[float], list[float]]:
        chosen = self.summary[name].sel({"statistic": statistic, **entity}).to_numpy()
        errors = self.summary[f"{name}_se"].sel({"statistic": statistic, **entity}).to_numpy()
        return [float(value) for value in chosen], [float(error) for error in errors]

    def _money(self, name: str, statistic: str, **entity: str) -> list[str]:
        values, errors = self._values(name, statistic, **entity)
        return [money(value / self.scale, error / self.scale) for value, error in zip(values, errors, strict=True)]

    def _plan(self, name: str, **entity: str) -> list[str]:
        values = np.asarray(self.result[f"plan_{name}"].sel(entity).to_numpy(), dtype=np.float64)
        return [money(float(value) / self.scale) for value in (*values, values.sum())]

    def _chance(self, name: str, statistic: str, **entity: str) -> list[str]:
        values, errors = self._values(name, statistic, **entity)
        return [probability(value, error) for value, error in zip(values, errors, strict=True)]

    def _table(self, title: str, rows: Sequence[tuple[str, Sequence[str]]]) -> None:
        width = max(2 + max(len(cell) for _, cells in rows for cell in cells), 10)
        self.lines += ["", _row(title, self.columns, width)]
        self.lines += [_row(f"  {label}", cells, width) for label, cells in rows]

    def _block(self, name: str, **entity: str) -> list[tuple[str, list[str]]]:
        return [
            ("plan", self._plan(name, **entity)),
            ("mean", self._money(name, "mean", **entity)),
            ("P5", self._money(name, "q05", **entity)),
            ("P50", self._money(name, "q50", **entity)),
            ("P95", self._money(name, "q95", **entity)),
            ("chance below zero", self._chance(name, "p_below_zero", **entity)),
        ]

    def _system(self) -> None:
        self._table("Net position", self._block("net_position"))
        self._table("Net saving", self._block("net_saving"))
        self._table("Cash released", self._block("cost_released_total"))
        self._table(
            "Side by side, means",
            [
                ("saving at price", self._money("gross_saving_total", "mean")),
                ("cost released", self._money("cost_released_total", "mean")),
                ("stranded cost", self._money("stranded_cost_total", "mean")),
                ("net benefit", self._money("net_benefit", "mean")),
            ],
        )

    def _parties(self) -> None:
        rows: list[tuple[str, list[str]]] = []
        settled = "settlement" in self.summary
        for party in map(str, self.summary["party"].to_numpy()):
            rows.append((party, self._money("party_position", "mean", party=party)))
            low, high = self._values("party_position", "q05", party=party)[0], self._values("party_position", "q95", party=party)[0]
            if any(a != b for a, b in zip(low, high, strict=True)):
                errors = self._values("party_position", "q05", party=party)[1]
                rows.append(
                    (
                        "  P5 to P95",
                        [_span(a / self.scale, b / self.scale, e / self.scale) for a, b, e in zip(low, high, errors, strict=True)],
                    )
                )
                rows.append(("  chance below zero", self._chance("party_position", "p_below_zero", party=party)))
            if settled:
                for arrangement in map(str, self.summary["arrangement"].to_numpy()):
                    values, _ = self._values("settlement", "sd", party=party, arrangement=arrangement)
                    if any(value > 0.0 for value in values):
                        rows.append(("  settlement", self._money("settlement", "mean", party=party, arrangement=arrangement)))
        self._table("Position after settlement", rows)

    def _arrangements(self) -> None:
        for arrangement in map(str, self.summary["arrangement"].to_numpy()):
            at = {"arrangement": arrangement}
            rows = [
                ("gain, plan", self._plan("gain", **at)),
                ("gain, mean", self._money("gain", "mean", **at)),
                ("savings rate met", self._chance("msr_met", "p_above_zero", **at)),
                ("loss rate met", self._chance("msr_met", "p_below_zero", **at)),
            ]
            for name, label in (("cap_hit", "cap binds"), ("collar_hit", "collar binds")):
                for party in map(str, self.summary["party"].to_numpy()):
                    if any(self._values(name, "sd", party=party, **at)[0]):
                        rows.append((f"{label}: {party}", self._chance(name, "p_above_zero", party=party, **at)))
            self._table(f"Arrangement {arrangement}", rows)
        self.lines.append("  The term column of a chance: in any year.")

    def text(self) -> str:
        """The whole summary."""
        about = self.result.attrs
        draws, failed = int(about["draws"]), int(about["failed"])
        # the seed and design are part of the number: a figure without them cannot be repeated
        self.lines = [
            f"{about['title']}" + ("" if self.scenario == "base" else f", scenario {self.scenario}"),
            f"{self.unit}; {draws:,} draws ({about['sampler']}, seed {about['seed']}); "
            "± is the Monte Carlo standard error, left out where it is below the last digit",
        ]
        if failed:
            self.lines.append(f"{failed:,} draws were not finite and are left out")
        if int(about["clipped"]):
            self.lines.append(f"in {int(about['clipped']):,} draws schemes would have saved more than all of a line: held at all of it")
        self._system()
        self._parties()
        if "arrangement" in self.summary.dims:
            self._arrangements()
        return "\n".join(self.lines)


def _span(low: float, high: float, error: float) -> str:
    from simengine.cli.figures import decimals_for

    places = decimals_for(error, max(abs(low), abs(high)))
    return f"{low:,.{places}f} to {high:,.{places}f}"


def summary_text(result: xr.Dataset, summary: xr.Dataset) -> str:
    """The summaries of every scenario of a run, and the paired differences of the others from the base."""
    scenarios = [str(name) for name in result["scenario"].to_numpy()]
    parts = [SummaryText(result, summary, name).text() for name in scenarios]
    return "\n\n".join(parts)
