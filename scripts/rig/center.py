"""A whole site, up and real: its own Asterisk, its own controller, its own ports on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg.rows import dict_row

from contactcenter.asterisk.ami import AmiClient
from contactcenter.changes import Author
from contactcenter.config import read_settings
from contactcenter.configuration.editing import with_thing
from contactcenter.configuration.kinds import KINDS
from contactcenter.errors import ControllerUnreachable
from contactcenter.site import Site
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import open_database
from contactcenter.web.client import ControllerClient
from rig.agent import SippAgent
from rig.caller import Caller
from rig.listening import wait_prompt
from rig.ports import LOOPBACK, VoicePorts, free_port
from rig.postgresql import PASSWORD
from rig.trunk import TrunkPeer

if TYPE_CHECKING:
    from collections.abc import Callable

    from contactcenter.configuration.models import Configuration

UP_SECONDS = 60.0
SECTIONS = {kind.section: kind for kind in KINDS.values()}
CONTACTCENTER = (sys.executable, "-m", "contactcenter")


class CommandFailed(RuntimeError):
    """A contactcenter command ended with another code than 0. code, output: what it ended with and said."""

    def __init__(self, words: tuple[str, ...], code: int, output: str) -> None:
        self.code, self.output = code, output
        super().__init__(f"contactcenter {' '.join(words)} ended with {code}:\n{output}")


class Center:
    """A site in a folder. As a block: made with sample data, up while inside, down and without leftovers afterwards."""

    def __init__(
        self, folder: Path, *, settings: dict[str, str] | None = None, bind: str = LOOPBACK, database: str = ""
    ) -> None:
        """`settings`: lines of contactcenter.toml to replace before it starts, such as {"qualify_seconds": "0"}.

        database: of a `rig.postgresql.Postgres`; "" for SQLite.
        """
        self.folder, self.bind, self.database = folder, bind, database
        self.settings = {"qualify_seconds": "0", **(settings or {})}
        self.sip_port = free_port("udp")
        self.http_port, self.ami_port, self.agi_port = (free_port("tcp") for _ in range(3))
        self.voice_ports = VoicePorts()
        self.trunk_password = self.ami_secret = self.token = ""
        self._up: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.create()
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    async def create(self, *, sample: bool = True) -> None:
        """A new site."""
        ports: dict[str, object] = {
            "--sip-port": self.sip_port,
            "--http-port": self.http_port,
            "--ami-port": self.ami_port,
            "--agi-port": self.agi_port,
            "--rtp-ports": f"{self.voice_ports.first}-{self.voice_ports.last}",
        }
        if self.database:
            ports["--database"] = self.database
        options = [str(word) for option in ports.items() for word in option]
        await self.cc("init", str(self.folder), *(["--sample"] if sample else []), "--bind", self.bind, *options)
        self.set(**self.settings)
        secrets = tomllib.loads((self.folder / "secrets.toml").read_text(encoding="utf-8"))
        self.trunk_password, self.ami_secret, self.token = (
            secrets[name] for name in ("trunk_password", "ami_secret", "api_token")
        )

    def set(self, **settings: str) -> None:
        """Replaces lines of contactcenter.toml; values are TOML."""
        file = self.folder / "contactcenter.toml"
        lines = file.read_text(encoding="utf-8").splitlines()
        for key, value in settings.items():
            lines = [f"{key} = {value}" if line.split(" =")[0] == key else line for line in lines]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def up(self) -> None:
        """Starts the site as `contactcenter up` does in a terminal, and waits until it takes calls."""
        with (self.folder / "log" / "up.out").open("ab") as out:
            self._up = await asyncio.create_subprocess_exec(
                *CONTACTCENTER, "--site", str(self.folder), "up",
                stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        async with asyncio.timeout(UP_SECONDS):
            while True:
                if (await self.health())["ready"]:
                    return
                if self._up.returncode is not None:
                    output = (self.folder / "log" / "up.out").read_text(errors="replace")
                    raise CommandFailed(("up",), self._up.returncode, output)
                await asyncio.sleep(0.05)

    async def down(self) -> None:
        """As Ctrl-C does; what a killed `up` left behind is ended by `contactcenter down`."""
        if self._up is None:
            return
        if self._up.returncode is None:
            self._up.terminate()
            async with asyncio.timeout(UP_SECONDS):
                await self._up.wait()
        if self._up.returncode != 0:
            await self.cc("down")
        self._up = None

    async def cc(self, *words: str) -> str:
        """What a contactcenter command prints. Raises CommandFailed."""
        process = await asyncio.create_subprocess_exec(
            *CONTACTCENTER, "--site", str(self.folder), *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PGPASSWORD": PASSWORD} if words[0] == "init" else None,
        )  # fmt: skip
        try:
            async with asyncio.timeout(UP_SECONDS):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        text = output.decode()
        if process.returncode != 0:
            raise CommandFailed(words, process.returncode or 0, text)
        return text

    async def read(self, *words: str) -> Any:
        """What a command answers with --json."""
        return json.loads(await self.cc(*words, "--json"))

    # ---- what happened, read from the site's database and the controller's API

    def facts(self, kind: str | None = None, **fields: Any) -> list[dict[str, Any]]:
        """The facts committed so far, in order, of a kind and with these fields; `call` narrows to one call."""
        rows = self._rows("select at, kind, data from facts order by seq")
        found = [
            {"at": f"{str(row['at']).replace(' ', 'T')}+00:00", "kind": row["kind"], **_json(row["data"])}
            for row in rows
        ]
        return [f for f in found if kind in {None, f["kind"]} and all(f.get(k) == v for k, v in fields.items())]

    async def wait_fact(self, kind: str, timeout: float = 15.0, **fields: Any) -> dict[str, Any]:
        """The first fact of that kind with those fields, once it is there."""

        async def ask() -> list[dict[str, Any]]:
            return self.facts(kind, **fields)

        try:
            return (await self.wait_until(ask, bool, timeout))[0]
        except TimeoutError:
            told = "\n".join(f"{f['at'][11:23]} {f['kind']} {f}" for f in self.facts())
            raise TimeoutError(f"no {kind} {fields} within {timeout} s; there were\n{told}") from None

    async def wait_call(self, number: int = 1, timeout: float = 20.0) -> dict[str, Any]:
        """The record of the n-th call of this site (in the order they came), once all about it is written."""
        arrived = (await self.wait_until(self.arrivals, lambda calls: len(calls) >= number, timeout))[number - 1]
        call = arrived["call"]
        await self.wait_fact("CallEnded", timeout, call=call)
        if any(talk["talk_seconds"] > 0 for talk in self.facts("TalkEnded", call=call)):

            async def recorded() -> list[dict[str, Any]]:
                return self.facts("RecordingSaved", call=call) + self.facts("RecordingFailed", call=call)

            await self.wait_until(recorded, bool, timeout)
        return self._rows("select * from calls where id = ?", call)[0]

    async def arrivals(self) -> list[dict[str, Any]]:
        return self.facts("CallArrived")

    async def status(self) -> dict[str, Any]:
        return await ControllerClient(self.http_port, self.token).get("status")

    async def health(self) -> dict[str, bool]:
        """The parts of the controller and whether they are ready; nothing is while it does not answer."""
        with contextlib.suppress(ControllerUnreachable):
            return await ControllerClient(self.http_port, self.token).health()
        return {"ready": False}

    async def wait_state(self, agent: str, *states: str, timeout: float = 10.0) -> dict[str, Any]:
        """The agent, once in one of the states."""

        async def ask() -> dict[str, Any]:
            return next(row for row in (await self.status())["agents"] if row["number"] == agent)

        return await self.wait_until(ask, lambda found: found["state"] in states, timeout)

    async def configure(self, **sections: dict[str, dict[str, Any]]) -> None:
        """Settings of things while the site is down, such as queues={"vip": {"ring_seconds": 5}}; "*" is every thing of a section,
        and a key that is not there is a new thing.
        """
        database = open_database(Site(self.folder).database_url(read_settings(self.folder)))
        try:
            await ConfigurationRepository(database).change(
                lambda now: _with(now, sections), lambda *_: None, Author("rig", "rig", "configure"), datetime.now(UTC)
            )
        finally:
            await database.dispose()

    def write(self, *statements: str) -> None:
        """SQL on the site's database while it is down, for what is no configuration."""
        with contextlib.closing(self._connect()) as database, database:
            for statement in statements:
                database.execute(statement)

    def _connect(self, *, read_only: bool = False) -> Any:
        if self.database:
            return psycopg.connect(self.database, password=PASSWORD, row_factory=dict_row)
        mode = "?mode=ro" if read_only else ""
        database = sqlite3.connect(f"file:{self.folder}/data/contactcenter.db{mode}", uri=True)
        database.row_factory = sqlite3.Row
        return database

    def _rows(self, sql: str, *values: str) -> list[dict[str, Any]]:
        with contextlib.closing(self._connect(read_only=True)) as database:
            return [dict(row) for row in database.execute(sql.replace("?", "%s") if self.database else sql, values)]

    async def wait_until(self, ask: Callable[[], Any], good: Callable[[Any], bool], timeout: float = 10.0) -> Any:
        """Asks from outside until the answer is good."""
        end = time.monotonic() + timeout
        while True:
            answer = await ask()
            if good(answer):
                return answer
            if time.monotonic() > end:
                raise TimeoutError(f"after {timeout} s still: {str(answer)[:2000]}")
            await asyncio.sleep(0.03)

    def caller(self, number: str = "13800000001", **more: Any) -> Caller:
        login = ("trunk", more.pop("password", self.trunk_password))
        return Caller(LOOPBACK, self.sip_port, *login, number=number, **more)

    async def queue_up(self, caller: Caller, wait_queued: bool = True) -> str:
        """Dials, chooses a person in the menu, and waits until the call is in a queue: the call's id."""
        before = len(self.facts("CallArrived"))
        await caller.dial()
        arrived = await self.wait_until(self.arrivals, lambda calls: len(calls) > before)
        call = arrived[before]["call"]
        await self.wait_fact("NodeEntered", call=call, node="main-menu")
        await caller.press("0")
        if wait_queued:
            await self.wait_fact("CallQueued", call=call)
        return str(call)

    async def wait_prompt(
        self, caller: Caller, name: str, timeout: float = 15.0, language: str = "zh", since: float | None = None
    ) -> None:
        """Until the caller has heard the prompt. since: after that moment (monotonic)."""
        await wait_prompt(caller.media, self.folder / "sounds" / language / f"{name}.wav", timeout, since)

    async def kill_controller(self) -> int:
        """SIGKILL, at once; its process."""
        process = int((self.folder / "run" / "serve.pid").read_text())
        os.kill(process, signal.SIGKILL)
        return process

    def kill_asterisk(self) -> int:
        """SIGKILL, at once; its process."""
        process = int((self.folder / "run" / "asterisk.pid").read_text())
        os.kill(process, signal.SIGKILL)
        return process

    async def wait_another_controller(self, killed: int, timeout: float = 20.0) -> None:
        """Until the one after that process takes calls."""

        async def ready() -> bool:
            holder = (self.folder / "run" / "serve.pid").read_text().strip()
            return holder not in {"", str(killed)} and (await self.health())["ready"]

        await self.wait_until(ready, bool, timeout)

    def trunk(self, **more: Any) -> TrunkPeer:
        """The far side of the trunk: phones outside that the site calls."""
        return TrunkPeer(self.trunk_password, LOOPBACK, self.sip_port, **more)

    def password(self, number: str) -> str:
        """An agent's SIP password."""
        row = self._rows("select data from configuration where kind = 'agent' and key = ?", number)[0]
        return str(_json(row["data"])["sip_password"])

    def agent(self, number: str, **more: Any) -> SippAgent:
        return SippAgent(number, self.password(number), LOOPBACK, self.sip_port, **more)

    async def channels(self) -> list[str]:
        """Names of the channels that are up in Asterisk."""
        async with self.ami() as ami:
            return [channel["Channel"] for channel in await ami.action_list("CoreShowChannels")]

    @contextlib.asynccontextmanager
    async def ami(self) -> Any:
        """A second manager connection beside the controller's."""
        ami = AmiClient(LOOPBACK, self.ami_port, "controller", self.ami_secret, on_event=lambda _: None)
        running = asyncio.create_task(ami.run())
        try:
            async with asyncio.timeout(5):
                await ami.wait_connected()
            yield ami
        finally:
            running.cancel()
            await asyncio.wait([running])

    async def leftovers(self) -> list[str]:
        """What a call may not leave behind, once all callers are gone: nothing, unless something is wrong."""

        async def look() -> list[str]:
            status = await self.status()
            held = [
                f"agent {a['number']} {a['state']}"
                for a in status["agents"]
                if a["state"] in {"reserved", "ringing", "talking"}
            ]
            calls = [f"{status['calls']} calls in the controller"] if status["calls"] else []
            waiting = [f"{status['waiting']} calls waiting"] if status["waiting"] else []
            return [*held, *calls, *waiting, *(f"channel {name}" for name in await self.channels())]

        try:
            await self.wait_until(look, lambda found: not found, timeout=15)
        except TimeoutError:
            return await look()
        return []


def _json(value: Any) -> Any:
    """PostgreSQL's driver reads it by itself."""
    return json.loads(value) if isinstance(value, str) else value


def _with(now: Configuration, sections: dict[str, dict[str, dict[str, Any]]]) -> Configuration:
    for section, things in sections.items():
        kind = SECTIONS[section]
        for key, settings in things.items():
            for one in [*getattr(now, section)] if key == "*" else [key]:
                before = getattr(now, section).get(one)
                plain = {**(kind.plain(before) if before else {}), **settings}
                now = with_thing(now, kind, one, kind.read(one, plain))
    return now
