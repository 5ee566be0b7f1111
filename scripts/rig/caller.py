"""A caller on the trunk: SIPp signals, our own RTP endpoint speaks, presses keys and listens."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Self

from rig.leg import CallEndedError, Ending, Leg
from rig.media import MediaPeer
from rig.ports import LOOPBACK
from rig.sipp import Sipp
from rig.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rig.sip import SipMessage

_FROM_TOKEN = "RIG-FROM"  # noqa: S105


class Caller:
    """One call to a hotline, hung up and cleaned away when the block is left, also by an exception.

    `display_name` and `number` make the From header; `from_header` replaces all of it up to the tag, as bytes if it
    must hold what no text can, line ends included. `headers` are whole lines added to the INVITE
    ("P-Asserted-Identity: <sip:...>"). `own` is the address it calls from.
    """

    def __init__(  # noqa: PLR0917  the order in which a call is described
        self,
        host: str,
        sip_port: int,
        trunk_user: str,
        trunk_password: str,
        number: str = "13800000001",
        display_name: str | None = None,
        hotline: str = "4001234567",
        *,
        from_header: str | bytes | None = None,
        headers: Iterable[str] = (),
        own: str = LOOPBACK,
    ) -> None:
        self.server = (host, sip_port)
        self.login = (trunk_user, trunk_password)
        self.number = number
        self.hotline = hotline
        display = '"{}" '.format(display_name.replace("\\", "\\\\").replace('"', '\\"')) if display_name else ""
        text = f"{display}<sip:{number}@{host}>" if from_header is None else from_header
        self._from = text if isinstance(text, bytes) else text.encode()
        self._headers = "".join(f"{line}\r\n" for line in headers).encode()
        self._own = own
        self._wire: Wire | None = None
        self._sipp: Sipp | None = None
        self._media: MediaPeer | None = None
        self._leg: asyncio.Future[Leg] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            if self._leg is not None and self._leg.done() and not self._leg.cancelled() and not self.leg.over:
                with contextlib.suppress(TimeoutError, CallEndedError):
                    await self.leg.hang_up(2.0)
        finally:
            await self._close()

    async def _close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        if self._leg is not None and not self._leg.done():
            self._leg.cancel()
        if self._media is not None:
            self._media.close()
        try:
            if self._sipp is not None:
                await self._sipp.stop()
        finally:
            if self._wire is not None:
                await self._wire.close()

    async def dial(self, timeout: float = 5.0) -> Leg:
        """Send the INVITE (with the digest when asked for it); returns as soon as it is on its way. Once per caller."""
        if self._wire is not None:
            raise RuntimeError("a Caller dials once; make another one for another call")
        self._wire = await Wire.open(self.server, self._own)
        self._media = await MediaPeer.open(self._own)
        self._leg = asyncio.get_running_loop().create_future()
        self._wire.on_leg = self._take
        self._wire.replace[_FROM_TOKEN.encode()] = self._from
        self._wire.invite_headers = self._headers
        self._sipp = Sipp(self._wire, "caller")
        rows = [(_FROM_TOKEN, str(self._media.port))]
        await self._sipp.start(rows=rows, calls=1, login=self.login, keywords=[("hotline", self.hotline)])
        self._watch = asyncio.create_task(self._watch_sipp(self._sipp))
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(self._leg)
        except TimeoutError:
            raise TimeoutError(f"SIPp sent no INVITE: {self._sipp.errors()}") from None

    def _take(self, leg: Leg) -> None:
        leg.media = self._media
        if self._leg is not None and not self._leg.done():
            self._leg.set_result(leg)

    async def _watch_sipp(self, sipp: Sipp) -> None:
        """SIPp leaves when its one call is over; a call that is not over then will never be."""
        assert sipp.child is not None  # noqa: S101
        await sipp.child.process.wait()
        await asyncio.sleep(0.2)
        if self._leg is not None:
            if self._leg.done():
                self.leg.broke(time.monotonic())
            else:
                self._leg.set_exception(RuntimeError(f"SIPp ended before it called: {sipp.errors()}"))

    @property
    def leg(self) -> Leg:
        """The call: milestones, messages, media. Only after `dial()`."""
        if self._leg is None or not self._leg.done():
            raise RuntimeError("not dialed yet")
        return self._leg.result()

    @property
    def media(self) -> MediaPeer:
        if self._media is None:
            raise RuntimeError("not dialed yet")
        return self._media

    @property
    def call_id(self) -> str:
        return self.leg.call_id

    @property
    def messages(self) -> list[SipMessage]:
        return self.leg.messages

    @property
    def ending(self) -> Ending | None:
        return self.leg.ending

    async def wait_ringing(self, timeout: float = 5.0) -> float:
        return await self.leg.wait_ringing(timeout)

    async def wait_answered(self, timeout: float = 10.0) -> float:
        """When the 200 came (monotonic). CallEndedError at once when the call is refused instead."""
        return await self.leg.wait_answered(timeout)

    async def wait_ended(self, timeout: float = 10.0) -> Ending:
        return await self.leg.wait_ended(timeout)

    async def press(self, keys: str) -> None:
        await self.media.press(keys)

    async def hang_up(self, timeout: float = 5.0) -> Ending:
        """BYE when answered, CANCEL when not, at any moment; nothing when it is over already."""
        return await self.leg.hang_up(timeout)
