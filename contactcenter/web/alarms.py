"""Tells another system of alarms by webhook: signed (see posting.py), with or without a database, again until it has heard."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

import aiohttp

from contactcenter.clock import Clock
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, Fact
from contactcenter.monitoring.alarms import AlarmMessages
from contactcenter.monitoring.ports import AlarmHistory
from contactcenter.web.posting import SignedPost, new_session

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
LOOK_BACK = timedelta(days=1)
"""A controller that starts tells of alarms of so long that nobody was told of."""


class AlarmWebhook:
    """site: its name, as the messages give it. publish: hears of what was told."""

    def __init__(
        self, site: str, post: SignedPost, history: AlarmHistory, *, clock: Clock, publish: Callable[[Fact], None]
    ) -> None:
        self._site, self._post, self._history = site, post, history
        self._clock, self._publish = clock, publish
        self._messages, self._since = AlarmMessages(), clock.now()

    def take(self, fact: Fact) -> None:
        """For the bus."""
        if isinstance(fact, AlarmRaised) and self._post.url:
            self._messages.add(fact)

    async def run(self) -> None:
        """Until cancelled; at once done when the site has no webhook_url."""
        if not self._post.url:
            return
        if not self._post.can_sign:
            log.warning("webhook_secret is missing in secrets.toml, so nobody is told of alarms. Add it and restart.")
            return
        await self._look_back()
        async with new_session() as session:
            while True:
                await self.deliver(session)
                await asyncio.sleep(max(LOOK_SECONDS, self._post.pause()))

    async def deliver(self, session: aiohttp.ClientSession) -> None:
        """Sends what is due now, once."""
        for message in self._messages.due(self._clock.now()):
            why = await self._post.send(session, "alarm.raised", message.id, message.body(self._site))
            now = self._clock.now()
            if not why:
                self._publish(self._messages.told(message, now))
                continue
            given_up = self._messages.failed(message, now)
            fate = "given up" if given_up else f"next try {message.due.isoformat(timespec='seconds')}"
            log.warning("%d alarms %s could not be told: %s; %s", message.count, message.name, why, fate)
            if self._post.failures:
                return

    async def _look_back(self) -> None:
        try:
            untold = await self._history.untold(self._since - LOOK_BACK, self._since)
        except StoreError as error:
            log.warning("alarms of before the start can't be read, nobody is told of them: %s", error)
            return
        for alarm in untold:
            self._messages.add(alarm)
