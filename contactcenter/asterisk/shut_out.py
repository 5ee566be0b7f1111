"""Shuts out who fails to sign in too often: hears of it over AMI, and has Asterisk refuse the address (res_pjsip_acl)."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv4Address

from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiProblem
from contactcenter.asterisk.logins import LoginGuard
from contactcenter.asterisk.translate import AmiEvents, plain_text
from contactcenter.clock import Clock
from contactcenter.errors import SiteError
from contactcenter.events import AlarmRaised, Fact

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
"""Between two changes: an attack from many addresses may not keep Asterisk busy with reading its files."""
UNKNOWN = "<unknown>"
"""Asterisk's word for an account that does not exist."""


class ShutOut:
    """write: has the addresses that are shut out in Asterisk's files; reload: has Asterisk read them."""

    def __init__(
        self,
        ami: AmiClient,
        events: AmiEvents,
        guard: LoginGuard,
        clock: Clock,
        *,
        write: Callable[[tuple[str, ...]], None],
        reload: Callable[[], Awaitable[object]],
        publish: Callable[[Fact], None],
    ) -> None:
        self._ami, self._guard, self._clock = ami, guard, clock
        self._write, self._reload, self._publish = write, reload, publish
        self._changed = asyncio.Event()
        self._changed.set()
        events.logins = self._take

    def changed(self) -> None:
        """What the files say of networks and trunks is not so any more."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled. At first nobody is shut out: who is still in the files was so by a controller that is gone."""
        written: tuple[str, ...] = ()
        while True:
            await self._until_due()
            forced, addresses = self._changed.is_set(), self._guard.shut_out(self._clock.now())
            self._changed.clear()
            if forced or addresses != written:
                await self._ami.wait_connected()
                try:
                    await asyncio.to_thread(self._write, addresses)
                    await self._reload()
                    written = addresses
                except (SiteError, AmiProblem) as error:
                    log.warning("who is shut out could not be changed, trying again: %s", error)
                    self._changed.set()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _until_due(self) -> None:
        end = self._guard.next_end()
        seconds = None if end is None else max(0.0, (end - self._clock.now()).total_seconds())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def _take(self, event: Mapping[str, str]) -> None:
        """RemoteAddress is FAMILY/TRANSPORT/ADDRESS/PORT."""
        address = event["RemoteAddress"].split("/")[2]
        try:
            IPv4Address(address)
        except ValueError:
            return
        now = self._clock.now()
        if event["Event"] == "SuccessfulAuth":
            self._guard.succeeded(address, now)
            return
        account = "" if event["AccountID"] == UNKNOWN else plain_text(event["AccountID"])
        if (verdict := self._guard.failed(address, account, now)) is not None:
            self._publish(AlarmRaised(at=now, name=verdict.name, detail=verdict.detail))
            if verdict.shut_out:
                self._changed.set()
