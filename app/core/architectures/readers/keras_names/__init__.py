"""Keras 1's and 2's names and arguments, said in Keras 3's."""

from app.core.architectures.readers.keras_names.inputs import written_input_shape
from app.core.architectures.readers.keras_names.modern import Era, Modern, modern_layer

__all__ = ["Era", "Modern", "modern_layer", "written_input_shape"]
