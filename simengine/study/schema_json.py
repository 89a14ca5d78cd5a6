"""The study file as JSON Schema, from the same models that check it: for completion and hints in an editor."""

from typing import Any

from simengine.study.assumption_sets import assumption_set, set_names
from simengine.study.budgets import AVERAGE_SPEND
from simengine.study.csv_table import SCALES
from simengine.study.distribution_keys import PATHS, RISKS, families, parameter_names, patterns
from simengine.study.model import StudySpec
from simengine.study.ramps import RampTable
from simengine.study.scenarios import FIXED
from simengine.study.table import NAME_PATTERN
from simengine.study.tables import TableSource

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_RANGES: dict[str, dict[str, Any]] = {
    "rate": {"exclusiveMinimum": -1, "maximum": 1, "description": "rate: a fraction a year", "examples": [0.02]},
    "charge_rate": {"minimum": 0, "maximum": 1, "description": "rate: a fraction a year", "examples": [0.035]},
    "share": {"minimum": 0, "maximum": 1, "description": "share: a fraction from 0 to 1", "examples": [0.5]},
    "positive_share": {"exclusiveMinimum": 0, "maximum": 1, "description": "share: a fraction above 0 and at most 1", "examples": [0.8]},
    "impact": {"description": "share saved, or units or money a year (impact_is)", "examples": [0.3]},
    "money": {"description": "money, in the unit of money.unit", "examples": [12.5]},
    "limit": {"minimum": 0, "description": "money, in the unit of money.unit, at least 0", "examples": [2.5]},
    "amount": {"minimum": 0, "description": "money, in the unit of money.unit, at least 0", "examples": [2.5]},
    "currency": {"minimum": 0, "description": "in the currency itself", "examples": [1500]},
    "count": {"minimum": 0, "description": "count, at least 0", "examples": [40000]},
    "positive": {"exclusiveMinimum": 0, "description": "above 0", "examples": [1600]},
    "ratio": {"minimum": 0, "description": "at least 0", "examples": [0.6]},
    "years": {"minimum": 0, "description": "number of years", "examples": [3]},
    "factor": {"minimum": 0, "description": "factor, at least 0", "examples": [1]},
    "any": {"description": "number", "examples": [0.02]},
}
_EXAMPLE = {"dist": "pert", "min": 0.25, "mode": 0.3, "max": 0.35}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the study file. What it cannot say, such as references between tables, ``simrisk check`` does."""
    schema = StudySpec.model_json_schema(by_alias=True)
    ramp = RampTable.model_json_schema(by_alias=True)
    parts = {"RampTable": ramp, "distribution": _distribution(), "component": _component()}
    definitions: dict[str, Any] = {**schema.pop("$defs", {}), **parts}
    definitions["TableSource"] = TableSource.model_json_schema(by_alias=True)
    numbers: dict[str, Any] = {}
    made = _in_toml({**schema, "$defs": definitions}, numbers)
    made["$defs"].update(numbers)
    _open_quality(made["$defs"]["Quality"])
    made["properties"]["assumptions"] = {"description": "national assumptions that come with simrisk", "oneOf": _assumptions()}
    scenario = _scenario(made["properties"])
    made["properties"]["scenarios"] = {
        "type": "object",
        "description": "named changes to the study, merged into it",
        "patternProperties": {NAME_PATTERN: scenario},
        "additionalProperties": False,
    }
    made["properties"]["tables"] = {
        "type": "object",
        "description": "rows of CSV files that become entries of the study",
        "patternProperties": {NAME_PATTERN: {"$ref": "#/$defs/TableSource"}},
        "additionalProperties": False,
    }
    return {"$schema": DIALECT, **made, "title": "simrisk study"}


def _in_toml(node: Any, numbers: dict[str, Any]) -> Any:
    """Replace the marks of number fields by references, and drop nulls, which TOML does not have."""
    if isinstance(node, list):
        return [_in_toml(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    if "x-number" in node:
        name, definition = _number(*node["x-number"])
        numbers[name] = definition
        rest = {key: value for key, value in node.items() if key not in ("x-number", "default") or (key == "default" and value is not None)}
        return {**rest, "$ref": f"#/$defs/{name}"}
    made = {key: _in_toml(value, numbers) for key, value in node.items() if not (key == "default" and value is None)}
    options = [option for option in made.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        del made["anyOf"]
        made = {**options[0], **made}
    elif options:
        made["anyOf"] = options
    if "patternProperties" in made:
        made["additionalProperties"] = False
    return made


def _number(kind: str, unit: str, form: str) -> tuple[str, dict[str, Any]]:
    """Name and schema of one kind of number."""
    one = {"type": "number", **_RANGES[unit]}
    options: list[dict[str, Any]] = [one]
    if form in ("number", "term", "declared"):
        options.append({"type": "array", "items": {"type": "number"}, "description": "one constant per year"})
    if form in ("number", "base", "declared"):
        options.append({"$ref": "#/$defs/distribution"})
    if form in ("number", "base"):
        options.append({"type": "string", "pattern": NAME_PATTERN, "description": "a declared driver"})
    if kind == "ramp":
        options.append({"$ref": "#/$defs/RampTable"})
    if kind == "growth":
        factors = {
            "type": "object",
            "description": "growth factors, applied in this order; population = true is the growth of the list, or of the segment named",
            "properties": {"population": {"anyOf": [{"const": True}, {"type": "string", "pattern": NAME_PATTERN}]}, "dist": False},
            "additionalProperties": {"$ref": "#/$defs/number_rate_number"},
        }
        options.append(factors)
    if kind == "weights":
        options = [
            {"type": "object", "additionalProperties": one},
            {"type": "string", "pattern": NAME_PATTERN, "description": "a set of cost weights"},
        ]
    if kind == "head_value":
        options.append({"const": AVERAGE_SPEND, "description": "the budget's value per person of the planned list"})
    name = f"{kind}_{unit}_{form}"
    return name, {"description": _RANGES[unit]["description"], "anyOf": options}


_NUMBER_OR_YEARS = {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}


def _distribution() -> dict[str, Any]:
    """Every distribution family, told apart by ``dist``, with the keys of a driver."""
    paths = {
        "rho": {**_NUMBER_OR_YEARS, "description": "path ar1: correlation with the year before, above -1 and below 1"},
        "start": {"type": "number", "description": "paths ar1, random_walk and mean_reversion: the value of the base year"},
        "level": {**_NUMBER_OR_YEARS, "description": "path mean_reversion: the level that values return to"},
        "speed": {**_NUMBER_OR_YEARS, "description": "path mean_reversion: share of the way back that a year makes"},
    }
    common = {
        "path": {"enum": list(PATHS), "default": "constant", "description": "how the years hang together; constant: one draw for all"},
        **paths,
        "plan": {**_NUMBER_OR_YEARS, "description": "plan value, default the mean"},
        "actual": {"type": "array", "items": {"type": "number"}, "minItems": 1, "description": "values observed in years 1, 2, …"},
        "risk": {"enum": list(RISKS), "description": "risk category"},
        "stream": {"type": "string", "description": "name whose draws this driver keeps"},
        **{key: {"type": "string"} for key in ("label", "source", "owner")},
        "date": {"description": "date of the estimate, 2024-03-31"},
    }
    options = [_family(name, family, common) for name, family in families().items()]
    return {"description": "a distribution: a driver of its own", "examples": [_EXAMPLE], "oneOf": options}


def _component() -> dict[str, Any]:
    """A distribution inside another one, or a number in its place: parameters only."""
    options = [_family(name, family, {}) for name, family in families().items()]
    return {"description": "a distribution inside another one, or a number", "anyOf": [{"type": "number"}, {"oneOf": options}]}


def _family(name: str, family: Any, common: dict[str, Any]) -> dict[str, Any]:
    own = {key: _parameter(parameter) for key, parameter in parameter_names(name).items()}
    required = ["dist", *(parameter.name for parameter in family.parameters if parameter.required)]
    table: dict[str, Any] = {"type": "object", "properties": {"dist": {"const": name}, **own, **common}, "required": required}
    if name == "empirical":
        # The values may stand in a file instead.
        texts = {key: {"type": "string"} for key in ("file", "column", "sheet")}
        table["properties"] |= {**texts, "scale": {"enum": list(SCALES)}}
        table["required"] = ["dist"]
    if patterns(name):
        table["patternProperties"] = {f"^{pattern.pattern}$": _parameter(parameter) for pattern, parameter in patterns(name)}
    return {**table, "additionalProperties": False}


def _parameter(parameter: Any) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "number": _NUMBER_OR_YEARS,
        "list": {"type": "array", "items": {"type": "number"}},
        "text": {"enum": list(parameter.choices)} if parameter.choices else {"type": "string"},
        "distribution": {"$ref": "#/$defs/component"},
        "distributions": {"type": "array", "items": {"$ref": "#/$defs/component"}},
    }
    default = {} if parameter.default is None else {"default": parameter.default}
    return {**kinds[parameter.kind], "description": parameter.meaning, **default}


def _open_quality(quality: dict[str, Any]) -> None:
    """Any further key of a quality table is a party with a score of its own."""
    quality["properties"].pop("scores", None)
    quality["additionalProperties"] = {"$ref": "#/$defs/number_share_number"}


def _assumptions() -> list[dict[str, Any]]:
    """The sets of assumptions, with what they hold and for which years."""
    found = []
    for name in set_names():
        one = assumption_set(name)
        if one is not None:
            held = ", ".join(f"{entry.table}.{entry.name}" for entry in one.entries)
            found.append({"const": name, "description": f"{one.label}, {one.years[0]} to {one.years[-1]}: {held}"})
    return found


def _scenario(properties: dict[str, Any]) -> dict[str, Any]:
    """The tables that a scenario may change; nothing is required in them, as the study gives the rest."""
    allowed = [key for key, schema in properties.items() if key not in FIXED and ("$ref" in schema or schema.get("type") == "object")]
    loose = {key: {"type": "object", "description": properties[key].get("description", f"changes to {key}")} for key in allowed}
    return {"type": "object", "properties": {"label": {"type": "string"}, **loose}, "additionalProperties": False}
