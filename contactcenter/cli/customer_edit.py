"""customer add, edit, remove, merge."""

import click

from contactcenter.cli.changing import dry_run_option, yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.customer_output import found, make
from contactcenter.cli.output import json_option, say
from contactcenter.customers.edits import COMPANY_WORDS, edited, with_contact
from contactcenter.customers.merging import merged
from contactcenter.customers.unique import Edit
from contactcenter.errors import BadInput

FIELDS = f"Fields: {', '.join(COMPANY_WORDS)}, and fields.NAME for your own. docs/customers.md tells what they mean."
WORDS = click.argument("words", nargs=-1, metavar="[FIELD=VALUE]...")


@click.command(
    help="Add a company. A service code is made unless one is given.\n\n"
    f"{FIELDS}\n\n"
    "Example: contactcenter customer add 杭州西湖软件有限公司 level=vip service_until=2027-12-31"
)
@click.argument("name")
@WORDS
@click.option("--contact", default="", help="The name of its first contact.")
@click.option("--number", "numbers", multiple=True, help="A phone number of that contact.")
@dry_run_option
@json_option
@pass_context
def add(
    context: Context,
    name: str,
    words: tuple[str, ...],
    contact: str,
    numbers: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    region = context.settings.region
    company = edited(None, (f"name={name}", *words), region)
    if contact or numbers:
        company = with_contact(company, (f"name={contact}", f"numbers={','.join(numbers)}"), region)
    author = context.author
    make(
        context,
        lambda book, now: book.save([Edit(None, company)], author, now, dry_run=dry_run),
        dry_run=dry_run,
        as_json=as_json,
    )


@click.command(
    help="Change fields of a company, all of them or none. COMPANY: its id, its name or the CRM's id.\n\n"
    f"{FIELDS}\n\n"
    "Example: contactcenter customer edit 1 level=super_vip service_until=2027-12-31"
)
@click.argument("company")
@click.argument("words", nargs=-1, required=True, metavar="FIELD=VALUE...")
@dry_run_option
@json_option
@pass_context
def edit(context: Context, company: str, words: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    key, region, author = found(context, company).id or 0, context.settings.region, context.author
    make(
        context,
        lambda book, now: book.change(key, lambda one: edited(one, words, region), author, now, dry_run=dry_run),
        dry_run=dry_run,
        as_json=as_json,
    )


@click.command()
@click.argument("company")
@yes_option
@dry_run_option
@json_option
@pass_context
def remove(context: Context, company: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Take a company and its contacts out. Calls and tickets keep their names.

    Example: contactcenter customer remove 5 --yes
    """
    gone = found(context, company)
    if not (yes or dry_run):
        click.confirm(f"Remove {gone.name} with {len(gone.contacts)} contacts?", abort=True, err=as_json)
    author = context.author
    make(
        context,
        lambda book, now: book.save([Edit(gone, None)], author, now, dry_run=dry_run),
        dry_run=dry_run,
        as_json=as_json,
    )


@click.command()
@click.argument("company")
@click.argument("other")
@yes_option
@dry_run_option
@json_option
@pass_context
def merge(context: Context, company: str, other: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Put two records of one company together: contacts, numbers, calls and tickets of OTHER move to COMPANY, and OTHER is
    removed. Where they contradict, COMPANY is right.

    Example: contactcenter customer merge 1 5
    """
    first, second = found(context, company), found(context, other)
    if first.id == second.id:
        raise BadInput(f"{company} and {other} are the same company.")
    if not as_json:
        for line in merged(first, second).conflicts:
            say(f"! {line}")
    if not (yes or dry_run):
        click.confirm(f"Put {second.name} into {first.name}?", abort=True, err=as_json)
    author = context.author
    make(
        context,
        lambda book, now: book.merge(first, second, author, now, dry_run=dry_run),
        dry_run=dry_run,
        as_json=as_json,
    )


EDITS = (add, edit, remove, merge)
