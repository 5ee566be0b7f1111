"""One caller's data in the store: all of it, read together, or put away in one transaction."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, Text, cast, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author, Item
from contactcenter.customers.company import Company, plain_contact
from contactcenter.customers.edits import without_contact
from contactcenter.errors import BadInput, NotFound, StoreError
from contactcenter.privacy.person import Person, Pseudonym, core_of
from contactcenter.store import company_rows, company_saving
from contactcenter.store import tables as t
from contactcenter.store.changes import PERSON, record
from contactcenter.store.database import worker_of

T = TypeVar("T")
NAMED = {"CallerIdentified": "contact_name", "CallbackRequested": "name"}
"""Facts that name the person, and where."""
GOES_ON = timedelta(hours=12)
"""A call without an end that came before is one whose end nobody saw."""


class PersonRepository:
    def __init__(self, database: AsyncEngine, *, webhooks: bool = False) -> None:
        self._database, self._webhooks = database, webhooks

    async def find(self, number: str, contact: int | None) -> Person:
        """By an E.164 number, or a contact's id; with every number that is theirs. Raises NotFound when nothing is known of them."""
        return await self._run(lambda connection: _find(connection, number, contact))

    async def everything(self, person: Person) -> dict[str, list[dict[str, Any]]]:
        """Rows as plain values: calls, facts, tickets, callbacks, recordings; the oldest first."""
        return await self._run(lambda connection: _everything(connection, person))

    async def erase(
        self, person: Person, pseudonym: Pseudonym, author: Author, at: datetime, *, dry_run: bool
    ) -> dict[str, int]:
        """Puts the pseudonym in the person's place, and takes the contact out; how many rows of each kind. The audit log keeps that it was
        done, and no word of whom. Raises BadInput while the person is on the line or is to be called back, with nothing changed.
        """
        sqlite = self._database.dialect.name == "sqlite"

        def work(connection: Connection) -> dict[str, int]:
            if sqlite:
                connection.exec_driver_sql("PRAGMA secure_delete=ON")  # what is overwritten is not left in free pages
            company_saving.alone(connection)
            done = _erase(connection, person, pseudonym, at, tell=self._webhooks)
            record(connection, author, at, [Item(PERSON, pseudonym.name, None, done)])
            if dry_run:
                raise _DryRun(done)
            return done

        try:
            done = await self._run(work)
        except _DryRun as tried:
            return tried.done
        if sqlite:
            await self._run(lambda connection: connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)"))
        return done

    async def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            return await worker_of(self._database, "admin").run(work)
        except DBAPIError as error:
            raise StoreError(f"the database does not answer: {error.orig}") from None


class _DryRun(Exception):
    def __init__(self, done: dict[str, int]) -> None:
        self.done = done
        super().__init__()


def _find(connection: Connection, number: str, contact: int | None) -> Person:
    numbers, calls = t.contact_numbers.c, t.calls.c
    if number:
        contact = connection.execute(select(numbers.contact_id).where(numbers.number == number)).scalar_one_or_none()
    company = _company_of(connection, contact) if contact is not None else None
    if contact is not None and company is None:
        raise NotFound(f"there is no contact {contact}. See: contactcenter contact list")
    one = next((one for one in company.contacts if one.id == contact), None) if company else None
    known = (number, *(one.numbers if one else ())) if number else one.numbers if one else ()
    query = select(calls.caller).where(calls.contact_id == contact).distinct()
    called = connection.execute(query).scalars().all() if contact is not None else ()
    others = set(connection.execute(select(numbers.number).where(numbers.number.in_(called))).scalars())
    own = tuple(each for each in called if each and each not in others)
    person = Person(tuple(dict.fromkeys((*known, *own))), one, company)
    if one is None and not any(_everything(connection, person).values()):
        raise NotFound(f"nothing is known of {number}.")
    return person


def _company_of(connection: Connection, contact: int) -> Company | None:
    found = connection.execute(select(t.contacts.c.company_id).where(t.contacts.c.id == contact)).scalar_one_or_none()
    return company_rows.load(connection, [found]).get(found) if found is not None else None


def _theirs(table: Table, number: str, person: Person) -> ColumnElement[bool]:
    """Rows of the person: by number, or by contact."""
    which: list[ColumnElement[bool]] = [table.c[number].in_(person.numbers)]
    if person.contact is not None and "contact_id" in table.c:
        which.append(table.c.contact_id == person.contact.id)
    return or_(*which)


def _everything(connection: Connection, person: Person) -> dict[str, list[dict[str, Any]]]:
    def rows(query: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(query).mappings()]

    calls = rows(select(t.calls).where(_theirs(t.calls, "caller", person)).order_by(t.calls.c.arrived_at))
    promised = rows(select(t.callbacks).where(_theirs(t.callbacks, "number", person)).order_by(t.callbacks.c.since))
    ids = list(dict.fromkeys([*(row["id"] for row in calls), *(row["call_id"] for row in promised)]))

    def of_calls(table: Table, order: str) -> list[dict[str, Any]]:
        parts = (rows(select(table).where(table.c.call_id.in_(part))) for part in company_rows.chunks(ids))
        return sorted((row for part in parts for row in part), key=lambda row: row[order])

    tickets = select(t.tickets).where(_theirs(t.tickets, "caller", person)).order_by(t.tickets.c.number)
    return {
        "calls": calls,
        "facts": of_calls(t.facts, "seq"),
        "tickets": rows(tickets),
        "callbacks": promised,
        "recordings": of_calls(t.recordings, "saved_at"),
    }


