"""A run is refused before it waits where its architecture cannot be trained."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.core.architectures.architecture import Architecture, Layer, StoredArchitecture
from app.core.architectures.written import symbol
from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.request import RunRequest
from app.core.runs.run import Event, Run
from app.services.runs import RunService
from tests.factories.rows import architecture, ready_dataset
from tests.fakes.queue import RememberedTasks


class Nobody:
    """An event log that nobody follows."""

    def append(self, events: Sequence[Event]) -> None:
        """Told to nobody."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    upgrade(url)
    opened = SqlDatabase(url, clock=utc_now, new_id=new_id)
    yield opened
    opened.close()


class EverythingFits:
    """No network is too large."""

    def refuse_what_cannot_fit(self, stored: StoredArchitecture, configuration: Configuration) -> None:
        """Refuse nothing."""

    def refuse_what_cannot_start(self, request: RunRequest) -> None:
        """Refuse nothing."""


def ask(database: SqlDatabase, definition: Architecture) -> list[Run]:
    stored = StoredArchitecture(
        id=new_id(), created_at=utc_now(), digest=definition.digest, architecture=definition, parameters=None
    )
    dataset = ready_dataset(database)
    with database.transaction() as transaction:
        transaction.architectures.add(stored)
    service = RunService(
        database=database,
        queue=RememberedTasks(),
        event_log=Nobody(),
        clock=utc_now,
        new_id=new_id,
        plans=EverythingFits(),
        starts=EverythingFits(),
    )
    return service.create(
        [RunRequest(architecture=stored.id, dataset=dataset.id, configuration=Configuration(epochs=1))]
    )


def with_last(layer: Layer) -> Architecture:
    made = architecture()
    return made.model_copy(update={"layers": (made.layers[0], layer)})


def test_what_is_written_in_full_waits(database: SqlDatabase) -> None:
    (run,) = ask(database, architecture())
    assert run.state.value == "queued"


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (Layer(name="dense", kind="Dense", config={"units": symbol("labels_values")}), "`labels_values`"),
        (Layer(name="dense", kind="MyDense", config={"units": 2}), "MyDense is not one of Keras's own layers"),
    ],
)
def test_open_names_and_unknown_layers_are_refused(database: SqlDatabase, layer: Layer, says: str) -> None:
    with pytest.raises(InvalidError, match=says):
        ask(database, with_last(layer))
    with database.transaction() as transaction:
        assert transaction.runs.page()[0] == []
