"""queue list, show, add, set, remove, member."""

import click

from contactcenter.acd.change import with_member, without_member
from contactcenter.acd.settings import QueueSettings
from contactcenter.cli.changing import change, dry_run_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_fields, print_json, print_table
from contactcenter.cli.things import add_verb, remove_verb, set_verb
from contactcenter.clock import SystemClock
from contactcenter.configuration.editing import find, with_thing
from contactcenter.configuration.kinds import QUEUE
from contactcenter.configuration.models import Configuration
from contactcenter.errors import NotFound
from contactcenter.ids import AgentNumber, QueueName
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
    values = queue_view(found)
    if as_json:
        print_json(values)
    else:
        members = ", ".join(f"{agent} (level {level})" for agent, level in values["members"].items())
        print_fields({**values, "members": members or "none"}, context.zone)


add_verb(queue, QUEUE, "contactcenter queue add tax title=税务 strategy=least_load")
set_verb(
    queue,
    QUEUE,
    "contactcenter queue set support strategy=broadcast broadcast_width=3",
    " At once, and no waiting caller loses the place; docs/queues.md tells what each setting does.",
)
remove_verb(queue, QUEUE, "contactcenter queue remove tax")


@queue.command()
@click.argument("name")
@click.argument("agent")
@click.option("--level", type=click.IntRange(1, 9), default=1, show_default=True, help="1 is asked first.")
@click.option("--remove", is_flag=True, help="The agent is no member any more; a call under way goes on.")
@dry_run_option
@json_option
@pass_context
def member(context: Context, name: str, agent: str, level: int, remove: bool, dry_run: bool, as_json: bool) -> None:
    """Make an agent a member of a queue, move them to another level, or take them out.

    Example: contactcenter queue member support 1003 --level 2
    """
    number = AgentNumber(agent)

    def operation(now: Configuration) -> Configuration:
        before: QueueSettings = find(now, QUEUE, name)
        after = without_member(before, number) if remove else with_member(before, number, level)
        return with_thing(now, QUEUE, name, after)

    change(context, operation, dry_run=dry_run, as_json=as_json)
