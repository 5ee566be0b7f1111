"""One call from INVITE to farewell, as one coroutine: `Journey.way` is the table of the package's docstring."""

import contextlib
import logging
from functools import partial

from contactcenter import events as e
from contactcenter.acd.holding import hold_until_answer
from contactcenter.bus import CallNotes
from contactcenter.calls.arrival import Arrival
from contactcenter.calls.ending import STEPS, Ending
from contactcenter.calls.talking import until_talk_ends
from contactcenter.center import Center
from contactcenter.customers.customer import Customer
from contactcenter.customers.identify import identify
from contactcenter.customers.service import check_service
from contactcenter.errors import CallerGone, ContactCenterError
from contactcenter.ivr.runner import Runner, Walked
from contactcenter.phone import Phone, Talk
from contactcenter.recording.save import save_recording
from contactcenter.routing.rules import Case, Rule, decide
from contactcenter.survey.survey import survey
from contactcenter.tickets.attach import attach_ticket
from contactcenter.tickets.problem import problem_of

log = logging.getLogger(__name__)


class Journey:
    """Needs the line, the arrival, and the Center for all the rest."""

    def __init__(self, phone: Phone, arrival: Arrival, center: Center) -> None:
        self.phone, self.arrival, self.center = phone, arrival, center
        self.note = CallNotes(phone.call, center.bus, center.clock)
        self.step = "hours"
        self.customer: Customer | None = None
        self.talk: Talk | None = None

    async def run(self) -> None:
        """From the first fact to the last. A caller who hangs up, and even our own mistake, are endings, not errors."""
        self.note(e.CallArrived, **self.arrival.fields())
        try:
            ending = await self.way()
        except CallerGone:
            ending = self.caller_gone()
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller must not be dropped for it)
            ending = await self.our_mistake(error)
        self.note(e.CallEnded, outcome=ending.outcome, why=ending.why)
        self.phone.let_go()
        if self.talk is not None:
            await save_recording(self.center.recorder, self.talk.answered_at, self.note)

    async def way(self) -> Ending:
        hotline = self.center.configuration.hotlines.get(self.arrival.hotline)
        if hotline is None:
            await self.phone.answer()
            await self.phone.play("unknown-hotline")
            return await self.farewell(Ending("refused", f"{self.arrival.hotline} is no hotline of this site"))
        self.phone.language = hotline.language
        await self.phone.answer()
        if not self.are_we_open(hotline.calendar):
            await self.phone.play("closed")
            return await self.farewell(Ending("refused", "closed"))
        self.step = "customers"
        await self.phone.play("welcome")
        self.customer = await identify(self.phone, self.arrival.caller, self.center.customers, self.note)
        warning_days = self.center.settings.service.warning_days
        service = await check_service(self.phone, self.customer, self.center.today(), warning_days, self.note)
        self.step = "ivr"
        walked = await self.ask_need(hotline.flow, service)
        if walked.how == "hang_up":
            return await self.farewell(Ending("refused", "ended by the flow"))
        self.step = "routing"
        rule = self.route(service, walked)
        if rule is None:
            await self.phone.give_to_fallback()
            return Ending("failed", "no routing rule matched")
        self.step = "acd"
        self.talk = await self.wait_for_answer(rule)
        if self.talk is None:
            await self.phone.play("queue-timeout")
            return await self.farewell(Ending("failed", "nobody answered within the maximum wait"))
        self.step = "calls"
        await self.talk_to_agent(self.talk)
        self.step = "survey"
        await self.phone.stop_recording()
        await survey(self.phone, self.talk.agent, self.note)
        return await self.farewell(Ending("answered"))

    # ---- the steps that are more than one call of a room

    def are_we_open(self, calendar: str) -> bool:
        is_open, why = self.center.configuration.calendars[calendar].check(self.center.clock.now())
        self.note(e.HoursChecked, calendar=calendar, open=is_open, why=why)
        return is_open

    async def ask_need(self, flow: str, service: e.ServiceState) -> Walked:
        """The menu is for those whose service is paid; the others are routed at once."""
        if service not in {"active", "expiring"}:
            return Walked()
        return await Runner(self.center.flows[flow], self.phone, self.note).run()

    def route(self, service: e.ServiceState, walked: Walked) -> Rule | None:
        level = self.customer.level if self.customer else "standard"
        case = Case(self.arrival.hotline, level, service, self.customer is not None, walked.menu)
        if (rule := (decision := decide(self.center.rules, case)).rule) is not None:
            self.note(e.CallRouted, queue=rule.queue, priority=rule.priority, rule=rule.name, tried=decision.tried)
        return rule

    async def wait_for_answer(self, rule: Rule) -> Talk | None:
        """Holds the line until an agent answers; None when the queue's maximum wait is over."""
        sticky = await self.center.sticky_agents(rule.queue, self.customer, self.arrival.caller)
        parts = self.center.recorder.parts(self.phone.call)
        with self.center.distributor.enter(self.phone.call, rule.queue, rule.priority, sticky) as place:
            return await hold_until_answer(self.phone, place, parts, self.center.clock)

    async def talk_to_agent(self, talk: Talk) -> None:
        problem = problem_of(self.phone.call, talk, self.arrival.hotline, self.arrival.caller, self.customer)
        await attach_ticket(problem, self.center.tickets, self.note)
        await self.until_talk_ends(talk)

    async def until_talk_ends(self, talk: Talk) -> None:
        await until_talk_ends(talk, partial(self.center.distributor.talk_over, self.phone.call, talk.agent), self.note)

    # ---- endings

    async def farewell(self, ending: Ending) -> Ending:
        await self.phone.hang_up()
        return ending

    def caller_gone(self) -> Ending:
        if self.talk is not None:
            return Ending("answered", "the caller hung up")
        self.note(e.CallAbandoned, step=self.step)
        return Ending("abandoned", f"the caller hung up in {STEPS[self.step]}")

    async def our_mistake(self, error: Exception) -> Ending:
        """The caller is not dropped for it: a conversation goes on to its end, all others reach the on-call phones."""
        log.error("call %s: the journey failed at %s", self.phone.call, self.step, exc_info=error)
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
