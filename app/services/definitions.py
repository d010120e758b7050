"""Use cases of definitions: what people paste or drop is read, its networks are kept, and what is wrong is said."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from app.core.architectures.architecture import StoredArchitecture
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.readers.any_source import read_any
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.readers.keras_json import read_keras_json
from app.core.architectures.readers.notebook import read_notebook
from app.core.architectures.reading import Definition, Finding, NotUnderstood, Reading
from app.core.architectures.training_findings import training_findings
from app.core.errors import InvalidError
from app.core.ports import Inspector
from app.services.architectures import ArchitectureService

Symbols = Mapping[str, JsonValue]


@dataclass(frozen=True)
class ReadResult:
    """The networks that were found and kept, what is to be said about them, and which names are still open."""

    items: tuple[StoredArchitecture, ...]
    findings: tuple[Finding, ...]
    not_understood: tuple[NotUnderstood, ...]
    symbols: tuple[str, ...]


class DefinitionService:
    """Reads sources of every kind; nothing in them is ever run."""

    def __init__(self, *, architectures: ArchitectureService, inspector: Inspector) -> None:
        self._architectures = architectures
        self._inspector = inspector

    def from_code(self, text: str, symbols: Symbols) -> ReadResult:
        """Keras code."""
        return self._kept(read_code(text, facts=self._inspector, symbols=symbols))

    def from_notebook(self, notebook: JsonValue, symbols: Symbols) -> ReadResult:
        """A notebook as JSON, or the text of one."""
        if not isinstance(notebook, dict | str):
            raise InvalidError("A notebook is a JSON object with cells, or its text export.")
        return self._kept(read_notebook(notebook, facts=self._inspector, symbols=symbols))

    def from_keras_json(self, data: JsonValue, symbols: Symbols) -> ReadResult:
        """Architecture JSON of Keras 1, 2 or 3."""
        return self._kept(read_keras_json(data, facts=self._inspector, symbols=symbols))

    def from_any(self, content: bytes | str, symbols: Symbols, *, name: str = "") -> ReadResult:
        """Whatever of these it is."""
        return self._kept(read_any(content, facts=self._inspector, symbols=symbols, name=name))

    def read_draft(self, text: str) -> Reading:
        """Keras code that is still being edited: nothing is kept."""
        return read_code(text, facts=self._inspector)

    def _kept(self, reading: Reading) -> ReadResult:
        items: list[StoredArchitecture] = []
        tables: list[LayerTable | None] = []
        refused: list[NotUnderstood] = []
        for definition in reading.definitions:
            try:
                items.append(self._architectures.keep(definition.architecture))
                tables.append(self._inspector.layer_table(definition.architecture))
            except InvalidError as error:
                tables.append(None)
                refused.append(_refused(definition, error))
        findings = (*reading.findings, *training_findings(reading, tables))
        return ReadResult(
            items=tuple(items),
            findings=tuple(findings),
            not_understood=(*reading.not_understood, *refused),
            symbols=reading.symbols,
        )


def _refused(definition: Definition, error: InvalidError) -> NotUnderstood:
    why = " ".join([error.detail, *(f"{entry.field}: {entry.message}" for entry in error.errors)])
    return NotUnderstood(place=definition.place, text=definition.architecture.name, why=why)
