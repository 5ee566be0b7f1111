"""A conversation of a caller, inside EXEC Bridge with an agent or EXEC Dial over the trunk; and what ends it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from contactcenter.asterisk import variables
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.errors import AgiProblem, CallerHungUp
from contactcenter.asterisk.wire import AgiResult
from contactcenter.clock import Clock
from contactcenter.ids import AgentNumber
from contactcenter.phone import TalkEnd

ASK_SECONDS = 10.0


class AsteriskTalk:
    """The Talk port. running: the command that lasts as long as the conversation."""

    def __init__(
        self,
        agent: AgentNumber,
        answered_at: datetime,
        running: asyncio.Task[AgiResult],
        session: AgiSession,
        clock: Clock,
        *,
        recorded: bool,
    ) -> None:
        self.agent, self.answered_at, self.recorded = agent, answered_at, recorded
        self._running, self._session, self._clock = running, session, clock

    def when_over(self, tell: Callable[[], None]) -> None:
        """Tells, once, that the two are not connected any more, or that nobody waits for it."""
        self._running.add_done_callback(lambda _: tell())

    async def ended(self) -> TalkEnd:
        """A hand-over by the agent's phone sends the caller's channel elsewhere in the dialplan: to AGI it is a hang-up."""
        await asyncio.wait([self._running])
        at = self._clock.now()
        context, extension, hanging_up = await self._where_the_caller_is()
        if context == variables.TRANSFERRED:
            return TalkEnd(at, "agent", extension)
        if self._session.lost:
            return TalkEnd(at, "system")
        by_caller = hung_up(self._running) or self._session.hung_up or hanging_up == "1"
        return TalkEnd(at, "caller" if by_caller else "agent")

    async def _where_the_caller_is(self) -> tuple[str, str, str]:
        """Context, extension, and whether the channel is hanging up: AGI's own word of that comes a moment late."""
        asked = "/".join(f"${{{name}}}" for name in (variables.CONTEXT, variables.EXTENSION, variables.HANGING_UP))
        try:
            answer = await self._session.command("GET FULL VARIABLE", asked, timeout=ASK_SECONDS, even_if_gone=True)
        except AgiProblem:
            return "", "", ""
        context, _, rest = answer.data.partition("/")
        extension, _, hanging_up = rest.rpartition("/")
        return context, extension, hanging_up


def hung_up(running: asyncio.Task[AgiResult]) -> bool:
    """Whether a command that is over was ended by the caller; also takes note of its error."""
    return running.cancelled() or isinstance(running.exception(), CallerHungUp)
