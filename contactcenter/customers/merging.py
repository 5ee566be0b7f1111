"""Two records of one company put together. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contactcenter.customers.company import COMPANY_KEYS, Company, Contact

_TEXTS = ("mail", "wechat", "external_id")


@dataclass(frozen=True, slots=True)
class Merged:
    """company: both in one. conflicts: a line for each thing that only one of them could keep. contacts: id of each contact of the
    other that is a contact of the first one now -> that one's id.
    """

    company: Company
    conflicts: tuple[str, ...]
    contacts: Mapping[int, int]


def merged(first: Company, other: Company) -> Merged:
    """What both say is kept; where they contradict, the first one is right. Notes are put one after the other; contacts of the
    same name become one with the numbers of both.
    """
    values: dict[str, object] = {}
    conflicts: list[str] = []
    for key in COMPANY_KEYS:
        mine, theirs = getattr(first, key), getattr(other, key)
        if key in {"name", "contacts", "products", "fields", "notes", "service_code"} or theirs in {None, "", mine}:
            continue
        if mine in {None, ""}:
            values[key] = theirs
        else:
            conflicts.append(f"{key}: {mine} is kept, {theirs} is not")
    conflicts.append("service code: that of the first company is kept, the other one is not valid any more")
    known = {product.name: product for product in first.products}
    conflicts.extend(
        f"version of {product.name}: {known[product.name].version or 'none'} is kept, {product.version or 'none'} is not"
        for product in other.products
        if known.setdefault(product.name, product) != product
    )
    conflicts.extend(
        f"field {name}: {first.fields[name]} is kept, {text} is not"
        for name, text in other.fields.items()
        if first.fields.get(name, text) != text
    )
    contacts, pairs, told = _people(first, other)
    company = replace(
        first,
        **values,  # type: ignore[arg-type]  # the other company's values of the same keys
        products=tuple(known.values()),
        fields={**other.fields, **first.fields},
        notes=_both(first.notes, other.notes),
        contacts=contacts,
    )
    return Merged(company, (*conflicts, *told), pairs)


def _people(first: Company, other: Company) -> tuple[tuple[Contact, ...], dict[int, int], list[str]]:
    by_name = {contact.name: contact for contact in first.contacts if contact.name}
    found = {contact.id: contact for contact in first.contacts}
    pairs: dict[int, int] = {}
    told: list[str] = []
    for contact in other.contacts:
        mine = by_name.get(contact.name)
        if mine is None or mine.id is None or contact.id is None:
            found[contact.id] = contact
            continue
        pairs[contact.id] = mine.id
        texts = {key: getattr(mine, key) or getattr(contact, key) for key in _TEXTS}
        for key in _TEXTS:
            theirs = getattr(contact, key)
            if theirs and theirs != texts[key]:
                told.append(f"{key} of {mine.name}: {texts[key]} is kept, {theirs} is not")
        numbers = tuple(dict.fromkeys((*mine.numbers, *contact.numbers)))
        found[mine.id] = replace(mine, numbers=numbers, notes=_both(mine.notes, contact.notes), **texts)
    return tuple(found.values()), pairs, told


def _both(first: str, other: str) -> str:
    return first if not other or other == first else f"{first}\n{other}".strip()
