"""One reconciler and one collector at a time, and the queue in its order however many runs there are."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    """Forward."""
    turn = op.create_table(
        "turn",
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_turn")),
    )
    op.bulk_insert(turn, [{"what": what, "due": 0.0} for what in ("reconcile", "collect")])
    op.create_index(
        "ix_run_waiting",
        "run",
        [sa.text("priority DESC"), "position", "id"],
        postgresql_where=_QUEUED,
        sqlite_where=_QUEUED,
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_run_waiting", table_name="run")
    op.drop_table("turn")
