"""The FastAGI server: gives each call that Asterisk hands to us to a task of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.errors import CallerHungUp
from contactcenter.asterisk.wire import keep_alive

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT = 1.0  # seconds
BACKLOG = 1024
"""Connections that may wait to be taken: after a restart all calls come at once, and one that finds no room tries again a second later."""


class _Link(asyncio.Protocol):
    """One connection: its bytes cut into lines, those of the head first, then those of a session.

    A Protocol and no streams: with them each answer would pass through one more task.
    """

    transport: asyncio.Transport

    def __init__(
        self, links: set["_Link"], accept: Callable[["_Link", AgiSession], None], timeout: float, most_bytes: int
    ) -> None:
        """links: those there are. accept: told of a session. timeout: seconds the head may take. most_bytes: of it, of a line."""
        self._links = links
        self.lost = asyncio.Event()
        self.session: AgiSession | None = None
        self._accept, self._timeout, self._most_bytes = accept, timeout, most_bytes
        self._unread = b""
        self._timer: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._links.add(self)
        self._timer = asyncio.get_running_loop().call_later(
            self._timeout, self._refuse, f"a peer sent no AGI headers in {self._timeout:g} s; closed"
        )

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if self.session is None:
            self._take_head()
        if self.session is not None:
            *lines, self._unread = self._unread.split(b"\n")
            for line in lines:
                self.session.take(line.decode("utf-8", "replace"))
        if len(self._unread) > self._most_bytes and not self.transport.is_closing():
            self._refuse_flood()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        self._links.discard(self)
        self._stop_timer()
        if self.session is not None:
            if exc is not None:
                logger.warning("AGI session of %s is broken: %s", self.session.env.get("agi_uniqueid"), exc)
            self.session.end()
        elif not self._refused:
            logger.info("a peer connected to AGI and left")

    def _take_head(self) -> None:
        head, end, rest = self._unread.partition(b"\n\n")
        if not end or len(head) > self._most_bytes:
            return
        env = _environment(head.decode("utf-8", "replace").split("\n"))  # a caller's name may hold other line ends
        self._stop_timer()
        self._unread = rest
        if "agi_request" in env:
            self.session = AgiSession(env, self.transport)
            self._accept(self, self.session)
        else:
            self._refuse("a peer does not speak AGI; closed")

    def _refuse_flood(self) -> None:
        if self.session is None:
            self._refuse(f"a peer sent more than {self._most_bytes} bytes of AGI headers; closed")
        else:
            self._refuse(f"AGI session of {self.session.env.get('agi_uniqueid')} is broken: a line without end")

    def _refuse(self, why: str) -> None:
        logger.warning(why)
        self._refused = True
        self._unread = b""
        self._stop_timer()
        self.transport.abort()

    async def close(self) -> None:
        """Returns when the connection is closed, or soon is; a peer that takes nothing in is waited for no longer than CLOSE_TIMEOUT."""
        self.transport.close()
        if self.transport.get_write_buffer_size():
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await self.lost.wait()
            except TimeoutError:
                self.transport.abort()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _environment(lines: list[str]) -> dict[str, str]:
    """The agi_* variables. A caller's number may hold line ends that the dialplan did not take out: nothing from it on can replace
    what Asterisk has said before (which call, which channel), nor what it says last (the arguments).
    """
    pairs = [(name, value.removeprefix(" ")) for name, colon, value in (line.partition(":") for line in lines) if colon]
    names = [name for name, _ in pairs]
    own = pairs[: names.index("agi_callerid")] if "agi_callerid" in names else []
    return dict([*pairs, *own])


class AgiServer:
    """Listens for Asterisk and gives each call to the handler, in a task of its own that `run` owns.

    The session is closed when the handler returns or raises; Asterisk then goes on in its dialplan. header_timeout is in
    seconds, max_header_bytes also bounds an answer's line. port 0 takes any free port.
    """

    def __init__(
        self,
        host: str,
        port: int,
        handler: Callable[[AgiSession], Awaitable[None]],
        *,
        header_timeout: float = 5.0,
        max_header_bytes: int = 16384,
    ) -> None:
        self._host = host
        self._port = port
        self._handler = handler
        self._header_timeout = header_timeout
        self._max_header_bytes = max_header_bytes
        self._ready = asyncio.Event()

    @property
    def port(self) -> int:
        """The port listened on; the one asked for until `wait_ready` has returned."""
        return self._port

    @property
    def listening(self) -> bool:
        return self._ready.is_set()

    async def wait_ready(self) -> None:
        await self._ready.wait()

    async def run(self) -> None:
        """Serve until cancelled; then all sessions are cancelled and awaited. Raises OSError if the port is taken."""
        links: set[_Link] = set()

        def accept(link: _Link, session: AgiSession) -> None:
            sessions.create_task(self._serve(link, session))

        def connect() -> _Link:
            return _Link(links, accept, self._header_timeout, self._max_header_bytes)

        server = await asyncio.get_running_loop().create_server(
            connect, self._host, self._port, start_serving=False, backlog=BACKLOG
        )
        try:
            async with asyncio.TaskGroup() as sessions:
                try:
                    await server.start_serving()
                    keep_alive(server.sockets[0])
                    self._port = server.sockets[0].getsockname()[1]
                    self._ready.set()
                    await asyncio.get_running_loop().create_future()
                finally:
                    server.close()  # no new calls while the sessions end
                    for link in [link for link in links if link.session is None]:
                        link.transport.abort()
        finally:
            self._ready.clear()
            server.close()

    async def _serve(self, link: _Link, session: AgiSession) -> None:
        try:
            await self._handler(session)
        except CallerHungUp:
            logger.debug("the caller of %s hung up", session.env.get("agi_uniqueid"))
        except Exception:
            logger.exception("the handler of AGI call %s failed", session.env.get("agi_uniqueid"))
        finally:
            await link.close()
