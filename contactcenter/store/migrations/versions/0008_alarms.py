"""alarms are found without reading all facts"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OF_ALARMS = sa.text("kind IN ('AlarmRaised', 'AlarmsTold')")


def upgrade() -> None:
    op.create_index("ix_facts_of_alarms", "facts", ["seq"], sqlite_where=OF_ALARMS, postgresql_where=OF_ALARMS)


def downgrade() -> None:
    op.drop_index("ix_facts_of_alarms", "facts")
