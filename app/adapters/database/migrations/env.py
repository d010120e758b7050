"""Alembic's entry: migrations run on the connection that `upgrade` (or the command line) hands over."""

import logging

from alembic import context

from app.adapters.database.tables import metadata

log = logging.getLogger(__name__)

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    # Several processes may start at once; one migrates, the others wait for it.
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20180618)")
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    known = {script.revision for script in context.script.walk_revisions()}
    newer = set(context.get_context().get_current_heads()) - known
    if newer:
        log.warning(
            "The database is of a newer version of Diceboard (%s; this one knows %s) and stays as it is: migrations only "
            "add, so that this version works beside the newer one until it is replaced.",
            ", ".join(sorted(newer)),
            context.get_head_revision(),
        )
    else:
        context.run_migrations()
