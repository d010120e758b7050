"""What lists show of an architecture lies beside its definition; texts that were read know what was read from them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NEW = (
    sa.column("id", sa.String),
    sa.column("definition", sa.JSON),
    sa.column("style", sa.String),
    sa.column("source", sa.JSON),
    sa.column("calls", sa.Integer),
)


def upgrade() -> None:
    """Forward."""
    # SQLite adds a column that is never null only with a default; to take the default away again it would have to copy
    # the table, which runs refer to.
    op.add_column("architecture", sa.Column("style", sa.String(length=20), nullable=False, server_default=""))
    op.add_column("architecture", sa.Column("source", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("architecture", sa.Column("calls", sa.Integer(), nullable=False, server_default="0"))
    _fill()
    op.create_table(
        "source",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_source")),
    )
    op.create_index(op.f("ix_source_read_at"), "source", ["read_at"])
    op.create_table(
        "source_architecture",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("architecture_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["architecture_id"],
            ["architecture.id"],
            name=op.f("fk_source_architecture_architecture_id_architecture"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["digest"], ["source.digest"], name=op.f("fk_source_architecture_digest_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", "architecture_id", name=op.f("pk_source_architecture")),
    )
    op.create_index(op.f("ix_source_architecture_architecture_id"), "source_architecture", ["architecture_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("source_architecture")
    op.drop_table("source")
    for column in ("calls", "source", "style"):
        op.drop_column("architecture", column)


def _fill() -> None:
    """One after another: a definition may be large."""
    table, connection = sa.table("architecture", *_NEW), op.get_bind()
    for key in connection.execute(sa.select(table.c.id)).scalars().all():
        mine = table.c.id == key
        definition = connection.execute(sa.select(table.c.definition).where(mine)).scalar_one()
        values = {
            "style": definition["style"],
            "source": definition["source"],
            "calls": len(definition["calls"]),
        }
        connection.execute(sa.update(table).where(mine).values(values))
