"""Named tuples lent to a pass: a pointer in place of all their arrays, from which the pass reads the fields that it uses.

By value a tuple of many arrays is hundreds of numbers, to be handed over at every call (see ``jit_apart``).
"""

from typing import Any

from numba.core import cgutils as _cgutils
from numba.core import extending as _extending
from numba.core import types as _types
from numba.core.datamodel.models import PrimitiveModel
from numba.core.types import Type
from numba.core.typing.templates import AttributeTemplate

# numba's own annotations stop half-way: what is called of it here is taken as it is
cgutils: Any = _cgutils
extending: Any = _extending
types: Any = _types


class Reference(Type):
    """A named tuple that somebody else holds and nobody changes; its fields are read like those of the tuple itself."""

    def __init__(self, held: Any) -> None:
        self.held = held
        super().__init__(name=f"Reference({held.name})")

    @property
    def key(self) -> Any:
        """What makes two of them the same type."""
        return self.held

    def field(self, name: str) -> tuple[int, Any]:
        """Place and type of a field; a tuple in it is handed on as a reference."""
        place = self.held.fields.index(name)
        return place, by_reference(self.held.types[place])


def by_reference(given: Any) -> Any:
    """The type that a pass takes in place of ``given``."""
    return Reference(given) if isinstance(given, types.NamedTuple) else given


@extending.register_model(Reference)
class _ReferenceModel(PrimitiveModel):
    def __init__(self, manager: Any, given: Any) -> None:
        super().__init__(manager, given, manager.lookup(given.held).get_value_type().as_pointer())  # type: ignore[no-untyped-call]  # numba has no types here


@extending.infer_getattr
class _ReferenceFields(AttributeTemplate):
    key = Reference

    def generic_resolve(self, given: Any, name: str) -> Any:  # type: ignore[override]  # numba has a mark where a method goes
        """The type of a field, None where there is none of that name."""
        return given.field(name)[1] if name in given.held.fields else None


def _read_field(context: Any, builder: Any, given: Any, pointer: Any, name: str) -> Any:
    """A field: the tuple does not change while it is lent, so that the compiler may read it once for a whole loop."""
    place, found = given.field(name)
    where = cgutils.gep_inbounds(builder, pointer, 0, place)
    if isinstance(found, Reference):
        return where
    value = builder.load(where)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


extending.lower_getattr_generic(Reference)(_read_field)
