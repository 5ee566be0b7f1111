"""A change of a company, and what only one can have: its name, its service code, the CRM's id, and each number. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from contactcenter.customers.company import Company


@dataclass(frozen=True, slots=True)
class Edit:
    """One company changed. before: what the author saw, None for a new one; after: what it shall be, None for removed."""

    before: Company | None
    after: Company | None


Draft = TypeVar("Draft")
Proposal = tuple[Draft, Company | None, Company]


def claimed(company: Company) -> Iterator[tuple[str, str]]:
    """(kind, value) of all that nobody else may have."""
    yield "name", company.name
    if company.service_code:
        yield "service code", company.service_code
    if company.external_id:
        yield "external_id", company.external_id
    for number in company.numbers:
        yield "number", number


def told(kind: str, value: str, owner: str) -> str:
    """The line for something that another company has. Service codes are not repeated: a line may end in a log."""
    return f"{kind} {value} belongs to {owner}" if kind != "service code" else f"its service code belongs to {owner}"


class Claims:
    """Who has what, while a file is being planned. Companies are told apart by id; those without one are new."""

    def __init__(self, existing: Iterable[Company]) -> None:
        self._companies = {company.id: company for company in existing}

    def settle(
        self, proposals: Iterable[Proposal[Draft]], refuse: Callable[[Draft, str], None]
    ) -> list[Proposal[Draft]]:
        """The proposals that can all be true at once. Of two that want the same, the first one gets it; what is there already
        and does not change goes before all. A proposal that is refused may leave others without what it would have given up.
        """
        left = list(proposals)
        while True:
            left, refused = self._round(left)
            for draft, reason in refused:
                refuse(draft, reason)
            if not refused:
                return left

    def _round(self, proposals: list[Proposal[Draft]]) -> tuple[list[Proposal[Draft]], list[tuple[Draft, str]]]:
        touched = {old.id for _, old, _ in proposals if old is not None}
        owners: dict[tuple[str, str], str] = {}
        for key, company in self._companies.items():
            if key not in touched:
                owners.update((claim, company.name) for claim in claimed(company))
        kept: list[Proposal[Draft]] = []
        refused: list[tuple[Draft, str]] = []
        seen: set[int] = set()
        for draft, old, new in proposals:
            claims = list(claimed(new))
            reason = next((told(*claim, owners[claim]) for claim in claims if claim in owners), "")
            if old is not None and old.id in seen:
                reason = reason or f"{old.name} is in this file under another name too"
            if reason:
                refused.append((draft, reason))
                continue
            owners.update((claim, new.name) for claim in claims)
            kept.append((draft, old, new))
            if old is not None and old.id is not None:
                seen.add(old.id)
        return kept, refused
