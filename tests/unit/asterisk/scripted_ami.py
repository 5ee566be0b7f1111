"""A tiny AMI peer on 127.0.0.1 that does what a test tells it to, line by line."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Self

from contactcenter.asterisk.ami import AmiClient, AmiMessage

SOON = 0.2  # seconds, for what must time out
GREETING = "Asterisk Call Manager/11.0.0\r\n"


def block(**fields: str) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"


class Peer:
    """One connection, seen from Asterisk's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def read_lines(self) -> list[str]:
        return (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]

    async def read_action(self) -> dict[str, str]:
        return dict(line.partition(": ")[::2] for line in await self.read_lines())

    async def expect(self, name: str) -> dict[str, str]:
        action = await self.read_action()
        assert action["Action"] == name
        return action

    async def closed_by_client(self) -> bool:
        """Wait for the end of the connection; True if nothing was sent before it."""
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True

    def say(self, **fields: str) -> None:
        self.writer.write(block(**fields).encode())

    def answer(self, action: dict[str, str], response: str = "Success", **fields: str) -> None:
        self.say(Response=response, ActionID=action["ActionID"], **fields)

    def event(self, event: str, **fields: str) -> None:
        self.say(Event=event, **fields)

    async def log_in(self, *, booted: bool = True) -> dict[str, str]:
        self.writer.write(GREETING.encode())
        login = await self.expect("Login")
        self.answer(login, Message="Authentication accepted")
        if booted:
            self.event("FullyBooted", Status="Fully Booted")
        return login


class ScriptedAmi:
    def __init__(self) -> None:
        self.peers: asyncio.Queue[Peer] = asyncio.Queue()
        self.writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=2**24)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.peers.put_nowait(Peer(reader, writer))

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for writer in self.writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        await self.server.wait_closed()

    async def logged_in(self) -> Peer:
        peer = await self.peers.get()
        await peer.log_in()
        return peer


class Events(asyncio.Queue[AmiMessage]):
    """Everything that reached on_event, in order."""

    async def next(self, name: str) -> AmiMessage:
        while (message := await self.get())["event"] != name:
            pass
        return message


def client_of(ami: ScriptedAmi, events: Events, **options: object) -> AmiClient:
    """A client of this peer that hands its events over and reconnects at once."""
    options = {"on_event": events.put_nowait, "reconnect_delays": (0.01,), **options}
    return AmiClient("127.0.0.1", ami.port, "boss", "s3cret", **options)


@contextlib.asynccontextmanager
async def running(client: AmiClient) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(client.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
