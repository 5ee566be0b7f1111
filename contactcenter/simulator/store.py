"""The store in memory: customers, history and tickets with the semantics of store/, from rows as store/tables.py has them."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contactcenter.acd.ports import Past, PastPart
from contactcenter.calls.record import CallRecord
from contactcenter.customers.customer import Customer
from contactcenter.errors import BadInput, NotFound, StoreError
from contactcenter.events import CallFact, Fact
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, TicketNumber
from contactcenter.tickets.problem import Problem

Rows = dict[str, list[dict[str, Any]]]


@dataclass(slots=True)
class Ticket:
    """A row of tickets with the ids of its calls."""

    number: TicketNumber
    title: str
    assignee: AgentNumber
    opened_at: datetime
    company: CompanyId | None = None
    contact: ContactId | None = None
    caller: str = ""
    status: str = "open"
    closed_at: datetime | None = None
    calls: list[CallId] = field(default_factory=list)


class MemoryStore:
    """Implements CustomerBook, ContactHistory and TicketBook. Subscribe `write` to the bus, as the store's writer is.

    failing: names of methods that raise StoreError from now on, for trying out a database that is away.
    """

    def __init__(self, rows: Rows) -> None:
        self._companies = {row["id"]: row for row in rows.get("companies", [])}
        self._groups = {row["id"]: row["name"] for row in rows.get("customer_groups", [])}
        self._contacts = {row["id"]: row for row in rows.get("contacts", [])}
        self._numbers = {row["number"]: row["contact_id"] for row in rows.get("contact_numbers", [])}
        self.calls: dict[CallId, CallRecord] = {}
        self.facts: list[Fact] = []
        self.tickets: list[Ticket] = []
        self.failing: set[str] = set()

    # ---- facts

    def write(self, fact: Fact) -> None:
        self.facts.append(fact)
        if isinstance(fact, CallFact):
            self.calls.setdefault(fact.call, CallRecord(fact.call)).apply(fact)

    def facts_of(self, call: CallId) -> list[Fact]:
        return [fact for fact in self.facts if getattr(fact, "call", None) == call]

    # ---- customers

    async def by_number(self, number: str) -> Customer | None:
        await self._turn("by_number")
        contact = self._contacts.get(self._numbers.get(number))
        if contact is None:
            return None
        return self._customer(self._companies[contact["company_id"]], ContactId(contact["id"]), contact["name"])

    async def by_service_code(self, code: str) -> Customer | None:
        await self._turn("by_service_code")
        row = next((row for row in self._companies.values() if row["service_code"] == code), None)
        return None if row is None else self._customer(row, None, "")

    async def by_company(self, company: CompanyId) -> Customer | None:
        await self._turn("by_company")
        row = self._companies.get(company)
        return None if row is None else self._customer(row, None, "")

    def _customer(self, row: dict[str, Any], contact: ContactId | None, contact_name: str) -> Customer:
        return Customer(
            company=CompanyId(row["id"]),
            company_name=row["name"],
            level=row["level"],
            service_from=row["service_from"],
            service_until=row["service_until"],
            contact=contact,
            contact_name=contact_name,
            group=self._groups.get(row.get("group_id"), ""),
            package=row.get("package", ""),
            products=tuple(product["name"] for product in row.get("products", ())),
            region=row.get("region", ""),
        )

    # ---- history

    async def last_agents(
        self, contact: ContactId | None, company: CompanyId | None, caller: str, since: datetime
    ) -> tuple[AgentNumber, ...]:
        await self._turn("last_agents")
        whose: list[Iterable[CallRecord]] = []
        records = self.calls.values()
        if contact is not None:
            whose.append(r for r in records if r.contact_id == contact)
        elif caller:
            whose.append(r for r in records if r.caller == caller)
        if company is not None:
            whose.append(r for r in records if r.company_id == company)
        found: list[AgentNumber] = []
        for which in whose:
            answered = [(r.answered_at, r.agent) for r in which if r.answered_at is not None and r.answered_at >= since]
            newest = max(answered, key=lambda pair: pair[0], default=(None, ""))[1]
            if newest and newest not in found:
                found.append(AgentNumber(newest))
        return tuple(found)

    async def past(
        self,
        contact: ContactId | None,
        company: CompanyId | None,
        caller: str,
        now: datetime,
        wanted: Collection[PastPart],
    ) -> Past:
        await self._turn("past")
        ticket = self._open_ticket(company, caller) if "ticket" in wanted else None
        mine = [
            r for r in self.calls.values() if (r.contact_id == contact if contact is not None else r.caller == caller)
        ]
        mine = mine if contact is not None or caller else []
        answered = [(r.answered_at, r.agent) for r in mine if r.answered_at is not None]
        last_answer, agent = max(answered, default=(None, ""))
        since = max(now - timedelta(days=1), last_answer or datetime.min.replace(tzinfo=UTC))
        waited = [r.ended_at for r in mine if r.outcome == "abandoned" and r.queued_at is not None]
        return Past(
            open_ticket=ticket is not None,
            ticket_owner=ticket.assignee if ticket else "",
            last_agent=agent if "last_agent" in wanted else "",
            abandons=sum(1 for ended in waited if ended and ended > since) if "abandons" in wanted else 0,
        )

    # ---- tickets

    async def open_or_join(self, problem: Problem) -> tuple[TicketNumber, bool]:
        await self._turn("open_or_join")
        joined = next((ticket for ticket in self.tickets if problem.call in ticket.calls), None)
        if joined is not None:
            return joined.number, False
        ticket = self._open_ticket(problem.company, problem.caller)
        opened = ticket is None
        if ticket is None:
            number = TicketNumber(len(self.tickets) + 1)
            ticket = Ticket(number, problem.title, problem.assignee, problem.at)
            ticket.company, ticket.contact, ticket.caller = problem.company, problem.contact, problem.caller
            self.tickets.append(ticket)
        ticket.calls.append(problem.call)
        return ticket.number, opened

    async def close(self, number: TicketNumber, at: datetime) -> AgentNumber:
        await self._turn("close")
        ticket = next((ticket for ticket in self.tickets if ticket.number == number), None)
        if ticket is None:
            raise NotFound(f"there is no ticket {number}. See: contactcenter ticket list")
        if ticket.status != "open":
            raise BadInput(f"ticket {number} is {ticket.status} already.")
        ticket.status, ticket.closed_at = "closed", at
        return ticket.assignee

    async def open_of(self, assignee: AgentNumber) -> int:
        await self._turn("open_of")
        return sum(1 for ticket in self.tickets if ticket.assignee == assignee and ticket.status == "open")

    def _open_ticket(self, company: CompanyId | None, caller: str) -> Ticket | None:
        mine = [t for t in self.tickets if t.status == "open" and t.company == company]
        if company is None:
            mine = [t for t in mine if caller and t.caller == caller]
        return max(mine, key=lambda ticket: ticket.number, default=None)

    async def _turn(self, method: str) -> None:
        """As with a real database, others get their turn meanwhile."""
        await asyncio.sleep(0)
        if method in self.failing:
            raise StoreError(f"the store failed in {method}")
