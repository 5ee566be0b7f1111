"""The management interface (AMI): one owned connection that logs in, stays alive, comes back, and never says a thing twice.

This is panoramisk's protocol, with what it gets wrong set right; `tests/unit/asterisk` has one test for each defect.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from panoramisk.ami_protocol import AMIProtocol

from contactcenter.asterisk.errors import AmiLoginRefused, AmiNotConnected, AmiProblem, AmiRefused, AmiTimeout
from contactcenter.asterisk.wire import AmiMessage, PendingAction, keep_alive

__all__ = ["AmiClient", "AmiMessage"]

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 64 * 1024  # Asterisk's own messages are a few KB; more is a broken peer
MAX_UNSENT_BYTES = 1024 * 1024  # a peer that takes nothing in must not fill our memory
_END_OF_LINE = b"\r\n"
_END_OF_MESSAGE = b"\r\n\r\n"
_GREETING = b"Asterisk Call Manager/"


class AmiLink(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One connection, from greeting to loss. It is never used again after that, and nothing is sent twice.

    `greeted` is set when the peer has said that it is an AMI (or is gone), `gone` when the connection is lost; `reason`
    then says why.
    """

    encoding = "utf-8"
    transport: asyncio.Transport
    responses: dict[str, PendingAction]

    def __init__(self, on_event: Callable[[AmiMessage], None], on_lost: Callable[[], None]) -> None:
        self.greeted = asyncio.Event()
        self.gone = asyncio.Event()
        self.reason = "the connection was closed by Asterisk"
        self._on_event = on_event
        self._on_lost = on_lost
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        keep_alive(transport.get_extra_info("socket"))

    def send(self, action: PendingAction, as_list: bool = False) -> Any:
        """Write an action; its future is resolved by its answer or by the loss of the connection."""
        if self.transport.is_closing():
            raise AmiNotConnected("the connection to Asterisk is closing")
        if action.id in self.responses:
            raise ValueError(f"ActionID {action.id!r} is in use")
        sent = super().send(action, as_list)
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.drop("Asterisk takes nothing in")
        return sent

    def forget(self, action: PendingAction) -> None:
        """Nobody waits for this action any more. The rest of a list is still kept away from the event handler."""
        if not action.is_list:
            self.responses.pop(action.id, None)

    def data_received(self, data: bytes) -> None:
        # Cutting bytes before decoding keeps a character whole that arrives in two segments.
        if not self.greeted.is_set():
            data = self._take_greeting(data)
        *messages, self._unread = (self._unread + data).split(_END_OF_MESSAGE)
        for raw in messages:
            if len(raw) > MAX_MESSAGE_BYTES:
                self.drop(f"a message of {len(raw)} bytes is too long")
            if self.transport.is_closing():
                return
            if raw:
                self.handle_message(AmiMessage.parse(raw))
        if len(self._unread) > MAX_MESSAGE_BYTES:
            self.drop(f"a message of more than {len(self._unread)} bytes is too long")

    def _take_greeting(self, data: bytes) -> bytes:
        data, self._unread = self._unread + data, b""
        line, end, rest = data.partition(_END_OF_LINE)
        if not line.startswith(_GREETING[: len(line)]) or len(line) > 100:
            self.drop("the peer does not speak AMI")
        elif end:
            self.version = line[len(_GREETING) :].decode("ascii", "replace")
            self.greeted.set()
            return rest
        else:
            self._unread = data
        return b""

    def handle_message(self, message: AmiMessage) -> None:
        action = self.responses.get(message.get("actionid", ""))
        is_event = "event" in message
        if action is not None and (action.is_list or not is_event):
            if action.add_message(message):
                self.responses.pop(action.id, None)
        elif is_event:
            try:
                self._on_event(message)
            except Exception:
                logger.exception("the handler of AMI event %s failed", message["event"])
        # else: an answer that came after its time-out

    def drop(self, reason: str) -> None:
        """End the connection; pending actions fail as soon as the loop runs."""
        if not self.transport.is_closing():
            self.reason = reason
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self.reason = f"the connection was lost ({exc})"
        self.closed = True
        for action in self.responses.values():
            if not action.future.done():
                action.future.set_exception(AmiNotConnected(f"{action.name} was not answered: {self.reason}"))
                action.future.exception()  # its waiter may be gone already; that is no warning's worth
        self.responses.clear()
        self.gone.set()
        self.greeted.set()
        self._on_lost()


