"""ticket list, show, close."""

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_fields, print_json, print_table, say
from contactcenter.errors import NotFound
from contactcenter.store.tickets import TicketRepository

COLUMNS = (
    ("number", "number"),
    ("status", "status"),
    ("opened", "opened_at"),
    ("company", "company"),
    ("contact", "contact"),
    ("title", "title"),
    ("assignee", "assignee"),
    ("calls", "count"),
)


@click.group()
def ticket() -> None:
    """Tickets: one problem, one ticket."""


@ticket.command("list")
@json_option
@pass_context
def list_tickets(context: Context, as_json: bool) -> None:
    """Every ticket, the newest first.

    Example: contactcenter ticket list
    """
    rows = context.read(lambda database: TicketRepository(database).all())
    if as_json:
        print_json(rows)
    else:
        print_table([{**row, "count": len(row["calls"])} for row in rows], COLUMNS, context.zone, "no tickets yet")


@ticket.command()
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@json_option
@pass_context
def show(context: Context, number: int, as_json: bool) -> None:
    """One ticket with its calls.

    Example: contactcenter ticket show 12
    """
    found = context.read(lambda database: TicketRepository(database).one(number))
    if found is None:
        raise NotFound(f"there is no ticket {number}. See: contactcenter ticket list")
    if as_json:
        print_json(found)
    else:
        print_fields(found, context.zone)


@ticket.command()
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@pass_context
def close(context: Context, number: int) -> None:
    """Close a ticket once the customer has confirmed the solution; the company's next call opens a new one.

    Example: contactcenter ticket close 12
    """
    context.tell_controller(f"tickets/{number}/close")
    say(f"ticket {number} is closed.")
