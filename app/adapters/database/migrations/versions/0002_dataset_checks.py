"""what the checks know of each image, which images a finding lists, and how far a check is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("dataset") as batch_op:
        batch_op.add_column(sa.Column("stage", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("stage_share", sa.Float(), nullable=True))
    with op.batch_alter_table("dataset_image") as batch_op:
        batch_op.add_column(sa.Column("format", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("frames", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("brightness", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("mean_color", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("copy_group", sa.Integer(), nullable=True))
    op.create_table(
        "dataset_finding_image",
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["dataset_version.id"],
            name=op.f("fk_dataset_finding_image_version_id_dataset_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "rule", "path", name=op.f("pk_dataset_finding_image")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("dataset_finding_image")
    with op.batch_alter_table("dataset_image") as batch_op:
        for column in ("copy_group", "mean_color", "brightness", "frames", "format"):
            batch_op.drop_column(column)
    with op.batch_alter_table("dataset") as batch_op:
        batch_op.drop_column("stage_share")
        batch_op.drop_column("stage")
