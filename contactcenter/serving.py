"""Step 7 in all its ways: from the first queue to an agent, or to what the admin wants for a call that no agent answers."""

import contextlib
from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass, replace
from datetime import datetime

from contactcenter import events as e
from contactcenter.acd.callback import Promise
from contactcenter.acd.driver import Place
from contactcenter.acd.holding import hold_until_answer
from contactcenter.acd.inputs import CallEnters, Overflow
from contactcenter.acd.overflow import parse
from contactcenter.acd.ports import Shown
from contactcenter.bus import CallNotes
from contactcenter.calls.arrival import Arrival
from contactcenter.calls.ending import Ending
from contactcenter.center import Center
from contactcenter.customers.customer import Customer
from contactcenter.errors import CallerGone, OutboundRefused
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.ivr.destination import (
    Destination,
    Elsewhere,
    ToCallback,
    ToFallback,
    ToNumber,
    ToQueue,
    ToVoiceMessage,
)
from contactcenter.phone import Phone, Talk, TalkEnd
from contactcenter.recording.voice_message import take_voice_message
from contactcenter.tickets.attach import attach_ticket
from contactcenter.tickets.problem import problem_of

DIAL_SECONDS = 40.0
HAND_OVER_SECONDS = 10.0
MOST_PRIORITY = 10

