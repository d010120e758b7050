"""Values and layers as expressions, and what the code must say at its top because of them."""

import math
from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from app.core.architectures import written
from app.core.architectures.architecture import Architecture, Layer, Symbol
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.operations import GET_ITEM, LIST_FIRST, MODULES
from app.core.architectures.writers.expressions import (
    Bracketed,
    Expression,
    call,
    joined,
    keyword,
    list_of,
    tuple_of,
)
from app.core.architectures.writers.identifiers import Identifiers, is_identifier, is_reserved
from app.core.architectures.writers.keras_words import (
    APPLICATION_MODULES,
    FIRST_ARGUMENTS,
    FIRST_OF_ITS_KIND,
    KERAS_LAYERS,
    LAYER_ARGUMENTS,
    OBJECT_MODULES,
    USUAL_IMPORTS,
)
from app.core.architectures.writers.python_text import as_argument, as_index, is_harmless, open_names
from app.core.values import JsonObject

_OPERANDS = {"where": ("condition", "x1", "x2")}


class Writing:
    """One piece of code in the making: its names, and what it imports and leaves open."""

    def __init__(self, architecture: Architecture, catalogue: Catalogue | None) -> None:
        self._catalogue = catalogue
        self._symbols: dict[str, str] = {}
        self._open: dict[str, str] = {}
        self._own_kinds: dict[str, str] = {}
        self._imports: set[str] = set()
        self._unchecked = False
        self._uses_layers = False
        self.names = Identifiers(_names_of_the_source(architecture))
        self.keras = self.names.fresh("keras")
        self._layers = "layers" if self.names.is_free("layers") else f"{self.keras}.layers"
        self.names.take("layers")

    def layer(self, layer: Layer, *, name: str | None) -> Expression:
        """The layer as its constructor is called; `name` where Keras would not give it by itself."""
        config = {key: value for key, value in layer.config.items() if key != "name"}
        arguments = self._arguments(layer.kind, config)
        if name is not None:
            arguments.append(keyword("name", text(name)))
        return call(self._class_of(layer.kind), arguments)

    def operation(self, layer: Layer, tensors: Sequence[str]) -> Expression:
        """A function of `keras.ops` applied to variables, or a slice of one (`x[:, :10]`)."""
        if layer.kind == GET_ITEM:
            return f"{tensors[0]}[{self._index(str(layer.config.get('index')))}]"
        function = ".".join([self.keras, "ops", *MODULES.get(layer.kind, "").split(), layer.kind])
        if layer.kind in LIST_FIRST:
            return call(function, [list_of([*tensors]), *self.arguments(layer.config)])
        config, waiting = dict(layer.config), list(tensors)
        names = _OPERANDS.get(layer.kind, ("x1", "x2")) if "x1" in config else ()
        given = [self._value(name, config.pop(name)) if name in config else waiting.pop(0) for name in names]
        return call(function, [*given, *waiting, *self.arguments(config)])

    def arguments(self, config: JsonObject) -> list[Expression]:
        """Arguments by their names."""
        return [self._argument(key, value) for key, value in config.items()]

    def dimension(self, size: int | Symbol | None) -> Expression:
        """One size of a shape; a symbol for all sizes is unpacked."""
        if not isinstance(size, Symbol):
            return repr(size)
        if size.symbol.startswith(written.OPEN_SHAPE):
            sizes = self.shape_symbol(size)
            return f"*{sizes}" if sizes.isidentifier() else f"*({sizes})"
        return self._symbol(size.symbol)

    def shape_symbol(self, shape: Symbol) -> str:
        """The name that stands for all sizes of a shape."""
        return self._symbol(shape.symbol.removeprefix(written.OPEN_SHAPE) or "input_shape")

    def header(self) -> list[str]:
        """What is left to fill in, what was not checked, and the imports."""
        lines = [f"# fill in: {name} = ...{note}" for name, note in self._open.items()]
        lines += [
            f"# fill in: class {name}({self.keras}.layers.Layer): ..."
            for name in dict.fromkeys(self._own_kinds.values())
        ]
        if self._unchecked:
            lines.append("# not checked: functions are taken over as the definition writes them")
        lines.append("import keras" if self.keras == "keras" else f"import keras as {self.keras}")
        if self._uses_layers and self._layers == "layers":
            lines.append("from keras import layers")
        return [*lines, *sorted(self._imports)]

    def _arguments(self, kind: str, config: JsonObject) -> list[Expression]:
        ordered = self._in_order(kind, config)
        first = next(iter(ordered), None)
        if first is not None and kind in KERAS_LAYERS and _comes_first(kind, first):
            return [self._value(first, ordered.pop(first)), *self.arguments(ordered)]
        return self.arguments(ordered)

    def _in_order(self, kind: str, config: JsonObject) -> JsonObject:
        known = None if self._catalogue is None else self._catalogue.layer(kind) or self._catalogue.object(kind)
        order = [] if known is None else [entry.name for entry in known.arguments if entry.name in config]
        first = [key for key in config if _comes_first(kind, key)]
        return {key: config[key] for key in dict.fromkeys([*order, *first, *config])}

    def _argument(self, key: str, value: JsonValue) -> Expression:
        if not is_identifier(key):
            return joined("**", Bracketed("{", (joined(f"{text(key)}: ", self._value(key, value)),), "}"))
        return keyword(key, self._value(key, value))

    def _value(self, key: str, value: JsonValue) -> Expression:
        if isinstance(value, list):
            items = [self._value(key, entry) for entry in value]
            return tuple_of(items) if _is_numeric(value) else list_of(items)
        if isinstance(value, dict):
            return self._written_form(key, value)
        if isinstance(value, str):
            return call(self._class_of(value), []) if self._is_layer(key, value) else text(value)
        return repr(value) if value is None else number(value)

    def _written_form(self, key: str, value: JsonObject) -> Expression:
        open_text, code_text, made = written.symbol_of(value), written.code_of(value), written.object_of(value)
        if open_text is not None:
            return self._symbol(open_text)
        if code_text is not None:
            return self._code(code_text)
        if made is not None:
            return call(self._object(key, made[0]), self._arguments(*made))
        entries = [joined(f"{text(name)}: ", self._value(name, entry)) for name, entry in value.items()]
        return Bracketed("{", tuple(entries), "}")

    def _is_layer(self, key: str, value: str) -> bool:
        return (key in LAYER_ARGUMENTS and is_identifier(value)) or (key == "activation" and value in KERAS_LAYERS)

    def _object(self, key: str, kind: str) -> str:
        module = f"{key.rpartition('_')[2]}s"
        if kind in OBJECT_MODULES:
            return f"{self.keras}.{OBJECT_MODULES[kind]}.{kind}"
        if module == "initializers" and kind == "Identity":
            return f"{self.keras}.initializers.Identity"
        return self._class_of(kind)

    def _class_of(self, kind: str) -> str:
        if kind in KERAS_LAYERS:
            self._uses_layers = True
            return f"{self._layers}.{kind}"
        if kind in APPLICATION_MODULES:
            self._imports.add(f"from {APPLICATION_MODULES[kind]} import {kind}")
            return kind
        if kind not in self._own_kinds:
            self._own_kinds[kind] = self.names.fresh(kind) if is_reserved(kind) or not is_identifier(kind) else kind
        return self._own_kinds[kind]

    def _index(self, source: str) -> str:
        index = as_index(source)
        for name in open_names(f"0[{index}]"):
            self._open.setdefault(name, "")
        return index or self._symbol(source)

    def _symbol(self, source: str) -> str:
        if source not in self._symbols:
            argument = as_argument(source) if is_harmless(source) else None
            if argument is None:
                argument = self.names.fresh("unknown")
                self._open[argument] = f" (the definition says {text(source)})"
            for name in open_names(argument):
                self._open.setdefault(name, "")
            self._symbols[source] = argument
        return self._symbols[source]

    def _code(self, source: str) -> str:
        argument = as_argument(source)
        if argument is None:
            return self._symbol(source)
        self._unchecked = True
        for name in open_names(argument):
            if name in USUAL_IMPORTS:
                self._imports.add(USUAL_IMPORTS[name])
            elif name != "keras":
                self._open.setdefault(name, "")
        return argument


