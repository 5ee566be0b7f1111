"""Tells the CRM of changed customers: signed (see posting.py), in order for each company, again until it has heard."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp

from contactcenter.clock import Clock
from contactcenter.customers.ports import Message, Outbox
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, Fact
from contactcenter.web.posting import SignedPost, new_session

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
AT_ONCE, BATCH = 4, 100
FIRST_WAIT, LONGEST_WAIT = 5.0, 4 * 3600.0
"""Seconds between two tries of a message, from the first to the last ones."""
GIVE_UP_AFTER = timedelta(days=3)


class Webhooks:
    """Delivers the outbox. publish: where an alarm goes when a message is given up."""

    def __init__(self, outbox: Outbox, post: SignedPost, *, clock: Clock, publish: Callable[[Fact], None]) -> None:
        self._outbox, self._post = outbox, post
        self._clock, self._publish = clock, publish

    async def run(self) -> None:
        """Until cancelled; at once done when the site has no webhook_url."""
        if not self._post.url:
            return
        if not self._post.can_sign:
            self._alarm("webhook_secret is missing in secrets.toml, so the CRM is told nothing. Add it and restart.")
            return
        async with new_session() as session:
            while True:
                wait = LOOK_SECONDS
                try:
                    if await self.deliver(session):
                        wait = 0.0
                except* StoreError as errors:
                    log.warning("webhooks wait for the database: %s", errors.exceptions[0])
                await asyncio.sleep(max(wait, self._post.pause()))

    async def deliver(self, session: aiohttp.ClientSession) -> bool:
        """Sends what is due now, once; whether there was any."""
        messages = await self._outbox.due(self._clock.now(), 1 if self._post.failures else BATCH)
        free, given_up = asyncio.Semaphore(AT_ONCE), 0

        async def one(message: Message) -> None:
            nonlocal given_up
            async with free:
                given_up += await self._one(session, message)

        async with asyncio.TaskGroup() as group:
            for message in messages:
                group.create_task(one(message))
        if given_up:
            self._alarm(f"{given_up} changes of customers could not be told to the CRM for 3 days and are given up.")
        return bool(messages)

    async def _one(self, session: aiohttp.ClientSession, message: Message) -> bool:
        """One try; whether it was the last one and failed."""
        reason = await self._post.send(session, message.event, message.event_id, message.body)
        now = self._clock.now()
        if not reason:
            await self._outbox.delivered(message.id)
            return False
        give_up = message.first_tried_at is not None and now - message.first_tried_at >= GIVE_UP_AFTER
        wait = self._post.jitter(min(FIRST_WAIT * 2 ** min(message.tries, 30), LONGEST_WAIT))
        next_try = None if give_up else now + timedelta(seconds=wait)
        log.warning(
            "webhook %s of company %s: %s; next try %s", message.event_id, message.company, reason, _told(next_try)
        )
        await self._outbox.failed(message.id, now, next_try)
        return give_up

    def _alarm(self, detail: str) -> None:
        log.warning("%s", detail)
        self._publish(AlarmRaised(at=self._clock.now(), name="webhook_not_delivered", detail=detail))


def _told(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "never: given up"
