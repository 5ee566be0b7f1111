"""what a controller that was killed leaves to the next one: open calls, wrap-ups with their call, which facts are committed"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("outcome = ''")


def upgrade() -> None:
    with op.batch_alter_table("facts") as facts:
        facts.add_column(sa.Column("number", sa.BigInteger, nullable=True))
    op.create_index("ix_facts_number", "facts", ["number"], unique=True)
    op.create_index("ix_calls_open", "calls", ["arrived_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    with op.batch_alter_table("agents") as agents:
        agents.add_column(sa.Column("wrap_up_call", sa.String(60), nullable=False, server_default=""))
    with op.batch_alter_table("agents") as agents:
        agents.alter_column("wrap_up_call", existing_type=sa.String(60), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("agents") as agents:
        agents.drop_column("wrap_up_call")
    op.drop_index("ix_calls_open", "calls")
    op.drop_index("ix_facts_number", "facts")
    with op.batch_alter_table("facts") as facts:
        facts.drop_column("number")
