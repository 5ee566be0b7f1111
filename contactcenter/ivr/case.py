"""What routing looks at of a caller on the way. What costs the database is looked up only where a rule asks for it."""

from collections.abc import Collection, Iterable

from contactcenter.acd.ports import Past, PastPart
from contactcenter.ids import AgentNumber
from contactcenter.ivr.walk import Walk
from contactcenter.routing.rules import Case, Rule

PARTS: dict[str, PastPart] = {"ticket_owner": "ticket", "last_agent": "last_agent"}
"""What a rule may ask first -> the part of the past that tells it."""


def part_of(word: str) -> PastPart | None:
    return PARTS.get(word)


def parts_of(rules: Iterable[Rule]) -> set[PastPart]:
    """The parts of a caller's past that the rules look at."""
    parts: set[PastPart] = set()
    for rule in rules:
        when = rule.when
        parts |= {part for word in rule.first if (part := part_of(word))}
        parts |= {"ticket"} if when.open_ticket is not None else set()
        parts |= {"last_agent"} if when.last_agent is not None else set()
        parts |= {"abandons"} if when.abandons is not None else set()
    return parts


async def case_of(walk: Walk, wanted: Collection[PastPart]) -> Case:
    """The case of this caller now. Agents who are no more count as nobody; secrets are left out."""
    who, arrival = walk.customer, walk.arrival
    past = Past()
    if wanted:
        contact, company = (who.contact, who.company) if who else (None, None)
        asking = walk.means.history.past(contact, company, arrival.caller, walk.note.now(), wanted)
        past = await walk.note.or_else(asking, past)
    return Case(
        hotline=arrival.hotline,
        level=who.level if who else "standard",
        service=walk.service,
        identified=who is not None,
        menu=dict(walk.menu),
        caller=arrival.caller,
        open=walk.open,
        package=who.package if who else "",
        products=who.products if who else (),
        region=who.region if who else "",
        group=who.group if who else "",
        language=walk.phone.language,
        open_ticket=past.open_ticket,
        ticket_owner=_known(past.ticket_owner, walk),
        last_agent=_known(past.last_agent, walk),
        abandons=past.abandons,
        values={name: value for name, value in walk.values.items() if name not in walk.secret},
    )


def _known(agent: str, walk: Walk) -> str:
    return agent if AgentNumber(agent) in walk.means.agents else ""
