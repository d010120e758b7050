"""Groups, tags and lent weights in both databases."""

from app.adapters.database import SqlDatabase
from app.core.runs.lifecycle import RunState
from app.core.runs.request import RunChanges
from app.core.runs.start_from import StartFrom
from tests.factories.rows import queued_run


def test_runs_are_found_by_group_and_by_tag(database: SqlDatabase) -> None:
    queued_run(database)
    older = queued_run(database, group="one", tags=("a", "b%"))
    newer = queued_run(database, group="two", tags=("b",))
    with database.transaction() as transaction:
        runs = transaction.runs
        assert [run.id for run in runs.page(group="one")[0]] == [older.id]
        assert [run.id for run in runs.page(tag="b")[0]] == [newer.id]
        assert [run.id for run in runs.page(tag="b%", group="one")[0]] == [older.id]
        assert runs.page(tag="b", group="one")[0] == []
        assert runs.groups(limit=5) == ["two", "one"]
        assert runs.groups(limit=1) == ["two"]


def test_runs_are_found_by_their_notes_and_keep_what_is_not_changed(database: SqlDatabase) -> None:
    other = queued_run(database, name="other")
    run = queued_run(database, name="mine", tags=("a",))
    assert run.notes == ""
    written = "the 100% padding\n\tone; it's \U0001f3b2"
    with database.transaction() as transaction:
        transaction.runs.change(run.id, RunChanges(notes=written))
        transaction.runs.change(run.id, RunChanges())
        kept = transaction.runs.get(run.id)
        assert (kept.name, kept.tags, kept.notes) == ("mine", ("a",), written)
        assert transaction.runs.get(other.id).notes == ""
        for q, found in (("100% PADDING", [run.id]), ("mine", [run.id]), ("other", [other.id]), ("100_", [])):
            assert [one.id for one in transaction.runs.page(q=q)[0]] == found


def test_weights_are_lent_until_the_run_that_starts_from_them_has_ended(database: SqlDatabase) -> None:
    source = queued_run(database)
    run = queued_run(database, start_from=StartFrom(run=source.id, freeze=("dense",)))
    with database.transaction() as transaction:
        assert transaction.runs.get(run.id).start_from == run.start_from
        assert transaction.runs.get(source.id).start_from is None
        assert transaction.runs.lends_weights(source.id)
        assert not transaction.runs.lends_weights(run.id)
        transaction.runs.move(run.id, RunState.STOPPED, attempt=0)
        assert not transaction.runs.lends_weights(source.id)
