"""Reads Keras code: follows its syntax tree for the part of Python that networks are written in. Nothing is executed."""

from app.core.architectures.readers.keras_code.reader import Cell, read_cells, read_code

__all__ = ["Cell", "read_cells", "read_code"]
