"""One call from INVITE to farewell, as one coroutine: `Journey.way` is the table of the package's docstring."""

import contextlib
import logging
from collections.abc import Coroutine
from datetime import datetime
from functools import partial
from typing import Any

from contactcenter import events as e
from contactcenter.bus import CallNotes
from contactcenter.calls.arrival import Arrival
from contactcenter.calls.ending import STEPS, Ending, ending_of
from contactcenter.calls.talking import until_talk_ends
from contactcenter.center import Center
from contactcenter.errors import CallerGone, ContactCenterError, LineLost
from contactcenter.ids import CallId
from contactcenter.ivr.destination import Destination, ToEnd, ToFallback, node_after, plain
from contactcenter.ivr.runner import Runner
from contactcenter.ivr.walk import Walk
from contactcenter.phone import Phone, Talk, TalkEnd
from contactcenter.recording.save import save_recording
from contactcenter.serving import Wish, carry_out, serve, spare_the_caller, still_there, take_over, wish_of
from contactcenter.survey.survey import survey
from contactcenter.tickets.attach import attaching_ticket
from contactcenter.tickets.problem import NOBODY, problem_of

log = logging.getLogger(__name__)


class Journey:
    def __init__(self, phone: Phone, arrival: Arrival, center: Center, call: CallId | None = None) -> None:
        self.arrival, self.center = arrival, center
        self.note = CallNotes(call or phone.call, center.bus, center.clock)
        self.walk = Walk(phone, arrival, self.note)
        self.talk: Talk | None = None
        self.recorded_from: datetime | None = None
        self.since: datetime | None = None

    @property
    def phone(self) -> Phone:
        """The caller's line; another one after a hand-over."""
        return self.walk.phone

    async def run(self) -> None:
        """From the first fact to the last."""
        self.note(e.CallArrived, **self.arrival.fields())
        await self.to_the_end(self.way())

    async def to_the_end(self, way: Coroutine[Any, Any, Ending]) -> Ending:
        """A caller who hangs up, and even our own mistake, are endings, not errors."""
        try:
            ending = (await way).after(self.talk)
        except CallerGone as gone:
            ending = ending_of(gone, self.walk.step, self.talk, self.note)
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller must not be dropped for it)
            ending = await self.our_mistake(error)
        self.note(e.CallEnded, outcome=ending.outcome, why=ending.why)
        self.phone.let_go()
        if self.recorded_from is not None:
            await save_recording(self.center.recorder, self.recorded_from, self.note)
        return ending

    async def way(self) -> Ending:
        await self.phone.answer()
        runner = await self.begin()
        return await self.follow(runner, "") if isinstance(runner, Runner) else runner

    async def begin(self) -> Runner | Ending:
        """The hotline's flow, ready to run; the ending where there is no such hotline."""
        hotline = self.center.configuration.hotlines.get(self.arrival.hotline)
        if hotline is None:
            await self.phone.play("unknown-hotline")
            return await self.farewell(Ending("refused", f"{self.arrival.hotline} is no hotline of this site"))
        flows, means = self.center.flows, self.center.means(hotline)
        self.phone.language = hotline.language
        await self.walk.begin(means)
        return Runner(self.walk, flows, hotline.flow)

    async def follow(self, runner: Runner, node: str | None) -> Ending:
        """From a node of the flow on, and wherever it sends the call, to the end."""
        while node is not None:
            to = still_there(await runner.run(node), self.center.configuration.queues)
            ending, talked = await self.carry_out(to)
            node = node_after(to, talked=talked)
        return await self.conclude(to, ending, talked)

    async def conclude(self, to: Destination, ending: Ending, talked: bool) -> Ending:
        """Nothing of the flow is left: the survey and the farewell, unless the on-call phones have the call."""
        if isinstance(to, ToFallback):
            return ending
        return await self.rate() if talked else await self.farewell(ending)

    async def carry_out(self, to: Destination) -> tuple[Ending, bool]:
        """What the flow wants for the call: how it ends if nothing follows, and whether there was a conversation."""
        if isinstance(to, ToEnd):
            return Ending("answered") if self.talk else Ending("refused", to.why), False
        self.walk.introduce()
        self.note(e.FlowLeft, to=plain(to))
        wish = wish_of(to, self.arrival, self.walk.customer, self.since)
        return await self.talks(wish, await carry_out(self.phone, to, wish, self.center, self.note))

    async def talks(self, wish: Wish, served: Talk | Ending) -> tuple[Ending, bool]:
        """Conversations, one after the other when agents hand the caller over; whether the last came to its end."""
        while not isinstance(served, Ending):
            self.walk.step, self.talk = "calls", served
            end = await self.talk_to_agent(served)
            self.walk.talked_to, self.walk.step = served.agent, "acd"
            if not end.transferred_to:
                await self.phone.stop_recording()
                return Ending("answered"), True
            self.walk.phone = await take_over(self.phone, served.agent, end.transferred_to, self.center, self.note)
            wish = wish.handed_to_agent(end.transferred_to, self.center)
            served = await serve(self.phone, wish, self.center, self.note)
        return served, False

    async def rate(self) -> Ending:
        """The survey about the last conversation, and the farewell."""
        self.walk.step = "survey"
        await survey(self.phone, self.walk.talked_to, self.note)
        return await self.farewell(Ending("answered"))

    async def talk_to_agent(self, talk: Talk) -> TalkEnd:
        self.recorded_from = self.recorded_from or (talk.answered_at if talk.recorded else None)
        assignee = talk.agent if talk.agent in self.center.configuration.agents else NOBODY
        problem = problem_of(self.note.call, talk.answered_at, self.arrival, self.walk.customer, assignee)
        async with attaching_ticket(problem, self.center.tickets, self.note):
            end, self.walk.step = await self.until_talk_ends(talk), "tickets"
        if end.by != "agent":
            raise (LineLost if end.by == "system" else CallerGone)("nothing that follows is for a caller who is gone")
        return end

    async def until_talk_ends(self, talk: Talk) -> TalkEnd:
        return await until_talk_ends(
            talk, partial(self.center.distributor.talk_over, self.note.call, talk.agent), self.note
        )

    async def farewell(self, ending: Ending) -> Ending:
        """Whatever the caller does from here on, this is how the call ended."""
        with contextlib.suppress(CallerGone):
            await self.phone.hang_up()
        return ending

    async def our_mistake(self, error: Exception) -> Ending:
        log.error("call %s: the journey failed at %s", self.note.call, self.walk.step, exc_info=error)
        self.note(e.AlarmRaised, name="journey_failed", detail=f"at {self.walk.step}: {error}")
        ending = Ending("answered" if self.talk else "failed", f"our mistake in {STEPS[self.walk.step]}")
        with contextlib.suppress(ContactCenterError):
            await spare_the_caller(self.phone, self.talk, self.walk.step, self.until_talk_ends)
        return ending
