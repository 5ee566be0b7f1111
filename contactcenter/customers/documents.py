"""A company from the outside world: plain values in, a company out, or one clear line for each fault. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from contactcenter.customers.company import COMPANY_KEYS, CONTACT_KEYS, LEVELS, Company, Contact, Product
from contactcenter.customers.dates import read_date
from contactcenter.customers.numbers import normalise
from contactcenter.errors import BadInput
from contactcenter.events import Level

SHORTEST_CODE, LONGEST_CODE = 6, 12
NAME, NOTES = 200, 4000
LENGTHS = {
    "notes": NOTES,
    "package": 100,
    "region": 100,
    "contract": 100,
    "external_id": 100,
    "mail": 200,
    "wechat": 100,
}
MOST_FIELDS, MOST_PRODUCTS, MOST_CONTACTS, MOST_NUMBERS = 100, 100, 2000, 100
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s.,;<>\"]+")

LEVEL_WORDS: Mapping[str, Level] = {
    **{level: level for level in LEVELS},
    "普通": "standard",
    "标准": "standard",
    "一般": "standard",
    "svip": "super_vip",
    "超级vip": "super_vip",
    "超级 vip": "super_vip",
    "super vip": "super_vip",
    "贵宾": "vip",
}


class Faults(BadInput):
    """All that is wrong with a company, in one reading. Attributes: faults, each one line."""

    def __init__(self, name: str, faults: Iterable[str]) -> None:
        self.faults = tuple(fault.encode(errors="replace").decode() for fault in faults)
        name = name.encode(errors="replace").decode()
        super().__init__(f"{name or 'this company'}: {'; '.join(self.faults)}.")


def company_of(document: Mapping[str, Any], region: str, before: Company | None = None) -> Company:
    """The company that a document describes; keys it does not have stay as they are in `before`. Contacts that are given replace
    those before, who keep their ids where they are the same people (see `keep_ids`). Raises Faults.

    region: ISO 3166 two letters, the country of numbers without a country code.
    """
    reading = _Reading(region)
    if unknown := [str(key)[:40] for key in document if key not in COMPANY_KEYS and key not in {"id", "revision"}]:
        reading.faults.append(f"there is no field {unknown[0]!r}: use {', '.join(COMPANY_KEYS)}, or put it into fields")
    values = {key: reading.company(key, document[key]) for key in COMPANY_KEYS if key in document}
    base = before if before is not None else Company("")
    if reading.faults:
        raise Faults(str(document.get("name", base.name))[:80], reading.faults)
    if "contacts" in values and before is not None:
        values["contacts"] = keep_ids(before.contacts, values["contacts"])
    return checked(replace(base, **values), before)


def contact_of(document: Mapping[str, Any], region: str, before: Contact | None = None) -> Contact:
    """One contact alone, as in a company's document. Raises Faults."""
    reading = _Reading(region)
    found = reading.contact(document, before if before is not None else Contact())
    if reading.faults:
        raise Faults(str(document.get("name", "")) or (before.name if before else "") or "this contact", reading.faults)
    return found


def checked(company: Company, before: Company | None = None) -> Company:
    """The same company, if it holds together. Raises Faults; not for what was wrong in `before` already."""
    faults = list(_contradictions(company))
    if faults and before is not None:
        known = set(_contradictions(before))
        faults = [fault for fault in faults if fault not in known]
    if faults:
        raise Faults(company.name, faults)
    return company


def keep_ids(before: Iterable[Contact], after: Iterable[Contact]) -> tuple[Contact, ...]:
    """Contacts with the ids of those before who are the same: by the CRM's id, else by name, else by a number. In the order of
    the ids, new ones last, as they will be read again.
    """
    free, found = list(before), list(after)
    same: tuple[Callable[[Contact, Contact], bool], ...] = (
        lambda old, new: new.external_id is not None and old.external_id == new.external_id,
        lambda old, new: bool(new.name) and old.name == new.name,
        lambda old, new: bool(set(old.numbers) & set(new.numbers)),
    )
    for is_same in same:
        for index, new in enumerate(found):
            if new.id is None and (old := next((old for old in free if is_same(old, new)), None)) is not None:
                found[index] = replace(new, id=old.id)
                free.remove(old)
    return tuple(sorted(found, key=lambda one: (one.id is None, one.id or 0)))


def _contradictions(company: Company) -> Iterable[str]:
    people = company.contacts
    if not company.name:
        yield "it has no name"
    if company.service_from and company.service_until and company.service_until < company.service_from:
        yield f"service ends {company.service_until}, before it starts {company.service_from}"
    if len(people) > MOST_CONTACTS:
        yield f"{len(people)} contacts are too many: {MOST_CONTACTS} at most"
    yield from (f"number {number} is there twice" for number in _twice(company.numbers))
    for name in _twice(contact.name for contact in people):
        yield f"two contacts are named {name}: tell them apart, such as {name} (2)"
    yield from (f"two contacts have the external_id {key}" for key in _twice(one.external_id for one in people))
    if any(not contact.name and not contact.numbers for contact in people):
        yield "a contact has neither a name nor a number"


