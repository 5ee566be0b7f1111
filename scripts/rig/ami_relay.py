"""A relay between a controller and its Asterisk's manager interface (AMI), which can be made slow, silent, foul, or cut."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Self

from rig.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from rig.center import Center

CHUNK = 4096


class AmiRelay:
    """Use as a block; `use` has a site's controller go through it. delay: seconds that each piece waits, in both directions."""

    def __init__(self, center: Center) -> None:
        self.center = center
        self.port = free_port("tcp")
        self.delay = 0.0
        self.connections = 0
        """How many there have been."""
        self._flows = asyncio.Event()
        self._flows.set()
        self._accepts = True
        self._links: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self._flows.set()
        while self._links:
            self.cut()
            await asyncio.sleep(0.01)

    async def use(self) -> None:
        """Sets the site's port to ours, and starts its controller anew; Asterisk stays where it is."""
        self.center.set(ami=str(self.port))
        await self.center.wait_another_controller(await self.center.kill_controller())

    def cut(self) -> None:
        """Ends all connections at once (RST)."""
        for link in tuple(self._links):
            for writer in link:
                writer.transport.abort()

    def refuse(self) -> None:
        """Ends all connections, and takes no other until `accept`."""
        self._accepts = False
        self.cut()

    def accept(self) -> None:
        self._accepts = True

    def hold(self) -> None:
        """Takes everything, and passes nothing on: a peer that is gone without a word."""
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def say(self, data: bytes) -> None:
        """Tells the controller something that Asterisk did not say."""
        for to_controller, _ in self._links:
            to_controller.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._accepts:
            writer.transport.abort()
            return
        self.connections += 1
        try:
            theirs, to_asterisk = await asyncio.open_connection(LOOPBACK, self.center.ami_port)
        except OSError:
            writer.transport.abort()
            return
        link = (writer, to_asterisk)
        self._links.add(link)
        ways = [asyncio.create_task(self._pump(reader, to_asterisk)), asyncio.create_task(self._pump(theirs, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._links.discard(link)
            for end in link:
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await asyncio.sleep(self.delay)
                await self._flows.wait()
                if reader.exception() is not None or reader.at_eof():
                    return  # who said it is gone, and what was on the way with them
                writer.write(data)
                await writer.drain()
