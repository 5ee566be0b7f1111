"""All of an engine's state as plain values, to be compared: the settings, the agents, the line with its lists, the timers."""

import dataclasses
from typing import Any

from sortedcontainers import SortedList

from contactcenter.acd.engine import Engine
from contactcenter.acd.line import Line, WaitingCall
from contactcenter.acd.pool import Pool
from contactcenter.acd.settings import QueueSettings
from contactcenter.acd.timers import Timer, Timers
from contactcenter.agents.states import LiveAgent


def plain(engine: Engine) -> str:
    return repr(_plain(engine._state))


def _plain(value: Any) -> Any:  # noqa: PLR0911 (one table of kinds)
    match value:
        case Timer():
            return "timer" if value.alive else None
        case Timers():
            return [when for when, _, timer in sorted(value._heap, key=lambda one: one[:2]) if timer.alive]
        case Line() | Pool():
            return {name: _plain(inside) for name, inside in vars(value).items() if name not in {"_listed", "_queues"}}
        case LiveAgent() | QueueSettings():
            return value
        case (order, WaitingCall(call=call)):
            return order, call
        case dict():
            return [(key, _plain(inside)) for key, inside in sorted(value.items(), key=lambda one: repr(one[0]))]
        case set() | frozenset():
            return sorted(value)
        case SortedList() | list() | tuple():
            return [_plain(inside) for inside in value]
        case _ if dataclasses.is_dataclass(value):
            return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
        case _:
            return value
