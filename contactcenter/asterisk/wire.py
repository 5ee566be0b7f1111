"""What travels between Asterisk and us: AMI messages and actions, AGI commands and answers. No connection in here.

Values come from callers and customers, so nothing is written that Asterisk could read as a second line.
"""

import asyncio
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from panoramisk.actions import Action

from contactcenter.asterisk.errors import AmiRefused, UnsafeValue

# Asterisk 22 takes 8191 bytes as one AGI command and the rest of the line as another one.
MAX_COMMAND_BYTES = 8000
MAX_TEXT_LINES, MAX_TEXT_LENGTH = 200, 65536  # of an AGI explanation or value; a longer one ends there
MOST_CLOSINGS = 8  # parentheses in a value that may be its end
_BREAKS_A_LINE = re.compile("[\r\n\0]")


class AmiMessage(Mapping[str, str]):
    """One response or event, frozen. Names are looked up without regard to case; iteration gives them in lower case.

    An unknown name is a KeyError. Where Asterisk repeats a name, `[]` gives the first value and `all` every one.
    """

    __slots__ = ("_fields", "_repeated")

    def __init__(self, fields: Mapping[str, str | Sequence[str]]) -> None:
        self._fields: dict[str, str] = {}
        self._repeated: dict[str, list[str]] = {}
        for name, value in fields.items():
            for one in [value] if isinstance(value, str) else value:
                self._add(name.lower(), one)

    @classmethod
    def parse(cls, raw: bytes) -> "AmiMessage":
        """Read one message without its empty last line. Invalid UTF-8 is replaced, lines without a colon are skipped."""
        message = cls({})
        fields = message._fields
        for line in raw.decode("utf-8", "replace").split("\r\n"):
            name, colon, value = line.partition(":")
            if not colon:
                continue
            name = name.lower()
            if name in fields:
                message._add(name, value.removeprefix(" "))
            else:
                fields[name] = value.removeprefix(" ")
        return message

    def _add(self, name: str, value: str) -> None:
        if name in self._fields:
            self._repeated.setdefault(name, [self._fields[name]]).append(value)
        else:
            self._fields[name] = value

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def all(self, name: str) -> list[str]:
        """Every value of a name, in Asterisk's order; [] if there is none."""
        name = name.lower()
        if name in self._repeated:
            return list(self._repeated[name])
        return [self._fields[name]] if name in self._fields else []

    def __repr__(self) -> str:
        # No values: an event may carry the keys a caller pressed, and logs must not.
        kind = "Event" if "event" in self._fields else "Response"
        return f"<AmiMessage {kind}={self._fields.get(kind.lower(), '?')!r} with {len(self)} fields>"


class PendingAction(Action):  # type: ignore[misc]  # panoramisk has no types
    """An action on its way: the text to send and the future of its answer.

    `future` gives the response, followed by the events of the list if `is_list`; an error response is AmiRefused.

    Raises UnsafeValue for names and values that would not stay one line, ValueError for a second `Action` field.
    """

    future: "asyncio.Future[list[AmiMessage]]"

    def __init__(self, name: str, fields: Mapping[str, str | Sequence[str]], *, is_list: bool = False) -> None:
        lines: dict[str, str | list[str]] = {"Action": name}
        for key, value in fields.items():
            if key.lower() == "action":
                raise ValueError("the action's name is given once, as the first argument")
            lines[key] = value if isinstance(value, str) else list(value)
        for key, value in lines.items():
            _check_line(key, [value] if isinstance(value, str) else value)
        super().__init__(lines)
        self.name = name
        self.is_list = is_list
        self.on_progress: Callable[[], None] = lambda: None

    @property
    def id(self) -> str:
        return str(self["ActionID"])

    @property
    def action_id(self) -> str:
        return self.id

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)  # panoramisk gives '' for every typo

    def add_message(self, message: AmiMessage) -> bool:  # panoramisk guesses from texts like "Added ... to queue"
        """Take the next message that carries our ActionID; True when it was the last one."""
        failed = message.get("response") in ("Error", "Fail", "Failed") and "event" not in message
        is_last = failed or not self.is_list or _ends_list(message)
        if self.future.done():  # nobody waits any more; what still comes is swallowed up to its end
            return is_last
        self.on_progress()
        if failed:
            self.future.set_exception(AmiRefused(self.name, _reason(message)))
        elif self.is_list and is_last:
            self.future.set_result(list(self.responses))
        else:
            self.responses.append(message)
            if is_last:
                self.future.set_result(list(self.responses))
        return is_last


def _ends_list(message: AmiMessage) -> bool:
    if "event" not in message:
        return False
    if "eventlist" in message:
        return message["eventlist"].lower() != "start"
    return message["event"].endswith("Complete")


def _reason(message: AmiMessage) -> str:
    return "; ".join([message.get("message", "no reason given"), *message.all("output")])


