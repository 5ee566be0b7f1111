"""Every table. Each lookup on the path of a call has its index here."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from contactcenter.store.columns import Cut, Utc

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# ---- customers

customer_groups = Table(
    "customer_groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
)

companies = Table(
    "companies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revision", Integer, nullable=False, default=1),
    Column("name", String(200), nullable=False, unique=True),
    Column("group_id", ForeignKey("customer_groups.id"), index=True),
    Column("level", String(20), nullable=False, default="standard"),
    Column("package", String(100), nullable=False, default=""),
    Column("products", JSON, nullable=False, default=list),
    Column("region", String(100), nullable=False, default=""),
    Column("contract", String(100), nullable=False, default=""),
    Column("service_from", Date),
    Column("service_until", Date, index=True),
    Column("service_code", String(20), nullable=False, unique=True),
    Column("fields", JSON, nullable=False, default=dict),
    Column("notes", Text, nullable=False, default=""),
    Column("external_id", String(100), unique=True),
    sqlite_autoincrement=True,
)
"""Ids are never used again, so that calls and tickets of a company that was removed become nobody else's."""

contacts = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("company_id", ForeignKey("companies.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("mail", String(200), nullable=False, default=""),
    Column("wechat", String(100), nullable=False, default=""),
    Column("notes", Text, nullable=False, default=""),
    Column("external_id", String(100), index=True),
    sqlite_autoincrement=True,
)

contact_numbers = Table(
    "contact_numbers",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False, default=0),
)
"""position: 0 for the number that the contact is called back at."""

