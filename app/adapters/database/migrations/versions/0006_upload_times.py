"""What lets an upload be continued: when each file was changed last; tables of labels, and what they say of a file."""

import sqlalchemy as sa
from alembic import op

from app.adapters.database.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("dataset_file", schema=None) as batch_op:
        batch_op.add_column(sa.Column("modified", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("is_table", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("class_name", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("split", sa.String(length=12), nullable=True))
        batch_op.create_index(batch_op.f("ix_dataset_file_digest"), ["digest"], unique=False)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("dataset_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_file_digest"))
        for name in ("split", "class_name", "is_table", "modified"):
            batch_op.drop_column(name)
