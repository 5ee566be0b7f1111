"""Who is meant, and the pseudonym that takes their place, so that figures stay as they were. Pure."""

import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from contactcenter.customers.company import Company, Contact
from contactcenter.customers.numbers import as_dialed

SHORTEST_WORD = 2
FREE = {"raw_caller": "", "caller_name": "", "digits": "", "values": {}}
"""Fields of facts, at whatever depth, that hold what callers sent or keyed in: emptied, whatever it is."""


@dataclass(frozen=True, slots=True)
class Person:
    """numbers: E.164, every one that is theirs, the one they are known by first. contact: None for an unknown caller."""

    numbers: tuple[str, ...]
    contact: Contact | None = None
    company: Company | None = None


class Pseudonym:
    """What stands for a person afterwards. It is drawn by chance: a hash of a number could be reckoned back by trying all numbers."""

    def __init__(self, person: Person, region: str) -> None:
        self._token = secrets.token_hex(5)
        self.name = f"erased-{self._token}"
        self.numbers = frozenset(person.numbers)
        forms = {form for number in person.numbers for form in forms_of(number, region)}
        self._number = _any(forms, before=r"(?<![\d+])", after=r"(?!\d)")
        contact = person.contact
        words = {contact.name, contact.mail, contact.wechat} if contact else set()
        self._word = _any({word for word in words if len(word) >= SHORTEST_WORD})
        self.contact = contact.id if contact else None

    @property
    def bytes_pattern(self) -> re.Pattern[bytes]:
        """The person's numbers in files, and in a CDR the caller's name before it."""
        number = self._number.pattern
        return re.compile(rf'(?:(?<="")[^"\r\n]*(?="" <(?:{number})>)|{number})'.encode())

    def filler(self, length: int) -> bytes:
        """As long as what it replaces, so that files can be changed in place while others append to them."""
        return self._token.encode()[:length].rjust(length, b"x")

    def of_numbers(self, text: str) -> str:
        return self._number.sub(self.name, text)

    def of_all(self, text: str) -> str:
        """Without the person's numbers, names and addresses."""
        return self._word.sub(self.name, self.of_numbers(text))

    def value(self, value: Any, *, own: bool) -> Any:
        """A JSON value without the person. own: it is about this person, so their name goes too, and whatever they sent or keyed in."""
        match value:
            case str():
                return self.of_all(value) if own else self.of_numbers(value)
            case list():
                return [self.value(one, own=own) for one in value]
            case dict() if self._is_contact(value):
                empty: dict[str, Any] = {"numbers": [], "mail": "", "wechat": "", "notes": "", "external_id": None}
                return {**value, **empty, "name": self.name}
            case dict():
                return {
                    name: FREE[name] if own and name in FREE and one else self.value(one, own=own)
                    for name, one in value.items()
                }
        return value

    def _is_contact(self, document: dict[str, Any]) -> bool:
        return "wechat" in document and self.contact is not None and document.get("id") == self.contact


def forms_of(number: str, region: str) -> set[str]:
    """An E.164 number as trunks, CDR and people write it."""
    digits = number.removeprefix("+")
    dialed = as_dialed(number, region)
    return {form for form in (number, digits, f"00{digits}", dialed, dialed.removeprefix("0")) if len(form) > 4}


def core_of(number: str) -> str:
    """The digits that every form of a number ends with."""
    return number.removeprefix("+")[-8:]


def _any(words: Iterable[str], before: str = "", after: str = "") -> re.Pattern[str]:
    """A pattern for any of the words, the longest first; for nothing where there are none."""
    found: Collection[str] = sorted(words, key=len, reverse=True)
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, found))}){after}" if found else r"(?!)")
