"""Phone numbers as a trunk sends them, to E.164."""

import re

import phonenumbers

LONGEST = 40
_WITHHELD = {"anonymous", "unknown", "restricted", "unavailable", "withheld", "asterisk"}


def normalise(raw: str, region: str, extensions: frozenset[str] = frozenset()) -> str:
    """The E.164 form of a calling number; an agent's own extension as it is; "" for what is withheld or no number.

    region: ISO 3166 two letters, the trunk's country, for numbers without a country code.
    """
    text = raw.strip()
    if text in extensions:
        return text
    if not text or len(text) > LONGEST or text.lower() in _WITHHELD or not re.fullmatch(r"\+?[\d\s().-]+", text):
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
