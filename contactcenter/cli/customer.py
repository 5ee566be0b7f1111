"""customer list."""

from datetime import datetime
from typing import Any

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.customers.customer import Customer, service_state
from contactcenter.store.customers import CustomerRepository

COLUMNS = (
    ("id", "id"),
    ("company", "name"),
    ("group", "group"),
    ("level", "level"),
    ("service", "service"),
    ("until", "service_until"),
    ("service code", "service_code"),
    ("contacts", "people"),
)


@click.group()
def customer() -> None:
    """Companies, their people and their service periods."""


@customer.command("list")
@json_option
@pass_context
def list_customers(context: Context, as_json: bool) -> None:
    """Every company with its contacts.

    Example: contactcenter customer list
    """
    rows = context.read(lambda database: CustomerRepository(database).all())
    today = datetime.now(context.zone).date()
    for row in rows:
        period = Customer(row["id"], row["name"], row["level"], row.pop("service_from"), row["service_until"])
        row["service"] = service_state(period, today, context.settings.service.warning_days)
    if as_json:
        print_json(rows)
    else:
        print_table([{**row, "people": _people(row)} for row in rows], COLUMNS, context.zone, "no customers")


def _people(row: dict[str, Any]) -> list[str]:
    return [" ".join([contact["name"], *contact["numbers"]]) for contact in row["contacts"]]