conflicts = Table(
    "conflicts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("source", Cut(200), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("resolved_at", Utc),
    Index("ix_conflicts_external_id_resolved_at", "external_id", "resolved_at"),
)
"""What the CRM sent and could not be taken; one open row for each of its companies."""

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("company_id", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("event", String(40), nullable=False),
    Column("event_id", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("first_tried_at", Utc),
    Column("next_try_at", Utc),
    Column("given_up_at", Utc),
    Index("ix_webhooks_company_id_id", "company_id", "id"),
    Index("ix_webhooks_given_up_at_next_try_at", "given_up_at", "next_try_at"),
    sqlite_autoincrement=True,
)
"""Changes of customers that the CRM has still to be told of, in their order; a row that was delivered is gone."""

# ---- the site's configuration

configuration = Table(
    "configuration",
    metadata,
    Column("kind", String(20), nullable=False),
    Column("key", String(80), nullable=False),
    Column("position", Integer, nullable=False),
    Column("data", JSON, nullable=False),
    PrimaryKeyConstraint("kind", "key"),
)
"""Each thing that admins set, in its plain form; see configuration/kinds.py. position: its place among its kind."""

changes = Table(
    "changes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("revision", Integer, unique=True),
    Column("at", Utc, nullable=False, index=True),
    Column("who", Cut(100), nullable=False),
    Column("origin", Cut(200), nullable=False),
    Column("command", Text, nullable=False),
    Column("undoes", ForeignKey("changes.number")),
    Column("undone_by", ForeignKey("changes.number")),
    sqlite_autoincrement=True,
)
"""The audit log. revision: counts the changes of the configuration; two at once can't have the same."""

change_items = Table(
    "change_items",
    metadata,
    Column("change", ForeignKey("changes.number"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("key", String(80), nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    PrimaryKeyConstraint("change", "position"),
    Index("ix_change_items_kind_key", "kind", "key"),
)

agents = Table(
    "agents",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("logged_in", Boolean, nullable=False, default=False),
    Column("pause_reason", Cut(40), nullable=False, default=""),
    Column("wrap_up_until", Utc),
    Column("wrap_up_call", String(60), nullable=False, default=""),
)
"""What agents were doing when the controller last knew."""

# ---- what happened

OF_ALARMS = text("kind IN ('AlarmRaised', 'AlarmsTold')")
"""The few facts of which lists are made by kind. A query has to say it in the same words for the index to be taken."""

facts = Table(
    "facts",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("call_id", Cut(60), index=True),
    Column("agent", Cut(20)),
    Column("data", JSON, nullable=False),
    Column("number", BigInteger),
    Index("ix_facts_number", "number", unique=True),
    Index("ix_facts_of_alarms", "seq", sqlite_where=OF_ALARMS, postgresql_where=OF_ALARMS),
)
"""number: of a fact that went through the spool, see spool.py: none is committed twice."""

calls = Table(
    "calls",
    metadata,
    Column("id", Cut(60), primary_key=True),
    Column("hotline", Cut(40), nullable=False),
    Column("caller", Cut(40), nullable=False),
    Column("company_id", Integer),
    Column("company", Cut(200), nullable=False, default=""),
    Column("contact_id", Integer),
    Column("contact", Cut(200), nullable=False, default=""),
    Column("level", Cut(20), nullable=False, default=""),
    Column("service", Cut(20), nullable=False, default=""),
    Column("queue", Cut(40), nullable=False, default=""),
    Column("priority", Integer),
    Column("agent", Cut(20), nullable=False, default=""),
    Column("outcome", Cut(20), nullable=False, default=""),
    Column("arrived_at", Utc, index=True),
    Column("queued_at", Utc),
    Column("answered_at", Utc),
    Column("talk_ended_at", Utc),
    Column("ended_at", Utc),
    Column("wait_seconds", Float),
    Column("talk_seconds", Float),
    Column("rating", Integer),
    Column("ticket", Integer, index=True),
    Column("recording", Cut(200), nullable=False, default=""),
    Index("ix_calls_open", "arrived_at", sqlite_where=text("outcome = ''"), postgresql_where=text("outcome = ''")),
    Index("ix_calls_contact_answered", "contact_id", "answered_at"),
    Index("ix_calls_company_answered", "company_id", "answered_at"),
    Index("ix_calls_caller_answered", "caller", "answered_at"),
)

THERE = text("deleted_at IS NULL")
recordings = Table(
    "recordings",
    metadata,
    Column("path", String(200), primary_key=True),
    Column("call_id", Cut(60), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("saved_at", Utc, nullable=False),
    Column("key", String(80), nullable=False),
    Column("deleted_at", Utc),
    Column("deleted_why", String(20), nullable=False),
    Column("deleted_by", String(100), nullable=False),
    Column("sha256", String(64), nullable=False),
    Index("ix_recordings_call_id", "call_id"),
    Index("ix_recordings_there", "saved_at", "path", sqlite_where=THERE, postgresql_where=THERE),
)
"""kind: talk or message. key: the public key that it is encrypted for. Rows stay when the file is deleted; sha256: of that file."""

callbacks = Table(
    "callbacks",
    metadata,
    Column("call_id", Cut(60), primary_key=True),
    Column("hotline", Cut(40), nullable=False),
    Column("number", Cut(40), nullable=False),
    Column("name", Cut(400), nullable=False),
    Column("queue", Cut(40), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("since", Utc, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("tried_at", Utc),
    Column("outcome", Cut(20), nullable=False, default="", index=True),
    Column("skills", JSON, nullable=False, default=list),
)
"""Promises to call back; outcome is "" as long as one is open."""

tickets = Table(
    "tickets",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("status", String(20), nullable=False, default="open"),
    Column("company_id", Integer),
    Column("contact_id", Integer),
    Column("company_name", String(200), nullable=False, default=""),
    Column("contact_name", String(200), nullable=False, default=""),
    Column("caller", Cut(40), nullable=False, default=""),
    Column("title", Text, nullable=False),
    Column("assignee", Cut(20), nullable=False, default=""),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Index("ix_tickets_company_status", "company_id", "status"),
    Index("ix_tickets_caller_status", "caller", "status"),
    Index("ix_tickets_assignee_status", "assignee", "status"),
    sqlite_autoincrement=True,
)

"""company_name, contact_name: of those who were removed since; of others they are in their own tables."""

ticket_calls = Table(
    "ticket_calls",
    metadata,
    Column("ticket", ForeignKey("tickets.number"), nullable=False),
    Column("call_id", Cut(60), nullable=False, unique=True),
    PrimaryKeyConstraint("ticket", "call_id"),
)
