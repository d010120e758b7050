"""The inspector without its process: Keras answers in the test's own."""

from collections.abc import Sequence

from app.core.architectures.architecture import Architecture
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.layer_table import LayerTable
from app.core.values import JsonObject
from app.networks import InstalledKeras, read_layer_table, tell_catalogue


class LocalInspector:
    """Implements ports.Inspector; counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def layer_table(self, architecture: Architecture) -> LayerTable:
        self.asked += 1
        return read_layer_table(architecture)

    def layer_tables(self, architectures: Sequence[Architecture]) -> list[LayerTable]:
        return [self.layer_table(architecture) for architecture in architectures]

    def catalogue(self) -> Catalogue:
        return tell_catalogue()

    def application(self, name: str, options: JsonObject) -> Architecture:
        return InstalledKeras().application(name, options)
