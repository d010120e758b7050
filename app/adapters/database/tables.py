"""The tables. The database is the truth: what is not here did not happen."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    desc,
    false,
)

from app.adapters.database.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

architecture = Table(
    "architecture",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("definition", JSON, nullable=False),
    Column("stops_at", JSON(none_as_null=True)),
    Column("parameters", BigInteger),
    Column("reached_layers", Integer, nullable=False),
    # Said by the definition too: lists show them without reading it.
    Column("style", String(20), nullable=False),
    Column("source", JSON, nullable=False),
    Column("calls", Integer, nullable=False),
)

source = Table(
    "source",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("read_at", UtcDateTime, nullable=False, index=True),
)

source_architecture = Table(
    "source_architecture",
    metadata,
    Column("digest", ForeignKey("source.digest", ondelete="CASCADE"), primary_key=True),
    Column("architecture_id", ForeignKey("architecture.id", ondelete="CASCADE"), primary_key=True, index=True),
)

dataset = Table(
    "dataset",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("checked", Integer, nullable=False, default=0),
    Column("lease_until", Float),
    Column("findings", JSON, nullable=False),
    Column("version_id", String(32)),
    Column("stage", String(20)),
    Column("stage_share", Float),
    Column("samples", JSON(none_as_null=True)),
)

dataset_file = Table(
    "dataset_file",
    metadata,
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("digest", String(64), nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("modified", UtcDateTime),
    Column("is_table", Boolean, nullable=False, default=False, server_default=false()),
    Column("class_name", String(255)),
    Column("split", String(12)),
)

dataset_version = Table(
    "dataset_version",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("facts", JSON, nullable=False),
    UniqueConstraint("dataset_id", "number"),
)

dataset_image = Table(
    "dataset_image",
    metadata,
    Column("version_id", ForeignKey("dataset_version.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("digest", String(64), nullable=False, index=True),
    Column("class_name", String(255), nullable=False),
    Column("split", String(12), nullable=False),
    Column("height", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("mode", String(20), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("format", String(10)),
    Column("frames", Integer),
    Column("brightness", Float),
    Column("mean_color", JSON(none_as_null=True)),
    Column("copy_group", Integer),
    Index("ix_dataset_image_order", "version_id", "split", "class_name", "path"),
)

version_statistics = Table(
    "version_statistics",
    metadata,
    Column("version_id", ForeignKey("dataset_version.id", ondelete="CASCADE"), primary_key=True),
    Column("done", Integer, nullable=False, default=0),
    Column("lease_until", Float),
    Column("facts", JSON(none_as_null=True)),
)

dataset_finding_image = Table(
    "dataset_finding_image",
    metadata,
    Column("version_id", ForeignKey("dataset_version.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", String(40), primary_key=True),
    Column("path", Text, primary_key=True),
)

run = Table(
    "run",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("state", String(12), nullable=False),
    Column("architecture_id", ForeignKey("architecture.id"), nullable=False, index=True),
    Column("dataset_id", ForeignKey("dataset.id"), nullable=False, index=True),
    Column("version_id", ForeignKey("dataset_version.id"), nullable=False),
    Column("configuration", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("notes", Text, nullable=False, server_default=""),
    Column("group", String(200), index=True),
    Column("start_from", JSON(none_as_null=True)),
    Column("priority", Integer, nullable=False, default=0),
    Column("position", Float, nullable=False),
    Column("progress", JSON, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("evaluation", JSON, nullable=False),
    Column("computed_by", JSON, nullable=False, server_default="{}"),
    Column("attempt", Integer, nullable=False, default=0),
    Column("crashes", Integer, nullable=False, default=0),
    Column("last_seq", Integer, nullable=False, default=0),
    Column("worker", String(200)),
    Column("lease_until", Float),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("error", Text),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("idempotency_key", String(200), index=True),
    Column("pool", String(40), nullable=False, server_default="train"),
    Column("device_kind", String(3), nullable=False, server_default="any"),
    Column("device_count", Integer, nullable=False, server_default="1"),
    Column("device_memory_gb", Float, nullable=False, server_default="0"),
    Index("ix_run_queue", "state", "priority", "position"),
    Index("ix_run_claim", "state", "pool", desc("priority"), "position", "id"),
)

run_event = Table(
    "run_event",
    metadata,
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

artifact = Table(
    "artifact",
    metadata,
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("epoch", Integer),
    Column("blob", String(500), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("check", JSON(none_as_null=True)),
)

run_export = Table(
    "run_export",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("request", JSON, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("lease_until", Float),
    UniqueConstraint("run_id", "name"),
)

report = Table(
    "report",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("title", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("runs", JSON, nullable=False),
    Column("baseline", String(40), nullable=False),
    Column("x", String(12), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("blob", String(500), nullable=False, index=True),
)

login_secret = Table(
    "login_secret",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

worker = Table(
    "worker",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("host", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pool", String(20), nullable=False),
    Column("pools", JSON, nullable=False, server_default="[]"),
    Column("device", JSON, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("seen_epoch", Float, nullable=False),
    Column("draining", Boolean, nullable=False, default=False),
    Column("problem", Text),
)

# What many processes could do and one does at a time: a row for each, which its migration has put there.
turn = Table(
    "turn",
    metadata,
    Column("what", String(40), primary_key=True),
    Column("due", Float, nullable=False),
)

waiting_runs = Index(
    "ix_run_waiting",
    run.c.priority.desc(),
    run.c.position,
    run.c.id,
    postgresql_where=run.c.state == "queued",
    sqlite_where=run.c.state == "queued",
)
