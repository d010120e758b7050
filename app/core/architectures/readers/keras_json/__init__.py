"""Reads the architecture JSON of Keras 1, 2 and 3. Nothing in it is ever run; weights are no matter here."""

from app.core.architectures.readers.keras_json.reader import read_keras_json

__all__ = ["read_keras_json"]
