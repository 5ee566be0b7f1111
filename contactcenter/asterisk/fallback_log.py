"""What Asterisk did with callers while no controller was there, told by its own queue log (log/fallback_queue_log) as facts.

A line is epoch|call|queue|member|EVENT|data..., see docs.asterisk.org, "Queue Logs". NOCONTROLLER is of our dialplan: the call has
lost its controller, or found none; hotline|caller|name|trunk, each as in a URI. Times are in whole seconds.
"""

import io
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from contactcenter import events as e
from contactcenter.asterisk.duty import QUEUE
from contactcenter.asterisk.translate import TECHNOLOGY, arrival
from contactcenter.calls.ports import Meanwhile
from contactcenter.configuration.models import Configuration
from contactcenter.ids import AgentNumber, CallId, QueueName

FALLBACK_LOG = "fallback_queue_log"
CALL = re.compile(r"[0-9]{9,12}\.[0-9]+")
"""The id of a caller's channel; those of customers who are called back begin with a word."""
TALKS = {"COMPLETECALLER": 1, "COMPLETEAGENT": 1, "BLINDTRANSFER": 3}
"""Ends of a conversation -> where its seconds stand in the data."""


@dataclass(frozen=True, slots=True)
class Line:
    """queue, agent: "" where there is none."""

    at: datetime
    call: CallId
    queue: str
    agent: AgentNumber
    event: str
    data: tuple[str, ...]

    def number(self, place: int) -> int:
        """A number of the data, 0 where there is none."""
        word = self.text(place)
        return int(word) if word.isdigit() else 0

    def text(self, place: int) -> str:
        return unquote(self.data[place]) if place < len(self.data) else ""


def read_line(text: str) -> Line | None:
    """None for what is no line about a caller's call."""
    words = text.split("|")
    if len(words) < 5 or not (words[0].isdigit() and CALL.fullmatch(words[1])):
        return None
    at, call, queue, agent, event = words[:5]
    member = AgentNumber(agent.removeprefix(TECHNOLOGY) if agent != "NONE" else "")
    queue = "" if queue == "NONE" else queue
    return Line(datetime.fromtimestamp(int(at), UTC), CallId(call), queue, member, event, tuple(words[5:]))


def meanwhile(
    lines: Iterable[Line],
    after: Mapping[CallId, datetime],
    arrived: Callable[[Line], e.CallArrived],
    name_of: Callable[[AgentNumber], str],
) -> dict[CallId, Meanwhile]:
    """What befell each call. after: of a call that is known already, its last fact; nothing before the second of it counts.

    arrived: the fact of a NOCONTROLLER line.
    """
    found: dict[CallId, _Call] = {}
    for line in lines:
        if line.call in after and line.at < after[line.call].replace(microsecond=0):
            continue
        call = found.setdefault(line.call, _Call(line.at))
        if line.event == "NOCONTROLLER":
            call.facts += [] if call.facts else [arrived(line)]
        else:
            call.take(line, name_of)
    return {call: its.told() for call, its in found.items()}


class _Call:
    """In the queue it is in again and again, as each round is over; of the waits that led to nothing only the first counts."""

    def __init__(self, since: datetime) -> None:
        self.facts: list[e.CallFact] = []
        self._since = self._last = since
        self._queue = QueueName("")
        self._waited: e.CallQueued | None = None

    def told(self) -> Meanwhile:
        return Meanwhile(self._since, self._last, tuple(self.facts), self._waited)

    def take(self, line: Line, name_of: Callable[[AgentNumber], str]) -> None:
        at, call, agent = line.at, line.call, line.agent
        self._last = at
        match line.event:
            case "ENTERQUEUE" if self._waited is None and line.queue.startswith(QUEUE):
                queue = self._queue = QueueName(line.queue.removeprefix(QUEUE))
                position = max(1, line.number(2))
                self._waited = e.CallQueued(
                    at=at, call=call, queue=queue, priority=0, position=position, since=self._since
                )
            case "CONNECT":
                self.facts += [] if self._waited is None else [self._waited]
                self._waited, queue, rang = None, self._queue, float(line.number(2))
                self.facts.append(
                    e.CallAnswered(
                        at=at, call=call, queue=queue, agent=agent, agent_name=name_of(agent), ring_seconds=rang
                    )
                )
            case event if event in TALKS:
                by: e.Party = "caller" if event == "COMPLETECALLER" else "agent"
                seconds, to = float(line.number(TALKS[event])), line.text(0) if event == "BLINDTRANSFER" else ""
                self.facts.append(
                    e.TalkEnded(at=at, call=call, agent=agent, by=by, talk_seconds=seconds, transferred_to=to)
                )
                if to:
                    self.facts.append(e.CallTransferred(at=at, call=call, agent=agent, to=to))
            case _:
                pass


class FallbackLog:
    """The file, read on from where it was done with; that is kept in `mark`, over restarts."""

    def __init__(self, file: Path, mark: Path, *, configuration: Callable[[], Configuration], region: str) -> None:
        """region: the site's."""
        self._file, self._mark = file, mark
        self._configuration, self._region = configuration, region
        self._open: list[tuple[int, Line]] = []
        """Lines that are not done with, each with its place."""
        self._node, self._end = _marked(mark)
        self._kept = self._end

    def read(self, after: Mapping[CallId, datetime], only: CallId | None = None) -> dict[CallId, Meanwhile]:
        """What befell each call that is not done with, or that one. Blocking. A file that was moved away is done with."""
        try:
            with self._file.open("rb") as file:
                self._read_on(file)
        except FileNotFoundError:
            return {}
        lines = [line for _, line in self._open if only in {None, line.call}]
        return meanwhile(lines, after, self._arrived, self._name_of)

    def _read_on(self, file: io.BufferedReader) -> None:
        found = os.fstat(file.fileno())
        if found.st_ino != self._node or found.st_size < self._end:
            self._node, self._end = found.st_ino, 0
        file.seek(self._end)
        for raw in file:
            if not raw.endswith(b"\n"):
                break
            if (line := read_line(raw.decode("utf-8", "replace").rstrip("\n"))) is not None:
                self._open.append((self._end, line))
            self._end += len(raw)

    def done_but(self, calls: Collection[CallId]) -> None:
        """All that was read is in the store, but for these calls. Blocking."""
        self._open = [(place, line) for place, line in self._open if line.call in calls]
        kept = self._open[0][0] if self._open else self._end
        if kept != self._kept:
            self._mark.write_text(f"{self._node} {kept}\n")
            self._kept = kept

    def _arrived(self, line: Line) -> e.CallArrived:
        """When: the id of a channel begins with the second in which it came to be (pbx: ast_channel_uniqueid)."""
        now = self._configuration()
        names = ("agi_arg_1", "agi_callerid", "agi_calleridname", "agi_arg_3")
        env = {name: line.text(place) or "unknown" for place, name in enumerate(names)} | {"agi_arg_3": line.text(3)}
        came = arrival(env, self._region, frozenset(now.agents), now.trunks)
        at = min(line.at, datetime.fromtimestamp(int(line.call.partition(".")[0]), UTC))
        return e.CallArrived(at=at, call=line.call, **came.fields())

    def _name_of(self, agent: AgentNumber) -> str:
        known = self._configuration().agents.get(agent)
        return known.name if known else ""


def _marked(mark: Path) -> tuple[int, int]:
    """The file's inode and the place in it; the beginning of any file where nothing was kept."""
    try:
        node, place = mark.read_text().split()
        return int(node), int(place)
    except (OSError, ValueError):
        return 0, 0
