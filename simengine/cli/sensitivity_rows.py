"""What ``simrisk sensitivity`` found as rows of JSON (INTERFACE.md, "JSON")."""

from collections.abc import Iterator, Sequence
from typing import Any

from simengine.runs.analyses import Answer, EventConditions
from simengine.sensitivity_analysis.attribution import Attribution
from simengine.sensitivity_analysis.morris import Screening


def answer_rows(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """A row for each measure, output and driver of each method; then what a method has besides."""
    return [row for answer in answers for row in (*_measures(answer), *_further(answer))]


def _measures(answer: Answer) -> Iterator[dict[str, Any]]:
    for measures in answer.measures:
        decision = {"decision": measures.attrs["decision"]} if "decision" in measures.attrs else {}
        yield from ({**row, "method": answer.method, **decision} for row in measures.rows())


def _further(answer: Answer) -> Iterator[dict[str, Any]]:
    """Classes of screening, what a contract carries, boxes of conditions."""
    found = answer.detail
    if isinstance(found, Screening):
        for o, output in enumerate(found.found.outputs):
            for unit in found.found.units:
                yield {"method": "morris", **output.labels(), "driver": unit, "order": "class", "verdict": found.class_of(unit, o)}
    elif isinstance(found, Attribution) and found.carried is not None:
        for row in found.carried.rows():
            yield {"method": "risk", "order": "carried", **row}
    elif isinstance(found, EventConditions):
        for event, boxes in zip(found.events, found.found, strict=True):
            for k, box in enumerate(boxes.boxes, start=1):
                limits = [{"driver": limit.driver, "above": limit.low, "at_most": limit.high} for limit in box.limits]
                shares = {"coverage": box.held.coverage, "density": box.held.density, "mass": box.held.mass}
                yield {"method": "discovery", **event.output.labels(), "event": event.text, "order": f"box {k}", "limits": limits, **shares}
            if not boxes.boxes:
                yield {"method": "discovery", **event.output.labels(), "event": event.text, "order": "none", "verdict": boxes.note}
