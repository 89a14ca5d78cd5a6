"""What the NumPy twin reads from a study tree: plain lists and arrays, and nothing of the engine.

Only what the subjects use is understood; any other key of a line, scheme or arrangement is an error, so that nothing is left out silently.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.subjects import Tree

Floats = npt.NDArray[np.float64]
_LINE_KEYS = {
    *("provider", "activity", "price", "growth", "cost_weights", "efficiency_required", "efficiency_achieved"),
    *("variable_share", "plan_includes_schemes", "fixed_share", "release_years"),
}
_SCHEME_KEYS = {"ramp", "delivery", "effects", "costs"}
_TERMS_KEYS = {
    *("services", "baseline", "plan_includes_schemes", "residual", "msr", "mlr", "msr_kind"),
    *("gain_share", "loss_share", "cap", "collar"),
}


class Ref(NamedTuple):
    """A number: a constant, or the name of a driver."""

    driver: str | None
    value: float


class Scheme(NamedTuple):
    """A scheme as the twin needs it."""

    delay: Ref
    years: float
    delivery: Ref
    amount: Ref
    cost_years: float
    inflation: str
    funder: int


class Line(NamedTuple):
    """A service line as the twin needs it; ``effects`` are (scheme, impact)."""

    provider: int
    activity: float
    price: float
    growth: Ref
    weights: tuple[float, ...]
    required: float
    variable: float
    kappa: float
    fixed: float
    release: int
    effects: tuple[tuple[int, Ref], ...]


class Deal(NamedTuple):
    """Terms of the one arrangement, by party; the residual has no limits."""

    kappa: float
    residual: int
    msr: float
    mlr: float
    gain_share: Floats
    loss_share: Floats
    cap: Floats
    collar: Floats


@dataclass(frozen=True)
class Terms:
    """A subject as read from its tree; ``drivers`` are the distributions by full name."""

    years: int
    parties: tuple[str, ...]
    payer: int
    in_system: tuple[bool, ...]
    funding: tuple[Ref | None, ...]
    categories: tuple[str, ...]
    achieved: str | None
    lines: tuple[Line, ...]
    schemes: tuple[Scheme, ...]
    deal: Deal
    drivers: dict[str, Tree]
    groups: tuple[tuple[tuple[str, ...], float], ...]
    unit: float


def _known(table: Mapping[str, Any], keys: set[str], what: str) -> None:
    if not set(table) <= keys:
        message = f"the twin does not know {sorted(set(table) - keys)} of {what}"
        raise ValueError(message)


class _Reader:
    """Turns numbers of the tree into references, gathering their drivers."""

    def __init__(self, tree: Tree) -> None:
        self.declared: Tree = tree.get("drivers", {})
        self.drivers: dict[str, Tree] = {}

    def ref(self, value: Any, path: str) -> Ref:
        """A number at its place in the tree."""
        if isinstance(value, str):
            return self.ref(self.declared[value], f"drivers.{value}")
        if isinstance(value, dict):
            self.drivers[path] = value
            return Ref(path, mean(value))
        return Ref(None, float(value))


def mean(spec: Tree) -> float:
    """Mean of a distribution: its value in the plan."""
    kind = spec["dist"]
    if kind == "pert":
        return float(spec["min"] + 4.0 * spec["mode"] + spec["max"]) / 6.0
    if kind == "triangular":
        return float(spec["min"] + spec["mode"] + spec["max"]) / 3.0
    if kind == "uniform":
        return 0.5 * float(spec["min"] + spec["max"])
    if kind == "discrete":
        return float(np.dot(spec["values"], spec["weights"]) / np.sum(spec["weights"]))
    return float(spec["mean"])


def _schemes(tree: Tree, read: _Reader, parties: list[str], unit: float) -> tuple[Scheme, ...]:
    found = []
    for name, scheme in tree["schemes"].items():
        _known(scheme, _SCHEME_KEYS, name)
        team = scheme["costs"]["team"]
        found.append(
            Scheme(
                read.ref(scheme["ramp"]["delay"], f"schemes.{name}.ramp.delay"),
                float(scheme["ramp"]["years"]),
                read.ref(scheme["delivery"], f"schemes.{name}.delivery"),
                _scaled(read.ref(team["amount"], f"schemes.{name}.costs.team.amount"), unit),
                float(team["ramp"]["years"]),
                f"inflation.{team['inflation']}",
                parties.index(team["funded_by"]),
            )
        )
    return tuple(found)


def _scaled(ref: Ref, unit: float) -> Ref:
    """A constant in the currency; a driver stays in its unit."""
    return ref if ref.driver else Ref(None, ref.value * unit)


def _line(tree: Tree, read: _Reader, parties: list[str], name: str) -> Line:
    line = tree["services"][name]
    _known(line, _LINE_KEYS, name)
    effects = [
        (j, read.ref(scheme["effects"][name]["impact"], f"schemes.{key}.effects.{name}.impact"))
        for j, (key, scheme) in enumerate(tree["schemes"].items())
        if name in scheme["effects"]
    ]
    return Line(
        parties.index(line["provider"]),
        line["activity"],
        line["price"],
        read.ref(line["growth"], f"services.{name}.growth"),
        tuple(line["cost_weights"].get(category, 0.0) for category in tree["inflation"]),
        line["efficiency_required"],
        line["variable_share"],
        line["plan_includes_schemes"],
        line.get("fixed_share", 0.0),
        line.get("release_years", 0),
        tuple(effects),
    )


def _deal(tree: Tree, parties: list[str]) -> Deal:
    (terms,) = tree["arrangements"].values()
    _known(terms, _TERMS_KEYS, "the arrangement")
    if set(terms["services"]) != set(tree["services"]) or terms["msr_kind"] != "first_pound" or terms["baseline"] != "plan":
        message = "the twin knows one arrangement over all lines, from the first pound, with the plan as its baseline"
        raise ValueError(message)

    def by_party(table: Mapping[str, Any], key: str | None, missing: float) -> Floats:
        return np.array([(table[p] if key is None else table[p][key]) if p in table else missing for p in parties])

    return Deal(
        terms["plan_includes_schemes"],
        parties.index(terms["residual"]),
        terms["msr"],
        terms["mlr"],
        by_party(terms["gain_share"], None, 0.0),
        by_party(terms["loss_share"], None, 0.0),
        by_party(terms["cap"], "of_baseline", np.inf),
        by_party(terms["collar"], "of_baseline", np.inf),
    )


def read_terms(tree: Tree) -> Terms:
    """Everything of a subject that the twin works with."""
    read, parties = _Reader(tree), list(tree["parties"])
    unit = {"GBP": 1.0, "GBP k": 1e3, "GBP m": 1e6}[tree["money"]["unit"]]
    achieved = {line.get("efficiency_achieved") for line in tree["services"].values()}
    if len(achieved) > 1:
        message = "the twin knows one achieved efficiency for all lines, or none"
        raise ValueError(message)
    (achieved_name,) = achieved
    funding = [read.ref(p["funding"], f"parties.{name}.funding") if "funding" in p else None for name, p in tree["parties"].items()]
    for category, spec in tree["inflation"].items():
        read.ref(spec, f"inflation.{category}")
    (payer,) = [k for k, party in enumerate(tree["parties"].values()) if party["role"] == "commissioner"]
    return Terms(
        years=tree["horizon"]["years"],
        parties=tuple(parties),
        payer=payer,
        in_system=tuple(party.get("in_system", True) for party in tree["parties"].values()),
        funding=tuple(None if f is None else _scaled(f, unit) for f in funding),
        categories=tuple(tree["inflation"]),
        achieved=None if achieved_name is None else read.ref(achieved_name, "").driver,
        lines=tuple(_line(tree, read, parties, name) for name in tree["services"]),
        schemes=_schemes(tree, read, parties, unit),
        deal=_deal(tree, parties),
        drivers=read.drivers,
        groups=tuple((tuple(f"drivers.{d}" for d in g["drivers"]), g["rank"]) for g in tree.get("correlation", [])),
        unit=unit,
    )
