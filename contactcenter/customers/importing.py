"""What a customer file would do: companies added, changed, unchanged and refused, known before anything is done. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from contactcenter.customers.columns import COMPANY, LISTS, Columns
from contactcenter.customers.company import Company, Contact, differences
from contactcenter.customers.documents import Faults, checked, company_of, contact_of, keep_ids, text_of
from contactcenter.customers.sheets import Formula, Row, fused
from contactcenter.customers.unique import Claims, Edit
from contactcenter.errors import BadInput

_SEVERAL = re.compile(r"[;；\n]")
_SEVERAL_NUMBERS = re.compile(r"[,，;；、/\n|]")


Progress = Callable[[int, int], None]
"""(how many, of how many)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows that were not taken, and why."""

    rows: tuple[Row, ...]
    name: str
    reason: str


@dataclass(slots=True)
class Plan:
    """changed: (before, after) of each."""

    added: list[Company] = field(default_factory=list)
    changed: list[tuple[Company, Company]] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def edits(self) -> list[Edit]:
        """All that would be stored."""
        return [*(Edit(None, after) for after in self.added), *(Edit(before, after) for before, after in self.changed)]


@dataclass(slots=True)
class _Draft:
    """The rows of one company. contacts: contact documents, by what makes two rows the same person."""

    rows: list[Row] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    said_in: dict[str, int] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def plan_import(
    rows: Iterable[Row], columns: Columns, existing: Iterable[Company], region: str, *, tick: Progress | None = None
) -> Plan:
    """Rows of one company are put together. A company whose rows have a fault is refused as a whole; cells that are empty
    change nothing; contacts that are not in the file stay.

    region: ISO 3166 two letters, the country of numbers without a country code. tick: told how many companies are planned, of
    how many.
    """
    before = list(existing)
    by_name = {company.name: company for company in before}
    by_external = {company.external_id: company for company in before if company.external_id}
    plan = Plan()
    proposals: list[tuple[_Draft, Company | None, Company]] = []
    drafts = _drafts(rows, columns)
    for count, draft in enumerate(drafts):
        if tick is not None:
            tick(count, len(drafts))
        try:
            old = _known(draft, by_name, by_external)
            proposals.append((draft, old, _after(draft, old, region)))
        except BadInput as error:
            _refuse(plan, draft, error)
    claims = Claims(before)
    for _, old, new in claims.settle(proposals, lambda draft, reason: _refuse(plan, draft, reason)):
        if old is None:
            plan.added.append(new)
        elif differences(old, new):
            plan.changed.append((old, new))
        else:
            plan.unchanged += 1
    plan.refused.sort(key=lambda refusal: refusal.rows[0].number)
    return plan


def _refuse(plan: Plan, draft: _Draft, reason: object) -> None:
    text = "; ".join(reason.faults) if isinstance(reason, Faults) else str(reason).removesuffix(".")
    plan.refused.append(Refusal(tuple(draft.rows), str(draft.values.get("name", "")), text))


def _drafts(rows: Iterable[Row], columns: Columns) -> list[_Draft]:
    drafts: dict[tuple[str, str], _Draft] = {}
    for row in rows:
        values, own, fault = _read(row, columns)
        external, name = values.get("external_id", ""), values.get("name", "")
        key = ("id", external) if external else ("name", name)
        if not external and not name:
            fault, key = fault or "no company is named", ("row", str(row.number))
        draft = drafts.setdefault(key, _Draft())
        draft.rows.append(row)
        if fault:
            draft.faults.append(f"row {row.number}: {fault}")
            draft.values.setdefault("name", name)
        else:
            _add(draft, row.number, values, own)
    return list(drafts.values())


def _read(row: Row, columns: Columns) -> tuple[dict[str, Any], dict[str, str], str]:
    """(values by key, own fields, the fault or "")."""
    values: dict[str, Any] = {}
    own: dict[str, str] = {}
    fault = ""
    for index, (cell, key, name) in enumerate(zip(row.cells, columns.keys, columns.fields, strict=False)):
        if cell is None or not (key or name):
            continue
        if isinstance(cell, Formula):
            fault = fault or f"cell {_letters(index)}{row.number} is a formula: put its value there"
            continue
        value = fused(cell.strip(" ")) if isinstance(cell, str) else cell
        if key not in {"service_from", "service_until"}:
            value = text_of(value)
        if value == "":
            continue
        if name:
            own[name] = str(value)
        elif key in LISTS:
            several = _SEVERAL_NUMBERS if key == "numbers" else _SEVERAL
            parts = [part.strip() for part in several.split(str(value))]
            if key == "numbers":  # no number begins with the apostrophe that a sheet may have put before each
                parts = [fused(part) for part in parts]
            values.setdefault(key, []).extend(part for part in parts if part or key == "versions")
        else:
            values[key] = value
    return values, own, fault


def _add(draft: _Draft, number: int, values: dict[str, Any], own: dict[str, str]) -> None:
    """One more row of a company: what it says must not contradict the others."""
    for key in COMPANY:
        if key in values and key not in LISTS:
            _say(draft, draft.values, key, values[key], number)
    for name, text in own.items():
        _say(draft, draft.fields, name, text, number)
    names, versions = values.get("products", []), values.get("versions", [])
    if len(versions) > len(names):
        draft.faults.append(f"row {number}: {len(versions)} versions for {len(names)} products")
    for index, product in enumerate(names):
        version = versions[index] if index < len(versions) else ""
        _say(draft, draft.products, product, version, number)
    person = {
        "name": values.get("contact", ""),
        "numbers": values.get("numbers", []),
        "mail": values.get("mail", ""),
        "wechat": values.get("wechat", ""),
        "notes": values.get("contact_notes", ""),
        "external_id": values.get("contact_external_id", ""),
    }
    if any(person.values()):
        key = person["external_id"] or person["name"] or f"row {number}"
        same = draft.contacts.setdefault(key, {"numbers": []})
        same["numbers"].extend(each for each in person["numbers"] if each not in same["numbers"])
        for part, value in person.items():
            if part != "numbers" and value:
                _say(draft, same, part, value, number, what=f"{key}'s {part}")


def _say(draft: _Draft, values: dict[str, Any], key: str, value: Any, number: int, *, what: str = "") -> None:
    place = what or key
    if key in values and values[key] != value:
        draft.faults.append(
            f"row {number} has another {place} than row {draft.said_in.get(place, draft.rows[0].number)}"
        )
        return
    values[key] = value
    draft.said_in.setdefault(place, number)


def _known(draft: _Draft, by_name: dict[str, Company], by_external: dict[str, Company]) -> Company | None:
    """The company that is there already: by the CRM's id, else by name."""
    if draft.faults:
        raise Faults(draft.values.get("name", ""), draft.faults)
    external, name = draft.values.get("external_id"), draft.values.get("name", "")
    if external and (old := by_external.get(external)) is not None:
        return old
    found = by_name.get(name)
    if found is not None and external and found.external_id:
        raise BadInput(f"{name} is known by the external_id {found.external_id}, not {external}")
    return found


def _after(draft: _Draft, old: Company | None, region: str) -> Company:
    document: dict[str, Any] = dict(draft.values)
    if draft.fields:
        document["fields"] = {**(old.fields if old else {}), **draft.fields}
    if draft.products:
        document["products"] = [{"name": name, "version": version} for name, version in draft.products.items()]
    given = company_of(document, region, old)
    if not draft.contacts:
        return given
    return checked(replace(given, contacts=_contacts(draft, given.contacts, region)), old)


def _contacts(draft: _Draft, before: tuple[Contact, ...], region: str) -> tuple[Contact, ...]:
    """Those before with what the file says of them, then the new ones."""
    read = [contact_of(person, region) for person in draft.contacts.values()]
    by_id = {contact.id: contact for contact in before}
    new: list[Contact] = []
    for contact in keep_ids(before, read):
        if contact.id is None:
            new.append(contact)
            continue
        old = by_id[contact.id]
        said = {key: value for key in _PARTS if (value := getattr(contact, key))}
        by_id[contact.id] = replace(old, **said)
    return (*by_id.values(), *new)


_PARTS: tuple[str, ...] = ("name", "numbers", "mail", "wechat", "notes", "external_id")


def _letters(index: int) -> str:
    """The name of a column: A, B, ... Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
