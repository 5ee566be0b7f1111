"""After a controller has ended: its calls are taken over by the next one, and what Asterisk knows of them is written down.

Callers in a menu, in a queue, or after a conversation come back by themselves (see [controller] in asterisk-conf) and go on as
`Resumed`. Conversations go on without us: they are watched to their end. Calls that ended meanwhile are closed. Those that came
meanwhile, and what Asterisk's own queues did with any of them (see [fallback] there), are told by its log.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime

from contactcenter import events as e
from contactcenter.acd.callback import Promise
from contactcenter.acd.inputs import RestoreTalk
from contactcenter.bus import CallNotes
from contactcenter.calls.arrival import Return
from contactcenter.calls.ending import Ending, ending_of
from contactcenter.calls.ports import Channel, Meanwhile, OpenCalls, Witness
from contactcenter.calls.standing import Standing, standing_of
from contactcenter.center import Center
from contactcenter.clock import Moment
from contactcenter.customers.identify import note_caller
from contactcenter.errors import CallerGone, ContactCenterError
from contactcenter.ids import CallId
from contactcenter.ivr.destination import ToQueue, plain
from contactcenter.phone import Phone
from contactcenter.recording.save import save_recording
from contactcenter.resumed import Resumed, ResumedRecall, end_talk, note_kept

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
BACK_SECONDS = 3.0
"""In which the next of those who waited comes back; nobody is served before all are there, so that no place is lost."""


class Recovery:
    """`load` before the first call is taken; `look` when Asterisk answers; then `run`."""

    def __init__(self, center: Center, store: OpenCalls, witness: Witness) -> None:
        self._center, self._store, self._witness = center, store, witness
        self._open: dict[CallId, Standing] = {}
        self._talking: set[CallId] = set()
        self._expected: set[CallId] = set()
        self._promises: dict[CallId, Promise] = {}
        self._taken = asyncio.Event()
        self._gone: set[CallId] = set()
        """Open calls that had no channel when we looked last."""
        self._closing: set[CallId] = set()
        self._known: set[CallId] = set()
        """Calls of Asterisk's log that are in the store, or ours."""
        self._after: dict[CallId, datetime] = {}
        self._told: dict[CallId, set[tuple[object, ...]]] = {}
        self._reading = asyncio.Lock()

    async def calls_left(self) -> int:
        """Calls that are not over, whoever looks after them. Raises what the witness raises."""
        return len({*await self._witness.channels()} | self._closing | self._center.live_calls)

    async def load(self, promises: list[Promise]) -> list[e.Fact]:
        """Takes on the calls that are open, and the promises to call back; the facts of those calls, in their order."""
        facts = await self._store.open_calls()
        for promise in promises:
            self._promises[promise.call] = promise
            facts[promise.call] = await self._store.facts(promise.call)
        self._open = {call: self._standing(call, its) for call, its in facts.items()}
        async with self._reading:
            await self._learn()
        return sorted((fact for its in facts.values() for fact in its), key=lambda fact: fact.at)

    async def take(self, phone: Phone, back: Return, call: CallId, *, recall: bool = False) -> Resumed | None:
        """The journey of a call that came back; None for one that no controller had. recall: a customer who was called back.

        The caller of a promise, who still hears that it was made, does not touch it.
        """
        if call in self._promises and not recall:
            return Resumed(phone, Standing(call, promised=True), back, self._center)
        async with self._reading:
            facts = [] if call in self._open else await self._store.facts(call)
            known = self._standing(call, facts) if facts else None
            told = (await self._learn(call)).get(call)
            stood = self._open.pop(call, known)
            self._known.add(call)
            if stood is not None and told is not None:
                self._tell(stood, told.facts)
        self._talking.discard(call)
        self._taken.set()
        if stood is None:
            return None
        if (promise := self._promises.pop(call, None)) is not None:
            return ResumedRecall(phone, promise, stood, back, self._center)
        return Resumed(phone, stood, back, self._center, since=told.since if told else None)

    async def first_look(self) -> None:
        """Once Asterisk answers, before any agent is offered a call. Raises what the witness raises."""
        if not self._open:
            return
        await self._look(None)
        try:
            while self._expected & self._open.keys():
                self._taken.clear()
                async with asyncio.timeout(BACK_SECONDS):
                    await self._taken.wait()
        except TimeoutError:
            log.warning("not all who waited have come back: nobody did for %g s", BACK_SECONDS)

    async def run(self) -> None:
        """Watches what goes on without us, until there is nothing more of it; and saves recordings that were left."""
        async with asyncio.TaskGroup() as closing:
            closing.create_task(self._save_recordings(), name="recordings that were left")
            while True:
                await asyncio.sleep(LOOK_SECONDS)  # what another controller began tells us nothing by itself
                try:
                    await self._look(closing)
                except ContactCenterError as error:
                    log.info("calls of an earlier controller can't be looked at: %s", error)
                    continue
                if not (self._open or self._closing):
                    return

    def _standing(self, call: CallId, facts: list[e.Fact]) -> Standing:
        """Of a call that the store knows."""
        self._told[call] = {_key(fact) for fact in facts}
        self._after[call] = facts[-1].at
        return standing_of(call, facts)

    async def _learn(self, only: CallId | None = None) -> dict[CallId, Meanwhile]:
        """Reads on in Asterisk's log, about all calls or one. A call that nobody knew is open from then on."""
        told = await self._witness.meanwhile(self._after, only)
        for call, what in told.items():
            if call in self._open or call in self._known or call in self._center.live_calls:
                continue
            if not await self._store.facts(call) and what.facts and isinstance(what.facts[0], e.CallArrived):
                self._open[call] = Standing(call)
                self._tell(self._open[call], what.facts[:1])
            self._known.add(call)
        return told

    def _tell(self, stood: Standing, facts: Iterable[e.CallFact]) -> None:
        """Facts that nobody told yet: each once, whatever controllers end meanwhile."""
        told = self._told.setdefault(stood.call, set())
        for fact in facts:
            if _key(fact) in told or (isinstance(fact, e.CallArrived) and stood.arrival is not None):
                continue
            if isinstance(fact, e.CallQueued | e.CallAnswered) and stood.to is None:
                left = e.FlowLeft(at=fact.at, call=stood.call, to=plain(ToQueue(fact.queue)))
                self._center.bus.publish(left)
                stood.apply(left)
            told.add(_key(fact))
            self._center.bus.publish(fact)
            stood.apply(fact)
            if isinstance(fact, e.TalkEnded):
                self._center.distributor.talk_over(stood.call, fact.agent)

    async def _look(self, closing: asyncio.TaskGroup | None) -> None:
        """closing: does what calls that are over still need; None to leave them for later."""
        async with self._reading:
            told = await self._learn()
            known = list(self._open.items())
        channels = await self._witness.channels()
        gone = {call for call, _ in known if call not in channels}
        for call, stood in known:
            if call not in self._open:
                continue
            if call in told:
                self._tell(stood, told[call].facts)
            if call in channels:
                await self._goes_on(stood, channels[call])
            elif closing is not None and call in self._gone:  # twice: its last lines are in the log by now
                del self._open[call]
                self._closing.add(call)
                closing.create_task(self._close(stood))
        self._gone = gone
        async with self._reading:
            await self._witness.done_but({*self._open, *self._closing})

    async def _goes_on(self, stood: Standing, channel: Channel) -> None:
        call = stood.call
        comes = stood.waits or (stood.agent is not None and call not in self._talking)
        if comes and not (channel.bridged or channel.fallback):
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

    async def _close(self, stood: Standing) -> None:
        try:
            await self._is_gone(stood)
        except ContactCenterError as error:
            log.warning("call %s is over and can't be closed yet: %s", stood.call, error)
            self._open[stood.call] = stood
        finally:
            self._closing.discard(stood.call)

    async def _is_gone(self, stood: Standing) -> None:
        """The call ended, and nobody told us."""
        self._talking.discard(stood.call)
        ended = await self._witness.ended(stood.call)
        async with self._reading:
            told = (await self._learn(stood.call)).get(stood.call)
        promise = self._promises.get(stood.call)
        if promise is not None and stood.agent is None and not stood.talked:
            del self._promises[stood.call]
            self._center.callbacks.restore(promise)
            return
        caller = promise.number if promise else stood.arrival.caller if stood.arrival else ""
        customer = await self._center.customers.by_number(caller) if caller else None
        if told is not None:
            self._tell(stood, (*told.facts, *([told.waited] if told.waited else ())))
        at = max(filter(None, (ended or self._center.clock.now(), stood.last_at)))
        note = CallNotes(stood.call, self._center.bus, self._center.clock)
        then = CallNotes(stood.call, self._center.bus, Moment(at))
        agent = stood.agent or stood.talked_to
        note(e.CallRecovered, step=stood.step, how="was_over")
        if stood.by is None and customer is not None:
            note_caller(customer, "number", then)
        await end_talk(stood, Return(bridged=True, left_at=at), customer, self._center, note, by="system")
        if not stood.ended:
            ending = self._ending(stood, then, known=ended is not None or told is not None)
            then(e.CallEnded, outcome=ending.outcome, why=ending.why)
        if promise is not None:
            del self._promises[stood.call]
            note_kept(note, promise, agent, answered=True)
        if stood.first_answer is not None and self._center.recorder.has_parts(stood.call):
            await save_recording(self._center.recorder, stood.first_answer, note)

    @staticmethod
    def _ending(stood: Standing, note: CallNotes, *, known: bool) -> Ending:
        """known: Asterisk was there to the end."""
        talk = stood.agent or stood.talked_to
        if stood.promised and not talk:
            return Ending("callback")
        if stood.message:
            return Ending("voice_message")
        if not (known or talk):
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


def _key(fact: e.Fact) -> tuple[object, ...]:
    """By which a fact that was told of a call is known again."""
    return fact.kind, fact.at, getattr(fact, "agent", None)
