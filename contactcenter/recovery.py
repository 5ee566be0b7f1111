"""After a controller has ended: its calls are taken over by the next one, and what Asterisk knows of them is written down.

Callers in a menu, in a queue, or after a conversation come back by themselves (see [controller] in asterisk-conf) and go on as
`Resumed`. Conversations go on without us: they are watched to their end. Calls that ended meanwhile are closed.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contactcenter import events as e
from contactcenter.acd.callback import Promise
from contactcenter.acd.inputs import RestoreTalk
from contactcenter.bus import CallNotes
from contactcenter.calls.arrival import Return
from contactcenter.calls.ending import Ending, ending_of
from contactcenter.calls.standing import Standing, standing_of
from contactcenter.center import Center
from contactcenter.errors import CallerGone, ContactCenterError
from contactcenter.ids import CallId
from contactcenter.phone import Phone
from contactcenter.recording.save import save_recording
from contactcenter.resumed import Resumed, ResumedRecall, end_talk, note_kept

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
BACK_SECONDS = 3.0
"""In which the next of those who waited comes back; nobody is served before all are there, so that no place is lost."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A caller's channel as Asterisk has it. bridged: in a conversation; answered: not ringing any more; on_call: it went to the on-call phones."""

    id: str
    bridged: bool
    answered: bool
    on_call: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """What Asterisk wrote down of a call that is over. on_call: its last step was with the on-call phones."""

    at: datetime
    on_call: bool


class Witness(Protocol):
    """What Asterisk knows of calls."""

    async def channels(self) -> dict[CallId, Channel]:
        """Every caller's channel, by the call; a customer who is called back by the call of the promise."""
        ...

    async def stop(self, channel: str) -> None:
        """Hangs up."""
        ...

    async def ended(self, call: CallId) -> Ended | None:
        """How a call ended; None where nothing was written down, as when Asterisk itself was killed."""
        ...


class OpenCalls(Protocol):
    """What is stored of calls that have not ended."""

    async def open_calls(self) -> dict[CallId, list[e.Fact]]: ...

    async def facts(self, call: CallId) -> list[e.Fact]: ...


