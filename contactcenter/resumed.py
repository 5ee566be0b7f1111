"""The journey of a call whose controller ended: another one takes it up where it stood."""

from dataclasses import replace
from datetime import datetime

from contactcenter import events as e
from contactcenter.acd.callback import Promise
from contactcenter.acd.holding import NoTalk
from contactcenter.acd.inputs import Overflow, RestoreTalk
from contactcenter.acd.overflow import parse
from contactcenter.bus import CallNotes
from contactcenter.calls.arrival import Arrival, Return
from contactcenter.calls.ending import Ending
from contactcenter.calls.standing import Standing
from contactcenter.center import Center
from contactcenter.customers.customer import Customer
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.ivr.destination import Destination, ToEnd, ToQueue, node_after, read
from contactcenter.journey import Journey
from contactcenter.phone import Phone, Talk
from contactcenter.serving import Wish, elsewhere, serve, still_there, wish_of
from contactcenter.tickets.attach import attach_ticket
from contactcenter.tickets.problem import NOBODY, problem_of


class Resumed(Journey):
    """Goes on in the same place of the same queue, at the same node of the flow, or after the conversation that went on without us.

    since: from when on it had no controller; its first place in a queue begins there.
    """

    def __init__(
        self, phone: Phone, standing: Standing, back: Return, center: Center, since: datetime | None = None
    ) -> None:
        super().__init__(phone, standing.arrival or Arrival("", ""), center, standing.call)
        self.since = since
        self.stood, self.back = standing, back
        if standing.talked_to is not None:
            self.walk.talked_to = standing.talked_to
            self.talk = NoTalk(standing.talked_to, standing.first_answer or back.left_at)
        if standing.first_answer is not None and center.recorder.has_parts(standing.call):
            self.recorded_from = standing.first_answer

    async def run(self) -> None:
        self.note(e.CallRecovered, step=self.stood.step, how="goes_on")
        await self.to_the_end(self.way())

    async def way(self) -> Ending:
        stood = self.stood
        if stood.ended or stood.promised:
            return await self.farewell(Ending("callback" if stood.promised else "answered" if self.talk else "failed"))
        language = self.phone.language
        await self.phone.answer()
        runner = await self.begin()
        if isinstance(runner, Ending):
            return runner
        self.phone.language = language or self.phone.language
        await self._remember()
        runner.resume(stood.flows)
        if stood.to is None:
            known = not stood.secret and bool(stood.flows) and runner.has(stood.flows[-1][0], stood.node)
            return await self.follow(runner, stood.node if known else "")
        to = read(stood.to)
        ending, talked = await self._pick_up(to)
        node = node_after(to, talked=talked)
        return await self.conclude(to, ending, talked) if node is None else await self.follow(runner, node)

    async def talks(self, wish: Wish, served: Talk | Ending) -> tuple[Ending, bool]:
        self.since = None
        return await super().talks(wish, served)

    async def rate(self) -> Ending:
        return await self.farewell(Ending("answered")) if self.stood.surveyed else await super().rate()

    async def _remember(self) -> None:
        """What the walk knew. Digits that are never written down are lost: the flow begins anew then."""
        stood, walk = self.stood, self.walk
        walk.open, walk.menu, walk.code_tries = stood.open, dict(stood.menu), stood.code_tries
        walk.values, walk.noted = dict(stood.values), stood.by is not None
        if stood.by == "service_code" and stood.company is not None:
            walk.customer = await self.center.customers.by_company(stood.company)

    async def _pick_up(self, to: Destination) -> tuple[Ending, bool]:
        """What was under way at the destination, as `carry_out` would go on with it."""
        stood = self.stood
        self.walk.step = stood.step
        if stood.agent is not None and (self.back.bridged or self.back.transferred_to):
            await self._talk_went_on(stood.agent)
            if not self.back.transferred_to:
                return Ending("answered"), True
            self.note(e.CallTransferred, agent=stood.agent, to=self.back.transferred_to)
            stood.transferred_to = self.back.transferred_to
        elif stood.agent is not None:
            self.note(e.CallReturned, queue=stood.queue, agent=stood.agent)
            stood.waits = True
        elif stood.talked:
            await end_talk(stood, self.back, self.walk.customer, self.center, self.note)
            if not (stood.waits or stood.transferred_to):
                return Ending("answered"), True
        if isinstance(to, ToEnd) or (goes_on := await self._serve_on(to)) is None:
            return await self.carry_out(still_there(to, self.center.configuration.queues))
        served, wish = goes_on
        return await self.talks(wish, served)

    async def _serve_on(self, to: Destination) -> tuple[Talk | Ending, Wish] | None:
        """In the queue where the call waited, or where that sent it; None when it had not got so far."""
        stood, phone, center = self.stood, self.phone, self.center
        self.walk.step = "acd"
        wish = wish_of(to, self.arrival, self.walk.customer)  # type: ignore[arg-type]  # ToEnd was sorted out
        if stood.waits and stood.queue in center.configuration.queues:
            for agent in stood.offered:
                self.note(e.OfferWithdrawn, queue=stood.queue, agent=agent, why="restart")
            handed = AgentNumber(stood.transferred_to) if stood.transferred_to else None
            wish = replace(wish, queue=stood.queue, priority=stood.priority, handed_to=handed)
            wish = replace(wish, since=stood.since, entered=stood.entered)
            return await serve(phone, wish, center, self.note), wish
        if stood.transferred_to:
            wish = replace(wish, queue=stood.queue).handed_to_agent(stood.transferred_to, center)
            return await serve(phone, wish, center, self.note), wish
        if stood.message:
            return Ending("voice_message"), wish
        if stood.overflow is None:
            return None
        action, wish = parse(stood.overflow[0]), replace(wish, queue=stood.queue, since=stood.since)
        if action.kind == "queue":
            wish = replace(wish, queue=QueueName(action.target), first=(), sticky_hours=None)
            return await serve(phone, wish, center, self.note), wish
        return await elsewhere(phone, wish, Overflow(stood.call, *stood.overflow), center, self.note), wish

    async def _talk_went_on(self, agent: AgentNumber) -> None:
        began = self.stood.answered_at or self.back.left_at
        await end_talk(self.stood, self.back, self.walk.customer, self.center, self.note)
        self.talk, self.walk.talked_to = NoTalk(agent, began), agent


