"""Looks at definitions that are still being edited: nothing is kept, and one that is not valid yet is no error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from app.core.architectures.architecture import Architecture, Style
from app.core.architectures.blocks import blocks_of
from app.core.architectures.kinds import refuse_unsafe_architecture
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.readers.keras_code.parsing import parse
from app.core.architectures.reading import Reading
from app.core.architectures.writers import write_code
from app.core.errors import InvalidError
from app.core.ports import Inspector
from app.core.values import Value

MOST_PROBLEMS = 20


class Problem(Value):
    """What is the matter with a draft: a field by its dotted path, or a line of its code."""

    field: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Draft:
    """What is known of a definition: its table and code where it is valid, else what is the matter."""

    architecture: Architecture | None
    table: LayerTable | None = None
    code: dict[str, str | None] = field(default_factory=dict)
    blocks: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class DraftService:
    """Answers what the editor shows, for a definition as data or as code."""

    def __init__(self, *, inspector: Inspector, read_code: Callable[[str], Reading]) -> None:
        self._inspector = inspector
        self._read_code = read_code

    def of_data(self, definition: Mapping[str, Any]) -> Draft:
        """The draft of an architecture as the API has it."""
        try:
            architecture = Architecture.model_validate(definition)
        except ValidationError as error:
            problems = [
                Problem(field=".".join(map(str, entry["loc"])), message=_sentence(entry["msg"]))
                for entry in error.errors(include_input=False)[:MOST_PROBLEMS]
            ]
            return Draft(None, problems=tuple(problems))
        return self.of_architecture(architecture)

    def of_code(self, code: str) -> Draft:
        """The draft of the last network that a piece of Keras code defines.

        What is half typed is no Python: it is answered with its line, so that the last good state stays.
        """
        unfinished = _syntax_problem(code)
        if unfinished is not None:
            return Draft(None, problems=(unfinished,))
        reading = self._read_code(code)
        problems = tuple(
            Problem(field="code", message=_sentence(item.why), line=item.place and item.place.line)
            for item in reading.not_understood[:MOST_PROBLEMS]
        )
        if not reading.definitions:
            missing = Problem(field="code", message="The code defines no network.")
            return Draft(None, problems=problems or (missing,))
        if len(reading.definitions) > 1:
            several = f"The code defines {len(reading.definitions)} networks; the last one is edited here."
            problems = (*problems, Problem(field="code", message=several))
        return self.of_architecture(reading.definitions[-1].architecture, problems=problems)

    def of_architecture(self, architecture: Architecture, *, problems: tuple[Problem, ...] = ()) -> Draft:
        """Its table, its code in every style that can say it, and its rows' blocks."""
        code = {style.value: _written(architecture, style) for style in Style}
        try:
            refuse_unsafe_architecture(architecture)
            table = self._inspector.layer_table(architecture)
        except InvalidError as error:
            refused = [Problem(field=entry.field, message=error.detail) for entry in error.errors]
            refused = refused or [Problem(field="architecture", message=error.detail)]
            return Draft(architecture, code=code, problems=(*problems, *refused))
        blocks = tuple(block.name for block in blocks_of(table.rows) for _ in range(block.start, block.end))
        return Draft(architecture, table=table, code=code, blocks=blocks, problems=problems)


def _syntax_problem(code: str) -> Problem | None:
    try:
        parse(code)
    except SyntaxError as error:
        return Problem(field="code", message=f"This is not Python: {error.msg}.", line=error.lineno)
    except (ValueError, RecursionError, MemoryError):
        return Problem(field="code", message="This is nested too deeply, or has characters that Python does not take.")
    return None


def _written(architecture: Architecture, style: Style) -> str | None:
    try:
        return write_code(architecture, style)
    except InvalidError:
        return None


def _sentence(message: str) -> str:
    said = message.removeprefix("Value error, ")
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."
