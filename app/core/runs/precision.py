"""What half of float32's bits are not enough for."""

from app.core.architectures.architecture import Architecture
from app.core.runs.configuration import Configuration


def with_plain_outputs(architecture: Architecture, configuration: Configuration) -> Architecture:
    """The architecture whose last layers compute in float32 where all others compute in half of it, as Keras advises."""
    if configuration.precision == "float32":
        return architecture
    last = {call.layer for call in architecture.calls if call.id in architecture.outputs}
    layers = [
        layer.model_copy(update={"config": {"dtype": "float32", **layer.config}}) if layer.name in last else layer
        for layer in architecture.layers
    ]
    return architecture.model_copy(update={"layers": tuple(layers)})
