"""Processes of the version before work beside those of this one: on its database, its statements, its messages.

What that version kept and said was recorded by its own code (`tests/recording`). Where a test here fails, the change that
made it fail would break a process that is not replaced yet; docs/decisions/0016 says how to make it in two steps.
"""

import base64
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from sqlalchemy import Engine, create_engine, inspect, text

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase, migrate
from app.adapters.database.database import make_engine
from app.adapters.database.tables import metadata
from app.adapters.predictor import answer_of, read, told, written
from app.composition import compose
from app.core.runs.lifecycle import CRASHES_ALLOWED, RunState
from app.core.runs.predictions import Answer, Question
from app.core.runs.run import Event
from app.main import create_app
from app.services.bundle import ServiceBundle
from app.settings import Settings
from app.web.security import Access
from tests.fixtures.databases import fresh_database
from tests.recording import scenario, statements

BEFORE = "0011"
RECORDED = Path(__file__).parents[1] / "fixtures" / "recorded" / BEFORE
TOKEN = "the-token-of-a-test-of-versions"
CHANGING = {"alive", "worker"}
"""What an answer tells of now."""


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def migrated(url: str, revision: str) -> None:
    with engine_of(url) as engine, engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        command.upgrade(config, revision)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database in which there is nothing."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'diceboard.sqlite3'}"
    return fresh_database(request.getfixturevalue("postgres"))


def statements_of(url: str) -> Path:
    return RECORDED / f"statements-{url.partition(':')[0].partition('+')[0]}.json"


@contextmanager
def services_over(url: str, folder: Path) -> Iterator[ServiceBundle]:
    services = compose(Settings(data=folder, database_url=url, reserve_bytes=0))
    try:
        yield services
    finally:
        services.database.close()  # type: ignore[attr-defined]


@contextmanager
def engine_of(url: str) -> Iterator[Engine]:
    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.fixture
def before(tmp_path: Path) -> str:
    """The URL of the database that the version before left, with its blobs; migrated by this one."""
    path = tmp_path / "diceboard.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript((RECORDED / "database.sql").read_text(encoding="utf-8"))
    connection.close()
    for name, content in recorded("blobs").items():
        blob = tmp_path / "blobs" / name
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(base64.b64decode(content))
    migrate.upgrade(f"sqlite:///{path}")
    return f"sqlite:///{path}"


def test_the_migrations_of_before_make_the_database_of_before(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "kept.sqlite3") as connection:
        connection.executescript((RECORDED / "database.sql").read_text(encoding="utf-8"))
    connection.close()
    migrated(f"sqlite:///{tmp_path / 'made.sqlite3'}", BEFORE)
    kept, made = (create_engine(f"sqlite:///{tmp_path / name}.sqlite3") for name in ("kept", "made"))
    assert columns(kept) == columns(made)
    kept.dispose()
    made.dispose()


def columns(engine: Engine) -> dict[str, list[str]]:
    there = inspect(engine)
    return {
        table: sorted(f"{column['name']} {column['type']} {column['nullable']}" for column in there.get_columns(table))
        for table in there.get_table_names()
    }


def test_the_statements_of_before_do_the_same_on_the_database_of_now(empty: str, tmp_path: Path) -> None:
    """Fails where a migration takes away, renames, narrows, or adds what has to be given: give new columns a default."""
    migrate.upgrade(empty)
    with engine_of(empty) as engine:
        assert statements.replay(engine, statements_of(empty)) > 300
    goes_on(empty, tmp_path)


def test_a_database_of_before_is_migrated_with_all_that_it_holds_and_goes_on(empty: str, tmp_path: Path) -> None:
    migrated(empty, BEFORE)
    with engine_of(empty) as engine:
        statements.replay(engine, statements_of(empty))
        rows = counts(engine)
        assert set(rows) == set(columns(engine)) - {"alembic_version"}
        assert [table for table, count in rows.items() if count == 0] == []
        migrate.upgrade(empty)
        assert rows.items() <= counts(engine).items()
    goes_on(empty, tmp_path)


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()
            for table in inspect(engine).get_table_names()
            if table != "alembic_version"
        }


def goes_on(url: str, folder: Path) -> None:
    """A worker of this version takes the runs that the one of before left, in their order, and finishes them."""
    with services_over(url, folder) as services:
        first, second = services.run_queue.waiting()[:2]
        for expected in (first, second):
            taken = services.workers.claim_next("train@now")
            assert taken is not None
            assert taken.id == expected.id
            assert services.workers.renew(taken.id, attempt=taken.attempt)
            for state in (RunState.RUNNING, RunState.EVALUATING, RunState.FINISHED):
                services.runs.move(taken.id, state, attempt=taken.attempt)
            sequence = [event.seq for event in services.metrics.events(taken.id)]
            assert sequence == list(range(1, len(sequence) + 1))
        assert services.workers.claim_next("train@now") is None
        (running,), _ = services.runs.page(states=[RunState.RUNNING])
        assert running.crashes + 1 < CRASHES_ALLOWED
        services.workers.crashed(running.id, attempt=running.attempt, reason="its worker was replaced")
        assert services.workers.claim_next("train@now") is not None


