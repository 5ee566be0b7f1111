"""queue list, show, set, member."""

from typing import Any

import click

from contactcenter.acd.change import FIELDS
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_fields, print_json, print_table
from contactcenter.clock import SystemClock
from contactcenter.errors import BadInput, NotFound
from contactcenter.ids import QueueName
from contactcenter.store.history import HistoryRepository
from contactcenter.web.views import queue_view, queues_view

COLUMNS = (
    ("queue", "name"),
    ("title", "title"),
    ("strategy", "strategy"),
    ("members", "members"),
    ("waiting", "waiting"),
    ("longest wait s", "longest_wait_seconds"),
    ("free", "free"),
    ("talking", "talking"),
    ("calls today", "calls"),
    ("answered", "answered"),
    ("service level %", "service_level"),
)
NO_CALLS = {"calls": 0, "answered": 0, "service_level": None}


@click.group()
def queue() -> None:
    """Queues: who waits, who serves them."""


@queue.command("list")
@json_option
@pass_context
def list_queues(context: Context, as_json: bool) -> None:
    """Every queue with its members, how many wait, and today's figures.

    service level %: of today's calls whose wait is over, those answered within the queue's service_level_seconds.

    Example: contactcenter queue list
    """
    now = SystemClock().now()
    rows = context.ask_controller("queues")
    if rows is None:
        rows = queues_view(context.configuration(), None, now)
    midnight = now.astimezone(context.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    thresholds = {name: queue.service_level_seconds for name, queue in context.configuration().queues.items()}
    figures = context.read(lambda database: HistoryRepository(database).queue_figures(midnight, thresholds))
    rows = [{**row, **figures.get(row["name"], NO_CALLS)} for row in rows]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no queues")


@queue.command()
@click.argument("name")
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> None:
    """Every setting of a queue, and its members with their levels.

    Example: contactcenter queue show support
    """
    found = context.configuration().queues.get(QueueName(name))
    if found is None:
        raise NotFound(f"there is no queue {name}. See: contactcenter queue list")
    _print(queue_view(found), context, as_json)


@queue.command("set")
@click.argument("name")
@click.argument("settings", nargs=-1, required=True, metavar="SETTING=VALUE...")
@json_option
@pass_context
def set_queue(context: Context, name: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Change settings of a queue, all of them or none; at once, and no waiting caller loses the place.

    docs/queues.md tells what each setting does.

    Example: contactcenter queue set support strategy=broadcast broadcast_width=3
    """
    values: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise BadInput(f"{setting!r} is no change. Write SETTING=VALUE, with one of: {', '.join(sorted(FIELDS))}")
        values[key] = value
    _print(context.tell_controller(f"queues/{name}", **values), context, as_json)


@queue.command()
@click.argument("name")
@click.argument("agent")
@click.option("--level", type=click.IntRange(1, 9), default=1, show_default=True, help="1 is asked first.")
@click.option("--remove", is_flag=True, help="The agent is no member any more; a call under way goes on.")
@json_option
@pass_context
def member(context: Context, name: str, agent: str, level: int, remove: bool, as_json: bool) -> None:
    """Make an agent a member of a queue, move them to another level, or take them out.

    Example: contactcenter queue member support 1003 --level 2
    """
    query = {"remove": "1"} if remove else {"level": str(level)}
    _print(context.tell_controller(f"queues/{name}/members/{agent}", **query), context, as_json)


def _print(values: dict[str, Any], context: Context, as_json: bool) -> None:
    if as_json:
        print_json(values)
    else:
        members = ", ".join(f"{agent} (level {level})" for agent, level in values["members"].items())
        print_fields({**values, "members": members or "none"}, context.zone)
