"""Stores that go past the cache: for results that are written once and not read again before much else is.

An ordinary store first fetches the line that it writes to, and pushes out what the hot loop works on; where the results of a tile go to
far apart rows of a large array that is most of what writing them costs. With the compiler off these are ordinary stores.
"""

from typing import Any

from simengine.jit import JIT_OFF, Floats, kernel

#: Numbers in a cache line.
LINE = 8
_BYTES = 8

if JIT_OFF:

    def _place(target: Floats, at: int) -> int:
        """How many numbers after the start of a cache line ``target[at]`` is."""
        return int(target.ctypes.data // _BYTES + at) % LINE

    def _stream_line(target: Floats, at: int, values: Floats, start: int) -> None:
        """Store a line of ``values`` from ``start`` on to the line that begins at ``target[at]``."""
        target[at : at + LINE] = values[start : start + LINE]

    def settle_stores() -> None:
        """Nothing, with the compiler off."""

else:
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import types
    from numba.extending import intrinsic

    def _pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
        return builder.gep(context.make_array(kind)(context, builder, array).data, [at])

    @intrinsic
    def _place(typing_context: Any, target: Any, at: Any) -> Any:
        """How many numbers after the start of a cache line ``target[at]`` is."""

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            address = builder.ptrtoint(_pointer(context, builder, signature.args[0], *args), ir.IntType(64))
            return builder.and_(builder.lshr(address, ir.IntType(64)(3)), ir.IntType(64)(LINE - 1))

        return types.int64(target, types.int64), generate

    @intrinsic
    def _stream_line(typing_context: Any, target: Any, at: Any, values: Any, start: Any) -> Any:
        """Store a line of ``values`` from ``start`` on to the line that begins at ``target[at]``."""

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            line = ir.VectorType(ir.DoubleType(), LINE).as_pointer()
            to = builder.bitcast(_pointer(context, builder, signature.args[0], *args[:2]), line)
            value = builder.load(builder.bitcast(_pointer(context, builder, signature.args[2], *args[2:]), line), align=_BYTES)
            stored = builder.store(value, to, align=LINE * _BYTES)
            stored.set_metadata("nontemporal", builder.module.add_metadata([ir.IntType(32)(1)]))
            return context.get_dummy_value()

        return types.void(target, types.int64, values, types.int64), generate

    @intrinsic
    def settle_stores(typing_context: Any) -> Any:
        """Wait until what was stored past the cache can be seen by every thread; run once before results are handed over."""

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            builder.fence("seq_cst")
            return context.get_dummy_value()

        return types.void(), generate


@kernel
def stream_row(target: Floats, first: int, values: Floats, n: int) -> None:
    """Store ``values[:n]`` to ``target[first:]``: whole cache lines past the cache, the ends as usual."""
    i = min((LINE - _place(target, first)) % LINE, n)
    for k in range(i):
        target[first + k] = values[k]
    while i + LINE <= n:
        _stream_line(target, first + i, values, i)
        i += LINE
    for k in range(i, n):
        target[first + k] = values[k]
