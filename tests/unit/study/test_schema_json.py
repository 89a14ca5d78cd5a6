"""The JSON Schema: whole, without marks of our own, and in step with the families."""

import json
import re

import pytest

from simengine.distributions import FAMILIES
from simengine.study.model import StudySpec
from simengine.study.schema_json import json_schema

pytestmark = pytest.mark.unit


def test_every_reference_leads_somewhere_and_no_mark_is_left() -> None:
    schema = json_schema()
    text = json.dumps(schema)
    assert "x-number" not in text
    assert '"null"' not in text
    assert set(re.findall(r'"#/\$defs/([^"]+)"', text)) <= set(schema["$defs"])
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_top_level_keys_and_distributions() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == {*StudySpec.model_fields, "scenarios", "tables"}
    assert schema["additionalProperties"] is False
    options = schema["$defs"]["distribution"]["oneOf"]
    assert [option["properties"]["dist"]["const"] for option in options] == list(FAMILIES)
    assert schema["$defs"]["Band"]["required"] == ["from", "share"]
    assert "scores" not in schema["$defs"]["Quality"]["properties"]
