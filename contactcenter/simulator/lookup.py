"""The dealer's CRM without a network."""

import asyncio
from collections.abc import Mapping

from contactcenter.errors import LookupFailed
from contactcenter.ivr.ports import Request


class FakeLookup:
    """answers: URL -> the answer's JSON, or what is wrong; asked: every request so far. seconds: how long it takes."""

    def __init__(self, answers: Mapping[str, object | LookupFailed] | None = None, seconds: float = 0.1) -> None:
        self.answers: dict[str, object | LookupFailed] = dict(answers or {})
        self.seconds = seconds
        self.asked: list[Request] = []

    async def ask(self, request: Request) -> object:
        self.asked.append(request)
        await asyncio.sleep(min(self.seconds, request.seconds))
        if self.seconds > request.seconds:
            raise LookupFailed("no answer in time")
        answer = self.answers.get(request.url, LookupFailed("the answer is 404"))
        if isinstance(answer, LookupFailed):
            raise answer
        return answer
