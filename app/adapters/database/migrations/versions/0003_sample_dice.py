"""What a rendered dataset was asked to be."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.add_column(sa.Column("samples", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.drop_column("samples")