def _twice(values: Iterable[str | None]) -> list[str]:
    several = list(values)
    if len(several) == len(set(several)):
        return []
    return [value for value, times in Counter(several).items() if value and times > 1]


class _Reading:
    """Reads plain values and gathers the faults."""

    def __init__(self, region: str) -> None:
        self.faults: list[str] = []
        self._region = region

    def company(self, key: str, value: Any) -> Any:
        readers: Mapping[str, Callable[[Any], Any]] = {
            "level": self._level,
            "service_from": lambda day: self._date("service_from", day),
            "service_until": lambda day: self._date("service_until", day),
            "service_code": self._code,
            "products": lambda many: tuple(self._product(one) for one in self._list(key, many, MOST_PRODUCTS)),
            "fields": self._fields,
            "contacts": lambda many: tuple(
                self.contact(one, Contact()) for one in self._list(key, many, MOST_CONTACTS)
            ),
            "external_id": lambda text: self._text("external_id", text) or None,
        }
        return readers[key](value) if key in readers else self._text(key, value)

    def contact(self, document: Any, base: Contact) -> Contact:
        if not isinstance(document, Mapping):
            self.faults.append("a contact is no object with name and numbers")
            return base
        values: dict[str, Any] = {}
        for key, value in document.items():
            if key == "numbers":
                values[key] = self._numbers(value)
            elif key == "mail":
                values[key] = self._mail(value)
            elif key == "external_id":
                values[key] = self._text(key, value) or None
            elif key in CONTACT_KEYS:
                values[key] = self._text(key, value)
            elif key != "id":
                self.faults.append(f"a contact has no field {str(key)[:40]!r}: use {', '.join(CONTACT_KEYS)}")
        return replace(base, **values)

    def _text(self, key: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.faults.append(f"{key} is no text")
            return ""
        text = text_of(value)
        most = LENGTHS.get(key, NAME)
        if len(text) > most:
            self.faults.append(f"{key} has {len(text)} characters: {most} at most")
        elif _CONTROL.search(text) or ("\n" in text and key != "notes"):
            self.faults.append(f"{key} has control characters: take them out")
        return text

    def _level(self, value: Any) -> Level:
        text = text_of(value) if isinstance(value, str) else ""
        if (level := LEVEL_WORDS.get(text.lower())) is None:
            self.faults.append(f"level {str(value)[:40]!r} is unknown: use {', '.join(LEVELS)}")
            return "standard"
        return level

    def _date(self, key: str, value: Any) -> date | None:
        try:
            return read_date(value)
        except ValueError as error:
            self.faults.append(f"{key}: {error}")
            return None

    def _code(self, value: Any) -> str:
        text = self._text("service_code", value)
        if text and not (text.isascii() and text.isdecimal() and SHORTEST_CODE <= len(text) <= LONGEST_CODE):
            self.faults.append(f"the service code must be {SHORTEST_CODE} to {LONGEST_CODE} digits")
        return text

    def _mail(self, value: Any) -> str:
        text = self._text("mail", value)
        if text and not _MAIL.fullmatch(text):
            self.faults.append(f"{text[:60]!r} is no mail address")
        return text

    def _product(self, value: Any) -> Product:
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping) or not value.get("name") or not set(value) <= {"name", "version"}:
            self.faults.append("a product is no object with name and version")
            return Product("")
        product = Product(self._text("product", value["name"]), self._text("version", value.get("version")))
        if re.search(r"[;；]", product.name + product.version):
            self.faults.append(f"product {product.name} has a semicolon in it: name products one by one")
        return product

    def _fields(self, value: Any) -> Mapping[str, str]:
        if not isinstance(value, Mapping) or len(value) > MOST_FIELDS:
            self.faults.append(f"fields is no object of at most {MOST_FIELDS} texts")
            return {}
        found = {self._text("the name of a field", name): self._text("notes", text) for name, text in value.items()}
        if "" in found:
            self.faults.append("a field has no name")
        return {name: text for name, text in sorted(found.items()) if text}

    def _numbers(self, value: Any) -> tuple[str, ...]:
        found: list[str] = []
        for raw in self._list("numbers", value, MOST_NUMBERS):
            text = text_of(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else ""
            number = normalise(text, self._region)
            if not number:
                self.faults.append(f"{str(raw)[:40]!r} is no phone number")
            elif number not in found:
                found.append(number)
        return tuple(found)

    def _list(self, key: str, value: Any, most: int) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            self.faults.append(f"{key} is no list")
            return []
        if len(value) > most:
            self.faults.append(f"{len(value)} {key} are too many: {most} at most")
            return []
        return list(value)


def text_of(value: str | float) -> str:
    """A cell or a JSON value as text: trimmed, line ends as one character, whole numbers without a fraction."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
