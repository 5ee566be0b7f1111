"""Changes of companies, whole and in the transaction that the caller began: rows, audit log, and what the CRM has to be told."""

import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from contactcenter.changes import Author, Item
from contactcenter.customers.company import FIRST, Company, Contact, combined, differences, plain
from contactcenter.customers.documents import checked
from contactcenter.customers.unique import Edit, claimed, told
from contactcenter.errors import Conflict
from contactcenter.store import company_rows as rows
from contactcenter.store import tables as t
from contactcenter.store.changes import record
from contactcenter.store.company_staging import copy, stage
from contactcenter.store.numbering import next_ids

CODE_DIGITS, SAFETY = 8, 10_000
"""Generated service codes have so many digits, or more: at most one number of SAFETY is somebody's code."""


def alone(connection: Connection) -> None:
    """No other change until this transaction ends; nothing of it may have been read before. Readers go on."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "UPDATE companies SET revision = revision WHERE 0"
        )  # writes nothing, but takes the lock
    else:
        connection.exec_driver_sql("LOCK TABLE companies IN SHARE ROW EXCLUSIVE MODE")


def save(
    connection: Connection,
    edits: Sequence[Edit],
    author: Author,
    *,
    at: datetime,
    tell: bool,
    more: Sequence[Item] = (),
) -> list[Edit]:
    """Stores all of them, or raises Conflict or BadInput with nothing stored; what was there and what there is now, of each that
    changed something. Where somebody else changed a company since `before`, both changes are kept if they don't touch the
    same. The transaction must be `alone`.

    tell: the CRM gets a webhook of each. more: items of the same change, for the audit log.
    """
    done = _changing(connection, edits)
    if not done and not more:
        return []
    with _somebody_faster():
        done = store(connection, done)
    record(connection, author, at, [*(item_of(edit) for edit in done), *more])
    if tell:
        tell_crm(connection, done, at)
    return done


def save_staged(
    connection: Connection, new: Sequence[Edit], edits: Sequence[Edit], author: Author, *, at: datetime, tell: bool
) -> list[Edit]:
    """As `save`, for thousands of new companies that have their ids and codes; the transaction must not be `alone` yet."""
    stage(connection, new, (item_of(edit) for edit in new), messages(new, at) if tell else [])
    alone(connection)
    done = _changing(connection, edits)
    with _somebody_faster():
        done = store(connection, done) if done else []
        number = record(connection, author, at, [item_of(edit) for edit in done])
        copy(connection, number, len(done))
    if tell:
        tell_crm(connection, done, at)
    return [*done, *new]


def prepared(connection: Connection, new: Sequence[Edit]) -> Callable[[], list[Edit]]:
    """Takes ids and codes for thousands of new companies; what it returns gives them out, and needs no database."""
    alone(connection)
    companies = [edit.after for edit in new if edit.after is not None]
    ids = iter(next_ids(connection, t.companies, len(companies)))
    people = sum(len(company.contacts) for company in companies)
    contact_ids = iter(next_ids(connection, t.contacts, people) if people else ())
    fresh = codes(connection, companies)
    return lambda: [Edit(None, whole(company, ids, contact_ids, fresh)) for company in companies]


def _changing(connection: Connection, edits: Sequence[Edit]) -> list[Edit]:
    """Those that change something, on top of what is stored by now. Raises Conflict."""
    present = _present(connection, edits)
    done = [with_revision(before, _on_top(edit, before)) for edit, before in zip(edits, present, strict=True)]
    done = [edit for edit in done if edit.before != edit.after]
    if len(done) <= rows.WHOLE:
        claim(connection, done)
    return done


@contextmanager
def _somebody_faster() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise Conflict("somebody else changed customers at this moment; nothing was changed. Do it again.") from None


def item_of(edit: Edit) -> Item:
    """The edit as the audit log has it."""
    one = edit.after or edit.before
    assert one is not None  # noqa: S101 (an edit of nothing to nothing is left out before)
    return Item(
        "company", str(one.id), plain(edit.before) if edit.before else None, plain(edit.after) if edit.after else None
    )


def _present(connection: Connection, edits: Sequence[Edit]) -> list[Company | None]:
    """The stored state of each; read again only where it is newer than what the author saw."""
    seen = {edit.before.id: edit.before for edit in edits if edit.before is not None and edit.before.id is not None}
    revisions: dict[int, int] = {}
    companies = t.companies.c
    for part in rows.chunks(seen):
        query = select(companies.id, companies.revision).where(companies.id.in_(part))
        revisions.update((key, revision) for key, revision in connection.execute(query))
    newer = rows.load(
        connection, {key for key, one in seen.items() if revisions.get(key, one.revision) != one.revision}
    )
    stored = {key: newer.get(key, one) for key, one in seen.items() if key in revisions}
    return [stored.get(edit.before.id or 0) if edit.before is not None else None for edit in edits]


def _on_top(edit: Edit, present: Company | None) -> Company | None:
    """What shall be stored, with what others changed meanwhile."""
    if edit.before is None:
        return edit.after
    if present is None:
        raise Conflict(f"{edit.before.name} was removed meanwhile; nothing was changed.")
    if present == edit.before:
        return edit.after
    changed = ", ".join(differences(edit.before, present))
    if edit.after is None or (both := combined(edit.before, edit.after, present)) is None:
        raise Conflict(
            f"{present.name} was changed meanwhile by somebody else: {changed}. Nothing was changed; look again."
        )
    return checked(both, present)


def with_revision(before: Company | None, after: Company | None) -> Edit:
    if after is None or (before is None and after.revision == FIRST):
        return Edit(before, after)
    return Edit(
        before, replace(after, revision=before.revision + 1 if before else FIRST, id=before.id if before else after.id)
    )


def codes(connection: Connection, wanted: Sequence[Company]) -> Iterator[str]:
    """Service codes that nobody has, without end. Those of `wanted` are taken too."""
    total = connection.execute(select(func.count()).select_from(t.companies)).scalar_one() + len(wanted)
    digits = max(CODE_DIGITS, len(str(total * SAFETY)))
    taken = {company.service_code for company in wanted}
    if many := len(wanted) > rows.CHUNK:
        taken |= set(connection.execute(select(t.companies.c.service_code)).scalars())

    def fresh() -> Iterator[str]:
        while True:
            code = new_code(digits)
            query = select(t.companies.c.id).where(t.companies.c.service_code == code)
            if code not in taken and (many or connection.execute(query).one_or_none() is None):
                taken.add(code)
                yield code

    return fresh()


def new_code(digits: int) -> str:
    """A random code; the first digit is no 0, which spreadsheets lose."""
    return str(10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1)))


def claim(connection: Connection, edits: list[Edit]) -> None:
    """Raises Conflict when something that only one can have belongs to a company that stays as it is, or is wanted twice."""
    mine = {edit.before.id for edit in edits if edit.before is not None}
    wanted: dict[tuple[str, str], str] = {}
    for edit in edits:
        if edit.after is None:
            continue
        for each in claimed(edit.after):
            if each in wanted:
                raise Conflict(f"{edit.after.name}: {told(*each, wanted[each])}.")
            wanted[each] = edit.after.name
    companies = t.companies.c
    columns: dict[str, ColumnElement[str]] = {
        "name": companies.name,
        "service code": companies.service_code,
        "external_id": companies.external_id,
        "number": t.contact_numbers.c.number,
    }
    for kind, which in columns.items():
        for part in rows.chunks(value for one, value in wanted if one == kind):
            query = select(which, companies.id, companies.name).where(which.in_(part))
            if kind == "number":
                query = query.select_from(t.contact_numbers.join(t.contacts).join(t.companies))
            for value, owner, name in connection.execute(query):
                if owner not in mine:
                    raise Conflict(f"{wanted[kind, value]}: {told(kind, value, name)}.")


def store(connection: Connection, edits: Sequence[Edit]) -> list[Edit]:
    """Writes the rows; the edits with the ids that new companies and contacts got."""
    count = sum(1 for edit in edits if edit.after is not None and edit.after.id is None)
    ids = iter(next_ids(connection, t.companies, count) if count else ())
    count = sum(1 for edit in edits if edit.after for contact in edit.after.contacts if contact.id is None)
    contact_ids = iter(next_ids(connection, t.contacts, count) if count else ())
    fresh = codes(connection, [edit.after for edit in edits if edit.after])
    done = [
        edit if edit.after is None else Edit(edit.before, whole(edit.after, ids, contact_ids, fresh)) for edit in edits
    ]
    old = {one.id: (edit.before.id, one) for edit in done if edit.before for one in edit.before.contacts}
    owned = {one.id: (edit.after.id, one) for edit in done if edit.after for one in edit.after.contacts}
    moved = {key for key, (_, one) in old.items() if key not in owned or owned[key][1].numbers != one.numbers}
    removed = [edit.before.id for edit in done if edit.before and edit.after is None]
    changed = [edit.after for edit in done if edit.before and edit.after]
    rows.delete_numbers(connection, moved)
    rows.delete_contacts(connection, old.keys() - owned.keys())
    rows.keep_names(connection, removed)
    rows.free_names(connection, [*removed, *(one.id for one in changed)])
    rows.write_companies(connection, [edit.after for edit in done if edit.after and not edit.before], changed)
    rows.write_contacts(
        connection,
        [each for key, each in owned.items() if key not in old],
        [each for key, each in owned.items() if key in old and each != old[key]],
    )
    rows.delete_companies(connection, removed)
    rows.write_numbers(connection, (one for key, (_, one) in owned.items() if key in moved or key not in old))
    return done


def whole(company: Company, ids: Iterator[int], contact_ids: Iterator[int], fresh: Iterator[str]) -> Company:
    """With all that a company gets when it is stored. Contacts stand in the order of their ids, as they are read again."""
    contacts = [one if one.id is not None else replace(one, id=next(contact_ids)) for one in company.contacts]
    contacts.sort(key=_id)
    return replace(
        company,
        id=company.id if company.id is not None else next(ids),
        service_code=company.service_code or next(fresh),
        contacts=tuple(contacts),
    )


def _id(contact: Contact) -> int:
    return contact.id or 0


def tell_crm(connection: Connection, edits: Iterable[Edit], at: datetime) -> None:
    """Puts down what the CRM has still to hear of these changes."""
    if waiting := messages(edits, at):
        connection.execute(insert(t.webhooks), waiting)


def messages(edits: Iterable[Edit], at: datetime) -> list[dict[str, Any]]:
    """The rows of these webhooks."""
    waiting = []
    for edit in edits:
        one = edit.after or edit.before
        assert one is not None  # noqa: S101 (as in item_of)
        event = "removed" if edit.after is None else "changed" if edit.before else "added"
        event_id = uuid.uuid4().hex
        body = {
            "id": event_id,
            "event": f"company.{event}",
            "at": at.isoformat(),
            "changed": differences(edit.before, edit.after) if edit.before and edit.after else [],
            "company": plain(one),
        }
        text = json.dumps(body, ensure_ascii=False)
        waiting.append(
            {"company_id": one.id, "at": at, "event": body["event"], "event_id": event_id, "body": text, "tries": 0}
        )
    return waiting
