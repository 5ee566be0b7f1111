"""a promise to call back keeps the skills that the call needs"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("callbacks") as callbacks:
        callbacks.add_column(sa.Column("skills", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("callbacks") as callbacks:
        callbacks.alter_column("skills", existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("callbacks") as callbacks:
        callbacks.drop_column("skills")