def _erase(connection: Connection, person: Person, pseudonym: Pseudonym, at: datetime, *, tell: bool) -> dict[str, int]:
    there = _everything(connection, person)
    _refuse_under_way(there, at)
    if person.company is not None and person.contact is not None and person.contact.id is not None:
        after = without_contact(person.company, person.contact.id)
        done = company_saving.store(connection, [company_saving.with_revision(person.company, after)])
        if tell:
            company_saving.tell_crm(connection, done, at)
    own = {row["seq"] for row in there["facts"]}
    others = [row for row in _elsewhere(connection, t.facts, ("data",), person) if row["seq"] not in own]
    counts = {
        "contacts": int(person.contact is not None),
        "facts": _facts(connection, there["facts"], pseudonym, own=True)
        + _facts(connection, others, pseudonym, own=False),
    }
    for name, table, key, number, named in (
        ("calls", t.calls, "id", "caller", "contact"),
        ("callbacks", t.callbacks, "call_id", "number", "name"),
        ("tickets", t.tickets, "number", "caller", "contact_name"),
    ):
        for row in there[name]:
            values = {number: pseudonym.of_numbers(row[number]), named: _named(row, named, pseudonym)}
            if name == "tickets":
                values["title"] = pseudonym.of_all(row["title"])
            connection.execute(update(table).where(table.c[key] == row[key]).values(values))
        counts[name] = len(there[name])
    counts["audit log"] = _audit(connection, person, pseudonym)
    counts["CRM"] = _crm(connection, person, pseudonym)
    return counts


def _named(row: dict[str, Any], column: str, pseudonym: Pseudonym) -> str:
    return pseudonym.name if row[column] or row.get("contact_id") else ""


def _refuse_under_way(there: dict[str, list[dict[str, Any]]], at: datetime) -> None:
    if any(row["outcome"] == "" for row in there["callbacks"]):
        raise BadInput("a callback is promised to them. Wait until it is over: contactcenter callback list")
    if any(
        row["ended_at"] is None and row["arrived_at"] and at - row["arrived_at"] < GOES_ON for row in there["calls"]
    ):
        raise BadInput("a call of theirs goes on. Wait until it is over: contactcenter call list")


def _facts(connection: Connection, rows: Iterable[dict[str, Any]], pseudonym: Pseudonym, *, own: bool) -> int:
    count = 0
    for row in rows:
        data = dict(pseudonym.value(row["data"], own=own))
        named = NAMED.get(row["kind"], "")
        if own and data.get(named):
            data[named] = pseudonym.name
        if data != row["data"]:
            connection.execute(update(t.facts).where(t.facts.c.seq == row["seq"]).values(data=data))
            count += 1
    return count


def _elsewhere(connection: Connection, table: Table, columns: Collection[str], person: Person) -> list[dict[str, Any]]:
    """Rows that have one of the person's numbers anywhere in these columns. Reads the whole table: erasing is rare."""
    texts = [cast(table.c[name], Text) for name in columns]
    which = [text.like(f"%{core_of(number)}%") for number in person.numbers for text in texts]
    if not which:
        return []
    rows = connection.execute(select(table).where(or_(*which))).mappings()
    return [dict(row) for row in rows]


def _audit(connection: Connection, person: Person, pseudonym: Pseudonym) -> int:
    """Earlier changes of the person, in the audit log: also those of the company that had them as they were."""
    items, changes, count = t.change_items, t.changes, 0
    numbers: set[int] = set()
    found = _elsewhere(connection, items, ("before", "after"), person)
    if person.company is not None:
        of_company = (items.c.kind == "company") & (items.c.key == str(person.company.id))
        found += [dict(row) for row in connection.execute(select(items).where(of_company)).mappings()]
    for row in found:
        values = {name: pseudonym.value(row[name], own=False) for name in ("before", "after")}
        if values != {name: row[name] for name in values}:
            where = (items.c.change == row["change"]) & (items.c.position == row["position"])
            count += connection.execute(update(items).where(where).values(values)).rowcount
            numbers.add(row["change"])
    said = _elsewhere(connection, changes, ("command",), person)
    for part in company_rows.chunks(numbers):
        said += [dict(row) for row in connection.execute(select(changes).where(changes.c.number.in_(part))).mappings()]
    for row in said:
        words = row["command"].split()
        command = " ".join([*words[:2], "***"]) if words[:1] == ["contact"] else pseudonym.of_all(row["command"])
        if command != row["command"]:
            connection.execute(update(changes).where(changes.c.number == row["number"]).values(command=command))
            count += 1
    return count


def _crm(connection: Connection, person: Person, pseudonym: Pseudonym) -> int:
    """What the CRM sent and could not be taken, and what it was not told yet."""
    conflicts, webhooks, count = t.conflicts, t.webhooks, 0
    for row in _elsewhere(connection, conflicts, ("body", "reason"), person):
        values = {"body": pseudonym.value(row["body"], own=True), "reason": pseudonym.of_all(row["reason"])}
        count += connection.execute(update(conflicts).where(conflicts.c.id == row["id"]).values(values)).rowcount
    for row in _elsewhere(connection, webhooks, ("body",), person):
        where = webhooks.c.id == row["id"]
        count += connection.execute(update(webhooks).where(where).values(body=pseudonym.of_all(row["body"]))).rowcount
    return count


def plain_person(person: Person) -> dict[str, Any]:
    """Who it is, for an export."""
    return {
        "numbers": list(person.numbers),
        "contact": plain_contact(person.contact) if person.contact else None,
        "company": person.company.name if person.company else "",
    }
