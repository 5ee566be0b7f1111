"""Callers of the sample data, and short ways to say what was heard and noted."""

from typing import TypeVar

from contactcenter.acd.inputs import Pause
from contactcenter.events import AlarmRaised, Fact
from contactcenter.ids import AgentNumber
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.center import SimulatedCenter
from contactcenter.simulator.phone import FakePhone

VIP = "+8613800000001"
STANDARD = "+8613800000002"
EXPIRING = "+8613800000003"
EXPIRED = "+8613800000004"
STRANGER = "+8613911112222"

TO_A_PERSON = {"menu-main": ("0",)}
HAPPY = CallerScript({**TO_A_PERSON, "survey-ask": ("5",)})


def facts(sim: SimulatedCenter, phone: FakePhone) -> list[Fact]:
    return sim.store.facts_of(phone.call)


def kinds(sim: SimulatedCenter, phone: FakePhone) -> list[str]:
    return [fact.kind for fact in facts(sim, phone)]


F = TypeVar("F", bound=Fact)


def fact(sim: SimulatedCenter, phone: FakePhone, kind: type[F]) -> F:
    """The only fact of this kind of the call."""
    (found,) = [f for f in facts(sim, phone) if isinstance(f, kind)]
    return found


def alarms(sim: SimulatedCenter) -> list[str]:
    return [f.name for f in sim.facts if isinstance(f, AlarmRaised)]


def ending(sim: SimulatedCenter, phone: FakePhone) -> tuple[str, str]:
    last = next(f for f in reversed(facts(sim, phone)) if f.kind == "CallEnded")
    return last.outcome, last.why


def pause_all_but(sim: SimulatedCenter, *working: str) -> None:
    for number in sim.center.configuration.agents:
        if number not in working:
            sim.center.distributor.tell(Pause(AgentNumber(number), "lunch"))
