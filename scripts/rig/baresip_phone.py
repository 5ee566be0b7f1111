"""An agent's phone made of baresip (Debian's 1.0.0 is known to work), headless: a real phone that nobody here wrote.

Its configuration lives in a folder of its own and goes with it. It speaks a tone from a file (module aufile), records
what it hears and says (module sndfile), and is steered over TCP (module ctrl_tcp: JSON in netstrings). aubridge is the
loudspeaker that isn't there. The account is added over the control connection, so that no password touches the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from rig import sound
from rig.ports import LOOPBACK, free_port, free_rtp_port
from rig.sipp import Child

if TYPE_CHECKING:
    from collections.abc import Coroutine

Event = dict[str, Any]

MODULES = ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules", "/usr/local/lib/baresip/modules")
TONE_SECONDS = 300  # then the phone is silent
_WAV_HEADER = 44

_CONFIG = """\
poll_method epoll
sip_listen {host}:{sip}
call_max_calls 4
audio_player aubridge,nobody
audio_source aufile,{folder}/tone.wav
audio_alert aubridge,nobody
audio_srate 8000
audio_channels 1
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp}-{rtp_end}
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
{srtp}module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {host}:{control}
snd_path {folder}
"""


class BaresipPhone:
    """Registers when the block is entered; answers each call `answer_after` seconds after it rings (None: never).

    `encrypted`: signs in over TLS, whoever has signed the certificate, and speaks SRTP or not at all.

    `events` are baresip's own (`type`: REGISTER_OK, CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED ...) with "at".
    """

    def __init__(
        self,
        number: str,
        password: str,
        host: str,
        sip_port: int,
        *,
        tone_hz: int | None = None,
        answer_after: float | None = 0.2,
        hang_up_after: float | None = None,
        encrypted: bool = False,
    ) -> None:
        self.number = number
        self.server = (host, sip_port)
        self.answer_after = answer_after
        self.hang_up_after = hang_up_after
        self.events: list[Event] = []
        self.encrypted = encrypted
        self._password = password
        self._tone_hz = tone_hz
        self._told: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._folder = Path(tempfile.mkdtemp(prefix="rig-baresip-"))
        self._child: Child | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @staticmethod
    def available() -> bool:
        """Whether baresip and its modules are installed here."""
        return shutil.which("baresip") is not None and any(Path(one).is_dir() for one in MODULES)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            self.command("quit")  # hangs up and unregisters
            if self._child is not None:
                with contextlib.suppress(TimeoutError):
                    await self._child.wait(5.0)
        finally:
            await self.close()

    async def start(self, timeout: float = 10.0) -> None:
        control = free_port("tcp")
        self._write_files(control)
        self._child = await Child.start("baresip", "-f", str(self._folder), errors=self._folder / "errors.txt")
        async with asyncio.timeout(timeout):
            reader, self._writer = await self._connect(control)
        self._keep(self._read(reader))
        way = "tls" if self.encrypted else "udp"
        account = f"<sip:{self.number}@{self.server[0]}:{self.server[1]};transport={way}>"
        options = f"auth_user={self.number};auth_pass={self._password};answermode=manual;audio_codecs=pcmu;regint=300"
        options += ";mediaenc=srtp-mand" if self.encrypted else ""
        self.command("uanew", f"{account};{options}")
        await self.wait("REGISTER_OK", timeout)

    def _write_files(self, control: int) -> None:
        rtp = free_rtp_port()
        modules = next(one for one in MODULES if Path(one).is_dir())
        config = _CONFIG.format(
            host=LOOPBACK,
            sip=free_port(),
            control=control,
            rtp=rtp,
            rtp_end=rtp + 1,
            modules=modules,
            srtp="module srtp.so\nsip_verify_server no\n" if self.encrypted else "",
            folder=self._folder,
        )
        (self._folder / "config").write_text(config)
        for name in ("accounts", "contacts"):
            (self._folder / name).write_text("")
        second = sound.tone(self._tone_hz) if self._tone_hz else np.zeros(sound.RATE, dtype=np.int16)
        sound.write_wav(self._folder / "tone.wav", np.tile(second, TONE_SECONDS))

    async def _connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                if self._child is None or not self._child.running:
                    raise RuntimeError(f"baresip did not start: {self._errors()}") from None
                await asyncio.sleep(0.05)

    def _errors(self) -> str:
        file = self._folder / "errors.txt"
        return file.read_text(errors="replace")[-1500:] if file.exists() else ""

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._writer is not None:
            self._writer.close()
        try:
            if self._child is not None:
                await self._child.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    # -- control ------------------------------------------------------------------------------------------------------

    def command(self, name: str, params: str = "") -> None:
        """Any command of baresip's menu: "hold", "resume", "transfer" with a target, "sndcode" with keys ..."""
        if self._writer is not None and not self._writer.is_closing():
            text = json.dumps({"command": name, "params": params, "token": name}).encode()
            self._writer.write(b"%d:%s," % (len(text), text))

    def answer(self) -> None:
        self.command("accept")

    def hang_up(self) -> None:
        """BYE, or a refusal while it rings."""
        self.command("hangup")

    async def wait(self, kind: str, timeout: float = 10.0) -> Event:
        """The next event of that type; each is returned once."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    found = [one for one in self.events if one.get("type") == kind]
                    told = self._told.get(kind, 0)
                    if len(found) > told:
                        self._told[kind] = told + 1
                        return found[told]
                    if any(one.get("type") == "REGISTER_FAIL" for one in self.events):
                        raise RuntimeError(f"{self.number} could not register: {self.events[-1]}")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"no {kind} in {timeout} s: {[one.get('type') for one in self.events]}") from None

    async def wait_ringing(self, timeout: float = 10.0) -> Event:
        return await self.wait("CALL_INCOMING", timeout)

    async def wait_answered(self, timeout: float = 10.0) -> Event:
        return await self.wait("CALL_ESTABLISHED", timeout)

    async def wait_ended(self, timeout: float = 10.0) -> Event:
        return await self.wait("CALL_CLOSED", timeout)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int((await reader.readuntil(b":"))[:-1])
                event = json.loads((await reader.readexactly(size + 1))[:-1])
                if event.get("event"):
                    self.events.append({"at": time.monotonic(), **event})
                    self._changed.set()
                    self._react(event)

    def _react(self, event: Event) -> None:
        if event.get("type") == "CALL_INCOMING" and self.answer_after is not None:
            self._keep(self._later(self.answer_after, "accept"))
        if event.get("type") == "CALL_ESTABLISHED" and self.hang_up_after is not None:
            self._keep(self._later(self.hang_up_after, "hangup"))

    async def _later(self, seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        self.command(name)

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- hearing ------------------------------------------------------------------------------------------------------

    @property
    def heard(self) -> sound.Pcm:
        """What the newest call has heard so far; the file is half a second behind."""
        files = sorted(self._folder.glob("dump-*-dec.wav"))
        data = files[-1].read_bytes()[_WAV_HEADER:] if files else b""  # the header is right only when the call is over
        return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16)

    def hears(self, hz: int, at_least_seconds: float = 0.5) -> bool:
        return sound.hears(self.heard, hz, at_least_seconds)

    async def wait_hears(self, hz: int, timeout: float = 5.0, at_least_seconds: float = 0.5) -> None:
        async with asyncio.timeout(timeout):
            while True:
                if self.hears(hz, at_least_seconds):
                    return
                await asyncio.sleep(0.2)
