"""Changes of a company in the words of the command line: FIELD=VALUE. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from contactcenter.customers.company import COMPANY_KEYS, CONTACT_KEYS, Company, Contact
from contactcenter.customers.documents import checked, company_of, contact_of
from contactcenter.errors import BadInput, NotFound

COMPANY_WORDS = tuple(key for key in COMPANY_KEYS if key not in {"contacts", "fields"})
CONTACT_WORDS = CONTACT_KEYS
OWN_FIELD = "fields."


def edited(company: Company | None, words: Iterable[str], region: str) -> Company:
    """The company with these fields; products are written `NAME@VERSION; NAME`, own fields `fields.NAME=VALUE`. None: a new one.
    Raises BadInput.
    """
    document: dict[str, Any] = {}
    own = dict(company.fields) if company else {}
    for key, value in _pairs(words):
        if key.startswith(OWN_FIELD) and len(key) > len(OWN_FIELD):
            own[key.removeprefix(OWN_FIELD)] = value
            document["fields"] = own
        elif key not in COMPANY_WORDS:
            raise BadInput(
                f"there is no field {key}: use {', '.join(COMPANY_WORDS)}, or {OWN_FIELD}NAME for one of your own."
            )
        elif key == "products":
            document[key] = [_product(text) for text in value.replace("；", ";").split(";") if text.strip()]
        else:
            document[key] = value
    return company_of(document, region, company)


def with_contact(company: Company, words: Iterable[str], region: str) -> Company:
    """The company with one more contact. Raises BadInput."""
    contact = contact_of(_contact(words), region)
    return checked(replace(company, contacts=(*company.contacts, contact)), company)


def with_contact_edited(
    company: Company,
    contact: int,
    words: Iterable[str],
    region: str,
    *,
    more: Sequence[str] = (),
    fewer: Sequence[str] = (),
) -> Company:
    """more, fewer: numbers to add and to take away, in any notation. Raises BadInput."""
    before = contact_in(company, contact)
    after = contact_of(_contact(words), region, before)
    gone = contact_of({"numbers": list(fewer)}, region).numbers
    if unknown := [number for number in gone if number not in after.numbers]:
        raise BadInput(f"{after.name or 'the contact'} has no number {unknown[0]}.")
    new = contact_of({"numbers": list(more)}, region).numbers
    left = [number for number in after.numbers if number not in gone]
    after = replace(after, numbers=tuple(dict.fromkeys((*left, *new))))
    return checked(
        replace(company, contacts=tuple(after if one is before else one for one in company.contacts)), company
    )


def without_contact(company: Company, contact: int) -> Company:
    gone = contact_in(company, contact)
    return replace(company, contacts=tuple(one for one in company.contacts if one is not gone))


def contact_in(company: Company, contact: int) -> Contact:
    """Raises NotFound."""
    for one in company.contacts:
        if one.id == contact:
            return one
    raise NotFound(f"there is no contact {contact} any more. See: contactcenter contact list")


def _contact(words: Iterable[str]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, value in _pairs(words):
        if key not in CONTACT_WORDS:
            raise BadInput(f"a contact has no field {key}: use {', '.join(CONTACT_WORDS)}.")
        document[key] = (
            value.replace("，", ",").split(",") if key == "numbers" and value else value if key != "numbers" else []
        )
    return document


def _product(text: str) -> dict[str, str]:
    name, _, version = text.partition("@")
    return {"name": name.strip(), "version": version.strip()}


def _pairs(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise BadInput(f"{word[:40]!r} is no FIELD=VALUE, such as level=vip.")
        yield key.strip(), value
