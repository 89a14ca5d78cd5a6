"""The study file as JSON Schema, from the same models that check it: for completion and hints in an editor."""

from typing import Any

from simengine.study.distribution_keys import PATHS, RISKS, families
from simengine.study.model import StudySpec
from simengine.study.schemes import RampTable
from simengine.study.table import NAME_PATTERN

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_RANGES: dict[str, dict[str, Any]] = {
    "rate": {"exclusiveMinimum": -1, "maximum": 1, "description": "rate: a fraction a year", "examples": [0.02]},
    "charge_rate": {"minimum": 0, "maximum": 1, "description": "rate: a fraction a year", "examples": [0.035]},
    "share": {"minimum": 0, "maximum": 1, "description": "share: a fraction from 0 to 1", "examples": [0.5]},
    "positive_share": {"exclusiveMinimum": 0, "maximum": 1, "description": "share: a fraction above 0 and at most 1", "examples": [0.8]},
    "impact": {"description": "share saved, or units or money a year (impact_is)", "examples": [0.3]},
    "money": {"description": "money, in the unit of money.unit", "examples": [12.5]},
    "limit": {"minimum": 0, "description": "money, in the unit of money.unit, at least 0", "examples": [2.5]},
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
    definitions: dict[str, Any] = {**schema.pop("$defs", {}), "RampTable": ramp, "distribution": _distribution()}
    numbers: dict[str, Any] = {}
    made = _in_toml({**schema, "$defs": definitions}, numbers)
    made["$defs"].update(numbers)
    _open_quality(made["$defs"]["Quality"])
    scenario = _scenario(made["properties"])
    made["properties"]["scenarios"] = {
        "type": "object",
        "description": "named changes to the study, merged into it",
        "patternProperties": {NAME_PATTERN: scenario},
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
            "description": "growth factors, applied in this order; population = true is the growth of the list size",
            "properties": {"population": {"const": True}, "dist": False},
            "additionalProperties": {"$ref": "#/$defs/number_rate_number"},
        }
        options.append(factors)
    name = f"{kind}_{unit}_{form}"
    return name, {"description": _RANGES[unit]["description"], "anyOf": options}


def _distribution() -> dict[str, Any]:
    """Every distribution family, told apart by ``dist``."""
    number_or_years = {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}
    common = {
        "path": {"enum": list(PATHS), "default": "constant", "description": "one draw for all years, or one for each"},
        "plan": {**number_or_years, "description": "plan value, default the mean"},
        "risk": {"enum": list(RISKS), "description": "risk category"},
        "stream": {"type": "string", "description": "name whose draws this driver keeps"},
        **{key: {"type": "string"} for key in ("label", "source", "owner")},
        "date": {"description": "date of the estimate"},
    }
    options = []
    for name, family in families().items():
        own: dict[str, Any] = {}
        for parameter in family.parameters:
            values = {"type": "array", "items": {"type": "number"}} if parameter.is_list else number_or_years
            own[parameter.name] = {**values, "description": parameter.meaning}
            if parameter.default is not None:
                own[parameter.name]["default"] = parameter.default
        required = ["dist", *(parameter.name for parameter in family.parameters if parameter.required)]
        properties = {"dist": {"const": name}, **own, **common}
        options.append({"type": "object", "properties": properties, "required": required, "additionalProperties": False})
    return {"description": "a distribution: a driver of its own", "examples": [_EXAMPLE], "oneOf": options}


def _open_quality(quality: dict[str, Any]) -> None:
    """Any further key of a quality table is a party with a score of its own."""
    quality["properties"].pop("scores", None)
    quality["additionalProperties"] = {"$ref": "#/$defs/number_share_number"}


def _scenario(properties: dict[str, Any]) -> dict[str, Any]:
    """The tables that a scenario may change; nothing is required in them, as the study gives the rest."""
    allowed = ("population", "inflation", "volatility", "drivers", "parties", "services", "schemes", "arrangements")
    loose = {key: {"type": "object", "description": properties[key].get("description", f"changes to {key}")} for key in allowed}
    return {"type": "object", "properties": {"label": {"type": "string"}, **loose}, "additionalProperties": False}