APOLOGIES: dict[e.OverflowReason, tuple[str, Ending]] = {
    "full": ("queue-full", Ending("refused", "the queue is full")),
    "closed": ("queue-closed", Ending("refused", "the queue is closed")),
    "no_agents": ("queue-no-agents", Ending("failed", "no agent is logged in")),
    "max_wait": ("queue-timeout", Ending("failed", "nobody answered within the maximum wait")),
    "queue_removed": ("queue-timeout", Ending("failed", "the queue was removed")),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a call waits for. queue: "" where it does not wait in one; since: when its place began, if not now.

    entered: when it joined the queue, of a call that waits there already and is taken over from another controller.
    handed_to: the agent it was handed over to; record: whether the queue it left unanswered wants recordings; first, skills,
    sticky_hours: as in ivr/destination.py.
    """

    queue: QueueName
    priority: int
    arrival: Arrival
    customer: Customer | None = None
    since: datetime | None = None
    entered: datetime | None = None
    handed_to: AgentNumber | None = None
    record: bool = True
    first: tuple[AgentNumber, ...] = ()
    sticky_hours: float | None = None
    skills: tuple[str, ...] = ()

    def handed_to_agent(self, number: str, center: Center) -> "Wish":
        """The same, after an agent handed the caller over: that agent first, before all who wait; else the queue.

        A call that came through no queue waits in one of that agent's.
        """
        agent, queues = AgentNumber(number), center.configuration.queues.values()
        theirs = (queue.name for queue in queues if any(member.agent == agent for member in queue.members))
        own = self.queue if self.queue in center.configuration.queues else None
        queue = own or next(theirs, None) or next(queue.name for queue in queues)
        return replace(self, queue=queue, handed_to=agent, priority=MOST_PRIORITY, first=(), skills=())

    @property
    def shown(self) -> Shown:
        who = self.customer
        return Shown(self.arrival.caller, f"{who.company_name} {who.contact_name}".strip() if who else "")


def still_there(to: Destination, queues: Container[str]) -> Destination:
    """The destination, or the on-call phones where its queue was removed while the call was on its way to it."""
    if isinstance(to, ToQueue | ToCallback) and to.queue not in queues:
        return ToFallback(f"the queue {to.queue} was removed", alarm="queue_removed")
    return to


def wish_of(to: Elsewhere, arrival: Arrival, customer: Customer | None, since: datetime | None = None) -> Wish:
    """What a call waits for that a flow sent somewhere. since: when its place began, if not now."""
    match to:
        case ToQueue():
            return Wish(
                to.queue,
                to.priority,
                arrival,
                customer,
                first=to.first,
                sticky_hours=to.sticky_hours,
                skills=to.skills,
                since=since,
            )
        case ToCallback():
            return Wish(to.queue, to.priority, arrival, customer, since=since)
        case _:
            return Wish(QueueName(""), 0, arrival, customer)


async def carry_out(phone: Phone, to: Elsewhere, wish: Wish, center: Center, note: CallNotes) -> Talk | Ending:
    """What a flow wants for a call: a conversation, or the ending without one. Raises CallerGone."""
    match to:
        case ToQueue():
            return await serve(phone, wish, center, note)
        case ToNumber():
            apology = "queue-timeout" if to.failed is None else ""
            prompts = ("transfer-connecting", apology)
            return await _dial(phone, to.number, wish, center, note, seconds=to.seconds, prompts=prompts)
        case ToVoiceMessage():
            return await _voice_message(phone, wish, center, note)
        case ToCallback():
            return await _callback(phone, wish, center, note)
        case ToFallback():
            if to.alarm:
                note(e.AlarmRaised, name=to.alarm, detail=to.why)
            await phone.give_to_fallback()
            return Ending("failed", to.why)


async def serve(phone: Phone, wish: Wish, center: Center, note: CallNotes) -> Talk | Ending:
    """A conversation, through one queue or several, or the ending without one. Raises CallerGone."""
    visited: list[QueueName] = []
    while True:
        visited.append(wish.queue)
        with center.distributor.place(await _entering(wish, note, center), wish.shown) as place:
            greeting = "queue-connecting" if wish.handed_to is None else "transfer-connecting"
            greeting = "" if wish.entered else greeting
            held = await _hold(
                phone, place, center, note, greeting, may_call_back=center.may_call_back(wish.arrival.caller)
            )
        if not isinstance(held, Overflow):
            return held
        wish = replace(wish, since=place.since, entered=None, handed_to=None, record=place.settings.record)
        action = parse(held.to)
        if action.kind != "queue":
            return await elsewhere(phone, wish, held, center, note)
        if action.target in visited:
            return await _apologise(phone, "max_wait")
        wish = replace(wish, queue=QueueName(action.target), first=(), sticky_hours=None)
        await phone.play("queue-overflow")


async def serve_callback(phone: Phone, place: Place, wish: Wish, center: Center, note: CallNotes) -> Talk | Ending:
    """A customer who was called back, whose agent is there or on the way. Raises CallerGone."""
    held = await _hold(phone, place, center, note, "callback-here", may_call_back=False)
    if not isinstance(held, Overflow):
        return held
    return await elsewhere(phone, replace(wish, record=place.settings.record), held, center, note)


async def take_over(phone: Phone, agent: AgentNumber, to: str, center: Center, note: CallNotes) -> Phone:
    """The line of a caller whom the agent handed over. Raises CallerGone."""
    note(e.CallTransferred, agent=agent, to=to)
    language = phone.language
    phone.let_go()
    taken = await center.switchboard.transferred(note.call, HAND_OVER_SECONDS)
    if taken is None:
        raise CallerGone("the caller hung up while being handed over")
    taken.language = language
    return taken


async def spare_the_caller(
    phone: Phone, talk: Talk | None, step: str, until_talk_ends: Callable[[Talk], Awaitable[TalkEnd]]
) -> None:
    """After a mistake of ours at that step: a conversation goes on to its end, all others reach the on-call phones."""
    if talk is None or step not in {"calls", "tickets", "survey"}:
        await phone.give_to_fallback()
        return
    if step == "calls":
        await until_talk_ends(talk)
    await phone.play("goodbye")
    await phone.hang_up()


async def _hold(
    phone: Phone, place: Place, center: Center, note: CallNotes, greeting: str, *, may_call_back: bool
) -> Talk | Overflow:
    parts = center.recorder.parts(note.call) if place.settings.record else None
    return await hold_until_answer(phone, place, note, greeting=greeting, parts=parts, may_call_back=may_call_back)


async def _entering(wish: Wish, note: CallNotes, center: Center) -> CallEnters:
    caller = wish.arrival.caller
    if wish.handed_to is None:
        before = await note.or_else(center.sticky_agents(wish.queue, wish.customer, caller, wish.sticky_hours), ())
        members = {member.agent for member in center.queue(wish.queue).members}
        sticky = tuple(dict.fromkeys((*wish.first, *(agent for agent in before if agent in members))))
        enters = CallEnters(
            note.call, wish.queue, wish.priority, sticky, caller=caller, since=wish.since, entered=wish.entered
        )
        return replace(enters, direct=bool(wish.first), skills=frozenset(wish.skills))
    seconds = center.queue(wish.queue).ring_seconds
    agents = (wish.handed_to,)
    enters = CallEnters(note.call, wish.queue, wish.priority, agents, sticky_seconds=seconds, direct=True)
    return replace(enters, since=wish.since if wish.entered else note.now(), entered=wish.entered)


async def elsewhere(phone: Phone, wish: Wish, held: Overflow, center: Center, note: CallNotes) -> Talk | Ending:
    """Where a queue sent a call that no agent answered, and that is no queue. Raises CallerGone."""
    action = parse(held.to)
    match action.kind:
        case "number":
            prompts = ("queue-overflow", "queue-timeout")
            return await _dial(phone, action.target, wish, center, note, seconds=DIAL_SECONDS, prompts=prompts)
        case "voice_message":
            return await _voice_message(phone, wish, center, note)
        case "callback":
            return await _callback(phone, wish, center, note)
        case _:
            return await _apologise(phone, held.why)


async def _apologise(phone: Phone, why: e.OverflowReason) -> Ending:
    prompt, ending = APOLOGIES[why]
    await phone.play(prompt)
    return ending


async def _dial(
    phone: Phone, number: str, wish: Wish, center: Center, note: CallNotes, *, seconds: float, prompts: tuple[str, str]
) -> Talk | Ending:
    """prompts: before, and when nobody answers ("" for none)."""
    before, apology = prompts
    await phone.play(before)
    if wish.record:
        await phone.record(*center.recorder.parts(note.call))
    try:
        talk = await phone.dial(number, seconds)
    except OutboundRefused as refusal:
        note(e.AlarmRaised, name="outbound_refused", detail=str(refusal))
        talk = "failed"
    if isinstance(talk, str):
        if wish.record:
            await phone.stop_recording()
        if apology:
            await phone.play(apology)
        return Ending("failed", f"{number} did not answer: {talk}")
    note(e.CallAnswered, queue=wish.queue, agent=talk.agent)
    return talk


async def _voice_message(phone: Phone, wish: Wish, center: Center, note: CallNotes) -> Ending:
    left = await take_voice_message(phone, center.recorder, note)
    if not left:
        await phone.play("voice-message-empty")
        return Ending("abandoned", "no message was left")
    with contextlib.suppress(CallerGone):
        problem = problem_of(note.call, note.now(), wish.arrival, wish.customer)
        await attach_ticket(problem, center.tickets, note)
        await phone.play("voice-message-thanks")
    return Ending("voice_message")


async def _callback(phone: Phone, wish: Wish, center: Center, note: CallNotes) -> Ending:
    """The promise holds from this moment, whatever the caller still hears."""
    if not center.may_call_back(wish.arrival.caller):
        await phone.play("callback-no-number", "queue-timeout")
        return Ending("failed", "the caller's number is withheld, or may not be called")
    promise = Promise(
        note.call,
        wish.arrival.hotline,
        wish.arrival.caller,
        wish.shown.name,
        wish.queue,
        wish.priority,
        wish.since or note.now(),
        customer=wish.customer,
        skills=frozenset(wish.skills),
    )
    center.callbacks.promise(promise)
    with contextlib.suppress(CallerGone):
        await phone.play("callback-confirmed")
    return Ending("callback")
