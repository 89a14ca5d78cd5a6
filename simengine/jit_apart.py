"""Passes compiled apart: a kernel that other kernels call by its address, found when it is first called.

numba links every kernel into each kernel that calls it, and compiles all of that again: a pass at the bottom of the hot loop would be
compiled once for every level above it, and what a study does not use would still be compiled for it. A pass compiled apart is compiled
(or loaded) once, when a draw first gets to it. Its callers know a *cell*, eight bytes that hold its address: as long as that is 0 they
ask ``_resolve`` for it. Cells and ``_resolve`` are symbols, so that compiled callers can be kept on disk.

A pass has one signature, that of the first call that is compiled, and returns nothing. Tuples of many arrays are handed over as a pointer
(``jit_reference``) and not as hundreds of values: a pass takes from them just what it uses.
"""

import contextlib
import ctypes
import hashlib
import inspect
import os
import pickle
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba.core import cgutils as _cgutils
from numba.core import types as _types
from numba.core.extending import _Intrinsic

from simengine.jit_reference import by_reference

# numba's own annotations stop half-way: what is called of it here is taken as it is
_numba: Any = numba
cgutils: Any = _cgutils
types: Any = _types

_RESOLVE = "simrisk_resolve"
#: Every pass by the address of its cell.
_passes: dict[int, "Apart"] = {}


class Apart:
    """One pass: its compiler, its cell, and the types of its arguments once a call of it has been compiled."""

    def __init__(self, function: Callable[..., None], options: dict[str, Any], kept: bool) -> None:
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.symbol = "simrisk_pass_" + self.name.replace(".", "_")
        self.function, self.options, self.cache = function, options, kept
        self.entries: dict[bool, Any] = {}
        self.cell = ctypes.c_int64(0)
        self.types: tuple[Any, ...] | None = None
        binding.add_symbol(self.symbol, ctypes.addressof(self.cell))
        _passes[ctypes.addressof(self.cell)] = self

    def dispatcher(self, from_python: bool) -> Any:
        """The compiler of the pass, with or without an entry point from Python (which costs seconds for arguments of many arrays)."""
        if from_python not in self.entries:
            without = {} if from_python else {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
            body = _twin(self.function) if from_python else self.function
            self.entries[from_python] = _numba.njit(cache=self.cache and from_python, **self.options, **without)(body)
        return self.entries[from_python]

    def note(self, arguments: tuple[Any, ...]) -> bytes:
        """Take the types of a call, as bytes that the caller hands to ``_resolve``; they must be those of every call before.

        They are kept on disk too, for ``compile_known`` and for calls that another process compiles.
        """
        if self.types is None and self.cache and self._file("types").is_file():
            self.types = pickle.loads(self._file("types").read_bytes())
        if self.types is None:
            self.types = arguments
        if self.types != arguments:
            problem = f"{self.name} is compiled apart for {self.types}, and cannot be called with {arguments}"
            raise _numba.core.errors.TypingError(problem)
        noted = pickle.dumps(arguments)
        if self.cache and not self._file("types").is_file():
            self._keep("types", noted)
        return noted

    def _file(self, kind: str) -> Path:
        return Path(os.environ["NUMBA_CACHE_DIR"]) / "passes" / f"{self.symbol}.{kind}"

    def _keep(self, kind: str, content: bytes) -> None:
        """Write a file of the pass whole; one that cannot be written is made again by the next process."""
        path = self._file(kind)
        part = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        with contextlib.suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            try:
                part.write_bytes(content)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)

    @property
    def is_known(self) -> bool:
        """Whether a call of the pass has been compiled, by this process or by one before it."""
        return self.types is not None or (self.cache and self._file("types").is_file())

    def resolve(self, noted: bytes | None = None) -> None:
        """Load or compile the pass and put its address into its cell; ``noted`` has the types of its call, else they are those kept."""
        with _lock.held:
            if not self.cell.value:
                self.types = pickle.loads(self._file("types").read_bytes() if noted is None else noted)
                self.cell.value = self._load() or self._compile()

    @property
    def _signature(self) -> bytes:
        """What machine code that is kept was compiled for."""
        return hashlib.sha256(str(self.types).encode()).hexdigest().encode()

    def _load(self) -> int:
        """The address of the pass as an earlier process has compiled it, 0 where none has.

        What is kept is machine code and nothing else: numba's own cache also reads back all that it would need to link the pass elsewhere.
        """
        try:
            name, signature, digest, code = self._file("code").read_bytes().split(b"\n", 3) if self.cache else [b""] * 4
        except (OSError, ValueError):
            return 0
        if not name or signature != self._signature or hashlib.sha256(code).hexdigest().encode() != digest:
            return 0
        _loaded.append(binding.ObjectFileRef.from_data(code))
        engine = _engine()
        engine.add_object_file(_loaded[-1])
        engine.finalize_object()
        return int(engine.get_function_address(name.decode()))

    def _compile(self) -> int:
        """The address of the pass, compiled for the call that has been noted."""
        if when_compiling:
            when_compiling.pop()()
        dispatcher = self.dispatcher(from_python=False)
        dispatcher.compile(self.types)
        compiled = dispatcher.overloads[self.types]
        if compiled.signature.return_type != types.none:
            problem = f"{self.name} returns something: it cannot be compiled apart"
            raise TypeError(problem)
        name = compiled.fndesc.llvm_func_name
        address = int(compiled.library.get_pointer_to_function(name))
        if self.cache:
            code = compiled.library._get_compiled_object()
            self._keep("code", b"\n".join((name.encode(), self._signature, hashlib.sha256(code).hexdigest().encode(), code)))
        return address


