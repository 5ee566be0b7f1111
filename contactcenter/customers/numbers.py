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
