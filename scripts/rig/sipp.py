"""Starting and ending SIPp: each process by its own pid, its files in a folder of its own that goes with it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import secrets
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rig.ports import free_port, is_free

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rig.wire import Wire

SCENARIOS = Path(__file__).parent / "scenarios"
_alive: set[int] = set()


@atexit.register
def _end_the_rest() -> None:
    """An interpreter that leaves in a hurry leaves no SIPp behind."""
    for pid in _alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Child:
    """A child process that is surely ended: TERM, a second of patience, KILL, always by its pid."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        _alive.add(process.pid)

    @classmethod
    async def start(
        cls,
        *command: str,
        cwd: Path | None = None,
        errors: Path | None = None,
        env: Mapping[str, str] | None = None,
        piped: bool = False,
    ) -> Self:
        """`piped` connects stdin and stdout; otherwise nothing is connected. `errors` collects stderr."""
        stream = asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL
        with contextlib.ExitStack() as stack:
            stderr = stack.enter_context(errors.open("ab")) if errors else asyncio.subprocess.DEVNULL
            birth = asyncio.ensure_future(
                asyncio.create_subprocess_exec(
                    *command,
                    cwd=cwd,
                    stdin=stream,
                    stdout=stream,
                    stderr=stderr,
                    env={**os.environ, "TERM": "xterm", **(env or {})},
                )
            )
            try:
                return cls(await asyncio.shield(birth))
            except asyncio.CancelledError:  # cancelled in the middle: the process is there, but nobody would know it
                process = await birth
                process.kill()
                await process.wait()
                raise

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    async def wait(self, timeout: float) -> int:
        async with asyncio.timeout(timeout):
            code = await self.process.wait()
        _alive.discard(self.process.pid)
        return code

    async def stop(self, patience: float = 1.0) -> None:
        try:
            for end in (self.process.terminate, self.process.kill):
                if self.running:
                    end()
                    with contextlib.suppress(TimeoutError):
                        await self.wait(patience)
        except asyncio.CancelledError:
            if self.running:
                self.process.kill()
            raise
        finally:
            if not self.running:
                _alive.discard(self.process.pid)


class Sipp:
    """One SIPp whose peer is the wire. `rows` is its injection file, `[field0]` and so on in the scenario."""

    def __init__(self, wire: Wire, scenario: str) -> None:
        self.wire = wire
        self.scenario = SCENARIOS / f"{scenario}.xml"
        self.folder = Path(tempfile.mkdtemp(prefix="rig-sipp-"))
        self.port = 0
        self.child: Child | None = None

    async def start(
        self,
        *,
        rows: Sequence[Sequence[str]] = (),
        calls: int | None = None,
        rate: float = 10.0,
        login: tuple[str, str] | None = None,
        keywords: Iterable[tuple[str, str]] = (),
    ) -> Self:
        """Places `calls` calls, `rate` a second, or takes calls until it is stopped when `calls` is None."""
        self.port = free_port("udp", self.wire.host)
        self.wire.add_child(self.port, takes_calls=calls is None)
        server = f"{self.wire.server[0]}:{self.wire.server[1]}"
        command = ["sipp", "-sf", str(self.scenario), "-i", self.wire.host, "-p", str(self.port), "-nostdin"]
        command += [
            "-cid_str",
            f"%u-{secrets.token_hex(6)}@rig",
            "-trace_err",
            "-error_file",
            str(self.folder / "errors.log"),
        ]
        values = {"rig": secrets.token_hex(4), "wire": f"{self.wire.host}:{self.wire.port}", "server": server} | dict(
            keywords
        )
        for name, value in values.items():
            command += ["-key", name, value]
        if rows:
            table = self.folder / "rows.csv"
            table.write_text("\n".join(["SEQUENTIAL", *(";".join(row) for row in rows)]) + "\n", encoding="utf-8")
            command += ["-inf", str(table)]
        if login:
            command += ["-au", login[0], "-ap", login[1], "-auth_uri", server]
        if calls is not None:
            command += ["-m", str(calls), "-r", "1", "-rp", str(max(1, round(1000 / rate))), "-l", str(calls)]
            command.append(f"{self.wire.host}:{self.wire.port}")
        self.child = await Child.start(*command, cwd=self.folder, errors=self.folder / "stderr.txt")
        if calls is None:
            await self._listening()
        return self

    async def _listening(self) -> None:
        for _ in range(250):
            if not is_free(self.port, "udp", self.wire.host):
                return
            if self.child is None or not self.child.running:
                break
            await asyncio.sleep(0.02)
        raise RuntimeError(f"SIPp did not start to listen: {self.errors()}")

    async def wait(self, timeout: float) -> int:
        """SIPp's exit code: 0 when every call went as the scenario says, 1 when one did not."""
        assert self.child is not None  # noqa: S101
        return await self.child.wait(timeout)

    def errors(self) -> str:
        """What SIPp complained about, for a test's message."""
        files = [self.folder / "stderr.txt", self.folder / "errors.log"]
        return "\n".join(file.read_text(errors="replace")[-2000:] for file in files if file.exists()).strip()

    async def stop(self) -> None:
        try:
            if self.child is not None:
                await self.child.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
