"""What an agent is doing, as one table of moves.

Three things are independent of each other and are kept apart, so that none can get lost in another:

- activity: what distribution does with the agent (this table). CLEARING: an offer was withdrawn, the phone is not quiet yet;
- logged_in and pause_reason: what the agent wants;
- phone: what the agent's SIP phone is (free, busy with any call, unreachable).

An agent may be offered a call only if all three agree (`available`).
"""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from contactcenter.errors import IllegalMove
from contactcenter.ids import AgentNumber, CallId, QueueName

Phone = Literal["free", "busy", "unreachable"]


class Activity(enum.StrEnum):
    IDLE = "idle"
    RESERVED = "reserved"
    RINGING = "ringing"
    CLEARING = "clearing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"


class Move(enum.StrEnum):
    RESERVE = "reserve"
    RING = "ring"
    ANSWER = "answer"
    WITHDRAW = "withdraw"
    RELEASE = "release"
    WRAP_UP = "wrap_up"
    FINISH = "finish"


MOVES: dict[tuple[Activity, Move], Activity] = {
    (Activity.IDLE, Move.RESERVE): Activity.RESERVED,
    (Activity.RESERVED, Move.RING): Activity.RINGING,
    (Activity.RESERVED, Move.ANSWER): Activity.TALKING,
    (Activity.RESERVED, Move.RELEASE): Activity.IDLE,
    (Activity.RINGING, Move.ANSWER): Activity.TALKING,
    (Activity.RINGING, Move.RELEASE): Activity.IDLE,
    (Activity.RESERVED, Move.WITHDRAW): Activity.CLEARING,
    (Activity.RINGING, Move.WITHDRAW): Activity.CLEARING,
    (Activity.CLEARING, Move.RELEASE): Activity.IDLE,
    (Activity.TALKING, Move.WRAP_UP): Activity.WRAP_UP,
    (Activity.TALKING, Move.FINISH): Activity.IDLE,
    (Activity.WRAP_UP, Move.FINISH): Activity.IDLE,
}


class AgentState(enum.StrEnum):
    """The one word people and programs are shown."""

    LOGGED_OUT = "logged_out"
    UNREACHABLE = "unreachable"
    READY = "ready"
    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    ON_ANOTHER_CALL = "on_another_call"


@dataclass(slots=True)
class LiveAgent:
    """One agent as the engine knows them. Times are aware UTC.

    levels: queue -> the agent's level there; turns: queue -> the engine's counter at the last offer made there.
    talk_seconds, wrap_up_seconds, talks: what ended within the window of least load.
    """

    number: AgentNumber
    name: str = ""
    logged_in: bool = False
    pause_reason: str = ""
    phone: Phone = "unreachable"
    activity: Activity = Activity.IDLE
    call: CallId | None = None
    attempt: int = 0
    since: datetime | None = None
    idle_since: datetime | None = None
    wrap_up_until: datetime | None = None
    misses_in_a_row: int = 0
    open_tickets: int = 0
    talk_seconds: float = 0.0
    wrap_up_seconds: float = 0.0
    talks: int = 0
    skills: frozenset[str] = frozenset()
    levels: dict[QueueName, int] = field(default_factory=dict)
    turns: dict[QueueName, int] = field(default_factory=dict)

    @property
    def willing(self) -> bool:
        """Wants calls, whatever the phone is."""
        return self.logged_in and not self.pause_reason

    @property
    def on_duty(self) -> bool:
        """Takes calls, now or as soon as the present one is over."""
        return self.willing and self.phone != "unreachable"

    @property
    def available(self) -> bool:
        """May be offered a call now."""
        return self.activity is Activity.IDLE and self.willing and self.phone == "free"

    @property
    def state(self) -> AgentState:
        if self.activity is Activity.CLEARING:
            return AgentState.RESERVED
        if self.activity is not Activity.IDLE:
            return AgentState(self.activity.value)
        if not self.logged_in:
            return AgentState.LOGGED_OUT
        if self.pause_reason:
            return AgentState.PAUSED
        if self.phone == "unreachable":
            return AgentState.UNREACHABLE
        return AgentState.READY if self.phone == "free" else AgentState.ON_ANOTHER_CALL

    def move(self, move: Move, now: datetime, call: CallId | None = None) -> None:
        """Makes the move of the table; raises IllegalMove where the table has none."""
        target = MOVES.get((self.activity, move))
        if target is None:
            raise IllegalMove(f"agent {self.number} can't {move} while {self.activity}")
        self.activity = target
        self.since = now
        if target is Activity.IDLE:
            self.call, self.idle_since, self.wrap_up_until = None, now, None
        elif call is not None:
            self.call = call
