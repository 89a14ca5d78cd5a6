"""Service lines in and out: the columns that they share, and what is written of them as TOML, CSV and JSON."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from simengine.baseline.impact import ImpactTable
from simengine.baseline.working import Line, ServiceLine, Step
from simengine.cli.baseline.table import Column, Row, Table

SERVICE = Column("service", "name of the service line; its key is made of it unless `key` gives one", "text", True)
ACTIVITY = Column("activity", "units a year")
WHO = (
    Column("key", "key in the study file (a-z, 0-9, _)", "text"),
    Column("provider", "party that provides it", "text"),
    Column("payer", "party that pays for it", "text"),
)
KEY = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
SCALES = {"": 1, " k": 1_000, " m": 1_000_000}


def key_of(text: str) -> str:
    """A key of the study file made of a name: "Adult home visit" gives adult_home_visit; empty where nothing usable is left."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and ")).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return (key if key[:1].isalpha() else f"line_{key}" if key else "")[:64].rstrip("_")


def lines_of(table: Table, provider: str | None, column: str = "service") -> list[Line]:
    """The line of every row, in order; keys that cannot be, or that two rows share, become problems of the table."""
    taken: dict[str, str] = {}
    made = []
    for row in table.rows:
        name = row.text(column)
        key = row.text("key") or key_of(name)
        if not KEY.match(key):
            table.say("key", "a key is lower-case letters, digits and _, starts with a letter and has at most 64 of them", row)
        elif taken.setdefault(key, name) != name:
            table.say(column, f'gives the key "{key}" as "{taken[key]}" does: add a column `key`', row)
        made.append(_line(row, key, name, provider))
    return made


def _line(row: Row, key: str, name: str, provider: str | None) -> Line:
    label = "" if name == key else name
    return Line(key, label, row.text("provider") or provider, row.text("payer") or None, row.maybe("activity"))


def number_text(value: Fraction) -> str:
    """A number as TOML and CSV hold it: whole, or the nearest float in full."""
    return str(value.numerator) if value.denominator == 1 else repr(float(value))


def quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def services_toml(services: Sequence[ServiceLine], unit: str, heading: str) -> str:
    """Tables that a study file takes as they are, but for a provider that was not named."""
    lines = [f"# {heading}", f"# money.unit of the study: {quoted(unit)}; prices are in the currency itself"]
    for one in services:
        line = one.line
        lines += ["", f"[services.{line.name}]"]
        lines += [f"label = {quoted(line.label)}"] if line.label else []
        lines += [f"payer = {quoted(line.payer)}"] if line.payer else []
        lines += [f"provider = {quoted(line.provider)}"] if line.provider else ['# provider = "..."   # a party of the study: required']
        if one.activity and one.price is not None:
            lines += [f"activity = {number_text(one.activity)}", f"price = {number_text(one.price)}"]
        else:
            lines.append(f"spend = {number_text(one.spend / SCALES[unit[3:]])}")
        lines += [f"source = {quoted(one.source)}"] if one.source else []
    return "\n".join(lines) + "\n"


def impact_toml(table: ImpactTable) -> str:
    """A scheme with its effects, ready for a study file; each share is a constant until it is given a distribution."""
    lines = [
        "# What the whole opportunity is worth, as a share of each line at end state. A comparison gives the size of an effect, not its",
        '# likelihood: replace each impact by a distribution, such as { dist = "pert", min = 0.0, mode = ..., max = ... }.',
        f"[schemes.{table.scheme}]",
        f"label = {quoted(table.label)}",
        f"source = {quoted(table.source)}",
    ]
    if table.ramp:
        lines.append(f"ramp = [{', '.join(number_text(share) for share in table.ramp)}]   # one value for each year after the base year")
    for effect in table.effects:
        lines += ["", f"[schemes.{table.scheme}.effects.{effect.line}]", f"impact = {number_text(effect.share)}   # {effect.note}"]
    return "\n".join(lines) + "\n"


def service_rows(services: Sequence[ServiceLine], unit: str) -> list[dict[str, object]]:
    """The lines for CSV and JSON; spend in the unit of money, price in the currency."""
    return [
        {
            "name": one.line.name,
            "label": one.line.title,
            "payer": one.line.payer,
            "provider": one.line.provider,
            "activity": one.activity,
            "price": one.price,
            "spend": one.spend / SCALES[unit[3:]],
            "money_unit": unit,
            "source": one.source,
        }
        for one in services
    ]


def step_rows(steps: Sequence[Step]) -> list[dict[str, object]]:
    """The working for CSV and JSON, one row for each step."""
    return [
        {
            "line": step.line,
            "step": step.label,
            "formula": step.formula,
            "inputs": {name: value for name, value in step.inputs},
            "result": step.result,
            "unit": step.unit,
        }
        for step in steps
    ]


def csv_text(rows: Sequence[dict[str, object]]) -> str:
    """Rows as CSV, columns in the order of the first; inputs as "name = value; name = value"."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(list(rows[0]) if rows else [])
    writer.writerows([[_cell(value) for value in row.values()] for row in rows])
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} = {_cell(item)}" for name, item in value.items())
    if isinstance(value, Fraction):
        return number_text(value)
    return "" if value is None else str(value)


def plain(value: object) -> object:
    """A value as JSON holds it: fractions are numbers."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
