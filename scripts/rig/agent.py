"""Agents' phones: registered by SIPp, answered by SIPp on the rig's command, with our own media.

`SippAgent` is one phone for a story that looks closely. `SippAgentPool` is any number of phones behind one port and one
SIPp, for load: each call is answered and hung up after times drawn from a range, and has no media unless asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from typing import TYPE_CHECKING, Self

from rig.leg import CallEndedError, Ending, Leg
from rig.media import MediaPeer, bound_socket
from rig.ports import LOOPBACK, free_rtp_port
from rig.sipp import Sipp
from rig.wire import Wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Iterable, Mapping

Seconds = float | tuple[float, float]  # a time, or a range to draw one from

REASONS = {404: "Not Found", 408: "Request Timeout", 480: "Temporarily Unavailable", 486: "Busy Here", 603: "Decline"}


class NotRegisteredError(RuntimeError):
    pass


def draw(seconds: Seconds) -> float:
    return seconds if isinstance(seconds, int | float) else random.uniform(*seconds)


class SippAgentPool:
    """Phones of several agents, `{number: password}`; registered while the block is entered, gone when it is left.

    `answer_after` None lets them ring; `reject` refuses every call with that status after `answer_after`;
    `hang_up_after` counts from the answer. `calls` has every call received, in order, for all numbers. `port` is where they
    listen for SIP; any free one if None; `own` is their address.
    """

    def __init__(
        self,
        agents: Mapping[str, str],
        host: str,
        sip_port: int,
        *,
        answer_after: Seconds | None = 0.5,
        hang_up_after: Seconds | None = None,
        reject: int | None = None,
        tone: int | None = None,
        media: bool = False,
        expires: int = 300,
        port: int | None = None,
        own: str = LOOPBACK,
    ) -> None:
        self.agents = dict(agents)
        self.server = (host, sip_port)
        self.answer_after = answer_after
        self.hang_up_after = hang_up_after
        self.reject_with = reject
        self.tone = tone
        self.with_media = media
        self.expires = expires
        self.port = port
        self.own = own
        self.calls: list[Leg] = []
        self._arrived = asyncio.Event()
        self._rung: Counter[str] = Counter()
        self._wire: Wire | None = None
        self._sipp: Sipp | None = None
        self._sink: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            with contextlib.suppress(TimeoutError, CallEndedError, NotRegisteredError):
                await self._end_calls()
                await self.unregister()
        finally:
            await self.close()

    async def start(self) -> None:
        """Listen, then register: no call can come before it can be answered."""
        self._wire = await Wire.open(self.server, self.own, self.port)
        self._wire.on_leg = self._take
        self._sink = bound_socket(self._wire.host, free_rtp_port(self._wire.host))
        self._sipp = Sipp(self._wire, "agent")
        await self._sipp.start()
        await self.register()
        if self.expires > 0:
            self._keep(self._stay_registered())

    async def register(self, numbers: Iterable[str] | None = None) -> None:
        """Register all, or some; NotRegisteredError names who was refused, and how."""
        await self._register(self.agents if numbers is None else numbers, self.expires)

    async def unregister(self, numbers: Iterable[str] | None = None) -> None:
        """The phones are gone for the server, but still answer what comes."""
        await self._register(self.agents if numbers is None else numbers, 0)

    async def _register(self, numbers: Iterable[str], expires: int) -> None:
        assert self._wire is not None  # noqa: S101
        rows = [
            (number, f"[authentication username={number} password={self.agents[number]}]", str(expires))
            for number in numbers
        ]
        if not rows:
            return
        before = len(self._wire.other)
        sipp = Sipp(self._wire, "register")
        try:
            await sipp.start(rows=rows, calls=len(rows), rate=min(200.0, 20.0 * len(rows)))
            with contextlib.suppress(TimeoutError):
                await sipp.wait(5.0 + len(rows) / 20)
        finally:
            await sipp.stop()
        answers: dict[str, int] = {}
        for message in self._wire.other[before:]:
            if message.cseq[1] == "REGISTER" and message.status and message.status >= 200:
                answers[message.user_in("To")] = message.status
        refused = {row[0]: answers.get(row[0]) for row in rows if answers.get(row[0]) != 200}
        if refused:
            raise NotRegisteredError(f"not {'' if expires else 'un'}registered: {refused}")

    async def _stay_registered(self) -> None:
        while True:
            await asyncio.sleep(self.expires * 0.8)
            with contextlib.suppress(NotRegisteredError):
                await self.register()

    async def _end_calls(self) -> None:
        async with asyncio.timeout(3.0):
            await asyncio.gather(*(call.hang_up(2.0) for call in self.calls if not call.over), return_exceptions=True)

    async def close(self) -> None:
        """End the processes; without unregistering, as a phone whose plug is pulled."""
        for task in self._tasks:
            task.cancel()
        for call in self.calls:
            if call.media is not None:
                call.media.close()
        try:
            if self._sipp is not None:
                await self._sipp.stop()
        finally:
            if self._sink is not None:
                self._sink.close()
            if self._wire is not None:
                await self._wire.close()

    # -- calls --------------------------------------------------------------------------------------------------------

    def calls_of(self, number: str) -> list[Leg]:
        return [call for call in self.calls if call.number == number]

    async def next_call(self, number: str, timeout: float = 5.0) -> Leg:
        """The next call to a number, once it rings; each one is returned once, also when it has been answered or lost meanwhile."""
        async with asyncio.timeout(timeout):
            while len(calls := self.calls_of(number)) <= self._rung[number]:
                self._arrived.clear()
                await self._arrived.wait()
            call = calls[self._rung[number]]
            self._rung[number] += 1
            await call.wait_ringing(timeout)
        return call

    async def answer(self, call: Leg) -> None:
        """Answer a ringing call; CallEndedError when it is over or already answered."""
        (await self.ready_to_answer(call))()

    async def ready_to_answer(self, call: Leg) -> Callable[[], None]:
        """All that takes time before an answer; what is returned gives it. Both raise CallEndedError as `answer` does."""
        await call.wait_ringing()
        self._check_open(call)
        assert self._sink is not None  # noqa: S101
        port = self._sink.getsockname()[1]
        if self.with_media:
            call.media = peer = await self.open_media()
            port = peer.port
            if self.tone:
                peer.start_tone(self.tone)

        def give() -> None:
            self._check_open(call)  # it may have been cancelled meanwhile
            call.command("ANSWER", media_port=port)

        return give

    async def open_media(self) -> MediaPeer:
        """The sound of a call that is about to be answered."""
        return await MediaPeer.open(self.own)

    @staticmethod
    def _check_open(call: Leg) -> None:
        if call.answered or call.ending or call.cancelled_at or call.busy_answering:
            raise CallEndedError(f"this call can be neither answered nor refused any more\n{call}")

    async def reject(self, call: Leg, status: int = 486) -> Ending:
        """Refuse a ringing call."""
        await call.wait_ringing()
        self._check_open(call)
        call.refuse_with = f"{status} {REASONS.get(status, 'Refused')}"
        call.command("REJECT")
        return await call.wait_ended()

    def _take(self, call: Leg) -> None:
        self.calls.append(call)
        self._keep(self._live(call))
        self._arrived.set()

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _live(self, call: Leg) -> None:
        """What the agent does with one call, unless a test interferes."""
        with contextlib.suppress(CallEndedError, TimeoutError):
            if self.answer_after is not None:
                await call.wait_ringing()
                await asyncio.sleep(draw(self.answer_after))
                if self.reject_with is not None:
                    await self.reject(call, self.reject_with)
                    return
                await self.answer(call)
            await call.wait_answered(timeout=3600)
            if self.hang_up_after is not None:
                await asyncio.sleep(draw(self.hang_up_after))
                await call.hang_up()
            await call.wait_ended(timeout=24 * 3600)
        if call.media is not None:
            call.media.stop()


class SippAgent(SippAgentPool):
    """One agent's phone with sound. `call` and `media` are those of the newest call."""

    def __init__(
        self,
        number: str,
        password: str,
        host: str,
        sip_port: int,
        *,
        answer_after: Seconds | None = 0.5,
        busy: bool | int = False,
        hang_up_after: Seconds | None = None,
        tone: int | None = None,
        expires: int = 300,
    ) -> None:
        reject = (486 if busy is True else busy) or None
        super().__init__(
            {number: password},
            host,
            sip_port,
            answer_after=answer_after,
            hang_up_after=hang_up_after,
            reject=reject,
            tone=tone,
            media=True,
            expires=expires,
        )
        self.number = number

    @property
    def call(self) -> Leg:
        if not self.calls:
            raise RuntimeError(f"nobody called {self.number} yet")
        return self.calls[-1]

    @property
    def media(self) -> MediaPeer:
        if self.call.media is None:
            raise RuntimeError("the newest call has no media: it was not answered")
        return self.call.media

    async def wait_ringing(self, timeout: float = 5.0) -> Leg:
        """The next call that rings; each one is returned once, also when it has been answered or lost meanwhile."""
        return await self.next_call(self.number, timeout)

    async def _newest(self, timeout: float) -> Leg:
        if not self.calls:
            await self.wait_ringing(timeout)
        return self.call

    async def wait_answered(self, timeout: float = 10.0) -> float:
        """Until the newest call (the first, if none came yet) is answered and acknowledged."""
        return await (await self._newest(timeout)).wait_answered(timeout)

    async def wait_cancelled(self, timeout: float = 10.0) -> float:
        return await (await self._newest(timeout)).wait_cancelled(timeout)

    async def wait_ended(self, timeout: float = 10.0) -> Ending:
        return await (await self._newest(timeout)).wait_ended(timeout)

    async def answer_now(self, timeout: float = 5.0) -> Leg:
        """Answer the newest call and wait until it is up."""
        await self.answer(self.call)
        await self.call.wait_answered(timeout)
        return self.call

    async def hang_up(self, timeout: float = 5.0) -> Ending:
        """End the newest call: BYE, or 486 while it rings."""
        return await self.call.hang_up(timeout)

    async def transfer(self, to: str, timeout: float = 5.0) -> Ending:
        """Hand the caller of the newest call over to a number; see `Leg.transfer`."""
        return await self.call.transfer(to, timeout)

    async def press(self, keys: str) -> None:
        await self.media.press(keys)


async def answer_together(*agents: SippAgent) -> list[float]:
    """Answer the newest calls of these phones back to back; when each 200 went out (monotonic), in the phones' order.

    They are some tenths of a millisecond apart. Raises CallEndedError when one of them doesn't ring any more.
    """
    answers = [await agent.ready_to_answer(agent.call) for agent in agents]
    for answer in answers:
        answer()
    return [await agent.call.wait_sent_answer() for agent in agents]
