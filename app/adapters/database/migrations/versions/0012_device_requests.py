"""Runs ask for devices, and workers serve pools of any name."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward. Processes of the version before go on beside it: they write none of this, and read none of it."""
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pool", sa.String(length=40), nullable=False, server_default="train"))
        batch_op.add_column(sa.Column("device_kind", sa.String(length=3), nullable=False, server_default="any"))
        batch_op.add_column(sa.Column("device_count", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("device_memory_gb", sa.Float(), nullable=False, server_default="0"))
        batch_op.create_index("ix_run_claim", ["state", "pool", sa.text("priority DESC"), "position", "id"])
    with op.batch_alter_table("worker", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pools", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("worker", schema=None) as batch_op:
        batch_op.drop_column("pools")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index("ix_run_claim")
        for name in ("device_memory_gb", "device_count", "device_kind", "pool"):
            batch_op.drop_column(name)
