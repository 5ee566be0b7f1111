"""customer list, show, expiring, conflicts; the other verbs are in customer_edit.py and customer_files.py."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.customer_edit import EDITS
from contactcenter.cli.customer_files import FILES
from contactcenter.cli.customer_output import book, found
from contactcenter.cli.output import json_option, print_fields, print_json, print_table
from contactcenter.customers.company import Company, plain
from contactcenter.customers.customer import Customer, service_state
from contactcenter.errors import BadInput
from contactcenter.ids import CompanyId
from contactcenter.store.outbox import ConflictRepository

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
EXPIRING = (
    ("id", "id"),
    ("company", "name"),
    ("level", "level"),
    ("until", "service_until"),
    ("days", "days"),
    ("contacts", "people"),
)
CONFLICTS = (
    ("id", "id"),
    ("at", "at"),
    ("from", "source"),
    ("external_id", "external_id"),
    ("reason", "reason"),
    ("resolved", "resolved_at"),
)


@click.group()
def customer() -> None:
    """Companies, their people and their service periods."""


for verb in (*EDITS, *FILES):
    customer.add_command(verb)


@customer.command("list")
@click.option("--search", default="", help="Words in a name, group, contract, region, note, contact or number.")
@click.option("--limit", type=click.IntRange(1, 2**31 - 1), default=10**6, help="So many at most.")
@json_option
@pass_context
def list_customers(context: Context, search: str, limit: int, as_json: bool) -> None:
    """Every company with its contacts, or those that are searched for.

    Example: contactcenter customer list --search 商贸
    """
    companies = context.read(lambda database: book(context, database).search(search.strip(), limit))
    rows = [_row(context, company) for company in companies]
    if as_json:
        print_json(rows)
    else:
        print_table([{**row, "people": _people(row)} for row in rows], COLUMNS, context.zone, "no customers")


@customer.command()
@click.argument("company")
@json_option
@pass_context
def show(context: Context, company: str, as_json: bool) -> None:
    """One company with all that is known of it. COMPANY: its id, its name or the CRM's id.

    Example: contactcenter customer show 1
    """
    row = _row(context, found(context, company))
    if as_json:
        print_json(row)
        return
    people, own = row.pop("contacts"), row.pop("fields")
    row["products"] = [" ".join(filter(None, (one["name"], one["version"]))) for one in row["products"]]
    lines = {f"contact {one['id']}": _person(one) for one in people}
    print_fields({**row, **{f"field {name}": text for name, text in own.items()}, **lines}, context.zone)


@customer.command()
@click.option(
    "--within", default="30d", show_default=True, help="Days from today, such as 30d; 0d for those that end today."
)
@json_option
@pass_context
def expiring(context: Context, within: str, as_json: bool) -> None:
    """Companies whose service ends soon, the first to end first.

    Example: contactcenter customer expiring --within 30d
    """
    days = within.removesuffix("d")
    if not (days.isascii() and days.isdecimal()) or int(days) > 3660:
        raise BadInput(f"{within!r} is no number of days, such as 30d.")
    today = _today(context)
    last = today + timedelta(days=int(days))
    companies = context.read(lambda database: book(context, database).expiring(today, last))
    rows = [_row(context, company) for company in companies]
    for row, company in zip(rows, companies, strict=True):
        row["days"] = ((company.service_until or today) - today).days
    if as_json:
        print_json(rows)
    else:
        print_table(
            [{**row, "people": _people(row)} for row in rows], EXPIRING, context.zone, "no service ends by then"
        )


@customer.command()
@click.option("--all", "resolved", is_flag=True, help="Also those that are settled.")
@json_option
@pass_context
def conflicts(context: Context, resolved: bool, as_json: bool) -> None:
    """What the CRM sent and could not be taken. Correct one of the two companies; the CRM's next try settles it.

    Example: contactcenter customer conflicts
    """
    rows = context.read(lambda database: ConflictRepository(database).all(resolved=resolved))
    if as_json:
        print_json(rows)
    else:
        print_table(rows, CONFLICTS, context.zone, "no conflicts")


def _today(context: Context) -> date:
    return datetime.now(context.zone).date()


def _row(context: Context, company: Company) -> dict[str, Any]:
    """The company's document with the state of its service."""
    period = Customer(
        CompanyId(company.id or 0), company.name, company.level, company.service_from, company.service_until
    )
    state = service_state(period, _today(context), context.settings.service.warning_days)
    return {**plain(company), "service": state}


def _people(row: dict[str, Any]) -> Sequence[str]:
    return [" ".join(filter(None, (contact["name"], *contact["numbers"]))) for contact in row["contacts"]]


def _person(contact: dict[str, Any]) -> str:
    parts = (contact["name"], *contact["numbers"], contact["mail"], contact["wechat"], contact["notes"])
    return ", ".join(part for part in parts if part)
