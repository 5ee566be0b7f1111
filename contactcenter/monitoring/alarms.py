"""Alarms on their way to whoever is told of them: those of one name gather to one message, so that a storm is one with a count. Pure."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from contactcenter.events import AlarmRaised, AlarmsTold

GATHER = timedelta(seconds=1)
"""How long the first alarm of a name waits for others like it."""
QUIET = timedelta(seconds=60)
"""Between two messages of one name."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)
"""Between two tries of a message."""
GIVE_UP_AFTER = timedelta(days=3)
MOST_NAMED = 20
"""Calls and agents that a message names."""


@dataclass(slots=True)
class AlarmMessage:
    """Alarms of one name. detail: the last one's. tries: of this message; nothing joins it after the first."""

    name: str
    first_at: datetime
    last_at: datetime
    due: datetime
    detail: str = ""
    count: int = 0
    tries: int = 0
    calls: dict[str, None] = field(default_factory=dict)
    agents: dict[str, None] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid4().hex)

    def add(self, alarm: AlarmRaised) -> None:
        self.count += 1
        self.first_at, self.last_at = min(self.first_at, alarm.at), max(self.last_at, alarm.at)
        self.detail = alarm.detail
        for whom, seen in ((alarm.call, self.calls), (alarm.agent, self.agents)):
            if whom and len(seen) < MOST_NAMED:
                seen[whom] = None

    def body(self, site: str) -> str:
        """JSON text."""
        values = {
            "id": self.id,
            "event": "alarm.raised",
            "site": site,
            "name": self.name,
            "detail": self.detail,
            "count": self.count,
            "first_at": self.first_at.isoformat(),
            "last_at": self.last_at.isoformat(),
            "calls": list(self.calls),
            "agents": list(self.agents),
        }
        return json.dumps(values, ensure_ascii=False)


class AlarmMessages:
    """At most two messages for each name: one that is tried, and one that gathers meanwhile. So an absent receiver costs no memory."""

    def __init__(self) -> None:
        self._gathering: dict[str, AlarmMessage] = {}
        self._trying: dict[str, AlarmMessage] = {}
        self._told_at: dict[str, datetime] = {}

    def add(self, alarm: AlarmRaised) -> None:
        message = self._gathering.get(alarm.name)
        if message is None:
            told = self._told_at.get(alarm.name)
            due = alarm.at + GATHER if told is None else max(alarm.at + GATHER, told + QUIET)
            message = self._gathering[alarm.name] = AlarmMessage(alarm.name, alarm.at, alarm.at, due)
        message.add(alarm)

    def due(self, now: datetime) -> list[AlarmMessage]:
        """What is to be tried now, the oldest first."""
        for name, message in list(self._gathering.items()):
            if message.due <= now and name not in self._trying:
                self._trying[name] = self._gathering.pop(name)
        return sorted((one for one in self._trying.values() if one.due <= now), key=lambda one: one.first_at)

    def told(self, message: AlarmMessage, now: datetime) -> AlarmsTold:
        """It was taken."""
        del self._trying[message.name]
        self._told_at[message.name] = now
        if (following := self._gathering.get(message.name)) is not None:
            following.due = max(following.due, now + QUIET)
        return AlarmsTold(at=now, name=message.name, count=message.count, until=message.last_at)

    def failed(self, message: AlarmMessage, now: datetime) -> bool:
        """It was not taken; whether that was the last try."""
        message.due = now + min(FIRST_WAIT * 2 ** min(message.tries, 10), LONGEST_WAIT)
        message.tries += 1
        if now - message.last_at < GIVE_UP_AFTER:
            return False
        del self._trying[message.name]
        return True
