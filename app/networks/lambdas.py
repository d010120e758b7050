"""What a Lambda yields: followed by the reader, which runs nothing, or as its author states it."""

import ast
import json
from functools import lru_cache

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture
from app.core.architectures.kinds import LARGEST_NUMBER
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.reading import Reading
from app.core.architectures.written import code_of
from app.core.errors import InvalidError
from app.core.values import JsonObject
from app.networks.application import InstalledKeras
from app.networks.facts import ANSWERS_KEPT, Tensor

STATED = "the shape is the one that its author states; what the function yields is not verified"


def network_of_lambda(config: JsonObject, arriving: tuple[Tensor, ...]) -> Architecture | None:
    """The function applied to what reaches the Lambda, as a network; None where it cannot be followed to its end."""
    function, arguments = code_of(config.get("function")), config.get("arguments") or {}
    if function is None or not isinstance(arguments, dict) or not all(name.isidentifier() for name in arguments):
        return None
    further = "".join(f", {name}={value!r}" for name, value in arguments.items())
    return _network(function, further, arriving)


def stated(output_shape: JsonValue, arriving: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The result's shape as the definition gives it: all sizes but the batch, or a function of the shape before."""
    if isinstance(output_shape, int):
        output_shape = [output_shape]
    function = code_of(output_shape)
    if function is not None:
        whole = _shape_told(function, arriving)
        output_shape = whole[1:] if isinstance(whole, list) else None
    if not isinstance(output_shape, list):
        return ()
    sizes = [size for size in output_shape if isinstance(size, int) and 1 <= size <= LARGEST_NUMBER]
    return (((None, *sizes), "float32"),) if len(sizes) == len(output_shape) else ()


@lru_cache(maxsize=ANSWERS_KEPT)
def _network(function: str, further: str, arriving: tuple[Tensor, ...]) -> Architecture | None:
    names = [f"input_{number}" for number in range(len(arriving))]
    lines = [
        f"{name} = keras.Input(batch_shape={shape!r}, dtype={dtype!r})"
        for name, (shape, dtype) in zip(names, arriving, strict=True)
    ]
    given = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    lines += [_named(function), f"result = function({given}{further})", f"keras.Model({given}, result)"]
    reading = _read("\n".join(lines))
    if reading is None or reading.symbols or len(reading.definitions) != 1:
        return None
    network = reading.definitions[0].architecture
    return network if len(network.inputs) == len(arriving) else None


@lru_cache(maxsize=ANSWERS_KEPT)
def _shape_told(function: str, arriving: tuple[Tensor, ...]) -> JsonValue:
    shapes = [shape for shape, _ in arriving]
    reading = _read(f"{_named(function)}\nresult = function({shapes if len(shapes) > 1 else shapes[0]!r})")
    return None if reading is None else json.loads(json.dumps(reading.names.get("result")))


def _read(source: str) -> Reading | None:
    try:
        reading = read_code(f"import keras\n{source}\n", facts=InstalledKeras())
    except InvalidError:
        return None
    return None if reading.not_understood else reading


def _named(function: str) -> str:
    """A lambda, or a function with a name of its own, under the name `function`."""
    try:
        (statement,) = ast.parse(function).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "function = unknown"
    if isinstance(statement, ast.FunctionDef):
        return f"{function}\nfunction = {statement.name}"
    return f"function = {function}"
