"""queue list."""

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.clock import SystemClock
from contactcenter.web.views import queues_view

COLUMNS = (
    ("queue", "name"),
    ("title", "title"),
    ("strategy", "strategy"),
    ("members", "members"),
    ("waiting", "waiting"),
    ("longest wait s", "longest_wait_seconds"),
    ("free", "free"),
    ("talking", "talking"),
)


@click.group()
def queue() -> None:
    """Queues: who waits, who serves them."""


@queue.command("list")
@json_option
@pass_context
def list_queues(context: Context, as_json: bool) -> None:
    """Every queue with its members and how many wait.

    Example: contactcenter queue list
    """
    rows = context.ask_controller("queues")
    if rows is None:
        rows = queues_view(context.configuration(), None, SystemClock().now())
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no queues")
