"""what admins set becomes one table of plain forms, with a log of its changes"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

SETTINGS: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("title", sa.String(200)),
    ("strategy", sa.String(40)),
    ("ring_seconds", sa.Float()),
    ("wrap_up_seconds", sa.Float()),
    ("misses_before_pause", sa.Integer()),
    ("sticky_hours", sa.Float()),
    ("max_wait_seconds", sa.Float()),
    ("announce_seconds", sa.Float()),
    ("broadcast_width", sa.Integer()),
    ("broadcast_step_seconds", sa.Float()),
    ("relax_seconds", sa.Float()),
    ("sticky_wait_seconds", sa.Float()),
    ("accepting", sa.Boolean()),
    ("max_length", sa.Integer()),
    ("overflow_full", sa.String(80)),
    ("overflow_no_agents", sa.String(80)),
    ("overflow_timeout", sa.String(80)),
    ("overflow_closed", sa.String(80)),
    ("service_level_seconds", sa.Float()),
    ("redial_seconds", sa.Float()),
    ("callback", sa.String(20)),
    ("callback_tries", sa.Integer()),
    ("callback_retry_seconds", sa.Float()),
    ("record", sa.Boolean()),
)

configuration = sa.table(
    "configuration", sa.column("kind"), sa.column("key"), sa.column("position"), sa.column("data", sa.JSON)
)
agents = sa.table("agents", *(sa.column(name) for name in ("number", "name", "sip_password")))
queues = sa.table("queues", sa.column("name"), *(sa.column(name, kind) for name, kind in SETTINGS))
members = sa.table("members", *(sa.column(name) for name in ("queue", "agent", "level")))
calendars = sa.table(
    "calendars", sa.column("name"), sa.column("timezone"), sa.column("weekly", sa.JSON), sa.column("special", sa.JSON)
)
hotlines = sa.table("hotlines", *(sa.column(name) for name in ("number", "title", "calendar", "flow", "language")))


def upgrade() -> None:
    op.create_table(
        "configuration",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_configuration")),
    )
    op.create_table(
        "changes",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("revision", sa.Integer()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(100), nullable=False),
        sa.Column("origin", sa.String(200), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer()),
        sa.Column("undone_by", sa.Integer()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changes")),
        sa.UniqueConstraint("revision", name=op.f("uq_changes_revision")),
        sa.ForeignKeyConstraint(["undoes"], ["changes.number"], name=op.f("fk_changes_undoes")),
        sa.ForeignKeyConstraint(["undone_by"], ["changes.number"], name=op.f("fk_changes_undone_by")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_changes_at"), "changes", ["at"])
    op.create_table(
        "change_items",
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True)),
        sa.Column("after", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("change", "position", name=op.f("pk_change_items")),
        sa.ForeignKeyConstraint(["change"], ["changes.number"], name=op.f("fk_change_items_change")),
    )
    op.create_index("ix_change_items_kind_key", "change_items", ["kind", "key"])
    _into_plain_forms()
    for name in ("members", "queues", "hotlines", "calendars"):
        op.drop_table(name)
    with op.batch_alter_table("agents") as table:
        table.drop_column("name")
        table.drop_column("sip_password")


def downgrade() -> None:
    with op.batch_alter_table("agents") as table:
        table.add_column(sa.Column("name", sa.String(200), nullable=False, server_default=""))
        table.add_column(sa.Column("sip_password", sa.String(64), nullable=False, server_default=""))
    with op.batch_alter_table("agents") as table:
        table.alter_column("name", existing_type=sa.String(200), server_default=None)
        table.alter_column("sip_password", existing_type=sa.String(64), server_default=None)
    op.create_table(
        "queues",
        sa.Column("name", sa.String(40), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in SETTINGS),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queues")),
    )
    op.create_table(
        "members",
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("agent", sa.String(20), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue", "agent", name=op.f("pk_members")),
        sa.ForeignKeyConstraint(["queue"], ["queues.name"], name=op.f("fk_members_queue")),
        sa.ForeignKeyConstraint(["agent"], ["agents.number"], name=op.f("fk_members_agent")),
    )
    op.create_index(op.f("ix_members_agent"), "members", ["agent"])
    op.create_table(
        "calendars",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("timezone", sa.String(60), nullable=False),
        sa.Column("weekly", sa.JSON(), nullable=False),
        sa.Column("special", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calendars")),
    )
    op.create_table(
        "hotlines",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("calendar", sa.String(40), nullable=False),
        sa.Column("flow", sa.String(40), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_hotlines")),
        sa.ForeignKeyConstraint(["calendar"], ["calendars.name"], name=op.f("fk_hotlines_calendar")),
    )
    _out_of_plain_forms()
    op.drop_index("ix_change_items_kind_key", table_name="change_items")
    op.drop_table("change_items")
    op.drop_index(op.f("ix_changes_at"), table_name="changes")
    op.drop_table("changes")
    op.drop_table("configuration")


def _into_plain_forms() -> None:
    connection = op.get_bind()
    serving: dict[str, dict[str, int]] = {}
    for row in connection.execute(sa.select(members).order_by(members.c.agent)):
        serving.setdefault(row.queue, {})[row.agent] = row.level
    _insert(
        "agent",
        {
            row.number: {"name": row.name, "sip_password": row.sip_password, "skills": []}
            for row in connection.execute(sa.select(agents).order_by(agents.c.number))
        },
    )
    _insert(
        "queue",
        {
            row["name"]: {**{name: row[name] for name, _ in SETTINGS}, "members": serving.get(row["name"], {})}
            for row in connection.execute(sa.select(queues).order_by(queues.c.name)).mappings()
        },
    )
    _insert(
        "calendar",
        {
            row.name: {"timezone": row.timezone, "weekly": row.weekly, "special": row.special}
            for row in connection.execute(sa.select(calendars).order_by(calendars.c.name))
        },
    )
    _insert(
        "hotline",
        {
            row.number: {"title": row.title, "calendar": row.calendar, "flow": row.flow, "language": row.language}
            for row in connection.execute(sa.select(hotlines).order_by(hotlines.c.number))
        },
    )


def _insert(kind: str, things: dict[str, dict[str, Any]]) -> None:
    rows = [
        {"kind": kind, "key": key, "position": place, "data": data} for place, (key, data) in enumerate(things.items())
    ]
    if rows:
        op.get_bind().execute(sa.insert(configuration), rows)


def _out_of_plain_forms() -> None:
    """Rules and flows go back to the files they came from: the site's dialplans/ have them. Of calendars the weekly hours and
    the special days are kept, of trunks nothing.
    """
    connection = op.get_bind()
    things: dict[str, dict[str, dict[str, Any]]] = {}
    for row in connection.execute(sa.select(configuration)):
        things.setdefault(row.kind, {})[row.key] = json.loads(row.data) if isinstance(row.data, str) else row.data
    for number, agent in things.get("agent", {}).items():
        values = {"name": agent["name"], "sip_password": agent["sip_password"]}
        connection.execute(sa.update(agents).where(agents.c.number == number).values(values))
    for name, queue in things.get("queue", {}).items():
        connection.execute(sa.insert(queues).values(name=name, **{key: queue[key] for key, _ in SETTINGS}))
        for agent, level in queue["members"].items():
            connection.execute(sa.insert(members).values(queue=name, agent=agent, level=level))
    for name, calendar in things.get("calendar", {}).items():
        weekly, special = _spans(calendar)
        values = {"timezone": calendar["timezone"], "weekly": weekly, "special": special}
        connection.execute(sa.insert(calendars).values(name=name, **values))
    for number, hotline in things.get("hotline", {}).items():
        values = {key: hotline[key] for key in ("title", "calendar", "flow", "language")}
        connection.execute(sa.insert(hotlines).values(number=number, **values))


def _spans(calendar: dict[str, Any]) -> tuple[list[list[str]], dict[str, list[str]]]:
    """As the older version had them: a list for each weekday, Monday first, and a list for each special day."""
    weekly, special = calendar["weekly"], calendar.get("special", {})
    if isinstance(weekly, dict):
        weekly = [next((spans for days, spans in weekly.items() if day in _days(days)), []) for day in WEEKDAYS]
    hours = {day: spans["hours"] if isinstance(spans, dict) else spans for day, spans in special.items()}
    return weekly, hours


def _days(text: str) -> list[str]:
    """The weekdays of mon-fri, or sat,sun."""
    days: list[str] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        days += WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last or first) + 1]
    return days
