"""Functions of Python's and NumPy's libraries on known numbers and texts, each written out here."""

import math
from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Any

from app.core.architectures.readers.keras_code.containers import listed
from app.core.architectures.readers.keras_code.limits import LONGEST_STRING
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.tensor_shapes import known_shape
from app.core.architectures.readers.keras_code.values import MISSING, Arguments, ModulePath, Partial, Tensor
from app.core.architectures.readers.keras_code.written_values import has_tensor

_Known = Callable[[Machine, Arguments], object]
_LARGEST_ARGUMENT = 1e15
_EPSILON = 1e-7

_OF_NUMBERS: dict[str, Callable[..., Any]] = {
    "ceil": math.ceil,
    "exp": math.exp,
    "fabs": math.fabs,
    "floor": math.floor,
    "gcd": math.gcd,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "pow": math.pow,
    "power": lambda base, by: (
        base**by if isinstance(by, int) and 0 <= by < 64 and abs(base) < 1024 else math.pow(base, by)
    ),
    "sqrt": math.sqrt,
    "square": lambda value: value * value,
    "abs": abs,
    "maximum": max,
    "minimum": min,
    "trunc": math.trunc,
    "isqrt": math.isqrt,
    "round": round,
}
_NUMPY_TYPES = {"int": int, "int32": int, "int64": int, "float32": float, "float64": float, "float": float}
_NUMBER_MODULES = frozenset(
    ["keras.backend", "keras.ops", "math", "numpy", "numpy.math", "tensorflow", "tensorflow.math"]
)


def library_function(machine: Machine, path: str, arguments: Arguments) -> object:
    """The result of a function that needs nothing but its known arguments; MISSING otherwise."""
    module, _, name = path.rpartition(".")
    special = _SPECIAL.get(path)
    try:
        if special is not None:
            return special(machine, arguments)
        if module in _NUMBER_MODULES and name in _OF_NUMBERS:
            return _of_numbers(name, arguments)
        if module == "numpy" and name in _NUMPY_TYPES:
            value = arguments.take(0)
            return _NUMPY_TYPES[name](value) if isinstance(value, int | float) else MISSING
    except (TypeError, ValueError, OverflowError, ArithmeticError, IndexError):
        return MISSING
    return MISSING


def _of_numbers(name: str, arguments: Arguments) -> object:
    given = arguments.positional
    if not given or arguments.keywords or not all(isinstance(value, int | float) for value in given):
        return MISSING
    numbers = [value for value in given if isinstance(value, int | float) and abs(value) < _LARGEST_ARGUMENT]
    if len(numbers) != len(given):
        return MISSING
    return _OF_NUMBERS[name](*numbers)


def _product(machine: Machine, arguments: Arguments) -> object:
    entries = listed(machine, arguments.take(0))
    numbers = [entry for entry in entries or [] if isinstance(entry, int | float) and abs(entry) < _LARGEST_ARGUMENT]
    if entries is None or len(numbers) != len(entries) or len(numbers) > 16:
        return MISSING
    return prod(numbers)


def _partial(_: Machine, arguments: Arguments) -> object:
    return Partial(arguments.positional[0], arguments.positional[1:], arguments.keywords)


def _reduce(machine: Machine, arguments: Arguments) -> object:
    entries = listed(machine, arguments.positional[1])
    function, start = arguments.positional[0], arguments.positional[2:3]
    if entries is None or not [*start, *entries]:
        return MISSING
    return reduce(lambda a, b: machine.call(function, Arguments([a, b], {})), [*start, *entries])


def _join_path(_: Machine, arguments: Arguments) -> object:
    parts = arguments.positional
    if not parts or not all(isinstance(part, str) for part in parts):
        return MISSING
    text = ""
    for part in parts:
        assert isinstance(part, str)  # checked above
        text = part if part.startswith("/") or not text else f"{text.rstrip('/')}/{part}"
    return text if len(text) < LONGEST_STRING else MISSING


def _tensor_shape(machine: Machine, arguments: Arguments) -> object:
    tensor = arguments.take(0, "input", "x")
    return known_shape(machine, tensor, arguments.text) if isinstance(tensor, Tensor) else MISSING


def _ordered(_: Machine, arguments: Arguments) -> object:
    return {} if not arguments.positional and not arguments.keywords else dict(arguments.keywords)


def _array(_: Machine, arguments: Arguments) -> object:
    """A short list of numbers stays one: kernels and sizes are written as arrays at times."""
    value = arguments.take(0, "object")
    short = (
        isinstance(value, list | tuple) and len(value) <= 16 and all(isinstance(entry, int | float) for entry in value)
    )
    return list(value) if short and isinstance(value, list | tuple) else MISSING


def _linear_space(_: Machine, arguments: Arguments) -> object:
    start, stop = arguments.take(0, "start"), arguments.take(1, "stop")
    count = arguments.take(2, "num", default=50)
    if not (
        isinstance(start, int | float) and isinstance(stop, int | float) and isinstance(count, int) and 1 < count < 200
    ):
        return MISSING
    return [start + (stop - start) * step / (count - 1) for step in range(count)]


def _chain(machine: Machine, arguments: Arguments) -> object:
    parts = [listed(machine, part) for part in arguments.positional]
    return MISSING if None in parts else [entry for part in parts for entry in part or []]


def _cast(_: Machine, arguments: Arguments) -> object:
    """A known number as one of another type: `tf.cast(key_size, tf.float32)`."""
    value, wanted = arguments.take(0, "x"), arguments.take(1, "dtype")
    dtype = wanted.path.rpartition(".")[2] if isinstance(wanted, ModulePath) else wanted
    made = {"float": float, "int": int}.get(dtype.rstrip("0123456789")) if isinstance(dtype, str) else None
    return MISSING if made is None or not isinstance(value, int | float) else made(value)


def _field(machine: Machine, arguments: Arguments) -> object:
    """A field of a dataclass as its default; what a factory makes is taken as never changed."""
    factory = arguments.keywords.get("default_factory")
    if factory is not None:
        return machine.call(factory, Arguments([], {}))
    return arguments.keywords.get("default", MISSING)


def _epsilon(machine: Machine, _: Arguments) -> object:
    """Keras's own small number, unless something was set instead."""
    was_set = any(entry.function.endswith("set_epsilon") for entry in machine.records)
    return MISSING if was_set else _EPSILON


def _wraps(machine: Machine, _: Arguments) -> object:
    return machine.unknown("wraps")


def _no_tensors(function: _Known) -> _Known:
    def call(machine: Machine, arguments: Arguments) -> object:
        return MISSING if has_tensor(arguments.positional) else function(machine, arguments)

    return call


_SPECIAL: dict[str, _Known] = {
    "collections.OrderedDict": _ordered,
    "dataclasses.field": _field,
    "keras.backend.cast": _cast,
    "keras.ops.cast": _cast,
    "tensorflow.cast": _cast,
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "functools.wraps": _wraps,
    "itertools.chain": _no_tensors(_chain),
    "numpy.array": _no_tensors(_array),
    "numpy.asarray": _no_tensors(_array),
    "numpy.linspace": _linear_space,
    "numpy.prod": _product,
    "math.prod": _product,
    "os.path.join": _join_path,
    "tensorflow.shape": _tensor_shape,
    "keras.backend.epsilon": _epsilon,
    "keras.config.epsilon": _epsilon,
    "keras.ops.shape": _tensor_shape,
    "keras.backend.shape": _tensor_shape,
}
