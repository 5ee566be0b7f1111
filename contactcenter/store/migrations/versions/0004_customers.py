"""companies and contacts get all that a dealer knows of them; conflicts with the CRM and webhooks get tables"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COMPANY = (
    ("revision", sa.Integer(), "1"),
    ("package", sa.String(100), ""),
    ("products", sa.JSON(), "[]"),
    ("region", sa.String(100), ""),
    ("contract", sa.String(100), ""),
    ("fields", sa.JSON(), "{}"),
    ("notes", sa.Text(), ""),
)
CONTACT = (("mail", sa.String(200), ""), ("wechat", sa.String(100), ""), ("notes", sa.Text(), ""))
"""name, type, what those have that are there already."""


def upgrade() -> None:
    lasting = {"sqlite_autoincrement": True}
    with op.batch_alter_table("companies", table_kwargs=lasting, recreate="auto") as companies:
        for name, kind, value in COMPANY:
            companies.add_column(sa.Column(name, kind, nullable=False, server_default=value))
        companies.add_column(sa.Column("external_id", sa.String(100), nullable=True))
        companies.create_unique_constraint(op.f("uq_companies_external_id"), ["external_id"])
        companies.create_index(op.f("ix_companies_service_until"), ["service_until"])
    with op.batch_alter_table("companies", table_kwargs=lasting) as companies:
        for name, kind, _ in COMPANY:
            companies.alter_column(name, existing_type=kind, server_default=None)
    with op.batch_alter_table("contacts", table_kwargs=lasting) as contacts:
        for name, kind, value in CONTACT:
            contacts.add_column(sa.Column(name, kind, nullable=False, server_default=value))
        contacts.add_column(sa.Column("external_id", sa.String(100), nullable=True))
        contacts.create_index(op.f("ix_contacts_external_id"), ["external_id"])
    with op.batch_alter_table("contacts", table_kwargs=lasting) as contacts:
        for name, kind, _ in CONTACT:
            contacts.alter_column(name, existing_type=kind, server_default=None)
    with op.batch_alter_table("contact_numbers") as numbers:
        numbers.add_column(sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("contact_numbers") as numbers:
        numbers.alter_column("position", existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table("tickets", table_kwargs=lasting) as tickets:
        tickets.drop_constraint(op.f("fk_tickets_company_id"), type_="foreignkey")
        tickets.drop_constraint(op.f("fk_tickets_contact_id"), type_="foreignkey")
        for name in ("company_name", "contact_name"):
            tickets.add_column(sa.Column(name, sa.String(200), nullable=False, server_default=""))
    with op.batch_alter_table("tickets", table_kwargs=lasting) as tickets:
        for name in ("company_name", "contact_name"):
            tickets.alter_column(name, existing_type=sa.String(200), server_default=None)
    _create_tables()


def _create_tables() -> None:
    op.create_table(
        "conflicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
    )
    op.create_index("ix_conflicts_external_id_resolved_at", "conflicts", ["external_id", "resolved_at"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("event_id", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", sa.DateTime(), nullable=True),
        sa.Column("next_try_at", sa.DateTime(), nullable=True),
        sa.Column("given_up_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhooks_company_id_id", "webhooks", ["company_id", "id"])
    op.create_index("ix_webhooks_given_up_at_next_try_at", "webhooks", ["given_up_at", "next_try_at"])


def downgrade() -> None:
    op.drop_table("webhooks")
    op.drop_table("conflicts")
    op.execute("UPDATE tickets SET company_id = NULL WHERE company_id NOT IN (SELECT id FROM companies)")
    op.execute("UPDATE tickets SET contact_id = NULL WHERE contact_id NOT IN (SELECT id FROM contacts)")
    with op.batch_alter_table("tickets", table_kwargs={"sqlite_autoincrement": True}) as tickets:
        tickets.drop_column("company_name")
        tickets.drop_column("contact_name")
        tickets.create_foreign_key(op.f("fk_tickets_company_id"), "companies", ["company_id"], ["id"])
        tickets.create_foreign_key(op.f("fk_tickets_contact_id"), "contacts", ["contact_id"], ["id"])
    with op.batch_alter_table("contact_numbers") as numbers:
        numbers.drop_column("position")
    with op.batch_alter_table("contacts") as contacts:
        contacts.drop_index(op.f("ix_contacts_external_id"))
        contacts.drop_column("external_id")
        for name, *_ in CONTACT:
            contacts.drop_column(name)
    with op.batch_alter_table("companies") as companies:
        companies.drop_index(op.f("ix_companies_service_until"))
        companies.drop_constraint(op.f("uq_companies_external_id"), type_="unique")
        companies.drop_column("external_id")
        for name, *_ in COMPANY:
            companies.drop_column(name)