class Recovery:
    """`load` before the first call is taken; `look` when Asterisk answers; then `run`."""

    def __init__(self, center: Center, store: OpenCalls, witness: Witness) -> None:
        self._center, self._store, self._witness = center, store, witness
        self._open: dict[CallId, Standing] = {}
        self._talking: set[CallId] = set()
        self._expected: set[CallId] = set()
        self._promises: dict[CallId, Promise] = {}
        self._taken = asyncio.Event()

    async def load(self, promises: list[Promise]) -> list[e.Fact]:
        """Takes on the calls that are open, and the promises to call back; the facts of those calls, in their order."""
        facts = await self._store.open_calls()
        for promise in promises:
            self._promises[promise.call] = promise
            facts[promise.call] = await self._store.facts(promise.call)
        self._open = {call: standing_of(call, its) for call, its in facts.items()}
        return sorted((fact for its in facts.values() for fact in its), key=lambda fact: fact.at)

    async def take(self, phone: Phone, back: Return, call: CallId, *, recall: bool = False) -> Resumed | None:
        """The journey of a call that came back; None for one that no controller had. recall: a customer who was called back.

        The caller of a promise, who still hears that it was made, does not touch it.
        """
        if call in self._promises and not recall:
            return Resumed(phone, Standing(call, promised=True), back, self._center)
        stood = self._open.pop(call, None)
        self._talking.discard(call)
        self._taken.set()
        if stood is None:
            facts = await self._store.facts(call)
            if not facts:
                return None
            stood = standing_of(call, facts)
        if (promise := self._promises.pop(call, None)) is not None:
            return ResumedRecall(phone, promise, stood, back, self._center)
        return Resumed(phone, stood, back, self._center)

    async def first_look(self) -> None:
        """Once Asterisk answers, before any agent is offered a call. Raises what the witness raises."""
        if not self._open:
            return
        await self._look()
        try:
            while self._expected & self._open.keys():
                self._taken.clear()
                async with asyncio.timeout(BACK_SECONDS):
                    await self._taken.wait()
        except TimeoutError:
            log.warning("not all who waited have come back: nobody did for %g s", BACK_SECONDS)

    async def run(self) -> None:
        """Watches what goes on without us, until there is nothing more of it; and saves recordings that were left."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._save_recordings(), name="recordings that were left")
            group.create_task(self._watch(), name="calls that go on")

    async def _watch(self) -> None:
        while self._open:
            await asyncio.sleep(LOOK_SECONDS)  # a conversation that another controller began tells us nothing by itself
            try:
                await self._look()
            except ContactCenterError as error:
                log.info("calls of an earlier controller can't be looked at: %s", error)

    async def _look(self) -> None:
        channels = await self._witness.channels()
        for call, stood in list(self._open.items()):
            channel = channels.get(call)
            if channel is None:
                await self._is_gone(stood)
                continue
            if stood.waits and not (channel.bridged or channel.on_call):
                self._expected.add(call)
            if channel.bridged and call not in self._talking and stood.agent is not None:
                self._talking.add(call)
                CallNotes(call, self._center.bus, self._center.clock)(e.CallRecovered, step="calls", how="talks_on")
                began = stood.answered_at or self._center.clock.now()
                self._center.distributor.tell(RestoreTalk(call, stood.queue, stood.agent, began))
            elif not channel.bridged and call in self._talking and stood.agent is not None:
                self._center.distributor.talk_over(call, stood.agent)
            elif call in self._promises and not channel.answered:
                await self._witness.stop(channel.id)

    async def _is_gone(self, stood: Standing) -> None:
        """The call ended, and nobody told us."""
        ended = await self._witness.ended(stood.call)
        if self._open.pop(stood.call, None) is None:
            return
        self._talking.discard(stood.call)
        promise = self._promises.pop(stood.call, None)
        if promise is not None and stood.agent is None and not stood.talked:
            self._center.callbacks.restore(promise)
            return
        at = max(filter(None, (ended.at if ended else self._center.clock.now(), stood.last_at)))
        note = CallNotes(stood.call, self._center.bus, self._center.clock)
        agent = stood.agent or stood.talked_to
        note(e.CallRecovered, step=stood.step, how="was_over")
        caller = promise.number if promise else stood.arrival.caller if stood.arrival else ""
        customer = await self._center.customers.by_number(caller) if caller and stood.agent else None
        await end_talk(stood, Return(bridged=True, left_at=at), customer, self._center, note, by="system")
        if not stood.ended:
            ending = self._ending(stood, ended, note)
            note.past(at, e.CallEnded, outcome=ending.outcome, why=ending.why)
        if promise is not None:
            note_kept(note, promise, agent, answered=True)
        if stood.first_answer is not None and self._center.recorder.has_parts(stood.call):
            await save_recording(self._center.recorder, stood.first_answer, note)

    @staticmethod
    def _ending(stood: Standing, ended: Ended | None, note: CallNotes) -> Ending:
        talk = stood.agent or stood.talked_to
        if stood.promised and not talk:
            return Ending("callback")
        if stood.message:
            return Ending("voice_message")
        if ended is not None and ended.on_call and not talk:
            return Ending("failed", "it went to the on-call phones while no controller was there")
        if ended is None and not talk:
            return Ending("failed", "Asterisk and the controller went away")
        ending = ending_of(CallerGone(), stood.step, talk, note)
        return Ending(ending.outcome, f"{ending.why}, while no controller was there")

    async def _save_recordings(self) -> None:
        """Of calls that were over when the controller ended."""
        recorder = self._center.recorder
        for call in recorder.left():
            stood = standing_of(call, await self._store.facts(call))
            if stood.ended and stood.first_answer is not None and call not in self._center.live_calls:
                await save_recording(
                    recorder, stood.first_answer, CallNotes(call, self._center.bus, self._center.clock)
                )
