"""A company with its people, as it is kept and as plain JSON: the one form for the API, the audit log, webhooks and files. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, get_args

from contactcenter.events import Level

FIRST = 1
"""The revision of a new company."""
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Product:
    """What the company has bought. version: as the dealer writes it, such as 12.5; "" when nobody knows."""

    name: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One of a company's people. id: None until it is stored. numbers: E.164, the preferred one first. external_id: the CRM's."""

    name: str = ""
    numbers: tuple[str, ...] = ()
    mail: str = ""
    wechat: str = ""
    notes: str = ""
    external_id: str | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """service_from, service_until: whole days, inclusive. service_code: "" until one is given or generated. fields: the dealer's
    own. external_id: the CRM's. id: None until it is stored. revision: how often it was changed, no part of what it is.
    """

    name: str
    group: str = ""
    level: Level = "standard"
    package: str = ""
    products: tuple[Product, ...] = ()
    region: str = ""
    contract: str = ""
    service_from: date | None = None
    service_until: date | None = None
    service_code: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    external_id: str | None = None
    contacts: tuple[Contact, ...] = ()
    id: int | None = None
    revision: int = field(default=FIRST, compare=False)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Of all its people."""
        return tuple(number for contact in self.contacts for number in contact.numbers)


COMPANY_KEYS = tuple(each.name for each in fields(Company) if each.name not in {"id", "revision"})
"""What a company consists of."""
CONTACT_KEYS = tuple(each.name for each in fields(Contact) if each.name != "id")


def plain(company: Company) -> dict[str, Any]:
    """The company's document, as JSON has it. `documents.company_of` reads it."""
    return {
        "id": company.id,
        "name": company.name,
        "group": company.group,
        "level": company.level,
        "package": company.package,
        "products": [{"name": product.name, "version": product.version} for product in company.products],
        "region": company.region,
        "contract": company.contract,
        "service_from": company.service_from.isoformat() if company.service_from else None,
        "service_until": company.service_until.isoformat() if company.service_until else None,
        "service_code": company.service_code,
        "fields": dict(company.fields),
        "notes": company.notes,
        "external_id": company.external_id,
        "contacts": [plain_contact(contact) for contact in company.contacts],
    }


def plain_contact(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "name": contact.name,
        "numbers": list(contact.numbers),
        "mail": contact.mail,
        "wechat": contact.wechat,
        "notes": contact.notes,
        "external_id": contact.external_id,
    }


def of_plain(document: Mapping[str, Any]) -> Company:
    """The company that `plain` was taken from; its revision is not known."""
    kept = {key: document[key] for key in ("id", *COMPANY_KEYS)}
    for key in ("service_from", "service_until"):
        kept[key] = date.fromisoformat(document[key]) if document[key] else None
    kept["products"] = tuple(Product(**product) for product in document["products"])
    kept["contacts"] = tuple(Contact(**{**one, "numbers": tuple(one["numbers"])}) for one in document["contacts"])
    return Company(**kept)


def differences(before: Company, after: Company) -> tuple[str, ...]:
    """The keys in which two states of a company differ, in the order of its document."""
    return tuple(key for key in COMPANY_KEYS if getattr(before, key) != getattr(after, key))


def combined(before: Company, mine: Company, theirs: Company) -> Company | None:
    """Two changes of the same company, one on top of the other; None when both changed the same thing to different ends.

    before: what both started from; theirs: what is stored by now.
    """
    changed = differences(before, mine)
    for key in set(changed) & set(differences(before, theirs)):
        if getattr(mine, key) != getattr(theirs, key):
            return None
    return replace(theirs, **{key: getattr(mine, key) for key in changed})
