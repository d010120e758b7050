"""Alembic's entry: migrations run on the connection that `upgrade` (or the command line) hands over."""

from alembic import context

from app.adapters.database.tables import metadata

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    # Several processes may start at once; one migrates, the others wait for it.
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20180618)")
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
