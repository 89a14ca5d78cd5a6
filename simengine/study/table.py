"""A table of the study file: frozen, closed to unknown keys, and aware of the order in which its keys were written."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, NamedTuple, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from simengine.study.units import Unit

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"


def name_fault(name: str) -> str | None:
    """Why ``name`` cannot be the name of a table or a factor; None when it can."""
    if name == "dist":
        return "this word marks a distribution: choose another name"
    if re.fullmatch(NAME_PATTERN, name) and name.isprintable():
        return None
    return "a name is lower-case letters, digits and _, starts with a letter and has at most 64 of them"


def _checked_name(name: str) -> str:
    fault = name_fault(name)
    if fault is not None:
        kind = "study"
        raise PydanticCustomError(kind, "{rule}", {"rule": fault, "nearest": None})
    return name


Name: TypeAlias = Annotated[str, Field(pattern=NAME_PATTERN), AfterValidator(_checked_name)]


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class Fault(NamedTuple):
    """One fault inside a value: place below the value, rule, what was found there, nearest valid name."""

    place: tuple[str | int, ...]
    rule: str
    value: object = None
    nearest: str | None = None


def faults_error(faults: list[Fault]) -> ValidationError:
    """All faults of one value as the error that pydantic places at that value."""
    details: list[InitErrorDetails] = []
    for place, rule, value, nearest in faults:
        problem = PydanticCustomError("study", "{rule}", {"rule": rule, "nearest": nearest})
        details.append(InitErrorDetails(type=problem, loc=place, input=value))
    return ValidationError.from_exception_data("study", details)


class Table(BaseModel):
    """Base of every table of the study file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    names_field: ClassVar[str | None] = None
    """The field that holds keys which are names rather than words of the language (the party scores of a quality table)."""

    _keys: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _keep_order(cls, data: Any, handler: ModelWrapValidatorHandler["Table"]) -> "Table":
        made = handler(data)
        if isinstance(data, Mapping):
            made._keys = tuple(str(key) for key in data)
        return made

    def unit_of(self, field: str, declared: Unit) -> Unit:
        """The unit of a number field; a table in which one key decides the unit of another says so here."""
        return declared

    def written(self) -> Iterator[tuple[str, str, Any]]:
        """Key as written, field name and value of everything that the file gives, in the order of the file."""
        fields = {info.alias or name: name for name, info in type(self).model_fields.items()}
        for key in self._keys:
            if key in fields:
                yield key, fields[key], getattr(self, fields[key])
            elif self.names_field is not None:
                yield key, self.names_field, getattr(self, self.names_field)[key]

    def gives(self, key: str) -> bool:
        """Whether the file states this key (a default does not count)."""
        return key in self._keys


def nested_faults(error: ValidationError, *place: str | int) -> list[Fault]:
    """The faults that one part of a value was refused for, placed below ``place``."""
    faults = []
    for item in error.errors(include_url=False):
        context = item.get("ctx", {})
        faults.append(Fault((*place, *item["loc"]), str(context.get("rule", item["msg"])), item["input"], context.get("nearest")))
    return faults
