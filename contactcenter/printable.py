"""Text of others, made safe to show: what would move a cursor, start a line, or turn the direction of writing is seen as an escape."""

import re

UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters, C0 and C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of writing (UAX #9)
    "\u2028\u2029"  # line and paragraph separator
    "\ud800-\udfff\ufffe\uffff]"  # halves of characters, which no encoding takes, and what is none, which XML does not
)


def printable(text: str, keep: str = "\n\t") -> str:
    r"""`\x1b` for an escape character, and so on; all else as it is. keep: what may stay; "" where it has to be one line."""
    return UNSEEN.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def printable_json(text: str) -> str:
    """The same for JSON text: its escapes, so that it reads as before."""
    return UNSEEN.sub(lambda found: "\n" if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
