"""contact add, edit, remove, list, show."""

from typing import Any

import click

from contactcenter.cli.changing import dry_run_option, yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.customer_output import book, found, make
from contactcenter.cli.output import json_option, print_fields, print_json, print_table
from contactcenter.customers.company import Company, Contact, plain_contact
from contactcenter.customers.edits import CONTACT_WORDS, contact_in, with_contact, with_contact_edited, without_contact
from contactcenter.customers.numbers import normalise

COLUMNS = (
    ("id", "id"),
    ("name", "name"),
    ("numbers", "numbers"),
    ("mail", "mail"),
    ("wechat", "wechat"),
    ("company", "company"),
)
FIELDS = f"Fields: {', '.join(CONTACT_WORDS)}; several numbers with commas between."
ID = click.argument("contact", metavar="ID", type=click.IntRange(1, 2**31 - 1))


@click.group()
def contact() -> None:
    """People of companies, and their numbers."""


@contact.command("list")
@click.option("--search", default="", help="Words in a name, mail or WeChat id, a number, or the company's name.")
@json_option
@pass_context
def list_contacts(context: Context, search: str, as_json: bool) -> None:
    """Every contact, or those that are searched for.

    Example: contactcenter contact list --search 13800000001
    """
    words = search.strip()
    number = normalise(words, context.settings.region)
    companies = context.read(lambda database: book(context, database).search(number or words, 10**6))
    rows = [
        _row(company, one)
        for company in companies
        for one in company.contacts
        if not words or _matches(company, one, number or words.lower())
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no contacts")


@contact.command()
@ID
@json_option
@pass_context
def show(context: Context, contact: int, as_json: bool) -> None:
    """One contact.

    Example: contactcenter contact show 1
    """
    company = _company_of(context, contact)
    row = _row(company, contact_in(company, contact))
    if as_json:
        print_json(row)
    else:
        print_fields(row, context.zone)


@contact.command(
    help="Add a contact to a company. COMPANY: its id, its name or the CRM's id.\n\n"
    f"{FIELDS}\n\n"
    "Example: contactcenter contact add 1 name=孙丽 numbers=13900000001,010-62345678 mail=sun@example.com"
)
@click.argument("company")
@click.argument("words", nargs=-1, required=True, metavar="FIELD=VALUE...")
@dry_run_option
@json_option
@pass_context
def add(context: Context, company: str, words: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    key, region, author = found(context, company).id or 0, context.settings.region, context.author
    make(
        context,
        lambda book, now: book.change(key, lambda one: with_contact(one, words, region), author, now, dry_run=dry_run),
        dry_run=dry_run,
        as_json=as_json,
    )


@contact.command(
    help="Change a contact, or add and take away numbers.\n\n"
    f"{FIELDS}\n\n"
    "Example: contactcenter contact edit 1 wechat=wjg88 --add-number 13900000002"
)
@ID
@click.argument("words", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--add-number", "more", multiple=True, metavar="NUMBER")
@click.option("--remove-number", "fewer", multiple=True, metavar="NUMBER")
@dry_run_option
@json_option
@pass_context
def edit(
    context: Context,
    contact: int,
    words: tuple[str, ...],
    more: tuple[str, ...],
    fewer: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    region, author = context.settings.region, context.author
    key = _company_of(context, contact).id or 0

    def changed(company: Company) -> Company:
        return with_contact_edited(company, contact, words, region, more=more, fewer=fewer)

    make(
        context,
        lambda book, now: book.change(key, changed, author, now, dry_run=dry_run),
        dry_run=dry_run,
        as_json=as_json,
    )


@contact.command()
@ID
@yes_option
@dry_run_option
@json_option
@pass_context
def remove(context: Context, contact: int, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Take a contact out. Calls and tickets keep the name.

    Example: contactcenter contact remove 1 --yes
    """
    company = _company_of(context, contact)
    gone = contact_in(company, contact)
    if not (yes or dry_run):
        click.confirm(f"Remove {gone.name or 'the contact'} of {company.name}?", abort=True, err=as_json)
    author = context.author
    make(
        context,
        lambda book, now: book.change(
            company.id or 0, lambda one: without_contact(one, contact), author, now, dry_run=dry_run
        ),
        dry_run=dry_run,
        as_json=as_json,
    )


def _company_of(context: Context, contact: int) -> Company:
    return context.read(lambda database: book(context, database).of_contact(contact))


def _row(company: Company, one: Contact) -> dict[str, Any]:
    return {**plain_contact(one), "company_id": company.id, "company": company.name}


def _matches(company: Company, one: Contact, words: str) -> bool:
    texts = (one.name, one.mail, one.wechat, company.name, *one.numbers)
    return any(words in text.lower() for text in texts)
