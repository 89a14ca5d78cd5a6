"""Decisions that a stored run bears on: to sign the contract or not, and which terms; with what is drawn, for the value of information."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simengine.errors import ResultError
from simengine.jit import Floats
from simengine.results.frame import Frame, as_frame
from simengine.results.store import read_result
from simengine.runs.from_result import study_of
from simengine.sensitivity_analysis.information import Decision, Information, value_of_information
from simengine.sensitivity_analysis.measures import TERM, Output

SIGN, TERMS = "sign", "terms"
NOT_SIGNED, SIGNED = "not sign", "sign"
SYSTEM = "system"
_BASE = "base"
_NEEDED = ("party_position", "party_position_before", "net_position")
#: Money that is below this share of the position is what rounding leaves.
_NOTHING = 1e-9


def information_of(path: Path, *, decisions: Sequence[str] = (SIGN, TERMS), scenario: str = _BASE) -> tuple[Information, ...]:
    """What it would be worth to know before signing, and before choosing between the scenarios, from a stored run.

    Parameters
    ----------
    path
        A result whose positions and drivers are stored.
    decisions
        ``sign``: the term's position of each party after settlement, or without the contract's settlement. ``terms``: the scenarios of
        the run, where it has any beside the base; each party as if it alone could choose, and the system.
    scenario
        In which scenario to sign.

    Raises
    ------
    ResultError
        Where the file is no result, lacks the draws that are needed, or has no such scenario or decision.
    """
    dataset, summary = read_result(path)
    with dataset, summary:
        return information_of_frame(as_frame(dataset), str(path), decisions=decisions, scenario=scenario)


def information_of_frame(
    run: Frame, name: str, *, decisions: Sequence[str] = (SIGN, TERMS), scenario: str = _BASE
) -> tuple[Information, ...]:
    """The same of a run that is in memory; ``name`` is what errors call it."""
    _check(run, name, decisions, scenario)
    drivers, groups = _drivers(run, scenario), _categories(run)
    failed = run["failed"].to_numpy() != 0 if "failed" in run else np.zeros((run.sizes["draw"], run.sizes["scenario"]), dtype=bool)
    scenarios = run.labels("scenario")
    sampler, found = str(run.attrs["sampler"]), []
    for decision in decisions:
        if decision == SIGN:
            of, good = signing(run, _outsiders(run), scenario), ~failed[:, scenarios.index(scenario)]
        elif len(scenarios) > 1:
            of, good = choosing_terms(run), ~failed.any(axis=1)
        else:
            continue
        if of.outputs:
            named = {group: [member for member in members if member in drivers] for group, members in groups.items()}
            found.append(value_of_information(of, drivers, sampler, groups={k: v for k, v in named.items() if v}, good=good))
    return tuple(found)


def _check(run: Frame, name: str, decisions: Sequence[str], scenario: str) -> None:
    unknown = [decision for decision in decisions if decision not in (SIGN, TERMS)]
    if unknown:
        msg = f"{unknown[0]} is no decision: sign or terms"
        raise ResultError(msg)
    absent = [variable for variable in _NEEDED if variable not in run]
    absent += [] if "driver_value" in run or "driver_path" in run else ["driver_value"]
    if absent:
        msg = f"{name} does not hold the draws of {', '.join(absent)}, which are needed: run the study with --store positions"
        raise ResultError(msg)
    if scenario not in run.labels("scenario"):
        msg = f"{name} has no scenario {scenario}: it has {', '.join(run.labels('scenario'))}"
        raise ResultError(msg)


def _term(run: Frame, name: str, scenario: int) -> Floats:
    """Sum over the years of a variable by party, (party, draw); of one without parties (1, draw)."""
    values = np.asarray(run[name].to_numpy()[..., scenario], dtype=np.float64)
    return np.ascontiguousarray(values.sum(axis=1).reshape(len(values), -1).T)


def signing(run: Frame, outsiders: Sequence[str] = (), scenario: str = _BASE) -> Decision:
    """To sign or not, for each party whose position the contract changes, and for the system where the contract changes its position.

    The contract's settlement is what is signed or not: payment for services is the same with and without it.
    """
    at, parties = run.labels("scenario").index(scenario), run.labels("party")
    after, before = _term(run, "party_position", at), _term(run, "party_position_before", at)
    inside = np.array([party not in outsiders for party in parties])
    system = _term(run, "net_position", at)
    without = system - (after - before)[inside].sum(axis=0, keepdims=True)
    pairs = [(party, before[p], after[p]) for p, party in enumerate(parties)]
    outputs, benefit = [], []
    for party, one, other in [*pairs, (SYSTEM, without[0], system[0])]:
        # a sum over the parties leaves rounding behind
        if np.nanmax(np.abs(other - one), initial=0.0) > _NOTHING * max(np.nanmax(np.abs(one), initial=0.0), 1.0):
            outputs.append(_output(run, party, scenario))
            benefit.append((one, other))
    return Decision(SIGN, (NOT_SIGNED, SIGNED), tuple(outputs), _benefit(benefit, 2, run.sizes["draw"]))


def choosing_terms(run: Frame) -> Decision:
    """Which of the scenarios, for each party whose position differs between them and for the system."""
    scenarios, parties = run.labels("scenario"), run.labels("party")
    by_party = np.stack([_term(run, "party_position", s) for s in range(len(scenarios))])
    system = np.stack([_term(run, "net_position", s)[0] for s in range(len(scenarios))])
    outputs, benefit = [], []
    for party, values in [*((party, by_party[:, p]) for p, party in enumerate(parties)), (SYSTEM, system)]:
        if np.nanmax(np.ptp(values, axis=0), initial=0.0) > _NOTHING * max(np.nanmax(np.abs(values), initial=0.0), 1.0):
            outputs.append(_output(run, party, _BASE))
            benefit.append(tuple(values))
    return Decision(TERMS, tuple(scenarios), tuple(outputs), _benefit(benefit, len(scenarios), run.sizes["draw"]))


def _output(run: Frame, party: str, scenario: str) -> Output:
    name = "net_position" if party == SYSTEM else "party_position"
    return Output(name, scenario, TERM, () if party == SYSTEM else (("party", party),), str(run[name].attrs.get("units", "")))


def _benefit(found: Sequence[tuple[Floats, ...]], options: int, draws: int) -> Floats:
    """Benefits (option, output, draw)."""
    return np.array(found).reshape(len(found), options, draws).transpose(1, 0, 2)


def _drivers(run: Frame, scenario: str) -> dict[str, Floats]:
    """Drawn values of every driver, (draw,) or (draw, year), in a scenario."""
    at = run.labels("scenario").index(scenario)
    found: dict[str, Floats] = {}
    if "driver_value" in run:
        values = run["driver_value"].to_numpy()[..., at]
        found |= {name: values[:, k] for k, name in enumerate(run.labels("driver"))}
    if "driver_path" in run:
        paths = run["driver_path"].to_numpy()[..., at]
        found |= {name: paths[:, :, k] for k, name in enumerate(run.labels("path_driver"))}
    # a driver that this scenario does not have says nothing
    return {name: values for name, values in found.items() if np.isfinite(values).any()}


def _categories(run: Frame) -> dict[str, list[str]]:
    """Drivers by risk category; a volatility that is no driver of the file is of the category volatility."""
    stated = json.loads(str(run.attrs.get("drivers", "{}")))
    found: dict[str, list[str]] = {}
    for dimension in ("driver", "path_driver"):
        for name in run.labels(dimension) if dimension in run.coords else ():
            risk = stated[name]["risk"] if name in stated else "volatility"
            found.setdefault(str(risk), []).append(name)
    return found


def _outsiders(run: Frame) -> list[str]:
    spec = study_of(run.attrs).spec
    return [name for name, party in spec.parties.items() if not party.in_system]
