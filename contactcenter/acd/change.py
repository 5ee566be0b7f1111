"""What an admin changes about a queue, from words to settings. Whether the result can be is for check.py to say."""

import dataclasses
from collections.abc import Mapping

from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.errors import BadInput, NotFound
from contactcenter.ids import AgentNumber

FIELDS = {field.name: field for field in dataclasses.fields(QueueSettings) if field.name not in {"name", "members"}}
WORDS = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


def changed(queue: QueueSettings, values: Mapping[str, str]) -> QueueSettings:
    """The queue with other settings. Raises BadInput for an unknown setting or a value of the wrong kind."""
    return dataclasses.replace(queue, **{name: _value(queue, name, text) for name, text in values.items()})  # type: ignore[arg-type]


def with_member(queue: QueueSettings, agent: AgentNumber, level: int) -> QueueSettings:
    """The agent is a member, at this level, whatever was before."""
    others = tuple(member for member in queue.members if member.agent != agent)
    members = sorted((*others, Member(agent, level)), key=lambda member: member.agent)
    return dataclasses.replace(queue, members=tuple(members))


def without_member(queue: QueueSettings, agent: AgentNumber) -> QueueSettings:
    """Raises NotFound when the agent is none."""
    others = tuple(member for member in queue.members if member.agent != agent)
    if len(others) == len(queue.members):
        raise NotFound(f"agent {agent} is no member of queue {queue.name}. See: contactcenter queue show {queue.name}")
    return dataclasses.replace(queue, members=others)


def _value(queue: QueueSettings, name: str, text: str) -> bool | int | float | str:
    if name not in FIELDS:
        raise BadInput(f"queue {queue.name}: there is no setting {name}. Use one of: {', '.join(sorted(FIELDS))}")
    now = getattr(queue, name)
    if isinstance(now, bool):
        if text.lower() not in WORDS:
            raise BadInput(f"queue {queue.name}: {name} is {text!r}. Use yes or no.")
        return WORDS[text.lower()]
    if isinstance(now, int | float):
        try:
            return type(now)(text)
        except ValueError:
            kind = "a whole number" if isinstance(now, int) else "a number"
            raise BadInput(f"queue {queue.name}: {name} is {text!r}. Use {kind}, 0 or more.") from None
    return text
