"""Signed messages to another system's address, and how long to leave it alone when it does not answer.

Each message is a POST of JSON. Headers: X-ContactCenter-Event; X-ContactCenter-Id, the same when it is sent again;
X-ContactCenter-Signature: t=SECONDS,v1=HEX, the HMAC-SHA256 of `SECONDS.BODY` with the site's webhook_secret, as Stripe does it
(https://docs.stripe.com/webhooks#verify-manually). Any 2xx is yes.
"""

import hashlib
import hmac
import random
from datetime import datetime

import aiohttp

from contactcenter.clock import Clock

TIMEOUT_SECONDS = 5.0
LONGEST_PAUSE = 300.0
"""Seconds at most for which nothing is sent when nobody answers at all."""
MOST_FAILURES = 16


def new_session() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    return aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())


class SignedPost:
    """One address. chance: for the jitter, so that several sites don't ask one that comes back all at once.

    failures: how often in a row the other end was not there, or could take no message at all.
    """

    def __init__(self, url: str, secret: str, clock: Clock, chance: random.Random | None = None) -> None:
        self.url, self._secret, self._clock = url, secret.encode(), clock
        self._chance = chance or random.Random()  # noqa: S311 (no secret)
        self.failures = 0

    @property
    def can_sign(self) -> bool:
        return bool(self._secret)

    async def send(self, session: aiohttp.ClientSession, event: str, event_id: str, text: str) -> str:
        """One try: why it failed, or "". The answer's body is not read."""
        body = text.encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-ContactCenter-Event": event,
            "X-ContactCenter-Id": event_id,
            "X-ContactCenter-Signature": signature(self._secret, body, self._clock.now()),
        }
        try:
            async with session.post(self.url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
                answer.close()
        except TimeoutError:
            return self._nobody(f"no answer within {TIMEOUT_SECONDS:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._nobody(f"no answer ({type(error).__name__})")
        if status >= 500 or status in {408, 429}:
            return self._nobody(f"HTTP {status}")
        self.failures = 0
        return "" if 200 <= status < 300 else f"HTTP {status}"

    def _nobody(self, why: str) -> str:
        """All messages would fail so."""
        self.failures = min(self.failures + 1, MOST_FAILURES)
        return why

    def pause(self) -> float:
        """Seconds until the next message: while the other end is away, one now and then finds out whether it is back."""
        return self.jitter(min(2.0**self.failures, LONGEST_PAUSE)) if self.failures else 0.0

    def jitter(self, seconds: float) -> float:
        return seconds * self._chance.uniform(0.5, 1)


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    """The header's value."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
