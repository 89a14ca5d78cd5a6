"""The rows of the guide's outputs: benefits plan, value for money, cost per outcome and risk log (BCF planning template, part 2, tab 4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.cli.plan_or_result import TERM, Source
from simengine.cli.sheets import Column, Row, Sheet
from simengine.engine.plan import Prepared
from simengine.statistics.planned_effects import PlannedEffect, planned_effects
from simengine.statistics.value_for_money import DrawnValue, SchemeValue, drawn_values, planned_outcomes, planned_values
from simengine.study.defaults import payers_of
from simengine.study.services import Service

Array = npt.NDArray[np.float64]
PLAN, VALUE, OUTCOMES, RISKS = "Benefits plan", "Value for money", "Cost per outcome", "Risk log"
_FACTORS = ("impact", "ramp", "delivery", "captured")


def with_term(values: Array) -> Array:
    """Values by year, and their sum over the term."""
    return np.append(values, values.sum())


def _part(line: Service, name: str, segment: str | None) -> str:
    """A line, or a segment of it, as it is printed: the segment first, as a column may be cut short."""
    label = line.label or name
    return label if segment is None else f"{line.segments[segment].label or segment} ({label})"


@dataclass(frozen=True)
class Benefits:
    """The four tables of a study, or of a run of it, for some periods (places among the years; the place after them is the term)."""

    source: Source
    periods: Sequence[int]

    @property
    def ready(self) -> Prepared:
        """The study as laid out."""
        return self.source.ready

    @cached_property
    def effects(self) -> list[PlannedEffect]:
        """What schemes do in the plan."""
        return planned_effects(self.ready)

    @cached_property
    def drawn(self) -> Mapping[str, DrawnValue]:
        """What they do in the draws, where there are any."""
        if self.source.result is None or self.source.summary is None:
            return {}
        return drawn_values(self.source.result, self.source.summary, self.source.scenario)

    @property
    def labels(self) -> list[str]:
        """The names of all periods."""
        return [*self.source.years, TERM]

    def _scheme(self, name: str) -> dict[str, object]:
        scheme = self.ready.study.spec.schemes[name]
        return {"scheme": name, "scheme_label": scheme.label or name}

    def _sheet(self, name: str, columns: Sequence[Column], rows: Sequence[Row]) -> Sheet:
        return Sheet(name, columns, rows, self.ready.study.spec.money.scale)

    def plan(self) -> Sheet:
        """The benefits plan: every effect of every scheme; where draws are given, what is known of the saving of its scheme."""
        spec, rows = self.ready.study.spec, []
        planned = planned_values(self.ready)
        for name, scheme in spec.schemes.items():
            effects = [effect for effect in self.effects if effect.scheme == name]
            for place in self.periods:
                made = [self._effect(effect, place) for effect in effects]
                spread = self._spread(name, place)
                if len(made) == 1:
                    made[0].update(spread)
                elif spread and (made or scheme.enabled or any(planned[name].saving) or spread["saving_mean"]):
                    made.append(
                        {"row": "scheme", **self._texts(name), "line_label": "all its effects", "year": self.labels[place], **spread}
                    )
                    made[-1]["saving_plan"] = float(with_term(planned[name].saving)[place])
                rows += made
        return self._sheet(PLAN, _plan_columns(spec.money.unit, bool(self.drawn)), rows)

    def _effect(self, effect: PlannedEffect, place: int) -> dict[str, object]:
        spec = self.ready.study.spec
        line, change, saving = spec.services[effect.line], with_term(effect.change)[place], with_term(effect.saving)[place]
        price = np.append(effect.unit_price, saving / -change if change != 0.0 else np.nan)[place]
        counted = effect.acts_on == "activity"
        return {
            "row": "shift" if effect.shifted_from else "effect",
            **self._texts(effect.scheme),
            "organisation": spec.schemes[effect.scheme].organisation or self._who_saves(effect.line, place),
            "effect": effect.effect,
            "line": effect.line,
            "line_label": line.label or effect.line,
            "part_label": _part(line, effect.line, None if effect.shifted_from else effect.segment),
            "segment": effect.segment,
            "acts_on": "shift_in" if effect.shifted_from else effect.acts_on,
            "year": self.labels[place],
            "change_in_activity": float(change) if counted else None,
            "measure": "units"
            if counted and line.activity is not None
            else f"{spec.money.currency} of {spec.horizon.base}"
            if counted
            else None,
            "unit_price": float(price) if counted else None,
            "saving_plan": float(saving),
            "calculation": spec.schemes[effect.scheme].calculation or self._worked_out(effect, min(place, spec.years - 1)),
        }

    def _texts(self, name: str) -> dict[str, object]:
        scheme = self.ready.study.spec.schemes[name]
        keys = ("organisation", "calculation", "monitoring")
        return {**self._scheme(name), **{key: getattr(scheme, key) for key in keys}}

    def _who_saves(self, service: str, place: int) -> str:
        """Who has the saving at price first: the payer of what is paid by activity, the provider of what is paid as a block, else both."""
        spec = self.ready.study.spec
        line, year = spec.services[service], min(place, spec.years - 1)
        made = self.ready.drafts[0]
        share = float(made.book.planned(made.slots[service].variable_share)[year])
        payer, provider = payers_of(spec, service)[year] or line.provider, line.provider
        plain = not line.marginal_bands
        names = [payer] if plain and share == 1.0 else [provider] if plain and share == 0.0 else [payer, provider]
        return " and ".join(dict.fromkeys(spec.parties[name].label or name for name in names))

    def _worked_out(self, effect: PlannedEffect, year: int) -> str:
        """How a saving comes about, in words, where the study does not say."""
        spec = self.ready.study.spec
        if effect.shifted_from is not None:
            source = spec.services[effect.shifted_from].label or effect.shifted_from
            return f"{effect.factors['ratio'][year]:.4g} for each unit moved off {source}, at the planned price"
        stated = [(name, float(effect.factors[name][year])) for name in _FACTORS]
        parts = " x ".join(f"{name} {value:.4g}" for name, value in stated if name == "impact" or value != 1.0)
        what = {"activity": "activity", "price": "the price", "unit_cost": "the unit cost"}[effect.acts_on]
        share = float(effect.factors["share"][year])
        where = "" if effect.segment is None else f" of the segment {effect.segment} ({share:.4g} of the line)"
        others = "" if effect.together == 1 else f"; compounded with {effect.together - 1} more on the same activity, log-mean share"
        nothing = "; changes what the line costs its provider, saves nothing at price" if effect.acts_on == "unit_cost" else ""
        return f"{parts} of {what}{where} in {spec.horizon.year_labels[year]}{others}{nothing}"

    def _spread(self, name: str, place: int) -> dict[str, object]:
        """Mean, standard deviation and quantiles of a scheme's saving; nothing without draws."""
        if name not in self.drawn:
            return {}
        found, error = self.drawn[name].spread["saving"], self.drawn[name].errors["saving"]
        keys = {"saving_mean": "mean", "saving_sd": "sd", "saving_p5": "q05", "saving_p95": "q95"}
        return {"saving_mean_se": float(error[place]), **{key: float(found[statistic][place]) for key, statistic in keys.items()}}

    def value(self) -> Sheet:
        """Saving, cost, net saving, benefit-cost ratio and payback of every scheme."""
        rows: list[Row] = []
        for name, planned in planned_values(self.ready).items():
            drawn = self.drawn.get(name)
            for place in self.periods:
                row = {**self._scheme(name), "year": self.labels[place], **self._values(planned, "plan", place)}
                if drawn is not None:
                    spread = drawn.spread["net_saving"]
                    row |= self._values(drawn.mean, "mean", place)
                    keys = {"net_saving_p5": "q05", "net_saving_p95": "q95", "chance_net_saving": "p_above_zero"}
                    row |= {key: float(spread[statistic][place]) for key, statistic in keys.items()}
                    row["net_saving_mean_se"] = float(drawn.errors["net_saving"][place])
                rows.append(row)
        return self._sheet(VALUE, _value_columns(self.ready.study.spec.money.unit, bool(self.drawn)), rows)

    def _values(self, value: SchemeValue, kind: str, place: int) -> dict[str, object]:
        found: dict[str, object] = {f"{name}_{kind}": float(values[place]) for name, values in value.by_period.items()}
        paid = value.payback
        year = None if paid is None else self.source.years[paid - 1]
        return found | {f"payback_{kind}": year if value.cost.any() or value.investment.any() else "nothing spent"}

    def outcomes(self) -> Sheet:
        """What schemes achieve in the plan, and what each of it costs."""
        rows: list[Row] = []
        for one in planned_outcomes(self.ready, self.effects):
            for place in self.periods:
                figures = {key: float(values[place]) for key, values in one.by_period.items()}
                rows.append(
                    {**self._scheme(one.scheme), "outcome": one.name, "outcome_label": one.label, "year": self.labels[place], **figures}
                )
        spec = self.ready.study.spec
        columns = (
            Column("scheme_label", "Scheme"),
            Column("outcome_label", "Outcome"),
            Column("year", "Year", printed=False),
            Column("number", "Number", "number"),
            Column("cost", f"Cost of the scheme ({spec.money.unit})", "money"),
            Column("cost_per_outcome", f"Cost per outcome ({spec.money.currency})", "price"),
        )
        return self._sheet(OUTCOMES, columns, rows)

    def risks(self) -> Sheet:
        """The risk log, the gravest first."""
        return self._sheet(RISKS, _RISK_COLUMNS, sorted(self._risks(), key=lambda row: -float(str(row["score"]))))

    def _risks(self) -> Iterator[dict[str, Any]]:
        for name, risk in self.ready.study.spec.risks.items():
            scheme = {"scheme": None, "scheme_label": "whole programme"} if risk.scheme is None else self._scheme(risk.scheme)
            yield {
                "risk": name,
                "label": risk.label or name,
                **scheme,
                "likelihood": risk.likelihood,
                "impact": risk.impact,
                "score": risk.likelihood * risk.impact,
                "mitigation": risk.mitigation,
                "owner": risk.owner,
                "date": risk.date,
                "drivers": ", ".join(risk.drivers),
            }


