"""queues get the rules of distribution, promises to call back get a table"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any], str], ...] = (
    ("broadcast_width", sa.Integer(), "0"),
    ("broadcast_step_seconds", sa.Float(), "0"),
    ("relax_seconds", sa.Float(), "0"),
    ("sticky_wait_seconds", sa.Float(), "0"),
    ("accepting", sa.Boolean(), "1"),
    ("max_length", sa.Integer(), "0"),
    ("overflow_full", sa.String(80), "hang_up"),
    ("overflow_no_agents", sa.String(80), ""),
    ("overflow_timeout", sa.String(80), "hang_up"),
    ("overflow_closed", sa.String(80), "hang_up"),
    ("service_level_seconds", sa.Float(), "20"),
    ("redial_seconds", sa.Float(), "120"),
    ("callback", sa.String(20), "off"),
    ("callback_tries", sa.Integer(), "3"),
    ("callback_retry_seconds", sa.Float(), "300"),
    ("record", sa.Boolean(), "1"),
)
"""name, type, what queues have that are there already."""


def upgrade() -> None:
    with op.batch_alter_table("queues") as queues:
        for name, kind, value in COLUMNS:
            default = sa.true() if isinstance(kind, sa.Boolean) else value
            queues.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    with op.batch_alter_table("queues") as queues:
        for name, kind, _ in COLUMNS:
            queues.alter_column(name, existing_type=kind, server_default=None)
    op.create_table(
        "callbacks",
        sa.Column("call_id", sa.String(60), nullable=False),
        sa.Column("hotline", sa.String(40), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_callbacks")),
    )
    op.create_index(op.f("ix_callbacks_outcome"), "callbacks", ["outcome"])


def downgrade() -> None:
    op.drop_index(op.f("ix_callbacks_outcome"), table_name="callbacks")
    op.drop_table("callbacks")
    with op.batch_alter_table("queues") as queues:
        for name, _, _ in COLUMNS:
            queues.drop_column(name)
