"""The keys that the text of a menu speaks of: 请按一, 按星号键, press one, press the pound key."""

import re
import unicodedata

WORDS = {
    "zh": {
        **{digit: str(value) for value, digit in enumerate("零一二三四五六七八九")},
        "星": "*",
        "米字": "*",
        "井": "#",
    },
    "en": {
        **{
            word: str(value)
            for value, word in enumerate("zero one two three four five six seven eight nine".split())  # noqa: SIM905
        },
        "star": "*",
        "asterisk": "*",
        "pound": "#",
        "hash": "#",
    },
}
VERB = {"zh": r"[按拨](?:数字)?键?\s*[“\"'「]?", "en": r"\b(?:press|dial|push)(?:ing)?\s+"}
KEY = {
    "zh": rf"(?:[0-9*#]|{'|'.join(WORDS['zh'])})(?!下|次|段|些|会)号?键?",
    "en": rf"(?:the\s+)?(?:[0-9*#]|(?:{'|'.join(WORDS['en'])})\b)(?:\s+(?:key|sign))?",
}
AND = {"zh": r"\s*[、或和]\s*", "en": r"\s*(?:,|,?\s*\b(?:or|and)\b)\s*"}
TO = {"zh": r"\s*[到至~-]\s*", "en": r"\s*(?:\bto\b|\bthrough\b|-)\s*"}


def spoken_keys(text: str, language: str) -> set[str]:
    """Each of 0-9 * # that the text tells the caller to press; 一到五 and one to five are all between. Spaces and full-width digits
    are written by habit and change nothing.
    """
    key, also, to = KEY[language], AND[language], TO[language]
    keys: set[str] = set()
    for told in re.finditer(
        rf"{VERB[language]}({key}(?:(?:{also}|{to}){key})*)", unicodedata.normalize("NFKC", text).lower()
    ):
        for part in re.findall(rf"{key}(?:{to}{key})?", told[1]):
            ends = [_key(end, language) for end in re.findall(key, part)]
            keys |= set(ends)
            if len(ends) == 2 and "".join(ends).isdecimal():
                keys |= {str(value) for value in range(int(ends[0]), int(ends[1]) + 1)}
    return keys


def _key(said: str, language: str) -> str:
    found = re.search(rf"[0-9*#]|{'|'.join(WORDS[language])}", said)
    assert found is not None  # noqa: S101 (it was found as a key)
    return WORDS[language].get(found[0], found[0])
