"""What is known of trunks while the site is up, and trial calls over them. asterisk/trunks.py has the real ones."""

from dataclasses import dataclass
from typing import Literal, Protocol

Registration = Literal["", "registering", "registered", "rejected"]


@dataclass(frozen=True, slots=True)
class TrunkState:
    """registration: "" for a trunk that does not register. reachable, rtt_ms: whether and how fast the provider answers when it
    is asked (SIP OPTIONS); None when it is not asked, or has not been yet.
    """

    name: str
    registration: Registration = ""
    reachable: bool | None = None
    rtt_ms: float | None = None

    @property
    def state(self) -> str:
        """In one word; a provider that is not there can't have rejected anything."""
        if self.registration == "registered" or (self.registration and self.reachable is not False):
            return self.registration
        return {True: "reachable", False: "unreachable", None: "unknown"}[self.reachable]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkTest:
    """What came of a trial call. cause: why it was not answered, or ended early; "" otherwise.

    ringing_ms, answer_ms: from the order to call. seconds: how long was measured, up to the last report that Asterisk made of
    the sound (RTCP, every five seconds); loss_percent, jitter_ms: of what came from the other end; far_loss_percent,
    round_trip_ms: as the other end reports it, None when it reports nothing. rating: R of the E-model. None: not measured.
    """

    trunk: str
    number: str
    answered: bool
    cause: str = ""
    ringing_ms: int | None = None
    answer_ms: int | None = None
    seconds: float | None = None
    packets_sent: int | None = None
    packets_received: int | None = None
    loss_percent: float | None = None
    far_loss_percent: float | None = None
    jitter_ms: float | None = None
    round_trip_ms: float | None = None
    rating: float | None = None
    mos: float | None = None


class TrunkDesk(Protocol):
    """Both methods raise NotFound for a trunk that is not there, BadInput for what can't be done now."""

    async def states(self) -> list[TrunkState]:
        """Every trunk that was set up, in its order."""
        ...

    async def test(self, trunk: str, number: str, seconds: float) -> TrunkTest:
        """Calls a number over a trunk, plays a tone, and listens for so many seconds. Lasts up to a minute longer than that."""
        ...