def test_what_this_version_keeps_the_one_before_can_read(empty: str, tmp_path: Path) -> None:
    """Fails where a JSON column gets a field that nobody asked for: leave out what has its usual value."""
    migrate.upgrade(empty)
    with services_over(empty, tmp_path) as services:
        scenario.play(services, tmp_path)
        schemas = recorded("schemas")
        del schemas["dataset_version.facts"]["required"]  # two of them are columns of their own
        checked = set()
        with services.database.engine.connect() as connection:  # type: ignore[attr-defined]
            for name in schemas:
                table, _, column = name.partition(".")
                if column:
                    kept = metadata.tables[table].c[column]
                    for value in connection.execute(kept.table.select().with_only_columns(kept)).scalars():
                        if value is not None:
                            jsonschema.validate(value, schemas[name])
                            checked.add(name)
            for row in connection.execute(metadata.tables["run_event"].select()).mappings():
                jsonschema.validate(Event.model_validate(dict(row)).model_dump(mode="json"), schemas["event"])
    assert checked == {name for name in schemas if "." in name} - {"run.start_from"}


def test_the_rest_api_says_all_that_it_said_before(before: str, tmp_path: Path) -> None:
    with services_over(before, tmp_path) as services:
        app = create_app(services, access=Access(TOKEN, services.logins))
        client = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {TOKEN}"})
        for path, answer in recorded("answers")["answers"].items():
            missing = list(lost(answer, client.get(f"/api/v1{path}").json(), path))
            assert missing == []


def lost(then: Any, now: Any, place: str) -> list[str]:
    """What an answer of before had and one of now has not."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            one
            for key, value in then.items()
            if key not in CHANGING
            for one in (lost(value, now[key], f"{place} {key}") if key in now else [f"{place} {key}"])
        ]
    if isinstance(then, list) and isinstance(now, list):
        if len(then) == len(now):
            pairs = zip(then, now, strict=True)
            return [one for number, (old, new) in enumerate(pairs) for one in lost(old, new, f"{place} {number}")]
        left = iter(now)  # what was added may stand between what was there
        return [f"{place}: {old!r:.100} is gone" for old in then if not any(not lost(old, new, place) for new in left)]
    return [] if then == now else [f"{place}: {then!r:.100} became {now!r:.100}"]


def test_a_database_that_a_newer_version_has_migrated_is_left_alone(
    empty: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrate.upgrade(empty)
    with engine_of(empty) as engine:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            connection.execute(text("ALTER TABLE run ADD COLUMN of_later VARCHAR(10) NOT NULL DEFAULT 'x'"))
        there = columns(engine)
        with caplog.at_level(logging.WARNING):
            migrate.upgrade(empty)
        assert "newer version of Diceboard (9999;" in caplog.text
        assert columns(engine) == there
        assert statements.replay(engine, statements_of(empty)) > 300
    goes_on(empty, tmp_path)


def test_questions_to_the_predictor_and_answers_are_understood_both_ways() -> None:
    schemas, messages = recorded("schemas"), recorded("messages")
    for message in map(base64.b64decode, messages["questions"]):
        question, pixels = read(message)
        again = written(question, pixels)
        assert read(again) == (question, pixels)
        jsonschema.validate(json.loads(again.partition(b"\n")[0]), schemas["question"])
        assert TypeAdapter(Question).validate_json(message.partition(b"\n")[0]) == question
    assert answer_of(base64.b64decode(messages["answer"])) == Answer(probabilities=((0.25, 0.75),))
    assert json.loads(told(Answer(probabilities=((0.25, 0.75),)))).keys() == {"answer"}
    jsonschema.validate(json.loads(told(Answer()))["answer"], schemas["answer"])


def test_events_of_the_live_tail_are_understood_both_ways() -> None:
    schemas = recorded("schemas")
    for entry in recorded("messages")["events"]:
        event = Event.model_validate_json(entry["event"])
        assert entry["id"] == f"0-{event.seq}"
        jsonschema.validate(json.loads(event.model_dump_json()), schemas["event"])


def test_the_database_of_before_is_read_by_every_list(before: str, tmp_path: Path) -> None:
    database = SqlDatabase(before, clock=utc_now, new_id=new_id)
    with database.transaction() as transaction:
        runs, _ = transaction.runs.page(limit=500)
        assert {run.state for run in runs} >= {"queued", "held", "running", "finished", "failed", "stopped"}
        assert len(transaction.workers.all(alive_within_seconds=60)) == 2
        assert transaction.exports.waiting()
        assert transaction.datasets.waiting_checks()
        assert transaction.datasets.waiting_renderings()
        assert transaction.statistics.waiting()
    database.close()
