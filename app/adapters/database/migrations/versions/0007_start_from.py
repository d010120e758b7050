"""Runs that start from another run's weights; groups are looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("start_from", sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_run_group"), ["group"], unique=False)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_group"))
        batch_op.drop_column("start_from")
