"""Tells the CRM of changed customers: signed, in order for each company, again until it has heard.

Each change is a POST of JSON. Headers: X-ContactCenter-Event; X-ContactCenter-Id, the same when it is sent again;
X-ContactCenter-Signature: t=SECONDS,v1=HEX, the HMAC-SHA256 of `SECONDS.BODY` with the site's webhook_secret, as Stripe does it
(https://docs.stripe.com/webhooks#verify-manually). Any 2xx is yes.
"""

import asyncio
import hashlib
import hmac
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp

from contactcenter.clock import Clock
from contactcenter.customers.ports import Message, Outbox
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, Fact

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5.0
LOOK_SECONDS = 1.0
AT_ONCE, BATCH = 4, 100
FIRST_WAIT, LONGEST_WAIT = 5.0, 4 * 3600.0
"""Seconds between two tries of a message, from the first to the last ones."""
LONGEST_PAUSE = 300.0
"""Seconds at most for which nothing is sent when the CRM does not answer at all."""
GIVE_UP_AFTER = timedelta(days=3)


class Webhooks:
    """Delivers the outbox. publish: where an alarm goes when a message is given up.

    chance: for the jitter, so that several sites don't ask a CRM that comes back all at once.
    """

    def __init__(
        self,
        outbox: Outbox,
        url: str,
        secret: str,
        *,
        clock: Clock,
        publish: Callable[[Fact], None],
        chance: random.Random | None = None,
    ) -> None:
        self._outbox, self._url, self._secret = outbox, url, secret.encode()
        self._clock, self._publish = clock, publish
        self._chance = chance or random.Random()  # noqa: S311 (no secret)
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled; at once done when the site has no webhook_url."""
        if not self._url:
            return
        if not self._secret:
            self._alarm("webhook_secret is missing in secrets.toml, so the CRM is told nothing. Add it and restart.")
            return
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                wait = LOOK_SECONDS
                try:
                    if await self.deliver(session):
                        wait = 0.0
                except* StoreError as errors:
                    log.warning("webhooks wait for the database: %s", errors.exceptions[0])
                await asyncio.sleep(max(wait, self._pause()))

    async def deliver(self, session: aiohttp.ClientSession) -> bool:
        """Sends what is due now, once; whether there was any."""
        messages = await self._outbox.due(self._clock.now(), 1 if self._failures else BATCH)
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
        reason, everybody = await self._post(session, message)
        now = self._clock.now()
        if not reason:
            self._failures = 0
            await self._outbox.delivered(message.id)
            return False
        self._failures = min(self._failures + 1, 16) if everybody else 0
        give_up = message.first_tried_at is not None and now - message.first_tried_at >= GIVE_UP_AFTER
        next_try = None if give_up else now + timedelta(seconds=self._wait(message.tries))
        log.warning(
            "webhook %s of company %s: %s; next try %s", message.event_id, message.company, reason, _told(next_try)
        )
        await self._outbox.failed(message.id, now, next_try)
        return give_up

    async def _post(self, session: aiohttp.ClientSession, message: Message) -> tuple[str, bool]:
        """(why it failed or "", whether all messages would fail so). The answer's body is not read."""
        body = message.body.encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-ContactCenter-Event": message.event,
            "X-ContactCenter-Id": message.event_id,
            "X-ContactCenter-Signature": signature(self._secret, body, self._clock.now()),
        }
        try:
            async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
                answer.close()
        except TimeoutError:
            return f"no answer within {TIMEOUT_SECONDS:g} s", True
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return f"no answer ({type(error).__name__})", True
        return ("", False) if 200 <= status < 300 else (f"HTTP {status}", status >= 500 or status in {408, 429})

    def _wait(self, tries: int) -> float:
        longest: float = min(FIRST_WAIT * 2 ** min(tries, 30), LONGEST_WAIT)
        return longest * self._chance.uniform(0.5, 1)

    def _pause(self) -> float:
        """While the CRM is away, one message now and then finds out whether it is back."""
        if not self._failures:
            return 0.0
        longest: float = min(2.0**self._failures, LONGEST_PAUSE)
        return longest * self._chance.uniform(0.5, 1)

    def _alarm(self, detail: str) -> None:
        log.warning("%s", detail)
        self._publish(AlarmRaised(at=self._clock.now(), name="webhook_not_delivered", detail=detail))


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    """The header's value."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _told(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "never: given up"
