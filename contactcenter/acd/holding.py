"""A waiting caller: music, now and then the place in the line, until an agent answers. Nothing delays a free agent: phones
ring while the caller is told something, and the first answer ends it in the middle of a word.
"""

import asyncio
import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contactcenter.acd.driver import Place
from contactcenter.acd.inputs import Overflow
from contactcenter.bus import CallNotes
from contactcenter.errors import CallerGone
from contactcenter.events import WaitAnnounced
from contactcenter.ids import AgentNumber
from contactcenter.phone import Phone, Talk, TalkEnd
from contactcenter.spoken import LARGEST, number_prompts

CALLBACK_KEY = "1"
MOST_MINUTES = 60
"""Longer estimates are not spoken: they are too uncertain to be of use."""


@dataclass(frozen=True, slots=True)
class NoTalk:
    """The agent answered in the moment the caller hung up."""

    agent: AgentNumber
    answered_at: datetime
    recorded: bool = False

    async def ended(self) -> TalkEnd:
        return TalkEnd(self.answered_at, "caller")


Parts = tuple[Path, Path]


async def hold_until_answer(
    phone: Phone, place: Place, note: CallNotes, *, greeting: str, parts: Parts | None, may_call_back: bool
) -> Talk | Overflow:
    """The conversation, or where the call goes instead. Raises CallerGone.

    greeting: the prompt that is heard first, unless the caller has come back to an old place; "" for one who hears music already. parts: where the caller's and the agent's voices are recorded, None for not at all. may_call_back: there is a number to call.
    """
    prompts: tuple[str, ...] = ("welcome-back" if place.regained else greeting,) if greeting else ()
    may_call_back = may_call_back and place.settings.callback != "off"
    while True:
        try:
            if prompts:
                await phone.play(*prompts, until=place.settled)
            wants_callback = await _entertain(phone, place, note, may_call_back)
            if place.overflow is not None:
                return place.overflow
            if place.connection is None:
                assert wants_callback  # noqa: S101 (nothing else ends it)
                return Overflow(place.call, "callback", "key")
            if parts is not None:
                await phone.record(*parts)
            agent, attempt = place.connection.agent, place.connection.attempt
            talk: Talk | None = await phone.connect(place.call, agent, attempt)
        except CallerGone:
            if place.connection is None:
                raise
            place.let_agent_go()
            talk = NoTalk(place.connection.agent, note.now())
        if talk is not None:
            place.taken = True
            return talk
        place.connect_failed()
        prompts = ()


async def _entertain(phone: Phone, place: Place, note: CallNotes, may_call_back: bool) -> bool:
    """Until it is decided what becomes of the call, or the caller asks to be called back (then True). Raises CallerGone."""
    with _watched_key(phone, place, may_call_back) as pressed:
        while not place.settled.is_set():
            await phone.music(on=True)
            if not await _settled_within(phone, place, place.settings.announce_seconds):
                await _announce(phone, place, note, may_call_back)
        return pressed.is_set()


@contextlib.contextmanager
def _watched_key(phone: Phone, place: Place, wanted: bool) -> Iterator[asyncio.Event]:
    """The event is set when the caller presses the callback's key, whatever plays; so is `place.settled`."""
    pressed = asyncio.Event()
    if not wanted:
        yield pressed
        return

    async def watch() -> None:
        with contextlib.suppress(CallerGone):
            await phone.wait_key(CALLBACK_KEY)
            if not place.settled.is_set():
                pressed.set()
                place.settled.set()

    watching = asyncio.ensure_future(watch())
    try:
        yield pressed
    finally:
        watching.cancel()


async def _settled_within(phone: Phone, place: Place, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds or None):
            await phone.unless_gone(place.settled.wait())
    except TimeoutError:
        return False
    return True


async def _announce(phone: Phone, place: Place, note: CallNotes, may_call_back: bool) -> None:
    """Tells the caller their place in the line, how long it will take, and what else they can do."""
    position, estimate = place.position, place.estimate
    note(WaitAnnounced, queue=place.settings.name, position=position, estimate_seconds=estimate)
    prompts: list[str] = ["queue-next"]
    if position > 1:
        number = number_prompts(min(position, LARGEST), phone.language)
        prompts = ["queue-position-before", *number, "queue-position-after"]
    if estimate is not None:
        prompts += _estimate_prompts(estimate, phone.language)
    if may_call_back:
        prompts.append("queue-callback-offer")
    await phone.play(*prompts, until=place.settled)


def _estimate_prompts(seconds: float, language: str) -> list[str]:
    """In whole minutes, rounded up."""
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return ["queue-estimate-under-a-minute"]
    if minutes == 2:
        return ["queue-estimate-two-minutes"]
    if minutes > MOST_MINUTES:
        return []
    return ["queue-estimate-before", *number_prompts(minutes, language), "queue-estimate-after"]
