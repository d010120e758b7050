"""One serialised layer or network: its class, arguments, name and calls, whichever Keras wrote it."""

from dataclasses import dataclass

from pydantic import JsonValue

from app.core.architectures.readers.keras_names.kinds import bare
from app.core.values import JsonObject

NETWORKS = frozenset(["Functional", "Model", "Sequential"])


@dataclass(frozen=True)
class Entry:
    """A serialised layer. `config` is a list in the Sequential of Keras 1 and early Keras 2."""

    class_name: str
    module: str
    config: JsonObject | list[JsonValue]
    name: str
    nodes: JsonValue
    built_for: JsonValue  # the input shape it was built for, where Keras 3 noted that

    @property
    def arguments(self) -> JsonObject:
        """The configuration of a layer; empty where it is a list."""
        return self.config if isinstance(self.config, dict) else {}

    @property
    def members(self) -> list[JsonValue] | None:
        """The serialised layers of a network; None for a layer that is none."""
        if isinstance(self.config, list):
            return self.config if bare(self.class_name) in NETWORKS else None
        layers = self.config.get("layers")
        connected = "input_layers" in self.config or bare(self.class_name) in NETWORKS
        return layers if isinstance(layers, list) and connected else None

    @property
    def is_sequential(self) -> bool:
        """Whether the layers follow one another without being told so."""
        return bare(self.class_name) == "Sequential" or (
            isinstance(self.config, dict) and "input_layers" not in self.config
        )

    @property
    def is_input(self) -> bool:
        """Whether data enters here."""
        return bare(self.class_name) in {"Input", "InputLayer"}


def read_entry(written: JsonValue) -> Entry | None:
    """The layer that a piece of JSON says; None where it says none."""
    if not isinstance(written, dict):
        return None
    class_name, config = written.get("class_name"), written.get("config")
    if not isinstance(class_name, str):
        return _keras_0(written)
    if not isinstance(config, dict | list):
        config = {}
    own = config.get("name") if isinstance(config, dict) else None
    name = written.get("name", own)
    built = written.get("build_config")
    return Entry(
        class_name=class_name,
        module=_module(written),
        config=config,
        name=name if isinstance(name, str) else "",
        nodes=written.get("inbound_nodes"),
        built_for=built.get("input_shape") if isinstance(built, dict) else None,
    )


def _keras_0(written: JsonObject) -> Entry | None:
    """Before Keras 1 a layer was flat: {"name": "Dense", "custom_name": "dense", "output_dim": 10, ...}."""
    kind = written.get("name")
    if not isinstance(kind, str) or not kind[:1].isupper():
        return None
    config = {key: value for key, value in written.items() if key not in {"name", "custom_name"}}
    name = written.get("custom_name")
    return Entry(kind, "", config, name if isinstance(name, str) else "", None, None)


def _module(written: JsonObject) -> str:
    """Where the class is from: its module, or the package it was registered under by somebody else than Keras.

    A class without module that was registered under its own name is somebody's own.
    """
    module, registered = written.get("module"), written.get("registered_name")
    if isinstance(registered, str) and ">" in registered and not registered.startswith("keras"):
        return registered.split(">", maxsplit=1)[0]
    if isinstance(module, str):
        return module
    return "Custom" if "module" in written and isinstance(registered, str) else ""