class _Lock:
    """One pass at a time is loaded or compiled; compiling one does not ask for another. A forked child starts with a lock of its own."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Start with a lock that nobody holds."""
        self.held = threading.Lock()


_lock = _Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_lock.renew)
#: What to do, once, when a pass has to be compiled: to say so.
when_compiling: list[Callable[[], None]] = []
#: What kept a pass from being compiled, by thread, until ``reasons_raised`` raises it.
_reasons: dict[int, BaseException] = {}


@contextlib.contextmanager
def reasons_raised() -> Iterator[None]:
    """Around a call of compiled code: what kept a pass from being compiled (an interrupt, too little memory) is raised as itself."""
    try:
        yield
    except RuntimeError:
        reason = _reasons.pop(threading.get_ident(), None)
        if reason is None:
            raise
        raise reason from None


#: Machine code that is in use.
_loaded: list[Any] = []


@cache
def _engine() -> Any:
    """What makes loaded machine code callable."""
    machine = binding.Target.from_default_triple().create_target_machine()
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)


def kept_in() -> Path | None:
    """The folder in which kernels of this version are kept for this machine, None where they are not kept."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR", ""))
    return folder if not _numba.config.DISABLE_JIT and (folder / "simrisk-kernels").is_file() else None


def compile_known() -> None:
    """Compile (or load) every pass of which a call has been compiled, whether or not a draw got to it, and what these call in turn."""
    done: set[str] = set()
    while fresh := [one for one in list(_passes.values()) if one.name not in done and one.is_known]:
        for one in fresh:
            done.add(one.name)
            if not one.cell.value:
                one.resolve()


def _twin(function: Callable[..., None]) -> Callable[..., None]:
    """The same function under another name, which is what numba's cache knows it by: it is compiled with other entry points."""
    twin = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    twin.__qualname__, twin.__module__, twin.__annotations__ = (
        f"{function.__qualname__}_from_python",
        function.__module__,
        function.__annotations__,
    )
    return twin


def _resolve(cell: int, noted: int, size: int) -> None:
    """Called by compiled code whose pass has no address yet; what goes wrong is kept, and the caller then raises."""
    try:
        _passes[cell].resolve(ctypes.string_at(noted, size))
    except BaseException as reason:
        _reasons[threading.get_ident()] = reason
        if isinstance(reason, Exception):
            sys.stderr.write(traceback.format_exc())


#: Kept: compiled code calls it for as long as the process lives.
_callback = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(_resolve)
binding.add_symbol(_RESOLVE, ctypes.cast(_callback, ctypes.c_void_p).value)


def _global(module: Any, symbol: str) -> Any:
    found = module.globals.get(symbol)
    return ir.GlobalVariable(module, ir.IntType(64), symbol) if found is None else found


def _address(context: Any, builder: Any, one: Apart, noted: bytes) -> Any:
    """The address of a pass, resolved where it is not known yet."""
    word = ir.IntType(64)
    cell, nothing = _global(builder.module, one.symbol), word(0)
    with cgutils.if_unlikely(builder, builder.icmp_signed("==", builder.load(cell), nothing)):
        resolve = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [word, word, word]), _RESOLVE)
        bytes_of = cgutils.global_constant(builder.module, f"{one.symbol}_types", cgutils.make_bytearray(noted))
        builder.call(resolve, [builder.ptrtoint(cell, word), builder.ptrtoint(bytes_of, word), word(len(noted))])
    address = builder.load(cell)
    with cgutils.if_unlikely(builder, builder.icmp_signed("==", address, nothing)):
        context.call_conv.return_user_exc(builder, RuntimeError, (f"{one.name} could not be compiled",))
    return address


class _Call(_Intrinsic):  # type: ignore[misc]
    """What stands for a pass in Python code: within kernels a call by address, from Python the pass compiled with an entry point."""

    apart: Apart
    py_func: Callable[..., None]

    def __call__(self, *arguments: Any, **named: Any) -> None:  # type: ignore[override]  # numba's only raises
        self.apart.dispatcher(from_python=True)(*arguments, **named)


def compile_apart(function: Callable[..., None], options: dict[str, Any], kept: bool) -> Any:
    """Make ``function`` a pass that kernels call by its address; ``options`` are those of numba, ``kept`` whether it is kept on disk."""
    one = Apart(function, options, kept)

    def define(typing_context: Any, *arguments: Any) -> Any:
        given = tuple(types.unliteral(argument) for argument in arguments)
        taken = tuple(by_reference(argument) for argument in given)
        noted = one.note(taken)

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            convention = context.call_conv
            address, called = _address(context, builder, one, noted), convention.get_function_type(types.none, taken)
            result = cgutils.alloca_once(builder, called.args[0].pointee)
            builder.store(cgutils.get_null_value(called.args[0].pointee), result)
            raised = cgutils.alloca_once(builder, called.args[1].pointee)
            lent = [
                value if kind is handed else cgutils.alloca_once_value(builder, value)
                for kind, handed, value in zip(given, taken, values, strict=True)
            ]
            packed = context.get_arg_packer(taken).as_arguments(builder, lent)
            code = builder.call(builder.inttoptr(address, called.as_pointer()), [result, raised, *packed])
            status = convention._get_return_status(builder, code, builder.load(raised))
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return context.get_dummy_value()

        return types.none(*given), generate

    define.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("typing_context", inspect.Parameter.POSITIONAL_OR_KEYWORD), *inspect.signature(function).parameters.values()]
    )
    call = _Call(function.__name__, define)
    call.apart, call.py_func = one, function
    call._register()
    return call
