"""A model of distribution that knows nothing of the engine's code: what was told and what was answered, and by the rules
of acd/settings.py and acd/inputs.py who waits, who rings, who talks, who may take whom, and when something is due.
"""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contactcenter import events as e
from contactcenter.acd import inputs as i
from contactcenter.acd.settings import DistributionSettings, QueueSettings
from contactcenter.ids import AgentNumber, CallId, QueueName

GRACE, BACK_OFF = timedelta(seconds=10), timedelta(seconds=1)
LATE_WORDS = timedelta(hours=1)
AT_ONCE = {"busy", "rejected", "unreachable", "failed"}


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@dataclass
class Person:
    logged_in: bool = False
    pause: str = ""
    phone: str = "unreachable"

    @property
    def on_duty(self) -> bool:
        return self.logged_in and not self.pause and self.phone != "unreachable"


@dataclass
class Place:
    told: i.CallEnters
    since: datetime
    entered: datetime
    serial: int
    hold_until: datetime | None
    needs: frozenset[str] = frozenset()
    overdue: bool = False
    missed: Counter[AgentNumber] = field(default_factory=Counter)


@dataclass
class Rung:
    """The phone rings, or will. ends: when nobody believes any more that it does."""

    attempt: int
    ends: datetime
    ringing: bool = False


@dataclass
class Cleared:
    """The phone is to become quiet. alarm: it is told when it does not."""

    call: CallId
    attempt: int
    ends: datetime
    alarm: bool


@dataclass
class Talk:
    agent: AgentNumber
    attempt: int
    place: Place
    settings: QueueSettings
    provisional: bool
    stuck: datetime | None = None


