"""What a bare name stands for."""

from app.core.architectures.readers.keras_code.builtin_functions import is_builtin
from app.core.architectures.readers.keras_code.library_names import starred, well_known
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.values import MISSING, Builtin, ModulePath

_FIXED: dict[str, object] = {"__name__": "__main__", "__file__": "__main__.py", "NotImplemented": None, "Ellipsis": ...}


def name_value(machine: Machine, name: str, scope: Scope) -> object:
    """What the source, Python, or everybody means by a name; a symbol where nobody does."""
    found = scope.find(name)
    if found is not MISSING:
        return found
    if name in _FIXED:
        return _FIXED[name]
    path = starred(machine.star_imports, name, machine.catalogue)
    if path is not None:
        return ModulePath(path, name)
    filled = machine.filled(name)
    if filled is not None:
        return filled
    if is_builtin(name):
        return Builtin(name)
    path = well_known(name, machine.catalogue)
    return ModulePath(path, name) if path is not None else machine.unknown(name)
