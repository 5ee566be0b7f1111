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
from contactcenter.calls.ending import STEPS, Ending
from contactcenter.calls.talking import until_talk_ends
from contactcenter.center import Center
from contactcenter.customers.customer import Customer
from contactcenter.customers.identify import identify
from contactcenter.customers.service import check_service
from contactcenter.errors import CallerGone, ContactCenterError
from contactcenter.hours.opening import are_we_open
from contactcenter.ivr.runner import Runner, Walked
from contactcenter.phone import Phone, Talk, TalkEnd
from contactcenter.recording.save import save_recording
from contactcenter.routing.route import route
from contactcenter.serving import Wish, serve, take_over
from contactcenter.survey.survey import survey
from contactcenter.tickets.attach import attaching_ticket
from contactcenter.tickets.problem import NOBODY, problem_of

log = logging.getLogger(__name__)


class Journey:
    """Needs the line, the arrival, and the Center for all the rest."""

    def __init__(self, phone: Phone, arrival: Arrival, center: Center) -> None:
        self.phone, self.arrival, self.center = phone, arrival, center
        self.note = CallNotes(phone.call, center.bus, center.clock)
        self.step = "hours"
        self.customer: Customer | None = None
        self.talk: Talk | None = None
        self.recorded_from: datetime | None = None

    async def run(self) -> None:
        """From the first fact to the last."""
        self.note(e.CallArrived, **self.arrival.fields())
        await self.to_the_end(self.way())

    async def to_the_end(self, way: Coroutine[Any, Any, Ending]) -> Ending:
        """A caller who hangs up, and even our own mistake, are endings, not errors."""
        try:
            ending = await way
        except CallerGone:
            ending = self.caller_gone()
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller must not be dropped for it)
            ending = await self.our_mistake(error)
        self.note(e.CallEnded, outcome=ending.outcome, why=ending.why)
        self.phone.let_go()
        if self.recorded_from is not None:
            await save_recording(self.center.recorder, self.recorded_from, self.note)
        return ending

    async def way(self) -> Ending:
        hotline = self.center.configuration.hotlines.get(self.arrival.hotline)
        self.phone.language = hotline.language if hotline else self.phone.language
        await self.phone.answer()
        if hotline is None:
            await self.phone.play("unknown-hotline")
            return await self.farewell(Ending("refused", f"{self.arrival.hotline} is no hotline of this site"))
        if not are_we_open(self.center.configuration.calendars[hotline.calendar], self.note):
            await self.phone.play("closed")
            return await self.farewell(Ending("refused", "closed"))
        self.step = "customers"
        await self.phone.play("welcome")
        self.customer = await identify(self.phone, self.arrival.caller, self.center.customers, self.note)
        today, warning_days = self.center.today(), self.center.settings.service.warning_days
        service = await check_service(self.phone, self.customer, today, warning_days, self.note)
        self.step = "ivr"
        walked = await self.ask_need(hotline.flow, service)
        if walked.how == "hang_up":
            return await self.farewell(Ending("refused", "ended by the flow"))
        self.step = "routing"
        rule = route(self.center.rules, self.note, self.arrival, self.customer, service=service, menu=walked.menu)
        if rule is None:
            await self.phone.give_to_fallback()
            return Ending("failed", "no routing rule matched")
        self.step, wish = "acd", Wish(rule.queue, rule.priority, self.arrival, self.customer)
        return await self.talk_and_rate(wish, await serve(self.phone, wish, self.center, self.note))

    async def talk_and_rate(self, wish: Wish, served: Talk | Ending) -> Ending:
        """Conversations, one after the other when agents hand the caller over, and the survey about the last."""
        while not isinstance(served, Ending):
            self.step, self.talk = "calls", served
            end = await self.talk_to_agent(served)
            if not end.transferred_to:
                break
            self.step = "acd"
            self.phone = await take_over(self.phone, served.agent, end.transferred_to, self.center, self.note)
            served = await serve(self.phone, wish.handed_to_agent(end.transferred_to), self.center, self.note)
        else:
            return await self.farewell(served)
        self.step = "survey"
        if self.recorded_from is not None:
            await self.phone.stop_recording()
        await survey(self.phone, served.agent, self.note)
        return await self.farewell(Ending("answered"))

    async def ask_need(self, flow: str, service: e.ServiceState) -> Walked:
        """The menu is for those whose service is paid; the others are routed at once."""
        paid = service in {"active", "expiring"}
        return await Runner(self.center.flows[flow], self.phone, self.note).run() if paid else Walked()

    async def talk_to_agent(self, talk: Talk) -> TalkEnd:
        self.recorded_from = self.recorded_from or (talk.answered_at if talk.recorded else None)
        assignee = talk.agent if talk.agent in self.center.configuration.agents else NOBODY
        problem = problem_of(self.note.call, talk.answered_at, self.arrival, self.customer, assignee)
        async with attaching_ticket(problem, self.center.tickets, self.note):
            end, self.step = await self.until_talk_ends(talk), "tickets"
        return end

    async def until_talk_ends(self, talk: Talk) -> TalkEnd:
        free_agent = partial(self.center.distributor.talk_over, self.note.call, talk.agent)
        return await until_talk_ends(talk, free_agent, self.note)

    async def farewell(self, ending: Ending) -> Ending:
        """Whatever the caller does from here on, this is how the call ended."""
        with contextlib.suppress(CallerGone):
            await self.phone.hang_up()
        return ending

    def caller_gone(self) -> Ending:
        if self.talk is not None:
            return Ending("answered", "the caller hung up")
        self.note(e.CallAbandoned, step=self.step)
        return Ending("abandoned", f"the caller hung up in {STEPS[self.step]}")

    async def our_mistake(self, error: Exception) -> Ending:
        """The caller is not dropped for it: a conversation goes on to its end, all others reach the on-call phones."""
        log.error("call %s: the journey failed at %s", self.note.call, self.step, exc_info=error)
        self.note(e.AlarmRaised, name="journey_failed", detail=f"at {self.step}: {error}")
        ending = Ending("answered" if self.talk else "failed", f"our mistake in {STEPS[self.step]}")
        with contextlib.suppress(ContactCenterError):
            if self.talk is None:
                await self.phone.give_to_fallback()
                return ending
            if self.step == "calls":
                await self.until_talk_ends(self.talk)
            await self.phone.play("goodbye")
            await self.phone.hang_up()
        return ending
