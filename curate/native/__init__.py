"""The compiled loops: C sources in `src`, one small library, and how Python calls it.

`kernel` makes a call of a declaration: its annotations are the types of the C function, which is
named after the file and the function. The library has no Python in it, so the same one serves
every Python version; ctypes lets other threads run while it computes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


class _Vector(ctypes.Structure):
    _fields_ = (("at", ctypes.c_void_p), ("size", ctypes.c_int64))


class _Table(ctypes.Structure):
    _fields_ = (("at", ctypes.c_void_p), ("rows", ctypes.c_int64), ("columns", ctypes.c_int64))


_SCALARS: dict[str, Any] = {
    "int": ctypes.c_int64, "Int": ctypes.c_int64, "Word": ctypes.c_uint64,
    "float": ctypes.c_double, "bool": ctypes.c_bool, "None": None,
}  # fmt: skip
_VECTORS = {
    "Bytes": np.uint8, "UInt16s": np.uint16, "UInt32s": np.uint32, "UInt64s": np.uint64,
    "Int8s": np.int8, "Int16s": np.int16, "Int32s": np.int32, "Int64s": np.int64,
    "Float32s": np.float32, "Floats": np.float64, "Bools": np.bool_,
}  # fmt: skip
_TABLES = {
    "ByteTable": np.uint8, "UInt32Table": np.uint32, "UInt64Table": np.uint64,
    "Int16Table": np.int16, "Int32Table": np.int32, "Int64Table": np.int64,
    "FloatTable": np.float64,
}  # fmt: skip


def kernel(file: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a function of `src/FILE.c`: the declaration's body is never run.

    An array that C could not read as declared (another type of element, not contiguous, another
    number of dimensions) is a TypeError: a copy would lose what is written into it.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        symbol = f"{file}_{function.__name__.lstrip('_')}"
        return cast("Callable[P, R]", _Kernel(symbol, cast("Any", function)))

    return declare


class _Kernel:
    """A C function that is looked up at its first call."""

    def __init__(self, symbol: str, declaration: Any) -> None:
        self.__name__ = declaration.__name__
        self.__doc__ = declaration.__doc__
        self._symbol, self._declaration = symbol, declaration
        self._bound: tuple[Any, Sequence[Callable[[Any], Any]]] | None = None

    def __call__(self, *arguments: Any) -> Any:
        call, converters = self._bound or self._bind()
        return call(*[convert(each) for convert, each in zip(converters, arguments, strict=True)])

    def _bind(self) -> tuple[Any, Sequence[Callable[[Any], Any]]]:
        types = dict(self._declaration.__annotations__)
        returned = _SCALARS[types.pop("return")]
        scope = self._declaration.__globals__
        pairs = [_converter(name, of, scope) for name, of in types.items()]
        call = _library()[self._symbol]
        call.argtypes, call.restype = [type_ for type_, _ in pairs], returned
        self._bound = call, [convert for _, convert in pairs]  # at once: threads may both bind it
        return self._bound


def sources() -> str:
    """The digest of the C sources that the library was compiled from."""
    name = _library().curate_sources
    name.restype = ctypes.c_char_p
    digest: bytes = name()
    return digest.decode()


def _library() -> ctypes.CDLL:
    with _LOADING:  # threads that begin together would each look whether it is up to date
        return _loaded()


_LOADING = Lock()


@cache
def _loaded() -> ctypes.CDLL:
    from curate.native.build import shared_library

    return ctypes.CDLL(str(shared_library()))


def _converter(name: str, of: str, scope: dict[str, Any]) -> tuple[Any, Callable[[Any], Any]]:
    """The C type of an argument, and what makes one of a Python value."""
    if of in _SCALARS:
        return _SCALARS[of], _SCALARS_IN.get(of, int)
    if of in _VECTORS:
        return _Vector, _vector(name, np.dtype(_VECTORS[of]))
    if of in _TABLES:
        return _Table, _table(name, np.dtype(_TABLES[of]))
    return _structure(scope[of])


_SCALARS_IN: dict[str, Callable[[Any], Any]] = {"float": float, "bool": bool}


def _vector(name: str, dtype: np.dtype[Any]) -> Callable[[Any], _Vector]:
    def convert(array: Any) -> _Vector:
        if array.dtype != dtype or array.ndim != 1 or not array.flags.c_contiguous:
            raise TypeError(f"{name}: {_description(array)}, not a contiguous {dtype} vector")
        return _Vector(_address(array), array.size)

    return convert


def _table(name: str, dtype: np.dtype[Any]) -> Callable[[Any], _Table]:
    def convert(array: Any) -> _Table:
        if array.dtype != dtype or array.ndim != 2 or not array.flags.c_contiguous:
            raise TypeError(f"{name}: {_description(array)}, not a contiguous {dtype} table")
        return _Table(_address(array), *array.shape)

    return convert


def _address(array: Any) -> int:
    """Where a contiguous array's memory begins."""
    if array.size and array.flags.writeable:  # what `ctypes` answers takes five times as long
        return ctypes.addressof(ctypes.c_char.from_buffer(array))
    address: int = array.ctypes.data
    return address


def _description(array: Any) -> str:
    layout = "contiguous" if array.flags.c_contiguous else "strided"
    return f"a {layout} {array.dtype} array of {array.ndim} dimensions"


@cache
def _structure(of: Any) -> tuple[Any, Callable[[Any], Any]]:
    """A pointer to a C struct with the arrays of a NamedTuple."""
    names = of.__annotations__
    texts = {name: getattr(hint, "__forward_arg__", hint) for name, hint in names.items()}
    pairs = {name: _converter(name, text, {}) for name, text in texts.items()}
    fields = [(name, type_) for name, (type_, _) in pairs.items()]
    struct = type(of.__name__, (ctypes.Structure,), {"_fields_": fields})

    def convert(value: Any) -> Any:
        if isinstance(value, _Held):
            return value.pointer
        return ctypes.pointer(
            struct(*(pairs[name][1](part) for name, part in zip(pairs, value, strict=True)))
        )

    return ctypes.POINTER(struct), convert


class _Held:
    """A NamedTuple that knows its C struct."""

    pointer: Any


Arrays = TypeVar("Arrays", bound=tuple[Any, ...])


def held(value: Arrays) -> Arrays:
    """The same NamedTuple, made ready for C once: for one that many calls get."""
    kind, convert = _held_kind(type(value))
    ready = kind(*value)
    ready.pointer = convert(value)
    return cast("Arrays", ready)


@cache
def _held_kind(of: Any) -> tuple[Any, Callable[[Any], Any]]:
    return type(of.__name__, (_Held, of), {}), _structure(of)[1]


def address(value: Arrays) -> int:
    """Where the C struct of a NamedTuple is that `held` made ready."""
    return ctypes.addressof(cast("Any", value).pointer.contents)
