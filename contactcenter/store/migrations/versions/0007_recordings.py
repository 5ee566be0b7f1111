"""recordings know their key and their end; voice messages are among them"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FACTS = sa.text(
    "SELECT kind, at, call_id, data FROM facts WHERE kind IN ('VoiceMessageLeft', 'RecordingDeleted') ORDER BY seq"
)
MESSAGE = sa.text(
    "INSERT INTO recordings (path, call_id, kind, seconds, saved_at, key, deleted_at, deleted_why, deleted_by, sha256) "
    "VALUES (:path, :call, 'message', :seconds, :at, :key, NULL, '', '', '')"
)
DELETED = sa.text(
    "UPDATE recordings SET deleted_at = :at, deleted_why = :why, deleted_by = :by, sha256 = :sha256 WHERE path = :path"
)


def upgrade() -> None:
    op.execute("CREATE TABLE recordings_kept AS SELECT * FROM recordings")
    op.drop_table("recordings")
    op.create_table(
        "recordings",
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("call_id", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.Column("deleted_why", sa.String(20), nullable=False),
        sa.Column("deleted_by", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_recordings")),
    )
    there = sa.text("deleted_at IS NULL")
    op.create_index("ix_recordings_call_id", "recordings", ["call_id"])
    op.create_index(
        "ix_recordings_there", "recordings", ["saved_at", "path"], sqlite_where=there, postgresql_where=there
    )
    op.execute(
        "INSERT INTO recordings (path, call_id, kind, seconds, saved_at, key, deleted_at, deleted_why, deleted_by, sha256) "
        "SELECT path, call_id, 'talk', seconds, saved_at, '', NULL, '', '', '' FROM recordings_kept"
    )
    op.drop_table("recordings_kept")
    _messages()


def _messages() -> None:
    """What only the facts tell, also those of a later version that was gone back from."""
    connection = op.get_bind()
    for kind, at, call, data in connection.execute(FACTS).all():
        told = json.loads(data) if isinstance(data, str) else data
        if kind == "VoiceMessageLeft":
            values = {
                "path": told["path"],
                "call": call,
                "seconds": told["seconds"],
                "at": at,
                "key": told.get("key", ""),
            }
            connection.execute(sa.text("DELETE FROM recordings WHERE path = :path"), {"path": told["path"]})
            connection.execute(MESSAGE, values)
        else:
            names = ("path", "why", "by", "sha256")
            connection.execute(DELETED, {"at": at, **{name: told.get(name, "") for name in names}})


def downgrade() -> None:
    """Deleted recordings and messages are known by their facts alone then, as before."""
    op.execute(
        "CREATE TABLE recordings_kept AS SELECT call_id, path, seconds, saved_at FROM recordings "
        "WHERE kind = 'talk' AND deleted_at IS NULL"
    )
    op.drop_table("recordings")
    op.create_table(
        "recordings",
        sa.Column("call_id", sa.String(60), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("path", name=op.f("uq_recordings_path")),
    )
    op.create_index("ix_recordings_saved_at", "recordings", ["saved_at"])
    op.execute(
        "INSERT INTO recordings (call_id, path, seconds, saved_at) "
        "SELECT call_id, max(path), max(seconds), max(saved_at) FROM recordings_kept GROUP BY call_id"
    )
    op.drop_table("recordings_kept")
