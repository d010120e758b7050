"""The only Keras in `app`: builds networks from architectures, and reads weightless ones into layer tables."""

from app.networks.application import InstalledKeras, read_application
from app.networks.build import build, functional_twin, layer_of, observed
from app.networks.catalogue import tell_catalogue
from app.networks.digest import weights_digest
from app.networks.read import read_layer_table

__all__ = [
    "InstalledKeras",
    "build",
    "functional_twin",
    "layer_of",
    "observed",
    "read_application",
    "read_layer_table",
    "tell_catalogue",
    "weights_digest",
]
