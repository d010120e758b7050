"""`x.shape` as a source sees it."""

from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.shapes import UNKNOWN_SIZE
from app.core.architectures.readers.keras_code.values import Rank, Tensor
from app.core.architectures.written import symbol_of


def known_shape(machine: Machine, tensor: Tensor, text: str) -> object:
    """The sizes, as far as they can be known without building; a symbol where nothing can."""
    sizes = tensor.node.shape
    if sizes is None or tensor.index:
        return machine.unknown(text)
    return tuple(_size(machine, size, f"{text}[{number}]") for number, size in enumerate(sizes))


def _size(machine: Machine, size: object, text: str) -> object:
    if size == UNKNOWN_SIZE:
        return machine.unknown(text)
    symbol = symbol_of(size)
    return size if symbol is None else machine.unknown(symbol, Rank.SUM)
