"""A conversation without sound."""

import asyncio
from datetime import datetime

from contactcenter.ids import AgentNumber
from contactcenter.phone import TalkEnd


class FakeTalk:
    """over: how it ended."""

    def __init__(self, agent: AgentNumber, answered_at: datetime, *, recorded: bool) -> None:
        self.agent, self.answered_at, self.recorded = agent, answered_at, recorded
        self.over: asyncio.Future[TalkEnd] = asyncio.get_running_loop().create_future()

    async def ended(self) -> TalkEnd:
        return await asyncio.shield(self.over)