async def end_talk(
    stood: Standing, back: Return, customer: Customer | None, center: Center, note: CallNotes, *, by: e.Party = "agent"
) -> None:
    """A conversation that went on without a controller is over: noted with its time, if Asterisk's log has not told it, its agent
    freed, its ticket attached.
    """
    if stood.agent is not None:
        began = stood.answered_at or back.left_at
        seconds = max(0.0, (back.left_at - began).total_seconds())
        fields = {"agent": stood.agent, "by": by, "talk_seconds": seconds, "transferred_to": back.transferred_to}
        note.past(max(began, back.left_at), e.TalkEnded, **fields)
        center.distributor.tell(RestoreTalk(stood.call, stood.queue, stood.agent, began, max(began, back.left_at)))
    agent = stood.agent or stood.talked_to
    if agent is not None and not stood.ticket:
        assignee = agent if agent in center.configuration.agents else NOBODY
        began = stood.first_answer or back.left_at
        problem = problem_of(stood.call, began, stood.arrival or Arrival("", ""), customer, assignee)
        await attach_ticket(problem, center.tickets, note)


class ResumedRecall(Resumed):
    """Of a customer who was called back: still waiting for the agent, or after the conversation."""

    def __init__(self, phone: Phone, promise: Promise, standing: Standing, back: Return, center: Center) -> None:
        standing.arrival = Arrival(promise.hotline, promise.number)
        super().__init__(phone, standing, back, center)
        self.promise = promise

    async def run(self) -> None:
        promise = self.promise
        self.note(e.CallRecovered, step=self.stood.step, how="goes_on")
        ending = await self.to_the_end(self.way())
        note_kept(self.note, promise, self.walk.talked_to or None, answered=ending.outcome == "answered")

    async def way(self) -> Ending:
        promise, stood = self.promise, self.stood
        self.walk.customer = await self.center.customers.by_number(promise.number)
        if stood.agent is None and not stood.talked:
            stood.waits, stood.queue, stood.priority = True, promise.queue, promise.priority
            stood.since, stood.entered = promise.since, stood.entered or self.back.left_at
        to = ToQueue(promise.queue, promise.priority, skills=tuple(sorted(promise.skills)))
        return await self.conclude(to, *await self._pick_up(to))


def note_kept(note: CallNotes, promise: Promise, agent: AgentNumber | None, *, answered: bool) -> None:
    """The customer of a promise was on the line: it is not called back again."""
    outcome: e.CallbackOutcome = "answered" if answered else "abandoned"
    note(e.CallbackTried, attempt=promise.tries + 1, outcome=outcome, agent=agent)
    note(e.CallbackEnded, outcome=outcome)
