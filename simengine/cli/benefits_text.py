"""The guide's tables as they are printed: a table with its name, or a block for each scheme."""

import math
from dataclasses import replace

from simengine.cli.benefits_rows import OUTCOMES, PLAN, RISKS, VALUE
from simengine.cli.sheets import Column, Row, Sheet, sheet_text

_NONE = {
    PLAN: "no benefits plan: no scheme with an effect is on",
    VALUE: "no value for money: the study has no schemes",
    OUTCOMES: "no cost per outcome: no scheme that is on states outcomes ([schemes.NAME.outcomes.NAME])",
    RISKS: "no risk log: the study states no risks ([risks.NAME])",
}
_FIGURES = {"saving": "saving at price", "running_cost": "running cost", "investment": "investment", "net_saving": "net saving"}


def printed(sheet: Sheet) -> str:
    """A table with its name; below a benefits plan, how each saving is worked out and monitored."""
    if not sheet.rows:
        return _NONE[sheet.name]
    years = list(dict.fromkeys(str(row["year"]) for row in sheet.rows if "year" in row))
    shown = _by_scheme(sheet) if sheet.name == VALUE else _by_part(sheet) if sheet.name == PLAN else sheet
    lines = [", ".join([sheet.name, *years]), sheet_text(shown)]
    for key, title in (("calculation", "How the saving is calculated"), ("monitoring", "How it is monitored")):
        told = {(str(row["scheme_label"]), str(row[key])): None for row in sheet.rows if row.get(key)}
        if told:
            lines += ["", title, *(f"  {scheme}: {text}" for scheme, text in told)]
    return "\n".join(lines)


def _by_part(sheet: Sheet) -> Sheet:
    """A benefits plan with the segment that an effect is on beside its line."""
    return replace(sheet, rows=[{**row, "line_label": row.get("part_label", row["line_label"])} for row in sheet.rows])


def _by_scheme(sheet: Sheet) -> Sheet:
    """Value for money on end: the figures of a scheme below its name, plan and draws side by side."""
    rows: list[Row] = []
    for row in sheet.rows:
        rows.append({"label": row["scheme_label"]})
        for key, label in _FIGURES.items():
            found = {kind: row.get(f"{key}_{kind}") for kind in ("plan", "mean", "mean_se", "p5", "p95")}
            rows.append({"label": f"  {label}", **found})
        kinds = [kind for kind in ("plan", "mean") if f"saving_{kind}" in row]
        rows.append({"label": "  benefit-cost ratio", **{kind: _ratio(row[f"benefit_cost_ratio_{kind}"]) for kind in kinds}})
        rows.append({"label": "  paid back in", **{kind: row[f"payback_{kind}"] or "not in the term" for kind in kinds}})
        chance = row.get("chance_net_saving")
        if isinstance(chance, float) and math.isfinite(chance):
            rows.append({"label": "  chance of a net saving", "mean": f"{chance:.0%}"})
    unit = next(column.header for column in sheet.columns if column.kind == "money").rpartition("(")[2].rstrip(")")
    columns = (
        Column("label", unit, short=False),
        Column("plan", "plan", "money"),
        Column("mean", "mean", "money", "mean_se"),
        Column("p5", "P5", "money"),
        Column("p95", "P95", "money"),
    )
    return Sheet(VALUE, columns, rows, sheet.scale)


def _ratio(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) and math.isfinite(value) else "-"
