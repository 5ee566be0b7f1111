"""what a controller that was killed leaves to the next one: calls that are open, wrap-ups with their call"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("outcome = ''")


def upgrade() -> None:
    op.create_index("ix_calls_open", "calls", ["arrived_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    with op.batch_alter_table("agents") as agents:
        agents.add_column(sa.Column("wrap_up_call", sa.String(60), nullable=False, server_default=""))
    with op.batch_alter_table("agents") as agents:
        agents.alter_column("wrap_up_call", existing_type=sa.String(60), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("agents") as agents:
        agents.drop_column("wrap_up_call")
    op.drop_index("ix_calls_open", "calls")
