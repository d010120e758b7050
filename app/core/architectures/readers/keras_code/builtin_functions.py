"""Python's own functions on known values. Each is written out here; none is looked up by a name of the source."""

import ast

from app.core.architectures.readers.keras_code.formatting import with_spec
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.operators import binary_of, truth
from app.core.architectures.readers.keras_code.sequence_functions import SEQUENCE_FUNCTIONS, KnownFunction
from app.core.architectures.readers.keras_code.values import (
    MISSING,
    Arguments,
    Builtin,
    Instance,
    Layer,
    ModulePath,
    Network,
    Tensor,
    Unknown,
    UserClass,
    is_plain,
)

_TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "dict": dict,
    "float": float,
    "int": int,
    "list": list,
    "set": set,
    "str": (str,),
    "tuple": tuple,
}
_KERAS_TYPES: dict[str, type | tuple[type, ...]] = {
    "KerasTensor": Tensor,
    "Layer": (Layer, Network),
    "Model": Network,
    "Sequential": Network,
    "Tensor": Tensor,
}


def builtin(machine: Machine, name: str, arguments: Arguments) -> object:
    """Call one of Python's own functions; MISSING where its result cannot be known."""
    function = _FUNCTIONS.get(name)
    if function is None:
        return MISSING
    try:
        return function(machine, arguments)
    except (TypeError, ValueError, OverflowError, IndexError, ArithmeticError):
        return MISSING


def is_builtin(name: str) -> bool:
    """Whether Python itself has a function or type of this name that is followed or that everybody uses."""
    return name in _FUNCTIONS or name in _ONLY_NAMED


def _int(_: Machine, given: Arguments) -> object:
    value = given.take(0, default=0)
    base = given.take(1, "base", default=10)
    if isinstance(value, str) and len(value) < 100 and isinstance(base, int):
        return int(value, base)
    return int(value) if isinstance(value, int | float) else MISSING


def _float(_: Machine, given: Arguments) -> object:
    value = given.take(0, default=0.0)
    return float(value) if isinstance(value, int | float) or (isinstance(value, str) and len(value) < 100) else MISSING


def _round(_: Machine, given: Arguments) -> object:
    value, digits = given.positional[0], given.take(1, "ndigits")
    if not isinstance(value, int | float) or not (digits is None or (isinstance(digits, int) and abs(digits) < 400)):
        return MISSING
    return round(value, digits)


def _abs(_: Machine, given: Arguments) -> object:
    value = given.positional[0]
    return abs(value) if isinstance(value, int | float) else MISSING


def _pow(machine: Machine, given: Arguments) -> object:
    if len(given.positional) != 2:
        return MISSING
    base, by = given.positional
    return binary_of(machine, ast.Pow, base, by, (None, None, ast.Constant(0)))


def _str(_: Machine, given: Arguments) -> object:
    value = given.take(0, default="")
    return str(value) if value is None or isinstance(value, bool | int | float | str) else MISSING


def _bool(_: Machine, given: Arguments) -> object:
    known = truth(given.take(0, default=False))
    return MISSING if known is None else known


def _isinstance(_: Machine, given: Arguments) -> object:
    value, kinds = given.positional
    found = [_is_of(value, kind) for kind in (kinds if isinstance(kinds, list | tuple) else [kinds])]
    return True if True in found else MISSING if None in found else False


def _is_of(value: object, kind: object) -> bool | None:
    if isinstance(value, Unknown):
        return None
    if isinstance(kind, Builtin) and kind.name in _TYPES:
        return isinstance(value, _TYPES[kind.name])
    if isinstance(kind, UserClass):
        return isinstance(value, Instance) and (value.of is kind or kind in value.of.bases)
    if isinstance(kind, ModulePath):
        if isinstance(value, Layer):
            return kind.name in {value.kind, "Layer"}
        return isinstance(value, _KERAS_TYPES[kind.name]) if kind.name in _KERAS_TYPES else None
    return None


def _type(_: Machine, given: Arguments) -> object:
    value = given.positional[0]
    if isinstance(value, Instance):
        return value.of
    name = type(value).__name__
    return Builtin(name) if is_plain(value) and name in _TYPES else MISSING


def _has_attribute(_: Machine, given: Arguments) -> object:
    value, name = given.positional
    if isinstance(value, Instance):
        return name in value.attributes or any(name in cls.names for cls in [value.of])
    return MISSING


def _divmod(_: Machine, given: Arguments) -> object:
    left, right = given.positional
    return divmod(left, right) if isinstance(left, int) and isinstance(right, int) else MISSING


def _format(_: Machine, given: Arguments) -> object:
    spec = given.take(1, default="")
    return with_spec(given.positional[0], spec) if isinstance(spec, str) else MISSING


def _ord(_: Machine, given: Arguments) -> object:
    value = given.positional[0]
    return ord(value) if isinstance(value, str) and len(value) == 1 else MISSING


def _nothing(_: Machine, __: Arguments) -> object:
    return None


_FUNCTIONS: dict[str, KnownFunction] = {
    **SEQUENCE_FUNCTIONS,
    "abs": _abs,
    "bool": _bool,
    "divmod": _divmod,
    "float": _float,
    "format": _format,
    "hasattr": _has_attribute,
    "int": _int,
    "isinstance": _isinstance,
    "long": _int,
    "ord": _ord,
    "pow": _pow,
    "print": _nothing,
    "round": _round,
    "str": _str,
    "type": _type,
    "unicode": _str,
}
_ONLY_NAMED = frozenset(
    [
        "Exception",
        "ValueError",
        "TypeError",
        "KeyError",
        "IndexError",
        "ImportError",
        "RuntimeError",
        "NotImplementedError",
        "AttributeError",
        "AssertionError",
        "FileNotFoundError",
        "OSError",
        "IOError",
        "StopIteration",
        "KeyboardInterrupt",
        "ModuleNotFoundError",
        "object",
        "open",
        "input",
        "raw_input",
        "callable",
        "getattr",
        "setattr",
        "delattr",
        "globals",
        "locals",
        "vars",
        "dir",
        "id",
        "hash",
        "repr",
        "chr",
        "hex",
        "bin",
        "property",
        "staticmethod",
        "classmethod",
        "super",
        "slice",
        "bytes",
        "frozenset",
        "complex",
        "eval",
        "exec",
        "compile",
        "__import__",
        "exit",
        "quit",
        "help",
        "display",
        "get_ipython",
    ]
)