def _comes_first(kind: str, argument: str) -> bool:
    return argument in FIRST_ARGUMENTS or FIRST_OF_ITS_KIND.get(kind) == argument


def text(value: str) -> str:
    """A string literal, in double quotes where that needs no escape."""
    literal = repr(value)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in value else literal


def number(value: float) -> str:
    """A number or a truth value."""
    return repr(value) if math.isfinite(value) else f'float("{value}")'


def _is_numeric(value: list[JsonValue]) -> bool:
    return all(
        entry is None
        or isinstance(entry, bool | int | float)
        or (isinstance(entry, list) and _is_numeric(entry))
        or written.symbol_of(entry) is not None
        for entry in value
    )


def _names_of_the_source(architecture: Architecture) -> Iterator[str]:
    """Names that the definition itself uses: none of ours may hide them."""
    for entry in architecture.inputs:
        for size in entry.shape:
            if isinstance(size, Symbol):
                yield from open_names(size.symbol.removeprefix(written.OPEN_SHAPE))
    for layer in architecture.layers:
        yield layer.kind
        yield from _names_in(layer.config)
        if layer.kind == GET_ITEM:
            yield from open_names(f"0[{layer.config.get('index')}]")
    for made in architecture.calls:
        yield from _names_in(made.arguments)


def _names_in(value: JsonValue) -> Iterable[str]:
    symbol, code = written.symbol_of(value), written.code_of(value)
    if symbol is not None:
        yield from open_names(symbol)
    elif code is not None:
        yield from (name for name in open_names(code) if name != "keras")
    elif isinstance(value, dict):
        kind = value.get("kind")
        if isinstance(kind, str):
            yield kind
        for entry in value.values():
            yield from _names_in(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _names_in(entry)