class Model:
    def __init__(self) -> None:
        self.queues: dict[QueueName, QueueSettings] = {}
        self.site = DistributionSettings()
        self.known: set[AgentNumber] = set()
        self.skills: dict[AgentNumber, frozenset[str]] = {}
        self.people: dict[AgentNumber, Person] = {}
        self.waiting: dict[CallId, Place] = {}
        self.rung: dict[tuple[CallId, AgentNumber], Rung] = {}
        self.cleared: dict[AgentNumber, Cleared] = {}
        self.talking: dict[CallId, Talk] = {}
        self.wrap_ups: dict[AgentNumber, datetime] = {}
        self.left: dict[tuple[QueueName, str], tuple[datetime, datetime]] = {}
        self.named: dict[CallId, tuple[int, datetime]] = {}
        """call -> the attempt of its latest offer, and when that was."""
        self.serials = itertools.count()

    # ---- who may take whom

    def busy(self) -> list[AgentNumber]:
        """Each agent as often as they are taken."""
        return [
            *(agent for _, agent in self.rung),
            *self.cleared,
            *(talk.agent for talk in self.talking.values()),
            *self.wrap_ups,
        ]

    def is_free(self, agent: AgentNumber) -> bool:
        person = self.people.get(agent)
        return person is not None and person.on_duty and person.phone == "free" and agent not in self.busy()

    def levels(self, queue: QueueName) -> dict[AgentNumber, int]:
        return {member.agent: member.level for member in self.queues[queue].members}

    def can(self, agent: AgentNumber, needs: frozenset[str]) -> bool:
        return needs <= self.skills.get(agent, frozenset())

    def ringing_for(self, call: CallId) -> list[AgentNumber]:
        return [agent for other, agent in self.rung if other == call]

    def sticky(self, place: Place) -> list[AgentNumber]:
        """Those who may still be asked first."""
        members = self.levels(place.told.queue)
        return [
            agent
            for agent in place.told.sticky
            if agent in self.people
            and not place.missed[agent]
            and (place.told.direct or (agent in members and self.can(agent, place.needs)))
        ]

    def is_held(self, place: Place, now: datetime) -> bool:
        held = place.hold_until is not None and now < place.hold_until
        return held and any(self.people[agent].on_duty for agent in self.sticky(place))

    def wants(self, place: Place, now: datetime) -> bool:
        """One more agent may be asked."""
        rung, settings = len(self.ringing_for(place.told.call)), self.queues[place.told.queue]
        if place.overdue or settings.strategy != "broadcast":
            return not place.overdue and rung == 0
        width, step = settings.broadcast_width, seconds(settings.broadcast_step_seconds)
        return width == 0 or rung < width * (1 + ((now - place.entered) // step if step else 0))

    def may_take(self, place: Place, agent: AgentNumber, now: datetime) -> bool:
        """Leaving out whether the agent is free."""
        if not self.wants(place, now):
            return False
        if agent in self.sticky(place):
            return True
        levels, relax = self.levels(place.told.queue), seconds(self.queues[place.told.queue].relax_seconds)
        if agent not in levels or self.is_held(place, now) or not self.can(agent, place.needs):
            return False
        return not relax or levels[agent] <= min(levels.values()) + (now - place.since) // relax

    def order(self, place: Place) -> tuple[datetime, int]:
        return place.since - seconds(self.site.ageing_seconds) * place.told.priority, place.serial

    # ---- what is told

    def takes(self, event: i.Input, now: datetime) -> None:  # noqa: C901, PLR0912 (one case for each kind)
        """What follows from the input itself, before what is answered. It was not refused."""
        match event:
            case i.Configure():
                self._configure(event)
            case i.CallLeaves(call=call) if call in self.waiting:
                place = self.waiting.pop(call)
                if event.hung_up and place.told.caller:
                    self.left[place.told.queue, place.told.caller] = (place.since, now)
            case i.OfferRinging(call=call, agent=agent) if self.is_rung(event):
                self.rung[call, agent].ringing = True
            case i.OfferFailed(call=call, agent=agent, attempt=attempt) if agent in self.cleared:
                cleared = self.cleared[agent]
                if (cleared.call, cleared.attempt, cleared.alarm) == (call, attempt, True):
                    del self.cleared[agent]
            case i.TalkOver(call=call, agent=agent) if call in self.talking and self.talking[call].agent == agent:
                del self.talking[call]
            case i.CustomerAnswered(call=call) if call in self.waiting:
                place = self.waiting[call]
                place.told = _answered(place.told)
            case i.LogIn(agent=agent):
                self.people[agent].logged_in, self.people[agent].pause = True, ""
            case i.LogOut(agent=agent):
                self.people[agent].logged_in, self.people[agent].pause = False, ""
            case i.Pause(agent=agent, reason=reason):
                self.people[agent].pause = reason
            case i.Resume(agent=agent):
                self.people[agent].pause = ""
            case i.PhoneIs(agent=agent, phone=phone) if agent in self.people:
                if self.people[agent].phone != phone:
                    self.people[agent].phone = phone
                    for talk in self.talking.values():
                        if talk.agent == agent:
                            talk.stuck = now + GRACE if phone == "free" else None
            case i.Restore(agent=agent):
                self.people[agent].logged_in, self.people[agent].pause = event.logged_in, event.pause_reason
                if event.wrap_up_until is not None and event.wrap_up_until > now and agent not in self.busy():
                    self.wrap_ups[agent] = event.wrap_up_until
            case i.Tick():
                for agent in [agent for agent, one in self.cleared.items() if not one.alarm and one.ends <= now]:
                    del self.cleared[agent]
                for place in self.waiting.values():
                    place.overdue |= (ends := self.wait_ends(place)) is not None and ends <= now
            case _:
                pass

    def _configure(self, event: i.Configure) -> None:
        self.queues = {queue.name: queue for queue in event.queues}
        self.site, self.known = event.distribution, {number for number, _ in event.agents}
        self.skills |= {number: event.skills.get(number, frozenset()) for number in self.known}
        for number in self.known:
            self.people.setdefault(number, Person())
        self.forget_the_removed()

    def forget_the_removed(self) -> None:
        for agent in set(self.people) - self.known - set(self.busy()):
            del self.people[agent]

    def is_rung(self, event: i.OfferRinging | i.OfferAnswered | i.OfferFailed) -> bool:
        rung = self.rung.get((event.call, event.agent))
        return rung is not None and rung.attempt == event.attempt

    def refusal(self, event: i.CallEnters, now: datetime) -> str | None:
        """Why a call does not get in."""
        settings = self.queues[event.queue]
        length = sum(1 for place in self.waiting.values() if place.told.queue == event.queue)
        if not settings.accepting and event.since is None:
            return "closed"
        if event.max_wait and settings.overflow_no_agents and not self.somebody_is_logged_in(event.queue, event.skills):
            return "no_agents"
        if settings.max_length and self.kept(event, now) is None and length >= settings.max_length:
            return "full"
        return None

    def somebody_is_logged_in(self, queue: QueueName, needs: frozenset[str]) -> bool:
        return any(self.people[agent].logged_in and self.can(agent, needs) for agent in self.levels(queue))

    def somebody_has(self, queue: QueueName, needs: frozenset[str]) -> bool:
        return any(self.can(agent, needs) for agent in self.levels(queue))

    def kept(self, event: i.CallEnters, now: datetime) -> datetime | None:
        """When a place began that is the call's already."""
        if event.since is not None:
            return event.since
        since, left = self.left.get((event.queue, event.caller), (now, None))
        within = left is not None and now - left <= seconds(self.queues[event.queue].redial_seconds)
        return since if within and event.caller else None

    def enters(self, event: i.CallEnters, now: datetime) -> Place:
        settings = self.queues[event.queue]
        hold = settings.sticky_wait_seconds if event.sticky_seconds is None else event.sticky_seconds
        since = self.kept(event, now) or now
        if event.since is None:
            self.left.pop((event.queue, event.caller), None)
        until = now + seconds(hold) if hold and event.sticky else None
        place = self.waiting[event.call] = Place(event, min(now, since), now, next(self.serials), until, event.skills)
        return place

    # ---- what is answered

    def offered(self, offer: i.Offer, now: datetime) -> None:
        place = self.waiting[offer.call]
        if not self.is_held(place, now):
            place.hold_until = None
        named, at = self.named.get(offer.call, (0, now))
        assert offer.attempt > named or now - at > LATE_WORDS, "a name that another offer has had"
        self.named[offer.call] = offer.attempt, now
        lasts = seconds(self.queues[place.told.queue].ring_seconds + place.told.lead_seconds)
        self.rung[offer.call, offer.agent] = Rung(offer.attempt, now + lasts + GRACE)

    def missed(self, fact: e.OfferMissed, now: datetime) -> None:
        rung, place = self.rung.pop((fact.call, fact.agent)), self.waiting[fact.call]
        place.missed[fact.agent] += 1
        if fact.reason in AT_ONCE and place.missed[fact.agent] > 1:
            self.cleared[fact.agent] = Cleared(fact.call, rung.attempt, now + BACK_OFF, alarm=False)

    def withdrawn(self, command: i.Withdraw, now: datetime) -> None:
        """Also of an offer that is over, which is nothing."""
        rung, cleared = self.rung.get((command.call, command.agent)), self.cleared.get(command.agent)
        if rung is not None and rung.attempt == command.attempt and command.why != "stuck":
            del self.rung[command.call, command.agent]
            self.cleared[command.agent] = Cleared(command.call, command.attempt, now + GRACE, alarm=True)
            if command.why == "agent_gone":
                self.waiting[command.call].missed[command.agent] += 1
        elif cleared is not None and command.why == "stuck":
            assert (cleared.call, cleared.attempt, cleared.alarm) == (command.call, command.attempt, True)
            assert cleared.ends <= now, "freed before its time"
            del self.cleared[command.agent]

    def connected(self, command: i.Connect) -> None:
        rung, place = self.rung.pop((command.call, command.agent)), self.waiting.pop(command.call)
        assert rung.attempt == command.attempt
        settings, provisional = self.queues[place.told.queue], place.told.provisional
        self.talking[command.call] = Talk(command.agent, command.attempt, place, settings, provisional)

    def returned(self, fact: e.CallReturned) -> None:
        talk = self.talking.pop(fact.call)
        assert talk.agent == fact.agent
        talk.place.missed[fact.agent] += 1
        if not talk.provisional:
            talk.place.told = _answered(talk.place.told)
        self.waiting[fact.call] = talk.place

    def step_is_over(self, now: datetime) -> None:
        self.forget_the_removed()
        for place in self.waiting.values():
            if place.hold_until is not None and self.wants(place, now) and not self.is_held(place, now):
                place.hold_until = None

    # ---- what is due

    def wait_ends(self, place: Place) -> datetime | None:
        limit = self.queues[place.told.queue].max_wait_seconds
        return place.entered + seconds(limit) if limit and place.told.max_wait and not place.overdue else None

    def deadlines(self, now: datetime) -> Iterator[datetime]:
        yield from (rung.ends for rung in self.rung.values())
        yield from (cleared.ends for cleared in self.cleared.values())
        yield from self.wrap_ups.values()
        yield from (talk.stuck for talk in self.talking.values() if talk.stuck is not None)
        for place in self.waiting.values():
            if (ends := self.wait_ends(place)) is not None:
                yield ends
            yield from self._changes(place, now)

    def _changes(self, place: Place, now: datetime) -> Iterator[datetime]:
        """When more agents may take the call by themselves."""
        if place.overdue:
            return
        settings = self.queues[place.told.queue]
        step, relax = seconds(settings.broadcast_step_seconds), seconds(settings.relax_seconds)
        if settings.strategy == "broadcast" and settings.broadcast_width and step:
            yield place.entered + step * (1 + (now - place.entered) // step)
        if not self.wants(place, now):
            return
        if self.is_held(place, now):
            assert place.hold_until is not None
            yield place.hold_until
        elif relax:
            levels, steps = self.levels(place.told.queue).values() or [1], (now - place.since) // relax
            if min(levels) + steps < max(levels):
                yield place.since + relax * (steps + 1)


def _answered(told: i.CallEnters) -> i.CallEnters:
    """The customer is there."""
    return dataclasses.replace(told, provisional=False)
