"""An agent's phone made of pyVoIP, in a process of its own.

pyVoIP leaves threads and memory behind, so it lives in a child (`python -m rig.pyvoip_phone`) that takes commands and
tells events as JSON lines, and that ends with its parent. Three of its defects are closed there because Asterisk can't
live with them: OPTIONS is answered (qualify), a CANCEL ends the ringing (487), and a re-INVITE does not start a second
sender. It takes a second from the INVITE before pyVoIP lets anybody answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rig.ports import free_port, free_rtp_port
from rig.sipp import Child

if TYPE_CHECKING:
    from rig.pyvoip_child import Phone

Event = dict[str, Any]


class PyVoipPhone:
    """Registers when the block is entered, answers each call after `answer_after` seconds (None: never).

    `talk_seconds` is when it hangs up, None when the other side has to. `events` has everything that happened, each
    with "event" (registered, ringing, answered, ended, cancelled), "at" (monotonic) and "call" (a count from 1).
    """

    def __init__(
        self,
        number: str,
        password: str,
        host: str,
        sip_port: int,
        *,
        tone_hz: int | None = None,
        answer_after: float | None = 1.0,
        talk_seconds: float | None = None,
    ) -> None:
        self.number = number
        self._settings = {
            "number": number,
            "password": password,
            "host": host,
            "sip_port": sip_port,
            "tone_hz": tone_hz,
            "answer_after": answer_after,
            "talk_seconds": talk_seconds,
        }
        self.events: list[Event] = []
        self._told: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._child: Child | None = None
        self._reader: asyncio.Task[None] | None = None
        self._errors = Path(tempfile.gettempdir()) / f"rig-pyvoip-{number}-{id(self):x}.txt"

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            self._tell("quit")
            if self._child is not None:
                with contextlib.suppress(TimeoutError):
                    await self._child.wait(5.0)
        finally:
            await self.close()

    async def start(self, timeout: float = 10.0) -> None:
        low = free_rtp_port()
        ports = {"own_port": free_port("udp"), "rtp_low": low, "rtp_high": low + 1}
        env = {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONUNBUFFERED": "1"}
        self._child = await Child.start(
            sys.executable, "-W", "ignore", "-m", "rig.pyvoip_phone", env=env, errors=self._errors, piped=True
        )
        self._reader = asyncio.create_task(self._read())
        self._tell("start", **self._settings, **ports)
        await self.wait("registered", timeout)

    async def close(self) -> None:
        try:
            if self._child is not None:
                await self._child.stop()
        finally:
            if self._reader is not None:
                self._reader.cancel()
            self._errors.unlink(missing_ok=True)

    async def wait(self, event: str, timeout: float = 10.0) -> Event:
        """The next event of that name; each is returned once."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    found = [one for one in self.events if one["event"] == event]
                    told = self._told.get(event, 0)
                    if len(found) > told:
                        self._told[event] = told + 1
                        return found[told]
                    if any(one["event"] == "failed" for one in self.events) or not self._running():
                        raise RuntimeError(f"the phone of {self.number} failed: {self._why()}")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"{self.number} was not {event} in {timeout} s: {self.events}") from None

    async def wait_ringing(self, timeout: float = 10.0) -> Event:
        return await self.wait("ringing", timeout)

    async def wait_answered(self, timeout: float = 10.0) -> Event:
        return await self.wait("answered", timeout)

    async def wait_ended(self, timeout: float = 10.0) -> Event:
        return await self.wait("ended", timeout)

    async def wait_cancelled(self, timeout: float = 10.0) -> Event:
        return await self.wait("cancelled", timeout)

    async def hears(self, hz: int, at_least_seconds: float = 0.5) -> bool:
        """Whether the newest call has heard the tone so far."""
        self._tell("hears", hz=hz, seconds=at_least_seconds)
        return bool((await self.wait("heard", 5.0))["yes"])

    async def wait_hears(self, hz: int, timeout: float = 5.0, at_least_seconds: float = 0.5) -> None:
        async with asyncio.timeout(timeout):
            while True:
                if await self.hears(hz, at_least_seconds):
                    return
                await asyncio.sleep(0.2)

    def answer(self) -> None:
        """Answer the ringing call now (not before pyVoIP's second has passed)."""
        self._tell("answer")

    def hang_up(self) -> None:
        """BYE; a ringing call is refused with 486."""
        self._tell("hang_up")

    def _running(self) -> bool:
        return self._reader is not None and not self._reader.done()

    def _why(self) -> str:
        errors = self._errors.read_text(errors="replace")[-1500:] if self._errors.exists() else ""
        return f"{self.events[-1:]} {errors}"

    def _tell(self, do: str, **more: object) -> None:
        stdin = self._child.process.stdin if self._child is not None else None
        if stdin is not None and not stdin.is_closing():
            stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")

    async def _read(self) -> None:
        assert self._child is not None  # noqa: S101
        stdout = self._child.process.stdout
        assert stdout is not None  # noqa: S101
        try:
            while line := await stdout.readline():
                with contextlib.suppress(ValueError):
                    self.events.append({"at": time.monotonic(), **json.loads(line)})
                    self._changed.set()
        finally:
            self._changed.set()


def _child() -> None:
    from rig.pyvoip_child import Phone  # noqa: PLC0415  pyVoIP is loaded in the child only

    phone: Phone | None = None
    for line in sys.stdin:
        order = json.loads(line)
        do = order.pop("do")
        if do == "start":
            phone = Phone(**order)
        elif do == "quit":
            break
        elif phone is not None:
            phone.obey(do, **order)
    if phone is not None:
        phone.quit()


if __name__ == "__main__":
    _child()