def _plan_columns(unit: str, drawn: bool) -> tuple[Column, ...]:
    """The columns of the template's table, and those of the draws."""
    spread = (
        Column("saving_mean", f"Saving, mean ({unit})", "money", "saving_mean_se"),
        Column("saving_sd", f"Saving, standard deviation ({unit})", "money", printed=False),
        Column("saving_p5", f"Saving, P5 ({unit})", "money"),
        Column("saving_p95", f"Saving, P95 ({unit})", "money"),
    )
    return (
        Column("row", "Row", printed=False),
        Column("organisation", "Organisation to benefit"),
        Column("scheme_label", "Scheme"),
        Column("line_label", "Service line"),
        Column("acts_on", "Acts on"),
        Column("year", "Year", printed=False),
        Column("change_in_activity", "Change in activity", "number"),
        Column("measure", "Measured in"),
        Column("unit_price", f"Unit price ({unit[:3]})", "price"),
        Column("saving_plan", f"Saving, plan ({unit})", "money"),
        *(spread if drawn else ()),
        Column("calculation", "How the saving is calculated", printed=False),
        Column("monitoring", "How it is monitored", printed=False),
    )


def _value_columns(unit: str, drawn: bool) -> tuple[Column, ...]:
    """Plan, and means and spread of the draws."""
    names = (("saving", "Saving"), ("running_cost", "Running cost"), ("investment", "Investment"), ("net_saving", "Net saving"))

    def block(kind: str) -> tuple[Column, ...]:
        money = (Column(f"{key}_{kind}", f"{label}, {kind} ({unit})", "money", f"{key}_{kind}_se") for key, label in names)
        return (
            *money,
            Column(f"benefit_cost_ratio_{kind}", f"Benefit-cost ratio, {kind}", "ratio"),
            Column(f"payback_{kind}", f"Payback, {kind}", missing="not in the term"),
        )

    spread = (
        Column("net_saving_p5", f"Net saving, P5 ({unit})", "money"),
        Column("net_saving_p95", f"Net saving, P95 ({unit})", "money"),
        Column("chance_net_saving", "Chance of a net saving", "chance"),
    )
    return (
        Column("scheme_label", "Scheme"),
        Column("year", "Year", printed=False),
        *block("plan"),
        *((*block("mean"), *spread) if drawn else ()),
    )


_RISK_COLUMNS = (
    Column("label", "Risk"),
    Column("scheme_label", "Scheme"),
    Column("likelihood", "Likelihood (1 to 5)", "whole"),
    Column("impact", "Impact (1 to 5)", "whole"),
    Column("score", "Score", "whole"),
    Column("mitigation", "Mitigation"),
    Column("owner", "Owner"),
    Column("date", "Date"),
    Column("drivers", "Drivers in which it shows", printed=False),
)
