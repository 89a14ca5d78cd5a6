"""Carve-out: the part of a line's spend that belongs to the lists or segments in scope (WPB table 1, 2.4.5, Encompass case study).

in-scope spend = spend · Σ_{in scope} measure / Σ measure. Measures, the most accurate first: recorded activity of each list; use of the
service by each segment (people × uses a head); patients on disease registers, for the diseases that drive use of the service (weighted
carve-out); list size, weighted for need where it can be (population proportional carve-out, lowest accuracy).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from simengine.baseline.exact import ONE, ZERO, Number, exact, grouped, shown, total
from simengine.baseline.working import Baseline, Fault, Line, ServiceLine, Working, finished, not_negative, priced, refuse, repeated

Measure: TypeAlias = Literal["activity", "segment", "prevalence", "population"]
#: What each measure counts, and how it is named in a source note.
MEASURES: dict[Measure, tuple[str, str]] = {
    "activity": ("activity", "activity of each GP list (WPB 2.4.5)"),
    "segment": ("people × uses a head", "use by segment (WPB 2.4.5)"),
    "prevalence": ("patients on the register", "disease prevalence, weighted carve-out (WPB table 1)"),
    "population": ("list size", "population proportional carve-out (WPB table 1)"),
}


@dataclass(frozen=True, slots=True)
class WholeSpend:
    """The spend of a line (currency a year) on everybody who uses it, and for a weighted carve-out the diseases that drive its use.

    ``diseases`` maps each disease to its weight, the share of the use that it explains; the weights sum to 1.
    """

    line: Line
    spend: Number
    diseases: Mapping[str, Number] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A GP list or a segment, whether it is in scope, and its measure of use: activity, people × uses a head, patients, or list size.

    ``of`` is the service (by activity or segment) or the disease (by prevalence) that the measure is for; empty: for every line.
    """

    name: str
    in_scope: bool
    measure: Number
    of: str = ""


#: Parts by what their measure is of.
Parts: TypeAlias = Mapping[str, Sequence[Part]]


def carve_out(lines: Sequence[WholeSpend], parts: Sequence[Part], by: Measure, each: bool = False) -> Baseline:
    """The lines with what is in scope, or with ``each`` one line per list or segment in scope.

    Raises BaselineError for negative numbers, a line that no part measures, nobody in scope, and disease weights that do not sum to 1.
    """
    by_of, in_scope = grouped(parts, lambda part: part.of), {part.name for part in parts if part.in_scope}
    refuse(_faults(lines, parts, by_of, by))
    working, made = Working(), []
    for row in lines:
        shares = _shares(row, by_of, by, working)
        inside = [name for name in shares if name in in_scope]
        groups = [[name] for name in inside] if each else [inside]
        for names in groups:
            line = row.line if not each else _named_part(row.line, names[0])
            made.append(_portion(row, line, total(shares[name] for name in names), by, working))
        removed = exact(row.spend) * (ONE - total(shares[name] for name in inside))
        working.step(row.line.title, "removed: out of scope", "spend - in-scope spend", removed, "money", spend=exact(row.spend))
    refuse(repeated((service.line.name for service in made), "list"))
    if by == "population":
        working.warn("by population alone: assumes that everybody uses the service alike, the least accurate carve-out (WPB table 1)")
    return finished(made, working)


def segment_use(people: Number, uses_a_head: Number) -> Fraction:
    """The measure of a segment: people × uses of the service per person and year (units a year)."""
    return exact(people) * exact(uses_a_head)


def register_size(population: Number, prevalence: Number) -> Fraction:
    """The measure of a list by prevalence: list size × share of it on the disease register (people)."""
    return exact(population) * exact(prevalence)


def _portion(row: WholeSpend, line: Line, share: Fraction, by: Measure, working: Working) -> ServiceLine:
    whole = exact(row.spend)
    spend = working.step(line.title, "in-scope spend", "spend × share in scope", whole * share, "money", spend=whole, share=share)
    activity = None
    if row.line.activity is not None:
        units = exact(row.line.activity)
        formula = "activity × share in scope"
        activity = working.step(line.title, "in-scope activity", formula, units * share, "units", activity=units, share=share)
    return priced(working, line, spend, f"carve-out by {MEASURES[by][1]}", activity)


def _shares(row: WholeSpend, parts: Parts, by: Measure, working: Working) -> dict[str, Fraction]:
    """The share of the line's use of every list or segment; they sum to 1."""
    weights = {name: exact(weight) for name, weight in (row.diseases or {"": ONE}).items()} if by == "prevalence" else {"": ONE}
    shares: dict[str, Fraction] = {}
    for disease, weight in weights.items():
        those = _measuring(row.line, parts, by, disease)
        everything = total(exact(part.measure) for part in those)
        for part in those:
            share = weight * exact(part.measure) / everything
            given = {"measure": exact(part.measure), "sum_over_lists": everything}
            formula = f"{MEASURES[by][0]} ÷ sum" + (f" × weight of {disease}" if disease else "")
            working.step(
                row.line.title, f"share of {part.name}", formula, share, "share", **given, **({"weight": weight} if disease else {})
            )
            shares[part.name] = shares.get(part.name, ZERO) + share
    return shares


def _measuring(line: Line, parts: Parts, by: Measure, disease: str) -> list[Part]:
    """The parts that measure a line: those for it or for its disease, and those for every line."""
    of = [disease] if by == "prevalence" else [line.name, line.label]
    return [part for name in dict.fromkeys([*of, ""]) for part in parts.get(name, [])]


def _named_part(line: Line, part: str) -> Line:
    ending = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in part.lower())
    return replace(line, name=f"{line.name}_{ending}"[:64], label=f"{line.title}, {part}")


def _faults(lines: Sequence[WholeSpend], parts: Sequence[Part], by_of: Parts, by: Measure) -> list[Fault]:
    faults = repeated(row.line.title for row in lines)
    for part in parts:
        faults += not_negative(part.name, "measure", part.measure)
    for name, those in grouped(parts, lambda part: part.name).items():
        if len({part.in_scope for part in those}) > 1:
            faults.append((name, "in_scope", "is in scope on one row and out of scope on another"))
    if parts and not any(part.in_scope for part in parts):
        faults.append(("", "in_scope", "nothing is in scope"))
    for row in lines:
        title = row.line.title
        faults += not_negative(title, "spend", row.spend) + not_negative(title, "activity", row.line.activity)
        faults += _measure_faults(row, by_of, by)
    return faults


def _measure_faults(row: WholeSpend, parts: Parts, by: Measure) -> list[Fault]:
    title = row.line.title
    diseases = row.diseases or {} if by == "prevalence" else {}
    if by == "prevalence" and not diseases:
        return [(title, "disease", "is needed for a carve-out by prevalence: what drives use of the service")]
    weights = total(exact(weight) for weight in diseases.values())
    if diseases and weights != ONE:
        return [(title, "disease_weight", f"the weights of the diseases of a service sum to 1, not {shown(weights, 4)}")]
    faults: list[Fault] = []
    for disease in diseases or [""]:
        those = _measuring(row.line, parts, by, disease)
        if total(exact(part.measure) for part in those) <= 0:
            faults.append((title, "measure", f"no list or segment has any {MEASURES[by][0]}" + (f" for {disease}" if disease else "")))
        faults += [(title, "list", f"{part} stands more than once") for part, _, _ in repeated(part.name for part in those)]
    return faults
