"""Strings that have broken programs like this one. Each is put through every way in: what comes out has to be the same plain text, or
one clear refusal. By name, so that a failing test says which.
"""

NASTY: dict[str, str] = {
    # lines that would be another one
    "line break": "x\r\nAction: Originate\r\nChannel: PJSIP/1001\r\n\r\n",
    "line feed": "x\nHANGUP\n200 result=1 (injected)",
    "carriage return": "x\rforged",
    "other line ends": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "NUL": "a\x00b",
    # what a terminal obeys
    "escape sequence": "\x1b[31mred\x1b]0;title\x07",
    "C1 control": "\x9b31mred\x90x\x9c",
    "backspace": "good\x08\x08\x08\x08evil",
    "right to left": "\u202egnp.exe\u202c",
    "isolates": "\u2067abc\u2069\u200f\u061c",
    # quoting
    "quotes": "a\"b'c`d",
    "backslashes": "a\\b\\",
    "quote and backslash": '\\"',
    "separators": ",|&;$()<>{}",
    "percent": "%0d%0aX: 1%s%n%00",
    # languages that would run it
    "dialplan": "${SHELL(touch /tmp/contactcenter-injected)}",
    "dialplan expression": "$[1+1]${EXTEN}",
    "shell": "$(touch /tmp/contactcenter-injected)`touch /tmp/contactcenter-injected`;touch x",
    "sql": "'; DROP TABLE calls; --",
    "sql wildcard": "%_%",
    "template": "{{7*7}}{% raw %}{{ cycler.__init__.__globals__ }}",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;",
    "cdata": "]]><!--",
    "yaml": "!!python/object/apply:os.system ['touch /tmp/contactcenter-injected']",
    "json": '{"a": 1}, "b": [',
    "markup": "[bold red]x[/bold red][link=http://x]y[/link]",
    "format": "{0}{call.__class__}%(message)s",
    # Asterisk's files
    "comment": "x ; y",
    "section": "[trunk](+)",
    "include": '#include "/etc/passwd"',
    "block comment": ";-- x --;",
    "sip address": '"x" <sip:evil@127.0.0.1>;tag=1',
    # paths
    "path": "../../etc/passwd",
    "absolute path": "/etc/passwd",
    "windows path": "..\\..\\x",
    "hidden file": ".ssh/authorized_keys",
    "only dots": "..",
    "option": "--help",
    "url": "?reason=x&y=1#z",
    # spreadsheets
    "formula": "=cmd|'/C calc'!A0",
    "plus formula": "+1+1",
    "minus formula": "-2+3",
    "at formula": "@SUM(1)",
    "tab formula": "\t=1+1",
    "quoted formula": "'=1+1",
    # text as people write it, and beyond
    "emoji": "😀👨‍👩‍👧‍👦🇨🇳",
    "combining": "e\u0301" + "\u0300" * 30,
    "full width": "＝ｃｍｄ；＂",
    "byte order mark": "\ufeffx",
    "rare characters": "𠮷野家㊙",
    "spaces": " \t ",
    "empty": "",
    "long": "长" * 5000,
    "half a character": "a\ud800b",
    "no character": "a\uffff\ufffeb",
}

MARK = "/tmp/contactcenter-injected"  # noqa: S108 (nothing is written there: it is there only if something was run)


def encodable(text: str) -> bool:
    """Whether it can be written as UTF-8 at all: into SIP, a socket, a file."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def unseen(text: str) -> list[str]:
    """Characters in what a terminal is sent that a person would not see: none may be there but ends of lines and tabs."""
    turning = {*"\u061c\u200e\u200f\u2028\u2029", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
    return [c for c in text if c not in "\n\t" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in turning)]
