"""A distribution from what a study file says: the family by its name, parameters by theirs, nested distributions, truncation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from simengine.distributions.base import Distribution, Family, Fault, Parameter
from simengine.distributions.families import FAMILIES
from simengine.distributions.listing import bounded
from simengine.distributions.mixture import as_distribution, cut
from simengine.distributions.truncated import TRUNCATION
from simengine.errors import ParameterError

# How deep distributions may stand within each other.
_DEEPEST = 8
_ENDS: Final = tuple(parameter.name for parameter in TRUNCATION)


def build(dist: str, parameters: Mapping[str, Any]) -> Distribution:
    """Return the distribution of the family ``dist`` with these parameters.

    Parameters
    ----------
    dist
        Name of a family in a study file.
    parameters
        By name. A nested distribution is a mapping ``{"dist": name, **parameters}``, a number, or a Distribution.
        ``lower`` and ``upper`` truncate it; a parameter that is None is as if it were not given.

    Raises
    ------
    ParameterError
        With every fault found: (parameter, rule); a fault within a nested distribution has a dotted path, such as
        ``components.0.sd``.
    """
    return _build(dist, parameters, 0)


def _build(dist: object, parameters: Mapping[str, Any], depth: int) -> Distribution:
    """Build one distribution that stands within ``depth`` others."""
    if not isinstance(dist, str) or dist not in FAMILIES:
        raise ParameterError([("dist", f"must be one of {', '.join(FAMILIES)}")])
    if depth > _DEEPEST:
        raise ParameterError([("dist", "stands within too many others")])
    family = FAMILIES[dist]
    given = {name: value for name, value in parameters.items() if value is not None}
    own = {name: value for name, value in given.items() if name not in _ENDS}
    ends = {name: value for name, value in given.items() if name in _ENDS}
    faults = _name_faults(dist, family, own)
    made: dict[str, Any] = {}
    for name, value in own.items():
        parameter = parameter_of(family, name)
        if parameter is not None:
            made[name] = _collect(faults, name, _converter(parameter, depth), value)
    if faults:
        raise ParameterError(faults)
    distribution = family(**made)
    return bounded(cut(distribution, ends) if ends else distribution)


def _name_faults(dist: str, family: Family, given: Mapping[str, Any]) -> list[Fault]:
    """Return what is missing or unknown."""
    faults = [(str(name), f"is no parameter of {dist}") for name in given if parameter_of(family, str(name)) is None]
    return faults + [(parameter.name, "is needed") for parameter in family.parameters if parameter.required and parameter.name not in given]


def parameter_of(family: Family, name: str) -> Parameter | None:
    """Return the parameter of this name: a fixed one, or one of a kind that a family takes by pattern (``p5`` of percentiles)."""
    fixed = next((parameter for parameter in family.parameters if parameter.name == name), None)
    patterns = getattr(family, "patterns", ())
    return fixed or next((parameter for pattern, parameter in patterns if pattern.fullmatch(name)), None)


def _converter(parameter: Parameter, depth: int) -> Callable[[Any], Any]:
    """Return what turns the written value of a parameter into the one that the family takes."""
    if parameter.kind == "distribution":
        return lambda value: _nested(value, depth)
    if parameter.kind == "distributions":
        return lambda value: _nested_list(value, depth)
    return lambda value: value


def _nested(value: Any, depth: int) -> Distribution:
    """Return a nested distribution: of a mapping, of a number that is certain, or as it is."""
    if isinstance(value, Mapping):
        inner = dict(value)
        if "dist" not in inner:
            raise ParameterError([("dist", "is needed")])
        return _build(inner.pop("dist"), inner, depth + 1)
    return as_distribution(value)


def _nested_list(value: Any, depth: int) -> list[Distribution]:
    """Return the distributions of a list; the faults of all of them."""
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) == 0:
        raise ParameterError([("", "must be a list of at least one distribution or number")])
    faults: list[Fault] = []
    made = [_collect(faults, str(k), lambda inner: _nested(inner, depth), item) for k, item in enumerate(value)]
    if faults:
        raise ParameterError(faults)
    return made


def _collect(faults: list[Fault], name: str, make: Callable[[Any], Any], value: Any) -> Any:
    """Return what ``make`` makes of the value; keep its faults under the path ``name``."""
    try:
        return make(value)
    except ParameterError as problem:
        faults += [(f"{name}.{path}" if path else name, rule) for path, rule in problem.faults]
        return None
