"""Use cases of architectures: presets, keeping definitions, layer tables."""

from typing import Any

from pydantic import JsonValue, ValidationError

from app.core.architectures.architecture import Architecture, ArchitectureSummary, Stop, StoredArchitecture, Style
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.kinds import refuse_unsafe_architecture
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.presets import Preset, build_preset, presets
from app.core.architectures.remedies import with_remedies
from app.core.architectures.writers import write_code
from app.core.errors import ConflictError, FieldError, InvalidError
from app.core.ports import Clock, Database, Inspector, NewId
from app.core.values import Sort


class ArchitectureService:
    """Keeps architectures and asks the inspector about them."""

    def __init__(self, *, database: Database, inspector: Inspector, clock: Clock, new_id: NewId) -> None:
        self._database = database
        self._inspector = inspector
        self._clock = clock
        self._new_id = new_id

    def presets(self) -> tuple[Preset, ...]:
        """What one can start from."""
        return presets()

    def preset_table(self, name: str, options: dict[str, JsonValue]) -> LayerTable:
        """The rows of what a preset would make; nothing is kept."""
        return self._inspector.layer_table(build_preset(name, options))

    def from_preset(self, name: str, options: dict[str, JsonValue]) -> StoredArchitecture:
        """Keep a preset with these options; InvalidError names what exists."""
        return self.keep(build_preset(name, options))

    def from_data(self, definition: dict[str, Any]) -> StoredArchitecture:
        """Keep a definition given as data; InvalidError names each field that is not acceptable."""
        try:
            return self.keep(Architecture.model_validate(definition))
        except ValidationError as error:
            fields = [
                FieldError(".".join(["architecture", *map(str, entry["loc"])]), entry["msg"])
                for entry in error.errors(include_input=False)[:50]
            ]
            raise InvalidError("The architecture is not complete or contradicts itself.", errors=fields) from None

    def keep(self, architecture: Architecture) -> StoredArchitecture:
        """Keep it; the same definition under the same name answers the one that is there."""
        refuse_unsafe_architecture(architecture)
        digest = architecture.digest
        with self._database.transaction() as transaction:
            there = transaction.architectures.by_digest(digest, name=architecture.name)
        if there is not None:
            return there
        table = self._inspector.layer_table(architecture)
        failure = table.failure
        stored = StoredArchitecture(
            id=self._new_id(),
            created_at=self._clock(),
            digest=digest,
            architecture=architecture,
            stops_at=None
            if failure is None
            else Stop(call=failure.call, kind=failure.kind, input_shapes=failure.input_shapes, message=failure.message),
            parameters=table.totals.parameters,
            reached_layers=table.reached_layers,
        )
        with self._database.transaction() as transaction:
            # Somebody may have kept the same one while the inspector was asked.
            there = transaction.architectures.by_digest(digest, name=architecture.name)
            if there is None:
                transaction.architectures.add(stored)
        return there or stored

    def page(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[StoredArchitecture], str | None]:
        """In an order, the newest first unless said."""
        with self._database.transaction() as transaction:
            return transaction.architectures.page(limit=limit, cursor=cursor, q=q, sort=sort)

    def summaries(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[ArchitectureSummary], str | None]:
        """What lists show, newest first; no definition is read, however large."""
        with self._database.transaction() as transaction:
            return transaction.architectures.summaries(limit=limit, cursor=cursor, q=q, sort=sort)

    def summary(self, architecture_id: str) -> ArchitectureSummary:
        """What lists show of one; NotFoundError where nothing has this id."""
        with self._database.transaction() as transaction:
            return transaction.architectures.summary(architecture_id)

    def get(self, architecture_id: str) -> StoredArchitecture:
        """Raise NotFoundError where nothing has this id."""
        with self._database.transaction() as transaction:
            return transaction.architectures.get(architecture_id)

    def layer_table(self, architecture_id: str) -> LayerTable:
        """Its rows, built without weights."""
        return self._inspector.layer_table(self.get(architecture_id).architecture)

    def table_with_remedies(self, architecture_id: str) -> LayerTable:
        """Its rows; where building stops, also the changes that were tried and whether they help."""
        architecture = self.get(architecture_id).architecture
        table = self._inspector.layer_table(architecture)
        return with_remedies(architecture, table, self._inspector.layer_table)

    def code(self, architecture_id: str, style: Style | None = None) -> str:
        """Runnable Keras 3 code; InvalidError where the style cannot say it."""
        architecture = self.get(architecture_id).architecture
        return write_code(architecture, style or architecture.style)

    def catalogue(self) -> Catalogue:
        """What Keras's layers take, for whoever edits one."""
        return self._inspector.catalogue()

    def rename(self, architecture_id: str, name: str) -> StoredArchitecture:
        """Give it another name."""
        with self._database.transaction() as transaction:
            transaction.architectures.get(architecture_id)
            transaction.architectures.rename(architecture_id, name)
            return transaction.architectures.get(architecture_id)

    def delete(self, architecture_id: str) -> None:
        """Forget it; ConflictError while a run was made from it."""
        with self._database.transaction() as transaction:
            transaction.architectures.get(architecture_id)
            if transaction.runs.uses_architecture(architecture_id):
                raise ConflictError("Runs were made from this architecture. Delete those runs first.")
            transaction.architectures.delete(architecture_id)
