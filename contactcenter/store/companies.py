"""Customers as admins and the CRM see them: found, listed, changed."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, exists, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author, Change, Item
from contactcenter.customers.company import Company
from contactcenter.customers.unique import Edit
from contactcenter.errors import NotFound, StoreError
from contactcenter.store import tables as t
from contactcenter.store.changes import record
from contactcenter.store.company_merging import merge, take_back
from contactcenter.store.company_rows import WHOLE, load
from contactcenter.store.company_saving import alone, prepared, save, save_staged
from contactcenter.store.database import worker_of
from contactcenter.store.engines import trouble

T = TypeVar("T")
_ID = 2**31 - 1


class CompanyRepository:
    """Implements customers.ports.CompanyBook. Every change is one transaction with its audit row; nobody else changes customers
    meanwhile, so that what it is built on is what is there.

    webhooks: changes are told to the CRM, except its own.
    """

    def __init__(self, database: AsyncEngine, webhooks: bool = False) -> None:
        self._database, self._webhooks = database, webhooks

    async def all(self) -> list[Company]:
        """Every company, the oldest first."""
        return list((await self._read(load)).values())

    async def find(self, word: str) -> Company:
        """By its id, its whole name, or the CRM's id, in this order. Raises NotFound."""
        companies = t.companies.c
        ways: list[ColumnElement[bool]] = [companies.name == word, companies.external_id == word]
        if word.isascii() and word.isdecimal() and int(word) <= _ID:
            ways.insert(0, companies.id == int(word))
        for way in ways:
            if (found := await self._one(way)) is not None:
                return found
        raise NotFound(f"there is no customer {word}. See: contactcenter customer list --search {word}")

    async def by_external_id(self, external_id: str) -> Company | None:
        return await self._one(t.companies.c.external_id == external_id)

    async def by_number(self, number: str) -> Company | None:
        """number: E.164."""
        return await self._one(exists().where(_has(t.contact_numbers.c.number == number)))

    async def of_contact(self, contact: int) -> Company:
        """The company of a contact, by the contact's id. Raises NotFound."""
        found = await self._one(t.companies.c.id.in_(select(t.contacts.c.company_id).where(t.contacts.c.id == contact)))
        if found is None:
            raise NotFound(f"there is no contact {contact}. See: contactcenter contact list")
        return found

    async def search(self, words: str, limit: int) -> list[Company]:
        """Companies whose name, group, contract, region, notes, contact or number has these words in it; "" for all."""
        like = f"%{words.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        texts = [t.companies.c[name] for name in ("name", "contract", "region", "package", "notes", "external_id")]
        people = [t.contacts.c[name] for name in ("name", "mail", "wechat")]
        group = select(t.customer_groups.c.id).where(t.customer_groups.c.name.ilike(like, escape="!"))
        which = or_(
            *(column.ilike(like, escape="!") for column in texts),
            t.companies.c.service_code == words,
            t.companies.c.group_id.in_(group),
            exists().where(
                t.contacts.c.company_id == t.companies.c.id,
                or_(*(column.ilike(like, escape="!") for column in people)),
            ),
            exists().where(_has(t.contact_numbers.c.number.like(like, escape="!"))),
        )
        return await self._some(which if words else t.companies.c.id.is_not(None), limit)

    async def expiring(self, first: date, last: date) -> list[Company]:
        """Companies whose service ends in these days, the first to end first."""
        found = await self._some(t.companies.c.service_until.between(first, last), _ID)
        return sorted(found, key=lambda company: (company.service_until or last, company.id))

    async def save(
        self, edits: Sequence[Edit], author: Author, at: datetime, *, from_crm: bool = False, dry_run: bool = False
    ) -> list[Edit]:
        """Stores all of them or none: see `company_saving.save`. Raises Conflict, BadInput."""
        tell = self._webhooks and not from_crm
        new = [edit for edit in edits if edit.before is None]
        if len(new) <= WHOLE:
            return await self._change(lambda connection: save(connection, edits, author, at=at, tell=tell), dry_run)
        give_out = await self._read(lambda connection: prepared(connection, new))
        whole = await asyncio.to_thread(give_out)
        others = [edit for edit in edits if edit.before is not None]
        return await self._run(
            lambda connection: save_staged(connection, whole, others, author, at=at, tell=tell), dry_run
        )

    async def change(
        self,
        company: int,
        change: Callable[[Company], Company | None],
        author: Author,
        at: datetime,
        *,
        dry_run: bool = False,
    ) -> list[Edit]:
        """Changes what is there at this moment; None removes it. Raises NotFound, and what `change` raises."""

        def work(connection: Connection) -> list[Edit]:
            if (before := load(connection, [company]).get(company)) is None:
                raise NotFound(f"there is no customer {company} any more.")
            return save(connection, [Edit(before, change(before))], author, at=at, tell=self._webhooks)

        return await self._change(work, dry_run)

    async def merge(
        self, first: Company, other: Company, author: Author, at: datetime, *, dry_run: bool = False
    ) -> list[Edit]:
        """The other company's contacts, numbers, calls and tickets move to the first one; the other one is removed. Raises
        Conflict when one of them is another by now.
        """

        def work(connection: Connection) -> list[Edit]:
            return merge(connection, first, other, author, at=at, tell=self._webhooks)

        return await self._change(work, dry_run)

    async def undo(self, change: Change, author: Author, at: datetime, *, dry_run: bool = False) -> list[Edit]:
        """Takes a change of customers back. Raises Conflict when one of them was changed since, with nothing changed."""

        def work(connection: Connection) -> list[Edit]:
            done = take_back(connection, change.items, at, tell=self._webhooks)
            backwards = [Item(item.kind, item.key, item.after, item.before) for item in change.items]
            record(connection, author, at, backwards, undoes=change.number)
            return done

        return await self._change(work, dry_run)

    async def _one(self, which: ColumnElement[bool]) -> Company | None:
        return next(iter(await self._some(which, 1)), None)

    async def _some(self, which: ColumnElement[bool], limit: int) -> list[Company]:
        def work(connection: Connection) -> list[Company]:
            query = select(t.companies.c.id).where(which).order_by(t.companies.c.id).limit(limit)
            ids: Collection[int] = connection.execute(query).scalars().all()
            return list(load(connection, ids).values())

        return await self._read(work)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            return await worker_of(self._database, "admin").run(work)
        except DBAPIError as error:
            raise StoreError(f"the database does not answer: {trouble(error)}") from None

    async def _change(self, work: Callable[[Connection], list[Edit]], dry_run: bool) -> list[Edit]:
        def apart(connection: Connection) -> list[Edit]:
            alone(connection)
            return work(connection)

        return await self._run(apart, dry_run)

    async def _run(self, work: Callable[[Connection], list[Edit]], dry_run: bool) -> list[Edit]:
        def whole(connection: Connection) -> list[Edit]:
            done = work(connection)
            if dry_run:
                raise _DryRun(done)
            return done

        try:
            return await worker_of(self._database, "admin").run(whole)
        except _DryRun as tried:
            return tried.done
        except DBAPIError as error:
            raise StoreError(f"customers can't be changed now: {trouble(error)}. Do it again.") from None


class _DryRun(Exception):
    def __init__(self, done: list[Edit]) -> None:
        self.done = done
        super().__init__()


def _has(number: ColumnElement[bool]) -> Any:
    """A number of one of the company's contacts."""
    return number & (t.contact_numbers.c.contact_id == t.contacts.c.id) & (t.contacts.c.company_id == t.companies.c.id)
