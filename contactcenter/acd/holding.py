"""A waiting caller: music, now and then the place in the line, offers until an agent answers. Nothing delays a free agent."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from contactcenter.acd.driver import Place
from contactcenter.acd.inputs import Offer
from contactcenter.clock import Clock
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber
from contactcenter.phone import Phone, Talk
from contactcenter.spoken import LARGEST, number_prompts

FAILED_AT_ONCE: frozenset[MissReason] = frozenset({"busy", "rejected", "unreachable", "failed"})
BACK_OFF_SECONDS = 1.0
"""An agent whose phone fails the same call a second time stays reserved so long: nobody is dialed in a tight loop."""


async def hold_until_answer(phone: Phone, place: Place, parts: tuple[Path, Path], clock: Clock) -> Talk | None:
    """The conversation, or None when the queue's maximum wait is over. parts: where it is recorded. Raises CallerGone."""
    failed: set[AgentNumber] = set()
    await phone.play("queue-connecting", until=place.agent_found)
    while (offer := await _hold_until_offer(phone, place, clock)) is not None:
        await phone.record(*parts)
        agent = offer.agent
        answer = await phone.ring(agent, offer.ring_seconds, partial(place.ringing, agent))
        if not isinstance(answer, str):
            place.answered(agent)
            return answer
        if answer in FAILED_AT_ONCE and agent in failed:
            await phone.unless_gone(asyncio.sleep(BACK_OFF_SECONDS))
        failed.add(agent)
        place.missed(agent, answer)
        if clock.now() >= _give_up(place):
            break
    return None


async def _hold_until_offer(phone: Phone, place: Place, clock: Clock) -> Offer | None:
    """The next offer, or None when the queue's maximum wait is over. Raises CallerGone."""
    give_up = _give_up(place)
    while True:
        await phone.music(on=True)
        offer = await _offer_within(phone, place, _seconds_to_wait(place, clock.now(), give_up))
        if offer is not None:
            return offer
        if clock.now() >= give_up:
            return None
        await _announce_position(phone, place)


async def _announce_position(phone: Phone, place: Place) -> None:
    """Tells the caller their place in the line; stops in the middle of a word when an agent is found."""
    if place.position == 1:
        await phone.play("queue-next", until=place.agent_found)
        return
    prompts = number_prompts(min(place.position, LARGEST), phone.language)
    await phone.play("queue-position-before", *prompts, "queue-position-after", until=place.agent_found)


def _give_up(place: Place) -> datetime:
    return place.entered + timedelta(seconds=place.queue.max_wait_seconds)


async def _offer_within(phone: Phone, place: Place, seconds: float) -> Offer | None:
    """Waits for the event, not for the offer itself: one that comes with the time-out stays where it is."""
    try:
        async with asyncio.timeout(seconds):
            await phone.unless_gone(place.agent_found.wait())
    except TimeoutError:
        pass
    return place.take_offer()


def _seconds_to_wait(place: Place, now: datetime, give_up: datetime) -> float:
    left = max(0.0, (give_up - now).total_seconds())
    return min(left, place.queue.announce_seconds) if place.queue.announce_seconds > 0 else left
