"""callback list."""

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.store.callbacks import CallbackRepository
from contactcenter.web.views import callbacks_view

COLUMNS = (
    ("place since", "since"),
    ("number", "number"),
    ("name", "name"),
    ("queue", "queue"),
    ("priority", "priority"),
    ("tries", "tries"),
    ("next try", "next_try"),
    ("call", "call"),
)


@click.group()
def callback() -> None:
    """Callbacks: who was promised a call, and keeps the place in the line."""


@callback.command("list")
@json_option
@pass_context
def list_callbacks(context: Context, as_json: bool) -> None:
    """Promises that are open, the oldest place first.

    Example: contactcenter callback list
    """
    queues = context.configuration().queues
    rows = callbacks_view(context.read(lambda database: CallbackRepository(database).open(queues)))
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no callbacks")
