"""Names that are safe in Python: no keyword, no builtin, none given twice, whatever the definition's names are."""

import builtins
import keyword
import re
from collections.abc import Iterable

_BUILTINS = frozenset(dir(builtins))


class Identifiers:
    """Gives out identifiers that are not taken."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*taken, "self"}

    def is_free(self, name: str) -> bool:
        """Whether nothing has that name yet."""
        return name not in self._taken

    def take(self, name: str) -> None:
        """Keep the name from being given out."""
        self._taken.add(name)

    def fresh(self, wanted: str, *, instead: str | None = None) -> str:
        """The identifier that is nearest to what is wanted; `instead` is tried first where that one is taken."""
        base = identifier(wanted)
        for candidate in [base, *([] if instead is None else [identifier(instead)])]:
            if candidate not in self._taken:
                self._taken.add(candidate)
                return candidate
        number = 1
        while f"{base}_{number}" in self._taken:
            number += 1
        self._taken.add(f"{base}_{number}")
        return f"{base}_{number}"


def identifier(text: str) -> str:
    """The text as a name: `vgg16.block1_conv1` is `vgg16_block1_conv1`, `class` is `class_`, `1x1` is `layer_1x1`."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    if not name.strip("_"):
        return "unnamed"
    if name[0].isdigit() or name[0] == "_":
        name = f"layer_{name.lstrip('_')}"
    return f"{name}_" if is_reserved(name) else name


def class_name(text: str) -> str:
    """The text as the name of a class: `notebook-sequential` is `NotebookSequential`."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name or name[0].isdigit():
        name = f"Network{name}"
    return f"{name}_" if is_reserved(name) else name


def is_identifier(text: str) -> bool:
    """Whether the text can stand as a name or as the name of an argument."""
    return text.isidentifier() and not keyword.iskeyword(text)


def is_reserved(name: str) -> bool:
    """Whether Python already means something by that name."""
    return keyword.iskeyword(name) or name in _BUILTINS
