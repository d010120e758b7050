"""Writes architectures as runnable Keras 3 code, in any of the three styles."""

from app.core.architectures.architecture import Architecture, Style
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.writers.functional import write_functional
from app.core.architectures.writers.sequential import write_sequential
from app.core.architectures.writers.subclassed import write_subclassed
from app.core.architectures.writers.writing import Writing

_WRITERS = {
    Style.SEQUENTIAL: write_sequential,
    Style.FUNCTIONAL: write_functional,
    Style.SUBCLASSED: write_subclassed,
}


def write_code(architecture: Architecture, style: Style, *, catalogue: Catalogue | None = None) -> str:
    """The architecture as a Python module that makes `model`; read again, it is the same architecture in that style.

    Arguments are exactly those that were written, in the order of their signature where a catalogue is given. What the
    definition leaves open stays a name that is listed at the top (`# fill in: labels_values = ...`): until it is filled
    in, the code ends in a NameError. InvalidError where a Sequential cannot express the network.
    """
    writing = Writing(architecture, catalogue)
    body = _WRITERS[style](architecture, writing)
    return "\n".join([*writing.header(), "", *body]) + "\n"
