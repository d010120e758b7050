"""Images in the order in which they are looked at, and what one look at all of a version's images told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_index("ix_dataset_image_order", "dataset_image", ["version_id", "split", "class_name", "path"])
    op.create_table(
        "version_statistics",
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=True),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["dataset_version.id"],
            name="fk_version_statistics_version_id_dataset_version",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", name="pk_version_statistics"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("version_statistics")
    op.drop_index("ix_dataset_image_order", "dataset_image")
