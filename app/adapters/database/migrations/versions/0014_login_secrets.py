"""One-time login secrets, which lay in the data folder of one web server."""

import sqlalchemy as sa
from alembic import op

from app.adapters.database.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "login_secret",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_secret")),
    )
    with op.batch_alter_table("login_secret", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_secret_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:
    """Back."""
    op.drop_table("login_secret")