def _check_line(key: str, values: Sequence[str]) -> None:
    for text in (key, *values):
        _check_text(text, f"AMI field {key!r}")
    if not key or ":" in key:
        raise UnsafeValue(f"AMI field {key!r} is not a name")


def _check_text(text: str, where: str) -> None:
    # The text itself may be a secret: it stays out of the error.
    if _BREAKS_A_LINE.search(text):
        raise UnsafeValue(f"{where}: a line break or NUL would start another line")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnsafeValue(f"{where}: not valid Unicode") from None


@dataclass(frozen=True, slots=True)
class AgiResult:
    """Asterisk's answer to one AGI command, as in "200 result=1 (timeout) endpos=800".

    data is what stands in the parentheses: a variable's value, "timeout", "hangup", "" if nothing; for codes other than 200
    it is Asterisk's explanation.
    """

    code: int
    result: str = ""
    data: str = ""
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


_PLAIN = {f"200 result={result}": AgiResult(200, result) for result in "01"}
"""What most commands are answered with."""
_ANSWER = re.compile(r"(\d{3})([ -])(.*)", re.DOTALL)
_RESULT = re.compile(r"result=(\S*+)")
# Possessive, so that a line made for it can't make this try every way to read it.
_EXTRAS = re.compile(r"(?: \w++=(?>\"[^\"]*+\"(?= |$)|\S*+))*+ *+")
_EXTRA = re.compile(r"(\w+)=(\"[^\"]*\"|\S*)")
_OPEN_VALUE = re.compile(r"result=\S* \(")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:@+-]+")


class AnswerReader:
    """Puts the lines of one AGI session together to answers; an explanation or a value may take several lines.

    The line HANGUP is no answer and must not be handed in.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._length = 0
        self._code = 0
        self._is_usage = False

    def take(self, line: str) -> AgiResult | None:
        """Take the next line; the answer when it is complete. A line that belongs to no answer is skipped."""
        if not self._lines:
            if (plain := _PLAIN.get(line)) is not None:
                return plain
            start = _ANSWER.fullmatch(line)
            if start is None or start[1] == "100":  # "100 Trying" only says that the answer will come
                return None
            self._code, self._is_usage, line = int(start[1]), start[2] == "-", start[3]
            self._lines.append(line)
            is_last = not self._is_usage and (self._code != 200 or not self._value_is_open())
        else:
            self._lines.append(line)
            is_last = line.startswith(f"{self._code} ") if self._is_usage else not self._value_is_open()
        self._length += len(line)
        if not is_last and len(self._lines) < MAX_TEXT_LINES and self._length < MAX_TEXT_LENGTH:
            return None
        lines, self._lines, self._length = self._lines, [], 0
        text = "\n".join(lines[:-1] if self._is_usage else lines)
        return _success(text) if self._code == 200 else AgiResult(self._code, data=text)

    def _value_is_open(self) -> bool:
        if self._lines[-1].endswith(")"):
            return False
        text = "\n".join(self._lines)
        return _OPEN_VALUE.match(text) is not None and _parts(text) is None


def _success(text: str) -> AgiResult:
    parts = _parts(text)
    if parts is None:
        return AgiResult(200, data=text)
    result, data, extras = parts
    extra = {name: value.strip('"') for name, value in _EXTRA.findall(extras)}
    return AgiResult(200, result, data, MappingProxyType(extra))


def _parts(text: str) -> tuple[str, str, str] | None:
    """(result, the value in parentheses, the extras after it); None for what is no answer, or not a whole one.

    The parentheses reach to the last ")" before the extras, because a value may hold parentheses itself.
    """
    if (head := _RESULT.match(text)) is None:
        return None
    if not text.startswith(" (", head.end()):
        return (head[1], "", text[head.end() :]) if _EXTRAS.fullmatch(text, head.end()) else None
    start, end = head.end() + 2, len(text)
    for _ in range(MOST_CLOSINGS):
        if (end := text.rfind(")", start, end)) < 0:
            return None
        if _EXTRAS.fullmatch(text, end + 1):
            return head[1], text[start:end], text[end + 1 :]
    return None


def command_line(words: Sequence[str]) -> str:
    """One AGI command as Asterisk splits it into these words. The first word may hold several ("STREAM FILE").

    Raises UnsafeValue for CR, LF, NUL, and for more than MAX_COMMAND_BYTES.
    """
    if not words or not words[0].split():
        raise UnsafeValue("an AGI command needs a name")
    _check_text("".join(words), f"AGI command {words[0]!r}")
    line = " ".join(map(_quoted, [*words[0].split(), *words[1:]]))
    if len(line.encode()) > MAX_COMMAND_BYTES:
        raise UnsafeValue(f"AGI command {words[0]!r}: longer than {MAX_COMMAND_BYTES} bytes")
    return line


def _quoted(word: str) -> str:
    if _PLAIN_WORD.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def keep_alive(connection: socket.socket) -> None:
    """Have the kernel notice within a minute that the other machine is gone. What a listening socket accepts does as it does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):  # macOS names the first one otherwise
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