class AmiClient:
    """A client whose connection lives inside `run`; everything else may be called from any task of the same loop.

    on_event is called with each event in order, from the reading side: it must be quick (Asterisk drops a reader that is
    slow for 100 ms) and must not block. What it raises is logged. An event may be handed over before the task that waits
    for an earlier answer runs again.
    on_connected runs after each login, for resynchronisation; actions work in it and events go on meanwhile. If it fails,
    the connection is dropped and tried again, because a half-known state is worse than none.
    on_disconnected is called once for each connection that was up.

    All times are in seconds. reconnect_delays are waited in turn, the last one again and again.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        on_event: Callable[[AmiMessage], None],
        on_connected: Callable[[], Awaitable[None]] | None = None,
        on_disconnected: Callable[[], None] | None = None,
        action_timeout: float = 5.0,
        ping_interval: float = 5.0,
        reconnect_delays: Sequence[float] = (0.1, 0.5, 1, 2, 5),
    ) -> None:
        self._host, self._port = host, port
        self._credentials = {"Username": username, "Secret": secret}
        self._on_event = on_event
        self._on_connected, self._on_disconnected = on_connected, on_disconnected
        self._action_timeout, self._ping_interval = action_timeout, ping_interval
        self._reconnect_delays = tuple(reconnect_delays)
        self._link: AmiLink | None = None
        self._up, self._booted = asyncio.Event(), asyncio.Event()
        self._resynchronised = False
        self.roundtrip: float | None = None
        """Seconds that the last ping was answered in."""

    @property
    def connected(self) -> bool:
        """True from login and FullyBooted (just before on_connected) until the connection is lost."""
        return self._up.is_set()

    async def wait_connected(self) -> None:
        """Wait until actions are taken, if need be for ever."""
        await self._up.wait()

    async def run(self) -> None:
        """Own the connection until cancelled; log in again after each loss.

        Raises AmiLoginRefused when Asterisk turns the login down: that needs a person.
        """
        failures = 0
        while True:
            self._resynchronised = False
            try:
                problem = await self._hold_connection()
            except AmiLoginRefused:
                raise
            except (AmiProblem, OSError) as error:  # OSError includes TimeoutError
                problem = str(error) or "no answer in time"
            if self._resynchronised:
                failures = 0
            delay = self._reconnect_delays[min(failures, len(self._reconnect_delays) - 1)]
            failures += 1
            logger.warning("AMI at %s:%d: %s; next attempt in %.1f s", self._host, self._port, problem, delay)
            await asyncio.sleep(delay)

    async def action(self, name: str, /, **fields: str | Sequence[str]) -> AmiMessage:
        """Send an action once and return its one response. A sequence is sent as one line for each value.

        Raises AmiNotConnected, AmiTimeout, AmiRefused, or UnsafeValue (before anything is written). After AmiTimeout,
        and after AmiNotConnected from a lost connection, Asterisk may or may not have done it.
        """
        answer = await self._ask(self._current_link(), PendingAction(name, fields))
        return answer[0]

    async def action_list(self, name: str, /, **fields: str | Sequence[str]) -> list[AmiMessage]:
        """Send an action that answers with a list and return its events, without the closing "...Complete".

        Raises as `action`; AmiTimeout when nothing came for action_timeout, however long the whole list takes.
        """
        answer = await self._ask(self._current_link(), PendingAction(name, fields, is_list=True))
        return answer[1:]

    def _current_link(self) -> AmiLink:
        if self._link is None:
            raise AmiNotConnected("not connected to Asterisk's management interface")
        return self._link

    async def _ask(self, link: AmiLink, action: PendingAction) -> list[AmiMessage]:
        loop = asyncio.get_running_loop()
        link.send(action)
        try:
            async with asyncio.timeout(self._action_timeout) as limit:
                action.on_progress = lambda: limit.reschedule(loop.time() + self._action_timeout)
                return await action.future
        except TimeoutError:
            raise AmiTimeout(f"{action.name} was not answered in {self._action_timeout:g} s") from None
        finally:
            link.forget(action)

    async def _hold_connection(self) -> str:
        """Serve one connection from connect to loss; returns why it was lost."""
        link = AmiLink(self._take_event, self._lost)
        self._booted.clear()
        async with asyncio.timeout(self._action_timeout):
            await asyncio.get_running_loop().create_connection(lambda: link, self._host, self._port)
        try:
            await self._log_in(link)
            async with asyncio.TaskGroup() as tasks:
                owned = [tasks.create_task(self._keep_pinging(link)), tasks.create_task(self._bring_up(link))]
                await link.gone.wait()
                for task in owned:
                    task.cancel()
            return link.reason
        finally:
            link.drop("we closed it")
            await link.gone.wait()

    async def _log_in(self, link: AmiLink) -> None:
        # Waiting for the greeting keeps the secret from a peer that is no Asterisk.
        async with asyncio.timeout(self._action_timeout):
            await link.greeted.wait()
        if link.gone.is_set():
            raise AmiNotConnected(link.reason)
        try:
            await self._ask(link, PendingAction("Login", self._credentials))
        except AmiRefused as refusal:
            raise AmiLoginRefused("Login", refusal.reason) from None

    async def _bring_up(self, link: AmiLink) -> None:
        await self._wait_booted()
        self._link = link
        self._up.set()
        logger.info("AMI at %s:%d is up, version %s", self._host, self._port, link.version)
        try:
            if self._on_connected is not None:
                await self._on_connected()
            self._resynchronised = True
        except AmiNotConnected:
            logger.info("the AMI connection was lost during resynchronisation")
        except Exception:
            logger.exception("resynchronisation after AMI login failed")
        finally:
            if not self._resynchronised:
                link.drop("resynchronisation failed")

    async def _wait_booted(self) -> None:
        try:
            async with asyncio.timeout(self._action_timeout):
                await self._booted.wait()
        except TimeoutError:
            logger.warning("waiting for Asterisk to finish booting; the AMI user needs read class 'system' to see it")
            await self._booted.wait()

    async def _keep_pinging(self, link: AmiLink) -> None:
        while True:
            await asyncio.sleep(self._ping_interval)
            asked = time.monotonic()  # uvloop's own time stands still until its next round
            try:
                await self._ask(link, PendingAction("Ping", {}))
                self.roundtrip = time.monotonic() - asked
            except AmiProblem as problem:
                link.drop(f"no sign of life: {problem}")
                return

    def _take_event(self, message: AmiMessage) -> None:
        if message["event"] == "FullyBooted":
            self._booted.set()
        self._on_event(message)

    def _lost(self) -> None:
        if not self._up.is_set():
            return
        self._up.clear()
        self._link = None
        if self._on_disconnected is None:
            return
        try:
            self._on_disconnected()
        except Exception:
            logger.exception("the handler of a lost AMI connection failed")
