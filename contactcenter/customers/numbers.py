"""Phone numbers as a trunk sends them, to E.164."""

import re

import phonenumbers

LONGEST = 40
SHORTEST = 1_000_000_000
"""Numbers of fewer digits must be in the numbering plan: most are local ones without their area code."""
_NUMBER = re.compile(r"\+?[\d\s().-]+(?:(?:\s*(?:x|ext\.?|转)\s*|;ext=)\d{1,8})?", re.IGNORECASE)


def normalise(raw: str, region: str, extensions: frozenset[str] = frozenset()) -> str:
    """The E.164 form of a calling number; an agent's own extension as it is; "" for what is withheld, short (10086), or no number. What follows as an extension of the caller's own switchboard is dropped.

    region: ISO 3166 two letters, the trunk's country, for numbers without a country code.
    """
    text = raw.strip()
    if text in extensions:
        return text
    if not text or len(text) > LONGEST or not _NUMBER.fullmatch(text):
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return ""
    if (number.national_number or 0) < SHORTEST and not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def as_dialed(number: str, region: str) -> str:
    """An E.164 number as it is dialed in a region: the national way at home, else with the region's international prefix.
    The + stays where a country has several prefixes, by carrier. What is no such number, as 10086, stays as it is.

    region: ISO 3166 two letters, the trunk's country.
    """
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    if not number.startswith("+") or not phonenumbers.is_possible_number(parsed):
        return number
    return re.sub(r"[^\d+]", "", phonenumbers.format_out_of_country_calling_number(parsed, region))


def country_of(number: str) -> str:
    """The region of an E.164 number, ISO 3166 two letters; "" where none has it."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""


def premium(number: str) -> str:
    """The beginning of an E.164 number that is a premium rate number, "" where there is none.

    A switch that has all the digits it wants pays no heed to more: a premium rate number with digits after it is one.
    """
    parsed = phonenumbers.parse(number)
    if phonenumbers.is_valid_number(parsed):
        return number if _is_premium(number) else ""
    shortest = len(f"+{parsed.country_code}") + 2
    return next((part for end in range(shortest, len(number)) if _is_premium(part := number[:end])), "")


def _is_premium(number: str) -> bool:
    return phonenumbers.number_type(phonenumbers.parse(number)) == phonenumbers.PhoneNumberType.PREMIUM_RATE
