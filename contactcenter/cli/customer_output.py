"""What the commands for customers and contacts have in common: their book, and what they say of a change."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from contactcenter.changes import Item
from contactcenter.cli.changing import print_items
from contactcenter.cli.context import Context
from contactcenter.cli.output import print_json, say
from contactcenter.customers.company import Company, plain
from contactcenter.customers.unique import Edit
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.database import Database

Change = Callable[[CompanyRepository, datetime], Awaitable[list[Edit]]]


def book(context: Context, database: Database) -> CompanyRepository:
    return CompanyRepository(database, webhooks=bool(context.settings.crm.webhook_url))


def found(context: Context, word: str) -> Company:
    """The company of an argument. Raises NotFound."""
    return context.read(lambda database: book(context, database).find(word))


def make(context: Context, change: Change, *, dry_run: bool, as_json: bool) -> None:
    """Makes a change and says what differs."""
    done = context.read(lambda database: change(book(context, database), datetime.now(UTC)))
    if as_json:
        changed = [{"before": _plain(edit.before), "after": _plain(edit.after)} for edit in done]
        print_json({"changed": changed, "dry_run": dry_run})
        return
    print_edits(done)
    if not done:
        say("nothing changes: it is so already.")
    elif dry_run:
        say("nothing was changed (--dry-run).")


def print_edits(edits: Sequence[Edit]) -> None:
    """A line for each company, and one for each thing in it that differs."""
    for edit in edits:
        if edit.before is None and edit.after is not None:
            say(f"+ company {edit.after.id} {edit.after.name}, service code {edit.after.service_code}")
        else:
            print_items((_item(edit),))


def _plain(company: Company | None) -> dict[str, Any] | None:
    return plain(company) if company else None


def _item(edit: Edit) -> Item:
    one = edit.after or edit.before
    assert one is not None  # noqa: S101 (an edit has at least one of them)
    key = one.name if one.id is None else f"{one.id} {one.name}"
    return Item("company", key, _flat(edit.before), _flat(edit.after))


def _flat(company: Company | None) -> dict[str, Any] | None:
    """One text for each thing of a company, so that what differs is short."""
    if company is None:
        return None
    document = plain(company)
    people, own, products = document.pop("contacts"), document.pop("fields"), document.pop("products")
    document["products"] = [" ".join(filter(None, (one["name"], one["version"]))) for one in products]
    document |= {f"field {name}": text for name, text in own.items()}
    for one in people:
        who = " ".join(filter(None, ("contact", str(one["id"] or ""), one["name"])))
        parts = (*one["numbers"], one["mail"], one["wechat"], one["notes"], one["external_id"])
        document[who] = ", ".join(part for part in parts if part) or "-"
    del document["id"]
    return document
